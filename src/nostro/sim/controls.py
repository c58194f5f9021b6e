"""What moves the market, ends orders and breaks the brokerage: JSON requests, told by nobody's customer.

    POST   /sandbox/accounts              {"number", "api_key", "cash", "name"}        opens one
    POST   /sandbox/orders                {"account", "order_id", "order"}             places one under an id
    POST   /sandbox/quotes                {"symbol", "bid", "ask"}
    POST   /sandbox/orders/{id}/fill      {"units", "price"}
    POST   /sandbox/orders/{id}/{how}     `reject`, `expire` or `cancel`
    POST   /sandbox/clock                 {"advance_s"}
    POST   /sandbox/reset                 {"seed"}
    GET    /sandbox/truth?brokerage_order_id=ID&after_seq=N
    GET    /sandbox/faults
    POST   /sandbox/faults                {"operation", "kind", "times", "order_id", "delay_s", "processed"}
    DELETE /sandbox/faults

Orders are answered in the words of `native.py`. What cannot be done is 400 or 422 with {"error", "message"}.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from nostro.brokers.transport import Reply, Request
from nostro.domain.order import Order
from nostro.domain.place import NewOrder
from nostro.sim.exchange import Exchange
from nostro.sim.faults import Fault, FaultPlan
from nostro.sim.native import failure, write_order
from nostro.sim.refusals import Refused

PREFIX = "/sandbox/"

T = TypeVar("T")

_encode = msgspec.json.Encoder(decimal_format="string").encode


class _Form(msgspec.Struct, kw_only=True):
    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, Decimal) and not value.is_finite():
                raise ValueError(f"{name} is not a number")


class _AccountForm(_Form):
    number: str
    api_key: str
    cash: Decimal
    name: str = ""


class _OrderForm(_Form):
    account: str
    order_id: str
    order: NewOrder


class _QuoteForm(_Form):
    symbol: str
    bid: Decimal | None = None
    ask: Decimal | None = None


class _FillForm(_Form):
    units: Decimal | None = None
    price: Decimal | None = None


class _ClockForm(_Form):
    advance_s: Decimal


class _ResetForm(_Form):
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] = 0


class _FaultForm(_Form):
    operation: str
    kind: str
    times: int | None = 1
    order_id: str | None = None
    delay_s: Decimal | None = None
    processed: bool | None = None


@dataclass(frozen=True, slots=True)
class _Told:
    path: dict[str, str]
    query: dict[str, str]
    body: bytes

    def form(self, form: type[T]) -> T:
        """Read the body; raises msgspec.MsgspecError."""
        return msgspec.json.decode(self.body or b"{}", type=form)


class Controls:
    """A `Transport` that ends at the exchange's controls, in this process."""

    def __init__(self, exchange: Exchange, faults: FaultPlan) -> None:
        self._exchange = exchange
        self._faults = faults
        self._routes: tuple[tuple[str, re.Pattern[str], Callable[[_Told], object]], ...] = tuple(
            (method, re.compile(PREFIX + path), carry_out)
            for method, path, carry_out in (
                ("POST", "accounts", self._open_account),
                ("POST", "orders", self._place),
                ("POST", "quotes", self._set_quote),
                ("POST", "orders/(?P<order>[^/]+)/fill", self._fill),
                ("POST", "orders/(?P<order>[^/]+)/(?P<how>reject|expire|cancel)", self._end),
                ("POST", "clock", self._advance),
                ("POST", "reset", self._reset),
                ("GET", "truth", self._truth),
                ("GET", "faults", self._list_faults),
                ("POST", "faults", self._add_fault),
                ("DELETE", "faults", self._clear_faults),
            )
        )

    async def send(self, request: Request, timeout_s: float) -> Reply:
        del timeout_s  # nothing here waits
        return self.answer(request)

    def answer(self, request: Request) -> Reply:
        """Carry out what is told; 404 when there is no such control."""
        split = urlsplit(request.path)
        for method, pattern, carry_out in self._routes:
            match = pattern.fullmatch(split.path)
            if match is None or method != request.method:
                continue
            path = {name: unquote(text) for name, text in match.groupdict().items()}
            query = {name: values[-1] for name, values in parse_qs(split.query).items()}
            try:
                return Reply(200, _encode(carry_out(_Told(path, query, request.body))))
            except Refused as refused:
                return failure(422, "rejected", str(refused))
            except (msgspec.MsgspecError, ValueError) as error:
                return failure(400, "malformed", str(error))
        return failure(404, "unknown_route", "There is no such control.")

    def _open_account(self, told: _Told) -> object:
        form = told.form(_AccountForm)
        self._exchange.open_account(form.number, form.cash, owner=form.api_key, name=form.name)
        return {"number": form.number}

    def _place(self, told: _Told) -> object:
        form = told.form(_OrderForm)
        return _order(self._exchange.place_with_id(form.account, form.order, form.order_id))

    def _set_quote(self, told: _Told) -> object:
        form = told.form(_QuoteForm)
        quote = self._exchange.set_quote(form.symbol, form.bid, form.ask)
        return {"symbol": form.symbol, "bid": quote.bid, "ask": quote.ask}

    def _fill(self, told: _Told) -> object:
        form = told.form(_FillForm)
        return _order(self._exchange.fill(told.path["order"], form.units, form.price))

    def _end(self, told: _Told) -> object:
        how = {
            "reject": self._exchange.reject,
            "expire": self._exchange.expire,
            "cancel": self._exchange.cancel,
        }[told.path["how"]]
        return _order(how(told.path["order"]))

    def _advance(self, told: _Told) -> object:
        return {"now": self._exchange.advance(float(told.form(_ClockForm).advance_s))}

    def _reset(self, told: _Told) -> object:
        seed = told.form(_ResetForm).seed
        self._faults.clear()
        self._exchange.reset(seed)
        return {"detail": "The exchange is as new.", "seed": seed}

    def _truth(self, told: _Told) -> object:
        order_id = told.query.get("brokerage_order_id")
        entries = self._exchange.truth(int(told.query.get("after_seq", "0")))
        return [entry for entry in entries if order_id is None or entry.brokerage_order_id == order_id]

    def _list_faults(self, _told: _Told) -> tuple[Fault, ...]:
        return self._faults.declared

    def _add_fault(self, told: _Told) -> Fault:
        form = told.form(_FaultForm)
        return self._faults.declare(
            form.operation,
            form.kind,
            times=form.times,
            order_id=form.order_id,
            delay_s=None if form.delay_s is None else float(form.delay_s),
            processed=form.processed,
        )

    def _clear_faults(self, _told: _Told) -> object:
        self._faults.clear()
        return {"detail": "The brokerage works again."}


def _order(order: Order) -> dict[str, Any]:
    return {"order": write_order(order)}
