"""What is around each of tastytrade's answers: `data` of a success, `error` of a refusal.

A refused placement can have both: `data` then says what the order would have cost (recorded by tasty-go).
"""

from typing import Generic, TypeVar

import msgspec

from nostro.brokers.reply import Unreadable, read

T = TypeVar("T")


class Row(msgspec.Struct, kw_only=True, rename="kebab"):
    """Fields are named as tastytrade names them, in Python's way of writing."""


class _Success(Row, Generic[T], kw_only=True):
    data: T
    error: object = None


class _Items(Row, Generic[T], kw_only=True):
    items: tuple[T, ...]


class _Pagination(Row, kw_only=True):
    total_pages: int


class _Page(Row, Generic[T], kw_only=True):
    data: _Items[T]
    error: object = None
    pagination: _Pagination | None = None
    """Not with every list."""


class _Reason(Row, kw_only=True):
    code: str = ""
    message: str = ""
    domain: str = ""
    reason: str = ""

    def words(self) -> str:
        return self.message or self.code or f"{self.domain} {self.reason}".strip()


class _Error(Row, kw_only=True):
    code: str
    message: str = ""
    errors: tuple[_Reason, ...] = ()


class _Failure(Row, kw_only=True):
    error: _Error


def read_data(body: bytes, kind: type[T]) -> T:
    """Read what a success is about; raises Unreadable for one that has an error in it."""
    success = read(body, _Success[kind])  # type: ignore[valid-type]  # mypy takes no variable for a type
    return _sound(success.data, success.error)


def read_items(body: bytes, kind: type[T]) -> tuple[tuple[T, ...], int | None]:
    """Read a list, and how many pages it has where that is said."""
    page = read(body, _Page[kind])  # type: ignore[valid-type]  # mypy takes no variable for a type
    pages = page.pagination.total_pages if page.pagination is not None else None
    return _sound(page.data.items, page.error), pages


def read_refusal(body: bytes, chars_max: int) -> str:
    """Read the words of a refusal; raises Unreadable for what is none."""
    error = read(body, _Failure).error
    reasons = [each.words() for each in error.errors]
    return "; ".join(each for each in (error.message or error.code, *reasons) if each)[:chars_max]


def _sound(data: T, error: object) -> T:
    if error is not None:
        raise Unreadable("the reply is a success with an error in it")
    return data
