"""Declared faults through TradeStation's face: what the caller sees of a cancel, and what then is true."""

import json
from collections.abc import Iterator

import pytest

from nostro.brokers.transport import TransportError
from nostro.domain.order import OrderStatus
from nostro.sim.faults import FaultKind
from tests.sim.market import ACCOUNT

from .fault_table import cancels
from .tradestation_scene import ACCOUNTS, CHANGES, ORDER, ORDERS, SECOND_NAME, Scene, bad, said


@pytest.fixture
def station() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.ledger.close()


@pytest.mark.parametrize(("kind", "shown", "end"), cancels(again=200, absent=400))
def test_a_cancel_under_a_fault(
    station: Scene, kind: FaultKind, shown: int | type[TransportError], end: OrderStatus
) -> None:
    order_id = station.place()
    station.faults.declare("cancel", kind, order_id=order_id)
    seen: int | type[TransportError]
    try:
        seen = station.ask("DELETE", f"{CHANGES}/{order_id}").status
    except TransportError as error:
        seen = type(error)
    station.exchange.advance(1)
    assert (seen, station.exchange.order(ACCOUNT, order_id).status) == (shown, end)


def test_an_order_that_is_not_found_for_a_while_is_shown_nowhere(station: Scene) -> None:
    order_id = station.place()
    station.faults.declare("look_up", FaultKind.NOT_FOUND_LAG, order_id=order_id)
    document = station.read(f"{ORDERS}/{order_id}")
    assert (document["Orders"], document["Errors"][0]["OrderID"]) == ([], order_id)
    reply = station.ask("PUT", f"{CHANGES}/{order_id}", {"Quantity": "1"})
    assert said(reply) == bad("Invalid order ID.")
    assert station.listed() == []
    station.faults.clear()
    assert station.listed() == [order_id]


def test_a_list_that_lags_is_the_last_one_of_its_account(station: Scene) -> None:
    first = station.place()
    station.listed()
    station.place()
    station.faults.declare("list", FaultKind.LIST_LAGS, times=2)
    assert station.read(f"{ACCOUNTS}/{SECOND_NAME}/orders") == {"Orders": [], "Errors": []}
    assert station.listed() == [first]
    assert len(station.listed()) == 2


def test_an_order_placed_twice_is_two_and_a_confirmed_one_is_one(station: Scene) -> None:
    station.faults.declare("place", FaultKind.DUPLICATE_DELIVERY, times=2)
    station.place()
    assert station.count() == 2
    _, document = said(station.ask("POST", CHANGES, ORDER | {"OrderConfirmID": "once"}))
    assert (document["Orders"], document["Errors"][0]["Error"]) == ([], "FAILED")
    assert station.count() == 3


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_reply_about_another_order_names_another(station: Scene, method: str) -> None:
    order_id = station.place()
    paths = {"GET": f"{ORDERS}/{order_id}", "POST": CHANGES}
    station.faults.declare("*", FaultKind.OTHER_ORDER)
    body = ORDER if method == "POST" else {"Quantity": "3"}
    document = json.loads(station.ask(method, paths.get(method, f"{CHANGES}/{order_id}"), body).body)
    [named] = [order["OrderID"] for order in document.get("Orders", [document])]
    assert named not in station.listed()
    assert len(named) == len(order_id)
