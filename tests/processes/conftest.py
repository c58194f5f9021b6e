"""The databases of `tests/storage`, for processes of their own."""

from tests.storage.conftest import place, postgres

__all__ = ["place", "postgres"]
