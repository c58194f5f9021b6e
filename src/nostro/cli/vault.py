"""`nostro vault`: the keys that secrets are sealed under, in the data folder itself."""

import asyncio
import os

import typer
from rich.console import Console
from rich.progress import Progress

from nostro.cli.keys import Data
from nostro.cli.output import fail, say
from nostro.cli.store import DataUnusable, rotate_keys
from nostro.ports import SystemClock, SystemIds
from nostro.settings import default_data_dir
from nostro.storage.open import KEY_RING

app = typer.Typer(no_args_is_help=True)


@app.callback()
def vault() -> None:
    """Take care of the keys that secrets are sealed under."""


@app.command()
def rotate(*, data: Data = None) -> None:
    """Make a new key, and seal all secrets again under it.

    That is brokerage credentials, consumer keys and webhook secrets.

    Servers on this folder may run meanwhile, and take the new key by themselves; where several machines share
    a database, copy the key ring to all of them before they need it, or stop them. Old keys stay in the ring:
    they open backups. A rotation that was interrupted is finished by the next.

    Example: nostro vault rotate --data /var/lib/nostro
    """
    folder = data or default_data_dir(os.environ)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("Sealing", total=None)
        work = rotate_keys(
            folder,
            SystemClock(),
            SystemIds(),
            lambda seen, all_: progress.update(bar, advance=seen, total=all_),
        )
        try:
            count = asyncio.run(work)
        except DataUnusable as error:
            fail(str(error))
    say(f"{count} secrets are sealed under a new key. Make a backup of {folder / KEY_RING}.")
