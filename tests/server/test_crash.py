"""kill -9 at every named point of the cancel path: nothing that was asked is lost, and nothing is asked twice."""

import http.client
import signal
from pathlib import Path

import pytest

from .world import ORDER, Server

POINTS = [
    "after_intent",
    "before_send",
    "after_send",
    "before_commit",
    "after_commit",
    "before_answer",
]
SENT = {"after_send", "before_commit", "after_commit", "before_answer"}


@pytest.mark.parametrize("point", POINTS)
def test_a_crash_loses_no_intent_and_each_is_resolved_by_evidence(tmp_path: Path, point: str) -> None:
    server = Server(tmp_path / "data")
    server.start(NOSTRO_CRASH_AT=point)
    with pytest.raises((http.client.HTTPException, OSError)):
        server.cancel(ORDER)
    assert server.wait_until_dead() == -signal.SIGKILL
    with server.start() as again:
        sent = point in SENT
        assert again.cancels_received(ORDER) == int(sent)
        joined = again.cancel(ORDER, headers={"Prefer": "wait=10"})
        if sent:
            assert (joined.status, joined.body["status"]) == (200, "CANCELED")
            assert again.cancels_received(ORDER) == 1
        else:
            assert (joined.status, joined.body["status"]) == (400, "ACCEPTED")
            assert again.receipt(joined.body["cancel_id"])["reason"] == "not_processed"
            assert again.true_status(ORDER) == "new"
            assert again.cancel(ORDER).body["status"] == "CANCELED"
            assert again.cancels_received(ORDER) == 1


def test_what_was_open_at_a_crash_is_resolved_without_anybody_asking(tmp_path: Path) -> None:
    server = Server(tmp_path / "data").start()
    server.fault("ack_only", order_id=ORDER)
    cancel_id = server.cancel(ORDER).body["cancel_id"]
    server.stop(signal.SIGKILL)
    with server.start() as again:
        assert again.receipt(cancel_id)["state"] == "ACKED"
        again.control("POST", f"/orders/{ORDER}/cancel")
        assert again.final_receipt(cancel_id)["state"] == "CONFIRMED"
        assert again.cancels_received(ORDER) == 1


def test_an_intent_left_by_a_crash_shows_the_restart_in_its_receipt(tmp_path: Path) -> None:
    server = Server(tmp_path / "data").start(NOSTRO_CRASH_AT="after_send")
    with pytest.raises((http.client.HTTPException, OSError)):
        server.cancel(ORDER)
    server.wait_until_dead()
    with server.start() as again:
        cancel_id = again.cancel(ORDER, headers={"Prefer": "wait=10"}).body["cancel_id"]
        kinds = [(each["kind"], each["state"]) for each in again.receipt(cancel_id)["evidence"]]
        assert kinds == [("restart", "UNKNOWN"), ("look_up", "CONFIRMED")]


def test_an_orderly_stop_lets_a_cancel_under_way_end(tmp_path: Path) -> None:
    server = Server(tmp_path / "data").start()
    server.fault("hang", order_id=ORDER, delay_s=1)
    reply = server.cancel(ORDER, headers={"Prefer": "wait=0"})
    assert reply.body["status"] == "UNKNOWN"
    assert server.stop(signal.SIGTERM) == 0
    with server.start() as again:
        receipt = again.final_receipt(reply.body["cancel_id"])
        assert receipt["state"] == "CONFIRMED"
        assert [each["kind"] for each in receipt["evidence"]] == ["reply"]


def test_answers_given_before_a_kill_are_still_true_after_it(tmp_path: Path) -> None:
    server = Server(tmp_path / "data").start()
    receipts: dict[str, object] = {}
    for number in range(4):
        order_id = server.place(units=number + 1)
        cancel_id = server.cancel(order_id).body["cancel_id"]
        receipts[cancel_id] = server.receipt(cancel_id)
        server.stop(signal.SIGKILL)
        server.start()
        for known, receipt in receipts.items():
            assert server.receipt(known) == receipt
    server.stop(signal.SIGKILL)
