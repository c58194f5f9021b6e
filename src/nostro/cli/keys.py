"""`nostro keys`: make, list and revoke the keys that clients sign with, in the data folder itself."""

import asyncio
import json
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from nostro.cli.output import Json, fail, say, show
from nostro.cli.store import DataUnusable, open_key_desk
from nostro.domain.ids import ClientId
from nostro.ports import SystemClock, SystemIds
from nostro.settings import default_data_dir
from nostro.storage.port import PartnerKey

T = TypeVar("T")

CONSUMER_KEY_CHARS = 48
_CLIENT_ID_CHARS = 20

app = typer.Typer(no_args_is_help=True)

Data = Annotated[
    Path | None, typer.Option(help="The server's data folder; by default the user's.", envvar="NOSTRO_DATA")
]


@app.command()
def create(
    name: Annotated[str, typer.Option(help="What lists call it; the client id by default.")] = "",
    *,
    personal: Annotated[
        bool, typer.Option("--personal", help="Make a key that is its own only user.")
    ] = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Make a key: a client id, and the consumer key it signs with, which is shown this once.

    A partner key registers users; a personal key needs none. A running server takes it at once.

    Example: nostro keys create --name "my app"
    """
    key = _run(_create(_folder(data), name, is_personal=personal))
    if as_json:
        typer.echo(json.dumps({**_public(key), "consumer_key": key.consumer_key}))
        return
    say(f"client id:    {key.client_id}")
    say(f"consumer key: {key.consumer_key}")
    say("Keep the consumer key now: it is not shown again.", style="yellow")


@app.command("list")
def list_(*, as_json: Json = False, data: Data = None) -> None:
    """List all keys, revoked ones too, without their consumer keys.

    Example: nostro keys list --data /var/lib/nostro
    """
    keys = _run(_list(_folder(data)))
    if as_json:
        typer.echo(json.dumps([_public(key) for key in keys]))
        return
    show(
        ("client id", "name", "kind", "created", "revoked"),
        (
            (
                key.client_id,
                key.name,
                "personal" if key.is_personal else "partner",
                f"{key.created_at:%Y-%m-%d %H:%M}",
                key.revoked_at and f"{key.revoked_at:%Y-%m-%d %H:%M}",
            )
            for key in keys
        ),
    )


@app.command()
def revoke(
    client_id: Annotated[str, typer.Argument(metavar="CLIENT_ID", help="Which key.")], *, data: Data = None
) -> None:
    """Revoke a key. A running server refuses it from the next request on; open cancels are still worked on.

    Example: nostro keys revoke 7F3K0QZJ4M1XW9TB2RHC
    """
    if not _run(_revoke(_folder(data), ClientId(client_id))):
        fail(f"There is no key {client_id}, or it is revoked already.")
    say(f"{client_id} is revoked.")


async def _create(data: Path, name: str, *, is_personal: bool) -> PartnerKey:
    clock, ids = SystemClock(), SystemIds()
    client_id = ClientId(("PERS-" if is_personal else "") + ids.secret(_CLIENT_ID_CHARS).upper())
    key = PartnerKey(
        client_id=client_id,
        name=name.strip() or client_id,
        is_personal=is_personal,
        consumer_key=ids.secret(CONSUMER_KEY_CHARS),
        created_at=clock.now(),
    )
    async with open_key_desk(data, clock, ids, may_be_new=True) as desk:
        await desk.keys.add(key)
        if is_personal:
            await desk.users.register_personal(key)
    return key


async def _list(data: Path) -> list[PartnerKey]:
    async with open_key_desk(data, SystemClock(), SystemIds()) as desk:
        return list(await desk.keys.list())


async def _revoke(data: Path, client_id: ClientId) -> bool:
    clock = SystemClock()
    async with open_key_desk(data, clock, SystemIds()) as desk:
        return await desk.keys.revoke(client_id, clock.now())


def _folder(data: Path | None) -> Path:
    return data or default_data_dir(os.environ)


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run `work`; what is wrong with the folder becomes one line on stderr and exit status 1."""
    try:
        return asyncio.run(work)
    except DataUnusable as error:
        fail(str(error))


def _public(key: PartnerKey) -> dict[str, object]:
    return {
        "client_id": key.client_id,
        "name": key.name,
        "is_personal": key.is_personal,
        "created_at": key.created_at.isoformat(),
        "revoked_at": key.revoked_at and key.revoked_at.isoformat(),
    }
