"""Four cancels, each compared with the exchange's own log. Exit status 0 only if every answer told the truth.

Run it by `make demo`, or by `python examples/demo.py FOLDER` where FOLDER holds an official Python SDK
(`pip install --target FOLDER snaptrade-python-sdk`).
"""

import ast
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from nostro import sandbox
from nostro.cli.client import Caller, Client, Reply
from nostro.ports import SystemClock

SNIPPET = Path(__file__).with_name("cancel_order.py")
FINAL_WAIT_S = 15
MEANINGS = {"CANCELED": "canceled", "CANCEL_PENDING": "pending_cancel", "EXECUTED": "filled"}
"""SnapTrade's words, and the exchange's for the same."""

console = Console(highlight=False)


class Demo:
    """One sandbox as three see it: its clients, its operator, and the exchange behind it."""

    def __init__(self, url: str, sdk: Path) -> None:
        caller = Caller(
            client_id=sandbox.CLIENT_ID,
            consumer_key=sandbox.CONSUMER_KEY,
            user_id=sandbox.USER_ID,
            user_secret=sandbox.USER_SECRET,
        )
        self._url = url
        self._sdk = sdk
        self._client = Client(url, caller, SystemClock())
        self.differences: list[str] = []
        """Each answer that was not the truth, in words."""

    def run(self) -> None:
        self.cancel_with_the_sdk()
        self.cancel_too_late()
        self.cancel_that_is_only_accepted()
        self.cancel_that_is_never_answered()

    def cancel_with_the_sdk(self) -> None:
        _title(1, "SnapTrade's own snippet, run by SnapTrade's own SDK")
        order_id = sandbox.ORDER_ID
        console.print(f"Before: the order is [bold]{self._status(order_id)}[/].")
        answer = self._run_snippet()
        console.print(f"The SDK got: status [bold]{answer['status']}[/], cancel {answer['cancel_id']}.")
        console.print(f"After:  the order is [bold]{self._status(order_id)}[/].")
        self._compare("the answer", answer["status"], order_id)
        self._check_sent_once(order_id)

    def cancel_too_late(self) -> None:
        _title(2, "Too late: the order was filled a moment before")
        order_id = self._place()
        self._control(f"orders/{order_id}/fill")
        reply = self._cancel(order_id)
        leg = reply.fields["order"]["legs"][0]
        console.print(f"HTTP {reply.status}: {reply.fields['detail']}")
        console.print(f"With it comes the fill: {leg['filled_quantity']} of {leg['total_quantity']} AAPL.")
        self._compare("the answer", reply.fields["status"], order_id)
        true_fill = self._true_state(order_id)["detail"]["filled_quantity"]
        self._check("the quantity filled", leg["filled_quantity"], true_fill)

    def cancel_that_is_only_accepted(self) -> None:
        _title(3, "Accepted only: the brokerage says yes now and cancels later")
        order_id = self._place()
        self._control("faults", operation="cancel", kind="ack_only", order_id=order_id)
        reply = self._cancel(order_id)
        status = reply.fields["status"]
        console.print(f"HTTP {reply.status}: status [bold]{status}[/]. The order may still fill.")
        self._compare("the first answer", status, order_id)
        self._control(f"orders/{order_id}/cancel")
        reply = self._cancel(order_id, wait_s=FINAL_WAIT_S)
        console.print(
            f"The exchange carries it out, nostro notices; asked again: [bold]{reply.fields['status']}[/]."
        )
        self._compare("the second answer", reply.fields["status"], order_id)
        self._check_sent_once(order_id)

    def cancel_that_is_never_answered(self) -> None:
        _title(4, "Never answered: the brokerage hangs, and then fails for a while")
        order_id = self._place()
        self._control("faults", operation="cancel", kind="hang", order_id=order_id)
        self._control("faults", operation="look_up", kind="error_500_not_done", order_id=order_id, times=6)
        reply = self._cancel(order_id)
        status, cancel_id = reply.fields["status"], reply.fields["cancel_id"]
        console.print(
            f"HTTP {reply.status}: status [bold]{status}[/], which claims neither cancelled nor open."
        )
        expected = "CANCELED" if self._count(order_id, "reply_sent", "cancel") else "UNKNOWN"
        self._check("the first answer, after no reply", status, expected)
        reply = self._cancel(order_id, wait_s=FINAL_WAIT_S)
        console.print(
            f"Looked up until there was evidence: [bold]{reply.fields['status']}[/]. The receipt says:"
        )
        console.print(_timeline(self._client.ask("GET", f"/cancellations/{cancel_id}").fields))
        self._compare("the second answer", reply.fields["status"], order_id)
        self._check_sent_once(order_id)

    def _run_snippet(self) -> Mapping[str, Any]:
        """Run the snippet in a process of its own, and read what it printed."""
        done = subprocess.run(  # noqa: S603 - our own example
            [sys.executable, str(SNIPPET)],
            env={**os.environ, "NOSTRO_URL": self._url, "PYTHONPATH": str(self._sdk)},
            stdout=subprocess.PIPE,
            text=True,
            timeout=30,
            check=True,
        )
        answer: Mapping[str, Any] = ast.literal_eval(done.stdout)
        return answer

    def _place(self) -> str:
        """Place an order that rests, and return its id."""
        form = {
            "account_id": sandbox.ACCOUNT_ID,
            "action": "BUY",
            "symbol": "AAPL",
            "order_type": "Limit",
            "time_in_force": "GTC",
            "price": "1",
            "units": "10",
        }
        placed = self._client.ask("POST", "/trade/place", body=form)
        return str(placed.fields["brokerage_order_id"])

    def _cancel(self, order_id: str, wait_s: int | None = None) -> Reply:
        """Cancel the order, or join the cancel under way; `wait_s` is how long to wait for its end."""
        return self._client.send(
            "POST",
            f"/accounts/{sandbox.ACCOUNT_ID}/trading/cancel",
            body={"brokerage_order_id": order_id},
            headers=None if wait_s is None else {"Prefer": f"wait={wait_s}"},
        )

    def _status(self, order_id: str) -> str:
        path = f"/accounts/{sandbox.ACCOUNT_ID}/orders/details"
        return str(self._client.ask("POST", path, body={"brokerage_order_id": order_id}).fields["status"])

    def _control(self, path: str, **form: object) -> None:
        self._client.ask("POST", f"/sandbox/{path}", body=form)

    def _truth(self, order_id: str) -> list[Any]:
        """Read what the exchange itself wrote down about the order, oldest first."""
        entries: list[Any] = self._client.ask(
            "GET", "/sandbox/truth", query={"brokerage_order_id": order_id}
        ).body
        return entries

    def _true_state(self, order_id: str) -> Mapping[str, Any]:
        changes: list[Mapping[str, Any]] = [
            entry for entry in self._truth(order_id) if entry["event"] == "order_changed"
        ]
        return changes[-1]

    def _count(self, order_id: str, event: str, operation: str) -> int:
        return sum(
            (entry["event"], entry["operation"]) == (event, operation) for entry in self._truth(order_id)
        )

    def _compare(self, what: str, told: str, order_id: str) -> None:
        """Check that the status told means what the exchange has on record now."""
        self._check(what, MEANINGS.get(told, told), self._true_state(order_id)["status"])

    def _check_sent_once(self, order_id: str) -> None:
        self._check(
            "cancels that the brokerage received", self._count(order_id, "request_received", "cancel"), 1
        )

    def _check(self, what: str, told: object, true: object) -> None:
        if told == true:
            console.print(f"[green]✓[/] {what}: told {told}, true {true}")
            return
        self.differences.append(f"{what}: told {told}, but true {true}")
        console.print(f"[red]✗ {self.differences[-1]}[/]")


