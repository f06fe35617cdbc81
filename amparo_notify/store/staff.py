"""Staff, their credentials by kind, sessions, one-time invitations and throttles."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from amparo_notify.store import vault as vaults
from amparo_notify.store.tables import court, credential, invitation, passkey, session, staff, throttle
from amparo_notify.store.vault import Vault


@dataclass(frozen=True)
class Staff:
    id: int
    username: str
    court: int | None
    court_code: str
    court_name: str
    role: str
    active: bool


@dataclass(frozen=True)
class Credential:
    id: int
    staff: int
    secret: bytes
    used_counter: int | None


@dataclass(frozen=True)
class Session:
    """Somebody's, of the staff, or an officer's at one link."""

    staff: int | None
    link: int | None
    authenticated_by: str
    made_at: datetime  # when they proved who they are


@dataclass(frozen=True)
class Invitation:
    id: int
    staff: int | None
    officer: int | None
    seed_sealed: bytes | None


def add(tx: Connection, vault: Vault, username: str, name: str, role: str, court_id: int | None) -> int:
    safe = vaults.create(tx, vault, f"staff:{username}")
    sealed = safe.seal(name, f"staff:{username}:name")
    added = insert(staff).values(username=username, court=court_id, role=role, name_sealed=sealed)
    return int(tx.execute(added.returning(staff.c.id)).scalar_one())


_STAFF = select(staff, court.c.code.label("court_code"), court.c.name.label("court_name")).outerjoin(
    court, court.c.id == staff.c.court
)


def find(tx: Connection, *, username: str | None = None, id: int | None = None) -> Staff | None:
    row = tx.execute(_STAFF.where(staff.c.username == username if id is None else staff.c.id == id)).first()
    return _staff(row) if row else None


def everyone(tx: Connection) -> list[Staff]:
    return [_staff(row) for row in tx.execute(_STAFF.order_by(staff.c.username))]


def _staff(row: Row[tuple[object, ...]]) -> Staff:
    return Staff(
        row.id, row.username, row.court, row.court_code or "", row.court_name or "", row.role, row.active
    )


def name(tx: Connection, vault: Vault, username: str) -> str:
    sealed = tx.execute(select(staff.c.name_sealed).where(staff.c.username == username)).scalar_one()
    return vaults.unlock(tx, vault, f"staff:{username}").open(sealed, f"staff:{username}:name")


# -- credentials --------------------------------------------------------------------------------------------


def set_credential(tx: Connection, staff_id: int, kind: str, secret: bytes, now: datetime) -> None:
    """Give somebody a credential of a kind in place of any they had; every session of theirs ends."""
    tx.execute(delete(credential).where(credential.c.staff == staff_id, credential.c.kind == kind))
    tx.execute(insert(credential).values(staff=staff_id, kind=kind, secret=secret, made_at=now))
    tx.execute(delete(session).where(session.c.staff == staff_id))


def credential_of(tx: Connection, staff_id: int, kind: str) -> Credential | None:
    row = tx.execute(
        select(credential).where(credential.c.staff == staff_id, credential.c.kind == kind)
    ).first()
    return Credential(row.id, row.staff, row.secret, row.used_counter) if row else None


def with_token(tx: Connection, token_hash: bytes) -> Staff | None:
    """Whose API token this is."""
    which = (credential.c.kind == "token") & (credential.c.secret == token_hash)
    staff_id = tx.execute(select(credential.c.staff).where(which)).scalar()
    return find(tx, id=staff_id) if staff_id is not None else None


def use_counter(tx: Connection, credential_id: int, counter: int) -> bool:
    """Accept a TOTP step once; return whether it was new."""
    fresh = (credential.c.used_counter.is_(None)) | (credential.c.used_counter < counter)
    used = update(credential).where(credential.c.id == credential_id, fresh).values(used_counter=counter)
    return bool(tx.execute(used).rowcount)


def retire(tx: Connection, staff_id: int) -> None:
    """Let somebody go: no session of theirs goes on, and no token or passkey opens anything."""
    tx.execute(update(staff).where(staff.c.id == staff_id).values(active=False))
    tx.execute(delete(credential).where(credential.c.staff == staff_id))
    tx.execute(delete(passkey).where(passkey.c.staff == staff_id))
    tx.execute(delete(session).where(session.c.staff == staff_id))


# -- sessions -----------------------------------------------------------------------------------------------


def add_session(
    tx: Connection,
    token_hash: str,
    authenticated_by: str,
    now: datetime,
    expires_at: datetime,
    *,
    staff_id: int | None = None,
    link_id: int | None = None,
) -> None:
    tx.execute(
        insert(session).values(
            token_hash=token_hash,
            staff=staff_id,
            link=link_id,
            authenticated_by=authenticated_by,
            made_at=now,
            expires_at=expires_at,
        )
    )


def session_of(tx: Connection, token_hash: str, now: datetime) -> Session | None:
    """A session that has not expired."""
    which = (session.c.token_hash == token_hash) & (session.c.expires_at > now)
    row = tx.execute(select(session).where(which)).first()
    return Session(row.staff, row.link, row.authenticated_by, row.made_at) if row else None


def end_session(tx: Connection, token_hash: str) -> None:
    tx.execute(delete(session).where(session.c.token_hash == token_hash))


def sweep_sessions(tx: Connection, now: datetime) -> None:
    tx.execute(delete(session).where(session.c.expires_at <= now))
    tx.execute(delete(throttle).where(throttle.c.until <= now))


# -- invitations --------------------------------------------------------------------------------------------


def add_invitation(
    tx: Connection,
    token_hash: str,
    expires_at: datetime,
    *,
    staff_id: int | None = None,
    officer_id: int | None = None,
    seed_sealed: bytes | None = None,
) -> None:
    tx.execute(
        insert(invitation).values(
            token_hash=token_hash,
            staff=staff_id,
            officer=officer_id,
            seed_sealed=seed_sealed,
            expires_at=expires_at,
        )
    )


def invitation_of(tx: Connection, token_hash: str, now: datetime) -> Invitation | None:
    """An invitation not yet used and not expired."""
    which = (
        (invitation.c.token_hash == token_hash)
        & invitation.c.used_at.is_(None)
        & (invitation.c.expires_at > now)
    )
    row = tx.execute(select(invitation).where(which)).first()
    return Invitation(row.id, row.staff, row.officer, row.seed_sealed) if row else None


def used_invitation(tx: Connection, token_hash: str, now: datetime) -> int | None:
    """The officer who used an invitation that has not expired."""
    which = (
        (invitation.c.token_hash == token_hash)
        & invitation.c.used_at.is_not(None)
        & (invitation.c.expires_at > now)
    )
    return tx.execute(select(invitation.c.officer).where(which)).scalar()


def use_invitation(tx: Connection, invitation_id: int, now: datetime) -> bool:
    """Use an invitation once; return whether it was still unused."""
    unused = update(invitation).where(invitation.c.id == invitation_id, invitation.c.used_at.is_(None))
    return bool(tx.execute(unused.values(used_at=now)).rowcount)


# -- throttles ----------------------------------------------------------------------------------------------


def throttle_row(tx: Connection, key: str) -> Row[tuple[object, ...]] | None:
    return tx.execute(select(throttle).where(throttle.c.key == key).with_for_update()).first()


def set_throttle(
    tx: Connection, key: str, failures: int, until: datetime, blocked_until: datetime | None
) -> None:
    values = {"failures": failures, "until": until, "blocked_until": blocked_until}
    if tx.execute(update(throttle).where(throttle.c.key == key).values(**values)).rowcount:
        return
    first = (sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert)(throttle)
    both = {"failures": throttle.c.failures + first.excluded.failures, "until": first.excluded.until}
    tx.execute(
        first.values(key=key, **values).on_conflict_do_update(index_elements=["key"], set_=both)
    )  # two first guesses at the same instant count as two


def clear_throttle(tx: Connection, key: str) -> None:
    tx.execute(delete(throttle).where(throttle.c.key == key))
