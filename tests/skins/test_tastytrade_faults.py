"""Declared faults through tastytrade's face: what the caller sees of a cancel, and what then is true."""

import json
from collections.abc import Iterator

import pytest

from nostro.brokers.transport import TransportError
from nostro.domain.order import OrderStatus
from nostro.sim.faults import FaultKind
from tests.sim.market import ACCOUNT, OTHER_ACCOUNT, OTHER_API_KEY

from .fault_table import cancels
from .tastytrade_scene import COMPLEX_ORDERS, MARKET, OCO, ORDER, ORDERS, TASTYTRADE, Scene, data, error


@pytest.fixture
def tastytrade() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.ledger.close()


@pytest.mark.parametrize(("kind", "shown", "end"), cancels(again=422))
def test_a_cancel_under_a_fault(
    tastytrade: Scene, kind: FaultKind, shown: int | type[TransportError], end: OrderStatus
) -> None:
    path = tastytrade.place()
    tastytrade.faults.declare("cancel", kind)
    seen: int | type[TransportError]
    try:
        seen = tastytrade.ask("DELETE", path).status
    except TransportError as fault:
        seen = type(fault)
    tastytrade.exchange.advance(1)
    assert (seen, tastytrade.exchange.order(ACCOUNT, path.rpartition("/")[2]).status) == (shown, end)


@pytest.mark.parametrize("kind", [FaultKind.ACK_ONLY, FaultKind.ACK_NEVER_CANCELS])
def test_a_cancel_that_is_only_taken_says_requested(tastytrade: Scene, kind: FaultKind) -> None:
    for path in (tastytrade.place(), f"{ORDERS}/{tastytrade.place_complex()['orders'][0]['id']}"):
        tastytrade.faults.declare("cancel", kind)
        told = data(tastytrade.ask("DELETE", path))
        assert (told["status"], told["cancellable"]) == ("Cancel Requested", False)


def test_a_cancel_that_will_be_forgotten_of_a_closed_order_is_refused_all_the_same(tastytrade: Scene) -> None:
    path = tastytrade.place(MARKET)
    tastytrade.faults.declare("cancel", FaultKind.ACK_NEVER_CANCELS)
    assert error(tastytrade.ask("DELETE", path)) == (422, "cannot_update_order")


def test_an_order_that_is_not_found_for_a_while_is_shown_nowhere(tastytrade: Scene) -> None:
    path = tastytrade.place()
    tastytrade.faults.declare("look_up", FaultKind.NOT_FOUND_LAG)
    for method in ("GET", "DELETE", "PUT", "PATCH"):
        assert error(tastytrade.ask(method, path, ORDER)) == (404, "record_not_found")
    assert tastytrade.listed() == tastytrade.read(f"{ORDERS}/live")["items"] == []


def test_a_list_that_lags_is_the_last_one_of_its_account(tastytrade: Scene) -> None:
    first = tastytrade.place()
    tastytrade.listed()
    tastytrade.place()
    tastytrade.faults.declare("list", FaultKind.LIST_LAGS, times=2)
    other = tastytrade.ask("GET", ORDERS.replace(ACCOUNT, OTHER_ACCOUNT), api_key=OTHER_API_KEY)
    assert data(other) == {"items": []}
    assert json.loads(other.body)["pagination"]["total-pages"] == 0
    assert tastytrade.listed() == [int(first.rpartition("/")[2])]
    assert len(tastytrade.listed()) == 2


def test_an_order_placed_twice_is_two(tastytrade: Scene) -> None:
    tastytrade.faults.declare("place", FaultKind.DUPLICATE_DELIVERY)
    tastytrade.place(external_identifier="mine")
    assert tastytrade.count() == 2


def test_no_reply_about_another_order_names_the_true_one(tastytrade: Scene) -> None:
    path = tastytrade.place(external_identifier="mine-7")
    placed = tastytrade.place_complex(OCO)
    names = [path.rpartition("/")[2], str(placed["id"]), *(str(each["id"]) for each in placed["orders"])]
    complex_path = f"{COMPLEX_ORDERS}/{placed['id']}"
    for method, asked in (
        ("GET", path),
        ("GET", ORDERS),
        ("GET", f"{ORDERS}/live"),
        ("GET", complex_path),
        ("GET", COMPLEX_ORDERS),
        ("DELETE", path),
        ("DELETE", complex_path),
    ):
        body = TASTYTRADE.about_another_order(tastytrade.ask(method, asked)).body.decode()
        assert '"id": ' in body
        assert not [name for name in [*names, '"mine-7"'] if name in body], (method, asked)


def test_a_look_up_is_answered_about_another_order(tastytrade: Scene) -> None:
    path = tastytrade.place()
    tastytrade.faults.declare("look_up", FaultKind.OTHER_ORDER)
    false, true = tastytrade.read(path), tastytrade.read(path)
    assert false["id"] != true["id"]
    assert false | {"id": true["id"]} == true


def test_an_error_names_no_order_to_change(tastytrade: Scene) -> None:
    tastytrade.faults.declare("cancel", FaultKind.OTHER_ORDER)
    assert error(tastytrade.ask("DELETE", f"{ORDERS}/1")) == (404, "record_not_found")


def test_errors_that_nobody_asked_for_have_codes(tastytrade: Scene) -> None:
    tastytrade.faults.declare("*", FaultKind.RATE_LIMITED)
    assert error(tastytrade.ask("GET", ORDERS)) == (429, "too_many_requests")
    tastytrade.faults.declare("*", FaultKind.ERROR_500_NOT_DONE)
    assert error(tastytrade.ask("GET", ORDERS)) == (500, "internal_server_error")
