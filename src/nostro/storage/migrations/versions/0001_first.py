"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cancel_intent",
        sa.Column("cancel_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("brokerage_order_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=True),
        sa.Column("order_snapshot", sa.Text(), nullable=True),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("next_look_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("cancel_id", name=op.f("pk_cancel_intent")),
    )
    op.create_index(
        "ix_cancel_intent_due",
        "cancel_intent",
        ["next_look_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('ACKED', 'INTENT', 'SENT', 'UNKNOWN')"),
        postgresql_where=sa.text("state IN ('ACKED', 'INTENT', 'SENT', 'UNKNOWN')"),
    )
    op.create_index(
        "ix_cancel_intent_order",
        "cancel_intent",
        ["account_id", "brokerage_order_id", "requested_at"],
        unique=False,
    )
    op.create_index(
        "uq_cancel_intent_open",
        "cancel_intent",
        ["account_id", "brokerage_order_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('ACKED', 'INTENT', 'SENT', 'UNKNOWN')"),
        postgresql_where=sa.text("state IN ('ACKED', 'INTENT', 'SENT', 'UNKNOWN')"),
    )
    op.create_table(
        "partner_key",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_personal", sa.Integer(), nullable=False),
        sa.Column("sealed_consumer_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_partner_key")),
    )
    op.create_table(
        "seen_request",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "signature", name=op.f("pk_seen_request")),
    )
    op.create_index("ix_seen_request_seen_at", "seen_request", ["seen_at"], unique=False)
    op.create_table(
        "api_user",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["partner_key.client_id"], name=op.f("fk_api_user_client_id")),
        sa.PrimaryKeyConstraint("client_id", "user_id", name=op.f("pk_api_user")),
    )
    op.create_table(
        "cancel_evidence",
        sa.Column("evidence_id", sa.Integer(), nullable=False),
        sa.Column("cancel_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cancel_id"], ["cancel_intent.cancel_id"], name=op.f("fk_cancel_evidence_cancel_id")
        ),
        sa.PrimaryKeyConstraint("evidence_id", name=op.f("pk_cancel_evidence")),
    )
    op.create_index("ix_cancel_evidence_cancel", "cancel_evidence", ["cancel_id"], unique=False)
    op.create_table(
        "connection",
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("broker_slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("sealed_credentials", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id", "user_id"],
            ["api_user.client_id", "api_user.user_id"],
            name=op.f("fk_connection_client_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_connection")),
    )
    op.create_index("ix_connection_user", "connection", ["client_id", "user_id"], unique=False)
    op.create_table(
        "login_link",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id", "user_id"],
            ["api_user.client_id", "api_user.user_id"],
            name=op.f("fk_login_link_client_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_login_link")),
    )
    op.create_table(
        "account",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("is_paper", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.connection_id"],
            name=op.f("fk_account_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account")),
        sa.UniqueConstraint("connection_id", "number", name=op.f("uq_account_connection_id")),
    )
    op.create_table(
        "known_order",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("brokerage_order_id", sa.Text(), nullable=False),
        sa.Column("is_closed", sa.Integer(), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_known_order_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "brokerage_order_id", name=op.f("pk_known_order")),
    )
    op.create_table(
        "place_intent",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("client_order_id", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("order_ids", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.account_id"],
            name=op.f("fk_place_intent_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "client_order_id", name=op.f("pk_place_intent")),
    )
    op.create_table(
        "previewed_trade",
        sa.Column("trade_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("new_order", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.account_id"],
            name=op.f("fk_previewed_trade_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("trade_id", name=op.f("pk_previewed_trade")),
    )
