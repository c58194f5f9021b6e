"""Many callers, one order: one request at the exchange, one verdict."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from .world import ORDER, Reply, Server

CALLERS = 50


def all_at_once(server: Server, callers: int = CALLERS) -> list[Reply]:
    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(lambda _: server.cancel(ORDER), range(callers)))


def test_fifty_callers_of_one_cancel_cause_one_request_and_get_one_verdict(sandbox: Server) -> None:
    replies = all_at_once(sandbox)
    assert {reply.status for reply in replies} == {200}
    assert len({reply.body["cancel_id"] for reply in replies}) == 1
    assert {reply.body["status"] for reply in replies} == {"CANCELED"}
    assert sandbox.cancels_received(ORDER) == 1


@pytest.mark.parametrize("kind", ["reply_lost", "hang", "ack_only", "ack_then_fill", "drop_before"])
def test_fifty_callers_into_a_fault_still_cause_at_most_one_request_at_a_time(
    sandbox: Server, kind: str
) -> None:
    sandbox.fault(kind, order_id=ORDER, times=None)
    replies = all_at_once(sandbox)
    received = sandbox.cancels_received(ORDER)
    if kind == "drop_before":
        assert received == 0
        assert {reply.body["status"] for reply in replies} == {"NOT_SENT"}
    else:
        assert received == 1
        assert len({reply.body["cancel_id"] for reply in replies}) == 1
        assert len({reply.body["status"] for reply in replies}) == 1


def test_cancels_of_different_orders_do_not_wait_for_each_other(sandbox: Server) -> None:
    slow = sandbox.place()
    sandbox.fault("hang", order_id=slow, delay_s=1.5)
    with ThreadPoolExecutor(2) as pool:
        hanging = pool.submit(sandbox.cancel, slow)
        quick = pool.submit(sandbox.cancel, ORDER).result()
        assert quick.body["status"] == "CANCELED"
        assert not hanging.done()
        assert hanging.result().body["status"] == "CANCELED"


def test_a_hundred_orders_canceled_at_once_all_end_canceled(sandbox: Server) -> None:
    orders = [sandbox.place(units=1) for _ in range(100)]
    with ThreadPoolExecutor(32) as pool:
        replies = list(pool.map(sandbox.cancel, orders))
    assert {reply.body["status"] for reply in replies} == {"CANCELED"}
    truth = sandbox.truth()
    received = [
        entry for entry in truth if entry["event"] == "request_received" and entry["operation"] == "cancel"
    ]
    assert len(received) == len(orders)
