"""`nostro sandbox` and `nostro serve`: the same server, with and without the sandbox's world."""

import asyncio
import contextlib
import gc
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn
from rich.console import Console

from nostro import sandbox
from nostro.app import DRAIN_S, Nostro, build
from nostro.cli.logs import configure_logs
from nostro.cli.workers import ChildFailed, end_with_parent, listen, run_workers
from nostro.domain.errors import Refusal
from nostro.http.gateway import Gateway
from nostro.http.protocol import GuardedProtocol
from nostro.http.sandbox import SandboxControls
from nostro.settings import Settings, SettingsInvalid, read_settings
from nostro.storage.schema import SchemaTooNew
from nostro.storage.vault import VaultError

errors = Console(stderr=True)

GIL_SWITCH_S = 0.0005
"""After every statement of SQLite the loop waits so long for the interpreter while the writer is busy, and
the writer while the loop is. Python's 5 ms, times all statements of a request, are most of what it takes."""

CLOSE_S = 2
"""How long connections may take to close once what was asked over them is answered."""

Host = Annotated[str | None, typer.Option(help="Address to listen on.", envvar="NOSTRO_HOST")]
Port = Annotated[
    int | None,
    typer.Option(help="Port to listen on; 0 takes a free one.", envvar="NOSTRO_PORT", min=0, max=65_535),
]
Data = Annotated[Path | None, typer.Option(help="Folder for everything that lasts.", envvar="NOSTRO_DATA")]


def sandbox_command(
    host: Host = None,
    port: Port = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder to keep the sandbox in; without it, it is forgotten at the end."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides the exchange's first prices.", min=0)] = 0,
    workers: Annotated[
        int | None, typer.Option(help="Server processes, beside one that is the brokerage.", min=1, max=64)
    ] = None,
    *,
    child: Annotated[bool, typer.Option("--child", hidden=True)] = False,
) -> None:
    """Run the whole API offline, with an embedded brokerage that fills, hangs and fails as it is told.

    It speaks the identifiers of SnapTrade's own "Cancel order" page: official SDKs work unchanged, with only
    the server's address added. Its secrets are public; it is for testing only.

    Example: nostro sandbox --port 8787
    """
    with tempfile.TemporaryDirectory(prefix="nostro-sandbox-") as scratch:
        settings = _settings(host, port, data or Path(scratch))

        async def run() -> None:
            if workers is not None:
                await run_workers(settings, seed, workers)
                return
            nostro = await build(settings, seed=seed)
            if not await sandbox.may_furnish(nostro):
                await nostro.stop()
                errors.print(
                    f"[red]{settings.data} holds keys of its own, which a sandbox would mix with public"
                    " ones.[/red] Use another folder."
                )
                raise typer.Exit(1)
            if not child:
                await _furnish(nostro)
            controls = SandboxControls(
                nostro.paper.controls, lambda new_seed: sandbox.reset(nostro, new_seed)
            )
            await _serve(nostro, nostro.application(controls.operations()), sandbox.how_to, is_child=child)

        _run(run)


def serve_command(host: Host = None, port: Port = None, data: Data = None) -> None:
    """Run the server for real use, on its own data folder.

    Make a key first: nostro keys create --name "my app". All settings can come from the environment:
    NOSTRO_HOST, NOSTRO_PORT, NOSTRO_DATA, NOSTRO_PUBLIC_URL, NOSTRO_REPLAY, NOSTRO_TIMESTAMP_PAST_S,
    NOSTRO_TIMESTAMP_FUTURE_S.

    Example: nostro serve --port 8787 --data /var/lib/nostro
    """
    settings = _settings(host, port, data)

    async def run() -> None:
        nostro = await build(settings)
        if await sandbox.is_furnished(nostro):
            await nostro.stop()
            errors.print(
                f"[red]{settings.data} is a sandbox's folder: its secrets are public.[/red] Use another one."
            )
            raise typer.Exit(1)
        await _serve(nostro, nostro.application(), lambda _url: "")

    _run(run)


async def _furnish(nostro: Nostro) -> None:
    try:
        await sandbox.furnish(nostro)
    except Refusal:
        await nostro.stop()
        raise


def _settings(host: str | None, port: int | None, data: Path | None) -> Settings:
    try:
        settings = read_settings(os.environ)
    except SettingsInvalid as error:
        errors.print(f"[red]{error}[/red]")
        raise typer.Exit(2) from error
    return replace(
        settings,
        host=settings.host if host is None else host,
        port=settings.port if port is None else port,
        data=settings.data if data is None else data,
    )


def _run(main: Callable[[], Any]) -> None:
    """Run `main` on the fastest loop there is; known troubles become one line and exit status 1."""
    configure_logs()
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(main())
    except (VaultError, SchemaTooNew, Refusal, OSError, ChildFailed) as error:
        errors.print(f"[red]{error}[/red]")
        raise typer.Exit(1) from error


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - not to be had on Windows
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _serve(
    nostro: Nostro, application: Gateway, how_to: Callable[[str], str], *, is_child: bool = False
) -> None:
    """Recover, then open the port, then serve until told to stop."""
    settings = nostro.settings
    await nostro.start()
    listener = listen(settings.host, settings.port, is_shared=is_child)
    host, port = listener.getsockname()[:2]
    config = uvicorn.Config(
        application,
        http=GuardedProtocol,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=CLOSE_S,
    )
    sys.setswitchinterval(GIL_SWITCH_S)
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
    server = _Server(config)

    nostro.tasks.start(nostro.pulse.run(), name="pulse")

    async def drain() -> None:
        """Answer what was asked before the port closes; whoever comes meanwhile is told to go elsewhere."""
        await nostro.lanes.drain(DRAIN_S, nostro.commands.clock)
        server.should_exit = True

    def stop() -> None:
        nostro.tasks.start(drain(), name="drain")

    for signal_ in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signal_, stop)
    if is_child:
        end_with_parent(stop)
    # Only now: whoever reads this may tell the server to stop, and that must be an orderly end.
    url = f"http://{host}:{port}"
    print(f"listening on {url}", flush=True)
    if (text := how_to(url)) and not is_child:
        print(text, flush=True)
    try:
        await server.serve(sockets=[listener])
    finally:
        nostro.pulse.stop()
        await nostro.stop()


class _Server(uvicorn.Server):
    """uvicorn raises a caught signal again as soon as its port is closed, and nothing would be drained."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
