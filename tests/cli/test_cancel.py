"""`nostro cancel` and `nostro cancellation`: exit statuses, and sentences that claim no more than is so."""

import json
from typing import Any

import pytest

from ..server.world import ACCOUNT, ORDER, Server
from .conftest import Run, run_nostro
from .stub import Stub, http_reply


@pytest.fixture
def order(sandbox: Server) -> str:
    """An order of ten AAPL that rests."""
    return sandbox.place()


def cancel(nostro: Run, order: str, *options: str) -> Any:
    return nostro("cancel", ACCOUNT, order, "--sandbox", *options)


def test_a_cancelled_order_exits_with_0(nostro: Run, sandbox: Server, order: str) -> None:
    assert (cancel(nostro, order).exit_code, sandbox.true_status(order)) == (0, "canceled")


def test_a_repeat_exits_with_0_too(nostro: Run, order: str) -> None:
    assert [cancel(nostro, order).exit_code for _ in range(2)] == [0, 0]


def test_the_rest_of_a_part_filled_order_exits_with_0_and_names_the_fill(
    nostro: Run, sandbox: Server, order: str
) -> None:
    sandbox.control("POST", f"/orders/{order}/fill", {"units": "4"})
    result = cancel(nostro, order)
    assert (result.exit_code, "PARTIAL_CANCELED (4 of 10 AAPL filled at 1)" in result.stdout) == (0, True)


def test_a_cancel_that_is_accepted_only_exits_with_3(nostro: Run, sandbox: Server, order: str) -> None:
    sandbox.fault("ack_only", order_id=order)
    result = cancel(nostro, order)
    assert (result.exit_code, "may still fill: CANCEL_PENDING" in result.stdout) == (3, True)


def test_waiting_longer_gets_the_final_answer(nostro: Run, sandbox: Server, order: str) -> None:
    sandbox.fault("hang", order_id=order, delay_s=1.5)
    assert [cancel(nostro, order, "--wait", wait).exit_code for wait in ("0", "10")] == [5, 0]


def test_a_filled_order_exits_with_4_and_names_the_fill(nostro: Run, sandbox: Server, order: str) -> None:
    sandbox.control("POST", f"/orders/{order}/fill", {})
    result = cancel(nostro, order)
    assert (result.exit_code, "EXECUTED (10 of 10 AAPL filled at 1)" in result.stdout) == (4, True)


def test_a_cancel_that_the_brokerage_did_not_carry_out_exits_with_4(
    nostro: Run, sandbox: Server, order: str
) -> None:
    sandbox.fault("error_500_not_done", order_id=order)
    assert (cancel(nostro, order, "--wait", "10").exit_code, sandbox.true_status(order)) == (4, "new")


def test_a_brokerage_that_hangs_exits_with_5(nostro: Run, sandbox: Server, order: str) -> None:
    sandbox.fault("hang", order_id=order)
    result = cancel(nostro, order, "--wait", "0")
    assert (result.exit_code, "It is not known whether" in result.stdout) == (5, True)


def test_a_brokerage_out_of_reach_exits_with_6(nostro: Run, sandbox: Server, order: str) -> None:
    sandbox.fault("drop_before", order_id=order)
    result = cancel(nostro, order)
    assert (result.exit_code, "NOT_SENT" in result.stdout) == (6, True)


def test_fills_of_an_order_that_may_go_on_are_told_as_last_seen(
    nostro: Run, sandbox: Server, order: str
) -> None:
    sandbox.fault("hang", order_id=order)
    assert "(when last seen, 0 of 10 AAPL filled)" in cancel(nostro, order, "--wait", "0").stdout


@pytest.mark.parametrize("order_id", ["nope", "", "-1", "00000000-0000-4000-8000-000000000000", "\udcff"])
def test_an_id_that_names_no_order_exits_with_1(nostro: Run, order_id: str) -> None:
    result = nostro("cancel", "--sandbox", "--", ACCOUNT, order_id)
    assert (result.exit_code, result.stdout) == (1, "")


def test_an_unknown_account_exits_with_1(nostro: Run, order: str) -> None:
    result = nostro("cancel", "00000000-0000-4000-8000-000000000000", order, "--sandbox")
    assert (result.exit_code, "1011" in result.stderr) == (1, True)


def test_a_wrong_key_exits_with_1(nostro: Run, order: str) -> None:
    result = nostro("cancel", ACCOUNT, order, "--client-id", "X", "--consumer-key", "Y")
    assert (result.exit_code, "1083" in result.stderr) == (1, True)


def test_a_server_that_is_not_there_exits_with_1_and_says_that_nothing_was_sent() -> None:
    with Stub() as gone:
        url = gone.url
    result = run_nostro("cancel", ACCOUNT, ORDER, "--sandbox", "--url", url)
    assert (result.exit_code, "Nothing was sent." in result.stderr) == (1, True)


@pytest.mark.parametrize("wait", ["-1", "61", "soon"])
def test_a_wait_that_the_server_does_not_grant_is_wrong_usage(nostro: Run, wait: str) -> None:
    assert nostro("cancel", ACCOUNT, "X", "--wait", wait, "--sandbox").exit_code == 2


@pytest.mark.parametrize(
    ("kind", "status"), [(None, "CANCELED"), ("drop_before", "NOT_SENT"), ("hang", "UNKNOWN")]
)
def test_json_is_the_servers_answer_whatever_the_outcome(
    nostro: Run, sandbox: Server, order: str, kind: str | None, status: str
) -> None:
    options = ["--json"]
    if kind is not None:
        sandbox.fault(kind, order_id=order)
        options += ["--wait", "0"] if kind == "hang" else []
    assert json.loads(cancel(nostro, order, *options).stdout)["status"] == status


