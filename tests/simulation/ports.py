"""What `nostro.ports` and `nostro.storage.port.Members` ask for, from the loop and the seed."""

import asyncio
import random
import string
import uuid
from datetime import UTC, datetime, timedelta

from nostro.domain.errors import StoreFailed
from nostro.storage.port import MemberId

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
    """See `storage.port.Members`: a process is gone when the loop runs it no more."""

    goes_on_s = 0.0

    def __init__(self, loop: SimLoop, number: int) -> None:
        self._loop = loop
        self._me = MemberId(str(number))
        self._is_member = False

    def me(self) -> MemberId:
        if not self._is_member:
            raise StoreFailed
        return self._me

    async def enter(self) -> None:
        self._is_member = True

    async def is_gone(self, member: MemberId) -> bool:
        return self._loop.is_dead(int(member))

    async def leave(self) -> None:
        self._is_member = False
