"""Access tokens that end: renewed before they do, by one request for all who wait, and kept at once.

    a token is good for a while yet                 it is used
    it is not, or the brokerage did not accept it   what is stored is read again: another process may have
                                                    renewed it; else one renewal is begun, and all wait for it
    the renewal is refused (GrantRefused)           what is stored is read again: where a token that is used
                                                    once only was used by another process, its answer is
                                                    stored soon; else the credentials are dead
    it comes to nothing                             no byte of what waited for it leaves

A renewal goes on when whoever began it goes away: its answer may hold the only token that works from now on.
One that cannot be stored is used from memory, and stored before the next is asked for.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from nostro.brokers.reply import Unreadable, read
from nostro.brokers.ties import Secrets, SecretsLost
from nostro.brokers.transport import CredentialsRefused, NeverSent, Reply, Request, Transport, TransportError
from nostro.ports import Clock, Tasks

ACCESS_TOKEN = "access_token"  # noqa: S105 - a field's name
EXPIRES_AT = "expires_at"
EARLY = timedelta(minutes=1)
"""How long before its end a token is not used any more: a request may take its time on the way."""

_OTHERS_STORE_WITHIN_S = 2.0
_POLL_S = 0.1

DEAD_GRANTS = frozenset({"invalid_grant", "invalid_client"})
"""What RFC 6749, section 5.2, says of credentials that no request will make good."""

_LIFE_S_MAX = 24 * 3600

READS = frozenset({"read", "list", "look_up"})

Renew = Callable[[Mapping[str, str]], Awaitable[Mapping[str, str]]]
"""Asks the brokerage for new tokens with the credentials given, and returns what changed of these.

