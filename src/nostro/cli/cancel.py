"""`nostro cancel` and `nostro cancellation`: cancel an order, say what came of it, show the receipt."""

import json
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Annotated, Any, NamedTuple, NoReturn
from urllib.parse import quote

import typer

from nostro.cli.accounts import AccountArgument, account_path
from nostro.cli.client import TIMEOUT_S, Client, NotAnswered, NotConnected, Reply
from nostro.cli.options import as_user
from nostro.cli.output import Json, say, show
from nostro.wire.cancel import CANCEL_PENDING, CANCELED, NOT_SENT, PARTIAL_CANCELED, UNKNOWN
from nostro.wire.errors import CANCEL_NOT_SENT, CANCEL_REFUSED, CANCEL_TOO_LATE
from nostro.wire.statuses import STATUS_WORDS


class CancelExit(IntEnum):
    """Exit status of `nostro cancel`. 2 is wrong usage."""

    CANCELED = 0
    FAILED = 1
    """Nothing was asked of the brokerage: no connection to the server, a bad key, no such order."""
    PENDING = 3
    NOT_CANCELED = 4
    UNKNOWN = 5
    NOT_SENT = 6


_STYLES = {
    CancelExit.FAILED: "red",
    CancelExit.CANCELED: "green",
    CancelExit.PENDING: "yellow",
    CancelExit.NOT_CANCELED: "red",
    CancelExit.UNKNOWN: "yellow",
    CancelExit.NOT_SENT: "red",
}


class Verdict(NamedTuple):
    exit: CancelExit
    sentence: str
    """Without a full stop: the status and the fills follow."""
    reason: str = ""


@as_user
def cancel_command(
    client: Client,
    account: AccountArgument,
    order: Annotated[str, typer.Argument(metavar="ORDER", help="The order's id at its brokerage.")],
    *,
    wait: Annotated[
        int | None,
        typer.Option(metavar="SECONDS", help="How long to wait for a final answer.", min=0, max=60),
    ] = None,
    as_json: Json = False,
) -> None:
    """Cancel an order and say what became of it. A repeat is harmless: it joins the same cancel.

    Example: nostro cancel 917c8734-8470-4a3e-a18f-57c3f2ee6631 66a033fa-da74-4fcf-b527-feefdec9257e --sandbox

    Exit status:

    - 0 cancelled, wholly or the rest of a part-filled order

    - 1 nothing was asked of the brokerage (no connection to the server, bad key, no such order, ...)

    - 2 wrong usage

    - 3 pending: the brokerage took the request, the order may still fill

    - 4 not cancelled: too late, or refused

    - 5 unknown: it may or may not be cancelled

    - 6 not sent: the brokerage could not be reached
    """
    try:
        reply = client.send(
            "POST",
            f"{account_path(account)}/trading/cancel",
            body={"brokerage_order_id": order},
            headers=None if wait is None else {"Prefer": f"wait={wait}"},
            timeout_s=TIMEOUT_S + (wait or 0),
        )
    except NotConnected as error:
        _end(Verdict(CancelExit.FAILED, str(error)), NOT_SENT, as_json=as_json)
    except NotAnswered as error:
        sentence = f"{error} Nobody here knows whether {order} is cancelled: ask again."
        _end(Verdict(CancelExit.UNKNOWN, sentence), UNKNOWN, as_json=as_json)
    verdict = judge(reply, order)
    if as_json and reply.fields:
        typer.echo(reply.text)
        raise typer.Exit(verdict.exit)
    if as_json or verdict.exit is CancelExit.FAILED:
        _end(verdict, NOT_SENT if verdict.exit is CancelExit.FAILED else UNKNOWN, as_json=as_json)
    _tell(client, reply, verdict)
    raise typer.Exit(verdict.exit)


@as_user
def cancellation_command(
    client: Client,
    cancel_id: Annotated[str, typer.Argument(metavar="CANCEL_ID", help="As `nostro cancel` names it.")],
    *,
    as_json: Json = False,
) -> None:
    """Show the receipt of a cancel: what was asked, sent, answered and proven, and when. Times are UTC.

    Example: nostro cancellation 0f8f6a54-6c1c-4f0e-9a55-0d3f5f2f7b1e --sandbox
    """
    reply = client.ask("GET", _receipt_path(cancel_id))
    if as_json:
        typer.echo(reply.text)
        return
    receipt = reply.fields
    say(f"Cancel of order {receipt['brokerage_order_id']}: {receipt['state']}")
    say(f"What it came to: {receipt['status']}{_fills(receipt['order'])}")
    say("This is final." if receipt["is_final"] else "The order is being looked up until that is proven.")
    show(("time", "what", "state", "detail"), _timeline(receipt))


