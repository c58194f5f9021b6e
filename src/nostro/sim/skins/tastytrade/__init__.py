"""tastytrade's open API, as far as it places, shows and cancels orders.

    POST   /oauth/token                          grant_type=refresh_token, JSON or form: 15 minutes
    GET    /customers/me/accounts
    GET    /customers/me/accounts/{account}
    GET    /accounts/{account}/balances          and /balances/USD
    GET    /accounts/{account}/positions         symbol, underlying-symbol[], instrument-type, include-marks
    GET    /accounts/{account}/orders            per-page, page-offset, sort, status[], start-date, end-date,
                                                 start-at, end-at, underlying-symbol, futures-symbol,
                                                 underlying-instrument-type; components of complex orders, too
    GET    /accounts/{account}/orders/live       what is open or ended today, by pages
    GET    /accounts/{account}/orders/{id}
    POST   /accounts/{account}/orders            201, the order as it was received
    POST   /accounts/{account}/orders/dry-run    201, an order without an id
    PUT    /accounts/{account}/orders/{id}       the successor, which has an id of its own
    PATCH  /accounts/{account}/orders/{id}       the same: the file has one form for both
    DELETE /accounts/{account}/orders/{id}       the order, in Cancel Requested for a while
    GET    /accounts/{account}/complex-orders    per-page, page-offset
    GET    /accounts/{account}/complex-orders/live
    GET    /accounts/{account}/complex-orders/{id}
    POST   /accounts/{account}/complex-orders    OCO, OTO, OTOCO
    DELETE /accounts/{account}/complex-orders/{id}  cancels all components that are open

Orders and complex orders are numbered apart, by numbers of the same kind: one number can name both.

Sources, read 2026-11. Paths, parameters, fields, words: tastytrade's OpenAPI files as
api-evangelist/tastytrade 1ebc600 keeps them (`openapi/_original/orders.json`, `balances-and-positions.json`).
developer.tastytrade.com: `/docs/authentication/oauth2` and `/docs/get-started` (the token request, its
lifetime, the User-Agent that every request needs), `/reference/errors` (what each status means),
`/reference/orders/deleteAccountsAccountNumberOrdersId` and `.../deleteAccountsAccountNumberComplexOrdersId`
(Cancel Requested; 422 for an order that ended), `/docs/concepts/order-lifecycle`, `/order-management` (live
orders; a successor waits as Contingent), `/order-submission` (what belongs together in an order),
`/docs/guides/pagination-and-filtering` (ten orders a page), `/docs/guides/idempotency-and-retries`
(external-identifier finds and prevents nothing; ext-client-order-id is not the customer's). Recorded answers:
laustindasauce/tasty-go a3df43f (orders Contingent, Filled, and Cancelled by a DELETE at once; a replacement;
a page; a dry run that fails; accounts, positions), tastytrade/tastytrade-mcp ff4313c, which keeps the
vendor's guides, too, as of 2026 (`order-management.md`: the words of a refused cancel; `test/e2e/_payloads`,
June 2026: orders that were replaced are Cancelled and `edited` in lists, and ids that refer to others are
numbers; that an answer to PUT has one as well: tastyware/tastytrade#285),
QuantConnect/Lean.Brokerages.Tastytrade 84c03e8 `Tests/TestData` (a new order is Routed and not cancellable;
balances, positions, errors), tastyware/tastytrade#281 (a bad refresh token). Forms and types:
tastyware/tastytrade 02bb764 (13.2.3), with which `tests/skins/test_tastytrade_oracle.py` drives this face.
That a token request can be a form: tastytrade/tastytrade-sdk-python `api.py`.

What no source shows, and is chosen here: a replacement of an order that has ended is refused as a cancel of
it is, and so are both where its cancel is requested already, and the cancel of a complex order of which
nothing is open; the texts of errors other than those recorded, and the codes `record_not_found`, `not_found`,
`bad_request`, `too_many_requests`, `internal_server_error`, `cant_sell_for_debit`, `invalid_symbol`,
`invalid_order`, `multi_leg_market_orders_not_supported`, `extended_hours_not_supported`,
`rules_not_supported`, `order_type_not_supported`, `complex_order_not_supported` and
`replacement_not_supported`; `invalid_client` for a wrong secret; a successor keeps the external identifier;
quantities with decimals are text; lists go by the time an order was received; the longest page has 200; a
body that does not fit is told by the first thing that is wrong with it; a GTD order ends when the exchange's
day does; `related-orders` has only what was replaced.

What differs: there is no dry run of replacements and of complex orders, no PAIRS, no conditions (`rules`), no
Marketable Limit and no overnight session, and an OTO has one order besides its trigger; the legs in the body
of a PUT, which must be the old ones (`order-management.md`), are not looked at; an order is replaced at once,
so that nothing is in Replace Requested, In Flight or Received; a market is always open; fills are shown as
one; closing a position that is not there opens one; `Accept-Version` has no effect; accounts are cash
accounts that can go short; nothing costs a fee; futures are the exchange's with a slash before their names;
order ids have fifteen digits, so that they do not repeat. Nobody logs in, and there are no scopes, no
transactions, no quotes, no stream.
"""

import re
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from nostro.brokers.transport import Reply, Request
from nostro.sim.face import Face
from nostro.sim.skins.tastytrade import tokens
from nostro.sim.skins.tastytrade.lists import PER_PAGE, write_page
from nostro.sim.skins.tastytrade.refusals import NoClient, fail, refuse
from nostro.sim.skins.tastytrade.routes import OAUTH_PATH, ROUTES
from nostro.sim.skins.tastytrade.shapes import about_another_order, shape_id

_USER_AGENT = re.compile(r"[^\s/]+/\S+.*")


def _customer(request: Request, at: datetime) -> str:
    if not _USER_AGENT.fullmatch(request.headers.get("user-agent", "")):
        return ""
    if urlsplit(request.path).path != OAUTH_PATH:
        return tokens.read_access(request.headers.get("authorization", ""), at)
    grant = tokens.read_grant(request.body)
    api_key = tokens.read_refresh(grant.get("refresh_token", ""), at)
    if api_key and not tokens.is_client(api_key, grant):
        raise NoClient
    return api_key


def _shape(made: UUID) -> str:
    return str(shape_id(made))


def _no_orders() -> Reply:
    return write_page([], "/accounts", PER_PAGE, 0)


FACE = Face(
    slug="tastytrade",
    routes=ROUTES,
    customer=_customer,
    refuse=refuse,
    failure=fail,
    no_orders=_no_orders,
    about_another_order=about_another_order,
    shape_id=_shape,
    issue=tokens.issue,
)
