"""Find the operation of a request: a tree of path segments, built once."""

from dataclasses import dataclass, field
from urllib.parse import unquote

from nostro.domain.errors import MethodNotAllowed, NotFound
from nostro.http.operation import Operation, Who

PREFIX = "/api/v1"
"""Every operation answers under it as well: SDKs released before June 2026 call it so."""


@dataclass(slots=True)
class _Node:
    literal: "dict[str, _Node]" = field(default_factory=dict)
    parameter: "_Node | None" = None
    rest: "_Node | None" = None
    operations: dict[str, Operation] = field(default_factory=dict)


class MethodMissing(MethodNotAllowed):
    """The path exists, the method does not; `allowed` is what the Allow header says."""

    def __init__(self, allowed: str) -> None:
        super().__init__()
        self.allowed = allowed


class Router:
    def __init__(self, operations: tuple[Operation, ...]) -> None:
        self._root = _Node()
        for operation in operations:
            self._add(operation)

    def _add(self, operation: Operation) -> None:
        node = self._root
        for segment in _segments(operation.path):
            if segment.endswith("+}"):
                node.rest = node = node.rest or _Node()
            elif segment.startswith("{"):
                node.parameter = node = node.parameter or _Node()
            else:
                node = node.literal.setdefault(segment, _Node())
        if operation.method in node.operations:
            raise ValueError(f"two operations answer {operation.method} {operation.path}")
        node.operations[operation.method] = operation
        signed = [each for each in node.operations.values() if each.who in (Who.USER, Who.PARTNER)]
        if len(signed) > 1 and not all(each.shares_path for each in signed):
            raise ValueError(f"{operation.path} has two methods: each must say that it shares its path")

    def find(self, method: str, raw_path: str) -> tuple[Operation, dict[str, str]]:
        """Find the operation and its path parameters; raises NotFound, MethodMissing.

        The path is decoded first: signatures may cover the decoded form, so `%2F` and `/` must mean the same.
        """
        path = unquote(raw_path) if "%" in raw_path else raw_path
        if path.startswith(PREFIX + "/") or path == PREFIX:
            path = path[len(PREFIX) :]
        segments = _segments(path)
        node, values = _walk(self._root, segments, 0, [])
        if node is None:
            raise NotFound
        operation = node.operations.get(method)
        if operation is None:
            raise MethodMissing(", ".join(sorted(node.operations)))
        names = [segment.strip("{+}") for segment in _segments(operation.path) if segment.startswith("{")]
        return operation, dict(zip(names, values, strict=True))


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]


def _walk(node: _Node, segments: list[str], at: int, values: list[str]) -> tuple[_Node | None, list[str]]:
    """Match from segment `at` on; a literal wins over a parameter, a parameter over the rest."""
    if at == len(segments):
        return (node, values) if node.operations else (None, values)
    literal = node.literal.get(segments[at])
    if literal is not None:
        found, found_values = _walk(literal, segments, at + 1, values)
        if found is not None:
            return found, found_values
    if node.parameter is not None:
        found, found_values = _walk(node.parameter, segments, at + 1, [*values, segments[at]])
        if found is not None:
            return found, found_values
    if node.rest is not None:
        return node.rest, [*values, "/".join(segments[at:])]
    return None, values
