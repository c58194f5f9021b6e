"""TradeStation's API, third version, as far as orders need it, and as much market data as gives quotes.

    POST   /oauth/token                                form, grant_type=refresh_token: 20 minutes of access
    GET    /v3/brokerage/accounts
    GET    /v3/brokerage/accounts/{ids}/balances
    GET    /v3/brokerage/accounts/{ids}/positions      symbol, with wildcards
    GET    /v3/brokerage/accounts/{ids}/orders         open ones, and those that ended today
    GET    /v3/brokerage/accounts/{ids}/orders/{ids}
    GET    /v3/brokerage/accounts/{ids}/historicalorders        since, 90 days at most: what ended earlier
    GET    /v3/brokerage/accounts/{ids}/historicalorders/{ids}  since
    POST   /v3/orderexecution/orders                   one order, or one that sends others (OSOs)
    POST   /v3/orderexecution/ordergroups              OCO and BRK, and NORMAL, which are orders apart
    POST   /v3/orderexecution/orderconfirm
    PUT    /v3/orderexecution/orders/{id}              new terms under the same id
    DELETE /v3/orderexecution/orders/{id}              200: the request is sent; the order ends a little later
    GET    /v3/marketdata/quotes/{symbols}

`{ids}` is one or several with commas: what is found comes with 200, and what is not as `Errors`. Lists of
orders have pageSize and nextToken. Paths that change an order name no account: they find it in any account of
the customer whose token it is.

Sources, read 2026-11. Paths, parameters, schemas, examples: the copy of the vendor's OpenAPI file that
mxcoppell/tradestation-api-python 40370f1 keeps (`docs/tradestation-webapi-v3-openapi.json`). What comes in
truth: QuantConnect/Lean.Brokerages.TradeStation 3a67233 (recorded orders in
`TradeStationBrokerageStreamEventsTests.cs`, refused cancels and changes in `TradeStationBrokerage.cs`, a
foreign account in `TradeStationBrokerageAdditionalTests.cs`, durations with a plus in
`Models/Enums/TradeStationDuration.cs`, symbols), its #41 (what the 200 of a cancel means), #72 (a part-fill
that was canceled), #89 (an id is not valid any more on the day after its order ended) and #91 (an order that
is not open). The status of a refused cancel: the pages on the second version (tradestation/webapi-docs-v2
fcb3efb `en/orders/cancel-order.md`). Tokens: the vendor's page on refresh tokens
(api.tradestation.com/docs/fundamentals/authentication/refresh-tokens), and for its refusals Auth0, whose
endpoint it is (trufflesecurity/trufflehog 11121e1 `pkg/detectors/auth0oauth/auth0oauth.go`: 401 for the
client, 403 for the grant).

What no source shows, and is chosen here: a second cancel while the first is pending is answered like the
first; a refused cancel has the status of the second version in the third, too; a foreign order is an unknown
one; a refused order has status 200, stands within `Errors` as the file's example does, and for want of money
within `Orders` with an `Error`, where Lean looks for what failed after it was sent; it has an id, as in the
example, which nothing else knows; a second use of an OrderConfirmID is refused so; of orders apart a bad one
fails, too; `Errors` stand in the answer to new orders only where there are some; an order id that is not
found is an error of its own, in these words; a refused change begins with `Failed to Cancel/Replace order: `;
a foreign account in a body is a 403; the words about a refresh token and a grant that are none, and that the
client is judged only beside a token that is one; the words of 401, 404, 429 and 5xx, and of what is missing;
an order that has waited is OUT whoever canceled it, FLP if part of it was filled; EXP whether or not part of
it was; the numbers of groups; that the history begins where today's orders end; that new terms meet an order
of yesterday as a cancel does.

What differs, because the exchange differs: orders that the vendor takes and then rejects are refused; a stop
order is ACK until it is filled; GTC orders show the date that is 90 days off and do not end on it; what is
good through a date ends at 21:00 UTC; the `+` durations trade at any hour; one account, with a margin, trades
stocks, options and futures, and needs none; several legs are options; a group has one order, or two that
cancel each other when one is filled completely; nothing is decremented; fills are shown as one; positions
began now; today begins with the exchange's day; a quote knows one price of its day; a confirmation is about
the first of several orders, and that of a future costs nothing. There are no OPG, CLO and minutes, no
advanced options (trailing stops, activation rules), no routes and no streams; nobody logs in, refresh tokens
do not rotate, and there is no id_token. Replies carry no X-RateLimit headers.
"""

from datetime import datetime
from urllib.parse import urlsplit

from nostro.brokers.transport import Request
from nostro.sim.face import Face, form, reply
from nostro.sim.skins.tradestation import tokens
from nostro.sim.skins.tradestation.refusals import NoClient, fail, refuse
from nostro.sim.skins.tradestation.routes import ROUTES, TOKEN_PATH
from nostro.sim.skins.tradestation.shapes import about_another_order, name_account, shape_id


def _customer(request: Request, at: datetime) -> str:
    if urlsplit(request.path).path == TOKEN_PATH:
        given = form(request.body)
        api_key = tokens.read_refresh(given.get("refresh_token", ""), at)
        if api_key and not tokens.is_client(api_key, given):
            raise NoClient
        return api_key
    return tokens.read_access(request.headers.get("authorization", ""), at)


FACE = Face(
    slug="tradestation",
    routes=ROUTES,
    customer=_customer,
    refuse=refuse,
    failure=fail,
    no_orders=lambda: reply(200, {"Orders": [], "Errors": []}),
    about_another_order=about_another_order,
    shape_id=shape_id,
    name_account=name_account,
    issue=tokens.issue,
)
