"""Declared faults: how requests to the embedded brokerage go wrong, and what then is true.

    kind                      done?          the caller sees                             declared for
    hang                      yes*           nothing, or the reply after `delay_s`       any
    reply_delayed             yes            the reply after `delay_s` (0.5 s)           any
    reply_after_our_deadline  yes            the reply after `delay_s` (10 s)            any
    slow_drip                 yes            the reply, one byte a second                any
    reply_lost                yes            the connection closes                       any
    accepted_then_reset       yes            the connection is reset                     any
    drop_before               not received   connection refused**                        any
    error_500_done            yes            500                                         any
    error_502_done            yes            502                                         any
    error_503_done            yes            503                                         any
    error_504_done            yes            504                                         any
    error_500_not_done        no             500                                         any
    error_502_not_done        no             502                                         any
    error_503_not_done        no             503                                         any
    error_504_not_done        no             504                                         any
    rate_limited              no             429                                         any
    redirect_to_other_host    no             307 to a host that does not exist           any
    malformed                 yes            the usual status, a body that is not JSON   any
    html_body                 yes            200 and an HTML page                        any
    truncated                 yes            the usual status, half the body             any
    dup_key_json              yes            the usual reply, each key twice             any
    huge_body                 yes            the usual reply and 2 MiB of spaces         any
    gzip_bomb                 yes            the usual status, 64 MiB packed unasked     any
    other_order               yes            the usual reply, about another order        any but read
    duplicate_delivery        twice          the second reply                            any
    ack_only                  acknowledged   202***; the order is PENDING_CANCEL until   cancel
                                             told, until `delay_s` of exchange time or
                                             the roll is over, or until the faults are
                                             cleared
    ack_then_fill             acknowledged   202***; right after it the order fills      cancel
                                             completely
    ack_never_cancels         no             202***, and nothing comes of it             cancel
    list_lags                 no             the list as it was last given, or empty     list
    not_found_lag             no             404, and nothing shows the order for        cancel, replace,
                                             `delay_s` (2 s, by the wall clock)          look_up
                              yes            the usual reply, then the lag as above      place

    * With `processed` false it is received and never carried out, and after `delay_s` the connection closes.
    ** Over HTTP a connection is accepted before anybody knows what will be asked: it is reset instead, and
       the exchange never hears of it. To refuse a connection for certain, stop the brokerage.
    *** Or what that face says for it. A face that answers a cancel with 204 has no body to spoil:
        `truncated`, `dup_key_json` and `other_order` leave it as it is, and a body that is put in comes with
        200.

Each request that a fault matches uses up one of its `times`; the oldest matching fault is taken. Faults are
kept in memory only: a brokerage that starts again has none. What they did to orders, pending cancels too, is
on disk.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf

from nostro.ports import Clock
from nostro.sim.exchange import Exchange

OPERATIONS = ("cancel", "place", "replace", "look_up", "list", "read")
"""What a native request can be; `read` is all that has nothing to do with orders."""
ANY_OPERATION = "*"
_HOLD_STEP_S = 0.02
_HOLD_STEP_S_MAX = 0.1


class FaultKind(StrEnum):
    HANG = "hang"
    REPLY_LOST = "reply_lost"
    REPLY_DELAYED = "reply_delayed"
    REPLY_AFTER_OUR_DEADLINE = "reply_after_our_deadline"
    SLOW_DRIP = "slow_drip"
    ACCEPTED_THEN_RESET = "accepted_then_reset"
    DROP_BEFORE = "drop_before"
    ERROR_500_DONE = "error_500_done"
    ERROR_502_DONE = "error_502_done"
    ERROR_503_DONE = "error_503_done"
    ERROR_504_DONE = "error_504_done"
    ERROR_500_NOT_DONE = "error_500_not_done"
    ERROR_502_NOT_DONE = "error_502_not_done"
    ERROR_503_NOT_DONE = "error_503_not_done"
    ERROR_504_NOT_DONE = "error_504_not_done"
    RATE_LIMITED = "rate_limited"
    REDIRECT_TO_OTHER_HOST = "redirect_to_other_host"
    MALFORMED = "malformed"
    HTML_BODY = "html_body"
    TRUNCATED = "truncated"
    DUP_KEY_JSON = "dup_key_json"
    HUGE_BODY = "huge_body"
    GZIP_BOMB = "gzip_bomb"
    OTHER_ORDER = "other_order"
    DUPLICATE_DELIVERY = "duplicate_delivery"
    ACK_ONLY = "ack_only"
    ACK_THEN_FILL = "ack_then_fill"
    ACK_NEVER_CANCELS = "ack_never_cancels"
    LIST_LAGS = "list_lags"
    NOT_FOUND_LAG = "not_found_lag"


_ONLY_FOR = {
    FaultKind.ACK_ONLY: ("cancel",),
    FaultKind.ACK_THEN_FILL: ("cancel",),
    FaultKind.ACK_NEVER_CANCELS: ("cancel",),
    FaultKind.LIST_LAGS: ("list",),
    FaultKind.NOT_FOUND_LAG: ("cancel", "replace", "look_up", "place"),
    FaultKind.OTHER_ORDER: ("cancel", "place", "replace", "look_up", "list"),
}
_NAME_NO_ORDER = ("place", "list", "read")
_DEFAULT_DELAYS_S = {
    FaultKind.HANG: None,
    FaultKind.ACK_ONLY: None,
    FaultKind.NOT_FOUND_LAG: 2.0,
    FaultKind.REPLY_DELAYED: 0.5,
    FaultKind.REPLY_AFTER_OUR_DEADLINE: 10.0,
}
"""Kinds that take a `delay_s`, with the one they have when none is said."""
NOT_DONE = frozenset(
    {
        FaultKind.DROP_BEFORE,
        FaultKind.ERROR_500_NOT_DONE,
        FaultKind.ERROR_502_NOT_DONE,
        FaultKind.ERROR_503_NOT_DONE,
        FaultKind.ERROR_504_NOT_DONE,
        FaultKind.RATE_LIMITED,
        FaultKind.REDIRECT_TO_OTHER_HOST,
        FaultKind.ACK_NEVER_CANCELS,
        FaultKind.LIST_LAGS,
    }
)
"""Kinds of which the exchange carries nothing out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    operation: str
    """One of OPERATIONS, or `*` for all that the kind can happen to."""
    kind: FaultKind
    times: int | None = 1
    """How many more requests it happens to; None: all."""
    order_id: str | None = None
    """The id that the request's path names; None: any, or none."""
    delay_s: float | None = None
    processed: bool = True
    """False for a `hang` that is not carried out."""

    def matches(self, operation: str, order_id: str | None) -> bool:
        if self.operation not in (operation, ANY_OPERATION) or operation not in _ONLY_FOR.get(
            self.kind, OPERATIONS
        ):
            return False
        return self.order_id is None or self.order_id == order_id


