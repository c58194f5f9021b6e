"""`nostro webhooks`: where partners are told what happens, and how that went, in the data folder itself."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from nostro.cli.output import Json, fail, say, show
from nostro.cli.store import DataUnusable, KeyDesk, open_key_desk
from nostro.domain.event import ConnectionEvent, OrderEvent
from nostro.domain.ids import ClientId
from nostro.ports import SystemClock, SystemIds
from nostro.settings import default_data_dir, read_settings
from nostro.storage.outbox_port import DeliveryAttempt, EventState, OutboxEvent, WebhookEndpoint
from nostro.webhooks.guard import Guard, UrlRefused, resolve
from nostro.wire.webhooks import SECRET_BYTES, new_secret

T = TypeVar("T")

LISTED_MAX = 100

app = typer.Typer(no_args_is_help=True)

Data = Annotated[
    Path | None, typer.Option(help="The server's data folder; by default the user's.", envvar="NOSTRO_DATA")
]
Client = Annotated[str, typer.Argument(metavar="CLIENT_ID", help="Whose webhooks.")]


@app.command("set")
def set_(
    client_id: Client,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where to POST events.")],
    *,
    new_key: Annotated[
        bool, typer.Option("--new-secret", help="Make a new signing secret; the old one stops signing.")
    ] = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Tell a partner what happens from now on, and switch its webhooks on.

    The URL must be https to a public address; the server's NOSTRO_WEBHOOK_ALLOW names exceptions. The signing
    secret of the Standard Webhooks headers is shown when it is made. Running servers take all this at once.

    Example: nostro webhooks set 7F3K0QZJ4M1XW9TB2RHC https://example.com/hooks
    """
    guard = Guard(read_settings(os.environ).webhook_allow, resolve)
    try:
        guard.check(url)
    except UrlRefused as error:
        fail(f"{url} is no URL for webhooks. {error}")

    async def work(desk: KeyDesk) -> tuple[WebhookEndpoint, bool]:
        if await desk.keys.get(ClientId(client_id)) is None:
            fail(f"There is no key {client_id}, or it is revoked.")
        known = await desk.endpoints.get(ClientId(client_id))
        is_new = known is None or new_key
        endpoint = WebhookEndpoint(
            client_id=ClientId(client_id),
            url=url,
            secret=new_secret(SystemIds().token(SECRET_BYTES)) if known is None or new_key else known.secret,
            is_on=True,
            updated_at=SystemClock().now(),
        )
        await desk.endpoints.put(endpoint)
        return endpoint, is_new

    endpoint, is_new = _run(data, work)
    if as_json:
        secret = {"secret": endpoint.secret} if is_new else {}
        typer.echo(json.dumps(_endpoint(endpoint) | secret))
        return
    say(f"{client_id} is told at {url}")
    if is_new:
        say(f"signing secret: {endpoint.secret}")
        say("Keep the signing secret now: it is not shown again.", style="yellow")


@app.command("show")
def show_(client_id: Client, *, as_json: Json = False, data: Data = None) -> None:
    """Show where a partner is told, without its signing secret.

    Example: nostro webhooks show 7F3K0QZJ4M1XW9TB2RHC
    """
    endpoint = _run(data, lambda desk: desk.endpoints.get(ClientId(client_id)))
    if endpoint is None:
        fail(f"{client_id} has no webhooks.")
    if as_json:
        typer.echo(json.dumps(_endpoint(endpoint)))
        return
    state = "on" if endpoint.is_on else "off"
    show(("client id", "url", "state"), [(endpoint.client_id, endpoint.url, state)])


@app.command()
def disable(client_id: Client, *, data: Data = None) -> None:
    """Switch a partner's webhooks off.

    Nothing new is kept for it then. What is pending waits until `nostro webhooks set` switches them on again.

    Example: nostro webhooks disable 7F3K0QZJ4M1XW9TB2RHC
    """

    async def work(desk: KeyDesk) -> bool:
        endpoint = await desk.endpoints.get(ClientId(client_id))
        if endpoint is not None:
            await desk.endpoints.put(replace(endpoint, is_on=False, updated_at=SystemClock().now()))
        return endpoint is not None

    if not _run(data, work):
        fail(f"{client_id} has no webhooks.")
    say(f"The webhooks of {client_id} are off.")


