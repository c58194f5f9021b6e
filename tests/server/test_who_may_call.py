"""Who may call: signatures over real HTTP, users and their secrets, personal keys, repeats."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from .keys import create_key, revoke_key
from .world import ACCOUNT, CONSUMER_KEY, ORDER, PARTNER, SEED_USER, Identity, Reply, Server, send, sign

USER_QUERY = {"userId": SEED_USER.user_id or "", "userSecret": SEED_USER.user_secret or ""}


def raw(
    server: Server,
    *,
    method: str = "POST",
    path: str = f"/accounts/{ACCOUNT}/trading/cancel",
    body: bytes | None = None,
    signed: object = None,
    query: dict[str, str] | None = None,
    key: str = CONSUMER_KEY,
    headers: dict[str, str] | None = None,
) -> Reply:
    """Send `body` under a signature over `signed`."""
    values = USER_QUERY | {"clientId": "PARTNER_CLIENT_ID", "timestamp": str(int(time.time()))}
    raw_query = urlencode({name: value for name, value in (values | (query or {})).items() if value != "-"})
    signature = sign(signed, path, raw_query, key)
    return send(
        server.url, method, f"{path}?{raw_query}", body, {"Signature": signature} | (headers or {}), 30
    )


CANCEL = {"brokerage_order_id": ORDER}


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"clientId": "-"}, 401, "0000"),
        ({"clientId": "NOBODY"}, 401, "1083"),
        ({"timestamp": "-"}, 401, "1076"),
        ({"timestamp": "1700000000"}, 401, "1076"),
        ({"timestamp": str(int(time.time()) * 1000)}, 401, "1076"),
        ({"timestamp": str(int(time.time()) + 600)}, 401, "1076"),
        ({"userSecret": "wrong"}, 401, "1083"),
        ({"userId": "nobody"}, 401, "1083"),
        ({"userSecret": "-"}, 401, "0000"),
        ({"userId": "-"}, 401, "0000"),
        ({"userId": ""}, 401, "0000"),
    ],
)
def test_wrong_credentials_are_refused_and_nothing_is_sent(
    sandbox: Server, changed: dict[str, str], status: int, code: str
) -> None:
    reply = raw(sandbox, body=json.dumps(CANCEL).encode(), signed=CANCEL, query=changed)
    assert (reply.status, reply.body["code"]) == (status, code)
    assert sandbox.cancels_received(ORDER) == 0


def test_a_wrong_key_and_a_missing_signature_get_the_documented_1076(sandbox: Server) -> None:
    wrong = raw(sandbox, body=json.dumps(CANCEL).encode(), signed=CANCEL, key="WRONG")
    missing = raw(sandbox, body=json.dumps(CANCEL).encode(), headers={"Signature": ""})
    for reply in (wrong, missing):
        assert (reply.status, reply.body["code"]) == (401, "1076")
        assert reply.body["detail"] == "Unable to verify signature sent"


def test_an_unknown_user_and_a_wrong_secret_are_answered_alike(sandbox: Server) -> None:
    unknown = raw(sandbox, body=b"{}", query={"userId": "nobody"})
    wrong = raw(sandbox, body=b"{}", query={"userSecret": "wrong"})
    assert unknown.body == wrong.body


@pytest.mark.parametrize(
    "body",
    [
        b'{"brokerage_order_id":"1","brokerage_order_id":"%s"}' % ORDER.encode(),
        b'{"brokerage_order_id":NaN}',
        b'{"brokerage_order_id":"\\ud800"}',
        b"[" * 4000 + b"]" * 4000,
        b'{"brokerage_order_id":"' + b"x" * 70_000 + b'"}',
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b"{",
    ],
)
def test_a_body_with_two_readings_is_refused_before_the_signature_is_looked_at(
    sandbox: Server, body: bytes
) -> None:
    reply = raw(sandbox, body=body, key="WRONG")
    assert (reply.status, reply.body["code"]) == (400, "1012")


@pytest.mark.parametrize(
    "target",
    [
        f"/accounts//{ACCOUNT}/trading/cancel",
        f"/accounts/{ACCOUNT}/trading/../trading/cancel",
        f"/accounts/{ACCOUNT}/trading/%2e%2e/cancel",
        f"/accounts/{ACCOUNT}/trading/cancel%00",
        f"/accounts/{ACCOUNT}/trading/cancel?clientId=a&clientId=b",
        f"/accounts/{ACCOUNT}/trading/cancel;x",
    ],
)
def test_a_target_with_two_readings_is_refused(sandbox: Server, target: str) -> None:
    assert send(sandbox.url, "POST", target, None, {}, 30).status == 400


def test_a_captured_get_cannot_be_turned_into_a_delete(sandbox: Server) -> None:
    connection = sandbox.call("GET", "/authorizations").body[0]["id"]
    path = f"/authorizations/{connection}"
    query = urlencode(USER_QUERY | {"clientId": "PARTNER_CLIENT_ID", "timestamp": str(int(time.time()))})
    headers = {"Signature": sign(None, path, query, CONSUMER_KEY)}
    assert send(sandbox.url, "GET", f"{path}?{query}", None, headers, 30).status == 200
    swapped = send(sandbox.url, "DELETE", f"{path}?{query}", None, headers, 30)
    assert (swapped.status, swapped.body["code"]) == (401, "7001")
    assert send(sandbox.url, "GET", f"{path}?{query}", None, headers, 30).status == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_another_method_on_the_cancel_path_is_not_allowed(sandbox: Server, method: str) -> None:
    reply = raw(sandbox, method=method)
    assert (reply.status, reply.headers["allow"]) == (405, "POST")


def test_an_unknown_path_is_not_found(sandbox: Server) -> None:
    reply = raw(sandbox, path="/no/such/thing")
    assert (reply.status, reply.body["code"]) == (404, "1011")


PLACE = {
    "account_id": ACCOUNT,
    "action": "BUY",
    "symbol": "AAPL",
    "order_type": "Limit",
    "time_in_force": "GTC",
    "price": 1,
    "units": 1,
}


def place_twice(server: Server) -> tuple[Reply, Reply]:
    """Send byte for byte the same signed request twice."""
    query = urlencode(USER_QUERY | {"clientId": "PARTNER_CLIENT_ID", "timestamp": str(int(time.time()))})
    headers = {"Signature": sign(PLACE, "/trade/place", query, CONSUMER_KEY)}
    body = json.dumps(PLACE).encode()
    target = f"/trade/place?{query}"
    first = send(server.url, "POST", target, body, headers, 30)
    return first, send(server.url, "POST", target, body, headers, 30)


def test_two_identical_placements_are_two_orders_as_with_snaptrade(sandbox: Server) -> None:
    first, second = place_twice(sandbox)
    assert (first.status, second.status) == (200, 200)
    assert first.body["brokerage_order_id"] != second.body["brokerage_order_id"]


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("refusing"), NOSTRO_REPLAY="refuse") as server:
        yield server


def test_with_replay_refused_the_second_identical_placement_is_an_error(refusing: Server) -> None:
    first, second = place_twice(refusing)
    assert first.status == 200
    assert (second.status, second.body["code"]) == (401, "7001")


def test_with_replay_refused_a_cancel_may_still_be_repeated_by_the_same_bytes(refusing: Server) -> None:
    with_time = urlencode(USER_QUERY | {"clientId": "PARTNER_CLIENT_ID", "timestamp": str(int(time.time()))})
    path = f"/accounts/{ACCOUNT}/trading/cancel"
    headers = {"Signature": sign(CANCEL, path, with_time, CONSUMER_KEY)}
    body = json.dumps(CANCEL).encode()
    replies = [send(refusing.url, "POST", f"{path}?{with_time}", body, headers, 30) for _ in range(2)]
    assert [reply.status for reply in replies] == [200, 200]
    assert replies[0].body == replies[1].body


def test_users_are_registered_listed_and_deleted(sandbox: Server) -> None:
    secret = sandbox.call("POST", "/snapTrade/registerUser", {"userId": "über & söhne/1"}, identity=PARTNER)
    assert secret.status == 200
    assert secret.body["userId"] == "über & söhne/1"
    user = Identity(user_id="über & söhne/1", user_secret=secret.body["userSecret"])
    assert sandbox.call("GET", "/accounts", identity=user).body == []
    listed = sandbox.call("GET", "/snapTrade/listUsers", identity=PARTNER).body
    assert "über & söhne/1" in listed
    deleted = sandbox.call(
        "DELETE", "/snapTrade/deleteUser", query={"userId": "über & söhne/1"}, identity=PARTNER
    )
    assert (deleted.status, deleted.body["status"], deleted.body["userId"]) == (
        200,
        "deleted",
        "über & söhne/1",
    )
    assert sandbox.call("GET", "/accounts", identity=user).status == 401


def test_a_user_cannot_be_registered_twice(sandbox: Server) -> None:
    reply = sandbox.call("POST", "/snapTrade/registerUser", {"userId": SEED_USER.user_id}, identity=PARTNER)
    assert (reply.status, reply.body["code"]) == (400, "1010")
    assert "already exist" in reply.body["detail"]


def test_a_rotated_secret_is_dead_at_once_and_the_new_one_works(sandbox: Server) -> None:
    reply = sandbox.call(
        "POST",
        "/snapTrade/resetUserSecret",
        {"userId": SEED_USER.user_id, "userSecret": SEED_USER.user_secret},
        identity=PARTNER,
    )
    assert reply.status == 200
    rotated = Identity(user_secret=reply.body["userSecret"])
    assert sandbox.cancel(ORDER).status == 401
    assert sandbox.cancel(ORDER, identity=rotated).status == 200


def test_a_secret_cannot_be_rotated_without_the_present_one(sandbox: Server) -> None:
    for form in ({"userId": SEED_USER.user_id, "userSecret": "wrong"}, {"userId": SEED_USER.user_id}, {}):
        reply = sandbox.call("POST", "/snapTrade/resetUserSecret", form, identity=PARTNER)
        assert reply.status == 401
    assert sandbox.cancel(ORDER).status == 200


def test_one_partners_users_and_accounts_do_not_exist_for_another(fresh: Server, tmp_path: Path) -> None:
    other = create_key(tmp_path / "data")
    assert fresh.call("GET", "/snapTrade/listUsers", identity=other).body == []
    secret = fresh.call("POST", "/snapTrade/registerUser", {"userId": SEED_USER.user_id}, identity=other).body
    twin = Identity(other.client_id, other.consumer_key, SEED_USER.user_id, secret["userSecret"])
    assert fresh.call("GET", "/accounts", identity=twin).body == []
    foreign = fresh.cancel(ORDER, identity=twin)
    unknown = fresh.cancel(ORDER, identity=twin, account="00000000-0000-4000-8000-000000000000")
    assert (foreign.status, foreign.body) == (404, unknown.body)


def test_a_personal_key_needs_no_user_and_registers_none(fresh: Server, tmp_path: Path) -> None:
    personal = create_key(tmp_path / "data", "--personal")
    assert personal.client_id.startswith("PERS-")
    assert fresh.call("GET", "/accounts", identity=personal).body == []
    named = Identity(personal.client_id, personal.consumer_key, "anybody", "anything")
    assert fresh.call("GET", "/accounts", identity=named).status == 200
    refused = fresh.call("POST", "/snapTrade/registerUser", {"userId": "x"}, identity=personal)
    assert (refused.status, refused.body["code"]) == (400, "1012")


def test_a_revoked_key_is_dead_at_once(fresh: Server, tmp_path: Path) -> None:
    key = create_key(tmp_path / "data")
    assert fresh.call("GET", "/snapTrade/listUsers", identity=key).status == 200
    revoke_key(tmp_path / "data", key.client_id)
    assert fresh.call("GET", "/snapTrade/listUsers", identity=key).status == 401
