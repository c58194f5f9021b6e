"""Writes the parts of the documents that the code knows better than a person: `python -m docs.generate`.

A generated part stands between `<!-- generated: NAME -->` and `<!-- end -->`; people write the rest.
"""

import ast
import inspect
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from docs import brokers
from nostro.domain.cancel import CancelIntent, CancelState, NotSentCause
from nostro.domain.ids import AccountId, BrokerageOrderId, CancelId
from nostro.domain.instrument import AssetClass, Instrument
from nostro.domain.order import Leg, Order, OrderStatus, OrderType, Side, TimeInForce
from nostro.http.operation import Operation, Who
from nostro.http.operations import OPERATIONS
from nostro.http.sandbox import SandboxControls
from nostro.settings import Settings, read_settings
from nostro.sim import faults
from nostro.wire import errors
from nostro.wire.cancel import cancel_status

DOCS = Path(__file__).parent

_PART = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

_NOT_IN_THE_FILE = {
    "Trading_cancelUserAccountOrder": "first generation; dropped from the SDKs in August 2026",
    "Trading_cancelCryptoSpotOrder": "second generation; in the SDKs of March 2025 only",
    "Trading_cancelSimpleOrder": "third generation; in the SDKs of March to July 2025",
    "Trading_placeBracketOrder": "dropped from the SDKs in August 2026",
    "Connections_removeBrokerageAuthorization": "dropped from the SDKs in August 2026",
    "Trading_placeSimpleOrder": "in the Python SDK 13, not yet in the published file",
    "Trading_getCancellation": "nostro's own: the receipt of a cancel",
    "Trading_getCryptocurrencyPairQuoteByParts": "the same as Python SDKs send it, the slash not escaped",
    "Connections_connect": "nostro's own: connect an account without a browser",
    "ReferenceData_listCapabilities": "nostro's own: what can be placed, and what a cancel's success proves",
    "Page_logo": "nostro's own: a drawn logo for the portal",
}
"""Where an operation comes from that SnapTrade's published OpenAPI file does not have."""

_WHO = {Who.ANYONE: "nothing", Who.PARTNER: "key", Who.USER: "key and user", Who.LOCAL: "this machine"}


def _published() -> dict[tuple[str, str], tuple[str, str]]:
    """Map each call of SnapTrade's OpenAPI file to its line and its operationId."""
    lines = (DOCS / "snaptrade-operations.txt").read_text("utf-8").splitlines()
    return {_call(method, path): (f"{method} {path}", id_) for method, path, id_ in map(str.split, lines)}


def _call(method: str, path: str) -> tuple[str, str]:
    """Tell calls apart whatever their path parameters are named."""
    return method, re.sub(r"{.*?}", "{}", path)


def _origin(operation: Operation) -> str:
    if _call(operation.method, operation.path) in _published():
        return "published"
    return _NOT_IN_THE_FILE[operation.id]


def operations() -> str:
    """Every operation of the server."""
    return _table(
        ("Call", "operationId", "must prove", "in SnapTrade"),
        (
            (f"`{each.method} {each.path}`", f"`{each.id}`", _WHO[each.who], _origin(each))
            for each in OPERATIONS
        ),
    )


def missing() -> str:
    """What SnapTrade has and nostro does not."""
    ours = {_call(each.method, each.path) for each in OPERATIONS}
    return _table(
        ("Call", "operationId"),
        ((f"`{line}`", f"`{id_}`") for call, (line, id_) in _published().items() if call not in ours),
    )


def refusals() -> str:
    """Every refusal and its answer."""
    rows: list[tuple[type[Exception], errors.Row]] = [
        *sorted(errors.TABLE.items(), key=lambda each: (each[1].status, each[1].code)),
        (Exception, errors.UNEXPECTED),
    ]
    return _table(
        ("HTTP", "`code`", "Refusal", "`detail`, where the place says nothing better", "`status`"),
        (
            (str(row.status), f"`{row.code}`", f"`{kind.__name__}`", _detail(kind), _status(row))
            for kind, row in rows
        ),
    )


def _detail(kind: type[Exception]) -> str:
    return errors.render_error(kind())[1].detail or "the brokerage's or the network's words"


def _status(row: errors.Row) -> str:
    return "`NOT_SENT`" if row.nothing_was_sent else ""


def cancels() -> str:
    """What a cancel answers in each state of its intent."""
    return _table(
        ("State of the intent", "HTTP", "`code`", "`status`", "`detail`"),
        (_cancel_row(intent) for intent in _intents()),
    )


def _cancel_row(intent: CancelIntent) -> tuple[str, ...]:
    status = f"`{cancel_status(intent)}`"
    if intent.state in (CancelState.CONFIRMED, CancelState.ACKED):
        return (f"`{intent.state}`", "200", "", status, "")
    row, body = errors.render_cancel_error(intent)
    return (f"`{intent.state}`", str(row.status), f"`{row.code}`", status, body.detail)


