"""What Kraken says when it does not do what it was asked: in a 200, in a list of words.

    EOrder, ETrade, EQuery, EAccount, EBM,
        EGeneral:Invalid arguments, EService:Market in ...          a refusal
    ... Rate limit exceeded, ... Too many requests,
        EService:Throttled                                          too many requests
    EAPI, EAuth, ESession, EGeneral:Permission denied,
        EGeneral:Temporary lockout                                  the key is refused
    every other word, as EService:Unavailable                       an error of Kraken's

Only a refusal proves anything. ("Error messages", Kraken's guide; "API error messages", its support pages.) A
word that begins with W is a warning, beside an answer.
"""

import re
from dataclasses import dataclass
from typing import Any

import msgspec

from nostro.brokers.reply import Unreadable, read
from nostro.domain.cancel import UnknownCause

_CHARS_MAX = 300

_CAUSES = (
    (
        re.compile(r"E\w+:.*(rate limit exceeded|too many requests)|EService: ?Throttled", re.IGNORECASE),
        UnknownCause.RATE_LIMITED,
    ),
    (
        re.compile(r"E(API|Auth|Session):|EGeneral:(Permission denied|Temporary lockout)"),
        UnknownCause.AUTH_REFUSED,
    ),
)
_REFUSAL = re.compile(r"E(Order|Trade|Query|Account|BM):|EGeneral:Invalid arguments|EService:Market in ")


@dataclass(frozen=True, slots=True)
class Failure:
    words: tuple[str, ...]
    """As Kraken wrote them; at least one."""

    @property
    def message(self) -> str:
        return "; ".join(self.words)[:_CHARS_MAX]

    @property
    def cause(self) -> UnknownCause | None:
        """Say why this proves nothing; None where every word is a refusal."""
        return next((cause for word in self.words if (cause := _cause(word)) is not None), None)


class _Envelope(msgspec.Struct):
    error: tuple[str, ...]
    result: Any = None


def read_failure(body: bytes) -> Failure | None:
    """Read whether Kraken failed; raises Unreadable for a reply that both fails and answers."""
    envelope = read(body, _Envelope)
    words = tuple(word for word in envelope.error if not word.startswith("W"))
    if not words:
        return None
    if envelope.result:
        raise Unreadable("the reply fails and answers")
    return Failure(words)


def _cause(word: str) -> UnknownCause | None:
    found = next((cause for pattern, cause in _CAUSES if pattern.match(word)), None)
    if found is not None or _REFUSAL.match(word):
        return found
    return UnknownCause.SERVER_ERROR
