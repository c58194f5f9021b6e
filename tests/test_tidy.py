"""The rules of CONTRIBUTING.md that a program can check and no other tool does."""

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("src", "tests", "docs", "examples", "bench", "requirements")
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".txt",
    ".json",
    ".jsonl",
    ".mjs",
    ".ts",
    ".html",
    ".mako",
    ".ini",
    ".yaml",
    ".yml",
    "",
}

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 110

EXCEPTIONS = {
    (
        "a file is too long",
        "src/nostro/http/operations.py",
    ): "a table: one row per operation, and nothing else",
    (
        "a function is too long",
        "src/nostro/storage/migrations/versions/0001_first.py upgrade",
    ): "one table after the other, as Alembic generates it; a migration is never edited",
    (
        "an inner part speaks SnapTrade's words",
        "src/nostro/domain/errors.py userSecret",
    ): "the sentences are SnapTrade's own, letter by letter, for clients that compare them",
}
"""What may break a rule, and why. It may only shrink."""


def _too_long_file(path: str, text: str) -> Iterator[str]:
    if path.endswith(".py") and len(text.splitlines()) > FILE_LINES_MAX:
        yield path


def _too_long_function(path: str, text: str) -> Iterator[str]:
    for node in _nodes(path, text):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            last = node.end_lineno or node.lineno
            first = node.body[0]
            has_docstring = ast.get_docstring(node) is not None
            docstring_lines = (first.end_lineno or 0) - first.lineno + 1 if has_docstring else 0
            if last - node.lineno + 1 - docstring_lines > FUNCTION_LINES_MAX:
                yield f"{path} {node.name}"


def _too_long_line(path: str, text: str) -> Iterator[str]:
    if path.endswith(".py") and any(len(line) > COLUMNS_MAX for line in text.splitlines()):
        yield path


def _unfinished(path: str, text: str) -> Iterator[str]:
    if re.search(r"\b(TO[D]O|FIX[M]E|XX[X])\b", text):
        yield path


def _nameless_module(path: str, _text: str) -> Iterator[str]:
    if re.search(r"(^|/)(utils?|helpers?|managers?|base|common|misc)(\.py|/)", path):
        yield path


def _bare_ignore(path: str, text: str) -> Iterator[str]:
    if not path.endswith(".py"):
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.COMMENT:
            continue
        if "type: ignore" in token.string and not re.search(
            r"type: ignore\[[a-z, -]+\]\s+(#|-) \w", token.string
        ):
            yield path


def _this_machine(path: str, text: str) -> Iterator[str]:
    if re.search(r"pypi[.]org|pythonhosted[.]org|npmjs[.](org|com)|golang[.]org", text):
        yield path
    if re.search(r"(?<![\w.$}])/(work|root|home|Users|tmp|mnt)/\w", text):
        yield path


def _wire_words(path: str, text: str) -> Iterator[str]:
    if not re.match(r"src/nostro/(domain|brokers|orders|storage|sim)/", path):
        return
    for word in (
        "universal_symbol",
        "brokerage_authorization",
        "userSecret",
        "consumerKey",
        "brokerageOrderId",
        "CANCEL_PENDING",
        "PARTIAL_CANCELED",
    ):
        if word in text:
            yield f"{path} {word}"


def _float_money(path: str, text: str) -> Iterator[str]:
    for node in _nodes(path, text):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name, type_ = node.target.id, ast.unparse(node.annotation)
            if re.search(r"price|quantity|units|notional|cash|amount", name) and "float" in type_:
                yield f"{path} {name}"


def _adapter_is_reached(path: str, text: str) -> Iterator[str]:
    """Adapters do not know each other; the registry finds them, and only the embedded one is asked for."""
    if not path.startswith("src/nostro/") or path == "src/nostro/embedded.py":
        return
    for node in _nodes(path, text):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            adapter = re.match(r"nostro\.brokers\.(\w+)", name)
            folder = f"src/nostro/brokers/{adapter[1]}/" if adapter else ""
            if adapter and (ROOT / folder).is_dir() and not path.startswith(folder):
                yield f"{path} {adapter[1]}"


RULES: dict[str, Callable[[str, str], Iterator[str]]] = {
    "a file is too long": _too_long_file,
    "a function is too long": _too_long_function,
    "a line is too long": _too_long_line,
    "something is left for later": _unfinished,
    "a module is named for nothing": _nameless_module,
    "a type error is silenced without a word": _bare_ignore,
    "a file names a registry or a place on somebody's machine": _this_machine,
    "an inner part speaks SnapTrade's words": _wire_words,
    "money or a quantity is a float": _float_money,
    "an adapter is reached by name": _adapter_is_reached,
}

SAMPLES = {
    "a file is too long": ("src/a.py", "a = 1\n" * 401),
    "a function is too long": ("src/a.py", 'def f():\n    """Do."""\n' + "    a = 1\n" * 70),
    "a line is too long": ("src/a.py", f"a = '{'a' * 105}'\n"),
    "something is left for later": ("README.md", "TO" + "DO: write"),
    "a module is named for nothing": ("src/nostro/utils.py", ""),
    "a type error is silenced without a word": ("src/a.py", "a = 1  # type" + ": ignore\n"),
    "a file names a registry or a place on somebody's machine": ("a.md", "see /home" + "/me/nostro"),
    "an inner part speaks SnapTrade's words": ("src/nostro/domain/a.py", "universal_symbol = 1\n"),
    "an adapter is reached by name": ("src/nostro/app.py", "from nostro.brokers.paper import SPEC\n"),
    "money or a quantity is a float": ("src/a.py", "class A:\n    limit_price: float\n"),
}


def _nodes(path: str, text: str) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(text)) if path.endswith(".py") else iter(())


def _texts() -> dict[str, str]:
    files = [path for path in ROOT.iterdir() if path.is_file() and not path.name.startswith(".")]
    for folder in FOLDERS:
        files += (path for path in (ROOT / folder).rglob("*") if path.is_file())
    return {
        str(path.relative_to(ROOT)): path.read_text("utf-8")
        for path in files
        if path.suffix in TEXT and not {"__pycache__", "node_modules"} & set(path.parts)
    }


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return _texts()


def _broken(rule: str, texts: dict[str, str]) -> set[str]:
    return {where for path, text in texts.items() for where in RULES[rule](path, text)}


@pytest.mark.parametrize("rule", RULES)
def test_nowhere_in_the_repository(rule: str, texts: dict[str, str]) -> None:
    excused = {where for broken, where in EXCEPTIONS if broken == rule}
    assert _broken(rule, texts) - excused == set()


@pytest.mark.parametrize(("rule", "where"), EXCEPTIONS)
def test_every_exception_is_still_needed(rule: str, where: str, texts: dict[str, str]) -> None:
    assert where in _broken(rule, texts)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_sees_what_it_forbids(rule: str) -> None:
    assert list(RULES[rule](*SAMPLES[rule]))


def test_the_whole_source_is_looked_at(texts: dict[str, str]) -> None:
    assert {"src/nostro/orders/cancel.py", "tests/test_tidy.py", "README.md", "pyproject.toml"} <= set(texts)
