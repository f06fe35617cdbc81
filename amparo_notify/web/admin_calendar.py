"""A station's guard as a calendar: days in its own time, turns with their people, what is wrong with each in place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from itertools import pairwise
from math import gcd

from amparo_notify.core.coverage import Concern, Worry, concerns
from amparo_notify.core.roster import Officer, Roster
from amparo_notify.core.shifts import DAY, Rotation, next_change

DAYS = 14
"""Days that a page shows."""
AHEAD = timedelta(days=DAYS)
FINEST = 5
"""Minutes that the narrowest column stands for."""
COLOURS = 6


@dataclass(frozen=True)
class Person:
    """Somebody on duty, and how sure it is that a notice finds them."""

    badge: str
    post: str
    reachable: bool
    confirmed: bool
    substitute: bool

    @property
    def trouble(self) -> str:
        """What is wrong with their contacts, or nothing."""
        return (
            "" if self.confirmed else "contacto sin confirmar" if self.reachable else "sin contacto que sirva"
        )


@dataclass(frozen=True)
class Turn:
    """A time (UTC) in which the same people serve a rotation."""

    rotation: str
    start: datetime
    end: datetime
    people: tuple[Person, ...]
    relieved: tuple[str, ...]  # badges that a substitution takes off
    minimum: int
    group: int  # a colour, the same for the same people
    cut: bool = False  # whether it began before what is shown

    @property
    def reachable(self) -> int:
        return sum(person.reachable for person in self.people)

    @property
    def short(self) -> bool:
        """Whether fewer can be reached than the rotation asks for."""
        return self.reachable < self.minimum

    @property
    def single(self) -> bool:
        """Whether everything hangs on one person."""
        return self.reachable == 1 and not self.short

    @property
    def substituted(self) -> bool:
        return any(person.substitute for person in self.people) or bool(self.relieved)

    @property
    def look(self) -> str:
        """Classes of the style sheet."""
        tone = "short" if self.short else f"g{self.group}"
        return f"{tone} swapped" if self.substituted else tone


@dataclass(frozen=True)
class Day:
    """A local day, by its instants (UTC); where clocks change it does not last 24 hours."""

    date: date
    start: datetime
    end: datetime

    @property
    def odd(self) -> str:
        """What the clock does on this day, or nothing."""
        hours = (self.end - self.start) / timedelta(hours=1)
        if hours == 24:
            return ""
        return f"el reloj se {'adelanta' if hours < 24 else 'atrasa'}: el día dura {hours:g} h"


@dataclass(frozen=True)
class Lane:
    """One rotation's turns, without a break from the first day's midnight to the last's."""

    rotation: Rotation
    turns: tuple[Turn, ...]

    def beginning(self, day: Day) -> list[Turn]:
        """The turns that begin on a day."""
        return [turn for turn in self.turns if day.start <= turn.start < day.end]


@dataclass(frozen=True)
class Calendar:
    """What a page shows."""

    days: tuple[Day, ...]
    lanes: tuple[Lane, ...]
    minutes: int  # that one column stands for

    @property
    def weeks(self) -> list[tuple[Day, ...]]:
        return [self.days[n : n + 7] for n in range(0, len(self.days), 7)]

    def short(self, day: Day) -> bool:
        """Whether too few serve at some time of a day."""
        spans = ((turn.start, turn.end) for lane in self.lanes for turn in lane.turns if turn.short)
        return any(start < day.end and end > day.start for start, end in spans)

    def width(self, start: datetime, end: datetime) -> int:
        """How many columns a time takes."""
        return max(1, round((end - start) / timedelta(minutes=self.minutes)))

    def bars(self, lane: Lane, week: tuple[Day, ...]) -> list[tuple[Turn, int]]:
        """A rotation's turns within a week, each with its columns."""
        first, last = week[0].start, week[-1].end
        return [
            (turn, self.width(max(turn.start, first), min(turn.end, last)))
            for turn in lane.turns
            if turn.start < last and turn.end > first
        ]


def midnight(roster: Roster, day: date) -> datetime:
    """The instant (UTC) at which a local day begins."""
    return datetime.combine(day, time(), roster.zone).astimezone(UTC)


def calendar(roster: Roster, first: date, days: int = DAYS) -> Calendar:
    """Return `days` local days from `first`."""
    dates = [first + n * DAY for n in range(days + 1)]
    edges = [midnight(roster, each) for each in dates]
    shown = tuple(Day(each, *span) for each, span in zip(dates, pairwise(edges), strict=False))
    lanes = tuple(
        Lane(rotation, tuple(turns(roster, rotation, edges[0], edges[-1]))) for rotation in roster.rotations
    )
    starts = [turn.start for lane in lanes for turn in lane.turns]
    spans = [int((start - edges[0]) / timedelta(minutes=1)) for start in starts]
    return Calendar(shown, lanes, max(FINEST, reduce(gcd, spans, 60)))


def turns(roster: Roster, rotation: Rotation, start: datetime, end: datetime) -> Iterator[Turn]:
    """Yield a rotation's turns between two instants, those with nobody too."""
    at = start
    before = {duty.badge for duty in roster.on_duty(rotation.name, start - timedelta.resolution)}
    while at < end:
        turn = min(next_change(rotation, roster.overrides, roster.zone, at) or end, end)
        people = tuple(
            _person(roster, duty.badge, duty.source == "override")
            for duty in roster.on_duty(rotation.name, at)
        )
        yield Turn(
            rotation.name,
            at,
            turn,
            people,
            roster.relieved(rotation.name, at),
            rotation.minimum,
            _group(rotation, people),
            cut=at == start and {person.badge for person in people} == before,
        )
        at = turn


def _person(roster: Roster, badge: str, substitute: bool) -> Person:
    officer = roster.officers.get(badge, Officer(badge, "¿?"))
    return Person(badge, officer.post, officer.reachable, officer.covers, substitute)


def _group(rotation: Rotation, people: tuple[Person, ...]) -> int:
    usual = {person.badge for person in people if not person.substitute}
    found = (number for number, slot in enumerate(rotation.slots) if usual & set(slot))
    return next(found, len(rotation.slots)) % COLOURS


@dataclass(frozen=True)
class Now:
    """Who serves a rotation now, until when, and who comes then."""

    turn: Turn
    then: Turn | None


def on_duty(roster: Roster, now: datetime) -> list[Now]:
    """Return, rotation by rotation, who serves now and who comes next. Looks a fortnight ahead."""
    found = []
    for rotation in roster.rotations:
        coming = turns(roster, rotation, now, now + AHEAD)
        found.append(Now(next(coming), next(coming, None)))
    return found


def worries(roster: Roster, now: datetime, ahead: timedelta = AHEAD) -> list[Concern]:
    """What the coming days leave to luck. Contacts that nobody has confirmed count: they are called all the same."""
    people: Mapping[str, Officer] = {
        badge: replace(officer, contacts=tuple(replace(each, verified=True) for each in officer.contacts))
        for badge, officer in roster.officers.items()
    }
    found = concerns(replace(roster, officers=people), now, now + ahead)
    return [concern for concern in found if concern.kind is not Worry.UNVERIFIED]
