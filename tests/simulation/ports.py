"""What `nostro.ports` and `nostro.storage.port.Members` ask for, from the loop and the seed."""

import asyncio
import random
import string
import uuid
from datetime import UTC, datetime, timedelta

from nostro.domain.errors import StoreFailed
from nostro.storage.port import CLAIM_VALID_S, MemberId

from .loop import SimLoop

EPOCH = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def dice(seed: int, what: str) -> random.Random:
    """Make the chance that decides one thing, so that more throws for it change no other."""
    return random.Random(f"{seed} {what}")  # noqa: S311 - nothing here is a secret


class SimClock:
    """See `ports.Clock`. `jump` moves the wall clock alone."""

    def __init__(self, loop: SimLoop) -> None:
        self._loop = loop
        self._ahead = timedelta()

    def now(self) -> datetime:
        return EPOCH + timedelta(seconds=self._loop.time()) + self._ahead

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, delay_s: float) -> None:
        await asyncio.sleep(delay_s)

    def jump(self, by_s: float) -> None:
        self._ahead += timedelta(seconds=by_s)


class SimIds:
    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def uuid(self) -> str:
        return str(uuid.UUID(bytes=self._rng.randbytes(16), version=4))

    def secret(self, length: int) -> str:
        return "".join(self._rng.choices(string.ascii_letters + string.digits, k=length))

    def token(self, size_bytes: int) -> bytes:
        return self._rng.randbytes(size_bytes)


class SimMembers:
    """See `storage.port.Members`: a process is gone when the loop runs it no more, or its lock was lost."""

    goes_on_s = CLAIM_VALID_S + 1.0

    def __init__(self, loop: SimLoop, number: int, lost: set[MemberId]) -> None:
        """`lost` is shared by all: the lives of processes that may still run."""
        self._loop = loop
        self._number = number
        self._lost = lost
        self._lives = 0
        self._me: MemberId | None = None

    def me(self) -> MemberId:
        if self._me is None:
            raise StoreFailed
        return self._me

    async def enter(self) -> None:
        if self._me is None:
            self._lives += 1
            self._me = MemberId(f"{self._number}/{self._lives}")

    async def is_gone(self, member: MemberId) -> bool:
        return member in self._lost or self._loop.is_dead(process_of(member))

    async def leave(self) -> None:
        self._me = None

    def lose(self) -> None:
        """Take the lock away, as a database does from a connection that does not answer."""
        if self._me is not None:
            self._lost.add(self._me)
            self._me = None


def process_of(member: str) -> int:
    return int(member.partition("/")[0])
