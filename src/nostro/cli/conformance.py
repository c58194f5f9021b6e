"""`nostro conformance`: try an adapter in every numbered case, and print its card."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from nostro.cli.output import Json, say, show
from nostro.conformance.card import Card, Result, Verdict, card_as_json
from nostro.conformance.kinds import Subject, subjects
from nostro.conformance.suite import CASES, run_suite

NOT_A_BROKERAGE = 2
"""Exit status for a slug that names none, as for every other wrong use of a command."""


def conformance_command(
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="The brokerage, as in PAPER.")],
    *,
    as_json: Json = False,
) -> None:
    """Try an adapter in every numbered case, and print its card.

    The adapter speaks real HTTP to a simulation of its brokerage on this machine; nothing leaves it, and no
    account is needed. A case judges what the adapter says and what the simulated exchange received and did.
    What the brokerage does not have, by the adapter's own specification, is skipped, and the card says why.

    The exit status is 1 when a case failed, and 2 when there is no such brokerage.

    Example: nostro conformance PAPER
    """
    found = subjects()
    subject = found.get(slug.upper())
    if subject is None:
        say(
            f"There is no brokerage {slug} to try. There are: {', '.join(sorted(found))}.",
            style="red",
            to_stderr=True,
        )
        raise typer.Exit(NOT_A_BROKERAGE)
    card = _run(subject)
    if as_json:
        print(json.dumps(card_as_json(card), indent=2))
    else:
        _print(card)
    raise typer.Exit(1 if card.has_failed else 0)


def _run(subject: Subject) -> Card:
    with _progress(subject.kind.spec.name) as told:
        return asyncio.run(run_suite(subject.kind, subject.face, told))


@contextmanager
def _progress(name: str) -> Iterator["_Told"]:
    """Show how far it is, on a terminal's stderr only, and gone when it is over."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield _Told(progress, name)


class _Told:
    def __init__(self, progress: Progress, name: str) -> None:
        self._progress = progress
        self._name = name
        self._task = progress.add_task(name, total=len(CASES))

    def __call__(self, result: Result) -> None:
        self._progress.update(self._task, advance=1, description=f"{self._name} {result.number}")


def _print(card: Card) -> None:
    show(
        ("Case", "Verdict", "What is true of an adapter that passes", "Why not"),
        ((each.number, each.verdict, each.name, each.reason) for each in card.results),
    )
    counts = ", ".join(f"{card.count(verdict)} {verdict}" for verdict in Verdict)
    style = "red" if card.has_failed else "green"
    say(f"{card.spec.name}: {counts}.", style=style)
