"""Webhooks: followed orders, endpoints, the outbox and its delivery log."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_PENDING = sa.text("state = 'pending'")

_FOLLOW_WHAT_WAS_PLACED_OR_CANCELLED = """
UPDATE known_order SET is_followed = 1 WHERE EXISTS (
  SELECT 1 FROM cancel_intent WHERE cancel_intent.account_id = known_order.account_id
    AND cancel_intent.brokerage_order_id = known_order.brokerage_order_id
) OR EXISTS (
  SELECT 1 FROM place_intent WHERE place_intent.account_id = known_order.account_id
    AND place_intent.order_ids LIKE '%"' || known_order.brokerage_order_id || '"%'
)
"""


def upgrade() -> None:
    op.add_column("known_order", sa.Column("is_followed", sa.Integer(), nullable=False, server_default="0"))
    op.execute(_FOLLOW_WHAT_WAS_PLACED_OR_CANCELLED)
    op.create_table(
        "webhook_endpoint",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("is_on", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["partner_key.client_id"], name=op.f("fk_webhook_endpoint_client_id")
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_webhook_endpoint")),
    )
    op.create_table(
        "webhook_event",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("brokerage_order_id", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.Text(), nullable=True),
        sa.Column("broker_slug", sa.Text(), nullable=True),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_webhook_event")),
        sa.UniqueConstraint("event_id", name=op.f("uq_webhook_event_event_id")),
    )
    for name, columns in (
        ("ix_webhook_event_due", ["client_id", "due_at"]),
        ("ix_webhook_event_order", ["account_id", "brokerage_order_id", "sequence"]),
    ):
        op.create_index(name, "webhook_event", columns, sqlite_where=_PENDING, postgresql_where=_PENDING)
    op.create_table(
        "webhook_attempt",
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["webhook_event.event_id"], name=op.f("fk_webhook_attempt_event_id")
        ),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_webhook_attempt")),
    )
    op.create_index("ix_webhook_attempt_event", "webhook_attempt", ["event_id"])
