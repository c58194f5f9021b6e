"""TradeStation's access tokens: each lives 20 minutes, and is had for the refresh token.

    200 with a token                                        the token
    400, 401, 403 invalid_grant, invalid_client             GrantRefused
    everything else                                         nothing is known

A refresh token lives for ever, or, where the customer asked for that, is used once and replaced by the one
in the answer. The words are RFC 6749's; with which status they come Auth0 says (see SOURCES in `spec.py`).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

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
    refresh_token: str = ""
    expires_in: Annotated[int, msgspec.Meta(gt=0, le=_LIFE_S_MAX)]


class _Refusal(msgspec.Struct):
    error: str


def renewal(transport: Transport, timeout_s: float, clock: Clock) -> Renew:
    """Make what gets new tokens through `transport`, which leads to where they are given."""

    async def renew(credentials: Mapping[str, str]) -> Mapping[str, str]:
        asked_at = clock.now()
        reply = await transport.send(_request(credentials), timeout_s)
        try:
            return _judge(reply, asked_at)
        except Unreadable as error:
            raise TransportError(str(error)) from error

    return renew


def _request(credentials: Mapping[str, str]) -> Request:
    form = {"grant_type": "refresh_token", "client_id": credentials["client_id"]}
    if credentials["client_secret"]:  # an app that signs in with PKCE has none
        form["client_secret"] = credentials["client_secret"]
    form["refresh_token"] = credentials["refresh_token"]
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return Request("POST", _PATH, urlencode(form).encode(), operation="renew", headers=headers)


def _judge(reply: Reply, asked_at: datetime) -> Mapping[str, str]:
    if reply.status in (400, 401, 403):
        refusal = read(reply.body, _Refusal)
        if refusal.error in _DEAD:
            raise GrantRefused(refusal.error)
    if reply.status != 200:
        raise Unreadable(f"the brokerage answered {reply.status} when it was asked for a token")
    tokens = read(reply.body, _Tokens)
    changed = {
        ACCESS_TOKEN: tokens.access_token,
        EXPIRES_AT: (asked_at + timedelta(seconds=tokens.expires_in)).isoformat(),
    }
    return changed | ({"refresh_token": tokens.refresh_token} if tokens.refresh_token else {})
