"""Brokerages beyond our own, through the official SDK: connect, place each kind of order, cancel by id alone.

The brokerage is its face of the simulator, another process; nostro is told its address and speaks to it as it
would to the real one. Wharf's adapter is no part of nostro: it is found because its package is installed.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nostro.brokers.registry import discover
from nostro.domain.instrument import AssetClass
from nostro.sim.skins import faces
from tests.sdk.conftest import StartSdk
from tests.sdk.harness import Sdk
from tests.sdk.install import install_python

from .portal import login_link, submit
from .wharf import install_wharf
from .world import USER_ID, USER_SECRET, Server

USER = {"user_id": USER_ID, "user_secret": USER_SECRET}
EXPIRES_ON = (datetime.now(UTC) + timedelta(days=60)).strftime("%y%m%d")
CALL, HIGHER_CALL = f"AAPL  {EXPIRES_ON}C00240000", f"AAPL  {EXPIRES_ON}C00250000"


def issued(face: str) -> Mapping[str, str]:
    """Credentials of a face that does not take any secret."""
    issue = faces()[face].issue
    assert issue is not None
    return issue("open-an-account-there")


CREDENTIALS: Mapping[str, Mapping[str, str]] = {
    "ALPACA": {"key_id": "open-a-new-account", "secret_key": "secret"},
    "ALPACA-PAPER": {"key_id": "open-another-account", "secret_key": "secret"},
    "BINANCE": issued("binance"),
    "COINBASE": issued("coinbase"),
    "SCHWAB": issued("schwab"),
    "TASTYTRADE": issued("tastytrade"),
    "TRADIER": {"access_token": "open-an-account-there"},
    "TRADESTATION": issued("tradestation"),
    "KRAKEN": issued("kraken"),
    "WHARF": {"token": "open-a-third-account"},
}
"""By slug."""

FACES = {"ALPACA-PAPER": "alpaca", "WHARF": "alpaca"}
"""Those of other names than the brokerage."""

SPECS = {kind.spec.slug: kind.spec for kind in discover()}
SPECS["WHARF"] = SPECS["ALPACA"]


@dataclass(frozen=True, slots=True)
class Kind:
    """An order that rests, as the SDK is asked for it."""

    call: str
    form: Mapping[str, Any]
    asset_class: AssetClass
    legs: int = 1

    def is_traded(self, slug: str) -> bool:
        rows = SPECS[slug].capabilities.orders
        return any(row.asset_class is self.asset_class and row.legs_max >= self.legs for row in rows)


STOCK = {
    "symbol": "AAPL", "action": "BUY", "order_type": "Limit", "time_in_force": "GTC", "price": 1.0,
    "units": 2.0,
}  # fmt: skip
CRYPTO = {
    "instrument": {"symbol": "BTC-USD", "type": "CRYPTOCURRENCY_PAIR"},
    "side": "BUY",
    "type": "LIMIT",
    "time_in_force": "GTC",
    "amount": "0.5",
    "limit_price": "100.00",
}


def options(*legs: tuple[str, str]) -> Kind:
    form: dict[str, Any] = {"order_type": "LIMIT", "time_in_force": "Day", "limit_price": "0.05"}
    if len(legs) > 1:
        form["price_effect"] = "DEBIT"
    form["legs"] = [
        {"instrument": {"symbol": symbol, "instrument_type": "OPTION"}, "action": action, "units": 1}
        for symbol, action in legs
    ]
    return Kind("trading.place_mleg_order", form, AssetClass.OPTION, len(legs))


KINDS = {
    "stock": Kind("trading.place_force_order", STOCK, AssetClass.STOCK),
    "option": options((CALL, "BUY_TO_OPEN")),
    "multi-leg option": options((CALL, "BUY_TO_OPEN"), (HIGHER_CALL, "SELL_TO_OPEN")),
    "crypto": Kind("trading.place_crypto_order", CRYPTO, AssetClass.CRYPTO),
}


@dataclass(frozen=True, slots=True)
class Desk:
    """An account at a brokerage, seen from the SDK and from the brokerage's own controls."""

    slug: str
    sdk: Sdk
    account_id: str
    brokerage: Server

    def call(self, name: str, **kwargs: Any) -> tuple[int | None, Any]:
        reply = self.sdk.call(name, **USER, account_id=self.account_id, **kwargs)
        assert reply.model_error is None, (name, reply.model_error)
        return reply.status, reply.body

    def place(self, kind: str = "") -> str:
        """Place an order of this kind, or of the first that is traded there."""
        wanted = KINDS[kind] if kind else next(each for each in KINDS.values() if each.is_traded(self.slug))
        status, body = self.call(wanted.call, **wanted.form)
        assert status == 200, body
        placed: str = body["brokerage_order_id"]
        return placed

    def cancel(self, order_id: str) -> tuple[int | None, Any]:
        return self.call("trading.cancel_order", brokerage_order_id=order_id)


