"""A sandbox that is started over while it works: what is under way ends somehow, and never as a bug."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .world import ACCOUNT, ORDER, Reply, Server, eventually

BUG = "1000"


def errors_of(server: Server) -> list[str]:
    assert server.log is not None
    return [line for line in server.log.read_text("utf-8").splitlines() if '"level": "error"' in line]


def code(reply: Reply) -> str:
    return "" if reply.status == 200 else str(reply.body["code"])


def test_a_cancel_that_a_reset_overtakes_is_unknown_or_gone(logged: Server) -> None:
    logged.fault("hang", order_id=ORDER)
    with ThreadPoolExecutor(2) as pool:
        cancel = pool.submit(logged.cancel, ORDER)
        eventually(lambda: logged.cancels_received(ORDER), bool, within_s=5)
        assert logged.control("POST", "/reset", {}).status == 200
        overtaken = cancel.result()
    assert (overtaken.status, code(overtaken)) in ((404, "1011"), (500, "7042"))
    again = logged.cancel(ORDER)
    assert (again.status, again.body["status"]) == (200, "CANCELED")
    assert errors_of(logged) == []


def test_an_open_cancel_that_is_being_looked_up_is_gone_after_a_reset(logged: Server) -> None:
    logged.fault("reply_lost", order_id=ORDER)
    logged.fault("hang", "look_up", times=None)
    cancel_id = logged.cancel(ORDER, headers={"Prefer": "wait=0"}).body["cancel_id"]
    eventually(lambda: [each for each in logged.truth(ORDER) if each["operation"] == "look_up"], bool, 5)
    assert logged.control("POST", "/reset", {}).status == 200
    assert logged.call("GET", f"/cancellations/{cancel_id}").status == 404
    eventually(lambda: logged.cancel(ORDER), lambda reply: bool(reply.status == 200), 5)
    assert errors_of(logged) == []


def test_resets_at_once_come_one_after_the_other_and_leave_one_world(logged: Server) -> None:
    with ThreadPoolExecutor(24) as pool:
        resets = [pool.submit(logged.control, "POST", "/reset", {}) for _ in range(8)]
        cancels = [pool.submit(logged.cancel, ORDER) for _ in range(16)]
        assert {each.result().status for each in resets} == {200}
        codes = {code(each.result()) for each in cancels}
    assert BUG not in codes
    assert logged.cancel(ORDER).body["status"] == "CANCELED"
    assert [order["brokerage_order_id"] for order in listed(logged)] == [ORDER]
    assert errors_of(logged) == []


def listed(server: Server) -> list[dict[str, str]]:
    reply = server.call("GET", f"/accounts/{ACCOUNT}/orders")
    assert reply.status == 200, reply.body
    orders: list[dict[str, str]] = reply.body
    return orders


def test_resets_by_several_processes_leave_one_world(tmp_path: Path) -> None:
    with Server(tmp_path / "data", "--workers", "2") as server, ThreadPoolExecutor(8) as pool:
        resets = [pool.submit(server.control, "POST", "/reset", {}) for _ in range(8)]
        assert {each.result().status for each in resets} == {200}
        assert {server.cancel(ORDER).body["status"] for _ in range(4)} == {"CANCELED"}
