"""Declared faults through Coinbase's face, where a cancel is a POST and every answer about it a 200."""

import contextlib
import json

import pytest

from nostro.brokers.transport import Reply, TransportError
from nostro.domain.order import OrderStatus
from nostro.sim.faults import FaultKind
from tests.sim.market import ACCOUNT, OPENED_AT, OTHER_API_KEY

from .coinbase_scene import BASE, CANCEL, LIST, ORDER, ORDERS, Scene
from .fault_table import ENDS, PLACEABLE, RECEIVED, done

SAID = {
    FaultKind.REPLY_DELAYED: "UNKNOWN_CANCEL_FAILURE_REASON",
    FaultKind.DUP_KEY_JSON: "UNKNOWN_CANCEL_FAILURE_REASON",
    FaultKind.OTHER_ORDER: "UNKNOWN_CANCEL_FAILURE_REASON",
    FaultKind.ACK_ONLY: "UNKNOWN_CANCEL_FAILURE_REASON",
    FaultKind.ACK_THEN_FILL: "UNKNOWN_CANCEL_FAILURE_REASON",
    FaultKind.ACK_NEVER_CANCELS: "UNKNOWN_CANCEL_FAILURE_REASON",
    FaultKind.DUPLICATE_DELIVERY: "DUPLICATE_CANCEL_REQUEST",
    FaultKind.NOT_FOUND_LAG: "UNKNOWN_CANCEL_ORDER",
}
"""What the result of a cancel says, under the kinds that let it out."""


def ask(scene: Scene, path: str, form: object) -> Reply | None:
    """Return the reply; None where none comes."""
    with contextlib.suppress(TransportError):
        return scene.ask("POST", path, form)
    return None


def reason(reply: Reply | None) -> str | None:
    """Read the only result of a cancel; None where there is none."""
    if reply is None or reply.status != 200:
        return None
    with contextlib.suppress(ValueError):
        [result] = json.loads(reply.body)["results"]
        return str(result["failure_reason"])
    return None


@pytest.mark.parametrize("kind", sorted(set(FaultKind) - {FaultKind.LIST_LAGS}))
def test_a_cancel_under_a_fault_is_told_and_done_as_the_table_says(coinbase: Scene, kind: FaultKind) -> None:
    order_id = coinbase.place()
    coinbase.faults.declare("cancel", kind, order_id=order_id)
    assert reason(ask(coinbase, CANCEL, {"order_ids": [order_id]})) == SAID.get(kind)
    coinbase.exchange.advance(1)
    events = [entry.event for entry in coinbase.exchange.truth() if entry.operation == "cancel"]
    assert events.count("request_received") == RECEIVED.get(done(kind), 1)
    end = OrderStatus.FILLED if kind is FaultKind.ACK_THEN_FILL else ENDS[done(kind)]
    assert coinbase.exchange.order(ACCOUNT, order_id).status is end


@pytest.mark.parametrize("kind", sorted(PLACEABLE))
def test_an_order_placed_under_a_fault_is_there_once_or_not(coinbase: Scene, kind: FaultKind) -> None:
    coinbase.faults.declare("place", kind)
    ask(coinbase, ORDERS, ORDER)
    count = int(done(kind, "place") in ("yes", "twice"))  # the client order id keeps a second one away
    assert len(coinbase.exchange.orders(ACCOUNT, OPENED_AT)) == count


def test_an_order_that_is_not_found_for_a_while_is_shown_nowhere_and_not_cancelled(coinbase: Scene) -> None:
    order_id = coinbase.place()
    coinbase.faults.declare("look_up", FaultKind.NOT_FOUND_LAG)
    assert coinbase.ask("GET", f"{ORDERS}/historical/{order_id}").status == 404
    assert coinbase.cancel(order_id) == [(False, "UNKNOWN_CANCEL_ORDER")]
    assert coinbase.listed() == []
    coinbase.faults.clear()
    assert coinbase.order(order_id)["status"] == "OPEN"


def test_a_list_that_lags_shows_what_it_showed_its_customer_last(coinbase: Scene) -> None:
    first = coinbase.place()
    coinbase.listed()
    coinbase.place()
    coinbase.faults.declare("list", FaultKind.LIST_LAGS, times=2)
    assert coinbase.listed() == [first]
    assert coinbase.read(LIST, api_key=OTHER_API_KEY)["orders"] == []


def test_no_reply_about_another_order_names_the_true_one(coinbase: Scene) -> None:
    order_id = coinbase.place(client_order_id="mine-7")
    coinbase.faults.declare("*", FaultKind.OTHER_ORDER, times=None)
    forms = ((CANCEL, {"order_ids": [order_id]}), (ORDERS, ORDER | {"client_order_id": "mine-7"}))
    replies = [coinbase.ask("POST", path, form) for path, form in forms]
    replies += [coinbase.ask("GET", path) for path in (LIST, f"{ORDERS}/historical/{order_id}")]
    for reply in replies:
        assert order_id[:-1].encode() in reply.body
        assert order_id.encode() not in reply.body
        assert b'"mine-7"' not in reply.body


def test_an_error_is_an_error_of_the_gateways(coinbase: Scene) -> None:
    coinbase.faults.declare("cancel", FaultKind.ERROR_500_NOT_DONE)
    reply = coinbase.ask("POST", CANCEL, {"order_ids": ["1"]})
    assert (reply.status, json.loads(reply.body)["error"]) == (500, "INTERNAL")


def test_too_many_requests_are_answered_with_a_page_for_people(coinbase: Scene) -> None:
    coinbase.faults.declare("*", FaultKind.RATE_LIMITED)
    reply = coinbase.ask("GET", f"{BASE}/accounts")
    assert (reply.status, reply.headers["content-type"]) == (429, "text/html")
