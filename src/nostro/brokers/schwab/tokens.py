"""Schwab's access tokens: each lives half an hour, and is had for the refresh token, which lives seven days.

    200 with a token                                            the token
    400, 401 invalid_grant, invalid_client                      GrantRefused
    400, 401 unsupported_token_type, for a
        "refresh_token_authentication_error"                    GrantRefused
    everything else                                             nothing is known

The words are RFC 6749's, and those that users of Schwabdev and schwab-py got for a refresh token that had
ended or was not the latest (see SOURCES in `spec.py`: their pages on troubles, and on authentication).
"""

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

import msgspec

from nostro.brokers.oauth import ACCESS_TOKEN, EXPIRES_AT, GrantRefused, Renew
from nostro.brokers.reply import Unreadable, read
from nostro.brokers.transport import Reply, Request, Transport, TransportError
from nostro.ports import Clock

_PATH = "/v1/oauth/token"
_LIFE_S_MAX = 24 * 3600
_DEAD = ("invalid_grant", "invalid_client")
_DEAD_OF_A_KIND = "unsupported_token_type"
_OF_THIS_KIND = "refresh_token_authentication_error"


class _Tokens(msgspec.Struct, kw_only=True):
    access_token: Annotated[str, msgspec.Meta(min_length=1)]
    refresh_token: str = ""
    expires_in: Annotated[int, msgspec.Meta(gt=0, le=_LIFE_S_MAX)]


class _Refusal(msgspec.Struct, kw_only=True):
    error: str
    error_description: str = ""

    def is_final(self) -> bool:
        if self.error == _DEAD_OF_A_KIND:
            return _OF_THIS_KIND in self.error_description
        return self.error in _DEAD


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
    app = b64encode(f"{credentials['app_key']}:{credentials['app_secret']}".encode()).decode()
    form = {"grant_type": "refresh_token", "refresh_token": credentials["refresh_token"]}
    headers = {"Authorization": f"Basic {app}", "Content-Type": "application/x-www-form-urlencoded"}
    return Request("POST", _PATH, urlencode(form).encode(), operation="renew", headers=headers)


def _judge(reply: Reply, asked_at: datetime) -> Mapping[str, str]:
    if reply.status in (400, 401):
        refusal = read(reply.body, _Refusal)
        if refusal.is_final():
            raise GrantRefused(refusal.error)
    if reply.status != 200:
        raise Unreadable(f"the brokerage answered {reply.status} when it was asked for a token")
    tokens = read(reply.body, _Tokens)
    changed = {
        ACCESS_TOKEN: tokens.access_token,
        EXPIRES_AT: (asked_at + timedelta(seconds=tokens.expires_in)).isoformat(),
    }
    return changed | ({"refresh_token": tokens.refresh_token} if tokens.refresh_token else {})
