"""Cancels through Kraken's face: one order, many at once, and what is said of those that are gone."""

import asyncio
import json
from urllib.parse import urlencode

import pytest

from nostro.brokers.transport import NeverSent, NoReply, Request, TimedOut, TransportError
from nostro.domain.order import OrderStatus
from nostro.sim.faults import FaultKind
from nostro.sim.skins.kraken.access import issue, sign
from tests.sim.market import ACCOUNT, API_KEY, OPENED_AT
from tests.simbroker.brokerage import brokerage

from .kraken_scene import ASK, BID, BTC, KRAKEN, NEVER_MADE, ORDER, Scene


def small(kraken: Scene, **changes: str) -> str:
    """Place an order that rests and leaves money for others."""
    return kraken.place(volume="0.1", **changes)


def statuses(kraken: Scene) -> dict[str, OrderStatus]:
    orders = kraken.exchange.orders(ACCOUNT, OPENED_AT)
    return {order.brokerage_order_id: order.status for order in orders}


# One order


def test_a_cancel_is_done_when_it_is_answered(kraken: Scene) -> None:
    txid, other = kraken.place(), kraken.place()
    assert kraken.read("CancelOrder", txid=txid) == {"count": 1}
    assert statuses(kraken) == {txid: OrderStatus.CANCELED, other: OrderStatus.NEW}
    order = kraken.order(txid)
    assert (order["status"], order["reason"]) == ("canceled", "User requested")
    assert order["closetm"] == OPENED_AT.timestamp()


@pytest.mark.parametrize("ended_by", ["a fill", "a cancel", "an edit"])
def test_an_order_that_is_gone_is_unknown_however_it_went(kraken: Scene, ended_by: str) -> None:
    txid = kraken.place()
    if ended_by == "a fill":
        kraken.exchange.fill(txid)
    elif ended_by == "a cancel":
        kraken.read("CancelOrder", txid=txid)
    else:
        kraken.read("EditOrder", txid=txid, pair="XBTUSD", volume="0.4")
    assert kraken.refused("CancelOrder", txid=txid) == "EOrder:Unknown order"
    assert kraken.refused("AmendOrder", txid=txid, order_qty="1") == "EOrder:Unknown order"


@pytest.mark.parametrize("txid", [NEVER_MADE, "BAD_ORDERNUMBER", "-", "*", f"{NEVER_MADE},{NEVER_MADE}"])
def test_an_order_that_never_was_is_invalid(kraken: Scene, txid: str) -> None:
    resting = kraken.place()
    assert kraken.refused("CancelOrder", txid=txid) == "EOrder:Invalid order"
    assert statuses(kraken) == {resting: OrderStatus.NEW}


def test_a_cancel_of_nothing_has_an_argument_too_few(kraken: Scene) -> None:
    kraken.place()
    assert kraken.refused("CancelOrder") == "EGeneral:Invalid arguments"
    assert kraken.refused("CancelOrder", txid="") == "EGeneral:Invalid arguments"


def test_a_cancel_that_was_only_taken_says_so_and_is_pending(kraken: Scene) -> None:
    txid = kraken.place()
    kraken.faults.declare("cancel", FaultKind.ACK_ONLY)
    assert kraken.read("CancelOrder", txid=txid) == {"count": 1, "pending": True}
    assert kraken.refused("CancelOrder", txid=txid) == "EOrder:Cancel pending"
    assert kraken.order(txid)["status"] == "open"
    kraken.faults.clear()
    assert kraken.order(txid)["status"] == "canceled"


def test_a_cancel_that_is_forgotten_was_pending(kraken: Scene) -> None:
    txid = kraken.place()
    kraken.faults.declare("cancel", FaultKind.ACK_NEVER_CANCELS)
    assert kraken.read("CancelOrder", txid=txid) == {"count": 1, "pending": True}
    assert kraken.read("CancelOrder", txid=txid) == {"count": 1}
    kraken.faults.declare("cancel", FaultKind.ACK_NEVER_CANCELS)
    assert kraken.refused("CancelOrder", txid=txid) == "EOrder:Unknown order"


def test_an_order_that_is_hidden_for_a_while_is_invalid_and_shown_nowhere(kraken: Scene) -> None:
    txid = kraken.place()
    kraken.faults.declare("cancel", FaultKind.NOT_FOUND_LAG)
    assert kraken.refused("CancelOrder", txid=txid) == "EOrder:Invalid order"
    assert kraken.read("QueryOrders", txid=txid) == kraken.read("OpenOrders")["open"] == {}
    assert statuses(kraken) == {txid: OrderStatus.NEW}


# Many at once


def test_a_user_reference_in_place_of_a_txid_cancels_every_order_that_has_it(kraken: Scene) -> None:
    mine = [small(kraken, userref="12"), small(kraken, userref="12")]
    other = [small(kraken, userref="-12"), small(kraken), small(kraken, cl_ord_id="12")]
    kraken.read("CancelOrder", txid=mine[0])
    assert kraken.read("CancelOrder", txid="12") == {"count": 1}
    assert statuses(kraken) == dict.fromkeys(mine, OrderStatus.CANCELED) | dict.fromkeys(
        other, OrderStatus.NEW
    )
    assert kraken.refused("CancelOrder", txid="12") == "EOrder:Unknown order"


