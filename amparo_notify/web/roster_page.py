"""A station's week and its policy as people read them: who serves when, and whom an order would reach."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

from amparo_notify.core.coverage import Concern, Worry, concerns
from amparo_notify.core.notice import Medium
from amparo_notify.core.policy import Policy, Target
from amparo_notify.core.preview import Expected, preview
from amparo_notify.core.roster import Officer, Roster
from amparo_notify.core.shifts import Duty, Rotation, next_change

WEEK = timedelta(days=7)
MOST_CONCERNS = 12


@dataclass(frozen=True)
class Turn:
    """A time (UTC) in which the same people serve a rotation."""

    start: datetime
    end: datetime
    duties: tuple[Duty, ...]


@dataclass(frozen=True)
class Day:
    """A local day: for each rotation, the turns that begin on it. The first day also holds the one under way."""

    start: datetime
    turns: tuple[tuple[Turn, ...], ...]


@dataclass(frozen=True)
class Line:
    """One step of a preview."""

    at: datetime
    after: timedelta
    level: int
    reason: str
    people: tuple[tuple[Officer, tuple[Medium, ...]], ...]


def today(roster: Roster, now: datetime) -> datetime:
    """The station's last midnight (UTC)."""
    local = now.astimezone(roster.zone)
    return datetime.combine(local.date(), time(), roster.zone).astimezone(UTC)


def week(roster: Roster, start: datetime) -> list[Day]:
    """Return seven local days from `start`, a station's midnight."""
    local = start.astimezone(roster.zone).date()
    midnights = [
        datetime.combine(local + timedelta(days=n), time(), roster.zone).astimezone(UTC) for n in range(8)
    ]
    turns = [list(_turns(roster, rotation, midnights[0], midnights[-1])) for rotation in roster.rotations]
    return [
        Day(begin, tuple(tuple(turn for turn in own if begin <= turn.start < end) for own in turns))
        for begin, end in pairwise(midnights)
    ]


def _turns(roster: Roster, rotation: Rotation, start: datetime, end: datetime) -> Iterator[Turn]:
    at = start
    while at < end:
        turn = next_change(rotation, roster.overrides, roster.zone, at) or end
        yield Turn(at, turn, roster.on_duty(rotation.name, at))
        at = turn


def on_duty(roster: Roster, now: datetime) -> list[tuple[str, tuple[Duty, ...]]]:
    """Rotation by rotation, who serves now."""
    return [(rotation.name, roster.on_duty(rotation.name, now)) for rotation in roster.rotations]


def worries(roster: Roster, now: datetime) -> list[Concern]:
    """What the coming week leaves to luck. Contacts that nobody has confirmed count: they are called all the same."""
    people = {
        badge: replace(officer, contacts=tuple(replace(each, verified=True) for each in officer.contacts))
        for badge, officer in roster.officers.items()
    }
    found = concerns(replace(roster, officers=people), now, now + WEEK)
    return [concern for concern in found if concern.kind is not Worry.UNVERIFIED][:MOST_CONCERNS]


def foreseen(policy: Policy, roster: Roster, at: datetime, departs_at: datetime | None) -> list[Line]:
    """Whom an order at an instant would reach if nobody answered, until its first repeat."""
    return [_line(line, roster, at) for line in preview(policy, roster, at, departs_at)]


def _line(line: Expected, roster: Roster, at: datetime) -> Line:
    media: dict[str, list[Medium]] = {}
    for badge, medium in line.recipients:
        media.setdefault(badge, []).append(medium)
    known = {**roster.officers, **{desk.badge: desk for desk in roster.comar}}
    people = tuple((known.get(badge) or Officer(badge, ""), tuple(by)) for badge, by in media.items())
    return Line(line.at, line.at - at, line.level, line.reason, people)


def target_words(target: Target, words: Mapping[str, str]) -> str:
    """«De turno en agentes», «Cargo titular», «Oficinas centrales»."""
    return f"{words[target.kind]} {target.name}".strip()
