"""COMAR's desk and the orders that allow it a copy; media that officers add for themselves; what was last found."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
NO = sa.text("false")


def upgrade() -> None:
    op.add_column("officer", sa.Column("comar", sa.Boolean(), server_default=NO, nullable=False))
    op.add_column("officer", sa.Column("also", sa.String(length=20), server_default="", nullable=False))
    op.add_column("orders", sa.Column("copy_comar", sa.Boolean(), server_default=NO, nullable=False))
    op.create_table(
        "finding",
        sa.Column("job", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_finding")),
    )