def test_a_cancel_of_a_user_reference_names_no_order_in_the_log(kraken: Scene) -> None:
    kraken.place(userref="12")
    kraken.read("CancelOrder", txid="12")
    [received] = [
        entry
        for entry in kraken.exchange.truth()
        if (entry.event, entry.operation) == ("request_received", "cancel")
    ]
    assert received.brokerage_order_id is None


def test_a_client_order_id_cancels_the_open_order_that_has_it(kraken: Scene) -> None:
    txid, other = kraken.place(cl_ord_id="mine"), kraken.place(cl_ord_id="other")
    assert kraken.read("CancelOrder", cl_ord_id="mine") == {"count": 1}
    assert statuses(kraken) == {txid: OrderStatus.CANCELED, other: OrderStatus.NEW}
    assert kraken.refused("CancelOrder", cl_ord_id="mine") == "EOrder:Unknown order"


def test_a_batch_cancels_what_it_names_in_any_way(kraken: Scene) -> None:
    named = [
        small(kraken),
        small(kraken, userref="3"),
        small(kraken, userref="3"),
        small(kraken, cl_ord_id="a"),
    ]
    other = small(kraken)
    batch = {"orders": [named[0], 3, NEVER_MADE], "cl_ord_ids": ["a"]}
    assert kraken.read("CancelOrderBatch", batch) == {"count": 4}
    assert statuses(kraken) == dict.fromkeys(named, OrderStatus.CANCELED) | {other: OrderStatus.NEW}
    assert kraken.refused("CancelOrderBatch", batch) == "EOrder:Unknown order"


@pytest.mark.parametrize("batch", [{}, {"orders": []}, {"orders": "x"}, {"orders": [1] * 51}], ids=str)
def test_a_batch_names_one_to_fifty(kraken: Scene, batch: dict[str, object]) -> None:
    assert kraken.refused("CancelOrderBatch", batch) == "EGeneral:Invalid arguments"


def test_all_open_orders_can_be_canceled_and_the_log_says_that_they_were(kraken: Scene) -> None:
    txids = [kraken.place(), kraken.place()]
    assert kraken.read("CancelAll") == {"count": 2}
    assert kraken.read("CancelAll") == {"count": 0}
    assert statuses(kraken) == dict.fromkeys(txids, OrderStatus.CANCELED)
    assert "cancel_all" in {entry.operation for entry in kraken.exchange.truth()}


# Over a socket

SEES: dict[FaultKind, str | type[TransportError]] = {
    FaultKind.HANG: TimedOut,
    FaultKind.REPLY_LOST: NoReply,
    FaultKind.DROP_BEFORE: NoReply,
    FaultKind.ERROR_500_DONE: "EGeneral:Internal error",
    FaultKind.ERROR_500_NOT_DONE: "EGeneral:Internal error",
    FaultKind.RATE_LIMITED: "EAPI:Rate limit exceeded",
    FaultKind.OTHER_ORDER: "",
    FaultKind.DUPLICATE_DELIVERY: "EOrder:Unknown order",
    FaultKind.ACK_ONLY: "",
    FaultKind.ACK_THEN_FILL: "",
    FaultKind.ACK_NEVER_CANCELS: "",
    FaultKind.NOT_FOUND_LAG: "EOrder:Invalid order",
}
"""What the sender of a cancel sees: no reply, or the text of an error, empty where it is none."""
ENDS = {
    FaultKind.DROP_BEFORE: "open",
    FaultKind.ERROR_500_NOT_DONE: "open",
    FaultKind.RATE_LIMITED: "open",
    FaultKind.ACK_ONLY: "open",
    FaultKind.ACK_THEN_FILL: "closed",
    FaultKind.ACK_NEVER_CANCELS: "open",
    FaultKind.NOT_FOUND_LAG: "open",
}
"""What the order is then; where nothing stands, `canceled`."""


@pytest.mark.parametrize("kind", SEES)
def test_a_cancel_under_a_fault_is_shown_and_done(kind: FaultKind) -> None:
    async def run() -> tuple[str | type[TransportError], OrderStatus]:
        async with brokerage(KRAKEN) as broker:
            broker.exchange.set_quote(BTC, BID, ASK)
            transport = broker.client.transport(f"http://127.0.0.1:{broker.port}", {})
            placed = await transport.send(signed("AddOrder", **ORDER), 10)
            [txid] = json.loads(placed.body)["result"]["txid"]
            broker.faults.declare("cancel", kind, order_id=txid)
            shown: str | type[TransportError]
            try:
                patience_s = 0.5 if SEES[kind] is TimedOut else 10
                reply = await transport.send(signed("CancelOrder", txid=txid), patience_s)
                shown = "".join(json.loads(reply.body)["error"])
            except (NeverSent, NoReply) as error:
                shown = type(error)
            return shown, broker.exchange.order(ACCOUNT, txid).status

    words = {
        OrderStatus.CANCELED: "canceled",
        OrderStatus.FILLED: "closed",
        OrderStatus.NEW: "open",
        OrderStatus.PENDING_CANCEL: "open",
    }
    shown, status = asyncio.run(run())
    assert (shown, words[status]) == (SEES[kind], ENDS.get(kind, "canceled"))


_NONCES = iter(range(1, 10**6))


def signed(call: str, **fields: str) -> Request:
    nonce, path = str(next(_NONCES)), f"/0/private/{call}"
    body = urlencode({"nonce": nonce, **fields}).encode()
    headers = {"API-Key": API_KEY, "API-Sign": sign(issue(API_KEY)["private_key"], path, nonce, body)}
    return Request("POST", path, body, headers=headers)
