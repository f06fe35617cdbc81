"""Rosters from and to files: CSV for spreadsheets, iCalendar, and JSON."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from amparo_notify.cases import roster_csv, roster_ics
from amparo_notify.cases.roster_rows import Row, located
from amparo_notify.core import agenda
from amparo_notify.core.errors import Fault, Invalid
from amparo_notify.core.roster import Roster, roster_from_json, roster_to_json

KINDS = {"csv": "text/csv", "ics": "text/calendar", "json": "application/json"}
"""What a roster can be written as, with its media type."""


@dataclass(frozen=True)
class Read:
    """The roster of a file, without people, and where in the file each part of it stands."""

    roster: Roster
    rows: tuple[Row, ...] = ()
    called: str = ""  # what its lines are called

    def located(self, faults: Iterable[Fault]) -> tuple[Fault, ...]:
        """Return faults of the roster with the lines that they come from."""
        return tuple(located(faults, self.rows, self.called))


def text_of(body: bytes) -> str:
    """The text of a file as spreadsheets in Mexico write them."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def read(text: str, present: Roster) -> Read:
    """Return the roster of a calendar, JSON or CSV, as its beginning says. Raises Invalid with every fault."""
    station, time_zone = present.station, present.time_zone
    if text.lstrip().upper().startswith("BEGIN:VCALENDAR"):
        roster, rows = roster_ics.read(text, present)
        return Read(roster, tuple(rows), "evento")
    if not text.lstrip().startswith("{"):
        return Read(roster_csv.read(text, station, time_zone), tuple(roster_csv.rows(text)), "línea")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid(Fault("file", f"No es JSON ({error}).", "Revise comillas, comas y llaves.")) from error
    return Read(roster_from_json({"station": station, "time_zone": time_zone, **data}))


def written(roster: Roster, kind: str, stamp: datetime) -> str:
    """Return a roster as a file of a kind; `stamp` is now. A calendar holds the cycles, without substitutions."""
    if kind == "json":
        return json.dumps(roster_to_json(roster), ensure_ascii=False, indent=2) + "\n"
    return agenda.export(roster, stamp) if kind == "ics" else roster_csv.write(roster)
