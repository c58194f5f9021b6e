"""Secrets that must turn up nowhere: a campaign is run on them, and then all that it left is searched.

Whoever a secret belongs to is told it once, and only by these: `POST /snapTrade/registerUser` and
`/snapTrade/resetUserSecret` (the user's secret), `nostro keys create` (the consumer key), `nostro webhooks
set` (the signing secret). What these answer is not searched, nor the key ring, nor the brokerage's own
folder: it knows its customers' keys.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from tests.server.world import Identity, Reply, Server, send

from .fleet import CONTROL_TIMEOUT_S, Fleet

PIECE = 12
"""So many bytes of a form do not occur by chance; any chunk of nearly twice as many holds one whole."""

KEY_RING = "keys.json"

_EMPTY = re.compile(rb"\0{64,}")
"""Most of a database's files is nothing, and takes the longest to search."""


class Canaries:
    """The secrets by their names, and where they turned up."""

    def __init__(self, secrets: Mapping[str, bytes]) -> None:
        self.planted = len(secrets)
        self.found: list[str] = []
        self.bytes_scanned = 0
        self._pieces = {
            piece: name for name, secret in secrets.items() for form in _forms(secret) for piece in _cut(form)
        }

    def scan(self, where: str, content: bytes) -> None:
        """Search what stands at a place that is named `where`."""
        self.bytes_scanned += len(content)
        content = _EMPTY.sub(b"\0", content)
        names = {name for piece, name in self._pieces.items() if piece in content}
        self.found += [f"{name} in {where}" for name in sorted(names)]

    def scan_folder(self, folder: Path, since: float) -> None:
        """Search every file under the folder that was written to after `since`, but for key rings."""
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.name != KEY_RING and path.stat().st_mtime >= since:
                self.scan(str(path.relative_to(folder)), path.read_bytes())


def search(fleet: Fleet, database: Path | None) -> Canaries:
    """Provoke what errors there are, then search everything that the fleet said and wrote.

    `database` is the folder of the database's own files, where that is not the servers'.
    """
    canaries = Canaries(fleet.secrets)
    for where, body in _provoke(fleet):
        canaries.scan(where, body)
    for answer in fleet.replies:
        canaries.scan("an answer to a caller", answer.encode())
    for delivery in fleet.receiver.deliveries:
        canaries.scan("a webhook's headers", json.dumps(dict(delivery.headers)).encode())
        canaries.scan("a webhook's body", delivery.body)
    for server in fleet.servers:
        canaries.scan("a server's standard output", server.said.encode())
    for log in fleet.logs:
        canaries.scan(log.name, log.read_bytes())
    if database is not None:
        fleet.ask("CHECKPOINT")
        canaries.scan_folder(database, fleet.begun_at)
    canaries.scan_folder(fleet.data, fleet.begun_at)
    return canaries


def _provoke(fleet: Fleet) -> Iterator[tuple[str, bytes]]:
    """Put secrets where they do not belong; yield what is answered, and what anybody can read."""
    server, key, user = fleet.calm()[0], fleet.key, fleet.user
    secret = user.user_secret or ""
    strangers = (
        Identity(key.client_id, "WRONG", user.user_id, secret),
        Identity(key.client_id, key.consumer_key, "nobody", secret),
        Identity(key.client_id, key.consumer_key, user.user_id, secret[::-1]),
        Identity("NOBODY", key.consumer_key, user.user_id, secret),
    )
    replies = [server.call("GET", "/accounts", identity=each) for each in strangers]
    replies += [
        server.call("GET", f"/no/such/{secret}", identity=user),
        server.call("GET", f"/accounts/{fleet.account}/orders", query={"days": secret}, identity=user),
        server.call("POST", "/symbols", {"substring": ["not", "text", secret]}, identity=key),
        server.call("POST", "/snapTrade/registerUser", {"userId": user.user_id}, identity=key),
        server.cancel(secret, account=fleet.account, identity=user),
        server.cancel(secret, account=secret, identity=user),
        _raw(server, f"/accounts?userSecret={secret}&clientId=%ff"),
        _raw(server, f"/accounts?userSecret={secret}&userSecret={secret}"),
    ]
    assert all(reply.status >= 400 for reply in replies)
    for reply in replies:
        yield "an error's body", json.dumps(reply.body).encode()
        yield "an error's headers", json.dumps(dict(reply.headers)).encode()
    for each in fleet.servers:
        yield "/metrics", _raw(each, "/metrics").body.encode()


def _raw(server: Server, target: str) -> Reply:
    return send(server.url, "GET", target, None, {}, CONTROL_TIMEOUT_S)


def _forms(secret: bytes) -> set[bytes]:
    """List what a secret can look like."""
    forms = {secret, secret.hex().encode(), secret.hex().upper().encode(), quote(secret, safe="").encode()}
    for before in range(3):  # bytes in front of it, in a text that was encoded as a whole
        encoded = base64.b64encode(bytes(before) + secret)
        whole = encoded[-(-before * 8 // 6) : (before + len(secret)) * 8 // 6]
        forms |= {whole, whole.translate(bytes.maketrans(b"+/", b"-_"))}
    if secret.isascii():
        forms.add(json.dumps(secret.decode())[1:-1].encode())
        forms.add("".join(f"\\u{each:04x}" for each in secret).encode())
    return forms | {form[::-1] for form in forms}


def _cut(form: bytes) -> Iterator[bytes]:
    size = PIECE * 6 if b"u00" in form or b"00u" in form else PIECE  # there a character takes six bytes
    for start in range(0, max(len(form) - size + 1, 1), size):
        yield form[start : start + size]
