"""Courts, stations, officers and their contacts. Names and addresses are sealed under each officer's own key."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, literal, select, update

from amparo_notify.core.notice import Medium
from amparo_notify.core.roster import Contact, Officer
from amparo_notify.store import log
from amparo_notify.store import vault as vaults
from amparo_notify.store.tables import contact, court, court_signer, data_key, officer, station
from amparo_notify.store.vault import Safe, Vault

MEDIA = {
    "mobile": (Medium.SMS, Medium.VOICE),
    "landline": (Medium.VOICE,),
    "email": (Medium.EMAIL,),
}
"""What can be sent to each kind of address: a landline takes no SMS."""


DRILL_COURT = "SIMULACRO"
"""The invented court whose orders are the administration's drills. It has no people, and stands in no list."""


@dataclass(frozen=True)
class Court:
    id: int
    code: str
    name: str
    phone: str
    time_zone: str
    log: int


@dataclass(frozen=True)
class Station:
    id: int
    code: str
    name: str
    time_zone: str
    phone: str


@dataclass(frozen=True)
class NewContact:
    kind: str  # mobile | landline | email
    address: str
    address_hash: str  # keyed, so that an inbound sender can be found


@dataclass(frozen=True)
class RegisteredSigner:
    court: int
    court_name: str
    kind: str  # certificate_sha256 | curp | rfc
    value: str


def add_court(tx: Connection, code: str, name: str, phone: str, time_zone: str) -> Court:
    stream = log.create(tx, "court")
    row = (
        insert(court)
        .values(code=code, name=name, phone=phone, time_zone=time_zone, log=stream)
        .returning(court.c.id)
    )
    return Court(int(tx.execute(row).scalar_one()), code, name, phone, time_zone, stream)


def courts(tx: Connection) -> list[Court]:
    """Every court but the drills'."""
    return [
        _court(row)
        for row in tx.execute(select(court).where(court.c.code != DRILL_COURT).order_by(court.c.code))
    ]


def find_court(tx: Connection, *, code: str | None = None, id: int | None = None) -> Court | None:
    row = tx.execute(select(court).where(court.c.code == code if id is None else court.c.id == id)).first()
    return _court(row) if row else None


def _court(row: Row[tuple[object, ...]]) -> Court:
    return Court(row.id, row.code, row.name, row.phone, row.time_zone, row.log)


def hold_court(tx: Connection, court_id: int) -> None:
    """Lock a court's row: uploads of one court come one after another, so that a duplicate finds the first."""
    tx.execute(select(court.c.id).where(court.c.id == court_id).with_for_update(key_share=True))


def take_folio(tx: Connection, court_id: int) -> int:
    """The court's next folio, gapless. Locks the court's row: only it may be locked before an order's log."""
    taken = update(court).where(court.c.id == court_id).values(next_folio=court.c.next_folio + 1)
    return int(tx.execute(taken.returning(court.c.next_folio)).scalar_one()) - 1


def next_folio(tx: Connection, court_id: int) -> int:
    """The folio that the court's next order will have, if no other comes first."""
    return int(tx.execute(select(court.c.next_folio).where(court.c.id == court_id)).scalar_one())


def add_station(tx: Connection, code: str, name: str, time_zone: str, phone: str) -> Station:
    row = (
        insert(station).values(code=code, name=name, time_zone=time_zone, phone=phone).returning(station.c.id)
    )
    return Station(int(tx.execute(row).scalar_one()), code, name, time_zone, phone)


def several_stations(tx: Connection, ids: Iterable[int]) -> dict[int, Station]:
    """Stations by id, in one look."""
    found = select(station).where(station.c.id.in_(list(ids)))
    return {row.id: _station(row) for row in tx.execute(found)}


def stations(tx: Connection) -> list[Station]:
    return [_station(row) for row in tx.execute(select(station).order_by(station.c.code))]


def find_station(tx: Connection, *, code: str | None = None, id: int | None = None) -> Station | None:
    row = tx.execute(
        select(station).where(station.c.code == code if id is None else station.c.id == id)
    ).first()
    return _station(row) if row else None


def _station(row: Row[tuple[object, ...]]) -> Station:
    return Station(row.id, row.code, row.name, row.time_zone, row.phone)


# -- signers ------------------------------------------------------------------------------------------------


