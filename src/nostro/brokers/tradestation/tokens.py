"""TradeStation's access tokens: each lives 20 minutes, and is had for the refresh token.

    200 with a token                                        the token
    400, 401, 403 invalid_grant, invalid_client             GrantRefused
    everything else                                         nothing is known

A refresh token lives for ever, or, where the customer asked for that, is used once and replaced by the one
in the answer. The words are RFC 6749's; with which status they come Auth0 says (see SOURCES in `spec.py`).
"""

from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec

from nostro.brokers.oauth import DEAD_GRANTS
from nostro.brokers.reply import read
from nostro.brokers.transport import Reply, Request

_PATH = "/oauth/token"


class _Refusal(msgspec.Struct):
    error: str


def ask_for_token(credentials: Mapping[str, str]) -> Request:
    form = {"grant_type": "refresh_token", "client_id": credentials["client_id"]}
    if credentials["client_secret"]:  # an app that signs in with PKCE has none
        form["client_secret"] = credentials["client_secret"]
    form["refresh_token"] = credentials["refresh_token"]
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return Request("POST", _PATH, urlencode(form).encode(), operation="renew", headers=headers)


def final_word(reply: Reply) -> str:
    """Find the word that ends the credentials; empty where there is none."""
    if reply.status not in (400, 401, 403):
        return ""
    word = read(reply.body, _Refusal).error
    return word if word in DEAD_GRANTS else ""