At least ACCESS_TOKEN, and EXPIRES_AT in ISO form, aware. Raises GrantRefused where the brokerage says, in
documented words, that these credentials are good for nothing any more; a TransportError for all else.
"""


class GrantRefused(Exception):
    """The brokerage gives no more tokens for these credentials. `str()` is its own short word for it."""


class _Tokens(msgspec.Struct, kw_only=True):
    """A success of RFC 6749, section 5.1."""

    access_token: Annotated[str, msgspec.Meta(min_length=1)]
    refresh_token: str = ""
    """The one that is good from now on; empty where the old one stays."""
    expires_in: Annotated[int, msgspec.Meta(gt=0, le=_LIFE_S_MAX)]


def renewal(
    transport: Transport,
    timeout_s: float,
    clock: Clock,
    ask: Callable[[Mapping[str, str]], Request],
    refused: Callable[[Reply], str],
) -> Renew:
    """Make what gets new tokens for a refresh token, through `transport`, which bears none.

    `ask` makes the request of the credentials. `refused` finds the word in a reply by which the vendor says
    that they are dead; empty: it does not. It may raise Unreadable.
    """

    async def renew(credentials: Mapping[str, str]) -> Mapping[str, str]:
        asked_at = clock.now()
        reply = await transport.send(ask(credentials), timeout_s)
        try:
            word = refused(reply)
            if word:
                raise GrantRefused(word)
            return _read_tokens(reply, asked_at)
        except Unreadable as error:
            raise TransportError(str(error)) from error

    return renew


def _read_tokens(reply: Reply, asked_at: datetime) -> Mapping[str, str]:
    if reply.status != 200:
        raise Unreadable(f"the brokerage answered {reply.status} when it was asked for a token")
    tokens = read(reply.body, _Tokens)
    ends = asked_at + timedelta(seconds=tokens.expires_in)
    changed = {ACCESS_TOKEN: tokens.access_token, EXPIRES_AT: ends.isoformat()}
    return changed | ({"refresh_token": tokens.refresh_token} if tokens.refresh_token else {})


class TokenKeeper:
    """One session's access token."""

    def __init__(self, secrets: Secrets, renew: Renew, clock: Clock, tasks: Tasks) -> None:
        self._secrets = secrets
        self._renew = renew
        self._clock = clock
        self._tasks = tasks
        self._held: Mapping[str, str] | None = None
        self._unsaved: tuple[Mapping[str, str], Mapping[str, str]] | None = None
        self._renewing: asyncio.Task[Mapping[str, str]] | None = None

    async def token(self, refused: str = "") -> str:
        """Return a token that is good for a while yet, and is not `refused`.

        Raises CredentialsRefused, NeverSent.
        """
        if self._held is None or not self._is_good(self._held, refused):
            if self._renewing is None or self._renewing.done():
                self._renewing = self._tasks.start(self._find(refused), name="renew an access token")
            self._held = await asyncio.shield(self._renewing)
        return self._held[ACCESS_TOKEN]

    async def _find(self, refused: str) -> Mapping[str, str]:
        try:
            held = await self._stored()
            if self._is_good(held, refused):
                return held
            fresh = {**held, **await self._renew(held)}
        except GrantRefused as error:
            theirs = await self._renewed_by_others(held)
            if theirs is None:
                raise CredentialsRefused(f"the brokerage gives no token: {error}") from error
            return theirs
        except SecretsLost as error:
            raise NeverSent("the credentials cannot be read") from error
        except TransportError as error:
            raise NeverSent(f"no access token: {error}") from error
        return await self._keep(held, fresh)

    async def _stored(self) -> Mapping[str, str]:
        if self._unsaved is not None:
            held, values = self._unsaved
            stored = await self._secrets.replace(held, values)
            self._unsaved = None
            return stored
        return await self._secrets.read()

    async def _keep(self, held: Mapping[str, str], fresh: Mapping[str, str]) -> Mapping[str, str]:
        try:
            return await self._secrets.replace(held, fresh)
        except SecretsLost:
            self._unsaved = held, fresh
            return fresh

    async def _renewed_by_others(self, refused: Mapping[str, str]) -> Mapping[str, str] | None:
        """Wait a little for another process to store what it got for the same token."""
        deadline = self._clock.monotonic() + _OTHERS_STORE_WITHIN_S
        while self._clock.monotonic() < deadline:
            try:
                held = await self._secrets.read()
            except SecretsLost:
                return None
            if held != refused and self._is_good(held, ""):
                return held
            await self._clock.sleep(_POLL_S)
        return None

    def _is_good(self, held: Mapping[str, str], refused: str) -> bool:
        token, ends = held.get(ACCESS_TOKEN, ""), held.get(EXPIRES_AT, "")
        if not token or not ends or token == refused:
            return False
        return self._clock.now() + EARLY < datetime.fromisoformat(ends)


class BearerTransport:
    """See `Transport`. Lets every request carry the access token.

    A read that the brokerage answers with 401 is asked once more with a new token. A change never is; but
    what comes after it has the new one.
    """

    def __init__(
        self, transport: Transport, keeper: TokenKeeper, clock: Clock, suspect: Callable[[], None]
    ) -> None:
        """`suspect` is called when there are no tokens for the credentials any more."""
        self._transport = transport
        self._keeper = keeper
        self._clock = clock
        self._suspect = suspect

    async def send(self, request: Request, timeout_s: float) -> Reply:
        deadline = self._clock.monotonic() + timeout_s
        try:
            token = await self._keeper.token()
        except CredentialsRefused:
            self._suspect()
            raise
        reply = await self._send(request, token, deadline)
        if reply.status != 401:
            return reply
        try:
            token = await self._keeper.token(refused=token)
        except NeverSent:
            return reply  # what the brokerage said of this request stands
        return await self._send(request, token, deadline) if request.operation in READS else reply

    async def _send(self, request: Request, token: str, deadline: float) -> Reply:
        left_s = deadline - self._clock.monotonic()
        if left_s <= 0:
            raise NeverSent("the time for this request was over before it had a token")
        headers = {**request.headers, "Authorization": f"Bearer {token}"}
        bearing = Request(request.method, request.path, request.body, request.operation, headers)
        return await self._transport.send(bearing, left_s)
