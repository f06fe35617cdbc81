"""Watches: cycles of local days in wall-clock time, overrides, and who serves at an instant.

Wall clocks matter here and nowhere else. A reading that a clock change skips counts by the offset before the
change, one that happens twice counts the first time (PEP 495, fold=0). The end of a watch and the start of the
next are the same reading, so no change opens a gap between them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Shift:
    """One watch of a cycle: local day of the cycle (from 0), local start and end, and the slot that serves it.

    An end at or before the start falls on the next local day, so 08:00-08:00 lasts a day.
    """

    day: int
    start: time
    end: time
    slot: int

    @property
    def overnight(self) -> bool:
        return self.end <= self.start


@dataclass(frozen=True)
class Rotation:
    """A cycle of `days` local days from `starts_on`, with the officers (badges) of each slot."""

    name: str  # "agentes", "jefatura"
    starts_on: date
    days: int
    shifts: tuple[Shift, ...]
    slots: tuple[tuple[str, ...], ...]
    minimum: int = 1  # verified people that every instant should have


@dataclass(frozen=True)
class Override:
    """From `start` to `end` (aware), `officers` serve a rotation in place of `replaces` (empty: of everybody).

    With `replaces`, they serve while one of those would: a week's cover for a 24x48 guard is one override.
    """

    rotation: str
    start: datetime
    end: datetime
    officers: tuple[str, ...]
    replaces: tuple[str, ...] = ()

    def covers(self, rotation: str, at: datetime) -> bool:
        return self.rotation == rotation and self.start <= at < self.end


@dataclass(frozen=True)
class Duty:
    """One person on duty at an instant, and why."""

    badge: str
    rotation: str
    source: str  # "rotation" | "override"
    until: datetime  # the hand-over, UTC
    since: datetime | None = None  # when this watch or override began, UTC


class Watch(NamedTuple):
    """One shift on one day, as instants (UTC)."""

    start: datetime
    end: datetime
    slot: int


def instant(zone: ZoneInfo, day: date, wall: time) -> datetime:
    """Return the UTC instant of a wall-clock reading."""
    return datetime.combine(day, wall, zone).astimezone(UTC)


def watches(rotation: Rotation, zone: ZoneInfo, first: date, last: date) -> Iterator[Watch]:
    """Yield every watch that starts on a local day from `first` to `last`, both included."""
    for ordinal in range(max(first, rotation.starts_on).toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        place = (ordinal - rotation.starts_on.toordinal()) % rotation.days
        for shift in rotation.shifts:
            if shift.day == place:
                ends_on = day + DAY if shift.overnight else day
                yield Watch(instant(zone, day, shift.start), instant(zone, ends_on, shift.end), shift.slot)


def scheduled(rotation: Rotation, zone: ZoneInfo, at: datetime) -> dict[str, Duty]:
    """Return who the cycle alone puts on duty at `at`, by badge. No watch lasts more than one local day."""
    today = at.astimezone(zone).date()
    duties: dict[str, Duty] = {}
    for watch in watches(rotation, zone, today - DAY, today):
        if watch.start <= at < watch.end:
            for badge in rotation.slots[watch.slot]:
                known = duties.get(badge)
                if known is None or known.until < watch.end:
                    duties[badge] = Duty(badge, rotation.name, "rotation", watch.end, watch.start)
    return duties


def serving(
    rotation: Rotation, overrides: Iterable[Override], zone: ZoneInfo, at: datetime
) -> dict[str, Duty]:
    """Return who serves at `at`, by badge: the cycle, then the overrides in the order they were written."""
    duties = scheduled(rotation, zone, at)
    for override in overrides:
        if not override.covers(rotation.name, at):
            continue
        relieved = [duties.pop(badge) for badge in override.replaces or tuple(duties) if badge in duties]
        if override.replaces and not relieved:
            continue
        until = override.end
        if override.replaces:
            until = min(until, max(duty.until for duty in relieved))
        for badge in override.officers:
            duties[badge] = Duty(
                badge, rotation.name, "override", until.astimezone(UTC), override.start.astimezone(UTC)
            )
    return duties


def edges(rotation: Rotation, zone: ZoneInfo, day: date) -> set[datetime]:
    """Return the instants of one local day at which a watch starts or ends."""
    found: set[datetime] = set()
    for starts_on in (day - DAY, day):
        if starts_on < rotation.starts_on:
            continue
        place = (starts_on - rotation.starts_on).days % rotation.days
        for shift in rotation.shifts:
            if shift.day != place:
                continue
            if starts_on == day:
                found.add(instant(zone, day, shift.start))
            if (starts_on + DAY if shift.overnight else starts_on) == day:
                found.add(instant(zone, day, shift.end))
    return found


def next_change(
    rotation: Rotation, overrides: Iterable[Override], zone: ZoneInfo, at: datetime
) -> datetime | None:
    """Return the first instant after `at` (UTC) at which other people serve, or None where that never happens.

    Between the edges of overrides the cycle repeats itself, so one cycle after each of them is far enough to look.
    """
    own = [o for o in overrides if o.rotation == rotation.name and o.end > at]
    turns = {edge.astimezone(UTC) for o in own for edge in (o.start, o.end) if edge > at}
    anchors = {at.astimezone(zone).date(), *(turn.astimezone(zone).date() for turn in turns)}
    if rotation.starts_on > min(anchors):
        anchors.add(rotation.starts_on)
    days = {anchor.toordinal() + n for anchor in anchors for n in range(rotation.days + 2)}
    now = serving(rotation, own, zone, at).keys()
    for ordinal in sorted(days):
        day = date.fromordinal(ordinal)
        here = {turn for turn in turns if turn.astimezone(zone).date() == day}
        for edge in sorted(here | edges(rotation, zone, day)):
            if edge > at and serving(rotation, own, zone, edge).keys() != now:
                return edge
    return None
