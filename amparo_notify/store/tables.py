"""The tables. What is personal ends in `_sealed` and holds AES-256-GCM ciphertext bound to its row."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime on every database; naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Id = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _ref(name: str, target: str, **options: Any) -> Column[int]:
    return Column(name, Id, ForeignKey(target), **{"nullable": False, **options})


# -- the log ------------------------------------------------------------------------------------------------

log = Table(
    "log",  # narrow: this row is the mutex of an order, a court or the configuration
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(8), nullable=False),  # order | court | config
    Column("seq", Integer, nullable=False, server_default="0"),
    Column("head", String(64), nullable=False, server_default=""),  # SHA-256 of the last record's payload
)

record = Table(
    "record",  # append-only
    metadata,
    Column("id", Id, primary_key=True),
    _ref("log", "log.id"),
    Column("seq", Integer, nullable=False),
    Column("jws", Text, nullable=False),
    UniqueConstraint("log", "seq"),
)

leaf = Table(
    "leaf",  # append-only; the Merkle log's order, assigned after commit
    metadata,
    Column("index", Id, primary_key=True, autoincrement=False),
    _ref("record", "record.id", unique=True),
)

annex = Table(
    "annex",  # salts and personal data of records; can be destroyed without breaking a proof
    metadata,
    _ref("record", "record.id", primary_key=True),
    Column("body_sealed", LargeBinary, nullable=False),
)

data_key = Table(
    "data_key",
    metadata,
    Column("scope", String(80), primary_key=True),  # "order:12", "officer:MEX-T1-03", "blob:…"
    Column("wrapped", LargeBinary, nullable=False),
)

blob = Table(
    "blob", metadata, Column("id", String(32), primary_key=True), Column("stored_at", Instant, nullable=False)
)

chunk = Table(
    "chunk",  # of at most 1 MiB
    metadata,
    Column("blob", String(32), ForeignKey("blob.id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("body_sealed", LargeBinary, nullable=False),
)

# -- courts, stations and people ----------------------------------------------------------------------------

court = Table(
    "court",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", String(20), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("phone", String(20), nullable=False),  # the call-back number on every notice
    Column("time_zone", String(40), nullable=False),
    Column("next_folio", Integer, nullable=False, server_default="1"),
    _ref("log", "log.id"),
)

court_signer = Table(
    "court_signer",
    metadata,
    Column("id", Id, primary_key=True),
    _ref("court", "court.id"),
    Column("kind", String(20), nullable=False),  # certificate_sha256 | curp | rfc
    Column("value", String(64), nullable=False),
    Column("valid_from", Instant, nullable=False),
    Column("valid_until", Instant),
    UniqueConstraint("court", "kind", "value"),
    Index("ix_court_signer_value", "value"),
)

station = Table(
    "station",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", String(20), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("time_zone", String(40), nullable=False),
    Column("phone", String(20), nullable=False, server_default=""),
)

officer = Table(
    "officer",  # at a station, at a court (its own duty contacts), or at headquarters (neither)
    metadata,
    Column("id", Id, primary_key=True),
    Column("badge", String(30), nullable=False, unique=True),
    _ref("station", "station.id", nullable=True),
    _ref("court", "court.id", nullable=True),
    Column("post", String(80), nullable=False),
    Column("name_sealed", LargeBinary, nullable=False),
    Column("pin_hash", String(200)),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("comar", Boolean, nullable=False, server_default=text("false")),  # a desk that is only copied
    Column(
        "also", String(20), nullable=False, server_default=""
    ),  # media besides the policy's: "voice email"
)

contact = Table(
    "contact",
    metadata,
    Column("id", Id, primary_key=True),
    _ref("officer", "officer.id", index=True),
    Column("kind", String(10), nullable=False),  # mobile | landline | email
    Column("position", Integer, nullable=False),
    Column("address_sealed", LargeBinary, nullable=False),
    Column("address_hash", String(64), nullable=False, index=True),  # keyed, to find an inbound sender
    Column("verified_at", Instant),
    UniqueConstraint("officer", "kind", "position"),
)

roster = Table(
    "roster",  # immutable versions
    metadata,
    Column("id", Id, primary_key=True),
    _ref("station", "station.id"),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    UniqueConstraint("station", "version"),
)

policy = Table(
    "policy",  # immutable versions
    metadata,
    Column("id", Id, primary_key=True),
    _ref("station", "station.id"),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    UniqueConstraint("station", "version"),
)

# -- staff and their credentials ----------------------------------------------------------------------------

staff = Table(
    "staff",
    metadata,
    Column("id", Id, primary_key=True),
    Column("username", String(80), nullable=False, unique=True),
    _ref("court", "court.id", nullable=True),  # none for an administrator
    Column("role", String(10), nullable=False),  # clerk | admin | system
    Column("name_sealed", LargeBinary, nullable=False),
    Column("active", Boolean, nullable=False, server_default=text("true")),
)

credential = Table(
    "credential",
    metadata,
    Column("id", Id, primary_key=True),
    _ref("staff", "staff.id", index=True),
    Column("kind", String(12), nullable=False),  # passphrase | totp | token
    Column("secret", LargeBinary, nullable=False),  # argon2id hash, sealed seed, or SHA-256 of a token
    Column("made_at", Instant, nullable=False),
    Column("used_counter", Id),  # the last TOTP step accepted: none is accepted twice
)

session = Table(
    "session",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    _ref("staff", "staff.id", nullable=True, index=True),
    _ref("link", "link.id", nullable=True, index=True),  # an officer's, good for one link
    Column("authenticated_by", String(20), nullable=False),  # passphrase+totp | passkey | session+totp | pin
    Column("made_at", Instant, nullable=False),  # somebody proved who they are then
    Column("expires_at", Instant, nullable=False),
)

passkey = Table(
    "passkey",
    metadata,
    Column("id", Id, primary_key=True),
    _ref("officer", "officer.id", nullable=True, index=True),
    _ref("staff", "staff.id", nullable=True, index=True),
    Column("credential_id", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),  # COSE, as the authenticator gave it
    Column("sign_count", Id, nullable=False),  # 0 for good where the authenticator does not count
    Column("name", String(60), nullable=False),  # of the device, to tell it from the owner's others
    Column("made_at", Instant, nullable=False),
    Column("used_at", Instant),
    CheckConstraint("(officer IS NULL) <> (staff IS NULL)", name="one_owner"),
)

answered = Table(
    "answered",  # challenges that a passkey has answered: none is answered twice
    metadata,
    Column("challenge", String(64), primary_key=True),
    Column("until", Instant, nullable=False),  # it is refused for its age from then on
)

invitation = Table(
    "invitation",  # one-time links: a clerk enrols, an officer chooses a PIN
    metadata,
    Column("id", Id, primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    _ref("staff", "staff.id", nullable=True),
    _ref("officer", "officer.id", nullable=True),
    Column("seed_sealed", LargeBinary),  # the TOTP seed on offer until it is confirmed
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

throttle = Table(
    "throttle",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column(
        "until", Instant, nullable=False
    ),  # failures are forgotten then; no try is heard before `blocked_until`
    Column("blocked_until", Instant),
)

# -- orders -------------------------------------------------------------------------------------------------

orders = Table(
    "orders",
    metadata,
    Column("id", Id, ForeignKey("log.id"), primary_key=True, autoincrement=False),  # its log's id
    _ref("court", "court.id"),
    Column("folio", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("expediente", String(40), nullable=False),
    Column("suspension", String(12), nullable=False),
    Column("fingerprint", String(64), nullable=False),  # of the fields as first submitted, stations left out
    Column("instruction_sealed", LargeBinary, nullable=False),  # what the officer must do
    Column("marked", Boolean, nullable=False, server_default=text("false")),  # "revocación no consultada"
    Column("drill", Boolean, nullable=False, server_default=text("false")),
    Column("copy_comar", Boolean, nullable=False, server_default=text("false")),  # the order allows it
    _ref("submitted_by", "staff.id", nullable=True),  # none for the operator's command line
    Column("submitted_at", Instant, nullable=False),
    Column("hold_reason", String(30)),
    Column("release_at", Instant),  # a held order goes out by itself then; none: it waits for a person
    Column("ending", String(10)),  # asked for by one person of the court; a second must confirm
    _ref("ending_by", "staff.id", nullable=True),
    Column("ending_reason_sealed", LargeBinary),
    UniqueConstraint("court", "folio"),
    Index(
        "ix_orders_release",
        "release_at",
        postgresql_where=text("state = 'held'"),
        sqlite_where=text("state = 'held'"),
    ),
)

document = Table(
    "document",
    metadata,
    Column("id", Id, primary_key=True),
    _ref("orders", "orders.id", index=True),
    _ref("court", "court.id"),
    Column("kind", String(12), nullable=False),
    Column("sha256", String(64), nullable=False),  # of the PDF that people read
    Column("upload_sha256", String(64), nullable=False),  # of the bytes as uploaded
    Column("signature_sha256", String(64), nullable=False, server_default=""),
    Column("blob", String(32), ForeignKey("blob.id"), nullable=False),  # the PDF
    Column(
        "upload_blob", String(32), ForeignKey("blob.id"), nullable=False
    ),  # as uploaded; the same for a PDF
    Column("signature_blob", String(32), ForeignKey("blob.id")),
    Column("verdict_sealed", LargeBinary, nullable=False),
    Column("submitted_at", Instant, nullable=False),
    Index(
        "uq_document_initial",
        "court",
        "sha256",
        unique=True,
        postgresql_where=text("kind = 'initial'"),
        sqlite_where=text("kind = 'initial'"),
    ),
)

request = Table(
    "request",
    metadata,
    Column("id", Id, primary_key=True),
    _ref("court", "court.id"),
    Column("key", String(128), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    _ref("orders", "orders.id"),
    UniqueConstraint("court", "key"),
)

person = Table(
    "person",
    metadata,
    Column("id", Id, primary_key=True),
    _ref("orders", "orders.id"),
    Column("position", Integer, nullable=False),
    Column("fields_sealed", LargeBinary, nullable=False),
    Column("airline", String(60), nullable=False, server_default=""),
    Column("flight", String(20), nullable=False, server_default=""),
    Column("destination", String(80), nullable=False, server_default=""),
    Column("departs_at", Instant),
    UniqueConstraint("orders", "position"),
)

lawyer = Table(
    "lawyer",
    metadata,
    Column("id", Id, primary_key=True),
    _ref("orders", "orders.id"),
    Column("position", Integer, nullable=False),
    Column("address_sealed", LargeBinary, nullable=False),
    UniqueConstraint("orders", "position"),
)

# -- escalation and notices ---------------------------------------------------------------------------------

OPEN_PHASES = ("chasing", "paused", "acknowledged", "overdue", "reported")

escalation = Table(
    "escalation",  # (order, station); with no station: a held order's chase of its own court
    metadata,
    Column("id", Id, primary_key=True),
    _ref("orders", "orders.id", index=True),
    _ref("station", "station.id", nullable=True),
    _ref("policy", "policy.id", nullable=True),
    Column("phase", String(12), nullable=False),
    Column("cause", String(12), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("round", Integer, nullable=False),
    Column("level", Integer, nullable=False),
    Column("fired_at", Instant),
    Column("display_due", Instant),
    Column("outcome_due", Instant),
    Column("next_at", Instant),
    UniqueConstraint("orders", "station"),
    Index(
        "ix_escalation_next",
        "next_at",
        postgresql_where=text("next_at IS NOT NULL"),
        sqlite_where=text("next_at IS NOT NULL"),
    ),
)

notice = Table(
    "notice",
    metadata,
    Column("id", Id, primary_key=True),
    _ref("escalation", "escalation.id", index=True),
    _ref("orders", "orders.id", index=True),
    _ref("officer", "officer.id", nullable=True),
    _ref("lawyer", "lawyer.id", nullable=True),
    Column("medium", String(6), nullable=False),
    Column("contact", Integer, nullable=False),
    Column("purpose", String(6), nullable=False),
    Column("cause", String(12), nullable=False),
    Column("round", Integer, nullable=False),
    Column("level", Integer, nullable=False),
    Column("rank", Integer, nullable=False),  # 0 a first notice, 1 a repeat: first notices leave first
    Column("detail", String(60), nullable=False, server_default=""),
    Column("plan_key", String(160), nullable=False),
    Column("due_at", Instant, nullable=False),  # never changes: lateness is evidence
    Column("next_at", Instant),  # claim key and lease; none when done
    Column("waits_for", String(64)),  # a call to a phone that rings: due, and not before that call is over
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),  # transient ones, for the backoff
    Column("state", String(10), nullable=False),  # open | sent | failed | cancelled
    UniqueConstraint("escalation", "plan_key"),
    CheckConstraint("(officer IS NULL) <> (lawyer IS NULL)", name="one_recipient"),
    Index(
        "ix_notice_due",
        "medium",
        "rank",
        "next_at",
        postgresql_where=text("next_at IS NOT NULL AND waits_for IS NULL"),
        sqlite_where=text("next_at IS NOT NULL AND waits_for IS NULL"),
    ),
    Index(
        "ix_notice_waits_for",
        "waits_for",
        postgresql_where=text("next_at IS NOT NULL AND waits_for IS NOT NULL"),
        sqlite_where=text("next_at IS NOT NULL AND waits_for IS NOT NULL"),
    ),
)

ringing = Table(
    "ringing",  # phones that a call of ours rings, or rang today, by the hash of their number
    metadata,
    Column("number", String(64), primary_key=True),
    _ref("notice", "notice.id"),
    Column("fence", Integer, nullable=False),  # of the claim that rings; 0: its call is over
    Column("until", Instant, nullable=False),  # after that the phone counts as free, whatever was heard
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", Id, primary_key=True),
    _ref("notice", "notice.id"),
    Column("fence", Integer, nullable=False),
    Column("reference", String(32), nullable=False, unique=True),
    Column("provider", String(20), nullable=False),
    Column("provider_id", String(80)),
    Column("status", String(12), nullable=False),
    Column("detail", String(120), nullable=False, server_default=""),
    Column("made_at", Instant, nullable=False),
    Column("check_at", Instant),  # ask the provider then, if nothing was heard
    UniqueConstraint("notice", "fence"),
    Index(
        "ix_attempt_check",
        "check_at",
        postgresql_where=text("check_at IS NOT NULL"),
        sqlite_where=text("check_at IS NOT NULL"),
    ),
)

provider_event = Table(
    "provider_event",
    metadata,
    Column("id", Id, primary_key=True),
    Column("provider", String(20), nullable=False),
    Column("event_key", String(100), nullable=False),
    _ref("attempt", "attempt.id", nullable=True),
    Column("received_at", Instant, nullable=False),
    Column("raw_sealed", LargeBinary, nullable=False),
    UniqueConstraint("provider", "event_key"),
)

inbound = Table(
    "inbound",  # texts from people that mean something to us: each is acted on once, whichever way it came
    metadata,
    Column("provider", String(20), primary_key=True),
    Column("provider_id", String(80), primary_key=True),
    Column("state", String(6), nullable=False),  # taken | acted | done
    Column("answer", Text, nullable=False, server_default=""),  # as it was acted on; nothing personal
    Column("until", Instant, nullable=False),  # whoever took it has until then; done: since then
)

link = Table(
    "link",  # one officer's way to one escalation; the token is rebuilt from the id, only its hash is kept
    metadata,
    Column("id", Id, primary_key=True),
    _ref("escalation", "escalation.id"),
    _ref("officer", "officer.id"),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("reply_code", String(8), nullable=False, unique=True),
    Column("expires_at", Instant, nullable=False),
    Column("opened_at", Instant),
    Column("displayed_at", Instant),
    UniqueConstraint("escalation", "officer"),
)

acknowledgement = Table(
    "acknowledgement",
    metadata,
    Column("id", Id, primary_key=True),
    _ref("escalation", "escalation.id"),
    _ref("officer", "officer.id"),
    Column("at", Instant, nullable=False),
    Column("grade", String(2), nullable=False),
    Column("statement_sealed", LargeBinary, nullable=False),  # what was shown, byte for byte
    Column("statement_sha256", String(64), nullable=False),
    Column("document_sha256", String(64), nullable=False),
    _ref("receipt", "receipt.id"),
    UniqueConstraint("escalation", "officer", "grade", "document_sha256"),
)

outcome = Table(
    "outcome",
    metadata,
    Column("id", Id, primary_key=True),
    Column("nonce", String(32), nullable=False),
    _ref("escalation", "escalation.id", index=True),
    _ref("person", "person.id"),
    _ref("officer", "officer.id"),
    Column("code", String(16), nullable=False),
    Column("at", Instant, nullable=False),
    Column("details_sealed", LargeBinary, nullable=False),
    UniqueConstraint("nonce", "person"),
)

receipt = Table(
    "receipt",  # what /v/<code> shows: a JWS without personal data
    metadata,
    Column("id", Id, primary_key=True),
    _ref("orders", "orders.id", index=True),
    Column("code_hash", String(64), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),  # submission | acknowledgement | outcome
    Column("jws", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
)

tracking = Table(
    "tracking",  # a lawyer's page; the code is rebuilt from the order's id, only its hash is kept
    metadata,
    _ref("orders", "orders.id", primary_key=True),
    Column("code_hash", String(64), nullable=False, unique=True),
)

# -- the machines -------------------------------------------------------------------------------------------

heartbeat = Table(
    "heartbeat",
    metadata,
    Column("worker", String(80), primary_key=True),
    Column("trust", String(64), nullable=False, server_default=""),  # what this process judges by
    Column("at", Instant, nullable=False),
)

job_slot = Table(
    "job_slot",
    metadata,
    Column("job", String(40), primary_key=True),
    Column("slot", Instant, primary_key=True),
)

finding = Table(
    "finding",  # what a periodic job found last, for doors that must answer at once
    metadata,
    Column("job", String(40), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("body", Text, nullable=False),
)

crl = Table(
    "crl",
    metadata,
    Column("source", String(300), primary_key=True),
    Column("body", LargeBinary, nullable=False),  # the last good copy, DER
    Column("fetched_at", Instant, nullable=False),
    Column("next_update", Instant),
)
