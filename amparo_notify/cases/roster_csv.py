"""A roster as CSV, for people with a spreadsheet: one line for each shift, override, and for headquarters."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import TypeVar

from amparo_notify.cases.roster_rows import Row
from amparo_notify.core.errors import Fault, Invalid
from amparo_notify.core.roster import Override, Roster, Rotation, Shift

T = TypeVar("T")

COLUMNS = [
    "kind",
    "rotation",
    "starts_on",
    "days",
    "minimum",
    "day",
    "start",
    "end",
    "slot",
    "officers",
    "replaces",
]
_NEEDED = {
    "shift": ("rotation", "starts_on", "days", "day", "start", "end", "slot", "officers"),
    "override": ("rotation", "start", "end", "officers"),
    "headquarters": ("officers",),
}
HELP = """The columns, in any order; badges are separated by spaces:
  kind        shift, override or headquarters
  rotation    its name, such as agentes or jefatura; policies name it
  starts_on   shift: the first day of the cycle's first turn, 2026-01-31
  days        shift: how many days the cycle lasts; 3 for 24x48
  minimum     shift: how many people should always serve (empty: 1)
  day         shift: on which day of the cycle it begins, from 1
  start, end  shift: the station's wall clock, 08:00; an end at or before the start is on the next day
              override: instants with an offset, 2026-12-24T08:00-06:00
  slot        shift: the name of the group that serves, such as A
  officers    the badges of that group; of those who step in; of headquarters
  replaces    override: whom they replace (empty: everybody of the rotation)

