"""Orders of every class and shape: placed, found, canceled."""

from nostro.conformance.bench import Bench, Failed, expect
from nostro.conformance.case import Case, any_group, asset_class, case, group, multi_leg, notional
from nostro.conformance.truth import cancel, describe, expect_canceled, expect_status, expect_taken
from nostro.domain.instrument import AssetClass
from nostro.domain.order import GroupType, Order, OrderStatus
from nostro.domain.place import NewOrder, Placed

_CLASSES = {
    "C59": (AssetClass.STOCK, "A stock order"),
    "C60": (AssetClass.ETF, "An order for an ETF"),
    "C61": (AssetClass.OPTION, "An option order"),
    "C62": (AssetClass.CRYPTO, "A crypto order"),
    "C63": (AssetClass.FUTURE, "A futures order"),
}
_GROUPS = {"C66": GroupType.OCO, "C67": GroupType.OTO, "C68": GroupType.OTOCO}


def _of_class(number: str, wanted: AssetClass, what: str) -> Case:
    @case(
        number,
        f"{what} is placed, found under the same symbol and class, and canceled.",
        asset_class(wanted),
    )
    async def run(bench: Bench) -> None:
        seen = await _place_find_cancel(bench, bench.samples.resting(wanted))
        expect(seen.asset_class is wanted, f"an order of class {wanted} is shown as {seen.asset_class}")
        symbol = seen.legs[0].instrument.symbol
        expect(symbol == bench.samples.symbol(wanted), f"its symbol is shown as {symbol}")

    return run


@case(
    "C64", "An order by value keeps its value until it is filled, and then shows what that bought.", notional
)
async def by_value(bench: Bench) -> None:
    new = bench.samples.by_value()
    order = await bench.place(new)
    truth = bench.order(order.brokerage_order_id)
    seen = await bench.see(order.brokerage_order_id)
    if truth is None:
        raise Failed("the order came back under an id that the exchange does not have")
    expect(seen.notional == new.notional, f"its value is shown as {seen.notional}")
    expect(
        seen.filled_quantity == truth.filled_quantity,
        f"{truth.filled_quantity} units were filled, and {seen.filled_quantity} are shown",
    )


@case("C65", "A multi-leg order is one order with all its legs, and is canceled as one.", multi_leg)
async def legs(bench: Bench) -> None:
    new = bench.samples.spread()
    seen = await _place_find_cancel(bench, new)
    shown = {(leg.instrument.symbol, leg.side, leg.ratio) for leg in seen.legs}
    true = {(leg.symbol, leg.side, leg.ratio) for leg in new.legs}
    expect(shown == true, f"its legs are shown as {sorted(shown)}")
    expect(seen.limit_price == new.limit_price, f"its net price is shown as {seen.limit_price}")


def _group_of(number: str, type_: GroupType) -> Case:
    @case(
        number,
        f"The orders of a complex order of type {type_.upper()} are named one by one, as one group.",
        group(type_),
    )
    async def run(bench: Bench) -> None:
        new = bench.samples.group(type_)
        outcome = await bench.broker.place_group(bench.account, new)
        if not isinstance(outcome, Placed):
            raise Failed(f"a complex order came to {describe(outcome)}")
        expect(bench.received("place") == 1, "the complex order was not placed with exactly one request")
        expect(
            len(outcome.orders) == len(new.members),
            f"of {len(new.members)} orders {len(outcome.orders)} are named",
        )
        for order in outcome.orders:
            expect(bench.order(order.brokerage_order_id), "an order is named that the exchange does not have")
            seen = await bench.see(order.brokerage_order_id)
            expect(not seen.status.is_closed, f"an order of a new group is shown as {seen.status}")
        expect(len({order.group_id for order in outcome.orders}) == 1, "the orders name different groups")

    return run


@case("C69", "One order of a complex order is canceled with one request that names it alone.", any_group)
async def one_of_a_group(bench: Bench) -> None:
    type_ = next(each for each in GroupType if each in bench.spec.capabilities.groups)
    outcome = await bench.broker.place_group(bench.account, bench.samples.group(type_))
    if not isinstance(outcome, Placed):
        raise Failed(f"a complex order came to {describe(outcome)}")
    last = await bench.see(outcome.orders[-1].brokerage_order_id)
    expect_taken(bench, await cancel(bench, last.ref))
    await expect_canceled(bench, last.brokerage_order_id)
    for order in outcome.orders:  # what becomes of the others is the exchange's rule, and shown as it is
        truth = bench.order(order.brokerage_order_id)
        seen = await bench.see(order.brokerage_order_id)
        expect(
            truth is not None and seen.status.is_closed is truth.status.is_closed,
            f"another order of the group is shown as {seen.status}",
        )


@case("C70", "A trigger lives on when an order that waits for it is canceled.", group(GroupType.OTO))
async def waiting_order(bench: Bench) -> None:
    outcome = await bench.broker.place_group(bench.account, bench.samples.group(GroupType.OTO))
    if not isinstance(outcome, Placed):
        raise Failed(f"a complex order came to {describe(outcome)}")
    trigger, waiting = outcome.orders
    expect_taken(bench, await cancel(bench, (await bench.see(waiting.brokerage_order_id)).ref))
    await expect_canceled(bench, waiting.brokerage_order_id)
    expect_status(bench, trigger.brokerage_order_id, OrderStatus.NEW)


async def _place_find_cancel(bench: Bench, new: NewOrder) -> Order:
    order = await bench.place(new)
    seen = await bench.see(order.brokerage_order_id)
    expect_taken(bench, await cancel(bench, seen.ref))
    await expect_canceled(bench, order.brokerage_order_id)
    return seen


CASES = (
    *(_of_class(number, *row) for number, row in _CLASSES.items()),
    by_value,
    legs,
    *(_group_of(number, type_) for number, type_ in _GROUPS.items()),
    one_of_a_group,
    waiting_order,
)
