"""tastytrade's access tokens: each lives a quarter of an hour, and is had for a refresh token without an end.

    200 with a token                          the token
    400, 401 invalid_grant, invalid_client    GrantRefused
    everything else                           nothing is known

"Get started" has the request. No page has the words of a refusal: they are RFC 6749's, and a user was
answered with invalid_grant in `error_code` (issue 281 of tastyware/tastytrade, October 2025).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from nostro.brokers.oauth import ACCESS_TOKEN, EXPIRES_AT, GrantRefused, Renew
from nostro.brokers.reply import Unreadable, read
from nostro.brokers.transport import Reply, Request, Transport, TransportError
from nostro.ports import Clock

_PATH = "/oauth/token"
_LIFE_S_MAX = 24 * 3600
_DEAD = ("invalid_grant", "invalid_client")


class _Tokens(msgspec.Struct, kw_only=True):
    access_token: Annotated[str, msgspec.Meta(min_length=1)]
    expires_in: Annotated[int, msgspec.Meta(gt=0, le=_LIFE_S_MAX)]


class _Refusal(msgspec.Struct, kw_only=True):
    error: object = None
    """tastytrade's other errors are objects here."""
    error_code: str = ""

    def word(self) -> str:
        return self.error if isinstance(self.error, str) else self.error_code


def renewal(transport: Transport, timeout_s: float, clock: Clock) -> Renew:
    """Make what gets new tokens through `transport`, which holds none."""

    async def renew(credentials: Mapping[str, str]) -> Mapping[str, str]:
        asked_at = clock.now()
        reply = await transport.send(_request(credentials), timeout_s)
        try:
            return _judge(reply, asked_at)
        except Unreadable as error:
            raise TransportError(str(error)) from error

    return renew


def _request(credentials: Mapping[str, str]) -> Request:
    document = {"grant_type": "refresh_token"} | {
        name: credentials[name] for name in ("refresh_token", "client_secret")
    }
    headers = {"Content-Type": "application/json"}
    return Request("POST", _PATH, msgspec.json.encode(document), operation="renew", headers=headers)


def _judge(reply: Reply, asked_at: datetime) -> Mapping[str, str]:
    if reply.status in (400, 401):
        word = read(reply.body, _Refusal).word()
        if word in _DEAD:
            raise GrantRefused(word)
    if reply.status != 200:
        raise Unreadable(f"the brokerage answered {reply.status} when it was asked for a token")
    tokens = read(reply.body, _Tokens)
    return {
        ACCESS_TOKEN: tokens.access_token,
        EXPIRES_AT: (asked_at + timedelta(seconds=tokens.expires_in)).isoformat(),
    }
