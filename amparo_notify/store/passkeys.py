"""Passkeys of officers and staff, and the challenges that they have answered."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from amparo_notify.store.tables import answered, court, link, officer, passkey, session, staff, station


@dataclass(frozen=True)
class Owner:
    """Whose a passkey is: an officer's or a member of staff's, never both."""

    officer: int | None = None
    staff: int | None = None

    @property
    def name(self) -> str:
        """As challenges name the owner: "officer:3"."""
        return f"officer:{self.officer}" if self.officer is not None else f"staff:{self.staff}"


@dataclass(frozen=True)
class Passkey:
    id: int
    owner: Owner
    credential_id: bytes
    public_key: bytes  # COSE
    sign_count: int
    name: str
    made_at: datetime
    used_at: datetime | None


def add(
    tx: Connection,
    owner: Owner,
    credential_id: bytes,
    public_key: bytes,
    count: int,
    name: str,
    now: datetime,
) -> None:
    """Keep a new passkey. The database refuses a credential that it has."""
    tx.execute(
        insert(passkey).values(
            officer=owner.officer,
            staff=owner.staff,
            credential_id=credential_id,
            public_key=public_key,
            sign_count=count,
            name=name,
            made_at=now,
        )
    )


def of(tx: Connection, owner: Owner) -> list[Passkey]:
    """Somebody's passkeys, the oldest first."""
    return [_passkey(row) for row in tx.execute(select(passkey).where(_owned(owner)).order_by(passkey.c.id))]


def find(tx: Connection, credential_id: bytes) -> Passkey | None:
    """The passkey with this credential, whose ever it is."""
    row = tx.execute(select(passkey).where(passkey.c.credential_id == credential_id)).first()
    return _passkey(row) if row else None


def _owned(owner: Owner) -> ColumnElement[bool]:
    return passkey.c.officer == owner.officer if owner.staff is None else passkey.c.staff == owner.staff


def _passkey(row: Row[tuple[object, ...]]) -> Passkey:
    owner = Owner(row.officer, row.staff)
    return Passkey(
        row.id, owner, row.credential_id, row.public_key, row.sign_count, row.name, row.made_at, row.used_at
    )


def used(tx: Connection, passkey_id: int, count: int, now: datetime) -> None:
    """Keep what the authenticator's counter said."""
    tx.execute(update(passkey).where(passkey.c.id == passkey_id).values(sign_count=count, used_at=now))


def remove(tx: Connection, owner: Owner, passkey_id: int) -> Passkey | None:
    """Take one of somebody's passkeys away and end the sessions that passkeys of theirs opened; None: not theirs."""
    which = (passkey.c.id == passkey_id) & _owned(owner)
    row = tx.execute(select(passkey).where(which)).first()
    if row is None:
        return None
    tx.execute(delete(passkey).where(which))
    links = select(link.c.id).where(link.c.officer == owner.officer)
    theirs = session.c.link.in_(links) if owner.staff is None else session.c.staff == owner.staff
    tx.execute(delete(session).where(theirs, session.c.authenticated_by == "passkey"))
    return _passkey(row)


def remove_all(tx: Connection, owner: Owner) -> None:
    """Take all of somebody's passkeys away."""
    tx.execute(delete(passkey).where(_owned(owner)))


@dataclass(frozen=True)
class Held:
    """A passkey beside whose it is, as administrators see it."""

    passkey: Passkey
    who: str  # a badge, or a username
    where: str  # the code of a station or a court; nothing for headquarters and administrators


def everyones(tx: Connection) -> list[Held]:
    """Every passkey, by place and owner, officers first."""
    places = func.coalesce(station.c.code, court.c.code, "").label("place")
    officers = (
        select(passkey, officer.c.badge.label("who"), places)
        .join(officer, officer.c.id == passkey.c.officer)
        .outerjoin(station, station.c.id == officer.c.station)
        .outerjoin(court, court.c.id == officer.c.court)
        .order_by("place", "who", passkey.c.id)
    )
    accounts = (
        select(passkey, staff.c.username.label("who"), func.coalesce(court.c.code, "").label("place"))
        .join(staff, staff.c.id == passkey.c.staff)
        .outerjoin(court, court.c.id == staff.c.court)
        .order_by("place", "who", passkey.c.id)
    )
    rows = (*tx.execute(officers), *tx.execute(accounts))
    return [Held(_passkey(row), row.who, row.place) for row in rows]


def can_sign(tx: Connection, station_id: int) -> bool:
    """Whether anybody who serves at a station has a passkey."""
    found = (
        select(passkey.c.id)
        .join(officer, officer.c.id == passkey.c.officer)
        .where(officer.c.station == station_id, officer.c.active)
        .limit(1)
    )
    return tx.execute(found).first() is not None


# -- challenges ---------------------------------------------------------------------------------------------


def spend(tx: Connection, challenge: str, until: datetime) -> bool:
    """Note that a challenge (its SHA-256, hex) was answered; return whether it was the first time."""
    into = sqlite_insert if tx.dialect.name == "sqlite" else postgresql_insert
    once = into(answered).values(challenge=challenge, until=until).on_conflict_do_nothing()
    kept = tx.execute(once.returning(answered.c.challenge)).first()  # an INSERT's rowcount may be -1
    return kept is not None


def sweep(tx: Connection, now: datetime) -> None:
    """Forget the challenges that are refused for their age by now."""
    tx.execute(delete(answered).where(answered.c.until <= now))