def add_signer(
    tx: Connection, court_id: int, kind: str, value: str, valid_from: datetime, until: datetime | None
) -> None:
    """Register a signer of a court; registering the same again moves the end of its validity."""
    same = (
        (court_signer.c.court == court_id) & (court_signer.c.kind == kind) & (court_signer.c.value == value)
    )
    if not tx.execute(update(court_signer).where(same).values(valid_until=until)).rowcount:
        tx.execute(
            insert(court_signer).values(
                court=court_id, kind=kind, value=value, valid_from=valid_from, valid_until=until
            )
        )


def signers(tx: Connection, values: list[str], at: datetime) -> list[RegisteredSigner]:
    """The registrations, of any court, that match one of `values` (hashes, CURP, RFC) at an instant."""
    found = (
        select(court_signer, court.c.name)
        .join(court, court.c.id == court_signer.c.court)
        .where(court_signer.c.value.in_(values), court_signer.c.valid_from <= at)
        .where((court_signer.c.valid_until.is_(None)) | (court_signer.c.valid_until > at))
    )
    return [RegisteredSigner(row.court, row.name, row.kind, row.value) for row in tx.execute(found)]


def signers_of(tx: Connection, court_id: int) -> list[tuple[str, str]]:
    """(kind, value) of each signer registered for a court."""
    found = select(court_signer.c.kind, court_signer.c.value).where(court_signer.c.court == court_id)
    return [(row.kind, row.value) for row in tx.execute(found)]


# -- officers -----------------------------------------------------------------------------------------------


def add_officer(
    tx: Connection,
    vault: Vault,
    *,
    badge: str,
    post: str,
    name: str,
    contacts: list[NewContact],
    station_id: int | None = None,
    court_id: int | None = None,
    comar: bool = False,
    verified_at: datetime | None = None,
) -> int:
    """Add an officer of a station, of a court, or (with neither) of headquarters; or COMAR's desk there."""
    safe = vaults.create(tx, vault, f"officer:{badge}")
    added = insert(officer).values(
        badge=badge,
        post=post,
        station=station_id,
        court=court_id,
        comar=comar,
        name_sealed=safe.seal(name, f"officer:{badge}:name"),
    )
    officer_id = int(tx.execute(added.returning(officer.c.id)).scalar_one())
    verified = dict.fromkeys((each.address_hash for each in contacts), verified_at)
    _insert_contacts(tx, safe, officer_id, badge, contacts, verified)
    return officer_id


def _insert_contacts(
    tx: Connection,
    safe: Safe,
    officer_id: int,
    badge: str,
    contacts: list[NewContact],
    verified: Mapping[str, datetime | None],
) -> None:
    positions: dict[str, int] = {}
    for new in contacts:
        position = positions.get(new.kind, 0)
        positions[new.kind] = position + 1
        tx.execute(
            insert(contact).values(
                officer=officer_id,
                kind=new.kind,
                position=position,
                address_sealed=safe.seal(new.address, f"contact:{badge}:{new.kind}:{position}"),
                address_hash=new.address_hash,
                verified_at=verified.get(new.address_hash),
            )
        )


def replace_contacts(tx: Connection, vault: Vault, badge: str, contacts: list[NewContact]) -> None:
    """Give an officer these contacts in place of the former; an address that stays keeps its confirmation."""
    officer_id = officer_ids(tx, [badge])[badge]
    mine = contact.c.officer == officer_id
    verified = {row.address_hash: row.verified_at for row in tx.execute(select(contact).where(mine))}
    tx.execute(delete(contact).where(mine))
    safe = vaults.unlock(tx, vault, f"officer:{badge}")
    _insert_contacts(tx, safe, officer_id, badge, contacts, verified)


def set_active(tx: Connection, badge: str, active: bool) -> None:
    """Retire an officer, or take them back."""
    tx.execute(update(officer).where(officer.c.badge == badge).values(active=active))


def officers(
    tx: Connection, *, station_id: int | None = None, court_id: int | None = None
) -> dict[str, Officer]:
    """Badge to officer, with contacts: of a station, of a court, or (with neither) of headquarters."""
    if station_id is not None:
        return _officers(tx, ~officer.c.comar & (officer.c.station == station_id))
    if court_id is not None:
        return _officers(tx, officer.c.court == court_id)
    return _officers(tx, ~officer.c.comar & officer.c.station.is_(None) & officer.c.court.is_(None))


