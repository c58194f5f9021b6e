"""How an adapter is made to lie."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, cast
from urllib.parse import quote

from nostro.brokers.port import Broker
from nostro.brokers.registry import BrokerKind
from nostro.brokers.transport import Request
from nostro.brokers.wiring import Wiring
from nostro.domain.account import BrokerageAccount
from nostro.domain.cancel import (
    Canceled,
    CancelRejected,
    CancelRejectReason,
    CancelUnknown,
    NotSent,
    NotSentCause,
    OrderFound,
    UnknownCause,
)
from nostro.domain.errors import ReadFailed
from nostro.domain.instrument import AssetClass
from nostro.domain.order import Leg, Order, OrderRef

Honest = Callable[..., Awaitable[Any]]
"""What the honest adapter does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lie:
    what: str
    method: str
    tell: Callable[..., Awaitable[Any]]
    """Called with the session, the honest method and its arguments."""
    caught_by: tuple[str, ...]


class Session:
    """An adapter's session, of which one method lies."""

    def __init__(self, broker: Broker, lie: Lie, wiring: Wiring, number: int) -> None:
        self.broker = broker
        self.wiring = wiring
        self.number = number
        """Counts the sessions of this adapter from 1."""
        self._lie = lie

    def __getattr__(self, name: str) -> Any:
        honest = getattr(self.broker, name)
        if name != self._lie.method:
            return honest

        async def lying(*args: Any) -> Any:
            return await self._lie.tell(self, honest, *args)

        return lying


def lying(kind: BrokerKind, lie: Lie) -> BrokerKind:
    opened: list[Session] = []

    def connect(credentials: Any, wiring: Wiring) -> Broker:
        opened.append(Session(kind.connect(credentials, wiring), lie, wiring, len(opened) + 1))
        return cast("Broker", opened[-1])

    return replace(kind, connect=connect)


# Ways to lie


def says(when: Callable[[Any], bool], instead: Callable[[Any], Any]) -> Callable[..., Awaitable[Any]]:
    async def tell(_session: Session, honest: Honest, *args: Any) -> Any:
        outcome = await honest(*args)
        return instead(outcome) if when(outcome) else outcome

    return tell


def shows(change: Callable[[Order], Order]) -> Callable[..., Awaitable[Any]]:
    return says(
        lambda look: isinstance(look, OrderFound), lambda look: replace(look, order=change(look.order))
    )


def always(_outcome: object) -> bool:
    return True


def canceled(_outcome: object) -> Canceled:
    return Canceled(raw=None)


def refused(_outcome: object) -> CancelRejected:
    return CancelRejected(reason=CancelRejectReason.OTHER, message="no", raw=None)


def nobody_knows(_outcome: object) -> CancelUnknown:
    return CancelUnknown(cause=UnknownCause.TIMEOUT, message="who knows")


def unknown(*causes: UnknownCause) -> Callable[[Any], bool]:
    return lambda outcome: isinstance(outcome, CancelUnknown) and outcome.cause in causes


def rejected(*reasons: CancelRejectReason) -> Callable[[Any], bool]:
    return lambda outcome: isinstance(outcome, CancelRejected) and outcome.reason in reasons


def is_a(*kinds: type) -> Callable[[Any], bool]:
    return lambda outcome: isinstance(outcome, kinds)


async def twice(_session: Session, honest: Honest, *args: Any) -> Any:
    outcome = await honest(*args)
    await honest(*args)
    return outcome


async def again_when_unknown(_session: Session, honest: Honest, *args: Any) -> Any:
    outcome = await honest(*args)
    return await honest(*args) if isinstance(outcome, CancelUnknown) else outcome


async def any_id(session: Session, honest: Honest, account: str, ref: OrderRef) -> Any:
    outcome = await honest(account, ref)
    if not isinstance(outcome, NotSent) or outcome.cause is not NotSentCause.REFUSED_LOCALLY:
        return outcome
    path = f"/accounts/{account}/orders/{quote(ref.brokerage_order_id)}"
    await session.wiring.open({}).send(Request("DELETE", path, operation="cancel"), 1.0)
    return outcome


async def the_newest(session: Session, honest: Honest, account: str, ref: OrderRef) -> Any:
    newest, *_ = await session.broker.list_orders(account, session.wiring.clock.now())
    await honest(account, newest.ref)
    return Canceled(raw=None) if newest.ref == ref else nobody_knows(None)


async def the_whole_group(session: Session, honest: Honest, account: str, ref: OrderRef) -> Any:
    look = await session.broker.look_up_order(account, ref)
    assert isinstance(look, OrderFound)
    for order in await session.broker.list_orders(account, session.wiring.clock.now()):
        if order.group_id == look.order.group_id:
            await honest(account, order.ref)
    return Canceled(raw=None)


async def only_what_is_listed(session: Session, honest: Honest, account: str, ref: OrderRef) -> Any:
    listed = await session.broker.list_orders(account, session.wiring.clock.now())
    if ref in [order.ref for order in listed]:
        return await honest(account, ref)
    return NotSent(cause=NotSentCause.REFUSED_LOCALLY, message="not in the list")


async def raises(_session: Session, honest: Honest, *args: Any) -> Any:
    outcome = await honest(*args)
    if isinstance(outcome, CancelUnknown):
        raise TimeoutError
    return outcome


async def nothing_on_failure(_session: Session, honest: Honest, *args: Any) -> Any:
    try:
        return await honest(*args)
    except ReadFailed:
        return []


async def the_first_of_the_list(session: Session, _honest: Honest, account: str, *_: object) -> Any:
    first, *_rest = await session.broker.list_orders(account, session.wiring.clock.now())
    return OrderFound(order=first)


async def all_there_ever_was(_session: Session, honest: Honest, account: str, since: Any) -> Any:
    return await honest(account, since.replace(year=2000))


async def foreign_accounts_later(session: Session, honest: Honest) -> Sequence[BrokerageAccount]:
    accounts: Sequence[BrokerageAccount] = await honest()
    return [*accounts, replace(accounts[0], number="10000009")] if session.number > 5 else accounts


def cents(order: Order) -> Order:
    cent = Decimal("0.01")
    price = order.average_price
    return replace(
        order,
        quantity=None if order.quantity is None else order.quantity.quantize(cent),
        average_price=None if price is None else price + cent,
    )


def of_another_class(order: Order) -> Order:
    def change(leg: Leg) -> Leg:
        was_future = leg.instrument.asset_class is AssetClass.FUTURE
        asset_class = AssetClass.STOCK if was_future else AssetClass.FUTURE
        return replace(leg, instrument=replace(leg.instrument, asset_class=asset_class))

    return replace(order, legs=tuple(change(leg) for leg in order.legs))