def _intents() -> Iterable[CancelIntent]:
    """Make one example of each state, and of each answer it can have."""
    now = datetime(2026, 11, 2, 14, 30, tzinfo=UTC)
    order = Order(
        brokerage_order_id=BrokerageOrderId("ORDER"),
        status=OrderStatus.NEW,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.DAY,
        legs=(Leg(instrument=Instrument(symbol="AAPL", asset_class=AssetClass.STOCK), side=Side.BUY),),
        quantity=Decimal(10),
        limit_price=Decimal(1),
        placed_at=now,
        updated_at=now,
    )
    intent = CancelIntent(
        cancel_id=CancelId("{cancel_id}"),
        account_id=AccountId("ACCOUNT"),
        brokerage_order_id=order.brokerage_order_id,
        requested_at=now,
        order=order,
    )
    canceled = replace(order, status=OrderStatus.CANCELED)
    yield replace(intent, state=CancelState.CONFIRMED, order=canceled)
    yield replace(intent, state=CancelState.CONFIRMED, order=replace(canceled, filled_quantity=Decimal(4)))
    yield replace(intent, state=CancelState.ACKED)
    filled = replace(order, status=OrderStatus.FILLED)
    yield replace(intent, state=CancelState.TOO_LATE, order=filled)
    replaced = replace(order, status=OrderStatus.REPLACED, replaced_by=BrokerageOrderId("{replaced_by}"))
    yield replace(intent, state=CancelState.TOO_LATE, order=replaced)
    yield replace(intent, state=CancelState.REFUSED)
    yield replace(intent, state=CancelState.REFUSED, message="the brokerage's own words")
    yield replace(intent, state=CancelState.NOT_SENT)
    yield replace(intent, state=CancelState.NOT_SENT, cause=NotSentCause.ACCESS_REFUSED)
    here, why = NotSentCause.REFUSED_LOCALLY, "the reason, in a few words"
    yield replace(intent, state=CancelState.NOT_SENT, cause=here, message=why)
    for state in (CancelState.INTENT, CancelState.UNKNOWN):
        yield replace(intent, state=state)


def settings() -> str:
    """Every variable the server reads, with its default."""
    defaults = read_settings({"HOME": "$HOME"})
    rows = []
    for name, text in _attribute_docstrings(Settings):
        found = re.search(r" \((NOSTRO_\w+)\)\.$", text)
        if found is None:
            raise ValueError(f"the docstring of Settings.{name} does not end with its variable's name")
        default = str(getattr(defaults, name))
        rows.append((f"`{found[1]}`", f"`{default}`" if default else "empty", text[: found.start()] + "."))
    return _table(("Variable", "Default", "What it is"), rows)


def _attribute_docstrings(of: type) -> Iterable[tuple[str, str]]:
    nodes = list(ast.walk(ast.parse(inspect.getsource(of))))
    for field, docstring in pairwise(nodes):
        match field, docstring:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, " ".join(text.split())


def controls() -> str:
    """The sandbox's controls."""
    rows = SandboxControls.operations(SandboxControls.__new__(SandboxControls))
    return _table(("Call", "What it does"), ((f"`{each.method} {each.path}`", each.summary) for each in rows))


def fault_kinds() -> str:
    """The kinds of faults, as their module describes them."""
    text = inspect.getdoc(faults) or ""
    table = text[text.index("kind ") : text.index("\n\nEach request")]
    missing_kinds = [kind for kind in faults.FaultKind if f"{kind} " not in table]
    if missing_kinds:
        raise ValueError(f"the docstring of nostro.sim.faults does not describe {missing_kinds}")
    return f"```text\n{inspect.cleandoc(table)}\n```\n"


def torture() -> str:
    """The last run of the torture on each engine, as it wrote it down itself."""
    runs = [json.loads(path.read_text("utf-8")) for path in sorted((DOCS / "torture").glob("*.json"))]
    columns = [dict(torture_rows(run)) for run in runs]
    names = dict.fromkeys(name for column in columns for name in column)
    head = ("What", *(run["engine"] for run in runs))
    return _table(head, ((name, *(column.get(name, "-") for column in columns)) for name in names))


def torture_rows(run: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Read the document of one run (build/torture.json) as a table: what, and how much."""
    faults_met = run["faults"].values()
    yield "Begun", f"{run['began_at']}, at commit {run['commit']}"
    yield "Invariants broken", str(run["violations"])
    yield "Dangers never met", str(len(run["never_met"]))
    yield "Seeds", f"{run['seeds']:,}, from {run['seed_base']}"
    yield "Answers judged", f"{run['answers']:,}"
    yield "Histories explained", f"{run['histories'] - run['unexplained']:,} of {run['histories']:,}"
    yield "Crashes in the simulation", f"{run['crashes']:,}"
    yield (
        "Faults met",
        f"{sum(faults_met):,} of {len(faults_met)} kinds, each at least {min(faults_met)} times",
    )
    yield "Server processes killed", f"{run['kills']:,}"
    yield "Power cuts", f"{run['power_cuts']:,}"
    yield (
        "Cancels that left",
        "{left:,}; journalled {journalled_at_least:,} to {journalled_at_most:,}".format(**run["requests"]),
    )
    yield "Seeded bugs caught", f"{run['seeded_bugs']['caught']} of {run['seeded_bugs']['total']}"
    yield "Secrets found", f"{run['canaries_found']} of {run['canaries']}, in {run['bytes_scanned']:,} bytes"
    yield "Took", ", ".join(f"{name} {took_s:,.0f} s" for name, took_s in run["took_s"].items())


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |\n" for line in lines)


PARTS: dict[str, Callable[[], str]] = {
    "operations": operations,
    "missing": missing,
    "refusals": refusals,
    "cancels": cancels,
    "settings": settings,
    "controls": controls,
    "faults": fault_kinds,
    "torture": torture,
    **brokers.parts(_table),
}


def fresh(page: str) -> str:
    """Return `page` with every generated part made anew."""
    return _PART.sub(lambda found: found[1] + PARTS[found[2]]() + found[3], page)


def main() -> None:
    for name, page in brokers.new_pages().items():
        path = DOCS / "brokers" / name
        if not path.exists():
            path.write_text(page, "utf-8")
    for path in sorted(DOCS.glob("**/*.md")):
        page = path.read_text("utf-8")
        if fresh(page) != page:
            path.write_text(fresh(page), "utf-8")
            print(f"{path.name} is new")


if __name__ == "__main__":
    main()