def comar_desks(tx: Connection, station_id: int) -> tuple[Officer, ...]:
    """COMAR's desk at a station; where it has none of its own, the one for the whole country."""
    other = officer.alias()
    own = select(other.c.id).where(other.c.comar, other.c.active, other.c.station == station_id)
    national = officer.c.station.is_(None) & ~own.exists()
    return tuple(_officers(tx, officer.c.comar & ((officer.c.station == station_id) | national)).values())


def everyone(tx: Connection, badges: list[str]) -> dict[str, Officer]:
    """Badge to officer, with contacts, for these badges."""
    return _officers(tx, officer.c.badge.in_(badges))


@dataclass(frozen=True)
class Reachable:
    """Who may have to be told of a station's orders: badge to officer, and COMAR's desk."""

    own: dict[str, Officer]
    headquarters: dict[str, Officer]
    court: dict[str, Officer]
    comar: tuple[Officer, ...]


def reachable(tx: Connection, station_id: int, court_id: int | None) -> Reachable:
    """All of them in one look: what `officers` and `comar_desks` say of a station, headquarters and a court."""
    here = (officer.c.station == station_id) | officer.c.station.is_(None) & officer.c.court.is_(None)
    placed = _placed(tx, here if court_id is None else here | (officer.c.court == court_id))
    plain = [(station, court, one) for station, court, one in placed if not one.desk]
    desks = [(station, one) for station, _, one in placed if one.desk]
    nearest = station_id if any(station == station_id for station, _ in desks) else None
    return Reachable(
        own={one.badge: one for station, _, one in plain if station == station_id},
        headquarters={one.badge: one for station, court, one in plain if station is court is None},
        court={one.badge: one for _, court, one in placed if court is not None and court == court_id},
        comar=tuple(one for station, one in desks if station == nearest),
    )


def _officers(tx: Connection, which: ColumnElement[bool]) -> dict[str, Officer]:
    return {one.badge: one for _, _, one in _placed(tx, which)}


def _placed(tx: Connection, which: ColumnElement[bool]) -> list[tuple[int | None, int | None, Officer]]:
    """(station, court, officer with contacts) of those who are active, by badge."""
    rows = tx.execute(
        select(officer, contact.c.kind, contact.c.position, contact.c.verified_at)
        .outerjoin(contact, contact.c.officer == officer.c.id)
        .where(which, officer.c.active)
        .order_by(officer.c.badge, contact.c.kind.desc(), contact.c.position)
    )
    people: dict[str, tuple[int | None, int | None, Officer]] = {}
    contacts: dict[str, list[Contact]] = {}
    for row in rows:
        if row.badge not in people:
            one = Officer(row.badge, row.post, also=_media(row.also), desk=row.comar)
            people[row.badge] = row.station, row.court, one
        for medium in MEDIA.get(row.kind, ()):
            # A second address of one medium follows the first: a landline is the second choice for voice.
            position = row.position if row.kind != "landline" else 10 + row.position
            contacts.setdefault(row.badge, []).append(
                Contact(medium, position, verified=row.verified_at is not None)
            )
    return [
        (station, court, replace(one, contacts=tuple(contacts.get(one.badge, ()))))
        for station, court, one in people.values()
    ]


def _media(kept: str) -> tuple[Medium, ...]:
    return tuple(map(Medium, kept.split()))


def add_media(tx: Connection, badge: str, media: Iterable[Medium]) -> None:
    """Keep the media by which an officer wants to be reached besides the policy's, in place of the former."""
    tx.execute(update(officer).where(officer.c.badge == badge).values(also=" ".join(media)))


def officer_ids(tx: Connection, badges: Collection[str]) -> dict[str, int]:
    found = select(officer.c.badge, officer.c.id).where(officer.c.badge.in_(badges))
    return {row.badge: row.id for row in tx.execute(found)}


def find_officer(
    tx: Connection, *, badge: str | None = None, id: int | None = None
) -> Row[tuple[object, ...]] | None:
    """The officer's row (id, badge, post, station, court, pin_hash, active)."""
    return tx.execute(
        select(officer).where(officer.c.badge == badge if id is None else officer.c.id == id)
    ).first()


