"""What a case is, and what it can need of a brokerage."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nostro.brokers.spec import BrokerSpec
from nostro.conformance.bench import Bench
from nostro.domain.capability import Replace
from nostro.domain.instrument import AssetClass
from nostro.domain.order import GroupType

Need = Callable[[BrokerSpec], str]
"""Says what the brokerage lacks; empty when it has what is needed."""

Run = Callable[[Bench], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    number: str
    """`C01` and on. It stays with its case for ever: cards of two releases are compared by it."""
    name: str
    """A sentence that is true of an adapter which passes."""
    needs: tuple[Need, ...]
    run: Run
    """Raises Failed; every other exception is a failure too, for an adapter never raises in a case."""

    def skip_reason(self, spec: BrokerSpec) -> str:
        """Say why the case does not concern this brokerage; empty when it does."""
        return next((reason for need in self.needs if (reason := need(spec))), "")


def case(number: str, name: str, *needs: Need) -> Callable[[Run], Case]:
    """Make the coroutine that is decorated a case."""
    return lambda run: Case(number=number, name=name, needs=needs, run=run)


# Needs


def asset_class(wanted: AssetClass) -> Need:
    def need(spec: BrokerSpec) -> str:
        is_there = any(row.asset_class is wanted for row in spec.capabilities.orders)
        return "" if is_there else f"it does not trade this class: {wanted}"

    return need


def multi_leg(spec: BrokerSpec) -> str:
    return "" if any(row.legs_max > 1 for row in spec.capabilities.orders) else "it has no multi-leg orders"


def notional(spec: BrokerSpec) -> str:
    return "" if any(row.notional for row in spec.capabilities.orders) else "it takes no orders by value"


def fractional(spec: BrokerSpec) -> str:
    return "" if any(row.fractional for row in spec.capabilities.orders) else "it takes whole units only"


def group(wanted: GroupType) -> Need:
    return lambda spec: "" if wanted in spec.capabilities.groups else f"it has no {wanted} groups"


def any_group(spec: BrokerSpec) -> str:
    return "" if spec.capabilities.groups else "it has no complex orders"


def replace(spec: BrokerSpec) -> str:
    return "" if spec.capabilities.replace is not Replace.UNSUPPORTED else "it cannot replace orders"


def atomic_replace(spec: BrokerSpec) -> str:
    if spec.capabilities.replace is Replace.ATOMIC:
        return ""
    return "its orders are not replaced in one step"


def names_successors(spec: BrokerSpec) -> str:
    return "" if spec.names_successors else "its orders do not name what took their place"


def rejects_later(spec: BrokerSpec) -> str:
    return "" if spec.rejects_later else "it rejects no order that it has taken"


def client_order_ids(spec: BrokerSpec) -> str:
    return "" if spec.capabilities.client_order_ids else "it does not keep client order ids"
