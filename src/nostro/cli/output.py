"""What commands print for people: tables and sentences on stdout, errors on stderr."""

import sys
from collections.abc import Iterable
from typing import Annotated, NoReturn

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts instead.")]

PIPED_WIDTH = 200
"""Columns of a table that no terminal bounds; ids then stay in one piece."""


def show(headings: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    """Print a table. The first column never wraps, for it holds what people copy; None is an empty cell."""
    first, *others = headings
    table = Table(
        Column(first, no_wrap=True), *(Column(name, overflow="fold") for name in others), box=box.SIMPLE_HEAD
    )
    for row in rows:
        table.add_row(*("" if cell is None else escape(printable(str(cell))) for cell in row))
    Console(width=None if sys.stdout.isatty() else PIPED_WIDTH).print(table)


def say(text: str, *, style: str | None = None, to_stderr: bool = False) -> None:
    """Print one line without breaking it, so that what stands in it can be copied."""
    Console(stderr=to_stderr).print(
        printable(text), style=style, markup=False, highlight=False, soft_wrap=True
    )


def fail(text: str) -> NoReturn:
    """Say on stderr what went wrong and exit with 1."""
    say(text, style="red", to_stderr=True)
    raise typer.Exit(1)


def printable(text: str) -> str:
    """Escape what a terminal would obey or cannot show: ids and messages come from outside."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
