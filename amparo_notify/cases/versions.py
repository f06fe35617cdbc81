"""Versions of a station's roster: what a new one may not do unasked, and who wrote which."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection

from amparo_notify.cases.services import Caller, Services
from amparo_notify.cases.witness import CONFIGURATION, signed_bytes
from amparo_notify.core.errors import Conflict, Fault, Missing
from amparo_notify.core.roster import Roster
from amparo_notify.core.roster_change import Loss, horizon, losses
from amparo_notify.store import log, people, rosters, staff

SAVED = "roster saved"
"""What the configuration's log says of a new version."""
READ = 5_000
"""How many of the newest records of the configuration are looked through for who wrote a version."""


class Stale(Conflict):
    """Somebody else wrote a version since this one was begun."""

    def __init__(self, present: int) -> None:
        super().__init__(
            Fault(
                "version",
                f"Mientras tanto alguien guardó la versión {present}.",
                "Revise su cambio sobre esa versión.",
            )
        )


class Uncovered(Conflict):
    """A version would leave hours worse covered, and whoever writes it has not accepted that."""

    def __init__(self, roster: Roster, lost: Sequence[Loss]) -> None:
        remedy = "Cúbralo, o acepte por escrito que quede así."
        super().__init__(*(Fault("accepted", loss.sentence(roster), remedy) for loss in lost))


@dataclass(frozen=True)
class Kept:
    """One version as it was written; `by` is a user name, «consola» for a shell, or empty where no record says."""

    roster: Roster  # with the people as they are now
    made_at: datetime
    by: str


def acceptance(lost: Sequence[Loss]) -> str:
    """What somebody sends who has seen exactly these losses and accepts them; empty for none.

    The beginning is left out: of a loss that is already running it moves with the clock.
    """
    if not lost:
        return ""
    said = [(loss.rotation, loss.end.isoformat(), loss.after, loss.minimum, loss.confirmed) for loss in lost]
    return sha256(json.dumps(said).encode()).hexdigest()[:32]


def lost_by(present: Roster, new: Roster, now: datetime) -> tuple[Loss, ...]:
    """The hours that a new version would leave worse covered, as far ahead as its change reaches (a day's end)."""
    until = horizon(present, new, now).replace(hour=0, minute=0, second=0, microsecond=0)
    return losses(present, new, now, until)


def admit(
    caller: Caller, present: Roster, new: Roster, over: int | None, accepted: str, now: datetime
) -> tuple[Loss, ...]:
    """Return what a new version loses. Raises Stale where it was begun `over` another version than the present one,
    and Uncovered where an administrator has not `accepted` what it loses; the command line warns instead."""
    if over is not None and over != present.version:
        raise Stale(present.version)
    lost = lost_by(present, new, now)
    if lost and caller.role != "operator" and accepted != acceptance(lost):
        raise Uncovered(new, lost)
    return lost


def history(services: Services, station: str, before: int | None = None, limit: int = 20) -> list[Kept]:
    """A station's versions, newest first, from the one before `before`. Raises Missing for no such station."""
    with services.database.read() as tx:
        found = people.find_station(tx, code=station)
        if found is None:
            raise Missing(
                Fault("station", f"No existe la estación «{station}».", "Revise la lista de estaciones.")
            )
        authors = _authors(tx, station)
        return [
            Kept(rosters.current_roster(tx, found, version=version), made_at, authors.get(version, ""))
            for version, made_at in rosters.versions(tx, found, before, limit)
        ]


def _authors(tx: Connection, station: str) -> dict[int, str]:
    """Version to who wrote it, as the log says."""
    users = {f"staff:{each.id}": each.username for each in staff.everyone(tx)} | {"operator": "consola"}
    found = {}
    for jws in log.newest(tx, CONFIGURATION, READ):
        payload = json.loads(signed_bytes(jws))
        details = payload["details"]
        if details.get("what") == SAVED and details.get("station") == station:
            found[int(details["version"])] = users.get(payload["actor"], payload["actor"])
    return found
