"""The options of every command that asks a running server: where it is, and who is asking."""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any, Concatenate, ParamSpec

import typer

from nostro.cli.client import Caller, Client, NotAnswered, NotConnected, Refused, UrlInvalid
from nostro.cli.output import fail
from nostro.ports import SystemClock
from nostro.sandbox import CLIENT_ID, CONSUMER_KEY, USER_ID, USER_SECRET

P = ParamSpec("P")


def _option(
    name: str, kind: Any, help_: str, envvar: str | None = None, *, default: object = None
) -> inspect.Parameter:
    option = typer.Option(f"--{name.replace('_', '-')}", help=help_, envvar=envvar)
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option]
    )


_PARTNER = (
    _option("url", str, "The server's address.", "NOSTRO_URL", default="http://127.0.0.1:8787"),
    _option("client_id", str | None, "Client id of the key to sign with.", "NOSTRO_CLIENT_ID"),
    _option("consumer_key", str | None, "Its consumer key.", "NOSTRO_CONSUMER_KEY"),
)
_USER = (
    _option("user_id", str | None, "The user; none for a personal key.", "NOSTRO_USER_ID"),
    _option("user_secret", str | None, "The user's secret.", "NOSTRO_USER_SECRET"),
)
_SANDBOX = (
    _option("sandbox", bool, "Ask as the sandbox's well-known user, and as nobody else.", default=False),
)


def as_partner(command: Callable[Concatenate[Client, P], None]) -> Callable[..., None]:
    """Make `command` one that a partner's key signs, for no user; see `as_user`."""
    return _offer(command, (*_PARTNER, *_SANDBOX))


def as_user(command: Callable[Concatenate[Client, P], None]) -> Callable[..., None]:
    """Make `command` one that is asked for a user: give it the options above, and call it with their client.

    What the client raises becomes one line on stderr and exit status 1.
    """
    return _offer(command, (*_PARTNER, *_USER, *_SANDBOX))


def _offer(
    command: Callable[Concatenate[Client, P], None], options: tuple[inspect.Parameter, ...]
) -> Callable[..., None]:
    signature = inspect.signature(command)
    own = tuple(signature.parameters.values())[1:]

    @functools.wraps(command)
    def run(**values: Any) -> None:
        client = _client(**{option.name: values.pop(option.name) for option in options})
        try:
            command(client, **values)  # type: ignore[call-arg]  # the names are those of `own`
        except (NotConnected, NotAnswered, Refused) as error:
            fail(str(error))

    offered = signature.replace(parameters=(*own, *options))
    run.__signature__ = offered  # type: ignore[attr-defined]  # what typer reads to make the options
    return run


def _client(
    *, url: str, client_id: str | None, consumer_key: str | None, sandbox: bool, **user: str | None
) -> Client:
    """Make the client; `user` is empty for a partner's command, and holds the two options of a user's."""
    if sandbox:
        client_id, consumer_key = CLIENT_ID, CONSUMER_KEY
        user = {"user_id": USER_ID, "user_secret": USER_SECRET} if user else {}
    if not client_id or not consumer_key:
        missing = "--consumer-key" if client_id else "--client-id"
        raise typer.BadParameter("It is missing; for a sandbox, --sandbox will do.", param_hint=missing)
    # An empty variable of the environment names nobody.
    caller = Caller(
        client_id=client_id,
        consumer_key=consumer_key,
        **{name: value or None for name, value in user.items()},
    )
    try:
        return Client(url, caller, SystemClock())
    except UrlInvalid as error:
        raise typer.BadParameter(str(error), param_hint="--url") from error
