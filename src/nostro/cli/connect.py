"""`nostro connect`: connect an account at a brokerage, asked of a running server."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from nostro.brokers.registry import discover
from nostro.brokers.spec import BrokerSpec
from nostro.cli.client import Client
from nostro.cli.options import as_user
from nostro.cli.output import Json, say, show
from nostro.embedded import PAPER


@as_user
def connect_command(
    client: Client,
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="Which brokerage: ALPACA, KRAKEN...")],
    *,
    credentials: Annotated[
        Path | None,
        typer.Option(help="JSON file of the fields, - for standard input; without it they are asked for."),
    ] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Never trade through it.")] = False,
    as_json: Json = False,
) -> None:
    """Connect an account: the server tries the credentials, keeps them sealed, and lists the accounts.

    Connecting an account again renews its credentials and keeps all ids. What you type is not shown, and no
    secret is an argument, where other programs of this machine could read it.

    Example: nostro connect ALPACA-PAPER --url https://nostro.example.com

    Example: pass show kraken.json | nostro connect KRAKEN --credentials -
    """
    spec = _find(slug)
    given = _ask(spec) if credentials is None else _read(credentials, spec)
    body = {"brokerage": spec.slug, "credentials": given, "type": "read" if read_only else "trade"}
    connection = client.ask("POST", "/authorizations", body=body).fields
    accounts = client.ask("GET", f"/authorizations/{connection['id']}/accounts").body
    if as_json:
        typer.echo(json.dumps({"connection": connection, "accounts": accounts}))
        return
    say(f"{spec.name} is connected: {connection['id']}")
    show(("account", "name", "number"), ((each["id"], each["name"], each["number"]) for each in accounts))


def _find(slug: str) -> BrokerSpec:
    known = {spec.slug: spec for spec in (PAPER, *(kind.spec for kind in discover()))}
    if slug.upper() not in known:
        raise typer.BadParameter(f"There are: {', '.join(sorted(known))}.", param_hint="SLUG")
    return known[slug.upper()]


def _ask(spec: BrokerSpec) -> Mapping[str, str]:
    if not sys.stdin.isatty():
        raise typer.BadParameter("Nobody is there to be asked.", param_hint="--credentials")
    return {
        each.name: typer.prompt(
            f"{spec.name}: {each.label}", hide_input=each.is_secret, default="", err=True, show_default=False
        )
        for each in spec.credentials
    }


def _read(path: Path, spec: BrokerSpec) -> Mapping[str, str]:
    names = ", ".join(each.name for each in spec.credentials)
    try:
        given: Any = json.loads(sys.stdin.read() if str(path) == "-" else path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"It cannot be read: {error}", param_hint="--credentials") from error
    if not isinstance(given, dict) or not all(isinstance(text, str) for text in given.values()):
        raise typer.BadParameter(f"It must be an object of texts: {names}.", param_hint="--credentials")
    return given
