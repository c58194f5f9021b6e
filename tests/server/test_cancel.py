"""What a cancel answers when the brokerage behaves."""

import json

import pytest

from .portal import connect_paper_account
from .world import ACCOUNT, ORDER, PARTNER, Server

OTHER_ACCOUNT = "11111111-1111-4111-8111-111111111111"


def test_the_open_order_of_the_reference_page_is_canceled(sandbox: Server) -> None:
    reply = sandbox.cancel(ORDER)
    assert reply.status == 200
    assert reply.body["brokerage_order_id"] == ORDER
    assert reply.body["status"] == "CANCELED"
    assert reply.body["raw_response"]["status"] == "canceled"
    assert sandbox.true_status(ORDER) == "canceled"


def test_every_reply_carries_a_request_id_and_is_json(sandbox: Server) -> None:
    reply = sandbox.cancel(ORDER)
    assert len(reply.headers["x-request-id"]) == 32
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["cache-control"] == "no-store"


def test_a_part_filled_order_is_canceled_for_the_rest_with_both_quantities(sandbox: Server) -> None:
    sandbox.control("POST", f"/orders/{ORDER}/fill", {"units": 3, "price": 1})
    reply = sandbox.cancel(ORDER)
    assert (reply.status, reply.body["status"]) == (200, "PARTIAL_CANCELED")
    leg = sandbox.order(ORDER)["legs"][0]
    assert (leg["filled_quantity"], leg["canceled_quantity"]) == ("3", "7")


def test_a_filled_order_is_too_late_and_the_answer_shows_the_fill(sandbox: Server) -> None:
    sandbox.control("POST", f"/orders/{ORDER}/fill", {})
    reply = sandbox.cancel(ORDER)
    assert reply.status == 400
    assert reply.body["code"] == "7040"
    assert reply.body["default_code"] == 7040
    assert reply.body["detail"] == reply.body["default_detail"]
    assert reply.body["status"] == "EXECUTED"
    assert reply.body["order"]["status"] == "EXECUTED"
    assert reply.body["order"]["legs"][0]["filled_quantity"] == "10"


@pytest.mark.parametrize(("how", "status"), [("reject", "REJECTED"), ("expire", "EXPIRED")])
def test_an_order_that_ended_otherwise_is_too_late(sandbox: Server, how: str, status: str) -> None:
    sandbox.control("POST", f"/orders/{ORDER}/{how}")
    reply = sandbox.cancel(ORDER)
    assert (reply.status, reply.body["status"]) == (400, status)


def test_an_order_that_its_brokerage_canceled_by_itself_is_a_success(sandbox: Server) -> None:
    sandbox.control("POST", f"/orders/{ORDER}/cancel")
    assert sandbox.cancel(ORDER).body["status"] == "CANCELED"


def test_a_replaced_order_is_too_late_and_names_its_live_successor(sandbox: Server) -> None:
    replaced = sandbox.call(
        "POST",
        f"/accounts/{ACCOUNT}/trading/replace",
        {
            "brokerage_order_id": ORDER,
            "action": "BUY",
            "order_type": "Limit",
            "time_in_force": "GTC",
            "price": 2.0,
        },
    )
    successor = replaced.body["brokerage_order_id"]
    assert replaced.status == 200
    assert successor != ORDER
    reply = sandbox.cancel(ORDER)
    assert (reply.status, reply.body["status"], reply.body["replaced_by"]) == (400, "REPLACED", successor)
    assert sandbox.true_status(successor) == "new"
    assert sandbox.cancel(successor).body["status"] == "CANCELED"


def test_a_second_cancel_gets_the_first_ones_answer_and_sends_nothing(sandbox: Server) -> None:
    first, second = sandbox.cancel(ORDER), sandbox.cancel(ORDER)
    assert first.body == second.body
    assert sandbox.cancels_received(ORDER) == 1


def test_the_receipt_tells_what_was_asked_sent_answered_and_proven(sandbox: Server) -> None:
    cancel_id = sandbox.cancel(ORDER).body["cancel_id"]
    receipt = sandbox.receipt(cancel_id)
    assert (receipt["state"], receipt["status"], receipt["is_final"]) == ("CONFIRMED", "CANCELED", True)
    assert receipt["account_id"] == ACCOUNT
    assert receipt["requested_at"] <= receipt["sent_at"] <= receipt["answered_at"]
    assert receipt["resolved_at"] == receipt["answered_at"]
    assert [(each["kind"], each["state"]) for each in receipt["evidence"]] == [("reply", "CONFIRMED")]
    assert receipt["evidence"][0]["detail"]["raw"]["status"] == "canceled"
    assert receipt["order"]["status"] == "CANCELED"


