"""Which generation of credentials a connection has, and events that are about no order."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("connection", sa.Column("generation", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("webhook_event", sa.Column("kind", sa.Text(), nullable=False, server_default="order"))
