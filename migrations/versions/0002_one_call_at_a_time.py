"""One call at a time on each phone: which phones ring, and which calls wait for one."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "ringing",
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("notice", ID, nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["notice"], ["notice.id"], name=op.f("fk_ringing_notice")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ringing")),
    )
    op.add_column("notice", sa.Column("waits_for", sa.String(length=64), nullable=True))
    op.drop_index("ix_notice_due", "notice")
    _index("ix_notice_due", ["medium", "rank", "next_at"], "next_at IS NOT NULL AND waits_for IS NULL")
    _index("ix_notice_waits_for", ["waits_for"], "next_at IS NOT NULL AND waits_for IS NOT NULL")


def _index(name: str, columns: list[str], which: str) -> None:
    op.create_index(
        name, "notice", columns, postgresql_where=sa.text(which), sqlite_where=sa.text(which), unique=False
    )
