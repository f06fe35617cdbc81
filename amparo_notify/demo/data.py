"""The demonstration's people and places. Everybody is invented; telephones are +52 55 0000 …, mail is *.example."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, time
from pathlib import Path

from amparo_notify.core.notice import Medium
from amparo_notify.core.policy import ALL_MEDIA, COURT, HEADQUARTERS, POST, ROTATION, Level, Policy, Target
from amparo_notify.core.roster import Roster, Rotation, Shift

PIN = "271828"
"""Of every officer of the demonstration; elsewhere each chooses their own, and no administrator ever knows it."""

PASSPHRASE = "ventana azul con lluvia"  # noqa: S105 - of every account of the demonstration, and shown on its page
JUDGE = "JUEZA FICTICIA NÚÑEZ"
JUDGE_CURP = "NUXF800101MDFXXX09"
SUBSTITUTE = "JUEZ SUPLENTE FICTICIO PEÑA"

HEADQUARTERS_NAME = "Oficinas centrales del INM (demostración)"


@dataclass(frozen=True)
class DemoCourt:
    code: str
    name: str
    phone: str
    time_zone: str


@dataclass(frozen=True)
class DemoStation:
    code: str
    name: str
    phone: str
    time_zone: str
    first_badge: int


@dataclass(frozen=True)
class DemoOfficer:
    """Somebody who can be reached; `station` and `court` both empty: headquarters."""

    badge: str
    post: str
    name: str
    phone: str
    mail: str
    station: str = ""
    court: str = ""


@dataclass(frozen=True)
class DemoUser:
    username: str
    name: str
    role: str  # clerk | admin
    court: str = ""


@dataclass(frozen=True)
class Credential:
    """What a visitor needs to sign in. The code is RFC 6238 (SHA-1, six digits, 30 s) of `totp_secret` (base32)."""

    username: str
    name: str
    role: str
    passphrase: str
    totp_secret: str


THE_COURT = DemoCourt(
    "J5DEMO", "Juzgado Quinto de Distrito de Demostración", "+525500000005", "America/Mexico_City"
)
STATIONS = (
    DemoStation("MEX-T1", "La Burbuja, MEX Terminal 1", "+525500000090", "America/Mexico_City", 1001),
    DemoStation("CUN-T3", "Internación, CUN Terminal 3", "+525500000091", "America/Cancun", 2001),
)
USERS = (
    DemoUser("actuaria", "Adela Ficticia Ríos", "clerk", THE_COURT.code),
    DemoUser("secretario", "Saúl Ficticio Mena", "clerk", THE_COURT.code),
    DemoUser("administradora", "Alma Ficticia Soto", "admin"),
)
_WATCH = ("A1", "A2", "B1", "B2", "C1", "C2")
_NAMES = (
    "Aurora Ficticia",
    "Bruno Ficticio",
    "Carla Ficticia",
    "Darío Ficticio",
    "Elena Ficticia",
    "Fermín Ficticio",
    "Gloria Ficticia",
    "Héctor Ficticio",
    "Irene Ficticia",
)


def officers() -> Iterator[DemoOfficer]:
    """Yield everybody: nine at each station, two at headquarters, two of the court's own duty contacts."""
    for row, station in enumerate(STATIONS):
        posts = [f"agente {place}" for place in _WATCH]
        posts += ["jefatura de turno, día", "jefatura de turno, noche", "titular"]
        for place, (post, name) in enumerate(zip(posts, _NAMES, strict=True)):
            badge = str(station.first_badge + place)
            number = 10 * (row + 1) + place
            yield _officer(badge, post, f"{name} {station.code}", number, station=station.code)
    yield _officer("9001", "guardia de oficinas centrales", "Julia Ficticia Central", 70)
    yield _officer("9002", "dirección de control migratorio", "Kevin Ficticio Central", 71)
    yield _officer("J501", "secretaria de guardia", "Lucía Ficticia Juzgado", 80, court=THE_COURT.code)
    yield _officer("J502", "actuario de guardia", "Mario Ficticio Juzgado", 81, court=THE_COURT.code)


def _officer(
    badge: str, post: str, name: str, number: int, *, station: str = "", court: str = ""
) -> DemoOfficer:
    place = station or court or "centrales"
    mail = f"{badge.lower()}@{place.lower()}.example"
    return DemoOfficer(badge, post, name, f"+5255000000{number:02d}", mail, station, court)


def roster(station: DemoStation) -> Roster:
    """A 24x48 guard of three pairs, and a chief by day and another by night."""
    first = station.first_badge
    pairs = tuple((str(first + n), str(first + n + 1)) for n in (0, 2, 4))
    morning, evening = time(8), time(20)
    guard = tuple(Shift(day, morning, morning, slot=day) for day in range(3))
    chiefs = (Shift(0, morning, evening, slot=0), Shift(0, evening, morning, slot=1))
    return Roster(
        station=station.code,
        time_zone=station.time_zone,
        rotations=(
            Rotation("agentes", date(2026, 1, 1), 3, guard, pairs, minimum=2),
            Rotation("jefatura", date(2026, 1, 1), 1, chiefs, ((str(first + 6),), (str(first + 7),))),
        ),
    )


POLICY = Policy(
    levels=(
        Level((Target(ROTATION, "agentes"),), ALL_MEDIA, 0),
        Level((Target(ROTATION, "jefatura"),), ALL_MEDIA, 60),
        Level((Target(POST, "titular"), Target(HEADQUARTERS)), ALL_MEDIA, 60),
        Level((Target(COURT),), (Medium.SMS, Medium.EMAIL), 60),
    ),
    repeat_after=180,
    display_within=120,
    outcome_within=240,
)
"""Quick, so that a visitor sees an order climb within two minutes; a real one waits longer (core/policy.py)."""


def save_credentials(path: Path, known: tuple[Credential, ...]) -> None:
    """Keep the accounts' credentials; they open the demonstration and nothing else."""
    path.write_text(json.dumps([asdict(each) for each in known], ensure_ascii=False, indent=1))
    path.chmod(0o600)


def credentials(var: Path) -> tuple[Credential, ...]:
    """Return the demonstration's accounts, to be shown at /demo/phones; none where no demonstration was made."""
    try:
        kept = json.loads((var / "demo" / "credentials.json").read_text())
    except FileNotFoundError:
        return ()
    return tuple(Credential(**each) for each in kept)