def _title(number: int, text: str) -> None:
    console.print(f"\n[bold cyan]{number}. {text}[/]")


def _timeline(receipt: Mapping[str, Any]) -> Table:
    table = Table("time (UTC)", "what", "state after it", box=None, padding=(0, 3))
    table.add_row(receipt["requested_at"][11:23], "asked", "INTENT")
    table.add_row(receipt["sent_at"][11:23], "sent, once", "SENT")
    for each in receipt["evidence"]:
        learnt = each["detail"].get("message") or each["detail"].get("order_status") or ""
        table.add_row(each["at"][11:23], f"{each['kind'].replace('_', ' ')}: {learnt}", each["state"])
    return table


@contextmanager
def running_sandbox() -> Iterator[str]:
    """Start a sandbox on a free port and give its address; ends the program where it does not start."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("NOSTRO_")}
    command = [sys.executable, "-m", "nostro", "sandbox", "--port", "0"]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(  # noqa: S603 - our own server
            command, env=env, stdout=subprocess.PIPE, stderr=log, text=True
        )
        try:
            first_line = process.stdout.readline() if process.stdout is not None else ""
            if not first_line.startswith("listening on "):
                log.seek(0)
                sys.exit(f"The sandbox did not start:\n{first_line}{log.read()}")
            yield first_line.removeprefix("listening on ").strip()
        finally:
            process.terminate()
            process.communicate(timeout=30)


def main() -> None:
    if len(sys.argv) != 2 or not Path(sys.argv[1], "snaptrade_client").is_dir():
        sys.exit(f"usage: {sys.argv[0]} FOLDER (one that holds an official Python SDK)")
    with running_sandbox() as url:
        demo = Demo(url, Path(sys.argv[1]))
        demo.run()
    if demo.differences:
        sys.exit("\nNot every answer told the truth:\n" + "\n".join(demo.differences))
    console.print("\n[bold green]Every answer told the truth.[/]")


if __name__ == "__main__":
    main()
