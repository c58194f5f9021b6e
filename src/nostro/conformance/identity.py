"""Which order is meant: ids that are nobody's, somebody else's, or none at all."""

from uuid import UUID

from nostro.conformance.bench import NUMBER, OTHER_NUMBER, Bench, expect
from nostro.conformance.case import case
from nostro.conformance.samples import same_terms
from nostro.conformance.truth import (
    cancel,
    describe,
    expect_canceled,
    expect_refused,
    expect_status,
    expect_taken,
)
from nostro.domain.cancel import (
    Canceled,
    CancelOutcome,
    CancelPending,
    NotSent,
    NotSentCause,
    OrderAbsent,
    OrderFound,
)
from nostro.domain.ids import BrokerageOrderId
from nostro.domain.order import OrderRef, OrderStatus

_HOSTILE = (
    "",
    " ",
    "-1",
    "0",
    "*",
    "all",
    "null",
    ".",
    "..",
    "../../v2/positions",
    "..%2f..%2fv2%2fpositions",
    "%2e%2e",
    "%2e%2e%2f",
    "a,b",
    "a/b",
    "?status=open",
    "#",
    "\r\nX-Other: 1",
    "\x00",
    "\u0661",
)
"""Names of many orders, of none, and of another resource."""

_USER_REFERENCE = "42"
"""Some brokerages take a number of the customer's own in place of an id, and it can name many orders."""

_NOBODYS = UUID("6f5a4c1e-27c8-4f1a-9d0c-3b9d0c4a7e11")


@case("C12", "An id that is well formed and nobody's cancels nothing, and is not found.")
async def unknown_id(bench: Bench) -> None:
    order_id = BrokerageOrderId(bench.shape_id(_NOBODYS))
    expect(bench.spec.order_id.fullmatch(order_id), "the adapter does not know the form of its face's ids")
    _expect_not_held(bench, await cancel(bench, OrderRef(order_id)))
    look = await bench.look(order_id)
    expect(isinstance(look, OrderAbsent), f"an order that does not exist came to {type(look).__name__}")


@case("C13", "Another customer's order is not canceled, and not shown.")
async def foreign_order(bench: Bench) -> None:
    order = bench.rest(number=OTHER_NUMBER)
    _expect_not_held(bench, await cancel(bench, order.ref))
    expect_status(bench, order.brokerage_order_id, OrderStatus.NEW)
    look = await bench.look(order.brokerage_order_id)
    expect(not isinstance(look, OrderFound), "another customer's order is shown")


@case("C14", "Under another customer's account number nothing is canceled.")
async def foreign_account(bench: Bench) -> None:
    order = bench.rest(number=OTHER_NUMBER)
    outcome = await cancel(bench, order.ref, account=bench.other_account)
    expect(
        not isinstance(outcome, Canceled | CancelPending),
        f"a cancel in another customer's account came to {describe(outcome)}",
    )
    expect_status(bench, order.brokerage_order_id, OrderStatus.NEW)


@case("C15", "For an id that is none, or that could name more than one order, no byte is sent.")
async def hostile_ids(bench: Bench) -> None:
    is_an_id = bench.spec.order_id.fullmatch(_USER_REFERENCE) is not None
    for text in (*_HOSTILE, *(() if is_an_id else (_USER_REFERENCE,))):
        await _nothing_is_sent(bench, text)


@case("C16", "For a good id with anything around it no byte is sent.")
async def ids_with_something_around(bench: Bench) -> None:
    good = bench.rest().brokerage_order_id
    other = bench.rest().brokerage_order_id
    for text in (
        f"{good},{other}",
        f"{good}/",
        f"{good}/../{other}",
        f"{good}?x=1",
        f"{good}\n",
        f" {good}",
        f"{good}%00",
        f"{good}#",
        good + good,
    ):
        await _nothing_is_sent(bench, text)
    expect_status(bench, good, OrderStatus.NEW)


@case("C17", "An order that was placed elsewhere is found by its id alone, and canceled.")
async def placed_elsewhere(bench: Bench) -> None:
    order = bench.rest()
    seen = await bench.see(order.brokerage_order_id)
    expect_taken(bench, await cancel(bench, seen.ref))
    await expect_canceled(bench, order.brokerage_order_id)


@case("C18", "Canceling one of several orders of the same kind leaves the others as they are.")
async def only_this_one(bench: Bench) -> None:
    orders = [bench.rest() for _ in range(3)]
    seen = await bench.see(orders[1].brokerage_order_id)
    expect_taken(bench, await cancel(bench, seen.ref))
    await expect_canceled(bench, seen.brokerage_order_id)
    for order in (orders[0], orders[2]):
        expect_status(bench, order.brokerage_order_id, OrderStatus.NEW)
    open_ = [
        order for order in bench.exchange.orders(NUMBER, bench.exchange.now()) if not order.status.is_closed
    ]
    expect(len(open_) == 3, "other orders than the one that was meant have ended")


def _expect_not_held(bench: Bench, outcome: CancelOutcome) -> None:
    """Expect a refusal; an adapter that has to look for an order first sends nothing where it finds none."""
    if not (isinstance(outcome, NotSent) and outcome.cause is NotSentCause.REFUSED_LOCALLY):
        expect_refused(bench, outcome)


async def _nothing_is_sent(bench: Bench, text: str) -> None:
    ref = OrderRef(BrokerageOrderId(text))
    bench.begin()
    outcome = await cancel(bench, ref)
    like = bench.bystanders[0]
    terms = same_terms(like)
    replaced = await bench.broker.replace_order(bench.account, ref, terms)
    count = bench.received()
    expect(count == 0, f"for {text!r} the exchange received {count} requests")
    for each in (outcome, replaced):
        expect(
            isinstance(each, NotSent) and each.cause is NotSentCause.REFUSED_LOCALLY,
            f"for {text!r} the outcome is {describe(each)}",
        )


CASES = (
    unknown_id,
    foreign_order,
    foreign_account,
    hostile_ids,
    ids_with_something_around,
    placed_elsewhere,
    only_this_one,
)
