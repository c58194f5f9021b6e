"""A process of its own on the same database, that does one thing and says what came of it.

live              become a member, and live on
claim ID KEY      become a member, claim the order and the placement KEY, and live on
race NUMBER       open the database, wait for a word, claim the order NUMBER times at once, and end
write NUMBER      the same with NUMBER pieces of work of their own transaction
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from nostro.domain.ids import ClientOrderId
from nostro.ports import SystemIds
from nostro.storage.journal import SqlJournal
from nostro.storage.open import Store, open_store
from nostro.storage.placements import SqlPlacements
from nostro.storage.port import PlaceIntent, PlaceState

from .notes import add
from .scene import ACCOUNT, OWNER, T0, wish

if TYPE_CHECKING:
    from .conftest import Place

ROOT = Path(__file__).parent.parent.parent


class Child:
    """The process, from outside. A context manager; at the end it is killed."""

    def __init__(self, place: "Place", *job: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.storage.child", str(place.data), place.url, *job],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self._is_told = False
        self.member = ""

    def __enter__(self) -> Self:
        self.member = self.hear()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait(timeout=10)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def signal(self, which: signal.Signals) -> None:
        self._process.send_signal(which)

    def tell(self) -> None:
        """Let it go on."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def hear(self) -> Any:
        """Wait for what it says next."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the child ended with {self._process.wait(timeout=10)}"
        return json.loads(line)


async def _main(data: Path, url: str, job: str, *terms: str) -> None:
    store = await open_store(data, url, SystemIds())
    await store.members.enter()
    if job == "claim":
        await _claim(store, *terms)
    _say(store.members.me())
    if job in ("live", "claim"):
        await asyncio.Event().wait()
    await asyncio.to_thread(sys.stdin.readline)
    number = int(terms[0])
    if job == "race":
        _say(await _race(store, number))
    else:
        names = [f"{os.getpid()} {each:04}" for each in range(number)]
        _say(await asyncio.gather(*(store.database.write(add(name)) for name in names)))
    await store.database.close()


async def _claim(store: Store, cancel_id: str, client_order_id: str) -> None:
    claim = await SqlJournal(store.database, store.members).claim(OWNER, wish(cancel_id))
    assert claim is not None
    assert claim.is_mine
    placement = PlaceIntent(
        account_id=ACCOUNT,
        client_order_id=ClientOrderId(client_order_id),
        content_hash=b"",
        state=PlaceState.SENT,
        requested_at=T0,
    )
    await SqlPlacements(store.database, store.members).claim(placement)


async def _race(store: Store, number: int) -> list[tuple[str, bool]]:
    journal = SqlJournal(store.database, store.members)
    wishes = [wish(f"{os.getpid()}-{each}") for each in range(number)]
    claims = await asyncio.gather(*(journal.claim(OWNER, each) for each in wishes))
    return [(claim.intent.cancel_id, claim.is_mine) for claim in claims if claim is not None]


def _say(what: object) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201 - to the parent


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), sys.argv[2], *sys.argv[3:]))
