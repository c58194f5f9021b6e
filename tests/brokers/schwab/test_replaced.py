"""What holds of replaced orders though they name no successor: the rest of the suite's cases C09 and C49."""

import asyncio

from nostro.brokers.schwab import KINDS
from nostro.conformance.bench import NUMBER, open_bench
from nostro.conformance.samples import same_terms
from nostro.conformance.truth import cancel, expect_canceled, expect_refused, expect_status, expect_taken
from nostro.domain.cancel import CancelUnknown
from nostro.domain.order import OrderStatus
from nostro.sim.faults import FaultKind
from nostro.sim.skins import faces

FACE = faces()["schwab"]


def test_a_cancel_of_a_replaced_order_leaves_its_successor_alone() -> None:
    async def run() -> None:
        async with open_bench(KINDS[0], FACE) as bench:
            order = await bench.place()
            successor = bench.exchange.replace(NUMBER, order.brokerage_order_id, same_terms(order))
            expect_refused(bench, await cancel(bench, order.ref))
            expect_status(bench, successor.brokerage_order_id, OrderStatus.NEW)
            seen = await bench.see(order.brokerage_order_id)
            assert (seen.status, seen.replaced_by) == (OrderStatus.REPLACED, None)
            expect_taken(bench, await cancel(bench, successor.ref))
            await expect_canceled(bench, successor.brokerage_order_id)

    asyncio.run(run())


def test_a_replace_that_was_not_answered_is_unknown_and_its_successor_is_in_the_list() -> None:
    async def run() -> None:
        async with open_bench(KINDS[0], FACE) as bench:
            order = await bench.place()
            bench.faults.declare("replace", FaultKind.REPLY_LOST)
            outcome = await bench.broker.replace_order(bench.account, order.ref, same_terms(order))
            assert isinstance(outcome, CancelUnknown)
            assert bench.received("replace") == 1
            true = bench.order(order.brokerage_order_id)
            assert true is not None
            listed = await bench.broker.list_orders(bench.account, true.placed_at)
            statuses = {each.brokerage_order_id: each.status for each in listed}
            assert statuses[order.brokerage_order_id] is OrderStatus.REPLACED
            assert true.replaced_by is not None
            assert statuses[true.replaced_by] is OrderStatus.NEW

    asyncio.run(run())
