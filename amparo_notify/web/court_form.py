"""The upload form: what was typed, kept as typed, and the submission that it means."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from werkzeug.datastructures import FileStorage, MultiDict

from amparo_notify.cases.submission import INSTRUCTION, Submission
from amparo_notify.core.errors import Fault
from amparo_notify.core.order import Person, Suspension
from amparo_notify.store.people import Station

IDENTITY = ("name", "aliases", "nationality", "born", "passport", "held_at")
FLIGHT = ("airline", "flight", "destination", "departs")
ROWS = 4
"""Rows for persons at first; the page's script adds more, and without it these are all shown."""
MOST_PERSONS = 200
LONGEST = 500
"""Characters of one field of a person: more is a slip of the clipboard."""
YEARS = range(2000, 2101)
_ROW = re.compile(r"person-(\d{1,4})-([a-z_]+)")


@dataclass(frozen=True)
class Typed:
    """A form as somebody left it. Nothing in it is checked yet."""

    expediente: str = ""
    suspension: str = Suspension.DE_PLANO
    stations: tuple[str, ...] = ()
    zone: str = ""  # in which departures are written; empty: the first station's
    persons: tuple[Mapping[str, str], ...] = ()
    lawyers: str = ""
    instruction: str = INSTRUCTION
    drill: bool = False
    copy_comar: bool = False
    key: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    @property
    def rows(self) -> tuple[Mapping[str, str], ...]:
        """The persons' rows of the page: those that were filled in, and some to fill."""
        spare = max(ROWS - len(self.persons), 1)
        return (*self.persons, *({"same": "1"} for _ in range(spare)))


def read(form: MultiDict[str, str]) -> Typed:
    """Return what a form holds; rows with nothing in them are left out."""
    rows: dict[int, dict[str, str]] = {}
    for name, value in form.items():
        if match := _ROW.fullmatch(name):
            rows.setdefault(int(match[1]), {})[match[2]] = value.strip()
    return Typed(
        expediente=form.get("expediente", "").strip(),
        suspension=form.get("suspension", Suspension.DE_PLANO),
        stations=tuple(form.getlist("station")),
        zone=form.get("zone", ""),
        persons=tuple(
            row for _, row in sorted(rows.items()) if any(row.get(f) for f in (*IDENTITY, *FLIGHT))
        ),
        lawyers=form.get("lawyers", "").strip(),
        instruction=form.get("instruction", "").strip(),
        drill="drill" in form,
        copy_comar="copy_comar" in form,
        key=form.get("key", "") or secrets.token_urlsafe(16),
    )


def submission(
    typed: Typed,
    court: str,
    stations: Sequence[Station],
    document: FileStorage | None,
    signature: FileStorage | None,
) -> tuple[Submission, list[Fault]]:
    """Return what the form means, and what of it could not be read."""
    zone = zone_of(typed, stations)
    faults: list[Fault] = []
    if len(typed.persons) > MOST_PERSONS:
        faults.append(Fault("person 1", f"Son más de {MOST_PERSONS} personas.", "Divida la orden en varias."))
    persons = [
        _person(row, typed.persons[0], zone, f"person {n}", faults)
        for n, row in enumerate(typed.persons[:MOST_PERSONS], 1)
    ]
    body = document.read() if document else b""
    if not body:
        problem = "El archivo está vacío." if document and document.filename else "Falta el archivo firmado."
        faults.append(Fault("document", problem, "Elija el PDF firmado o el archivo .p7m."))
    beside = signature.read() if signature and signature.filename else None
    if beside == b"":
        faults.append(
            Fault("signature", "El archivo de firma está vacío.", "Elija el .p7s, o deje el campo vacío.")
        )
    made = Submission(
        court=court,
        expediente=re.sub(r"\s", "", typed.expediente).upper(),
        stations=typed.stations,
        persons=persons,
        document=body,
        signature=beside or None,
        lawyers=mails(typed.lawyers),
        suspension=typed.suspension,
        instruction=typed.instruction,
        drill=typed.drill,
        copy_comar=typed.copy_comar,
        idempotency_key=typed.key[:128],
    )
    return made, faults


def mails(text: str) -> list[str]:
    """Addresses as people write them: one a line, or with commas between."""
    return list(dict.fromkeys(each for each in re.split(r"[\s,;]+", text) if each))


def zone_of(typed: Typed, stations: Sequence[Station]) -> ZoneInfo | None:
    """The zone in which departures are written: the one chosen, or that of the first station."""
    zones = {each.code: each.time_zone for each in stations}
    chosen = (
        [typed.zone]
        if typed.zone in zones.values()
        else [zones[code] for code in typed.stations if code in zones]
    )
    return ZoneInfo(chosen[0]) if chosen else None


def _person(
    row: Mapping[str, str], first: Mapping[str, str], zone: ZoneInfo | None, where: str, faults: list[Fault]
) -> Person:
    own = any(row.get(name) for name in FLIGHT)
    flight = row if own or not row.get("same") else first
    values = {name: row.get(name, "") for name in IDENTITY}
    values |= {name: flight.get(name, "") for name in FLIGHT if name != "departs"}
    if any(len(value) > LONGEST for value in values.values()):
        faults.append(Fault(where, f"Un dato pasa de {LONGEST} caracteres.", "Revise lo que pegó."))
    return Person(**values, departs_at=departure(flight.get("departs", ""), zone, where, faults))


def departure(text: str, zone: ZoneInfo | None, where: str, faults: list[Fault]) -> datetime | None:
    """Return a departure typed in local time (UTC), or None.

    Where clocks go back an hour comes twice: the earlier is meant, for a deadline too early harms nobody. Where they
    go forward an hour is missing, and a time inside it is a fault.
    """
    if not text or zone is None:
        return None
    try:
        naive = datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        faults.append(Fault(where, f"«{text}» no es una fecha con hora.", "Escríbala así: 2026-11-21 14:35."))
        return None
    if naive.year not in YEARS:
        faults.append(Fault(where, f"El año {naive.year} no puede ser.", "Revise la fecha de salida."))
        return None
    instant = naive.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != naive:
        faults.append(
            Fault(where, "Esa hora no existe ese día: el reloj se adelanta.", "Revise la hora de salida.")
        )
        return None
    return instant
