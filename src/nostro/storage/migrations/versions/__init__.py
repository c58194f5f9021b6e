"""The schema's history, one Alembic revision per file. A released revision is never edited."""
