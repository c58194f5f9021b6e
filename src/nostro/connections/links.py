"""Login links: a single-use way into the connection portal, valid for five minutes."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from nostro.domain.errors import InvalidRequest, LoginTokenInvalid
from nostro.ports import Clock, Ids
from nostro.storage.port import LoginLink, LoginLinks, Owner

LINK_LIFE = timedelta(minutes=5)
"""SnapTrade's figure ("Generate Connection Portal URL" reference page, August 2026)."""

_TOKEN_CHARS = 43


@dataclass(frozen=True, slots=True)
class NewLink:
    token: str
    session_id: str


class Links:
    def __init__(self, *, links: LoginLinks, clock: Clock, ids: Ids) -> None:
        self._links = links
        self._clock = clock
        self._ids = ids

    async def make(self, owner: Owner, options: dict[str, str]) -> NewLink:
        """Make a link; `options` says what the portal shall do.

        Raises InvalidRequest for a bad `custom_redirect`.
        """
        _check_redirect(options.get("custom_redirect", ""))
        token = self._ids.secret(_TOKEN_CHARS)
        session_id = self._ids.uuid()
        link = LoginLink(session_id=session_id, owner=owner, options=options, created_at=self._clock.now())
        await self._links.add(_hash(token), link)
        return NewLink(token, session_id)

    async def open(self, token: str) -> LoginLink:
        """Show what a link is for; raises LoginTokenInvalid when it is unknown, used or too old."""
        link = await self._links.get(_hash(token))
        if link is None or link.used_at is not None or link.created_at + LINK_LIFE < self._clock.now():
            raise LoginTokenInvalid
        return link

    async def use(self, token: str) -> LoginLink:
        """Use a link up; raises LoginTokenInvalid for everyone but the first."""
        link = await self.open(token)
        if not await self._links.use(_hash(token), self._clock.now()):
            raise LoginTokenInvalid
        return link


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _check_redirect(url: str) -> None:
    """Refuse a redirect that a browser would not open as a web page."""
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.netloc or not url.isprintable()):
        raise InvalidRequest("`customRedirect` must be an http or https address.")