def test_a_refusal_as_json_is_the_servers_answer(nostro: Run) -> None:
    result = nostro("cancel", ACCOUNT, "nope", "--sandbox", "--json")
    assert (result.exit_code, result.stderr) == (1, "")
    assert json.loads(result.stdout)["code"] == "7010"


@pytest.mark.parametrize(
    ("reply", "exit_code", "status"),
    [
        (b"", 5, "UNKNOWN"),
        (http_reply(502, "<html>", "text/html"), 5, "UNKNOWN"),
        (http_reply(404, "<html>", "text/html"), 1, "NOT_SENT"),
    ],
)
def test_json_comes_out_also_where_none_came_in(
    stub: Stub, reply: bytes, exit_code: int, status: str
) -> None:
    stub.reply = reply
    result = run_nostro("cancel", ACCOUNT, ORDER, "--sandbox", "--url", stub.url, "--json")
    assert (result.exit_code, json.loads(result.stdout)["status"]) == (exit_code, status)


def test_json_says_not_sent_where_there_is_no_server() -> None:
    with Stub() as gone:
        url = gone.url
    result = run_nostro("cancel", ACCOUNT, ORDER, "--sandbox", "--url", url, "--json")
    assert (result.exit_code, json.loads(result.stdout)["status"]) == (1, "NOT_SENT")


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
        b"no HTTP at all\r\n\r\n",
        http_reply(200, "{}"),
        http_reply(200, json.dumps({"brokerage_order_id": ORDER, "raw_response": None})),
        http_reply(200, json.dumps({"brokerage_order_id": ORDER, "status": "DONE"})),
        http_reply(200, json.dumps({"brokerage_order_id": "another", "status": "CANCELED"})),
        http_reply(200, "[]"),
        http_reply(200, "<html>", "text/html"),
        http_reply(204, ""),
        http_reply(500, json.dumps({"detail": "Encountered an unexpected exception.", "code": "1000"})),
        http_reply(502, "<html>Bad Gateway", "text/html"),
        http_reply(503, json.dumps({"detail": "busy"})),
        http_reply(504, ""),
    ],
)
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_an_answer_that_proves_nothing_exits_with_5(
    stub: Stub, reply: bytes, options: tuple[str, ...]
) -> None:
    stub.reply = reply
    result = run_nostro("cancel", ACCOUNT, ORDER, "--sandbox", "--url", stub.url, *options)
    assert result.exit_code == 5


@pytest.mark.parametrize("reply", [http_reply(307, ""), http_reply(404, "<html>", "text/html")])
def test_a_server_that_sends_its_client_elsewhere_exits_with_1(stub: Stub, reply: bytes) -> None:
    stub.reply = reply
    assert run_nostro("cancel", ACCOUNT, ORDER, "--sandbox", "--url", stub.url).exit_code == 1


@pytest.mark.parametrize("reply", [b"", http_reply(429, "{}"), http_reply(503, "{}"), http_reply(307, "")])
def test_a_cancel_is_sent_once_whatever_comes_back(stub: Stub, reply: bytes) -> None:
    stub.reply = reply
    run_nostro("cancel", ACCOUNT, ORDER, "--sandbox", "--url", stub.url)
    assert len(stub.received) == 1


def test_what_a_server_says_is_not_obeyed_by_the_terminal(stub: Stub) -> None:
    stub.reply = http_reply(400, json.dumps({"detail": "[red]\x1b[2J", "code": "7040", "status": "X"}))
    result = run_nostro("cancel", ACCOUNT, ORDER, "--sandbox", "--url", stub.url)
    assert (result.exit_code, r"[red]\x1b[2J" in result.stdout) == (4, True)


def receipt_of(nostro: Run, order: str, *options: str) -> str:
    return str(json.loads(cancel(nostro, order, "--json", *options).stdout)["cancel_id"])


def test_the_sentence_names_the_receipt(nostro: Run, order: str) -> None:
    cancel_id = receipt_of(nostro, order)
    assert f"nostro cancellation {cancel_id}" in cancel(nostro, order).stdout


def test_a_receipt_shows_the_timeline_from_the_wish_to_the_evidence(nostro: Run, order: str) -> None:
    lines = nostro("cancellation", receipt_of(nostro, order), "--sandbox").stdout.splitlines()
    assert [line.split()[2:4] for line in lines if line.strip().startswith("20")] == [
        ["asked", "INTENT"],
        ["sent", "SENT"],
        ["reply", "CONFIRMED"],
    ]


def test_a_receipt_of_an_open_cancel_says_that_it_is_being_looked_up(
    nostro: Run, sandbox: Server, order: str
) -> None:
    sandbox.fault("ack_only", order_id=order)
    assert "being looked up" in nostro("cancellation", receipt_of(nostro, order), "--sandbox").stdout


def test_a_receipt_of_an_order_that_stayed_open_does_not_call_it_cancelled(
    nostro: Run, sandbox: Server, order: str
) -> None:
    sandbox.fault("error_500_not_done", order_id=order)
    shown = nostro("cancellation", receipt_of(nostro, order, "--wait", "10"), "--sandbox").stdout
    assert f"Cancel of order {order}: REFUSED" in shown


def test_the_json_of_a_receipt_is_the_servers(nostro: Run, order: str) -> None:
    cancel_id = receipt_of(nostro, order)
    shown = json.loads(nostro("cancellation", cancel_id, "--sandbox", "--json").stdout)
    assert (shown["cancel_id"], shown["state"]) == (cancel_id, "CONFIRMED")


@pytest.mark.parametrize("cancel_id", ["nope", "..", "00000000-0000-4000-8000-000000000000"])
def test_a_receipt_that_does_not_exist_exits_with_1(nostro: Run, cancel_id: str) -> None:
    assert nostro("cancellation", cancel_id, "--sandbox").exit_code == 1