def pairs(*, are_traded: bool) -> list[tuple[str, str]]:
    """List brokerages with the kinds of orders that they take, or do not."""
    return [
        (slug, name)
        for slug in CREDENTIALS
        for name, kind in KINDS.items()
        if kind.is_traded(slug) is are_traded
    ]


@pytest.fixture(scope="module", params=CREDENTIALS)
def desk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, start_sdk: StartSdk
) -> Iterator[Desk]:
    slug: str = request.param
    face = FACES.get(slug, slug.lower())
    brokerage = Server(tmp_path_factory.mktemp("brokerage"), "--as", face).start("simbroker")
    environment = {
        "NOSTRO_BROKER_URLS": f"{slug}={brokerage.url}",
        "PYTHONPATH": str(install_wharf(tmp_path_factory.mktemp("packages"))),
    }
    try:
        with Server(tmp_path_factory.mktemp("nostro"), **environment) as nostro:
            link = login_link(nostro, connectionType="trade", customRedirect="http://127.0.0.1:9/done")
            status, location, page = submit(nostro, link, broker=slug, **CREDENTIALS[slug])
            assert status == 303, page
            found = re.search(r"connection_id=([0-9a-f-]{36})", location)
            assert found is not None, location
            account = nostro.call("GET", f"/authorizations/{found[1]}/accounts").body[0]["id"]
            yield Desk(slug, start_sdk(install_python("13"), nostro.url), account, brokerage)
    finally:
        brokerage.stop()


@pytest.mark.parametrize(("desk", "kind"), pairs(are_traded=True), indirect=["desk"], scope="module")
def test_an_order_of_each_kind_is_placed_and_canceled_by_its_id_alone(desk: Desk, kind: str) -> None:
    order_id = desk.place(kind)
    status, body = desk.cancel(order_id)
    assert (status, body["brokerage_order_id"], body["status"]) == (200, order_id, "CANCELED")
    assert desk.brokerage.true_status(order_id) == "canceled"
    assert desk.brokerage.cancels_received(order_id) == 1


@pytest.mark.parametrize(("desk", "kind"), pairs(are_traded=False), indirect=["desk"], scope="module")
def test_an_order_of_a_kind_that_is_not_traded_there_never_leaves(desk: Desk, kind: str) -> None:
    before = len(desk.brokerage.truth())
    status, body = desk.call(KINDS[kind].call, **KINDS[kind].form)
    assert (status, body["code"], body["status"]) == (400, "7017", "NOT_SENT")
    assert len(desk.brokerage.truth()) == before


def test_a_fill_that_overtakes_the_cancel_is_told(desk: Desk) -> None:
    order_id = desk.place()
    desk.brokerage.control("POST", f"/orders/{order_id}/fill", {"price": 1})
    status, body = desk.cancel(order_id)
    assert (status, body["code"], body["status"]) == (400, "7040", "EXECUTED")
    assert body["order"]["status"] == "EXECUTED"
    assert desk.brokerage.cancels_received(order_id) == 1


def test_a_fill_after_the_cancel_was_taken_is_told_too(desk: Desk) -> None:
    order_id = desk.place()
    desk.brokerage.fault("ack_then_fill")
    status, body = desk.cancel(order_id)
    assert (status, body["code"], body["status"]) == (400, "7040", "EXECUTED")
    assert desk.brokerage.cancels_received(order_id) == 1


def test_where_the_reply_is_lost_a_look_in_time_proves_the_end(desk: Desk) -> None:
    order_id = desk.place()
    desk.brokerage.fault("reply_lost")
    status, body = desk.cancel(order_id)
    assert (status, body["status"]) == (200, "CANCELED"), body
    assert desk.brokerage.cancels_received(order_id) == 1
    assert desk.brokerage.true_status(order_id) == "canceled"


@pytest.mark.parametrize("bad_id", ["-1", " ", "../../v2/positions", "%2e%2e", "1,2", "USR-7"])
def test_what_is_no_order_id_here_never_leaves(desk: Desk, bad_id: str) -> None:
    before = len(desk.brokerage.truth())
    status, body = desk.cancel(bad_id)
    assert (status, body["code"]) == (400, "7010")
    assert len(desk.brokerage.truth()) == before
