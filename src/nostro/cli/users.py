"""`nostro users`: a partner's users, asked of a running server."""

from typing import Annotated

import typer

from nostro.cli.client import Client, Reply
from nostro.cli.options import as_partner, as_user
from nostro.cli.output import Json, say, show

app = typer.Typer(no_args_is_help=True)

UserArgument = Annotated[str, typer.Argument(metavar="USER_ID", help="Which user.")]


@app.command("list")
@as_partner
def list_(client: Client, *, as_json: Json = False) -> None:
    """List the partner's users.

    Example: nostro users list --sandbox
    """
    reply = client.ask("GET", "/snapTrade/listUsers")
    if as_json:
        typer.echo(reply.text)
        return
    show(("user id",), ((user_id,) for user_id in reply.body))


@app.command()
@as_partner
def register(client: Client, user_id: UserArgument, *, as_json: Json = False) -> None:
    """Register a user and print the user's secret, which is shown this once.

    Example: nostro users register customer-17 --sandbox
    """
    _show_secret(client.ask("POST", "/snapTrade/registerUser", body={"userId": user_id}), as_json=as_json)


@app.command()
@as_partner
def delete(
    client: Client,
    user_id: UserArgument,
    *,
    is_sure: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    as_json: Json = False,
) -> None:
    """Delete a user with all connections and stored credentials. The record of cancels stays.

    Example: nostro users delete customer-17 --yes --sandbox
    """
    if not is_sure:
        typer.confirm(f"Delete {user_id} with all connections?", abort=True, err=True)
    reply = client.ask("DELETE", "/snapTrade/deleteUser", query={"userId": user_id})
    if as_json:
        typer.echo(reply.text)
        return
    say(f"{user_id} is deleted.")


@app.command("reset-secret")
@as_user
def reset_secret(client: Client, *, as_json: Json = False) -> None:
    """Replace a user's secret and print the new one, which is shown this once; the old one is dead at once.

    Example: nostro users reset-secret --user-id customer-17 --user-secret OLD_SECRET
    """
    body = {"userId": client.caller.user_id, "userSecret": client.caller.user_secret}
    _show_secret(client.ask("POST", "/snapTrade/resetUserSecret", body=body), as_json=as_json)


def _show_secret(reply: Reply, *, as_json: bool) -> None:
    if as_json:
        typer.echo(reply.text)
        return
    say(f"user id:     {reply.fields.get('userId')}")
    say(f"user secret: {reply.fields.get('userSecret')}")
    say("Keep the secret now: it is not shown again.", style="yellow")
