"""All tables. Times are integers, microseconds since 1970 UTC; values of the domain are JSON text."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    literal_column,
    text,
)

from nostro.domain.cancel import OPEN_STATES

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class UtcTime(TypeDecorator[datetime]):
    """An aware datetime, exact to the microsecond and ordered on every engine."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + value * _MICROSECOND


class Words(TypeDecorator[str]):
    """What somebody else wrote, for people. A zero character, which PostgreSQL cannot store, is replaced."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else value.replace("\0", "\ufffd")


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

partner_key = Table(
    "partner_key",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("is_personal", Integer, nullable=False),
    Column("sealed_consumer_key", LargeBinary, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
)

api_user = Table(
    "api_user",
    metadata,
    Column("client_id", Text, ForeignKey("partner_key.client_id"), nullable=False),
    Column("user_id", Text, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("client_id", "user_id"),
)

connection = Table(
    "connection",
    metadata,
    Column("connection_id", Text, primary_key=True),
    Column("client_id", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("broker_slug", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("sealed_credentials", LargeBinary, nullable=False),
    Column("generation", Integer, nullable=False, server_default="1"),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("disabled_at", UtcTime),
    ForeignKeyConstraint(
        ["client_id", "user_id"], ["api_user.client_id", "api_user.user_id"], ondelete="CASCADE"
    ),
    Index("ix_connection_user", "client_id", "user_id"),
)

account = Table(
    "account",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column(
        "connection_id",
        Text,
        ForeignKey("connection.connection_id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("number", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("is_paper", Integer, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("connection_id", "number"),
)

known_order = Table(
    "known_order",
    metadata,
    Column("account_id", Text, ForeignKey("account.account_id", ondelete="CASCADE"), nullable=False),
    Column("brokerage_order_id", Text, nullable=False),
    Column("is_closed", Integer, nullable=False),
    Column("snapshot", Text, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("is_followed", Integer, nullable=False, server_default="0"),
    PrimaryKeyConstraint("account_id", "brokerage_order_id"),
)

_OPEN = text("state IN (" + ", ".join(sorted(f"'{state.value}'" for state in OPEN_STATES)) + ")")

# No foreign key to account: what was asked and answered outlives the account's connection.
cancel_intent = Table(
    "cancel_intent",
    metadata,
    Column("cancel_id", Text, primary_key=True),
    Column("client_id", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("brokerage_order_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("requested_at", UtcTime, nullable=False),
    Column("sent_at", UtcTime),
    Column("ended_at", UtcTime),
    Column("settles_s", Float),
    Column("known_for_s", Float, nullable=False, server_default="0"),
    Column("resolved_at", UtcTime),
    Column("reason", Text),
    Column("cause", Text),
    Column("message", Words, nullable=False),
    Column("raw", Text),
    Column("order_snapshot", Text),
    Column("looks", Integer, nullable=False),
    Column("next_look_at", UtcTime),
    Column("owner", Text),
    Column("alerted_at", UtcTime),
    Index("ix_cancel_intent_order", "account_id", "brokerage_order_id", "requested_at"),
    Index(
        "uq_cancel_intent_open",
        "account_id",
        "brokerage_order_id",
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    ),
    Index("ix_cancel_intent_due", "next_look_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
)

IS_OPEN = cancel_intent.c.state.in_(
    [literal_column(f"'{state}'") for state in sorted(state.value for state in OPEN_STATES)]
)
"""Spelled out as in the indexes: with a parameter in its place no engine uses them, and all is read."""

cancel_evidence = Table(
    "cancel_evidence",
    metadata,
    Column("evidence_id", Integer, primary_key=True),
    Column("cancel_id", Text, ForeignKey("cancel_intent.cancel_id"), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_cancel_evidence_cancel", "cancel_id"),
)

_SENT = text("state = 'SENT'")

place_intent = Table(
    "place_intent",
    metadata,
    Column("account_id", Text, ForeignKey("account.account_id", ondelete="CASCADE"), nullable=False),
    Column("client_order_id", Text, nullable=False),
    Column("content_hash", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("requested_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("message", Words, nullable=False),
    Column("order_ids", Text, nullable=False),
    Column("owner", Text),
    Column("claim", Text),
    PrimaryKeyConstraint("account_id", "client_order_id"),
    Index("ix_place_intent_sent", "owner", sqlite_where=_SENT, postgresql_where=_SENT),
)

IS_SENT = place_intent.c.state == literal_column("'SENT'")
"""Spelled out, as IS_OPEN is."""

previewed_trade = Table(
    "previewed_trade",
    metadata,
    Column("trade_id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("account.account_id", ondelete="CASCADE"), nullable=False),
    Column("new_order", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)

login_link = Table(
    "login_link",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("session_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("options", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("used_at", UtcTime),
    ForeignKeyConstraint(
        ["client_id", "user_id"], ["api_user.client_id", "api_user.user_id"], ondelete="CASCADE"
    ),
)

seen_request = Table(
    "seen_request",
    metadata,
    Column("client_id", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("client_id", "signature"),
    Index("ix_seen_request_seen_at", "seen_at"),
)

webhook_endpoint = Table(
    "webhook_endpoint",
    metadata,
    Column("client_id", Text, ForeignKey("partner_key.client_id"), primary_key=True),
    Column("url", Text, nullable=False),
    Column("sealed_secret", LargeBinary, nullable=False),
    Column("is_on", Integer, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
)

_PENDING = text("state = 'pending'")
_ENDED = text("state <> 'pending'")

# No foreign key to account or user: what happened is told also after they are gone.
webhook_event = Table(
    "webhook_event",
    metadata,
    Column("sequence", Integer, primary_key=True),
    Column("event_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("brokerage_order_id", Text, nullable=False),
    Column("connection_id", Text),
    Column("broker_slug", Text),
    Column("kind", Text, nullable=False, server_default="order"),
    Column("event", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    UniqueConstraint("event_id"),
    Index("ix_webhook_event_due", "client_id", "due_at", sqlite_where=_PENDING, postgresql_where=_PENDING),
    Index(
        "ix_webhook_event_order",
        "account_id",
        "brokerage_order_id",
        "sequence",
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    ),
    Index("ix_webhook_event_ended", "due_at", sqlite_where=_ENDED, postgresql_where=_ENDED),
)


def is_pending(events: Any) -> Any:
    """Make the condition, for the table or an alias of it; spelled out, as IS_OPEN is."""
    return events.c.state == literal_column("'pending'")


IS_ENDED = webhook_event.c.state != literal_column("'pending'")

webhook_attempt = Table(
    "webhook_attempt",
    metadata,
    Column("attempt_id", Integer, primary_key=True),
    Column("event_id", Text, ForeignKey("webhook_event.event_id"), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("status", Integer),
    Column("error", Text, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Index("ix_webhook_attempt_event", "event_id"),
)
