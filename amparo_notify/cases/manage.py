"""Keeping courts, stations, people, rosters and policies true. Every change is on record in the configuration's log."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from sqlalchemy import Connection

from amparo_notify.cases import signin
from amparo_notify.cases.escalate import plan_station_anew
from amparo_notify.cases.services import Caller, Services
from amparo_notify.cases.submission import MAIL
from amparo_notify.cases.witness import CONFIGURATION, Stream, witness
from amparo_notify.core.errors import Conflict, Denied, Fault, Invalid, Missing
from amparo_notify.core.events import Event
from amparo_notify.core.evidence import Fact
from amparo_notify.core.policy import Policy
from amparo_notify.core.roster import Roster
from amparo_notify.seal.envelope import hash_token
from amparo_notify.store import people, rosters, staff
from amparo_notify.store import vault as vaults
from amparo_notify.store.database import lock
from amparo_notify.store.people import Court, NewContact, Station
from amparo_notify.store.staff import Staff

_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,19}")
_CURP = re.compile(r"[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z0-9]\d")
_RFC = re.compile(r"[A-ZÑ&]{3,4}\d{6}[A-Z0-9]{3}")
_ROLES = ("clerk", "admin")


@dataclass(frozen=True)
class NewOfficer:
    """An officer to add: of a station, of a court (its own duty contact), or with neither of headquarters."""

    badge: str
    post: str
    name: str
    phones: Sequence[str] = ()
    mails: Sequence[str] = ()
    station: str | None = None
    court: str | None = None


@dataclass(frozen=True)
class OfficerLine:
    badge: str
    post: str
    name: str
    where: str  # a station's or a court's code, or "" for headquarters
    contacts: tuple[tuple[str, str], ...]
    has_pin: bool
    active: bool


def may(caller: Caller) -> None:
    """Raise Denied for whoever does not administer."""
    if caller.role not in ("admin", "operator"):
        raise Denied(Fault("account", "Esto lo hace quien administra.", "Pídalo a la administración."))


def note(
    services: Services, tx: Connection, caller: Caller, what: str, now: datetime, **details: object
) -> None:
    """Put a change on record. Details name codes and badges, never people."""
    lock(tx, CONFIGURATION)
    stream = Stream(CONFIGURATION, "config")
    witness(
        services,
        tx,
        stream,
        Fact(Event.CONFIGURED, now, caller.actor, details={"what": what, **details}),
        now,
    )


def _coded(field: str, code: str) -> list[Fault]:
    if _CODE.fullmatch(code):
        return []
    return [Fault(field, f"«{code}» no es una clave.", "Use de 2 a 20 letras mayúsculas, números o guiones.")]


def _zoned(zone: str) -> list[Fault]:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        return [
            Fault("time_zone", f"No existe la zona «{zone}».", "Use un nombre IANA: America/Mexico_City.")
        ]
    return []


def _named(field: str, value: str) -> list[Fault]:
    return [] if value.strip() else [Fault(field, "Falta.", "Escríbalo.")]


def phone(text: str) -> tuple[str, str] | Fault:
    """(kind, E.164) of a phone, or what is wrong. The old mobile `1` of +521 is dropped (numbering plan of 2019)."""
    try:
        parsed = phonenumbers.parse(
            re.sub(r"^\+?521(\d{10})$", r"+52\1", re.sub(r"[\s().-]", "", text)), "MX"
        )
    except phonenumbers.NumberParseException:
        return Fault("phone", f"«{text}» no es un teléfono.", "Escríbalo con diez dígitos o como +52…")
    if not phonenumbers.is_possible_number(parsed):
        return Fault(
            "phone",
            f"«{text}» no tiene los dígitos de un teléfono.",
            "Escríbalo con diez dígitos o como +52…",
        )
    landline = phonenumbers.number_type(parsed) is phonenumbers.PhoneNumberType.FIXED_LINE
    return ("landline" if landline else "mobile"), phonenumbers.format_number(
        parsed, phonenumbers.PhoneNumberFormat.E164
    )


# -- courts and stations ------------------------------------------------------------------------------------


def add_court(
    services: Services, caller: Caller, code: str, name: str, phone_: str, time_zone: str, now: datetime
) -> Court:
    """Add a court. `phone_` is the call-back number on every notice."""
    may(caller)
    called = phone(phone_)
    faults = _coded("code", code) + _named("name", name) + _zoned(time_zone)
    if isinstance(called, Fault):
        raise Invalid(*faults, called)
    if faults:
        raise Invalid(*faults)
    with services.database.write() as tx:
        if people.find_court(tx, code=code):
            raise Conflict(Fault("code", f"Ya existe el juzgado {code}.", "Elija otra clave."))
        court = people.add_court(tx, code, name.strip(), called[1], time_zone)
        vaults.create(tx, services.vault, f"court:{code}")
        note(services, tx, caller, "court added", now, court=code)
    return court


def add_station(
    services: Services, caller: Caller, code: str, name: str, time_zone: str, phone_: str, now: datetime
) -> Station:
    """Add a station in its own time zone."""
    may(caller)
    called = phone(phone_) if phone_.strip() else ("", "")
    faults = _coded("code", code) + _named("name", name) + _zoned(time_zone)
    if isinstance(called, Fault):
        raise Invalid(*faults, called)
    if faults:
        raise Invalid(*faults)
    with services.database.write() as tx:
        if people.find_station(tx, code=code):
            raise Conflict(Fault("code", f"Ya existe la estación {code}.", "Elija otra clave."))
        station = people.add_station(tx, code, name.strip(), time_zone, called[1])
        note(services, tx, caller, "station added", now, station=code)
    return station


def courts(services: Services) -> list[Court]:
    with services.database.read() as tx:
        return people.courts(tx)


def stations(services: Services) -> list[Station]:
    with services.database.read() as tx:
        return people.stations(tx)


# -- officers -----------------------------------------------------------------------------------------------


def add_officer(services: Services, caller: Caller, new: NewOfficer, now: datetime) -> str:
    """Add an officer; return the one-time address at which they choose their PIN."""
    may(caller)
    faults = _coded("badge", new.badge) + _named("post", new.post) + _named("name", new.name)
    contacts = read_contacts(services, new, faults)
    if not contacts:
        faults.append(Fault("phone", "Falta a dónde avisarle.", "Indique al menos un teléfono o un correo."))
    if new.station and new.court:
        faults.append(
            Fault("station", "No puede ser a la vez de una estación y de un juzgado.", "Deje uno de los dos.")
        )
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
        )
        note(services, tx, caller, "officer added", now, officer=new.badge, station=new.station or "")
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
        note(services, tx, caller, "officer invited", now, officer=badge)
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
            )
            for row in people.every_officer(tx)
            if station is None or row.station_code == station
        ]


# -- staff and signers --------------------------------------------------------------------------------------


def add_staff(
    services: Services, caller: Caller, username: str, name: str, role: str, court: str | None, now: datetime
) -> str:
    """Add a clerk of a court or an administrator; return the one-time address at which they enrol."""
    may(caller)
    faults = _named("name", name)
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
        note(services, tx, caller, "staff added", now, staff=staff_id, role=role, court=court or "")
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
        note(services, tx, caller, "API token made", now, staff=staff_id, court=court)
    return token


def staff_list(services: Services) -> list[Staff]:
    with services.database.read() as tx:
        return staff.everyone(tx)


def add_signer(
    services: Services,
    caller: Caller,
    court: str,
    now: datetime,
    *,
    certificate: bytes | None = None,
    certificate_sha256: str | None = None,
    curp: str | None = None,
    rfc: str | None = None,
    until: datetime | None = None,
) -> None:
    """Register who may sign for a court: by certificate (DER, or its SHA-256), or by a CURP or RFC it confirmed."""
    may(caller)
    if certificate is not None:
        certificate_sha256 = sha256(certificate).hexdigest()
    given = {"certificate_sha256": certificate_sha256, "curp": curp, "rfc": rfc}
    named = {kind: value.strip() for kind, value in given.items() if value}
    faults = [
        Fault(kind, f"«{named[kind]}» no tiene la forma de {kind.upper()}.", "Revíselo letra por letra.")
        for kind, shape in (
            ("curp", _CURP),
            ("rfc", _RFC),
            ("certificate_sha256", re.compile(r"[0-9a-f]{64}")),
        )
        if kind in named and not shape.fullmatch(named[kind])
    ]
    if len(named) != 1:
        faults.append(Fault("signer", "Falta de quién es la firma.", "Indique uno: certificado, CURP o RFC."))
    if faults:
        raise Invalid(*faults)
    with services.database.write() as tx:
        found = people.find_court(tx, code=court)
        if found is None:
            raise Missing(Fault("court", f"No existe el juzgado «{court}».", "Délo de alta primero."))
        (kind, value), *_ = named.items()
        people.add_signer(tx, found.id, kind, value, now, until)
        note(services, tx, caller, "signer registered", now, court=court, kind=kind)


def signers(services: Services, court: str) -> list[tuple[str, str]]:
    """(kind, value) of a court's registered signers."""
    with services.database.read() as tx:
        found = people.find_court(tx, code=court)
        return people.signers_of(tx, found.id) if found else []


