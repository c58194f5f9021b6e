"""Charles Schwab's Trader API, and as much of its market data as gives quotes.

    POST   /v1/oauth/token                       Basic, grant_type=refresh_token: 30 minutes of access
    GET    /trader/v1/accounts/accountNumbers    each number with the hash that every path names it by
    GET    /trader/v1/accounts                   fields=positions
    GET    /trader/v1/accounts/{hash}            fields=positions
    GET    /trader/v1/accounts/{hash}/orders     fromEnteredTime and toEnteredTime, a year at most;
                                                 status, maxResults
    POST   /trader/v1/accounts/{hash}/orders     201, no body, the id in Location, if it did not fill at once
    GET    /trader/v1/accounts/{hash}/orders/{id}
    PUT    /trader/v1/accounts/{hash}/orders/{id}  201, no body, the successor's id in Location
    DELETE /trader/v1/accounts/{hash}/orders/{id}  200, no body: the order is PENDING_CANCEL for a while
    POST   /trader/v1/accounts/{hash}/previewOrder
    GET    /trader/v1/orders                     of all accounts; from the last 60 days
    GET    /trader/v1/userPreference
    GET    /marketdata/v1/quotes                 symbols

Sources, read 2026-11. Paths, statuses, schemas: the portal's OpenAPI files as major/schwab-go b51b93a keeps
them (`docs/trader_api.openapi.json`, `docs/market_data.openapi.json`). What comes in truth, which is not
always what these say: answers that z-Wind/schwab_api 01c0039 recorded (`tests/model/*/*_real*.json`: orders
FILLED, CANCELED, REPLACED, REJECTED and waiting, a covered call, both outcomes of a preview, accounts,
preferences, quotes, two errors). Refused tokens: tylerebowers/Schwabdev#40, gporter0205/schwab-api-client#5,
go-schwab/trader#26. A bare account number in a path: alexgolec/schwab-py#118 and #203. Times: Schwabdev#35.
Words of refused orders, and of an order that is not there: the tests of OwenGordon/schwab-api-wrapper. The
reply of the token endpoint: QuantConnect/Lean.Brokerages.CharlesSchwab 457fc68. No fractions of shares, and
no Location of what filled at once: Schwabdev a5aa524 `docs/pages-raw/orders.md`. Forms: alexgolec/schwab-py
a55cb29.

What no source shows, and is chosen here: the refusal of a cancel or a replace of an order that is closed or
whose cancel is pending, in status (400) and words; the words about a time or an order id that is missing, an
unknown path, and all of 429 and 5xx; that a second use of a refresh token is as good as the first; that an
expired order lists no activity of its ending; that a stop order waits as AWAITING_STOP_CONDITION (samples of
other people show that of trailing stops).

What differs, because the exchange differs: an order that Schwab would take and then show as REJECTED is
refused with 400, and there is none; a stop-limit order is WORKING from the start, as are orders outside the
session; orders of AM and PM are refused; several legs are options, and are called VERTICAL or CUSTOM whatever
they were called; a successor has the old order's legs; fills are shown as one; nothing has a CUSIP; accounts
are cash accounts that can go short; order ids have fifteen digits, so that they do not repeat. There are no
groups (OCO, TRIGGER), no trailing stops, no transactions and no stream; nobody logs in, refresh tokens do not
end after seven days, and there is no id_token; a refused one's error has no digest of it. Replies carry no
Schwab-Client-CorrelId.
"""

from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from nostro.brokers.transport import Request
from nostro.sim.face import Face, form, reply
from nostro.sim.skins.schwab import tokens
from nostro.sim.skins.schwab.refusals import NoClient, fail, refuse
from nostro.sim.skins.schwab.routes import OAUTH_PATH, ROUTES
from nostro.sim.skins.schwab.shapes import about_another_order, hash_of, integer


def _customer(request: Request, at: datetime) -> str:
    if urlsplit(request.path).path == OAUTH_PATH:
        api_key = tokens.read_refresh(form(request.body).get("refresh_token", ""), at)
        if api_key and not tokens.is_client(api_key, request.headers):
            raise NoClient
        return api_key
    return tokens.read_access(request.headers.get("authorization", ""), at)


def _shape(made: UUID) -> str:
    return str(integer(made, digits=15))


FACE = Face(
    slug="schwab",
    routes=ROUTES,
    customer=_customer,
    refuse=refuse,
    failure=fail,
    no_orders=lambda: reply(200, []),
    about_another_order=about_another_order,
    shape_id=_shape,
    name_account=hash_of,
    issue=tokens.issue,
)
