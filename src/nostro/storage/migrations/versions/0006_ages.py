"""What grows is found by its age, and an alert about a cancel is given once."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ENDED = sa.text("state <> 'pending'")
_SENT = sa.text("state = 'SENT'")


def upgrade() -> None:
    op.add_column("cancel_intent", sa.Column("alerted_at", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_webhook_event_ended", "webhook_event", ["due_at"], sqlite_where=_ENDED, postgresql_where=_ENDED
    )
    op.create_index(
        "ix_place_intent_sent", "place_intent", ["owner"], sqlite_where=_SENT, postgresql_where=_SENT
    )
