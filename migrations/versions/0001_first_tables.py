"""The first tables: the log and its guards, orders, people, notices, credentials."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)

APPEND_ONLY = ("record", "leaf", "roster", "policy", "receipt", "acknowledgement", "outcome")


def upgrade() -> None:
    create_tables()
    if op.get_bind().dialect.name == "sqlite":
        guard_sqlite()
    else:
        guard_postgresql()
    op.execute("INSERT INTO log (id, kind) VALUES (1, 'config')")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT setval(pg_get_serial_sequence('log', 'id'), 1)")


def guard_sqlite() -> None:
    """UPDATE, DELETE and gaps are refused. INSERT OR REPLACE would bypass the first two, hence the third's id."""
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        key = '"index"' if table == "leaf" else "id"
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key}) "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    op.execute(
        "CREATE TRIGGER record_gapless BEFORE INSERT ON record "
        "WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM record WHERE log = NEW.log) "
        "BEGIN SELECT RAISE(ABORT, 'record.seq has a gap'); END"
    )


def guard_postgresql() -> None:
    """UPDATE, DELETE, TRUNCATE and gaps are refused. Statement triggers: TRUNCATE bypasses row triggers."""
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(
        "CREATE FUNCTION refuse_gap() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN "
        "IF NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM record WHERE log = NEW.log) "
        "THEN RAISE EXCEPTION 'record.seq has a gap'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER record_gapless BEFORE INSERT ON record FOR EACH ROW EXECUTE FUNCTION refuse_gap()"
    )


