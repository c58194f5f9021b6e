"""What each brokerage takes, and what its word is worth: nostro's own, SnapTrade has nothing like it."""

from collections.abc import Iterable

from msgspec import Struct

from nostro.brokers.spec import BrokerSpec
from nostro.domain.capability import Capabilities, OrderRow


class OrderCapability(Struct, kw_only=True, frozen=True):
    """One kind of order that is taken: any of the types with any of the durations."""

    asset_class: str
    order_types: tuple[str, ...]
    times_in_force: tuple[str, ...]
    legs_max: int
    fractional: bool
    notional: bool
    """By value instead of quantity."""
    extended_hours: bool


class CancelCapability(Struct, kw_only=True, frozen=True):
    asset_classes: tuple[str, ...]
    """Those whose orders can be canceled by their id alone: all that can be placed."""
    acknowledgement: str
    """What a success proves: `confirmed`, the order is canceled; `accepted`, it may still fill."""
    settles_s: float | None
    """For so long a cancel that was given up may still be carried out; null where nobody knows."""


class BrokerageCapabilities(Struct, kw_only=True, frozen=True):
    slug: str
    name: str
    is_paper: bool
    place: tuple[OrderCapability, ...]
    groups: tuple[str, ...]
    replace: str
    """`atomic`, `cancel_then_new`, or `unsupported`."""
    cancel: CancelCapability
    client_order_ids: bool
    history_days: float | None
    """For so long closed orders are shown; null: for ever."""


def render_capabilities(spec: BrokerSpec) -> BrokerageCapabilities:
    able = spec.capabilities
    reach = spec.history_reach
    return BrokerageCapabilities(
        slug=spec.slug,
        name=spec.name,
        is_paper=spec.is_paper,
        place=tuple(_order(row) for row in able.orders),
        groups=_words(able.groups),
        replace=able.replace.value,
        cancel=CancelCapability(
            asset_classes=_classes(able),
            acknowledgement=able.cancel.value,
            settles_s=spec.cancel_settles_s,
        ),
        client_order_ids=able.client_order_ids,
        history_days=None if reach is None else reach.total_seconds() / 86_400,
    )


def _order(row: OrderRow) -> OrderCapability:
    return OrderCapability(
        asset_class=row.asset_class.value,
        order_types=_words(row.order_types),
        times_in_force=_words(row.times_in_force),
        legs_max=row.legs_max,
        fractional=row.fractional,
        notional=row.notional,
        extended_hours=row.extended_hours,
    )


def _classes(able: Capabilities) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.asset_class.value for row in able.orders))


def _words(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(str(word) for word in words))
