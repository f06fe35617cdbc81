"""Who is on duty: rotations of local days, overrides, and the people behind them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time

from amparo_notify.core.notice import Medium


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

    @property
    def reachable(self) -> bool:
        return any(contact.usable for contact in self.contacts)


@dataclass(frozen=True)
class Shift:
    """One watch of a cycle: local day of the cycle (from 0), local start and end, and the slot that serves it.

    An end at or before the start falls on the next local day, so 08:00-08:00 lasts a day.
    """

    day: int
    start: time
    end: time
    slot: int


@dataclass(frozen=True)
class Rotation:
    """A cycle of `days` local days from `starts_on`, with the officers (badges) of each slot."""

    name: str  # "agentes", "jefatura"
    starts_on: date
    days: int
    shifts: tuple[Shift, ...]
    slots: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Override:
    """From `start` to `end` (aware), `officers` serve a rotation in place of `replaces` (empty: of everybody)."""

    rotation: str
    start: datetime
    end: datetime
    officers: tuple[str, ...]
    replaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Duty:
    """One person on duty at an instant, and why."""

    badge: str
    rotation: str
    source: str  # "rotation" | "override"
    until: datetime  # the hand-over, UTC


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
