"""How a request body becomes a form, and the body forms that are not orders.

A form takes the keys it knows and ignores the rest, as SnapTrade does. Decimals may come as strings or
numbers.
"""

import re
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct

from nostro.domain.errors import InvalidRequest

F = TypeVar("F", bound=Struct)

_PATH = re.compile(r" - at `\$\.?(?P<path>.*)`$")
_MISSING = re.compile(r"Object missing required field `(?P<field>[^`]+)`")
_EXPECTED = re.compile(r"Expected `(?P<wanted>[^`]+)`, got `(?P<got>[^`]+)`")
_PLAIN = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number or a numeric string",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "datetime": "an ISO 8601 time",
    "null": "null",
}
_INVALID = {
    "Invalid decimal string": "must be a number or a numeric string",
    "Invalid RFC3339 encoded datetime": "must be an ISO 8601 time such as 2026-08-21T23:27:55Z",
}


class CancelForm(Struct, kw_only=True, frozen=True):
    """Body of every cancel that carries one."""

    brokerage_order_id: str


class OrderDetailForm(Struct, kw_only=True, frozen=True):
    brokerage_order_id: str


class RegisterUserForm(Struct, kw_only=True, frozen=True):
    userId: str


class ResetUserSecretForm(Struct, kw_only=True, frozen=True):
    """In old SDKs the secret in the body is the one to be replaced; the query carries it too."""

    userId: str | None = None
    userSecret: str | None = None


class LoginForm(Struct, kw_only=True, frozen=True):
    """What the portal is asked to do.

    nostro draws one portal version and one language, so those wishes are not kept.
    """

    broker: str | None = None
    immediateRedirect: bool | None = None
    customRedirect: str | None = None
    reconnect: str | None = None
    connectionType: Literal["read", "trade", "trade-if-available"] | None = None
    """None means `read`, SnapTrade's published default."""
    showCloseButton: bool | None = None
    darkMode: bool | None = None


class ConnectForm(Struct, kw_only=True, frozen=True):
    """Body of `POST /authorizations`, nostro's own: the portal's form without a browser."""

    brokerage: str
    """Its slug."""
    credentials: dict[str, str] = {}
    type: Literal["read", "trade"] = "trade"


class SymbolQueryForm(Struct, kw_only=True, frozen=True):
    substring: str | None = None


class ConfirmForm(Struct, kw_only=True, frozen=True):
    """Body of `POST /trade/{tradeId}`, which may be missing altogether."""

    wait_to_confirm: bool | None = None
    """None means true."""


def convert_form(value: object, form: type[F]) -> F:
    """Read an already parsed JSON value as `form`.

    Raises InvalidRequest with a sentence that names the field and what it must be; it never repeats a value.
    """
    try:
        return msgspec.convert(value, form)
    except msgspec.ValidationError as error:
        raise InvalidRequest(_sentence(str(error))) from None


def _sentence(problem: str) -> str:
    path_match = _PATH.search(problem)
    path = path_match["path"] if path_match else ""
    if missing := _MISSING.match(problem):
        field = f"{path}.{missing['field']}" if path else missing["field"]
        return f"`{field}` is required."
    name = f"`{path}`" if path else "The request body"
    if expected := _EXPECTED.match(problem):
        wanted = " or ".join(_PLAIN.get(word, word) for word in expected["wanted"].split(" | "))
        return f"{name} must be {wanted}."
    for start, demand in _INVALID.items():
        if problem.startswith(start):
            return f"{name} {demand}."
    return f"{name} has a value that is not accepted here."
