"""Which server process owns a request that is under way."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cancel_intent", sa.Column("owner", sa.Text(), nullable=True))
    op.add_column("place_intent", sa.Column("owner", sa.Text(), nullable=True))
