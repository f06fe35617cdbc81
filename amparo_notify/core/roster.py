"""Who is on duty: the people of a station, their rotations and overrides, as one immutable version."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from amparo_notify.core.errors import Fault, Invalid
from amparo_notify.core.notice import Medium
from amparo_notify.core.reading import day, each, instant, read, record, text, wall_time, whole
from amparo_notify.core.shift_faults import override_faults, rotation_faults, zone_faults
from amparo_notify.core.shifts import Duty, Override, Rotation, Shift, next_change, scheduled, serving

__all__ = [
    "Contact",
    "Duty",
    "Gap",
    "Officer",
    "Override",
    "Roster",
    "Rotation",
    "Shift",
    "roster_from_json",
    "roster_to_json",
    "with_people",
]


@dataclass(frozen=True)
class Contact:
    """One way to reach an officer. The address itself stays in the store; the core needs only its place."""

    medium: Medium
    position: int = 0  # 0 is the first choice among several of one medium
    verified: bool = True
    usable: bool = True  # False after a permanent failure


@dataclass(frozen=True)
class Officer:
    """Somebody who can be reached: an officer at a station, at headquarters, or a court's own duty contact."""

    badge: str  # unique, never a name
    post: str  # shown to others in place of a name
    contacts: tuple[Contact, ...] = ()
    also: tuple[Medium, ...] = ()  # media that they asked for besides the policy's, which nobody can refuse
    desk: bool = False  # COMAR's: copied where the order allows it, never called on to act

    @property
    def reachable(self) -> bool:
        return any(contact.usable for contact in self.contacts)

    @property
    def covers(self) -> bool:
        """Whether this person counts as coverage: a contact that works and that they have confirmed."""
        return any(contact.usable and contact.verified for contact in self.contacts)


@dataclass(frozen=True)
class Gap:
    """A time (UTC) in which a rotation has fewer people than its minimum."""

    rotation: str
    start: datetime
    end: datetime
    on_duty: int
    minimum: int


@dataclass(frozen=True)
class Roster:
    """All that a station's plan needs to know of people, as one immutable version."""

    station: str
    time_zone: str  # IANA
    version: int = 1
    officers: Mapping[str, Officer] = field(default_factory=dict)
    rotations: tuple[Rotation, ...] = ()
    overrides: tuple[Override, ...] = ()
    headquarters: tuple[str, ...] = ()
    court: tuple[str, ...] = ()
    comar: tuple[Officer, ...] = ()  # COMAR's desk, apart: it is copied, and never counts as coverage

    @property
    def zone(self) -> ZoneInfo:
        """The station's zone. Raises ZoneInfoNotFoundError where `faults` would have said so."""
        return ZoneInfo(self.time_zone)

    def on_duty(self, rotation: str, at: datetime) -> tuple[Duty, ...]:
        """Return who serves a rotation at `at`; nobody for a rotation that the roster does not have."""
        return tuple(
            duty
            for own in self._rotations(rotation)
            for duty in serving(own, self.overrides, self.zone, at).values()
        )

    def members(self, rotation: str) -> frozenset[str]:
        """Return every badge that a rotation ever puts on duty, overrides apart."""
        return frozenset(badge for own in self._rotations(rotation) for slot in own.slots for badge in slot)

    def relieved(self, rotation: str, at: datetime) -> tuple[str, ...]:
        """Return the badges that the cycle puts on duty at `at` and an override takes off."""
        if not any(override.covers(rotation, at) for override in self.overrides):
            return ()
        serve = {duty.badge for duty in self.on_duty(rotation, at)}
        return tuple(
            badge
            for own in self._rotations(rotation)
            for badge in scheduled(own, self.zone, at)
            if badge not in serve
        )

    def next_handover(self, at: datetime) -> datetime | None:
        """Return the next instant after `at` (UTC) at which anybody's duty changes, or None if it never does."""
        changes = (next_change(rotation, self.overrides, self.zone, at) for rotation in self.rotations)
        return min((change for change in changes if change), default=None)

    def gaps(self, start: datetime, end: datetime) -> tuple[Gap, ...]:
        """Return, rotation by rotation, the times from `start` to `end` with too few people who can be reached."""
        return tuple(gap for rotation in self.rotations for gap in self._gaps(rotation, start, end))

    def faults(self) -> tuple[Fault, ...]:
        """Return everything that makes this roster unfit to be used, all at once."""
        return (*self.schedule_faults(), *self._unknown_people())

    def checked(self) -> "Roster":
        """Return this roster. Raises Invalid with every fault."""
        if faults := self.faults():
            raise Invalid(*faults)
        return self

    def schedule_faults(self) -> tuple[Fault, ...]:
        """Return what is wrong with zone, rotations and overrides, whoever the people are."""
        return (
            *zone_faults(self.time_zone),
            *rotation_faults(self.rotations),
            *override_faults(self.overrides, self.rotations),
        )

    def _rotations(self, name: str) -> Iterator[Rotation]:
        return (rotation for rotation in self.rotations if rotation.name == name)

    def _gaps(self, rotation: Rotation, start: datetime, end: datetime) -> Iterator[Gap]:
        last: Gap | None = None
        while start < end:
            turn = min(next_change(rotation, self.overrides, self.zone, start) or end, end)
            count = sum(map(self._counts, serving(rotation, self.overrides, self.zone, start)))
            if last and count == last.on_duty:
                last = replace(last, end=turn)
            else:
                yield from [last] if last else []
                last = (
                    Gap(rotation.name, start, turn, count, rotation.minimum)
                    if count < rotation.minimum
                    else None
                )
            start = turn
        yield from [last] if last else []

    def _counts(self, badge: str) -> bool:
        """Whether a badge is coverage. Without people (a roster as written) every badge is."""
        return badge in self.officers and self.officers[badge].covers if self.officers else True

    def _unknown_people(self) -> Iterator[Fault]:
        named = {f"rotations.{r.name}": [b for slot in r.slots for b in slot] for r in self.rotations}
        for number, override in enumerate(self.overrides):
            named[f"overrides[{number}]"] = [*override.officers, *override.replaces]
        named["headquarters"] = list(self.headquarters)
        named["court"] = list(self.court)
        for where, badges in named.items():
            for badge in dict.fromkeys(badges):
                if badge not in self.officers:
                    yield Fault(
                        where,
                        f"La placa «{badge}» no es de nadie.",
                        "Dé de alta a la persona o corrija la placa.",
                    )


