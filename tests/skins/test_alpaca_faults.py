"""Declared faults through Alpaca's face: the truth log shows what the table in `faults.py` says."""

import asyncio
import contextlib
import inspect
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from nostro.brokers.transport import NoReply, Reply, Request, TimedOut, Transport, TransportError
from nostro.domain.order import OrderStatus
from nostro.sim import faults
from nostro.sim.exchange import Exchange
from nostro.sim.faults import FaultKind, FaultPlan
from nostro.sim.ledger import Ledger
from nostro.sim.skins import faces
from nostro.sim.venue import EmbeddedVenue
from tests.sim.market import ACCOUNT, API_KEY, CASH, OPENED_AT, OTHER_ACCOUNT, OTHER_API_KEY, ToldClock, buy
from tests.simbroker.brokerage import brokerage

ALPACA = faces()["alpaca"]
HEADERS = {"APCA-API-KEY-ID": API_KEY, "APCA-API-SECRET-KEY": "secret"}
TIMEOUT_S = 0.8
ORDER = {
    "symbol": "AAPL",
    "qty": "1",
    "side": "buy",
    "type": "limit",
    "limit_price": "50",
    "time_in_force": "day",
}

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
ENDS = {
    "yes": OrderStatus.CANCELED,
    "twice": OrderStatus.CANCELED,
    "no": OrderStatus.NEW,
    "not received": OrderStatus.NEW,
    "acknowledged": OrderStatus.PENDING_CANCEL,
}
RECEIVED = {"not received": 0, "twice": 2}
PLACEABLE = set(FaultKind) - {
    FaultKind.ACK_ONLY,
    FaultKind.ACK_THEN_FILL,
    FaultKind.ACK_NEVER_CANCELS,
    FaultKind.LIST_LAGS,
}


def done(kind: FaultKind, operation: str = "cancel") -> str:
    """Read the column "done?" of the table."""
    if kind is FaultKind.NOT_FOUND_LAG and operation == "place":
        return "yes"  # the table's second line for this kind
    row = next(
        line.split(maxsplit=1)[1]
        for line in (inspect.getdoc(faults) or "").splitlines()
        if line.split()[:1] == [kind]
    )
    return next(
        word for word in ("not received", "acknowledged", "twice", "yes", "no") if row.startswith(word)
    )


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
                reply = await transport.send(Request("DELETE", f"/v2/orders/{broker.order_id}"), TIMEOUT_S)
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


class Scene:
    def __init__(self) -> None:
        clock = ToldClock()
        self.ledger = Ledger(":memory:")
        self.exchange = Exchange(self.ledger, clock.now, seed=7)
        for number, owner in ((ACCOUNT, API_KEY), (OTHER_ACCOUNT, OTHER_API_KEY)):
            self.exchange.open_account(number, CASH, owner=owner)
        self.exchange.set_quote("AAPL", Decimal(99), Decimal(101))
        self.faults = FaultPlan(self.exchange, clock)
        self.venue = EmbeddedVenue(self.exchange, self.faults, clock, ALPACA)

    def ask(self, method: str, path: str, form: object = None, *, api_key: str = API_KEY) -> Reply | None:
        """Return the reply; None where none comes."""
        transport: Transport = self.venue.transport(api_key)
        request = Request(method, path, b"" if form is None else json.dumps(form).encode())
        with contextlib.suppress(TransportError):
            return asyncio.run(transport.send(request, TIMEOUT_S))
        return None

    def read(self, path: str, *, api_key: str = API_KEY) -> Any:
        reply = self.ask("GET", path, api_key=api_key)
        assert reply is not None
        return json.loads(reply.body)


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.ledger.close()


@pytest.mark.parametrize("kind", sorted(PLACEABLE))
def test_an_order_placed_under_a_fault_is_there_as_the_table_says(scene: Scene, kind: FaultKind) -> None:
    scene.faults.declare("place", kind)
    scene.ask("POST", "/v2/orders", ORDER)
    events = [entry.event for entry in scene.exchange.truth() if entry.operation == "place"]
    orders = {"yes": 1, "twice": 2}.get(done(kind, "place"), 0)
    assert events.count("request_received") == RECEIVED.get(done(kind, "place"), 1)
    assert events.count("order_changed") == len(scene.exchange.orders(ACCOUNT, OPENED_AT)) == orders


def test_what_is_null_in_a_form_is_as_good_as_left_out(scene: Scene) -> None:
    nothing = dict.fromkeys(
        ("order_class", "legs", "take_profit", "notional", "extended_hours", "stop_price")
    )
    reply = scene.ask("POST", "/v2/orders", nothing | ORDER)
    assert reply is not None
    assert (reply.status, json.loads(reply.body)["status"]) == (200, "new")


@pytest.mark.parametrize(
    "terms",
    [
        {"type": "trailing_stop", "trail_price": "1"},
        {"time_in_force": "opg"},
        {"time_in_force": "gtd"},
        {"qty": "NaN"},
        {"qty": None},
        {"side": None},
        {"symbol": None},
        {"limit_price": None},
        {"order_class": "bracket"},
        {"order_class": "oto", "take_profit": {"limit_price": "60"}, "stop_loss": {"stop_price": "40"}},
        {"order_class": "mleg", "legs": []},
        {"symbol": "BTC/USD"},
        {"side": "buy", "position_intent": "sell_to_open"},
    ],
    ids=str,
)
def test_what_cannot_be_taken_is_unprocessable_and_places_nothing(
    scene: Scene, terms: dict[str, object]
) -> None:
    reply = scene.ask("POST", "/v2/orders", ORDER | terms)
    assert reply is not None
    assert (reply.status, json.loads(reply.body)["code"]) == (422, 42210000)
    assert scene.exchange.orders(ACCOUNT, OPENED_AT) == []


def test_what_is_no_json_is_a_bad_request(scene: Scene) -> None:
    reply = asyncio.run(scene.venue.transport(API_KEY).send(Request("POST", "/v2/orders", b"{"), TIMEOUT_S))
    assert (reply.status, json.loads(reply.body)["code"]) == (400, 40010000)


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


@pytest.mark.parametrize("path", ["/v2/orders", "/v2/orders/"])
def test_a_blank_id_hits_the_cancel_of_all_orders(scene: Scene, path: str) -> None:
    scene.exchange.place(ACCOUNT, buy(limit="50"))
    reply = scene.ask("DELETE", path)
    assert reply is not None
    assert reply.status == 207
    assert "cancel_all" in {entry.operation for entry in scene.exchange.truth()}


@pytest.mark.parametrize("order_id", ["-1", "*", "..%2f..%2fv2%2fpositions", "%2e%2e", "a,b", "%20"])
def test_an_id_that_is_none_finds_nothing(scene: Scene, order_id: str) -> None:
    order = scene.exchange.place(ACCOUNT, buy(limit="50"))
    reply = scene.ask("DELETE", f"/v2/orders/{order_id}")
    assert reply is not None
    assert reply.status == 404
    assert scene.exchange.order(ACCOUNT, order.brokerage_order_id).status is OrderStatus.NEW
