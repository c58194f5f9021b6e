"""Who asks: `API-Key`, `API-Sign` and the nonce of a private call.

API-Sign is the base64 of HMAC-SHA512, under the private key, of the path and SHA-256(nonce + body)
(docs.kraken.com `exchange/guides/rest/authentication`, where a worked example stands).
"""

import base64
import hmac
import re
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256, sha512
from urllib.parse import urlsplit

from nostro.brokers.transport import Request
from nostro.sim.skins.kraken.forms import read_fields
from nostro.sim.skins.kraken.refusals import InvalidNonce, InvalidSignature

PRIVATE = "/0/private/"
KEYS_MAX = 1000
_NONCE = re.compile(r"[0-9]{1,20}")
_NONCE_END = 2**64


def issue(api_key: str) -> Mapping[str, str]:
    """Give the credentials of the customer with this key; a private key is the base64 of 64 bytes."""
    secret = sha512(f"private key of {api_key}".encode()).digest()
    return {"api_key": api_key, "private_key": base64.b64encode(secret).decode()}


def sign(private_key: str, path: str, nonce: str, body: bytes) -> str:
    message = path.encode() + sha256(nonce.encode() + body).digest()
    return base64.b64encode(hmac.digest(base64.b64decode(private_key), message, "sha512")).decode()


class Access:
    """Remembers the highest nonce of each key that asked, of the last `KEYS_MAX` of them."""

    def __init__(self) -> None:
        self._nonces: OrderedDict[str, int] = OrderedDict()

    def customer(self, request: Request, _at: datetime) -> str:
        """See `Face.customer`; empty for a public call, too."""
        path = urlsplit(request.path).path
        api_key = request.headers.get("api-key", "")
        if not path.startswith(PRIVATE) or not api_key:
            return ""
        try:
            nonce = str(read_fields(request.body).get("nonce", ""))
        except ValueError:
            nonce = ""
        expected = sign(issue(api_key)["private_key"], path, nonce, request.body)
        if not hmac.compare_digest(expected.encode(), request.headers.get("api-sign", "").encode()):
            raise InvalidSignature
        self._use(api_key, nonce)
        return api_key

    def _use(self, api_key: str, nonce: str) -> None:
        number = int(nonce) if _NONCE.fullmatch(nonce) else -1
        if not self._nonces.get(api_key, -1) < number < _NONCE_END:
            raise InvalidNonce
        self._nonces[api_key] = number
        self._nonces.move_to_end(api_key)
        if len(self._nonces) > KEYS_MAX:
            self._nonces.popitem(last=False)
