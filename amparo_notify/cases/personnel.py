"""People: officers with their contacts, staff, and those who change or leave. Every change is on record."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row

from amparo_notify.cases import signin
from amparo_notify.cases.escalate import plan_station_anew
from amparo_notify.cases.manage import coded, may, named
from amparo_notify.cases.phones import phone
from amparo_notify.cases.services import Caller, Services
from amparo_notify.cases.settings_log import note
from amparo_notify.cases.submission import MAIL
from amparo_notify.core.errors import Conflict, Fault, Invalid, Missing
from amparo_notify.seal.envelope import hash_token
from amparo_notify.store import people, staff
from amparo_notify.store.people import Court, NewContact, Station
from amparo_notify.store.staff import Staff

_ROLES = ("clerk", "admin")
NO_MAIL = Fault(
    "mail", "A COMAR solo se le da copia, y una copia no llama.", "Indique al menos un correo de su oficina."
)


@dataclass(frozen=True)
class NewOfficer:
    """An officer to add: of a station, of a court (its own duty contact), or with neither of headquarters.

    Or COMAR's desk (`comar`), of a station, or with none for all that have no desk of their own.
    """

    badge: str
    post: str
    name: str
    phones: Sequence[str] = ()
    mails: Sequence[str] = ()
    station: str | None = None
    court: str | None = None
    comar: bool = False


@dataclass(frozen=True)
class OfficerLine:
    badge: str
    post: str
    name: str
    where: str  # a station's or a court's code, or "" for headquarters
    contacts: tuple[tuple[str, str], ...]
    has_pin: bool
    active: bool
    comar: bool


# -- officers -----------------------------------------------------------------------------------------------


def add_officer(services: Services, caller: Caller, new: NewOfficer, now: datetime) -> str:
    """Add an officer; return the one-time address at which they choose their PIN."""
    may(caller)
    faults = coded("badge", new.badge) + named("post", new.post) + named("name", new.name)
    contacts = read_contacts(services, new, faults)
    if not contacts:
        faults.append(Fault("phone", "Falta a dónde avisarle.", "Indique al menos un teléfono o un correo."))
    if (new.station or new.comar) and new.court:
        faults.append(
            Fault("station", "No puede ser a la vez de una estación y de un juzgado.", "Deje uno de los dos.")
        )
    if new.comar and not new.mails:
        faults.append(NO_MAIL)
    if faults:
        raise Invalid(*faults)
    with services.database.write() as tx:
        station, court = _where(tx, new)
        if people.find_officer(tx, badge=new.badge) is not None:
            raise Conflict(Fault("badge", f"Ya existe {new.badge}.", "Elija otra clave."))
        officer_id = people.add_officer(
            tx,
            services.vault,
            badge=new.badge,
            post=new.post.strip(),
            name=new.name.strip(),
            contacts=contacts,
            station_id=station.id if station else None,
            court_id=court.id if court else None,
            comar=new.comar,
        )
        note(services, tx, caller.actor, "officer added", now, officer=new.badge, station=new.station or "")
    if station:
        plan_station_anew(services, station.id, now)
    return signin.invite_officer(services, officer_id, now)


def read_contacts(services: Services, new: NewOfficer, faults: list[Fault]) -> list[NewContact]:
    """The contacts of an officer as they are kept; what is wrong with any joins `faults`."""
    contacts = []
    for text in new.phones:
        called = phone(text)
        if isinstance(called, Fault):
            faults.append(called)
            continue
        contacts.append(NewContact(*called, services.tokens.blind_index("contact", called[1])))
    for mail in new.mails:
        if not MAIL.fullmatch(mail):
            faults.append(Fault("mail", f"«{mail}» no es un correo.", "Escríbalo como nombre@ejemplo.mx."))
            continue
        contacts.append(NewContact("email", mail, services.tokens.blind_index("contact", mail)))
    return contacts


def _where(tx: Connection, new: NewOfficer) -> tuple[Station | None, Court | None]:
    station = people.find_station(tx, code=new.station) if new.station else None
    court = people.find_court(tx, code=new.court) if new.court else None
    if new.station and station is None:
        raise Invalid(Fault("station", f"No existe la estación «{new.station}».", "Déla de alta primero."))
    if new.court and court is None:
        raise Invalid(Fault("court", f"No existe el juzgado «{new.court}».", "Délo de alta primero."))
    return station, court


def invite_officer(services: Services, caller: Caller, badge: str, now: datetime) -> str:
    """A fresh one-time address for an officer to choose a PIN."""
    may(caller)
    with services.database.write() as tx:
        officer = people.find_officer(tx, badge=badge)
        if officer is None:
            raise Missing(Fault("badge", f"No existe {badge}.", "Revise la lista de oficiales."))
        note(services, tx, caller.actor, "officer invited", now, officer=badge)
    return signin.invite_officer(services, officer.id, now)


def officers(services: Services, station: str | None = None) -> list[OfficerLine]:
    """Everybody who can be told, with their contacts in clear: for administrators."""
    with services.database.read() as tx:
        return [
            OfficerLine(
                badge=row.badge,
                post=row.post,
                name=people.officer_name(tx, services.vault, row.badge),
                where=row.station_code or row.court_code or "",
                contacts=tuple(people.addresses(tx, services.vault, row.badge)),
                has_pin=row.pin_hash is not None,
                active=row.active,
                comar=row.comar,
            )
            for row in people.every_officer(tx)
            if station is None or row.station_code == station
        ]


# -- staff --------------------------------------------------------------------------------------


def add_staff(
    services: Services, caller: Caller, username: str, name: str, role: str, court: str | None, now: datetime
) -> str:
    """Add a clerk of a court or an administrator; return the one-time address at which they enrol."""
    may(caller)
    faults = named("name", name)
    if not re.fullmatch(r"[a-z0-9][a-z0-9._@-]{2,79}", username):
        faults.append(
            Fault("username", f"«{username}» no sirve de usuario.", "Use minúsculas, números, punto o guion.")
        )
    if role not in _ROLES:
        faults.append(Fault("role", f"«{role}» no es un papel.", f"Use {' o '.join(_ROLES)}."))
    if (role == "clerk") != bool(court):
        faults.append(
            Fault(
                "court",
                "Quien sube órdenes es de un juzgado, y quien administra de ninguno.",
                "Corrija el juzgado.",
            )
        )
    if faults:
        raise Invalid(*faults)
    with services.database.write() as tx:
        staff_id = _insert_staff(services, tx, username, name.strip(), role, court)
        note(services, tx, caller.actor, "staff added", now, staff=staff_id, role=role, court=court or "")
    return signin.invite_staff(services, staff_id, username, now)


def _insert_staff(
    services: Services, tx: Connection, username: str, name: str, role: str, court: str | None
) -> int:
    found = people.find_court(tx, code=court) if court else None
    if court and found is None:
        raise Invalid(Fault("court", f"No existe el juzgado «{court}».", "Délo de alta primero."))
    if staff.find(tx, username=username) is not None:
        raise Conflict(Fault("username", f"Ya existe «{username}».", "Elija otro usuario."))
    return staff.add(tx, services.vault, username, name, role, found.id if found else None)


def add_token(services: Services, caller: Caller, court: str, label: str, now: datetime) -> str:
    """Make an API token for a court's own system. It is shown once: only its hash is kept."""
    may(caller)
    token = secrets.token_urlsafe(32)
    username = f"api.{court.lower()}.{secrets.token_hex(3)}"
    with services.database.write() as tx:
        staff_id = _insert_staff(services, tx, username, label.strip() or username, "system", court)
        staff.set_credential(tx, staff_id, "token", hash_token(token).encode(), now)
        note(services, tx, caller.actor, "API token made", now, staff=staff_id, court=court)
    return token


