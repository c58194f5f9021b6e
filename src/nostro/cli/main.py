"""The `nostro` command."""

import typer

from nostro import __version__
from nostro.cli import (
    accounts,
    cancel,
    conformance,
    connect,
    keys,
    server,
    signature,
    simbroker,
    users,
    vault,
    webhooks,
)

app = typer.Typer(
    help="A self-hosted brokerage gateway that speaks SnapTrade's API and tells the truth about cancels.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)
app.command("sandbox")(server.sandbox_command)
app.command("serve")(server.serve_command)
app.command("simbroker")(simbroker.simbroker_command)
app.command("conformance")(conformance.conformance_command)
app.add_typer(keys.app, name="keys", help="Make, list and revoke the keys that clients sign with.")
app.add_typer(vault.app, name="vault", help="Rotate the keys that secrets are sealed under.")
app.add_typer(users.app, name="users", help="Register, list and delete a partner's users.")
app.add_typer(
    webhooks.app, name="webhooks", help="Say where partners are told what happens, and see how it went."
)
app.command("connect")(connect.connect_command)
app.command("accounts")(accounts.accounts_command)
app.command("orders")(accounts.orders_command)
app.command("cancel")(cancel.cancel_command)
app.command("cancellation")(cancel.cancellation_command)
app.add_typer(signature.app, name="signature", help="Find out why a signed request is refused.")


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    app()