def with_people(roster: Roster, officers: Mapping[str, Officer], court: tuple[str, ...]) -> Roster:
    """Return a written roster with the people as they are now: those of the station, headquarters and court."""
    return replace(roster, officers=officers, court=court)


_SHIFT = record(Shift, {"day": whole, "start": wall_time, "end": wall_time, "slot": whole})
_ROTATION = record(
    Rotation,
    {"name": text, "starts_on": day, "days": whole, "shifts": each(_SHIFT), "slots": each(each(text))},
    {"minimum": whole},
)
_OVERRIDE = record(
    Override,
    {"rotation": text, "start": instant, "end": instant, "officers": each(text)},
    {"replaces": each(text)},
)
_ROSTER = record(
    Roster,
    {"station": text, "time_zone": text},
    {
        "version": whole,
        "rotations": each(_ROTATION),
        "overrides": each(_OVERRIDE),
        "headquarters": each(text),
    },
)


def roster_to_json(roster: Roster) -> dict[str, object]:
    """Return JSON values that `roster_from_json` reads back: the schedule, without the people behind the badges."""
    return {
        "station": roster.station,
        "time_zone": roster.time_zone,
        "version": roster.version,
        "rotations": [_rotation_to_json(rotation) for rotation in roster.rotations],
        "overrides": [
            {
                "rotation": override.rotation,
                "start": override.start.isoformat(),
                "end": override.end.isoformat(),
                "officers": list(override.officers),
                "replaces": list(override.replaces),
            }
            for override in roster.overrides
        ],
        "headquarters": list(roster.headquarters),
    }


def _rotation_to_json(rotation: Rotation) -> dict[str, object]:
    return {
        "name": rotation.name,
        "starts_on": rotation.starts_on.isoformat(),
        "days": rotation.days,
        "shifts": [
            {"day": s.day, "start": s.start.isoformat(), "end": s.end.isoformat(), "slot": s.slot}
            for s in rotation.shifts
        ],
        "slots": [list(slot) for slot in rotation.slots],
        "minimum": rotation.minimum,
    }


def roster_from_json(data: Mapping[str, object]) -> Roster:
    """Return the roster of a JSON document, without people. Raises Invalid with every fault of its form.

    Whether it is fit for use is another question (`checked`, after `with_people`), asked when it is written: a
    version in use is read back even if the rules have become stricter since.
    """
    roster: Roster = read(_ROSTER, data)
    return roster
