"""On duty according to us, and according to an independent reader of the calendar that we export.

The calendar says "every so many days" in the station's zone and leaves the arithmetic to recurring-ical-events.
"""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple

import pytest
import recurring_ical_events  # type: ignore[import-untyped]
from icalendar import Calendar

from amparo_notify.core.agenda import export
from amparo_notify.core.roster import Roster, Rotation, Shift
from tests.core.strategies import ZONES

NEW_YEAR = date(2026, 1, 1)
STAMP = datetime(2026, 1, 1, tzinfo=UTC)


def halves(hour: int, minute: int = 0) -> tuple[tuple[time, time], tuple[time, time]]:
    morning, evening = time(hour, minute), time((hour + 12) % 24, minute)
    return (morning, evening), (evening, morning)


def guards(start: time) -> Rotation:
    shifts = tuple(Shift(day, start, start, day) for day in range(3))
    return Rotation("24x48", NEW_YEAR, 3, shifts, (("A",), ("B",), ("C",)))


def twelve(name: str, slots: int) -> Rotation:
    watches = [(day, *half) for day in range(slots) for half in halves(7, 30)]
    shifts = tuple(Shift(day, start, end, n % slots) for n, (day, start, end) in enumerate(watches))
    return Rotation(name, NEW_YEAR, slots, shifts, tuple((chr(65 + n),) for n in range(slots)))


WEEK = (
    *(Shift(day, time(9), time(18), 0) for day in range(5)),
    *(Shift(day, time(8), time(8), 1) for day in (5, 6)),
)
ROTATIONS = {
    "24x48 at eight": guards(time(8)),
    "24x48 at midnight": guards(time(0)),
    "24x48 at half past two, which the border's clocks skip": guards(time(2, 30)),
    "24x48 at half past one, which the border's clocks repeat": guards(time(1, 30)),
    "12x24": twelve("12x24", 3),
    "12x12": twelve("12x12", 2),
    "weekly": Rotation("weekly", date(2026, 1, 5), 7, WEEK, (("A",), ("B",))),
    "custom": Rotation(
        "custom",
        NEW_YEAR,
        5,
        (Shift(0, time(6), time(14), 0), Shift(0, time(14), time(6), 1), Shift(3, time(23), time(22, 59), 2)),
        (("A", "B"), ("C",), ("A",)),
    ),
}


class Occurrence(NamedTuple):
    start: datetime
    end: datetime
    badge: str


def oracle(rotation: Rotation, zone: str, years: range) -> list[Occurrence]:
    """Every watch that touches those years, as the library expands the calendar (through its text)."""
    read = Calendar.from_ical(export(Roster("XXX", zone, rotations=(rotation,)), STAMP))
    events = recurring_ical_events.of(read).between(date(years.start, 1, 1), date(years.stop, 1, 1))
    return [
        Occurrence(e["DTSTART"].dt.astimezone(UTC), e["DTEND"].dt.astimezone(UTC), str(e["SUMMARY"]))
        for e in events
    ]


def disagreements(rotation: Rotation, zone: str, years: range) -> list[tuple[datetime, set[str], set[str]]]:
    """Look at every hand-over, the second before it and the middle of what follows."""
    roster = Roster("XXX", zone, rotations=(rotation,))
    watches = oracle(rotation, zone, years)
    edges = sorted({edge for watch in watches for edge in watch[:2]})
    inside = [
        e
        for e in edges
        if datetime(years.start, 1, 3, tzinfo=UTC) <= e <= datetime(years.stop - 1, 12, 29, tzinfo=UTC)
    ]
    looks = [at for e, after in pairwise(inside) for at in (e - timedelta(seconds=1), e, e + (after - e) / 2)]
    assert len(looks) > 900
    found, open_, waiting = [], list[Occurrence](), sorted(watches, reverse=True)
    for at in looks:
        while waiting and waiting[-1].start <= at:
            open_.append(waiting.pop())
        open_ = [watch for watch in open_ if watch.end > at]
        theirs, ours = (
            {watch.badge for watch in open_},
            {duty.badge for duty in roster.on_duty(rotation.name, at)},
        )
        if ours != theirs:
            found.append((at, ours, theirs))
    return found


@pytest.mark.parametrize("name", ROTATIONS)
@pytest.mark.parametrize("zone", ZONES)
def test_an_independent_calendar_agrees_at_every_handover(zone: str, name: str) -> None:
    assert disagreements(ROTATIONS[name], zone, range(2026, 2031)) == []
