"""The databases of `tests/storage` and the machines of `tests/torture`, for processes of their own."""

from tests.storage.conftest import place, postgres
from tests.torture.conftest import parts, postgres_parts, sqlite_parts

__all__ = ["parts", "place", "postgres", "postgres_parts", "sqlite_parts"]
