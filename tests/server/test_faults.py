"""What a cancel answers when the brokerage does not behave, and what becomes of it afterwards.

In each case the exchange's own log is the judge: it knows what was carried out, and how many requests came.
"""

import pytest

from .world import ORDER, Reply, Server

UNKNOWN_KINDS_DONE = [
    "reply_lost",
    "error_500_done",
    "malformed",
    "html_body",
    "truncated",
    "dup_key_json",
    "other_order",
]
UNKNOWN_KINDS_NOT_DONE = ["error_500_not_done", "rate_limited", "not_found_lag"]


def unknown(reply: Reply) -> str:
    """Check an UNKNOWN answer; return its cancel id."""
    assert (reply.status, reply.body["status"], reply.body["code"]) == (500, "UNKNOWN", "7042")
    assert reply.body["cancel_id"] in reply.body["detail"]
    return str(reply.body["cancel_id"])


@pytest.mark.parametrize("kind", UNKNOWN_KINDS_DONE)
def test_a_cancel_that_was_done_but_not_told_is_found_out_by_looking(sandbox: Server, kind: str) -> None:
    sandbox.fault(kind, order_id=ORDER)
    reply = sandbox.cancel(ORDER)
    assert (reply.status, reply.body["status"]) == (200, "CANCELED")
    receipt = sandbox.receipt(reply.body["cancel_id"])
    assert [(each["kind"], each["state"]) for each in receipt["evidence"]] == [
        ("reply", "UNKNOWN"),
        ("look_up", "CONFIRMED"),
    ]
    assert sandbox.true_status(ORDER) == "canceled"
    assert sandbox.cancels_received(ORDER) == 1


@pytest.mark.parametrize("kind", UNKNOWN_KINDS_DONE)
def test_while_looking_fails_too_the_answer_is_unknown_and_it_is_resolved_later(
    sandbox: Server, kind: str
) -> None:
    sandbox.fault(kind, order_id=ORDER)
    sandbox.fault("error_500_not_done", "look_up", times=None)
    cancel_id = unknown(sandbox.cancel(ORDER))
    assert sandbox.receipt(cancel_id)["state"] == "UNKNOWN"
    sandbox.control("DELETE", "/faults")
    receipt = sandbox.final_receipt(cancel_id)
    assert (receipt["state"], receipt["status"]) == ("CONFIRMED", "CANCELED")
    assert sandbox.cancels_received(ORDER) == 1


@pytest.mark.parametrize("kind", UNKNOWN_KINDS_NOT_DONE)
def test_a_cancel_that_was_not_done_is_never_called_canceled(sandbox: Server, kind: str) -> None:
    sandbox.fault(kind, order_id=ORDER)
    reply = sandbox.cancel(ORDER)
    assert reply.status in (400, 500)
    receipt = sandbox.final_receipt(reply.body["cancel_id"])
    assert (receipt["state"], receipt["status"]) == ("REFUSED", "ACCEPTED")
    assert sandbox.true_status(ORDER) == "new"
    assert sandbox.cancels_received(ORDER) == 1


def test_after_a_cancel_that_was_not_done_a_new_one_can_be_sent(sandbox: Server) -> None:
    sandbox.fault("error_500_not_done", order_id=ORDER)
    first = sandbox.final_receipt(sandbox.cancel(ORDER).body["cancel_id"])
    second = sandbox.cancel(ORDER)
    assert (second.status, second.body["status"]) == (200, "CANCELED")
    assert second.body["cancel_id"] != first["cancel_id"]


def test_a_brokerage_that_never_answers_leaves_the_cancel_unknown_until_a_look_proves_it(
    sandbox: Server,
) -> None:
    sandbox.fault("hang", order_id=ORDER)
    sandbox.fault("hang", "look_up", times=None)
    cancel_id = unknown(sandbox.cancel(ORDER))
    repeat = sandbox.cancel(ORDER, headers={"Prefer": "wait=0"})
    assert unknown(repeat) == cancel_id
    sandbox.control("DELETE", "/faults")
    assert sandbox.final_receipt(cancel_id)["status"] == "CANCELED"
    assert sandbox.cancels_received(ORDER) == 1


def test_a_request_that_hangs_unprocessed_ends_refused_by_a_later_look(sandbox: Server) -> None:
    sandbox.fault("hang", order_id=ORDER, processed=False)
    cancel_id = unknown(sandbox.cancel(ORDER))
    receipt = sandbox.final_receipt(cancel_id)
    assert (receipt["state"], receipt["reason"], receipt["status"]) == (
        "REFUSED",
        "not_processed",
        "ACCEPTED",
    )
    assert sandbox.true_status(ORDER) == "new"


def test_a_refused_connection_is_not_sent_and_says_when_to_try_again(sandbox: Server) -> None:
    sandbox.fault("drop_before", order_id=ORDER)
    reply = sandbox.cancel(ORDER)
    assert (reply.status, reply.body["status"], reply.body["code"]) == (503, "NOT_SENT", "7020")
    assert reply.headers["retry-after"] == "1"
    assert sandbox.receipt(reply.body["cancel_id"])["state"] == "NOT_SENT"
    assert sandbox.cancels_received(ORDER) == 0
    assert sandbox.cancel(ORDER).body["status"] == "CANCELED"


