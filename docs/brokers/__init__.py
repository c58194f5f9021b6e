"""Writes the page of each brokerage from its adapter's specification, and from its card as it is now."""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial

from nostro.brokers.spec import BrokerSpec
from nostro.conformance.card import Verdict, card_as_json
from nostro.conformance.kinds import Subject, subjects
from nostro.conformance.suite import run_suite
from nostro.domain.capability import CancelAck, OrderRow

_PROVES = {
    CancelAck.CONFIRMED: "the order is canceled",
    CancelAck.ACCEPTED: "the request was taken; the order may still fill",
}
_MARKS = {Verdict.PASSED: "passed", Verdict.FAILED: "**failed**", Verdict.SKIPPED: "skipped"}

Part = Callable[[], str]
Table = Callable[[tuple[str, ...], Iterable[tuple[str, ...]]], str]
"""Writes a head and rows."""


def parts(table: Table) -> dict[str, Part]:
    """Give the matrix, and for each brokerage that the suite can be run against the parts of its page."""
    made: dict[str, Part] = {"matrix": partial(_matrix, table)}
    found = subjects()
    for slug, subject in found.items():
        name = slug.lower().replace("-", "_")
        made[f"facts_{name}"] = partial(_facts, subject.kind.spec, table)
        first = found[subject.face.slug.upper()]
        made[f"card_{name}"] = (
            partial(_card, subject, table) if first is subject else partial(_as, first.kind.spec)
        )
    return made


def new_pages() -> dict[str, str]:
    """Write, by file name, the page that each brokerage begins with; people add to it."""
    return {f"{slug.lower()}.md": _page(subject.kind.spec) for slug, subject in subjects().items()}


def _page(spec: BrokerSpec) -> str:
    name = spec.slug.lower().replace("-", "_")
    return (
        f"# {spec.name}\n\n{spec.description}.\n\n"
        f"<!-- generated: facts_{name} -->\n<!-- end -->\n\n"
        f"## Conformance\n\n"
        f"`nostro conformance {spec.slug}` tries the adapter against a simulation of the brokerage.\n"
        f"It says nothing about what the brokerage's documents do not say.\n\n"
        f"<!-- generated: card_{name} -->\n<!-- end -->\n"
    )


def _matrix(table: Table) -> str:
    """One row for each kind of order of each brokerage."""
    specs = [subject.kind.spec for subject in subjects().values()]
    rows = (
        (
            f"[{spec.name}]({spec.slug.lower()}.md)",
            f"{row.asset_class}{f', {row.legs_max} legs' if row.legs_max > 1 else ''}",
            ", ".join(sorted(each.replace("_", " ") for each in row.order_types)),
            ", ".join(sorted(each.value for each in row.times_in_force)),
            ", ".join(_extras(row)) or "-",
            spec.capabilities.replace.replace("_", " "),
            _PROVES[spec.capabilities.cancel],
        )
        for spec in specs
        for row in spec.capabilities.orders
    )
    return table(("Brokerage", "Class", "Types", "Durations", "Also", "Replace", "A cancel's success"), rows)


def _extras(row: OrderRow) -> Iterable[str]:
    if row.fractional:
        yield "fractions"
    if row.notional:
        yield "by value"
    if row.extended_hours:
        yield "extended hours"


def _facts(spec: BrokerSpec, table: Table) -> str:
    return table(("What", "How"), _rows(spec))


def _rows(spec: BrokerSpec) -> Iterable[tuple[str, str]]:
    capabilities = spec.capabilities
    yield "Slug", f"`{spec.slug}`"
    yield "Real money", "no" if spec.is_paper else "yes"
    yield "Credentials", ", ".join(each.label for each in spec.credentials)
    yield "A cancel's success proves", _PROVES[capabilities.cancel]
    yield "A cancel given up may still act for", _seconds(spec.cancel_settles_s)
    yield "A request is given up after", _seconds(spec.request_timeout_s)
    yield "Order ids match", f"`{spec.order_id.pattern}`"
    yield "Classes", ", ".join(dict.fromkeys(row.asset_class for row in capabilities.orders))
    yield "Complex orders", ", ".join(sorted(capabilities.groups)) or "none"
    yield "Replace", capabilities.replace.replace("_", " ")
    yield "Keeps client order ids", "yes" if capabilities.client_order_ids else "no"
    yield "Shows closed orders for", f"{spec.history_reach.days} days" if spec.history_reach else "ever"
    for limit in spec.rate_limits:
        counted = ", ".join(sorted(limit.operations)) or "all requests"
        yield "Rate limit", f"{limit.requests} in {limit.per_s:g} s ({counted})"
    yield "Rests on", spec.quality.rests_on
    yield "Tried with", ", ".join(spec.quality.oracles) or "no program of others"
    yield "Seen at the brokerage itself", "yes" if spec.quality.is_measured else "no"
    for source in spec.sources:
        yield "Source", f"{source.page}, {source.checked}"


def _seconds(seconds: float | None) -> str:
    return "no known bound" if seconds is None else f"{seconds:g} s"


def _as(first: BrokerSpec) -> str:
    """Say of a second entrance where its card is: to run it twice would prove nothing more."""
    return f"As for [{first.name}]({first.slug.lower()}.md): one adapter and one API, at two addresses.\n"


def _card(subject: Subject, table: Table) -> str:
    card = card_as_json(asyncio.run(run_suite(subject.kind, subject.face, lambda _result: None)))
    counts = ", ".join(f"{card[verdict]} {verdict}" for verdict in Verdict)
    rows = ((each["number"], each["name"], _MARKS[each["verdict"]], each["reason"]) for each in card["cases"])
    return f"{counts}.\n\n" + table(("Case", "What is true", "Verdict", "Why not"), rows)
