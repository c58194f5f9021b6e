"""Tradier's brokerage API, as far as what is public shows it.

    GET    /v1/user/profile
    GET    /v1/accounts/{account}/balances
    GET    /v1/accounts/{account}/positions
    GET    /v1/accounts/{account}/orders       includeTags; open ones, and those that ended today
    GET    /v1/accounts/{account}/orders/{id}  includeTags
    POST   /v1/accounts/{account}/orders       form-encoded: class equity, option or multileg; tag; preview
    DELETE /v1/accounts/{account}/orders/{id}  200: the request is taken; the order ends a little later

Sources, read 2026-11: answers measured in Tradier's sandbox by Networkgems/TradingAI- at 0d0121d
(`docs/tra4484-tradier-sandbox-semantics.md`: the statuses and bodies of cancels, tags, what a list reaches,
its three envelopes); recorded answers in the tests of calvn/go-tradier 54ce5d6 (placing, preview, list);
words and faults of QuantConnect/Lean.Brokerages.Tradier 4a35a44; fields of
vitali-karmanov/tradier-dotnet-client 5a1960c; forms of lumiwealth-tradier 0.1.18.

What no source shows, and is chosen here: a second cancel while the first is pending is answered like the
first; a refused placement is a 200 with `errors` (Lean and lumiwealth-tradier read them from a success); the
status of a fault that is not about the token or the quota; the sentences of refusals other than those of
tags and durations.

What differs: answers are JSON whatever `Accept` says, where Tradier sends XML unless asked; ids have fifteen
digits, so that they do not repeat; today begins when the exchange's day does, where Tradier's begins at
midnight in New York; `pre` and `post` orders trade at once, and which of both an order is follows from the
hour it was placed in; the last fill is shown as all fills together; accounts are cash accounts. There are
no groups (oco, oto, otoco, combo), and no changing of an order under its own id: the exchange gives new terms
a new id.
"""

from datetime import datetime
from uuid import UUID

from nostro.brokers.transport import Request
from nostro.sim.face import Face, reply
from nostro.sim.skins.tradier.refusals import fail, refuse
from nostro.sim.skins.tradier.routes import ROUTES
from nostro.sim.skins.tradier.shapes import about_another_order, shape_id, write_list

_SCHEME = "bearer "


def _customer(request: Request, _at: datetime) -> str:
    value = request.headers.get("authorization", "")
    return value[len(_SCHEME) :].strip() if value.lower().startswith(_SCHEME) else ""


def _shape(made: UUID) -> str:
    return str(shape_id(made))


FACE = Face(
    slug="tradier",
    routes=ROUTES,
    customer=_customer,
    refuse=refuse,
    failure=fail,
    no_orders=lambda: reply(200, write_list("orders", "order", [])),
    about_another_order=about_another_order,
    shape_id=_shape,
)