def several_officers(tx: Connection, ids: Iterable[int]) -> dict[int, Row[tuple[object, ...]]]:
    """Officers' rows by id, in one look."""
    found = select(officer).where(officer.c.id.in_(list(ids)))
    return {row.id: row for row in tx.execute(found)}


def every_officer(tx: Connection) -> list[Row[tuple[object, ...]]]:
    """Every officer's row with `station_code` and `court_code`, by badge."""
    found = (
        select(officer, station.c.code.label("station_code"), court.c.code.label("court_code"))
        .outerjoin(station, station.c.id == officer.c.station)
        .outerjoin(court, court.c.id == officer.c.court)
        .order_by(officer.c.badge)
    )
    return list(tx.execute(found).all())


def officer_name(tx: Connection, vault: Vault, badge: str) -> str:
    sealed = tx.execute(select(officer.c.name_sealed).where(officer.c.badge == badge)).scalar_one()
    return vaults.unlock(tx, vault, f"officer:{badge}").open(sealed, f"officer:{badge}:name")


def address(tx: Connection, vault: Vault, badge: str, medium: Medium, position: int) -> str | None:
    """Where to reach an officer: an E.164 number or a mail address; None where the contact is gone."""
    kind = "email" if medium is Medium.EMAIL else "mobile" if position < 10 else "landline"
    place = position % 10
    sealed = tx.execute(
        select(contact.c.address_sealed)
        .join(officer, officer.c.id == contact.c.officer)
        .where(officer.c.badge == badge, contact.c.kind == kind, contact.c.position == place)
    ).scalar()
    if sealed is None:
        return None
    return vaults.unlock(tx, vault, f"officer:{badge}").open(sealed, f"contact:{badge}:{kind}:{place}")


@dataclass(frozen=True)
class SealedAddress:
    """An officer's address, not yet opened."""

    badge: str
    kind: str
    position: int
    sealed: bytes
    wrapped: bytes

    def open(self, vault: Vault) -> str:
        """An E.164 number or a mail address."""
        scope = f"officer:{self.badge}"
        safe = vaults.Safe(vault.open_data_key(scope, self.wrapped))
        return safe.open(self.sealed, f"contact:{self.badge}:{self.kind}:{self.position}")


def sealed_addresses(
    tx: Connection, officer_ids: Iterable[int]
) -> dict[tuple[int, Medium, int], SealedAddress]:
    """(officer, medium, position) to an address, of many officers in one look. Who was erased has none."""
    scope = literal("officer:").concat(officer.c.badge)
    found = (
        select(officer.c.id, officer.c.badge, contact, data_key.c.wrapped)
        .join(contact, contact.c.officer == officer.c.id)
        .join(data_key, data_key.c.scope == scope)
        .where(officer.c.id.in_(list(officer_ids)))
    )
    return {
        (row.officer, medium, row.position if row.kind != "landline" else 10 + row.position): SealedAddress(
            row.badge, row.kind, row.position, row.address_sealed, row.wrapped
        )
        for row in tx.execute(found)
        for medium in MEDIA.get(row.kind, ())
    }


def addresses(tx: Connection, vault: Vault, badge: str) -> list[tuple[str, str]]:
    """(kind, address) of every contact of an officer in clear, for the administrator's pages and the command line."""
    rows = tx.execute(
        select(contact.c.kind, contact.c.position, contact.c.address_sealed)
        .join(officer, officer.c.id == contact.c.officer)
        .where(officer.c.badge == badge)
        .order_by(contact.c.kind.desc(), contact.c.position)
    ).all()
    safe = vaults.unlock(tx, vault, f"officer:{badge}")
    return [
        (row.kind, safe.open(row.address_sealed, f"contact:{badge}:{row.kind}:{row.position}"))
        for row in rows
    ]


def owners_of(tx: Connection, address_hash: str) -> list[str]:
    """Badges of the officers who have this address: phones are shared, so there may be several."""
    found = (
        select(officer.c.badge)
        .join(contact, contact.c.officer == officer.c.id)
        .where(contact.c.address_hash == address_hash)
        .distinct()
    )
    return list(tx.scalars(found))


def set_pin(tx: Connection, officer_id: int, pin_hash: str) -> None:
    tx.execute(update(officer).where(officer.c.id == officer_id).values(pin_hash=pin_hash))
