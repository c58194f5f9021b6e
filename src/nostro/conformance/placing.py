"""Orders are placed and replaced at most once, and found again when nobody said what became of them."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from nostro.conformance.bench import NUMBER, SHORT_PATIENCE_S, Bench, Failed, expect
from nostro.conformance.case import atomic_replace, case, client_order_ids, names_successors
from nostro.conformance.case import replace as can_replace
from nostro.conformance.samples import same_terms
from nostro.conformance.truth import (
    cancel,
    describe,
    expect_canceled,
    expect_refused,
    expect_taken,
    see_successor,
)
from nostro.domain.cancel import CancelUnknown, OrderFound, UnknownCause
from nostro.domain.order import Order
from nostro.domain.place import NewOrder, Placed, PlaceRejected, Replaced, Replacement
from nostro.sim.faults import NOT_DONE, FaultKind

_EVER = datetime.min.replace(tzinfo=UTC)
_UNANSWERED = (
    FaultKind.REPLY_LOST,
    FaultKind.ACCEPTED_THEN_RESET,
    FaultKind.HANG,
    FaultKind.ERROR_500_DONE,
    FaultKind.ERROR_503_DONE,
    FaultKind.ERROR_500_NOT_DONE,
    FaultKind.ERROR_503_NOT_DONE,
    FaultKind.HTML_BODY,
    FaultKind.TRUNCATED,
    FaultKind.RATE_LIMITED,
)


@case("C43", "A placed order comes back as the exchange has it.")
async def placed_as_asked(bench: Bench) -> None:
    asked = bench.samples.resting()
    order = await bench.place(asked)
    expect(bench.received("place") == 1, "the order was not placed with exactly one request")
    truth = bench.order(order.brokerage_order_id)
    if truth is None:
        raise Failed("the order came back under an id that the exchange does not have")
    for name in ("quantity", "limit_price", "order_type", "time_in_force"):
        shown, true = getattr(order, name), getattr(truth, name)
        expect(shown == true == getattr(asked, name), f"{name} is {true} at the exchange and {shown} here")
    expect(order.legs[0].side is asked.legs[0].side, "the order came back for the other side")
    expect(order.legs[0].instrument.symbol == truth.legs[0].instrument.symbol, "the symbol is another one")


@case("C44", "An order that the brokerage refuses is refused, with a reason, and does not exist.")
async def refused(bench: Bench) -> None:
    asked = bench.samples.resting()
    before = _count(bench)
    huge = replace(asked, quantity=Decimal(900_000_000))
    outcome = await bench.broker.place_order(bench.account, huge)
    if not isinstance(outcome, PlaceRejected):
        raise Failed(f"an order that nobody can pay came to {describe(outcome)}")
    expect(outcome.message.strip(), "the refusal has no words")
    expect(_count(bench) == before, "an order that was refused exists")


@case("C45", "An order whose placing was not answered is unknown, and its request is sent once.")
async def placed_at_most_once(bench: Bench) -> None:
    await bench.place()
    bodies = [reply.body for operation, reply in bench.replies if operation == "place"]
    for kind in _UNANSWERED:
        if kind is FaultKind.TRUNCATED and not bodies[-1]:
            continue  # there is nothing to cut
        before = _count(bench)
        outcome = await _place_under(bench, kind)
        expect(
            isinstance(outcome, CancelUnknown),
            f"nothing is proven after {kind}, and the outcome is {describe(outcome)}",
        )
        done = 0 if kind in NOT_DONE else 1
        expect(_count(bench) - before == done, f"after {kind} there are {_count(bench) - before} new orders")


@case("C46", "An order whose placing is not proven is found by its client order id.", client_order_ids)
async def found_by_client_id(bench: Bench) -> None:
    for kind in (FaultKind.REPLY_LOST, FaultKind.OTHER_ORDER):
        asked = bench.samples.resting()
        await _place_under(bench, kind, asked)
        look = await bench.broker.find_client_order(bench.account, asked.client_order_id)
        if not isinstance(look, OrderFound):
            raise Failed(f"the order is there, and the look came to {type(look).__name__}")
        expect(look.order.client_order_id == asked.client_order_id, "another order was found")
        expect_taken(bench, await cancel(bench, look.order.ref))
        await expect_canceled(bench, look.order.brokerage_order_id)


@case("C47", "A client order id that nobody used finds nothing.", client_order_ids)
async def unused_client_id(bench: Bench) -> None:
    unused = bench.samples.resting().client_order_id
    look = await bench.broker.find_client_order(bench.account, unused)
    expect(not isinstance(look, OrderFound), "an order was found under a client order id that nobody used")


@case("C48", "A replaced order has a successor with the new terms, and the outcome names both.", can_replace)
async def replaced(bench: Bench) -> None:
    order = await bench.place()
    terms = _lower(order)
    outcome = await bench.broker.replace_order(bench.account, order.ref, terms)
    if not isinstance(outcome, Replaced):
        raise Failed(f"a replace that was carried out came to {describe(outcome)}")
    expect(outcome.replaced_id == order.brokerage_order_id, "the outcome names another order as replaced")
    successor = bench.order(outcome.order.brokerage_order_id)
    if successor is None or successor.status.is_closed:
        raise Failed("the successor is not open at the exchange")
    expect(
        successor.limit_price == terms.limit_price == outcome.order.limit_price,
        "the price is not the new one",
    )
    expect(successor.quantity == order.quantity, "what was not named has changed")
    old = bench.order(order.brokerage_order_id)
    expect(old is not None and old.status.is_closed, "the order that was replaced is open still")


@case(
    "C49",
    "A replace that was not answered is unknown and sent once; the chain is followed to what lives now.",
    atomic_replace,
    names_successors,
)
async def replace_lost(bench: Bench) -> None:
    order = await bench.place()
    bench.faults.declare("replace", FaultKind.REPLY_LOST)
    outcome = await bench.broker.replace_order(bench.account, order.ref, _lower(order))
    expect(bench.received("replace") == 1, "the replace was sent more than once")
    expect(
        isinstance(outcome, CancelUnknown) and outcome.cause is UnknownCause.CONNECTION_LOST,
        f"nothing is proven, and the outcome is {describe(outcome)}",
    )
    expect_refused(bench, await cancel(bench, order.ref))
    successor = await bench.see(await see_successor(bench, order.brokerage_order_id))
    expect_taken(bench, await cancel(bench, successor.ref))
    await expect_canceled(bench, successor.brokerage_order_id)


@case("C50", "A replace of an order that is closed is refused, and makes no order.", can_replace)
async def replaced_too_late(bench: Bench) -> None:
    order = await bench.place()
    bench.exchange.fill(order.brokerage_order_id)
    before = _count(bench)
    outcome = await bench.broker.replace_order(bench.account, order.ref, _lower(order))
    expect(isinstance(outcome, PlaceRejected), f"a replace of a filled order came to {describe(outcome)}")
    expect(_count(bench) == before, "a replace of a filled order made another one")


async def _place_under(bench: Bench, kind: FaultKind, asked: NewOrder | None = None) -> object:
    """Place an order that meets a fault, in a session of its own, and expect one request."""
    bench.begin()
    bench.faults.declare("place", kind)
    bench.patience_s = SHORT_PATIENCE_S if kind is FaultKind.HANG else None
    wanted = asked or bench.samples.resting()
    outcome = await bench.connect(1).place_order(bench.account, wanted)
    bench.patience_s = None
    bench.faults.clear()
    count = bench.received("place")
    expect(count == 1, f"one order was to be placed under {kind}, and the exchange received {count} requests")
    if isinstance(outcome, Placed):  # which looks of the adapter's own can have proven
        there = bench.order(outcome.orders[0].brokerage_order_id)
        is_true = there is not None and there.client_order_id == wanted.client_order_id
        expect(is_true, f"an order was called placed under {kind} by an id that is not its own")
    return outcome


def _lower(order: Order) -> Replacement:
    return replace(same_terms(order), limit_price=(order.limit_price or Decimal(0)) / 2)


def _count(bench: Bench) -> int:
    return len(bench.exchange.orders(NUMBER, _EVER))


CASES = (
    placed_as_asked,
    refused,
    placed_at_most_once,
    found_by_client_id,
    unused_client_id,
    replaced,
    replace_lost,
    replaced_too_late,
)
