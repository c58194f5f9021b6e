"""No secret gets out, and nobody learns whether somebody else's id exists."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from nostro.http.operation import Operation, Who
from nostro.http.operations import OPERATIONS

from .keys import create_key
from .portal import connect_paper_account, login_link, open_page, submit
from .world import SEED_USER, Identity, Reply, Server, send

UNKNOWN = "00000000-0000-4000-8000-000000000000"
ORDER_TERMS = {"action": "BUY", "symbol": "AAPL", "order_type": "Limit", "time_in_force": "GTC", "price": 1}
BODIES: dict[str, dict[str, Any]] = {
    "CancelForm": {"brokerage_order_id": "ORDER"},
    "OrderDetailForm": {"brokerage_order_id": "ORDER"},
    "OrderForm": ORDER_TERMS | {"account_id": "ACCOUNT", "units": 1},
    "ReplaceForm": ORDER_TERMS | {"brokerage_order_id": "ORDER"},
    "OptionsForm": {
        "order_type": "LIMIT",
        "time_in_force": "Day",
        "limit_price": "1",
        "legs": [{"instrument": {"symbol": "AAPL  300118C00240000"}, "action": "BUY_TO_OPEN", "units": 1}],
    },
    "CryptoForm": {
        "instrument": {"symbol": "BTC-USD", "type": "CRYPTOCURRENCY_PAIR"},
        "side": "BUY",
        "type": "LIMIT",
        "time_in_force": "GTC",
        "amount": "1",
        "limit_price": "1",
    },
    "ComplexForm": {
        "type": "OCO",
        "orders": [
            ORDER_TERMS
            | {"order_role": "PEER", "units": 1, "instrument": {"symbol": "AAPL", "type": "EQUITY"}}
        ]
        * 2,
    },
    "BracketForm": ORDER_TERMS
    | {"units": 1, "stop_loss": {"stop_price": "0.5"}, "take_profit": {"limit_price": "9"}},
    "SimpleForm": {
        "order_type": "limit",
        "time_in_force": "gtc",
        "limit_price": "1",
        "legs": [{"instrument": {"kind": "equity", "symbol": "AAPL"}, "action": "buy", "units": "1"}],
    },
    "ConfirmForm": {},
    "ConnectForm": {"brokerage": "PAPER", "credentials": {"api_key": "nobody's"}},
    "SymbolQueryForm": {"substring": "a"},
}
IDS = re.compile(r"{(accountId|authorizationId|connectionId|cancelId|tradeId)}")
NAMES_AN_ID = [
    operation
    for operation in OPERATIONS
    if operation.who is Who.USER
    and (IDS.search(operation.path) or (operation.form and operation.form.__name__ == "OrderForm"))
]


@pytest.fixture(scope="module")
def victim(shared: Server) -> dict[str, str]:
    """Ids of the seed's user, of every kind."""
    shared.control("POST", "/reset", {})
    account = connect_paper_account(shared)
    order_id = shared.place(account)
    terms = ORDER_TERMS | {"account_id": account, "units": 1}
    connection = shared.call("GET", f"/accounts/{account}").body["brokerage_authorization"]
    return {
        "accountId": account,
        "authorizationId": connection,
        "connectionId": connection,
        "cancelId": shared.cancel(shared.place(account), account=account).body["cancel_id"],
        "tradeId": shared.call("POST", "/trade/impact", terms).body["trade"]["id"],
        "brokerageOrderId": order_id,
    }


@pytest.fixture(scope="module")
def stranger(shared: Server, victim: dict[str, str]) -> Identity:
    """Another user of the same partner."""
    partner = Identity(user_id=None, user_secret=None)
    secret = shared.call("POST", "/snapTrade/registerUser", {"userId": "stranger"}, identity=partner).body
    return Identity(user_id="stranger", user_secret=secret["userSecret"])


def ask(server: Server, operation: Operation, ids: dict[str, str], identity: Identity) -> Reply:
    path = re.sub(r"{(\w+)\+?}", lambda match: quote(ids.get(match[1], "BTC"), safe=""), operation.path)
    body = None
    if operation.form is not None:
        text = json.dumps(BODIES[operation.form.__name__])
        text = text.replace("ORDER", ids["brokerageOrderId"]).replace("ACCOUNT", ids["accountId"])
        body = json.loads(text)
    return server.call(operation.method, path, body, query={"symbols": "AAPL"}, identity=identity)


