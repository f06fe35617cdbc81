"""What one person of a court asked for and a second must confirm: a withdrawal, or a closing before every outcome."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("ending", sa.String(10)))
    # Not op.alter_column: on SQLite it would copy the table.
    op.execute("ALTER TABLE orders RENAME COLUMN withdrawal_by TO ending_by")
    op.execute("ALTER TABLE orders RENAME COLUMN withdrawal_reason_sealed TO ending_reason_sealed")
    # A request that waits keeps nobody's words: they are sealed to their old place. It must be made again.
    op.execute("UPDATE orders SET ending_by = NULL, ending_reason_sealed = NULL")