@app.command("list")
def list_(
    state: Annotated[EventState | None, typer.Option(help="Only events in this state.")] = None,
    *,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1)] = LISTED_MAX,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """List events, newest first.

    Example: nostro webhooks list --state dead
    """
    events = _run(data, lambda desk: desk.outbox.list(state, limit))
    if as_json:
        typer.echo(json.dumps([_event(event) for event in events]))
        return
    show(
        ("event id", "client id", "about", "cancel id", "state", "attempts", "due"),
        (
            (
                each.event_id,
                each.client_id,
                _about(each.event),
                _cancel_id(each.event),
                each.state.value,
                each.attempts,
                f"{each.due_at:%Y-%m-%d %H:%M:%S}" if each.state is EventState.PENDING else None,
            )
            for each in events
        ),
    )


@app.command()
def log(
    event_id: Annotated[str, typer.Argument(metavar="EVENT_ID", help="Which event.")],
    *,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Show every attempt to deliver an event, oldest first.

    Example: nostro webhooks log 5f0c6f0e-3a0b-5f6d-9d8e-0a6f3a1c2b4d
    """
    attempts = _run(data, lambda desk: desk.outbox.attempts(event_id))
    if attempts is None:
        fail(f"There is no event {event_id}.")
    if as_json:
        typer.echo(json.dumps([_attempt(attempt) for attempt in attempts]))
        return
    show(
        ("at", "status", "error", "took"),
        (
            (f"{each.at:%Y-%m-%d %H:%M:%S}", each.status, each.error, f"{each.duration_ms} ms")
            for each in attempts
        ),
    )


@app.command()
def replay(
    event_id: Annotated[str | None, typer.Argument(metavar="[EVENT_ID]", help="Which event.")] = None,
    *,
    dead: Annotated[bool, typer.Option("--dead", help="All that were given up.")] = False,
    data: Data = None,
) -> None:
    """Deliver an event again, under the same id, with all attempts before it.

    Example: nostro webhooks replay --dead
    """
    if (event_id is None) is not dead:
        fail("Name one event, or --dead.")
    count = _run(data, lambda desk: desk.outbox.replay(event_id, SystemClock().now()))
    if event_id is not None and count == 0:
        fail(f"There is no event {event_id}.")
    say(f"{count} to be delivered again.")


def _run(data: Path | None, work: Callable[[KeyDesk], Awaitable[T]]) -> T:
    """Do the work on the open folder; what is wrong with it becomes one line on stderr and exit status 1."""

    async def main() -> T:
        folder = data or default_data_dir(os.environ)
        async with open_key_desk(folder, SystemClock(), SystemIds()) as desk:
            return await work(desk)

    try:
        return asyncio.run(main())
    except DataUnusable as error:
        fail(str(error))


def _endpoint(endpoint: WebhookEndpoint) -> dict[str, object]:
    return {
        "client_id": endpoint.client_id,
        "url": endpoint.url,
        "is_on": endpoint.is_on,
        "updated_at": endpoint.updated_at.isoformat(),
    }


def _event(told: OutboxEvent) -> dict[str, object]:
    event = told.event
    order = event if isinstance(event, OrderEvent) else None
    connection = event if isinstance(event, ConnectionEvent) else None
    return {
        "event_id": told.event_id,
        "client_id": told.client_id,
        "user_id": told.user_id,
        "connection_id": told.connection_id,
        "account_id": order and order.account_id,
        "brokerage_order_id": order and order.brokerage_order_id,
        "cancel_id": _cancel_id(event),
        "connection_change": connection and connection.change,
        "occurred_at": told.event.at.isoformat(),
        "state": told.state.value,
        "attempts": told.attempts,
        "due_at": told.due_at.isoformat() if told.state is EventState.PENDING else None,
    }


def _about(event: OrderEvent | ConnectionEvent) -> str:
    if isinstance(event, OrderEvent):
        return f"order {event.brokerage_order_id}"
    return f"connection {event.connection_id} {event.change}"


def _cancel_id(event: OrderEvent | ConnectionEvent) -> str | None:
    return event.ended.cancel_id if isinstance(event, OrderEvent) and event.ended is not None else None


def _attempt(attempt: DeliveryAttempt) -> dict[str, object]:
    return {
        "at": attempt.at.isoformat(),
        "status": attempt.status,
        "error": attempt.error,
        "duration_ms": attempt.duration_ms,
    }
