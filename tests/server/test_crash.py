"""kill -9 at every named point of the cancel path: nothing asked is lost, and nothing is asked twice."""

import http.client
import signal
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from .world import ORDER, Server, eventually

POINTS = [
    "after_intent",
    "before_send",
    "after_send",
    "before_commit",
    "after_commit",
    "before_answer",
]
SENT = {"after_send", "before_commit", "after_commit", "before_answer"}


def only_intent(data: Path) -> str:
    """The id of the one cancel in the journal: its caller died with the server and never learnt it."""
    journal = sqlite3.connect(data / "nostro.db")
    [(cancel_id,)] = journal.execute("SELECT cancel_id FROM cancel_intent")
    journal.close()
    return str(cancel_id)


@pytest.mark.parametrize("point", POINTS)
def test_a_crash_loses_no_intent_and_each_is_resolved_by_evidence(tmp_path: Path, point: str) -> None:
    server = Server(tmp_path / "data")
    server.start(NOSTRO_CRASH_AT=point)
    with pytest.raises((http.client.HTTPException, OSError)):
        server.cancel(ORDER)
    assert server.wait_until_dead() == -signal.SIGKILL
    with server.start() as again:
        receipt = again.final_receipt(only_intent(tmp_path / "data"))
        sent = point in SENT
        assert again.cancels_received(ORDER) == int(sent)
        if sent:
            assert (receipt["state"], receipt["status"]) == ("CONFIRMED", "CANCELED")
        else:
            assert (receipt["state"], receipt["reason"]) == ("REFUSED", "not_processed")
            assert again.true_status(ORDER) == "new"
        assert again.cancel(ORDER).body["status"] == "CANCELED"
        assert again.cancels_received(ORDER) == 1


def test_a_crash_can_wait_for_the_second_visit_of_a_point(tmp_path: Path) -> None:
    server = Server(tmp_path / "data").start(NOSTRO_CRASH_AT="after_send:2")
    other = server.place()
    assert server.cancel(ORDER).body["status"] == "CANCELED"
    with pytest.raises((http.client.HTTPException, OSError)):
        server.cancel(other)
    assert server.wait_until_dead() == -signal.SIGKILL


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
        receipt = again.final_receipt(only_intent(tmp_path / "data"))
        kinds = [(each["kind"], each["state"]) for each in receipt["evidence"]]
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


def test_a_placement_cut_off_by_a_crash_is_found_by_a_repeat_and_not_sent_again(tmp_path: Path) -> None:
    client_order_id = "0b1e0f52-7a0c-4f9e-9a51-0c3a4f3f7a11"
    server = Server(tmp_path / "data").start()
    server.fault("hang", "place")
    with ThreadPoolExecutor(1) as pool:
        placing = pool.submit(server.place, client_order_id=client_order_id)
        eventually(lambda: places_received(server), lambda count: count == 1, 5)
        server.stop(signal.SIGKILL)
        with pytest.raises((http.client.HTTPException, OSError)):
            placing.result()
    with server.start() as again:
        order_id = again.place(client_order_id=client_order_id)
        assert again.true_status(order_id) == "new"
        assert places_received(again) == 1


def places_received(server: Server) -> int:
    received = [each for each in server.truth() if each["event"] == "request_received"]
    return [each["operation"] for each in received].count("place")
