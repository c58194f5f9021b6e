"""tastytrade's access tokens: each lives a quarter of an hour, and is had for a refresh token without an end.

    200 with a token                          the token
    400, 401 invalid_grant, invalid_client    GrantRefused
    everything else                           nothing is known

"Get started" has the request. No page has the words of a refusal: they are RFC 6749's, and a user was
answered with invalid_grant in `error_code` (issue 281 of tastyware/tastytrade, October 2025).
"""

from collections.abc import Mapping

import msgspec

from nostro.brokers.oauth import DEAD_GRANTS
from nostro.brokers.reply import read
from nostro.brokers.transport import Reply, Request

_PATH = "/oauth/token"


class _Refusal(msgspec.Struct, kw_only=True):
    error: object = None
    """tastytrade's other errors are objects here."""
    error_code: str = ""

    def word(self) -> str:
        return self.error if isinstance(self.error, str) else self.error_code


def ask_for_token(credentials: Mapping[str, str]) -> Request:
    document = {"grant_type": "refresh_token"} | {
        name: credentials[name] for name in ("refresh_token", "client_secret")
    }
    headers = {"Content-Type": "application/json"}
    return Request("POST", _PATH, msgspec.json.encode(document), operation="renew", headers=headers)


def final_word(reply: Reply) -> str:
    """Find the word that ends the credentials; empty where there is none."""
    if reply.status not in (400, 401):
        return ""
    word = read(reply.body, _Refusal).word()
    return word if word in DEAD_GRANTS else ""
