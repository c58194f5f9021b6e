"""Documents that cannot lie: what the code knows is generated, what they show is run, their links work."""

import ast
import inspect
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from docs import generate
from nostro import sandbox
from nostro.domain import errors
from nostro.http.operation import Operation
from nostro.http.operations import OPERATIONS
from nostro.sim.faults import FaultKind
from nostro.wire.errors import TABLE
from tests.server.world import Server, send

ROOT = Path(__file__).parent.parent
PAGES = sorted(path.relative_to(ROOT) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
RECORDS = [page for page in PAGES if page.parent.name == "adr"]
REFUSALS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.Refusal) and kind is not errors.Refusal
]


def read(page: Path | str) -> str:
    return (ROOT / page).read_text("utf-8")


def anchors(text: str) -> set[str]:
    """List the anchors that GitHub gives to a page's headings."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", read(page), re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_generated_parts_are_fresh_or_python_m_docs_generate_makes_them_so(page: Path) -> None:
    assert read(page) == generate.fresh(read(page)), "run: python -m docs.generate"


@pytest.mark.parametrize("part", generate.PARTS)
def test_every_generated_part_stands_in_some_page(part: str) -> None:
    assert any(f"<!-- generated: {part} -->" in read(page) for page in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", read(page)):
        path, _, anchor = target.partition("#")
        linked = page if not path else Path(page.parent, path)
        assert (ROOT / linked).exists(), target
        assert not anchor or anchor in anchors(read(linked)), target


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_module_that_a_page_names_exists(page: Path) -> None:
    for name in re.findall(r"`((?:src/nostro|tests|docs|bench|examples)/[\w./-]+)`", read(page)):
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_every_operation_is_in_the_table_of_compatibility(operation: Operation) -> None:
    assert f"| `{operation.method} {operation.path}` |" in read("docs/compatibility.md")


@pytest.mark.parametrize("kind", REFUSALS)
def test_every_refusal_has_a_row_or_a_parent_with_one(kind: type[errors.Refusal]) -> None:
    assert any(parent in TABLE for parent in kind.__mro__)


def test_every_variable_that_the_source_names_is_documented() -> None:
    sources = [path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py")]
    named = {name for source in sources for name in re.findall(r"NOSTRO_[A-Z_]*[A-Z]", source)}
    assert named <= set(re.findall(r"NOSTRO_[A-Z_]*[A-Z]", read("docs/settings.md")))


@pytest.mark.parametrize("kind", FaultKind)
def test_every_fault_is_in_the_sandbox_page(kind: FaultKind) -> None:
    assert re.search(rf"^{kind} ", read("docs/sandbox.md"), re.MULTILINE)


def test_the_readme_has_the_snippet_that_the_sandbox_prints() -> None:
    (snippet,) = blocks("README.md", "python")
    printed = dedent(sandbox.how_to("http://127.0.0.1:8787").split("The exchange's")[0])
    assert ast.dump(ast.parse(snippet)) == ast.dump(ast.parse(printed))


@pytest.mark.parametrize("record", RECORDS, ids=str)
def test_every_decision_record_has_its_sections(record: Path) -> None:
    text = read(record)
    assert re.match(rf"# {record.name[:4]}\. .+\n", text)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == [
        "Context",
        "Decision",
        "Consequences",
        "Alternatives",
        "Enforced by",
    ]


def test_decision_records_are_numbered_without_gaps() -> None:
    assert [int(record.name[:4]) for record in RECORDS] == list(range(1, len(RECORDS) + 1))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(None) as running:
        yield running


def test_the_sandbox_page_examples_work_one_after_the_other(server: Server) -> None:
    commands = [line for block in blocks("docs/sandbox.md", "sh") for line in block.splitlines()]
    for command in commands:
        method, target, body = curl(command.replace("$NOSTRO", ""))
        reply = send(server.url, method, target, body, {}, 10.0)
        assert reply.status == 200, f"{command}: {reply.body}"


def curl(command: str) -> tuple[str, str, bytes | None]:
    """Read the little of curl's command line that the examples use."""
    name, *words = shlex.split(command)
    assert name == "curl", command
    method, target, body = "GET", "", None
    while words:
        match words:
            case ["-X", value, *words]:
                method = value
            case ["-d", value, *words]:
                body = value.encode()
            case [value, *words]:
                target = value
    return method, target, body
