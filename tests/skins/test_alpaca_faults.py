"""Declared faults through Alpaca's face: the truth log shows what the table in `faults.py` says."""

import asyncio
from typing import NamedTuple

import pytest

from nostro.brokers.transport import NoReply, Request, TimedOut, TransportError
from nostro.domain.order import OrderStatus
from nostro.sim.faults import FaultKind
from tests.sim.market import ACCOUNT, API_KEY, OPENED_AT, OTHER_API_KEY, buy
from tests.simbroker.brokerage import brokerage

from .alpaca_scene import ALPACA, ORDER, Scene
from .fault_table import ENDS, PLACEABLE, RECEIVED, done
from .scene import TIMEOUT_S

PATIENCE_S = 10.0
"""How long to wait for a reply that comes: a busy machine takes its time."""

HEADERS = {"APCA-API-KEY-ID": API_KEY, "APCA-API-SECRET-KEY": "secret"}

SEES: dict[FaultKind, int | type[TransportError]] = {
    FaultKind.HANG: TimedOut,
    FaultKind.REPLY_DELAYED: 204,
    FaultKind.REPLY_AFTER_OUR_DEADLINE: TimedOut,
    FaultKind.SLOW_DRIP: 204,
    FaultKind.REPLY_LOST: NoReply,
    FaultKind.ACCEPTED_THEN_RESET: NoReply,
    FaultKind.DROP_BEFORE: NoReply,
    FaultKind.ERROR_500_DONE: 500,
    FaultKind.ERROR_502_DONE: 502,
    FaultKind.ERROR_503_DONE: 503,
    FaultKind.ERROR_504_DONE: 504,
    FaultKind.ERROR_500_NOT_DONE: 500,
    FaultKind.ERROR_502_NOT_DONE: 502,
    FaultKind.ERROR_503_NOT_DONE: 503,
    FaultKind.ERROR_504_NOT_DONE: 504,
    FaultKind.RATE_LIMITED: 429,
    FaultKind.REDIRECT_TO_OTHER_HOST: 307,
    FaultKind.MALFORMED: 200,
    FaultKind.HTML_BODY: 200,
    FaultKind.TRUNCATED: 204,
    FaultKind.DUP_KEY_JSON: 204,
    FaultKind.HUGE_BODY: NoReply,
    FaultKind.GZIP_BOMB: 200,
    FaultKind.OTHER_ORDER: 204,
    FaultKind.DUPLICATE_DELIVERY: 422,
    FaultKind.ACK_ONLY: 204,
    FaultKind.ACK_THEN_FILL: 204,
    FaultKind.ACK_NEVER_CANCELS: 204,
    FaultKind.NOT_FOUND_LAG: 404,
}
"""What the sender of a cancel sees."""


class Seen(NamedTuple):
    shown: int | type[TransportError]
    received: int
    order: OrderStatus


def cancel_under(kind: FaultKind) -> Seen:
    async def run() -> Seen:
        async with brokerage(ALPACA) as broker:
            broker.faults.declare("cancel", kind)
            transport = broker.client.transport(f"http://127.0.0.1:{broker.port}", HEADERS)
            shown: int | type[TransportError]
            try:
                request = Request("DELETE", f"/v2/orders/{broker.order_id}")
                reply = await transport.send(request, TIMEOUT_S if SEES[kind] is TimedOut else PATIENCE_S)
                shown = reply.status
            except TransportError as error:
                shown = type(error)
            broker.exchange.advance(1)
            order = broker.exchange.order(ACCOUNT, broker.order_id)
            return Seen(shown, broker.cancels_received(), order.status)

    return asyncio.run(run())


def test_every_kind_that_can_happen_to_a_cancel_is_tried() -> None:
    assert set(SEES) == set(FaultKind) - {FaultKind.LIST_LAGS}


@pytest.mark.parametrize("kind", SEES)
def test_a_cancel_under_a_fault_is_shown_and_done_as_the_table_says(kind: FaultKind) -> None:
    end = OrderStatus.FILLED if kind is FaultKind.ACK_THEN_FILL else ENDS[done(kind)]
    assert cancel_under(kind) == (SEES[kind], RECEIVED.get(done(kind), 1), end)


# Without a socket


@pytest.mark.parametrize("kind", sorted(PLACEABLE))
def test_an_order_placed_under_a_fault_is_there_as_the_table_says(scene: Scene, kind: FaultKind) -> None:
    scene.faults.declare("place", kind)
    scene.ask("POST", "/v2/orders", ORDER)
    events = [entry.event for entry in scene.exchange.truth() if entry.operation == "place"]
    orders = {"yes": 1, "twice": 2}.get(done(kind, "place"), 0)
    assert events.count("request_received") == RECEIVED.get(done(kind, "place"), 1)
    assert events.count("order_changed") == len(scene.exchange.orders(ACCOUNT, OPENED_AT)) == orders


def test_a_second_delivery_with_the_same_client_order_id_places_nothing(scene: Scene) -> None:
    scene.faults.declare("place", FaultKind.DUPLICATE_DELIVERY)
    reply = scene.ask("POST", "/v2/orders", ORDER | {"client_order_id": "mine"})
    assert reply is not None
    assert (reply.status, len(scene.exchange.orders(ACCOUNT, OPENED_AT))) == (422, 1)


def test_a_list_that_lags_shows_what_it_showed_last(scene: Scene) -> None:
    first = scene.exchange.place(ACCOUNT, buy(limit="50"))
    scene.read("/v2/orders")
    scene.exchange.place(ACCOUNT, buy(limit="51"))
    scene.faults.declare("list", FaultKind.LIST_LAGS)
    assert [order["id"] for order in scene.read("/v2/orders")] == [first.brokerage_order_id]
    assert len(scene.read("/v2/orders")) == 2


def test_a_list_that_lags_never_shows_another_customers_orders(scene: Scene) -> None:
    scene.exchange.place(ACCOUNT, buy(limit="50"))
    scene.read("/v2/orders")
    scene.faults.declare("list", FaultKind.LIST_LAGS)
    assert scene.read("/v2/orders", api_key=OTHER_API_KEY) == []


@pytest.mark.parametrize("by_client_id", [False, True])
def test_an_order_that_is_not_found_for_a_while_is_shown_nowhere(scene: Scene, *, by_client_id: bool) -> None:
    order = scene.exchange.place(ACCOUNT, buy(limit="50"))
    by_id = f"/v2/orders/{order.brokerage_order_id}"
    named = "/v2/orders:by_client_order_id?client_order_id=c-1"
    scene.faults.declare("look_up", FaultKind.NOT_FOUND_LAG)
    assert scene.read(named if by_client_id else by_id)["code"] == 40410000
    assert scene.read(by_id)["code"] == scene.read(named)["code"] == 40410000
    assert scene.read("/v2/orders") == []


def test_a_list_about_another_order_names_none_of_the_true_ones(scene: Scene) -> None:
    order = scene.exchange.place(ACCOUNT, buy(limit="50"))
    scene.faults.declare("list", FaultKind.OTHER_ORDER)
    (shown,) = scene.read("/v2/orders")
    assert shown["id"][:-1] == order.brokerage_order_id[:-1]
    assert shown["id"] != order.brokerage_order_id


def test_a_list_with_each_key_twice_is_still_a_list(scene: Scene) -> None:
    scene.exchange.place(ACCOUNT, buy(limit="50"))
    scene.faults.declare("list", FaultKind.DUP_KEY_JSON)
    reply = scene.ask("GET", "/v2/orders")
    assert reply is not None
    assert reply.body.count(b'"client_order_id": ') == 2
