"""Walk through the connection portal as a browser would."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

from .world import SEED_USER, Identity, Server, send


def login_link(server: Server, identity: Identity = SEED_USER, **options: str) -> str:
    reply = server.call("POST", "/snapTrade/login", options, identity=identity)
    assert reply.status == 200, reply.body
    link: str = reply.body["redirectURI"]
    return link


def open_page(server: Server, link: str) -> tuple[int, str]:
    parts = urlsplit(link)
    reply = send(server.url, "GET", f"{parts.path}?{parts.query}", None, {}, 30.0)
    return reply.status, reply.body


def submit(server: Server, link: str, *, broker: str, **credentials: str) -> tuple[int, str, str]:
    """Submit the page's form; return status, Location and page."""
    token = dict(parse_qsl(urlsplit(link).query))["token"]
    named = {f"credential.{name}": value for name, value in credentials.items()}
    body = urlencode({"token": token, "broker": broker, **named}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = send(server.url, "POST", urlsplit(link).path, body, headers, 30.0)
    return reply.status, reply.headers.get("location", ""), reply.body


def connect(
    server: Server,
    broker: str,
    credentials: Mapping[str, str],
    *,
    identity: Identity = SEED_USER,
    connection_type: str = "trade",
) -> str:
    """Walk through the portal; return the connection's id."""
    link = login_link(
        server, identity, connectionType=connection_type, customRedirect="http://127.0.0.1:9/done?state=s"
    )
    status, location, page = submit(server, link, broker=broker, **credentials)
    assert status == 303, page
    connection = re.search(r"connection_id=([0-9a-f-]{36})", location)
    assert connection is not None, location
    return connection[1]


def connect_paper_account(
    server: Server, identity: Identity = SEED_USER, connection_type: str = "trade", api_key: str = ""
) -> str:
    """Connect a paper account, a new one unless `api_key` says otherwise; return its id."""
    connection = connect(
        server, "PAPER", {"api_key": api_key}, identity=identity, connection_type=connection_type
    )
    accounts = server.call("GET", f"/authorizations/{connection}/accounts", identity=identity).body
    account: str = accounts[0]["id"]
    return account
