"""PostgreSQL tried to compress every sealed document before it kept it: milliseconds for nothing."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE chunk ALTER COLUMN body_sealed SET STORAGE EXTERNAL")
