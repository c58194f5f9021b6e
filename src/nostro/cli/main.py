"""The `nostro` command."""

import typer

from nostro import __version__
from nostro.cli import server, signature

app = typer.Typer(
    help="A self-hosted brokerage gateway that speaks SnapTrade's API and tells the truth about every cancel.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)
app.command("sandbox")(server.sandbox_command)
app.command("serve")(server.serve_command)
app.add_typer(signature.app, name="signature", help="Find out why a signed request is refused.")


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    app()
