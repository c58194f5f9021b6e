"""The sandbox's controls: move the market, end orders, break the brokerage, read its truth log.

They exist in `nostro sandbox` only and answer to this machine only.
"""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import TypeVar

from msgspec import Struct, to_builtins

from nostro.domain.errors import InvalidRequest, NotFound
from nostro.http.call import Answer, Call
from nostro.http.operation import Operation, Who
from nostro.sim.exchange import Exchange
from nostro.sim.faults import FaultPlan
from nostro.sim.refusals import Refused
from nostro.wire.orders_v2 import render_order_v2
from nostro.wire.values import optional_text

T = TypeVar("T")

ADVANCE_S_MAX = 10 * 366 * 86_400
SEED_MAX = 2**63 - 1


class QuoteForm(Struct, kw_only=True):
    symbol: str
    bid: Decimal | None = None
    ask: Decimal | None = None


class FillForm(Struct, kw_only=True):
    units: Decimal | None = None
    """None fills all that is open."""
    price: Decimal | None = None
    """None fills at the order's own price, or the quote."""


class ClockForm(Struct, kw_only=True):
    advance_s: Decimal


class ResetForm(Struct, kw_only=True):
    seed: int = 0


class FaultForm(Struct, kw_only=True):
    operation: str
    kind: str
    times: int | None = 1
    """None: until the faults are ended."""
    order_id: str | None = None
    delay_s: Decimal | None = None
    processed: bool | None = None


class SandboxControls:
    def __init__(
        self, exchange: Exchange, faults: FaultPlan, reset: Callable[[int], Awaitable[None]]
    ) -> None:
        self._exchange = exchange
        self._faults = faults
        self._reset = reset

    def operations(self) -> tuple[Operation, ...]:
        rows = (
            ("POST", "/sandbox/quotes", self.set_quote, "Set a symbol's best prices"),
            ("POST", "/sandbox/orders/{orderId}/fill", self.fill, "Fill an open order, whole or in part"),
            (
                "POST",
                "/sandbox/orders/{orderId}/{how}",
                self.end,
                "End an order: reject, expire or cancel it",
            ),
            ("POST", "/sandbox/clock", self.advance, "Move the exchange's clock forward"),
            ("POST", "/sandbox/reset", self.reset, "Start the sandbox over"),
            ("GET", "/sandbox/truth", self.truth, "Read the exchange's own log"),
            ("GET", "/sandbox/faults", self.list_faults, "List the faults in force"),
            ("POST", "/sandbox/faults", self.add_fault, "Break the brokerage in a declared way"),
            ("DELETE", "/sandbox/faults", self.clear_faults, "Let the brokerage recover"),
        )
        return tuple(
            Operation(
                method=method,
                path=path,
                id=f"Sandbox_{handler.__name__}",
                summary=summary,
                handler=handler,
                who=Who.LOCAL,
                is_hidden=True,
            )
            for method, path, handler, summary in rows
        )

    async def set_quote(self, call: Call) -> Answer:
        form = call.form(QuoteForm)
        quote = _told(lambda: self._exchange.set_quote(form.symbol, form.bid, form.ask))
        return Answer(
            body={"symbol": form.symbol, "bid": optional_text(quote.bid), "ask": optional_text(quote.ask)}
        )

    async def fill(self, call: Call) -> Answer:
        form = call.form(FillForm)
        order = _told(lambda: self._exchange.fill(call.path["orderId"], form.units, form.price))
        return Answer(body=render_order_v2(order))

    async def end(self, call: Call) -> Answer:
        how = {
            "reject": self._exchange.reject,
            "expire": self._exchange.expire,
            "cancel": self._exchange.cancel,
        }.get(call.path["how"])
        if how is None:
            raise NotFound
        return Answer(body=render_order_v2(_told(lambda: how(call.path["orderId"]))))

    async def advance(self, call: Call) -> Answer:
        advance_s = call.form(ClockForm).advance_s
        if not 0 <= advance_s <= ADVANCE_S_MAX:
            raise InvalidRequest(f"`advance_s` must be from 0 to {ADVANCE_S_MAX}.")
        return Answer(body={"now": self._exchange.advance(float(advance_s))})

    async def reset(self, call: Call) -> Answer:
        seed = call.form(ResetForm).seed
        if not 0 <= seed <= SEED_MAX:
            raise InvalidRequest(f"`seed` must be from 0 to {SEED_MAX}.")
        await self._reset(seed)
        return Answer(body={"detail": "The sandbox is as new.", "seed": seed})

    async def truth(self, call: Call) -> Answer:
        order_id = call.query.get("brokerage_order_id")
        entries = [
            to_builtins(entry)
            for entry in self._exchange.truth()
            if order_id is None or entry.brokerage_order_id == order_id
        ]
        return Answer(body=entries)

    async def list_faults(self, _call: Call) -> Answer:
        return Answer(body=[to_builtins(fault) for fault in self._faults.declared])

    async def add_fault(self, call: Call) -> Answer:
        form = call.form(FaultForm)
        try:
            fault = self._faults.declare(
                form.operation,
                form.kind,
                times=form.times,
                order_id=form.order_id,
                delay_s=None if form.delay_s is None else float(form.delay_s),
                processed=form.processed,
            )
        except ValueError as error:
            raise InvalidRequest(str(error)) from error
        return Answer(body=to_builtins(fault))

    async def clear_faults(self, _call: Call) -> Answer:
        self._faults.clear()
        return Answer(body={"detail": "The brokerage works again."})


def _told(tell: Callable[[], T]) -> T:
    """Tell the exchange something; what it refuses is the caller's mistake."""
    try:
        return tell()
    except Refused as refused:
        raise InvalidRequest(str(refused)) from refused
