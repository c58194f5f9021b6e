"""Which claim holds a client order id: one whose commit was not heard of is told from one that was."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("place_intent", sa.Column("claim", sa.Text(), nullable=True))
