"""Passkeys of officers and staff, the challenges they have answered, and how each session was opened."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "passkey",
        sa.Column("id", ID, nullable=False),
        sa.Column("officer", ID, nullable=True),
        sa.Column("staff", ID, nullable=True),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", ID, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.CheckConstraint("(officer IS NULL) <> (staff IS NULL)", name=op.f("ck_passkey_one_owner")),
        sa.ForeignKeyConstraint(["officer"], ["officer.id"], name=op.f("fk_passkey_officer")),
        sa.ForeignKeyConstraint(["staff"], ["staff.id"], name=op.f("fk_passkey_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index(op.f("ix_passkey_officer"), "passkey", ["officer"], unique=False)
    op.create_index(op.f("ix_passkey_staff"), "passkey", ["staff"], unique=False)
    op.create_table(
        "answered",
        sa.Column("challenge", sa.String(length=64), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("challenge", name=op.f("pk_answered")),
    )
    op.add_column(
        "session", sa.Column("authenticated_by", sa.String(length=20), server_default="pin", nullable=False)
    )
    op.execute("UPDATE session SET authenticated_by = 'passphrase+totp' WHERE staff IS NOT NULL")
    with op.batch_alter_table("session") as session:
        session.alter_column("authenticated_by", server_default=None)