@pytest.mark.parametrize("operation", NAMES_AN_ID, ids=lambda operation: str(operation.id))
def test_a_foreign_id_is_answered_byte_for_byte_like_an_unknown_one(
    shared: Server, victim: dict[str, str], stranger: Identity, operation: Operation
) -> None:
    before = len(shared.truth())
    foreign = ask(shared, operation, victim, stranger)
    unknown = ask(shared, operation, dict.fromkeys(victim, UNKNOWN), stranger)
    assert 400 <= foreign.status < 500
    assert (foreign.status, foreign.body) == (unknown.status, unknown.body)
    assert len(shared.truth()) == before, "the brokerage was asked about somebody else's account"


def test_the_victim_itself_is_answered_otherwise(shared: Server, victim: dict[str, str]) -> None:
    seen = {
        operation.id: ask(shared, operation, victim, SEED_USER).status
        for operation in NAMES_AN_ID
        if operation.method == "GET" and "Pair" not in operation.id
    }
    assert set(seen.values()) == {200}, seen


class Canaries:
    """The secrets of one server, and where they turned up."""

    def __init__(self, *secrets: str) -> None:
        self._forms: list[bytes] = []
        for secret in secrets:
            raw = secret.encode()
            self._forms += [raw, quote(secret).encode(), base64.b64encode(raw).rstrip(b"="), raw[::-1]]

    def found_in(self, text: bytes) -> bool:
        return any(form in text for form in self._forms)


@pytest.fixture
def spied(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "data")
    server.log = tmp_path / "log"
    server.start("serve")
    yield server
    server.stop()


def test_no_secret_is_in_logs_files_metrics_or_error_bodies(spied: Server, tmp_path: Path) -> None:
    key = create_key(tmp_path / "data")
    secret = spied.call("POST", "/snapTrade/registerUser", {"userId": "u"}, identity=key).body["userSecret"]
    user = Identity(key.client_id, key.consumer_key, "u", secret)
    credential = "CNRY-credential-5f1d0c7b9e"
    typed = "CNRY-typed-credential-8a2e4c6f01"
    wrong = {"brokerage": "PAPER", "credentials": {"api_key": typed}}
    link = login_link(spied, user)
    token = link.split("token=")[1].split("&")[0]
    submit(spied, link, broker="PAPER", api_key=credential)
    account = connect_paper_account(spied, user)
    terms = ORDER_TERMS | {"account_id": account, "units": 1}
    order_id = spied.call("POST", "/trade/place", terms, identity=user).body["brokerage_order_id"]
    shown = [
        spied.cancel(order_id, account=account, identity=user),
        spied.cancel("-1", account=account, identity=user),
        spied.cancel(UNKNOWN, account=account, identity=user),
        spied.call("POST", "/trade/place", terms | {"units": -1}, identity=user),
        spied.call("GET", f"/accounts/{account}/orders", query={"days": secret}, identity=user),
        spied.call("GET", f"/no/such/{secret}", identity=user),
        spied.call("GET", "/accounts", identity=Identity(key.client_id, "WRONG", "u", secret)),
        spied.call("GET", "/accounts", identity=Identity(key.client_id, key.consumer_key, "x", secret)),
        spied.call("POST", "/symbols", {"substring": ["not", "text", secret]}, identity=key),
        spied.call("POST", "/authorizations", wrong, identity=user),
        spied.call("POST", "/authorizations", wrong | {"type": [typed]}, identity=user),
        send(spied.url, "GET", f"/accounts?userSecret={secret}&clientId=%ff", None, {}, 30),
        send(spied.url, "GET", "/metrics", None, {}, 30),
    ]
    canaries = Canaries(key.consumer_key, secret, credential, typed, token)
    for reply in shown:
        assert not canaries.found_in(json.dumps(reply.body).encode()), reply.body
    assert not canaries.found_in(open_page(spied, link)[1].encode())
    spied.stop()
    for file in [tmp_path / "log", *(tmp_path / "data").iterdir()]:
        if file.is_file():
            assert not canaries.found_in(file.read_bytes()), file.name


def test_the_scan_finds_a_planted_leak(tmp_path: Path) -> None:
    canaries = Canaries("CNRY-planted")
    for leak in (b"... CNRY-planted ...", b'{"k": "Q05SWS1wbGFudGVk"}', b"x=CNRY-planted&y", b"detnalp-YRNC"):
        (tmp_path / "log").write_bytes(leak)
        assert canaries.found_in((tmp_path / "log").read_bytes())
    assert not canaries.found_in(b"CNRY-plante")
