"""Cancels and replacements at Binance's face, as they are and under declared faults."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from nostro.brokers.transport import NeverSent, NoReply, TimedOut, TransportError
from nostro.domain.order import OrderStatus
from nostro.sim.faults import FaultKind
from tests.sim.market import ACCOUNT, OPENED_AT, OTHER_API_KEY

from .binance_scene import MARKET, NO_SUCH_ORDER, ORDER, UNKNOWN_ORDER, Scene, refused, taken

DAY_S = 86_400


@pytest.fixture
def binance() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.ledger.close()


# Cancels


def test_a_cancel_is_final_and_has_a_client_order_id_of_its_own(binance: Scene) -> None:
    order_id = binance.place(newClientOrderId="mine-1")["orderId"]
    done = taken(binance.ask("DELETE", "order", symbol="BTCUSD", orderId=order_id, newClientOrderId="x-1"))
    assert (done["orderId"], done["status"]) == (order_id, "CANCELED")
    assert (done["origClientOrderId"], done["clientOrderId"]) == ("mine-1", "x-1")
    order = binance.order(order_id)
    assert (order["status"], order["clientOrderId"]) == ("CANCELED", "mine-1")


def test_a_cancel_without_a_client_order_id_is_given_one(binance: Scene) -> None:
    placed = binance.place()
    done = taken(binance.ask("DELETE", "order", symbol="BTCUSD", orderId=placed["orderId"]))
    assert done["origClientOrderId"] == placed["clientOrderId"]
    assert done["clientOrderId"] not in ("", placed["clientOrderId"])


def test_a_cancel_can_name_the_client_order_id(binance: Scene) -> None:
    order_id = binance.place(newClientOrderId="mine-1")["orderId"]
    done = taken(binance.ask("DELETE", "order", symbol="BTCUSD", origClientOrderId="mine-1"))
    assert done["orderId"] == order_id


def test_unknown_filled_and_canceled_orders_are_refused_alike(binance: Scene) -> None:
    filled = taken(binance.ask("POST", "order", **MARKET))["orderId"]
    canceled = binance.place()["orderId"]
    binance.ask("DELETE", "order", symbol="BTCUSD", orderId=canceled)
    for order_id in (filled, canceled, 1, 10**19):
        assert refused(binance.ask("DELETE", "order", symbol="BTCUSD", orderId=order_id)) == UNKNOWN_ORDER
    assert refused(binance.ask("GET", "order", symbol="BTCUSD", orderId=1)) == NO_SUCH_ORDER


def test_an_order_is_found_under_its_own_pair_only(binance: Scene) -> None:
    order_id = binance.place(newClientOrderId="mine-1")["orderId"]
    for named in ({"orderId": order_id}, {"origClientOrderId": "mine-1"}):
        elsewhere = {"symbol": "ETHUSD", **named}
        assert refused(binance.ask("DELETE", "order", **elsewhere)) == UNKNOWN_ORDER
        assert refused(binance.ask("GET", "order", **elsewhere)) == NO_SUCH_ORDER
    assert binance.order(order_id)["status"] == "NEW"


def test_another_customers_order_is_not_there(binance: Scene) -> None:
    named = {"symbol": "BTCUSD", "orderId": binance.place()["orderId"]}
    assert refused(binance.ask("DELETE", "order", api_key=OTHER_API_KEY, **named)) == UNKNOWN_ORDER
    assert refused(binance.ask("GET", "order", api_key=OTHER_API_KEY, **named)) == NO_SUCH_ORDER
    assert binance.order(named["orderId"])["status"] == "NEW"


def test_an_id_and_a_client_order_id_must_belong_together(binance: Scene) -> None:
    order_id = binance.place(newClientOrderId="mine-1")["orderId"]
    binance.place(newClientOrderId="mine-2")
    both = {"symbol": "BTCUSD", "orderId": order_id, "origClientOrderId": "mine-2"}
    assert refused(binance.ask("DELETE", "order", **both)) == UNKNOWN_ORDER
    assert refused(binance.ask("GET", "order", **both))[1] == -2039
    assert taken(binance.ask("GET", "order", **both | {"origClientOrderId": "mine-1"}))["status"] == "NEW"


def test_a_cancel_that_names_no_order_is_no_cancel_of_all(binance: Scene) -> None:
    order_id = binance.place()["orderId"]
    words = "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"
    for method in ("GET", "DELETE"):
        assert refused(binance.ask(method, "order", symbol="BTCUSD")) == (400, -1102, words)
        assert refused(binance.ask(method, "order", symbol="BTCUSD", orderId="")) == (400, -1102, words)
    assert binance.order(order_id)["status"] == "NEW"


@pytest.mark.parametrize("order_id", ["-1", "*", "1,2", "1 ", "0x10", "\u0661", "1" * 21])
def test_what_is_no_number_is_no_order_id(binance: Scene, order_id: str) -> None:
    reply = binance.ask("DELETE", "order", symbol="BTCUSD", orderId=order_id)
    words = "Illegal characters found in parameter 'orderId'; legal range is '^[0-9]{1,20}$'."
    assert refused(reply) == (400, -1100, words)


def test_a_cancel_can_be_restricted_to_a_status(binance: Scene) -> None:
    named = {"symbol": "BTCUSD", "orderId": binance.place()["orderId"]}
    binance.exchange.fill(str(named["orderId"]), Decimal("0.1"))
    only_new = binance.ask("DELETE", "order", **named, cancelRestrictions="ONLY_NEW")
    assert refused(only_new) == (400, -2011, "Order was not canceled due to cancel restrictions.")
    never = binance.ask("DELETE", "order", **named, cancelRestrictions="NEVER")
    assert refused(never) == (400, -1145, "Invalid cancelRestrictions")
    done = taken(binance.ask("DELETE", "order", **named, cancelRestrictions="ONLY_PARTIALLY_FILLED"))
    assert (done["status"], done["executedQty"]) == ("CANCELED", "0.10000000")


def test_a_cancel_of_all_ends_every_open_order_of_one_pair(binance: Scene) -> None:
    first, second = binance.place()["orderId"], binance.place()["orderId"]
    other = binance.place(symbol="ETHUSD", price="1000")["orderId"]
    done = taken(binance.ask("DELETE", "openOrders", symbol="BTCUSD"))
    assert {row["orderId"] for row in done} == {first, second}
    assert {row["status"] for row in done} == {"CANCELED"}
    assert [row["orderId"] for row in binance.read("openOrders")] == [other]
    assert refused(binance.ask("DELETE", "openOrders", symbol="BTCUSD")) == UNKNOWN_ORDER
    assert refused(binance.ask("DELETE", "openOrders"))[1] == -1102


def test_what_was_canceled_empty_is_archived_after_ninety_days(binance: Scene) -> None:
    order_id = binance.place()["orderId"]
    binance.ask("DELETE", "order", symbol="BTCUSD", orderId=order_id)
    binance.exchange.advance(90 * DAY_S)
    assert binance.order(order_id)["status"] == "CANCELED"
    binance.exchange.advance(1)
    assert refused(binance.ask("GET", "order", symbol="BTCUSD", orderId=order_id))[1] == -2026


# A cancel, then an order

NEW_TERMS = {**ORDER, "price": "40000", "newClientOrderId": "second"}


def test_a_replacement_is_a_cancel_and_another_order(binance: Scene) -> None:
    old = binance.place(newClientOrderId="first")["orderId"]
    done = taken(
        binance.ask(
            "POST",
            "order/cancelReplace",
            **NEW_TERMS,
            cancelReplaceMode="STOP_ON_FAILURE",
            cancelOrderId=old,
            cancelNewClientOrderId="x-1",
        )
    )
    assert (done["cancelResult"], done["newOrderResult"]) == ("SUCCESS", "SUCCESS")
    assert (done["cancelResponse"]["orderId"], done["cancelResponse"]["clientOrderId"]) == (old, "x-1")
    assert done["newOrderResponse"]["clientOrderId"] == "second"
    assert binance.order(old)["status"] == "CANCELED"
    assert binance.order(done["newOrderResponse"]["orderId"])["price"] == "40000.00000000"


@pytest.mark.parametrize(
    ("mode", "changes", "status", "code", "results"),
    [
        ("STOP_ON_FAILURE", {"cancelOrderId": 1}, 400, -2022, ("FAILURE", "NOT_ATTEMPTED")),
        ("ALLOW_FAILURE", {"cancelOrderId": 1}, 409, -2021, ("FAILURE", "SUCCESS")),
        ("STOP_ON_FAILURE", {"quantity": "900"}, 409, -2021, ("SUCCESS", "FAILURE")),
        (
            "ALLOW_FAILURE",
            {"cancelOrderId": 1, "quantity": "900"},
            400,
            -2022,
            ("FAILURE", "FAILURE"),
        ),
    ],
    ids=str,
)
def test_a_replacement_can_fail_in_either_half(
    binance: Scene, mode: str, changes: dict[str, Any], status: int, code: int, results: tuple[str, str]
) -> None:
    old = binance.place()["orderId"]
    fields = NEW_TERMS | {"cancelReplaceMode": mode, "cancelOrderId": old} | changes
    reply = binance.ask("POST", "order/cancelReplace", **fields)
    assert refused(reply)[:2] == (status, code)
    data = json.loads(reply.body)["data"]
    assert (data["cancelResult"], data["newOrderResult"]) == results
    if results[0] == "FAILURE":
        assert data["cancelResponse"] == {"code": -2011, "msg": "Unknown order sent."}
    if results[1] == "FAILURE":
        assert data["newOrderResponse"]["code"] == -2010
    assert (data["newOrderResponse"] is None) is (results[1] == "NOT_ATTEMPTED")
    assert binance.order(old)["status"] == ("CANCELED" if results[0] == "SUCCESS" else "NEW")


@pytest.mark.parametrize(
    "changes",
    [
        {"cancelReplaceMode": "MAYBE"},
        {"cancelOrderId": None},
        {"price": "40000.001"},
        {"cancelRestrictions": "NEVER"},
    ],
    ids=str,
)
def test_a_replacement_that_breaks_a_rule_cancels_nothing(binance: Scene, changes: dict[str, Any]) -> None:
    old = binance.place()["orderId"]
    fields = NEW_TERMS | {"cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": old} | changes
    sent = {name: value for name, value in fields.items() if value is not None}
    assert binance.ask("POST", "order/cancelReplace", **sent).status == 400
    assert [row["orderId"] for row in binance.read("openOrders")] == [old]


# Under faults: the truth log shows what the table in `faults.py` says

SEES: dict[FaultKind, int | type[TransportError]] = {
    FaultKind.HANG: TimedOut,
    FaultKind.REPLY_LOST: NoReply,
    FaultKind.DROP_BEFORE: NeverSent,
    FaultKind.ERROR_500_DONE: 500,
    FaultKind.ERROR_504_DONE: 504,
    FaultKind.ERROR_500_NOT_DONE: 500,
    FaultKind.RATE_LIMITED: 429,
    FaultKind.TRUNCATED: 200,
    FaultKind.DUP_KEY_JSON: 200,
    FaultKind.OTHER_ORDER: 200,
    FaultKind.DUPLICATE_DELIVERY: 400,
    FaultKind.ACK_ONLY: 200,
    FaultKind.ACK_THEN_FILL: 200,
    FaultKind.ACK_NEVER_CANCELS: 200,
    FaultKind.NOT_FOUND_LAG: 400,
}
ENDS = {
    FaultKind.DROP_BEFORE: OrderStatus.NEW,
    FaultKind.ERROR_500_NOT_DONE: OrderStatus.NEW,
    FaultKind.RATE_LIMITED: OrderStatus.NEW,
    FaultKind.ACK_ONLY: OrderStatus.PENDING_CANCEL,
    FaultKind.ACK_THEN_FILL: OrderStatus.FILLED,
    FaultKind.ACK_NEVER_CANCELS: OrderStatus.NEW,
    FaultKind.NOT_FOUND_LAG: OrderStatus.NEW,
}
"""What becomes of the order; it is canceled under every other fault."""


@pytest.mark.parametrize("kind", SEES)
def test_a_cancel_under_a_fault_is_shown_and_done_as_the_table_says(binance: Scene, kind: FaultKind) -> None:
    order_id = binance.place()["orderId"]
    binance.faults.declare("cancel", kind, order_id=str(order_id))
    shown: int | type[TransportError]
    try:
        shown = binance.ask("DELETE", "order", symbol="BTCUSD", orderId=order_id).status
    except TransportError as error:
        shown = type(error)
    order = binance.exchange.order(ACCOUNT, str(order_id))
    assert (shown, order.status) == (SEES[kind], ENDS.get(kind, OrderStatus.CANCELED))


@pytest.mark.parametrize("kind", [FaultKind.ACK_ONLY, FaultKind.ACK_NEVER_CANCELS])
def test_a_cancel_that_is_not_carried_out_is_not_called_canceled(binance: Scene, kind: FaultKind) -> None:
    order_id = binance.place()["orderId"]
    binance.faults.declare("cancel", kind)
    reply = binance.ask("DELETE", "order", symbol="BTCUSD", orderId=order_id)
    assert json.loads(reply.body)["status"] == "PENDING_CANCEL"


def test_an_order_whose_cancel_is_pending_is_open_and_not_canceled_again(binance: Scene) -> None:
    order_id = binance.place()["orderId"]
    binance.faults.declare("cancel", FaultKind.ACK_ONLY)
    binance.ask("DELETE", "order", symbol="BTCUSD", orderId=order_id)
    [shown] = binance.read("openOrders")
    assert shown["status"] == "PENDING_CANCEL"
    assert refused(binance.ask("DELETE", "order", symbol="BTCUSD", orderId=order_id)) == UNKNOWN_ORDER
    assert refused(binance.ask("DELETE", "openOrders", symbol="BTCUSD")) == UNKNOWN_ORDER


def test_a_reply_about_another_order_names_none_of_the_true_ids(binance: Scene) -> None:
    first, second = binance.place(), binance.place()
    true = {first["orderId"], first["clientOrderId"], second["orderId"], second["clientOrderId"]}
    binance.faults.declare("*", FaultKind.OTHER_ORDER, times=None)
    rows = [*binance.read("openOrders"), binance.order(first["orderId"])]
    done = binance.ask(
        "POST",
        "order/cancelReplace",
        **ORDER,
        cancelReplaceMode="STOP_ON_FAILURE",
        cancelOrderId=first["orderId"],
    )
    rows.append(json.loads(done.body)["cancelResponse"])
    assert not true & {row[name] for row in rows for name in ("orderId", "clientOrderId")}
    assert not true & {rows[-1]["origClientOrderId"]}


def test_a_failed_half_of_a_replacement_names_no_order_to_change(binance: Scene) -> None:
    binance.faults.declare("replace", FaultKind.OTHER_ORDER)
    fields = {**ORDER, "cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": "1"}
    assert refused(binance.ask("POST", "order/cancelReplace", **fields))[:2] == (400, -2022)


@pytest.mark.parametrize("by_client_id", [False, True])
def test_an_order_that_is_not_found_for_a_while_is_shown_nowhere(
    binance: Scene, *, by_client_id: bool
) -> None:
    placed = binance.place(newClientOrderId="mine-1")
    by_id = {"symbol": "BTCUSD", "orderId": placed["orderId"]}
    by_name = {"symbol": "BTCUSD", "origClientOrderId": "mine-1"}
    binance.faults.declare("look_up", FaultKind.NOT_FOUND_LAG)
    assert refused(binance.ask("GET", "order", **by_name if by_client_id else by_id)) == NO_SUCH_ORDER
    for named in (by_id, by_name):
        assert refused(binance.ask("GET", "order", **named)) == NO_SUCH_ORDER
        assert refused(binance.ask("DELETE", "order", **named)) == UNKNOWN_ORDER
    assert binance.read("openOrders") == binance.read("allOrders", symbol="BTCUSD") == []
    again = binance.ask("POST", "order", **ORDER, newClientOrderId="mine-1")
    assert refused(again)[2] == "Duplicate order sent."


def test_a_second_delivery_of_a_named_order_places_nothing(binance: Scene) -> None:
    binance.faults.declare("place", FaultKind.DUPLICATE_DELIVERY)
    reply = binance.ask("POST", "order", **ORDER, newClientOrderId="mine-1")
    assert refused(reply)[2] == "Duplicate order sent."
    assert len(binance.exchange.orders(ACCOUNT, OPENED_AT)) == 1


def test_a_list_that_lags_is_empty_before_it_was_ever_read(binance: Scene) -> None:
    binance.place()
    binance.faults.declare("list", FaultKind.LIST_LAGS)
    assert binance.read("openOrders") == []
    assert len(binance.read("openOrders")) == 1
