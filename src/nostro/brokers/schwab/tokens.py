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
from urllib.parse import urlencode

import msgspec

from nostro.brokers.oauth import DEAD_GRANTS
from nostro.brokers.reply import read
from nostro.brokers.transport import Reply, Request

_PATH = "/v1/oauth/token"
_DEAD_OF_A_KIND = "unsupported_token_type"
_OF_THIS_KIND = "refresh_token_authentication_error"


class _Refusal(msgspec.Struct, kw_only=True):
    error: str
    error_description: str = ""

    def is_final(self) -> bool:
        if self.error == _DEAD_OF_A_KIND:
            return _OF_THIS_KIND in self.error_description
        return self.error in DEAD_GRANTS


def ask_for_token(credentials: Mapping[str, str]) -> Request:
    app = b64encode(f"{credentials['app_key']}:{credentials['app_secret']}".encode()).decode()
    form = {"grant_type": "refresh_token", "refresh_token": credentials["refresh_token"]}
    headers = {"Authorization": f"Basic {app}", "Content-Type": "application/x-www-form-urlencoded"}
    return Request("POST", _PATH, urlencode(form).encode(), operation="renew", headers=headers)


def final_word(reply: Reply) -> str:
    """Find the word that ends the credentials; empty where there is none."""
    if reply.status not in (400, 401):
        return ""
    refusal = read(reply.body, _Refusal)
    return refusal.error if refusal.is_final() else ""
