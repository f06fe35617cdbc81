"""Somebody's watches, and iCalendar text (RFC 5545) of them: what people subscribe to and what others can check.

Plain text needs no library. Nothing in it is personal but a badge.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from amparo_notify.core.roster import Roster, Rotation, Shift
from amparo_notify.core.shifts import DAY, next_change, serving

PRODUCT = "-//amparo_notify//turnos//ES"
FOLD = 75
"""Octets a line may have (RFC 5545, section 3.1)."""


@dataclass(frozen=True)
class Turn:
    """A time (UTC) in which somebody serves a rotation without a break."""

    badge: str
    rotation: str
    source: str  # "rotation" | "override"
    start: datetime
    end: datetime


def turns(roster: Roster, badge: str, start: datetime, end: datetime) -> tuple[Turn, ...]:
    """Return when somebody serves between two instants, overrides included, in order of time."""
    found = [turn for rotation in roster.rotations for turn in _turns(roster, rotation, badge, start, end)]
    return tuple(sorted(found, key=lambda turn: (turn.start, turn.rotation)))


def _turns(roster: Roster, rotation: Rotation, badge: str, start: datetime, end: datetime) -> Iterator[Turn]:
    last: Turn | None = None
    while start < end:
        change = min(next_change(rotation, roster.overrides, roster.zone, start) or end, end)
        duty = serving(rotation, roster.overrides, roster.zone, start).get(badge)
        if last and (duty is None or duty.source != last.source):
            yield last
            last = None
        if duty:
            last = (
                replace(last, end=change) if last else Turn(badge, rotation.name, duty.source, start, change)
            )
        start = change
    if last:
        yield last


def subscription(roster: Roster, badge: str, start: datetime, end: datetime, stamp: datetime) -> str:
    """Return one officer's watches as a calendar in UTC, for a telephone to subscribe to. `stamp` is now."""
    return _calendar(_turn_event(roster, turn, stamp) for turn in turns(roster, badge, start, end))


def _turn_event(roster: Roster, turn: Turn, stamp: datetime) -> list[str]:
    covers = " (cubre)" if turn.source == "override" else ""
    return [
        f"UID:{_utc(turn.start)}-{turn.rotation}-{turn.badge}@{roster.station}",
        f"DTSTAMP:{_utc(stamp)}",
        f"DTSTART:{_utc(turn.start)}",
        f"DTEND:{_utc(turn.end)}",
        f"SUMMARY:{_escape(f'Turno {turn.rotation}, {roster.station}{covers}')}",
    ]


def export(roster: Roster, stamp: datetime) -> str:
    """Return every rotation as repeating events in the station's time, one for each shift and badge.

    The cycles alone: overrides belong to `subscription`, for they may follow people from watch to watch.
    """
    return _calendar(
        _shift_event(roster, rotation, number, shift, badge, stamp)
        for rotation in roster.rotations
        for number, shift in enumerate(rotation.shifts)
        for badge in rotation.slots[shift.slot]
    )


def _shift_event(
    roster: Roster, rotation: Rotation, number: int, shift: Shift, badge: str, stamp: datetime
) -> list[str]:
    first = rotation.starts_on + shift.day * DAY
    last = first + DAY if shift.overnight else first
    zone = f";TZID={roster.time_zone}"
    return [
        f"UID:{rotation.name}-{number}-{badge}@{roster.station}",
        f"DTSTAMP:{_utc(stamp)}",
        f"DTSTART{zone}:{first:%Y%m%d}T{shift.start:%H%M%S}",
        f"DTEND{zone}:{last:%Y%m%d}T{shift.end:%H%M%S}",
        f"RRULE:FREQ=DAILY;INTERVAL={rotation.days}",
        f"SUMMARY:{_escape(badge)}",
        f"CATEGORIES:{_escape(rotation.name)}",
    ]


def _calendar(events: Iterable[list[str]]) -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}"]
    for event in events:
        lines += ["BEGIN:VEVENT", *event, "END:VEVENT"]
    return "".join(f"{_folded(line)}\r\n" for line in (*lines, "END:VCALENDAR"))


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escape(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\n", "\\n")


def _folded(line: str) -> str:
    """Break a line so that none has more than 75 octets and no letter is cut in two."""
    pieces, piece = [], ""
    for letter in line:
        if len((piece + letter).encode()) > FOLD:
            pieces.append(piece)
            piece = " "
        piece += letter
    return "\r\n".join([*pieces, piece])