class FaultPlan:
    def __init__(self, exchange: Exchange, clock: Clock) -> None:
        self._exchange = exchange
        self._clock = clock
        self._faults: list[Fault] = []
        self._hidden_until: dict[str, float] = {}
        self.generation = 0
        """Grows with every `clear`: work that hangs ends when it does."""

    @property
    def declared(self) -> tuple[Fault, ...]:
        """Faults still to happen, oldest first, with the `times` that are left."""
        return tuple(self._faults)

    def declare(
        self,
        operation: str,
        kind: str,
        *,
        times: int | None = 1,
        order_id: str | None = None,
        delay_s: float | None = None,
        processed: bool | None = None,
    ) -> Fault:
        """Add a fault; raises ValueError with a sentence that says what exists."""
        if kind not in list(FaultKind):
            raise ValueError(f"There is no fault {kind!r}. There are: {', '.join(FaultKind)}.")
        fault_kind = FaultKind(kind)
        if operation not in (*OPERATIONS, ANY_OPERATION):
            known = ", ".join((*OPERATIONS, ANY_OPERATION))
            raise ValueError(f"There is no operation {operation!r}. There are: {known}.")
        possible = _ONLY_FOR.get(fault_kind, OPERATIONS)
        if operation not in (*possible, ANY_OPERATION):
            raise ValueError(f"{kind} cannot happen to {operation}, only to: {', '.join(possible)}.")
        if order_id is not None and operation in _NAME_NO_ORDER:
            raise ValueError(f"A {operation} request names no order; leave order_id out.")
        if times is not None and times < 1:
            raise ValueError("times counts from 1, or is null for ever.")
        if delay_s is not None and (delay_s < 0 or fault_kind not in _DEFAULT_DELAYS_S):
            raise ValueError(
                f"delay_s is not negative, and belongs to: {', '.join(sorted(_DEFAULT_DELAYS_S))}."
            )
        if processed is not None and fault_kind is not FaultKind.HANG:
            raise ValueError("processed belongs to hang; for every other kind it is fixed.")
        fault = Fault(
            operation=operation,
            kind=fault_kind,
            times=times,
            order_id=order_id,
            delay_s=_DEFAULT_DELAYS_S.get(fault_kind) if delay_s is None else delay_s,
            processed=processed is not False,
        )
        self._faults.append(fault)
        return fault

    def take(self, operation: str, order_id: str | None) -> Fault | None:
        """Use up the fault that happens to such a request, if any."""
        for index, fault in enumerate(self._faults):
            if fault.matches(operation, order_id):
                if fault.times == 1:
                    del self._faults[index]
                elif fault.times is not None:
                    self._faults[index] = replace(fault, times=fault.times - 1)
                return fault
        return None

    async def hold(
        self, delay_s: float | None, *, longest_s: float = inf, is_gone: Callable[[], bool] = lambda: False
    ) -> None:
        """Wait for `delay_s` (None: for ever), at most `longest_s`, until cleared, or until `is_gone`."""
        generation = self.generation
        ends_at = self._clock.monotonic() + min(inf if delay_s is None else delay_s, longest_s)
        while self.generation == generation and not is_gone():
            left = ends_at - self._clock.monotonic()
            if left <= 0:
                return
            # Many may be held at once: those that have long to go look up less often.
            await self._clock.sleep(min(left, max(_HOLD_STEP_S, min(left / 10, _HOLD_STEP_S_MAX))))

    def hide(self, order_ids: Iterable[str], delay_s: float) -> None:
        """Let nobody see these orders for so many seconds of the wall clock."""
        until = self._clock.monotonic() + delay_s
        self._hidden_until.update(dict.fromkeys(order_ids, until))

    def hides(self, order_id: str) -> bool:
        """Say whether a lag keeps this order from being seen now."""
        return self._hidden_until.get(order_id, 0.0) > self._clock.monotonic()

    def clear(self) -> None:
        """End all faults and recover: what hangs or lags is over, pending cancels are carried out."""
        self._faults.clear()
        self._hidden_until.clear()
        self.generation += 1
        self._exchange.carry_out_pending_cancels()
