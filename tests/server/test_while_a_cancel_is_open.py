"""Nothing that happens to connections, users and secrets loses what a brokerage proved about a cancel."""

from concurrent.futures import ThreadPoolExecutor

from .portal import connect_paper_account, login_link, submit
from .world import ACCOUNT, ORDER, PARTNER, SEED_USER, Identity, Server, eventually

SANDBOX_API_KEY = "sandbox"


def connection_of(server: Server) -> str:
    found: str = server.call("GET", "/authorizations").body[0]["id"]
    return found


def test_a_connection_deleted_under_a_cancel_in_flight_does_not_lose_the_reply(sandbox: Server) -> None:
    sandbox.fault("hang", order_id=ORDER, delay_s=1)
    cancel_id = sandbox.cancel(ORDER, headers={"Prefer": "wait=0"}).body["cancel_id"]
    assert sandbox.call("DELETE", f"/connection/{connection_of(sandbox)}").status == 200
    receipt = sandbox.final_receipt(cancel_id)
    assert (receipt["state"], receipt["status"]) == ("CONFIRMED", "CANCELED")


def test_an_open_cancel_of_a_disabled_connection_is_still_resolved(sandbox: Server) -> None:
    sandbox.fault("ack_only", order_id=ORDER)
    cancel_id = sandbox.cancel(ORDER, headers={"Prefer": "wait=0"}).body["cancel_id"]
    eventually(lambda: sandbox.receipt(cancel_id)["state"], lambda state: state == "ACKED", 5)
    assert sandbox.call("POST", f"/authorizations/{connection_of(sandbox)}/disable").status == 200
    sandbox.control("POST", f"/orders/{ORDER}/cancel")
    assert sandbox.final_receipt(cancel_id)["state"] == "CONFIRMED"


def test_a_repeat_is_told_what_is_known_though_the_connection_is_disabled(sandbox: Server) -> None:
    first = sandbox.cancel(ORDER)
    sandbox.call("POST", f"/authorizations/{connection_of(sandbox)}/disable")
    assert sandbox.cancel(ORDER).body == first.body


def test_connecting_the_same_account_again_renews_its_connection_and_keeps_all_ids(sandbox: Server) -> None:
    before = sandbox.call("GET", "/authorizations").body[0]
    sandbox.call("POST", f"/authorizations/{before['id']}/disable")
    assert sandbox.cancel(ORDER).status == 402
    link = login_link(sandbox, connectionType="trade", reconnect=before["id"])
    assert submit(sandbox, link, broker="PAPER", api_key=SANDBOX_API_KEY)[0] == 200
    after = sandbox.call("GET", "/authorizations").body
    assert [(each["id"], each["disabled"]) for each in after] == [(before["id"], False)]
    assert [each["id"] for each in sandbox.call("GET", "/accounts").body] == [ACCOUNT]
    assert sandbox.cancel(ORDER).body["status"] == "CANCELED"


def test_of_many_rotations_with_one_secret_exactly_one_succeeds(sandbox: Server) -> None:
    form = {"userId": SEED_USER.user_id, "userSecret": SEED_USER.user_secret}

    def rotate(_number: int) -> tuple[int, str]:
        reply = sandbox.call("POST", "/snapTrade/resetUserSecret", form, identity=PARTNER)
        return reply.status, reply.body.get("userSecret", "")

    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(rotate, range(8)))
    assert sorted(status for status, _ in replies) == [200] + [401] * 7
    (secret,) = [secret for status, secret in replies if status == 200]
    assert sandbox.cancel(ORDER, identity=Identity(user_secret=secret)).status == 200


def test_a_new_user_of_a_deleted_users_name_reads_none_of_its_receipts(sandbox: Server) -> None:
    secret = sandbox.call("POST", "/snapTrade/registerUser", {"userId": "u"}, identity=PARTNER).body
    first = Identity(user_id="u", user_secret=secret["userSecret"])
    account = connect_paper_account(sandbox, first)
    terms = {"action": "BUY", "symbol": "AAPL", "order_type": "Limit", "time_in_force": "GTC", "price": 1}
    placed = sandbox.call("POST", "/trade/place", terms | {"account_id": account, "units": 1}, identity=first)
    cancel_id = sandbox.cancel(placed.body["brokerage_order_id"], account=account, identity=first).body[
        "cancel_id"
    ]
    assert sandbox.call("GET", f"/cancellations/{cancel_id}", identity=first).status == 200
    sandbox.call("DELETE", "/snapTrade/deleteUser", query={"userId": "u"}, identity=PARTNER)
    secret = sandbox.call("POST", "/snapTrade/registerUser", {"userId": "u"}, identity=PARTNER).body
    second = Identity(user_id="u", user_secret=secret["userSecret"])
    assert sandbox.call("GET", f"/cancellations/{cancel_id}", identity=second).status == 404