def test_a_receipt_is_nobody_elses_to_read(sandbox: Server) -> None:
    cancel_id = sandbox.cancel(ORDER).body["cancel_id"]
    registered = sandbox.call("POST", "/snapTrade/registerUser", {"userId": "another"}, identity=PARTNER)
    another = PARTNER.__class__(user_id="another", user_secret=registered.body["userSecret"])
    foreign = sandbox.call("GET", f"/cancellations/{cancel_id}", identity=another)
    unknown = sandbox.call("GET", f"/cancellations/{OTHER_ACCOUNT}", identity=another)
    assert (foreign.status, foreign.body) == (404, unknown.body)


@pytest.mark.parametrize(
    "order_id",
    [
        "",
        " ",
        "-1",
        "../../v2/positions",
        "%2e%2e",
        f"{ORDER},{ORDER}",
        ORDER.upper(),
        "1" * 5000,
        "\u2603",
        "*",
    ],
)
def test_what_cannot_be_an_order_id_here_is_refused_and_nothing_is_sent(
    sandbox: Server, order_id: str
) -> None:
    before = len(sandbox.truth())
    reply = sandbox.cancel(order_id)
    assert (reply.status, reply.body["code"]) == (400, "7010")
    assert len(sandbox.truth()) == before


def test_an_order_that_the_account_does_not_hold_is_refused_and_no_cancel_is_sent(sandbox: Server) -> None:
    unknown = "00000000-0000-4000-8000-000000000000"
    reply = sandbox.cancel(unknown)
    assert (reply.status, reply.body["code"], reply.body["status_code"]) == (400, "7011", 400)
    assert sandbox.cancels_received(unknown) == 0


@pytest.mark.parametrize("account", [OTHER_ACCOUNT, "not-a-uuid", "0"])
def test_an_unknown_account_is_not_found(sandbox: Server, account: str) -> None:
    reply = sandbox.cancel(ORDER, account=account)
    assert (reply.status, reply.body["code"]) == (404, "1011")


def test_an_account_id_may_be_written_in_capitals(sandbox: Server) -> None:
    assert sandbox.cancel(ORDER, account=ACCOUNT.upper()).status == 200


def test_a_disabled_connection_refuses_before_anything_is_sent(sandbox: Server) -> None:
    connection = sandbox.call("GET", "/authorizations").body[0]["id"]
    assert sandbox.call("POST", f"/authorizations/{connection}/disable").status == 200
    reply = sandbox.cancel(ORDER)
    assert (reply.status, reply.body["code"]) == (402, "3003")
    assert sandbox.cancels_received(ORDER) == 0


@pytest.mark.parametrize("body", [None, {}, {"brokerage_order_id": None}, {"brokerage_order_id": 7}, [], "x"])
def test_a_body_without_an_order_id_is_refused(sandbox: Server, body: object) -> None:
    reply = sandbox.call("POST", f"/accounts/{ACCOUNT}/trading/cancel", body)
    assert (reply.status, reply.body["code"]) == (400, "1012")


def test_prefer_wait_is_read_and_bounds_the_wait(sandbox: Server) -> None:
    sandbox.fault("hang", order_id=ORDER)
    reply = sandbox.cancel(ORDER, headers={"Prefer": "wait=0"})
    assert (reply.status, reply.body["status"]) == (500, "UNKNOWN")


def test_a_longer_prefer_wait_brings_the_final_status(sandbox: Server) -> None:
    sandbox.fault("hang", order_id=ORDER, delay_s=1.5)
    reply = sandbox.cancel(ORDER, headers={"Prefer": "respond-async, wait=10"})
    assert (reply.status, reply.body["status"]) == (200, "CANCELED")


def test_a_read_only_connection_refuses_before_anything_is_sent(sandbox: Server) -> None:
    account = connect_paper_account(sandbox, connection_type="read")
    reply = sandbox.cancel(ORDER, account=account)
    assert (reply.status, reply.body["code"]) == (403, "1066")


def test_the_error_body_has_both_spellings_and_a_number_for_its_code(sandbox: Server) -> None:
    body = sandbox.cancel("-1").body
    assert set(body) == {"detail", "status_code", "code", "default_detail", "default_code"}
    assert body["code"] == str(body["default_code"])
    assert json.dumps(body)
