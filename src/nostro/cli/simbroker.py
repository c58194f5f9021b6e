"""`nostro simbroker`: the embedded brokerage as a process of its own."""

import asyncio
import json
import signal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from nostro.cli.output import fail
from nostro.cli.workers import end_with_parent, listen
from nostro.embedded import EXCHANGE_FILE, UnknownFace, credentials_of, find_face, serve_brokerage

errors = Console(stderr=True)


def _known(slug: str) -> str:
    try:
        find_face(slug)
    except UnknownFace as error:
        raise typer.BadParameter(str(error)) from error
    return slug


def simbroker_command(
    data: Annotated[
        Path | None, typer.Option(help="Folder that holds the exchange.", envvar="NOSTRO_DATA")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0)] = 8788,
    seed: Annotated[int, typer.Option(help="Decides the exchange's first prices.", min=0)] = 0,
    slug: Annotated[
        str, typer.Option("--as", help="Whose API it speaks: paper, alpaca...", callback=_known)
    ] = "paper",
    *,
    issue: Annotated[
        str, typer.Option(help="Print the credentials of the customer with this API key, and end.")
    ] = "",
    child: Annotated[bool, typer.Option("--child", hidden=True)] = False,
) -> None:
    """Run the embedded brokerage alone, over HTTP.

    As paper it is for servers with NOSTRO_PAPER_URL. As another brokerage it speaks that one's own API, so
    that any program written for it can trade here: give the program this address. A key that begins with
    open- opens an account with a million dollars when it is first used. Where the brokerage wants more than
    a key, --issue prints what goes with one.

    Its controls, under /sandbox, move the market, declare faults and show the truth log. They answer to this
    machine only.

    Example: nostro simbroker --port 8788 --data ./exchange

    Example: nostro simbroker --as alpaca --data ./alpaca

    Example: nostro simbroker --as kraken --issue open-me
    """
    if issue:
        credentials = credentials_of(slug, issue)
        if credentials is None:
            fail(f"{slug} issues nothing: any secret goes with a key.")
        typer.echo(json.dumps(credentials, indent=2))
        return
    if data is None:
        raise typer.BadParameter("It is missing.", param_hint="--data")
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        asyncio.run(_run(data / EXCHANGE_FILE, host, port, seed, slug, is_child=child))
    except OSError as error:
        errors.print(f"[red]{error}[/red]")
        raise typer.Exit(1) from error


async def _run(path: Path, host: str, port: int, seed: int, slug: str, *, is_child: bool) -> None:
    """Serve until told to stop."""
    stop = asyncio.Event()
    for signal_ in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signal_, stop.set)
    if is_child:
        end_with_parent(stop.set)
    listener = listen(host, port, is_shared=False)
    server = serve_brokerage(path, seed, slug)
    await server.start(listener)
    print(f"listening on http://{host}:{listener.getsockname()[1]}", flush=True)
    await stop.wait()
    await server.stop()