def staff_list(services: Services) -> list[Staff]:
    with services.database.read() as tx:
        return staff.everyone(tx)


# -- those who change, or leave ----------------------------------------------------------------------------


def change_contacts(
    services: Services, caller: Caller, badge: str, phones: Sequence[str], mails: Sequence[str], now: datetime
) -> None:
    """Give an officer these phones and mails in place of the former, first choice first. Raises Invalid, Missing.

    An address that stays keeps its confirmation; a new one has to be confirmed.
    """
    may(caller)
    faults: list[Fault] = []
    contacts = read_contacts(services, NewOfficer(badge, "", "", phones, mails), faults)
    if not contacts and not faults:
        faults.append(
            Fault(
                "phone", "Falta a dónde avisarle.", "Indique al menos un teléfono o un correo, o dé de baja."
            )
        )
    if faults:
        raise Invalid(*faults)
    with services.database.write() as tx:
        officer = _officer(tx, badge)
        if officer.comar and not mails:
            raise Invalid(NO_MAIL)
        people.replace_contacts(tx, services.vault, badge, contacts)
        note(services, tx, caller.actor, "contacts changed", now, officer=badge, contacts=len(contacts))
    _plan_anew(services, officer, now)


def set_active(services: Services, caller: Caller, badge: str, active: bool, now: datetime) -> None:
    """Retire an officer, or take them back. Whoever has left is called no more, whatever the roster says."""
    may(caller)
    with services.database.write() as tx:
        officer = _officer(tx, badge)
        people.set_active(tx, badge, active)
        note(services, tx, caller.actor, "officer back" if active else "officer retired", now, officer=badge)
    _plan_anew(services, officer, now)


def retire_staff(services: Services, caller: Caller, username: str, now: datetime) -> None:
    """Let a clerk, an administrator or a system go: sessions and tokens end at once. Raises Missing, Conflict."""
    may(caller)
    with services.database.write() as tx:
        found = staff.find(tx, username=username)
        if found is None:
            raise Missing(Fault("username", f"No existe «{username}».", "Revise la lista de cuentas."))
        if found.id == caller.staff:
            raise Conflict(
                Fault("username", "Es su propia cuenta.", "Pida a otra persona que la dé de baja.")
            )
        staff.retire(tx, found.id)
        note(services, tx, caller.actor, "staff retired", now, staff=found.id)


def _officer(tx: Connection, badge: str) -> Row[tuple[object, ...]]:
    found = people.find_officer(tx, badge=badge)
    if found is None:
        raise Missing(Fault("badge", f"No existe {badge}.", "Revise la lista de oficiales."))
    return found


def _plan_anew(services: Services, officer: Row[tuple[object, ...]], now: datetime) -> None:
    if officer.station is not None:
        plan_station_anew(services, officer.station, now)