def create_tables() -> None:
    op.create_table(
        "blob",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("stored_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blob")),
    )
    op.create_table(
        "crl",
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("fetched_at", INSTANT, nullable=False),
        sa.Column("next_update", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_crl")),
    )
    op.create_table(
        "data_key",
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_data_key")),
    )
    op.create_table(
        "heartbeat",
        sa.Column("worker", sa.String(length=80), nullable=False),
        sa.Column("trust", sa.String(length=64), server_default="", nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("worker", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "job_slot",
        sa.Column("job", sa.String(length=40), nullable=False),
        sa.Column("slot", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("job", "slot", name=op.f("pk_job_slot")),
    )
    op.create_table(
        "log",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.Column("head", sa.String(length=64), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log")),
    )
    op.create_table(
        "station",
        sa.Column("id", ID, nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("time_zone", sa.String(length=40), nullable=False),
        sa.Column("phone", sa.String(length=20), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station")),
        sa.UniqueConstraint("code", name=op.f("uq_station_code")),
    )
    op.create_table(
        "throttle",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("blocked_until", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_throttle")),
    )
    op.create_table(
        "chunk",
        sa.Column("blob", sa.String(length=32), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["blob"], ["blob.id"], name=op.f("fk_chunk_blob")),
        sa.PrimaryKeyConstraint("blob", "n", name=op.f("pk_chunk")),
    )
    op.create_table(
        "court",
        sa.Column("id", ID, nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("time_zone", sa.String(length=40), nullable=False),
        sa.Column("next_folio", sa.Integer(), server_default="1", nullable=False),
        sa.Column("log", ID, nullable=False),
        sa.ForeignKeyConstraint(["log"], ["log.id"], name=op.f("fk_court_log")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_court")),
        sa.UniqueConstraint("code", name=op.f("uq_court_code")),
    )
    op.create_table(
        "policy",
        sa.Column("id", ID, nullable=False),
        sa.Column("station", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["station"], ["station.id"], name=op.f("fk_policy_station")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
        sa.UniqueConstraint("station", "version", name=op.f("uq_policy_station_version")),
    )
    op.create_table(
        "record",
        sa.Column("id", ID, nullable=False),
        sa.Column("log", ID, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("jws", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["log"], ["log.id"], name=op.f("fk_record_log")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record")),
        sa.UniqueConstraint("log", "seq", name=op.f("uq_record_log_seq")),
    )
    op.create_table(
        "roster",
        sa.Column("id", ID, nullable=False),
        sa.Column("station", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["station"], ["station.id"], name=op.f("fk_roster_station")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster")),
        sa.UniqueConstraint("station", "version", name=op.f("uq_roster_station_version")),
    )
    op.create_table(
        "annex",
        sa.Column("record", ID, nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["record.id"], name=op.f("fk_annex_record")),
        sa.PrimaryKeyConstraint("record", name=op.f("pk_annex")),
    )
    op.create_table(
        "court_signer",
        sa.Column("id", ID, nullable=False),
        sa.Column("court", ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("valid_from", INSTANT, nullable=False),
        sa.Column("valid_until", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["court"], ["court.id"], name=op.f("fk_court_signer_court")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_court_signer")),
        sa.UniqueConstraint("court", "kind", "value", name=op.f("uq_court_signer_court_kind_value")),
    )
    op.create_index("ix_court_signer_value", "court_signer", ["value"], unique=False)
    op.create_table(
        "leaf",
        sa.Column("index", ID, autoincrement=False, nullable=False),
        sa.Column("record", ID, nullable=False),
        sa.ForeignKeyConstraint(["record"], ["record.id"], name=op.f("fk_leaf_record")),
        sa.PrimaryKeyConstraint("index", name=op.f("pk_leaf")),
        sa.UniqueConstraint("record", name=op.f("uq_leaf_record")),
    )
    op.create_table(
        "officer",
        sa.Column("id", ID, nullable=False),
        sa.Column("badge", sa.String(length=30), nullable=False),
        sa.Column("station", ID, nullable=True),
        sa.Column("court", ID, nullable=True),
        sa.Column("post", sa.String(length=80), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("pin_hash", sa.String(length=200), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.text("(true)"), nullable=False),
        sa.ForeignKeyConstraint(["court"], ["court.id"], name=op.f("fk_officer_court")),
        sa.ForeignKeyConstraint(["station"], ["station.id"], name=op.f("fk_officer_station")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer")),
        sa.UniqueConstraint("badge", name=op.f("uq_officer_badge")),
    )
    op.create_table(
        "staff",
        sa.Column("id", ID, nullable=False),
        sa.Column("username", sa.String(length=80), nullable=False),
        sa.Column("court", ID, nullable=True),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("(true)"), nullable=False),
        sa.ForeignKeyConstraint(["court"], ["court.id"], name=op.f("fk_staff_court")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("username", name=op.f("uq_staff_username")),
    )
    op.create_table(
        "contact",
        sa.Column("id", ID, nullable=False),
        sa.Column("officer", ID, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("verified_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["officer"], ["officer.id"], name=op.f("fk_contact_officer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("officer", "kind", "position", name=op.f("uq_contact_officer_kind_position")),
    )
    op.create_index(op.f("ix_contact_address_hash"), "contact", ["address_hash"], unique=False)
    op.create_index(op.f("ix_contact_officer"), "contact", ["officer"], unique=False)
    op.create_table(
        "credential",
        sa.Column("id", ID, nullable=False),
        sa.Column("staff", ID, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("used_counter", ID, nullable=True),
        sa.ForeignKeyConstraint(["staff"], ["staff.id"], name=op.f("fk_credential_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
    )
    op.create_index(op.f("ix_credential_staff"), "credential", ["staff"], unique=False)
    op.create_table(
        "invitation",
        sa.Column("id", ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("staff", ID, nullable=True),
        sa.Column("officer", ID, nullable=True),
        sa.Column("seed_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["officer"], ["officer.id"], name=op.f("fk_invitation_officer")),
        sa.ForeignKeyConstraint(["staff"], ["staff.id"], name=op.f("fk_invitation_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    op.create_table(
        "orders",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("court", ID, nullable=False),
        sa.Column("folio", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("expediente", sa.String(length=40), nullable=False),
        sa.Column("suspension", sa.String(length=12), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("instruction_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("marked", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("drill", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("submitted_by", ID, nullable=True),
        sa.Column("submitted_at", INSTANT, nullable=False),
        sa.Column("hold_reason", sa.String(length=30), nullable=True),
        sa.Column("release_at", INSTANT, nullable=True),
        sa.Column("withdrawal_by", ID, nullable=True),
        sa.Column("withdrawal_reason_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["court"], ["court.id"], name=op.f("fk_orders_court")),
        sa.ForeignKeyConstraint(["id"], ["log.id"], name=op.f("fk_orders_id")),
        sa.ForeignKeyConstraint(["submitted_by"], ["staff.id"], name=op.f("fk_orders_submitted_by")),
        sa.ForeignKeyConstraint(["withdrawal_by"], ["staff.id"], name=op.f("fk_orders_withdrawal_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("court", "folio", name=op.f("uq_orders_court_folio")),
    )
    op.create_index(
        "ix_orders_release",
        "orders",
        ["release_at"],
        unique=False,
        postgresql_where=sa.text("state = 'held'"),
        sqlite_where=sa.text("state = 'held'"),
    )
    op.create_table(
        "document",
        sa.Column("id", ID, nullable=False),
        sa.Column("orders", ID, nullable=False),
        sa.Column("court", ID, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("upload_sha256", sa.String(length=64), nullable=False),
        sa.Column("signature_sha256", sa.String(length=64), server_default="", nullable=False),
        sa.Column("blob", sa.String(length=32), nullable=False),
        sa.Column("upload_blob", sa.String(length=32), nullable=False),
        sa.Column("signature_blob", sa.String(length=32), nullable=True),
        sa.Column("verdict_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("submitted_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["blob"], ["blob.id"], name=op.f("fk_document_blob")),
        sa.ForeignKeyConstraint(["court"], ["court.id"], name=op.f("fk_document_court")),
        sa.ForeignKeyConstraint(["orders"], ["orders.id"], name=op.f("fk_document_orders")),
        sa.ForeignKeyConstraint(["signature_blob"], ["blob.id"], name=op.f("fk_document_signature_blob")),
        sa.ForeignKeyConstraint(["upload_blob"], ["blob.id"], name=op.f("fk_document_upload_blob")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
    )
    op.create_index(op.f("ix_document_orders"), "document", ["orders"], unique=False)
    op.create_index(
        "uq_document_initial",
        "document",
        ["court", "sha256"],
        unique=True,
        postgresql_where=sa.text("kind = 'initial'"),
        sqlite_where=sa.text("kind = 'initial'"),
    )
    op.create_table(
        "escalation",
        sa.Column("id", ID, nullable=False),
        sa.Column("orders", ID, nullable=False),
        sa.Column("station", ID, nullable=True),
        sa.Column("policy", ID, nullable=True),
        sa.Column("phase", sa.String(length=12), nullable=False),
        sa.Column("cause", sa.String(length=12), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("fired_at", INSTANT, nullable=True),
        sa.Column("display_due", INSTANT, nullable=True),
        sa.Column("outcome_due", INSTANT, nullable=True),
        sa.Column("next_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["orders"], ["orders.id"], name=op.f("fk_escalation_orders")),
        sa.ForeignKeyConstraint(["policy"], ["policy.id"], name=op.f("fk_escalation_policy")),
        sa.ForeignKeyConstraint(["station"], ["station.id"], name=op.f("fk_escalation_station")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation")),
        sa.UniqueConstraint("orders", "station", name=op.f("uq_escalation_orders_station")),
    )
    op.create_index(
        "ix_escalation_next",
        "escalation",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("next_at IS NOT NULL"),
        sqlite_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_escalation_orders"), "escalation", ["orders"], unique=False)
    op.create_table(
        "lawyer",
        sa.Column("id", ID, nullable=False),
        sa.Column("orders", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["orders"], ["orders.id"], name=op.f("fk_lawyer_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lawyer")),
        sa.UniqueConstraint("orders", "position", name=op.f("uq_lawyer_orders_position")),
    )
    op.create_table(
        "person",
        sa.Column("id", ID, nullable=False),
        sa.Column("orders", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("fields_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("airline", sa.String(length=60), server_default="", nullable=False),
        sa.Column("flight", sa.String(length=20), server_default="", nullable=False),
        sa.Column("destination", sa.String(length=80), server_default="", nullable=False),
        sa.Column("departs_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["orders"], ["orders.id"], name=op.f("fk_person_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("orders", "position", name=op.f("uq_person_orders_position")),
    )
    op.create_table(
        "receipt",
        sa.Column("id", ID, nullable=False),
        sa.Column("orders", ID, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("jws", sa.Text(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["orders"], ["orders.id"], name=op.f("fk_receipt_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_receipt_code_hash")),
    )
    op.create_index(op.f("ix_receipt_orders"), "receipt", ["orders"], unique=False)
    op.create_table(
        "request",
        sa.Column("id", ID, nullable=False),
        sa.Column("court", ID, nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("orders", ID, nullable=False),
        sa.ForeignKeyConstraint(["court"], ["court.id"], name=op.f("fk_request_court")),
        sa.ForeignKeyConstraint(["orders"], ["orders.id"], name=op.f("fk_request_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request")),
        sa.UniqueConstraint("court", "key", name=op.f("uq_request_court_key")),
    )
    op.create_table(
        "tracking",
        sa.Column("orders", ID, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["orders"], ["orders.id"], name=op.f("fk_tracking_orders")),
        sa.PrimaryKeyConstraint("orders", name=op.f("pk_tracking")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_tracking_code_hash")),
    )
    op.create_table(
        "acknowledgement",
        sa.Column("id", ID, nullable=False),
        sa.Column("escalation", ID, nullable=False),
        sa.Column("officer", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("grade", sa.String(length=2), nullable=False),
        sa.Column("statement_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("statement_sha256", sa.String(length=64), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=False),
        sa.Column("receipt", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["escalation"], ["escalation.id"], name=op.f("fk_acknowledgement_escalation")
        ),
        sa.ForeignKeyConstraint(["officer"], ["officer.id"], name=op.f("fk_acknowledgement_officer")),
        sa.ForeignKeyConstraint(["receipt"], ["receipt.id"], name=op.f("fk_acknowledgement_receipt")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acknowledgement")),
        sa.UniqueConstraint(
            "escalation",
            "officer",
            "grade",
            "document_sha256",
            name=op.f("uq_acknowledgement_escalation_officer_grade_document_sha256"),
        ),
    )
    op.create_table(
        "link",
        sa.Column("id", ID, nullable=False),
        sa.Column("escalation", ID, nullable=False),
        sa.Column("officer", ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("reply_code", sa.String(length=8), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=True),
        sa.Column("displayed_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["escalation"], ["escalation.id"], name=op.f("fk_link_escalation")),
        sa.ForeignKeyConstraint(["officer"], ["officer.id"], name=op.f("fk_link_officer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
        sa.UniqueConstraint("escalation", "officer", name=op.f("uq_link_escalation_officer")),
        sa.UniqueConstraint("reply_code", name=op.f("uq_link_reply_code")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_link_token_hash")),
    )
    op.create_table(
        "notice",
        sa.Column("id", ID, nullable=False),
        sa.Column("escalation", ID, nullable=False),
        sa.Column("orders", ID, nullable=False),
        sa.Column("officer", ID, nullable=True),
        sa.Column("lawyer", ID, nullable=True),
        sa.Column("medium", sa.String(length=6), nullable=False),
        sa.Column("contact", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=6), nullable=False),
        sa.Column("cause", sa.String(length=12), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("detail", sa.String(length=60), server_default="", nullable=False),
        sa.Column("plan_key", sa.String(length=160), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("next_at", INSTANT, nullable=True),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.CheckConstraint("(officer IS NULL) <> (lawyer IS NULL)", name=op.f("ck_notice_one_recipient")),
        sa.ForeignKeyConstraint(["escalation"], ["escalation.id"], name=op.f("fk_notice_escalation")),
        sa.ForeignKeyConstraint(["lawyer"], ["lawyer.id"], name=op.f("fk_notice_lawyer")),
        sa.ForeignKeyConstraint(["officer"], ["officer.id"], name=op.f("fk_notice_officer")),
        sa.ForeignKeyConstraint(["orders"], ["orders.id"], name=op.f("fk_notice_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("escalation", "plan_key", name=op.f("uq_notice_escalation_plan_key")),
    )
    op.create_index(
        "ix_notice_due",
        "notice",
        ["medium", "rank", "next_at"],
        unique=False,
        postgresql_where=sa.text("next_at IS NOT NULL"),
        sqlite_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_notice_escalation"), "notice", ["escalation"], unique=False)
    op.create_index(op.f("ix_notice_orders"), "notice", ["orders"], unique=False)
    op.create_table(
        "outcome",
        sa.Column("id", ID, nullable=False),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("escalation", ID, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("officer", ID, nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("details_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["escalation"], ["escalation.id"], name=op.f("fk_outcome_escalation")),
        sa.ForeignKeyConstraint(["officer"], ["officer.id"], name=op.f("fk_outcome_officer")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_outcome_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcome")),
        sa.UniqueConstraint("nonce", "person", name=op.f("uq_outcome_nonce_person")),
    )
    op.create_index(op.f("ix_outcome_escalation"), "outcome", ["escalation"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("id", ID, nullable=False),
        sa.Column("notice", ID, nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("provider_id", sa.String(length=80), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("detail", sa.String(length=120), server_default="", nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("check_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["notice"], ["notice.id"], name=op.f("fk_attempt_notice")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint("notice", "fence", name=op.f("uq_attempt_notice_fence")),
        sa.UniqueConstraint("reference", name=op.f("uq_attempt_reference")),
    )
    op.create_index(
        "ix_attempt_check",
        "attempt",
        ["check_at"],
        unique=False,
        postgresql_where=sa.text("check_at IS NOT NULL"),
        sqlite_where=sa.text("check_at IS NOT NULL"),
    )
    op.create_table(
        "session",
        sa.Column("id", ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("staff", ID, nullable=True),
        sa.Column("link", ID, nullable=True),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["link"], ["link.id"], name=op.f("fk_session_link")),
        sa.ForeignKeyConstraint(["staff"], ["staff.id"], name=op.f("fk_session_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_session_token_hash")),
    )
    op.create_index(op.f("ix_session_link"), "session", ["link"], unique=False)
    op.create_index(op.f("ix_session_staff"), "session", ["staff"], unique=False)
    op.create_table(
        "provider_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("event_key", sa.String(length=100), nullable=False),
        sa.Column("attempt", ID, nullable=True),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("raw_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["attempt"], ["attempt.id"], name=op.f("fk_provider_event_attempt")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_event")),
        sa.UniqueConstraint("provider", "event_key", name=op.f("uq_provider_event_provider_event_key")),
    )
