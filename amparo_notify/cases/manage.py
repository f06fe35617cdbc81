"""Keeping courts, stations, signers, rosters and policies true. Every change is on record."""

import re
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection

from amparo_notify.cases import versions
from amparo_notify.cases.escalate import plan_station_anew
from amparo_notify.cases.phones import phone
from amparo_notify.cases.services import Caller, Services
from amparo_notify.cases.settings_log import note
from amparo_notify.cases.witness import CONFIGURATION
from amparo_notify.core.errors import Conflict, Denied, Fault, Invalid, Missing
from amparo_notify.core.events import Grade
from amparo_notify.core.policy import Policy
from amparo_notify.core.roster import Roster
from amparo_notify.store import passkeys, people, rosters
from amparo_notify.store import vault as vaults
from amparo_notify.store.people import Court, Station

_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,19}")
_CURP = re.compile(r"[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z0-9]\d")
_RFC = re.compile(r"[A-ZÑ&]{3,4}\d{6}[A-Z0-9]{3}")
_ROLES = ("clerk", "admin")


def may(caller: Caller) -> None:
    """Raise Denied for whoever does not administer."""
    if caller.role not in ("admin", "operator"):
        raise Denied(Fault("account", "Esto lo hace quien administra.", "Pídalo a la administración."))


def coded(field: str, code: str) -> list[Fault]:
    """What is wrong with a code, if anything."""
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


LONGEST_NAME = 100
"""Characters of a name: the longest with which every text still fits two segments (tests/channels)."""


def named(field: str, value: str) -> list[Fault]:
    """What is wrong with a name, which must not be empty."""
    if len(value.strip()) > LONGEST_NAME:
        return [Fault(field, f"Pasa de {LONGEST_NAME} caracteres.", "Acórtelo: debe caber en un SMS.")]
    return [] if value.strip() else [Fault(field, "Falta.", "Escríbalo.")]


# -- courts and stations ------------------------------------------------------------------------------------


def add_court(
    services: Services, caller: Caller, code: str, name: str, phone_: str, time_zone: str, now: datetime
) -> Court:
    """Add a court. `phone_` is the call-back number on every notice."""
    may(caller)
    called = phone(phone_)
    faults = coded("code", code) + named("name", name) + _zoned(time_zone)
    if isinstance(called, Fault):
        raise Invalid(*faults, called)
    if faults:
        raise Invalid(*faults)
    with services.database.write() as tx:
        if people.find_court(tx, code=code):
            raise Conflict(Fault("code", f"Ya existe el juzgado {code}.", "Elija otra clave."))
        court = people.add_court(tx, code, name.strip(), called[1], time_zone)
        vaults.create(tx, services.vault, f"court:{code}")
        note(services, tx, caller.actor, "court added", now, court=code)
    return court


def add_station(
    services: Services, caller: Caller, code: str, name: str, time_zone: str, phone_: str, now: datetime
) -> Station:
    """Add a station in its own time zone."""
    may(caller)
    called = phone(phone_) if phone_.strip() else ("", "")
    faults = coded("code", code) + named("name", name) + _zoned(time_zone)
    if isinstance(called, Fault):
        raise Invalid(*faults, called)
    if faults:
        raise Invalid(*faults)
    with services.database.write() as tx:
        if people.find_station(tx, code=code):
            raise Conflict(Fault("code", f"Ya existe la estación {code}.", "Elija otra clave."))
        station = people.add_station(tx, code, name.strip(), time_zone, called[1])
        note(services, tx, caller.actor, "station added", now, station=code)
    return station


def courts(services: Services) -> list[Court]:
    with services.database.read() as tx:
        return people.courts(tx)


def stations(services: Services) -> list[Station]:
    with services.database.read() as tx:
        return people.stations(tx)


# -- signers ------------------------------------------------------------------------------------------------


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
    since: datetime | None = None,
    until: datetime | None = None,
) -> None:
    """Register who may sign for a court: by certificate (DER, or its SHA-256), or by a CURP or RFC it confirmed.

    The registration holds from `since` (now) until `until` (for good), both aware; registering again moves its end.
    """
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
    if until is not None and until <= (since or now):
        faults.append(Fault("until", "La vigencia termina antes de empezar.", "Corrija las fechas."))
    if faults:
        raise Invalid(*faults)
    with services.database.write() as tx:
        found = people.find_court(tx, code=court)
        if found is None:
            raise Missing(Fault("court", f"No existe el juzgado «{court}».", "Délo de alta primero."))
        (kind, value), *_ = named.items()
        people.add_signer(tx, found.id, kind, value, since or now, until)
        note(services, tx, caller.actor, "signer registered", now, court=court, kind=kind)


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


def save_roster(
    services: Services,
    caller: Caller,
    station: str,
    roster: Roster,
    now: datetime,
    *,
    over: int | None = None,
    accepted: str = "",
) -> int:
    """Keep a new version of a station's roster; open escalations are planned anew.

    `over` is the version that the change began from, `accepted` what `versions.acceptance` made of what it loses.
    Raises Invalid with every fault, and `versions.Stale` and `versions.Uncovered`.
    """
    may(caller)
    with services.database.read() as tx:
        found = _station(tx, station)
        present = rosters.current_roster(tx, found)
    whole = replace(
        roster, station=station, time_zone=found.time_zone, officers=present.officers, court=()
    ).checked()
    lost = versions.admit(
        caller, present, whole, over, accepted, now
    )  # may take a while: nobody waits for it
    with services.database.write(CONFIGURATION) as tx:
        newest = rosters.current_roster(tx, found).version
        if newest != present.version:
            raise versions.Stale(newest)
        version = rosters.save_roster(tx, found, whole, now)
        more = {"accepted": [loss.sentence(whole) for loss in lost]} if lost else {}
        note(services, tx, caller.actor, versions.SAVED, now, station=station, version=version, **more)
    plan_station_anew(services, found.id, now)
    return version


def save_policy(
    services: Services,
    caller: Caller,
    station: str,
    policy: Policy,
    now: datetime,
    *,
    over: int | None = None,
) -> int:
    """Keep a new version of a station's policy; escalations under way keep the one they began with.

    `over` is the version that the change began from, 0 for none. Raises `versions.Stale` where that is not the present
    one, and Invalid with every fault; a copy to COMAR's desk needs a desk that can be written to, and grade A3
    somebody who can sign: else nothing that anybody there does would end a chase.
    """
    may(caller)
    policy.checked()
    with services.database.write(CONFIGURATION) as tx:
        found = _station(tx, station)
        present = rosters.current_policy(tx, found)
        if over is not None and over != (present.policy.version if present else 0):
            raise versions.Stale(present.policy.version if present else 0)
        if policy.required_grade == Grade.A3 and not passkeys.can_sign(tx, found.id):
            raise Invalid(
                Fault(
                    "required_grade",
                    "Nadie de esta estación puede firmar: la orden no dejaría de avisarse nunca.",
                    "Pida a sus oficiales que agreguen la llave de su teléfono, o use A2.",
                )
            )
        desks = people.comar_desks(tx, found.id)
        if any(level.copies for level in policy.levels) and not any(desk.reachable for desk in desks):
            raise Invalid(
                Fault(
                    "levels",
                    "La política da copia a COMAR, y no hay una oficina de COMAR a la cual escribir.",
                    "Dé de alta su oficina, de la estación o nacional, o quite la copia.",
                )
            )
        version = rosters.save_policy(tx, found, policy, now).policy.version
        note(services, tx, caller.actor, "policy saved", now, station=station, version=version)
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