def test_an_acknowledged_cancel_is_pending_until_the_brokerage_carries_it_out(sandbox: Server) -> None:
    sandbox.fault("ack_only", order_id=ORDER)
    reply = sandbox.cancel(ORDER)
    assert (reply.status, reply.body["status"]) == (200, "CANCEL_PENDING")
    assert sandbox.order(ORDER)["status"] == "CANCEL_PENDING"
    assert sandbox.receipt(reply.body["cancel_id"])["state"] == "ACKED"
    sandbox.control("POST", f"/orders/{ORDER}/cancel")
    assert sandbox.final_receipt(reply.body["cancel_id"])["status"] == "CANCELED"
    assert sandbox.cancels_received(ORDER) == 1


def test_an_acknowledged_cancel_can_end_with_the_order_filled(sandbox: Server) -> None:
    sandbox.fault("ack_only", order_id=ORDER)
    pending = sandbox.cancel(ORDER)
    sandbox.control("POST", f"/orders/{ORDER}/fill", {})
    receipt = sandbox.final_receipt(pending.body["cancel_id"])
    assert (receipt["state"], receipt["status"]) == ("TOO_LATE", "EXECUTED")
    assert sandbox.cancel(ORDER).status == 400


def test_an_acknowledged_cancel_is_carried_out_at_the_next_opening(sandbox: Server) -> None:
    sandbox.fault("ack_only", order_id=ORDER)
    pending = sandbox.cancel(ORDER)
    sandbox.control("POST", "/clock", {"advance_s": 86_400})
    assert sandbox.final_receipt(pending.body["cancel_id"])["status"] == "CANCELED"


def test_a_repeat_while_pending_joins_and_is_a_success(sandbox: Server) -> None:
    sandbox.fault("ack_only", order_id=ORDER)
    first, second = sandbox.cancel(ORDER), sandbox.cancel(ORDER)
    assert first.body == second.body
    assert sandbox.cancels_received(ORDER) == 1


def test_a_fill_that_overtakes_an_acknowledged_cancel_is_too_late(sandbox: Server) -> None:
    sandbox.fault("ack_then_fill", order_id=ORDER)
    reply = sandbox.cancel(ORDER)
    assert (reply.status, reply.body["status"]) == (400, "EXECUTED")
    assert sandbox.true_status(ORDER) == "filled"


def test_an_order_that_lags_is_not_declared_gone(sandbox: Server) -> None:
    sandbox.fault("not_found_lag", order_id=ORDER, delay_s=3)
    cancel_id = unknown(sandbox.cancel(ORDER))
    assert sandbox.receipt(cancel_id)["state"] == "UNKNOWN"
    assert sandbox.final_receipt(cancel_id)["state"] == "REFUSED"
    assert sandbox.true_status(ORDER) == "new"


def test_an_order_known_to_exist_but_not_shown_is_a_brokerage_failure_not_a_404(sandbox: Server) -> None:
    sandbox.order(ORDER)
    sandbox.fault("not_found_lag", "look_up", order_id=ORDER, delay_s=3)
    reply = sandbox.call(
        "GET", f"/accounts/{'917c8734-8470-4a3e-a18f-57c3f2ee6631'}/orders/details/v2/{ORDER}"
    )
    assert (reply.status, reply.body["code"]) == (503, "3002")


def test_reads_that_fail_say_so_with_the_brokerage_code(sandbox: Server) -> None:
    sandbox.fault("error_500_not_done", "list")
    reply = sandbox.call("GET", "/accounts/917c8734-8470-4a3e-a18f-57c3f2ee6631/orders")
    assert (reply.status, reply.body["code"]) == (503, "3002")


def test_faults_reach_the_log_only_as_the_exchange_saw_them(sandbox: Server) -> None:
    sandbox.fault("reply_lost", order_id=ORDER)
    sandbox.cancel(ORDER)
    events = [entry["event"] for entry in sandbox.truth(ORDER) if entry["operation"] == "cancel"]
    assert events == ["request_received", "order_changed"]


@pytest.mark.parametrize(
    "form",
    [
        {"operation": "cancel", "kind": "no_such_kind"},
        {"operation": "no_such_operation", "kind": "hang"},
        {"operation": "place", "kind": "ack_only"},
        {"kind": "hang"},
        {"operation": "cancel", "kind": "hang", "times": 0},
        {"operation": "cancel", "kind": "hang", "delay_s": -1},
    ],
)
def test_an_impossible_fault_is_refused_with_a_sentence(sandbox: Server, form: dict[str, object]) -> None:
    reply = sandbox.control("POST", "/faults", form)
    assert reply.status == 400
    assert len(reply.body["detail"]) > 20
