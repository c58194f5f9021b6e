"""How long a request may still act after its end is a length of time, no moment: it is nobody's clock.

SENT is no state of an intent any more; nothing ever stored it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_OPEN = sa.text("state IN ('ACKED', 'INTENT', 'UNKNOWN')")
_OPEN_INDEXES = (
    ("uq_cancel_intent_open", ["account_id", "brokerage_order_id"], True),
    ("ix_cancel_intent_due", ["next_look_at"], False),
)

_MOMENT_TO_LENGTH = "UPDATE cancel_intent SET settles_s = (settled_at - ended_at) / 1000000.0"


def upgrade() -> None:
    for name, _, _ in _OPEN_INDEXES:
        op.drop_index(name, "cancel_intent")
    op.add_column("cancel_intent", sa.Column("settles_s", sa.Float(), nullable=True))
    op.execute(_MOMENT_TO_LENGTH)
    op.add_column("cancel_intent", sa.Column("known_for_s", sa.Float(), nullable=False, server_default="0"))
    op.drop_column("cancel_intent", "settled_at")
    for name, columns, is_unique in _OPEN_INDEXES:
        op.create_index(
            name, "cancel_intent", columns, unique=is_unique, sqlite_where=_OPEN, postgresql_where=_OPEN
        )