def judge(reply: Reply, order_id: str) -> Verdict:
    """Say what an answer to a cancel of `order_id` proves; whatever is not understood is unknown."""
    fields = reply.fields
    status, detail = fields.get("status"), fields.get("detail", "")
    if reply.status == 200 and fields.get("brokerage_order_id") == order_id:
        if status in _CANCELED:
            return Verdict(CancelExit.CANCELED, f"Order {order_id} is cancelled")
        if status == CANCEL_PENDING:
            return Verdict(
                CancelExit.PENDING, f"The brokerage took the cancel, but order {order_id} may still fill"
            )
    if (reply.status, fields.get("code")) in _NOT_CANCELED:
        return Verdict(CancelExit.NOT_CANCELED, f"Order {order_id} was not cancelled", detail)
    if (reply.status, status) == (CANCEL_NOT_SENT.status, NOT_SENT):
        return Verdict(CancelExit.NOT_SENT, f"The cancel of order {order_id} was not sent", detail)
    if 300 <= reply.status < 500:
        return Verdict(CancelExit.FAILED, reply.refusal)
    return Verdict(CancelExit.UNKNOWN, f"It is not known whether order {order_id} is cancelled")


_CANCELED = (CANCELED, PARTIAL_CANCELED)
_NOT_CANCELED = {(row.status, row.code) for row in (CANCEL_TOO_LATE, CANCEL_REFUSED)}


def _end(verdict: Verdict, status: str, *, as_json: bool) -> NoReturn:
    """Exit where the server's answer is not JSON, or none came: a script gets its words all the same."""
    if as_json:
        typer.echo(json.dumps({"status": status, "detail": verdict.sentence}))
    else:
        say(verdict.sentence, style=_STYLES[verdict.exit], to_stderr=True)
    raise typer.Exit(verdict.exit)


def _tell(client: Client, reply: Reply, verdict: Verdict) -> None:
    cancel_id, order = reply.fields.get("cancel_id"), reply.fields.get("order")
    if cancel_id and order is None:
        order = _receipt(client, cancel_id).get("order")
    status = reply.fields.get("status") or f"HTTP {reply.status}"
    sentence = f"{verdict.sentence}: {status}{_fills(order)}. {verdict.reason}".strip()
    say(sentence, style=_STYLES[verdict.exit])
    if cancel_id:
        say(f"Receipt: nostro cancellation {cancel_id}")


def _receipt(client: Client, cancel_id: str) -> Mapping[str, Any]:
    """Read the receipt, which alone names the fills of a success; empty where it cannot be had."""
    try:
        reply = client.send("GET", _receipt_path(cancel_id))
    except (NotConnected, NotAnswered):
        return {}
    return reply.fields if reply.status == 200 else {}


def _receipt_path(cancel_id: str) -> str:
    return f"/cancellations/{quote(cancel_id, safe='', errors='surrogateescape')}"


_CLOSED = {words.v2 for status, words in STATUS_WORDS.items() if status.is_closed} | {PARTIAL_CANCELED}


def _fills(order: Mapping[str, Any] | None) -> str:
    """Say what is filled of each leg; of an order that was open then, that it is what was seen last."""
    if order is None:
        return ""
    when = "" if order["status"] in _CLOSED else "when last seen, "
    return f" ({when}{'; '.join(_fill(leg) for leg in order['legs'])})"


def _fill(leg: Mapping[str, Any]) -> str:
    price = f" at {leg['execution_price']}" if leg["execution_price"] else ""
    of_total = f" of {leg['total_quantity']}" if leg["total_quantity"] else ""
    return f"{leg['filled_quantity'] or 0}{of_total} {leg['instrument']['symbol']} filled{price}"


def _timeline(receipt: Mapping[str, Any]) -> Iterator[tuple[object, ...]]:
    yield _time(receipt["requested_at"]), "asked", "INTENT", ""
    if receipt["sent_at"]:
        yield _time(receipt["sent_at"]), "sent", "SENT", ""
    for each in receipt["evidence"]:
        detail = ", ".join(
            f"{name} {value}" for name, value in each["detail"].items() if value not in (None, "")
        )
        yield _time(each["at"]), each["kind"].replace("_", " "), each["state"], detail


def _time(text: str) -> str:
    """Cut an ISO time to milliseconds."""
    return text.replace("T", " ").rstrip("Z")[:23]
