"""Declared faults through Schwab's face: what the caller sees of a cancel, and what then is true."""

import json
from collections.abc import Iterator

import pytest

from nostro.brokers.transport import TransportError
from nostro.domain.order import OrderStatus
from nostro.sim.faults import FaultKind
from tests.sim.market import ACCOUNT, OTHER_API_KEY

from .fault_table import cancels
from .schwab_scene import EVER, ORDER, ORDERS, OTHER_HASH, Scene, id_of

LIST = f"{ORDERS}?{EVER}"


@pytest.fixture
def schwab() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.ledger.close()


def status_of(schwab: Scene, path: str) -> OrderStatus:
    return schwab.exchange.order(ACCOUNT, id_of(path)).status


@pytest.mark.parametrize(("kind", "shown", "end"), cancels(again=400))
def test_a_cancel_under_a_fault(
    schwab: Scene, kind: FaultKind, shown: int | type[TransportError], end: OrderStatus
) -> None:
    path = schwab.place()
    schwab.faults.declare("cancel", kind)
    seen: int | type[TransportError]
    try:
        seen = schwab.ask("DELETE", path).status
    except TransportError as error:
        seen = type(error)
    schwab.exchange.advance(1)
    assert (seen, status_of(schwab, path)) == (shown, end)


def test_a_cancel_that_will_be_forgotten_of_a_closed_order_is_refused_all_the_same(schwab: Scene) -> None:
    path = schwab.place(orderType="MARKET", price=None)
    schwab.faults.declare("cancel", FaultKind.ACK_NEVER_CANCELS)
    assert schwab.ask("DELETE", path).status == 400


def test_an_order_that_is_not_found_for_a_while_is_shown_nowhere(schwab: Scene) -> None:
    path = schwab.place()
    schwab.faults.declare("look_up", FaultKind.NOT_FOUND_LAG)
    assert schwab.ask("GET", path).status == schwab.ask("PUT", path, ORDER).status == 404
    assert schwab.listed() == []


def test_a_list_that_lags_is_the_last_one_of_its_account(schwab: Scene) -> None:
    first = schwab.place()
    schwab.listed()
    schwab.place()
    schwab.faults.declare("list", FaultKind.LIST_LAGS, times=2)
    other = LIST.replace(ORDERS, f"/trader/v1/accounts/{OTHER_HASH}/orders")
    assert json.loads(schwab.ask("GET", other, api_key=OTHER_API_KEY).body) == []
    assert [row["orderId"] for row in schwab.listed()] == [int(id_of(first))]
    assert len(schwab.listed()) == 2


def test_an_order_placed_twice_is_two(schwab: Scene) -> None:
    schwab.faults.declare("place", FaultKind.DUPLICATE_DELIVERY)
    schwab.place()
    assert schwab.count() == 2


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_a_reply_about_another_order_names_another(schwab: Scene, method: str) -> None:
    path = schwab.place()
    schwab.faults.declare("*", FaultKind.OTHER_ORDER)
    reply = schwab.ask(method, ORDERS if method == "POST" else path, ORDER)
    true = {row["orderId"] for row in schwab.listed()}
    named = json.loads(reply.body)["orderId"] if method == "GET" else schwab.location(reply)
    assert int(id_of(str(named))) not in true


def test_a_list_about_other_orders_names_none_of_the_true_ones(schwab: Scene) -> None:
    schwab.place()
    schwab.faults.declare("list", FaultKind.OTHER_ORDER)
    [false], [true] = schwab.listed(), schwab.listed()
    assert false["orderId"] != true["orderId"]
    assert false | {"orderId": true["orderId"]} == true


def test_a_refusal_names_no_order_to_change(schwab: Scene) -> None:
    schwab.faults.declare("*", FaultKind.OTHER_ORDER)
    assert json.loads(schwab.ask("GET", f"{ORDERS}/7").body) == {"message": "Order not found"}