24x48 with three pairs, and a day's replacement:
  kind,rotation,starts_on,days,minimum,day,start,end,slot,officers,replaces
  shift,agentes,2026-01-01,3,2,1,08:00,08:00,A,1001 1002,
  shift,agentes,2026-01-01,3,2,2,08:00,08:00,B,1003 1004,
  shift,agentes,2026-01-01,3,2,3,08:00,08:00,C,1005 1006,
  override,agentes,,,,,2026-12-24T08:00-06:00,2026-12-25T08:00-06:00,,1006,1001"""


_FORMULA = re.compile(r"'*[=+\-@\t\r]")
"""How a cell begins that a spreadsheet would take for a formula; an apostrophe before it makes it a text."""


def _safe(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def _plain(text: str) -> str:
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def write(roster: Roster) -> str:
    """Return a roster as CSV; `read` gives it back."""
    output = io.StringIO()
    table = csv.DictWriter(output, COLUMNS, restval="", lineterminator="\n")
    table.writeheader()
    for rotation in roster.rotations:
        table.writerows(_shift_row(rotation, shift) for shift in rotation.shifts)
    for override in roster.overrides:
        table.writerow(
            {
                "kind": "override",
                "rotation": _safe(override.rotation),
                "start": override.start.isoformat(timespec="minutes"),
                "end": override.end.isoformat(timespec="minutes"),
                "officers": " ".join(override.officers),
                "replaces": " ".join(override.replaces),
            }
        )
    if roster.headquarters:
        table.writerow({"kind": "headquarters", "officers": " ".join(roster.headquarters)})
    return output.getvalue()


def _shift_row(rotation: Rotation, shift: Shift) -> dict[str, object]:
    return {
        "kind": "shift",
        "rotation": _safe(rotation.name),
        "starts_on": rotation.starts_on.isoformat(),
        "days": rotation.days,
        "minimum": rotation.minimum,
        "day": shift.day + 1,
        "start": shift.start.isoformat("minutes"),
        "end": shift.end.isoformat("minutes"),
        "slot": _slot_name(shift.slot),
        "officers": " ".join(rotation.slots[shift.slot]),
    }


def _slot_name(number: int) -> str:
    return chr(ord("A") + number) if number < 26 else str(number + 1)


@dataclass
class _Cycle:
    """One rotation while its lines are read."""

    starts_on: date
    days: int
    minimum: int
    shifts: list[Shift] = field(default_factory=list)
    slots: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def rotation(self, name: str) -> Rotation:
        slots = tuple(self.slots.values())
        return Rotation(name, self.starts_on, self.days, tuple(self.shifts), slots, self.minimum)


class _Line:
    """One line, and the list to which it adds what is wrong with it."""

    def __init__(self, number: int, cells: dict[str, str], faults: list[Fault]) -> None:
        self._number, self._faults = number, faults
        self.cells = {name: _plain((value or "").strip()) for name, value in cells.items() if name in COLUMNS}

    def blame(self, column: str, problem: str, remedy: str) -> None:
        self._faults.append(Fault(f"línea {self._number}, {column}", problem, remedy))

    def __call__(self, column: str, parse: Callable[[str], T], example: str, default: T) -> T:
        text = self.cells.get(column, "")
        if not text:
            return default
        try:
            return parse(text)
        except ValueError:
            self.blame(column, f"«{text}» no se entiende.", f"Escríbalo así: {example}.")
            return default

    def badges(self, column: str) -> tuple[str, ...]:
        return tuple(self.cells.get(column, "").split())

    def complete(self) -> bool:
        """Whether the kind is known and every cell that it needs is filled; blames what is not."""
        kind = self.cells.get("kind", "")
        if kind not in _NEEDED:
            self.blame("kind", f"«{kind}» no es una clase de línea.", f"Use una de: {', '.join(_NEEDED)}.")
            return False
        missing = [column for column in _NEEDED[kind] if not self.cells.get(column)]
        for column in missing:
            self.blame(column, "Está vacía.", "Llénela.")
        return not missing


def read(text: str, station: str, time_zone: str) -> Roster:
    """Return the roster that a CSV describes, without people. Raises Invalid with every fault and its line."""
    faults: list[Fault] = []
    table = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    if absent := {"kind", "officers"} - set(table.fieldnames or ()):
        raise Invalid(
            Fault(
                "línea 1", f"Faltan las columnas {', '.join(sorted(absent))}.", f"Son: {', '.join(COLUMNS)}."
            )
        )
    lines = [
        line
        for number, cells in enumerate(table, 2)
        if (line := _Line(number, cells, faults)) and any(line.cells.values()) and line.complete()
    ]
    rotations = tuple(_rotations([line for line in lines if line.cells["kind"] == "shift"]))
    overrides = tuple(_override(line) for line in lines if line.cells["kind"] == "override")
    headquarters = tuple(
        badge for line in lines if line.cells["kind"] == "headquarters" for badge in line.badges("officers")
    )
    if faults:
        raise Invalid(*faults)
    return Roster(station, time_zone, rotations=rotations, overrides=overrides, headquarters=headquarters)


def rows(text: str) -> list[Row]:
    """Where in a CSV that was read each shift and override stands."""
    table = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    lines = [(number, _Line(number, cells, [])) for number, cells in enumerate(table, 2)]
    return [
        Row(
            number,
            line.cells.get("kind", ""),
            line.cells.get("rotation", ""),
            frozenset((*line.badges("officers"), *line.badges("replaces"))),
        )
        for number, line in lines
        if any(line.cells.values())
    ]


def _rotations(lines: list[_Line]) -> Iterator[Rotation]:
    cycles: dict[str, _Cycle] = {}
    for line in lines:
        first = _Cycle(
            line("starts_on", date.fromisoformat, "2026-01-31", date(2000, 1, 1)),
            line("days", int, "3", 1),
            line("minimum", int, "2", 1),
        )
        cycle = cycles.setdefault(line.cells["rotation"], first)
        for column in ("starts_on", "days", "minimum"):
            if getattr(cycle, column) != getattr(first, column):
                line.blame(column, "No es igual que en una línea anterior de esta rotación.", "Iguálelas.")
        name, badges = line.cells["slot"], line.badges("officers")
        if cycle.slots.setdefault(name, badges) != badges:
            line.blame(
                "officers", f"El grupo {name} tiene otras personas en una línea anterior.", "Iguálelas."
            )
        start = line("start", time.fromisoformat, "08:00", time())
        end = line("end", time.fromisoformat, "08:00", time())
        day = line("day", int, "1", 1) - 1
        cycle.shifts.append(Shift(day, start, end, list(cycle.slots).index(name)))
    return (cycle.rotation(name) for name, cycle in cycles.items())


def _override(line: _Line) -> Override:
    nothing = datetime.max.replace(tzinfo=UTC)
    return Override(
        line.cells["rotation"],
        line("start", _aware, "2026-12-24T08:00-06:00", nothing),
        line("end", _aware, "2026-12-24T08:00-06:00", nothing),
        line.badges("officers"),
        line.badges("replaces"),
    )


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("an instant needs its offset")
    return moment
