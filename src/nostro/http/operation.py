"""One row of the table that routing, authentication, decoding and the OpenAPI document all read."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from msgspec import Struct

from nostro.http.call import Answer, Call
from nostro.http.lanes import Lane

Handler = Callable[[Call], Awaitable[Answer]]


class Who(Enum):
    """What a request must prove."""

    ANYONE = "anyone"
    PARTNER = "partner"
    """A signature of a partner key."""
    USER = "user"
    """That, and a user's secret (a personal key is its own user)."""
    LOCAL = "local"
    """That it comes from this machine: the sandbox's controls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryParam:
    name: str
    description: str
    is_required: bool = False
    schema: tuple[tuple[str, Any], ...] = (("type", "string"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    method: str
    path: str
    """OpenAPI template; a last segment `{name+}` takes the rest of the path, slashes included."""
    id: str
    """SnapTrade's operationId, where SnapTrade has the operation."""
    summary: str
    handler: Handler
    who: Who = Who.USER
    form: type[Struct] | None = None
    """Shape of the JSON body; None when it takes none."""
    is_form_optional: bool = False
    answer: Any = None
    """Type of the 200 body; None for one that the document does not describe."""
    success_status: int = 200
    query: tuple[QueryParam, ...] = ()
    description: str = ""
    lane: Lane = Lane.READ
    is_repeatable: bool = True
    """False where a byte-identical second request would have a second effect (NOSTRO_REPLAY)."""
    shares_path: bool = False
    """True where another method answers under the same path. Signatures do not cover the method, so the first
    use of a signature binds it to one."""
    takes_web_form: bool = False
    """True for pages: the body is a submitted HTML form, unsigned."""
    is_hidden: bool = False
    """True for what is not part of the API: pages and sandbox controls."""

    @property
    def tag(self) -> str:
        return self.id.split("_")[0]
