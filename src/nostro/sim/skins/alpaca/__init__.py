"""Alpaca's Trading API, as its documents describe it.

    GET    /v2/account
    GET    /v2/positions                  crypto is `BTCUSD` here, and has an asset id of its own
    GET    /v2/positions/{symbol or id}
    GET    /v2/orders                     status, limit, after, until, direction, nested, symbols, side
    GET    /v2/orders/{id}                nested
    GET    /v2/orders:by_client_order_id  client_order_id
    POST   /v2/orders                     200
    PATCH  /v2/orders/{id}                200 with the successor
    DELETE /v2/orders/{id}                204: the request is taken; the order is pending_cancel for a while
    DELETE /v2/orders                     207: takes a cancel of every open order
    GET    /v2/assets                     status, asset_class, exchange
    GET    /v2/assets/{symbol or id}

Sources, read 2026-11: the OpenAPI file of alpacahq/alpaca-docs (`oas/trading/openapi.yaml` at 99cb844), its
`content/trading/orders.md`; docs.alpaca.markets `deleteorderbyorderid-1` (2026-05) and the options pages
with their tables of error responses; models, requests and tests of alpacahq/alpaca-py bd1fa9e; the sign of a
multi-leg price from alpacahq/alpaca-mcp-server `place_option_order`. From reports: 401 of the trading API
(alpacahq/alpaca-py#519), a 422 for a filled order (bennycode/trading-signals#1079), symbols of crypto
positions (alpacahq/alpaca-py#490 and #537).

What differs, because the exchange differs: an order is `new` where Alpaca may say `accepted` first; the stop
of an OCO is `new` where Alpaca says `held`; legs of a multi-leg order are shown within it, and are not found
under their own ids; a successor counts what was left to fill; there are no trailing stops, no opening or
closing auctions; margins are those of a cash account. The exchange keeps no secrets: any that is not empty
will do.
"""

from datetime import datetime

from nostro.brokers.transport import Request
from nostro.sim.face import Face, reply
from nostro.sim.skins.alpaca.refusals import fail, refuse
from nostro.sim.skins.alpaca.routes import ROUTES
from nostro.sim.skins.alpaca.shapes import about_another_order


def _customer(request: Request, _at: datetime) -> str:
    headers = request.headers
    return headers.get("apca-api-key-id", "") if headers.get("apca-api-secret-key") else ""


FACE = Face(
    slug="alpaca",
    routes=ROUTES,
    customer=_customer,
    refuse=refuse,
    failure=fail,
    no_orders=lambda: reply(200, []),
    about_another_order=about_another_order,
)
