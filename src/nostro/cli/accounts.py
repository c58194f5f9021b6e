"""`nostro accounts` and `nostro orders`: what a user has, asked of a running server."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote

import typer

from nostro.cli.client import Client
from nostro.cli.options import as_user
from nostro.cli.output import Json, show

AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's id.")]


class State(StrEnum):
    OPEN = "open"
    ALL = "all"
    EXECUTED = "executed"


@as_user
def accounts_command(client: Client, *, as_json: Json = False) -> None:
    """List the user's accounts at all brokerages.

    Example: nostro accounts --sandbox
    """
    reply = client.ask("GET", "/accounts")
    if as_json:
        typer.echo(reply.text)
        return
    show(
        ("account", "name", "number", "brokerage", "value"),
        (
            (each["id"], each["name"], each["number"], each["institution_name"], _total(each))
            for each in reply.body
        ),
    )


@as_user
def orders_command(
    client: Client,
    account: AccountArgument,
    *,
    state: Annotated[State, typer.Option(help="Which orders.")] = State.ALL,
    days: Annotated[int, typer.Option(help="How many days back.", min=1, max=90)] = 30,
    as_json: Json = False,
) -> None:
    """List an account's orders as the brokerage has them now, one row for each leg.

    Example: nostro orders 917c8734-8470-4a3e-a18f-57c3f2ee6631 --state open --sandbox
    """
    path = f"{account_path(account)}/orders"
    reply = client.ask("GET", path, query={"state": state.value, "days": str(days)})
    if as_json:
        typer.echo(reply.text)
        return
    show(
        ("order", "status", "action", "symbol", "units", "filled", "type", "limit", "stop", "placed"),
        (
            (
                each["brokerage_order_id"],
                each["status"],
                each["action"],
                _symbol(each),
                each["total_quantity"],
                each["filled_quantity"],
                each["order_type"],
                each["limit_price"],
                each["stop_price"],
                each["time_placed"][:16].replace("T", " "),
            )
            for each in reply.body
        ),
    )


def account_path(account: str) -> str:
    return f"/accounts/{quote(account, safe='', errors='surrogateescape')}"


def _total(account: Mapping[str, Any]) -> str | None:
    total = account["balance"]["total"]
    return total and f"{total['amount']} {total['currency']}"


def _symbol(order: Mapping[str, Any]) -> str:
    option = order["option_symbol"]
    return str(option["ticker"] if option else order["universal_symbol"]["symbol"])