# -- rosters and policies -----------------------------------------------------------------------------------


def _station(tx: Connection, code: str) -> Station:
    found = people.find_station(tx, code=code)
    if found is None:
        raise Missing(Fault("station", f"No existe la estación «{code}».", "Revise la lista de estaciones."))
    return found


def save_roster(services: Services, caller: Caller, station: str, roster: Roster, now: datetime) -> int:
    """Keep a new version of a station's roster; open escalations are planned anew. Raises Invalid with every fault."""
    may(caller)
    with services.database.write() as tx:
        found = _station(tx, station)
        present = rosters.current_roster(tx, found)
        whole = replace(
            roster, station=station, time_zone=found.time_zone, officers=present.officers, court=()
        ).checked()
        version = rosters.save_roster(tx, found, whole, now)
        note(services, tx, caller, "roster saved", now, station=station, version=version)
    plan_station_anew(services, found.id, now)
    return version


def save_policy(services: Services, caller: Caller, station: str, policy: Policy, now: datetime) -> int:
    """Keep a new version of a station's policy; escalations under way keep the one they began with."""
    may(caller)
    policy.checked()
    with services.database.write() as tx:
        found = _station(tx, station)
        version = rosters.save_policy(tx, found, policy, now).policy.version
        note(services, tx, caller, "policy saved", now, station=station, version=version)
    return version


def roster_of(services: Services, station: str, court: str | None = None) -> Roster:
    """A station's newest roster with its people, and a court's duty contacts where one is named. Raises Missing."""
    with services.database.read() as tx:
        found = people.find_court(tx, code=court) if court else None
        return rosters.current_roster(tx, _station(tx, station), found.id if found else None)


def policy_of(services: Services, station: str) -> Policy:
    """A station's newest policy. Raises Missing where it has none."""
    with services.database.read() as tx:
        version = rosters.current_policy(tx, _station(tx, station))
    if version is None:
        raise Missing(Fault("policy", f"La estación {station} no tiene política.", "Guarde una primero."))
    return version.policy
