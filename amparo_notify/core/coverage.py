"""What a roster leaves to luck: hours without enough people, people out of reach, hours that hang on one person.

Faults make a roster unusable; these are warnings, given when it is written and every day after.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from amparo_notify.core.roster import Officer, Roster, Rotation
from amparo_notify.core.shifts import next_change, serving


class Worry(StrEnum):
    """Kinds of concern, the worst first."""

    GAP = "gap"  # fewer people than the minimum
    UNSIGNED = "unsigned"  # the policy asks for signatures, and nobody there can sign
    UNREACHABLE = "unreachable"  # somebody with no contact that works
    UNVERIFIED = "unverified"  # somebody who has confirmed none of their contacts
    SINGLE = "single"  # only one person can be reached
    DOUBLE = "double"  # one person serves two rotations at once: the level above is no help


@dataclass(frozen=True)
class Concern:
    """One warning: about a rotation or a badge, from when to when (UTC) where it has a time, and its sentence."""

    kind: Worry
    subject: str
    sentence: str
    start: datetime | None = None
    end: datetime | None = None


class _Stretch(NamedTuple):
    """A time in which the same people serve a rotation."""

    rotation: str
    start: datetime
    end: datetime
    badges: tuple[str, ...]


def concerns(roster: Roster, start: datetime, end: datetime) -> tuple[Concern, ...]:
    """Return what should worry a station about its roster from `start` to `end`, the worst kind first."""
    stretches = [
        stretch for rotation in roster.rotations for stretch in _stretches(roster, rotation, start, end)
    ]
    found = [*_gaps(roster, start, end), *_people(roster), *_single(roster, stretches), *_double(stretches)]
    order = list(Worry)
    return tuple(sorted(found, key=lambda concern: order.index(concern.kind)))


def _stretches(roster: Roster, rotation: Rotation, start: datetime, end: datetime) -> Iterator[_Stretch]:
    while start < end:
        turn = min(next_change(rotation, roster.overrides, roster.zone, start) or end, end)
        badges = tuple(serving(rotation, roster.overrides, roster.zone, start))
        yield _Stretch(rotation.name, start, turn, badges)
        start = turn


def _gaps(roster: Roster, start: datetime, end: datetime) -> Iterator[Concern]:
    for gap in roster.gaps(start, end):
        local = gap.start.astimezone(roster.zone)
        hours = (gap.end - gap.start) / timedelta(hours=1)
        sentence = (
            f"«{gap.rotation}» tiene {gap.on_duty} de {gap.minimum} personas localizables "
            f"desde el {local:%d/%m/%Y a las %H:%M}, durante {hours:.4g} h."
        )
        yield Concern(Worry.GAP, gap.rotation, sentence, gap.start, gap.end)


def _people(roster: Roster) -> Iterator[Concern]:
    for badge, officer in roster.officers.items():
        if not officer.reachable:
            yield Concern(Worry.UNREACHABLE, badge, f"No hay manera de avisar a {badge} ({officer.post}).")
        elif not officer.covers:
            yield Concern(
                Worry.UNVERIFIED, badge, f"{badge} ({officer.post}) no ha confirmado ningún contacto."
            )


def _single(roster: Roster, stretches: list[_Stretch]) -> Iterator[Concern]:
    """Each person on whom alone a rotation hangs is named once, with the first time."""
    nobody = Officer("", "")
    named: set[tuple[str, str]] = set()
    for stretch in stretches:
        within_reach = [badge for badge in stretch.badges if roster.officers.get(badge, nobody).reachable]
        if len(within_reach) == 1 and (stretch.rotation, within_reach[0]) not in named:
            named.add((stretch.rotation, within_reach[0]))
            sentence = f"En «{stretch.rotation}» hay turnos en que solo se puede avisar a {within_reach[0]}."
            yield Concern(Worry.SINGLE, stretch.rotation, sentence, stretch.start, stretch.end)


def _double(stretches: list[_Stretch]) -> Iterator[Concern]:
    named: set[tuple[str, str, str]] = set()
    for number, one in enumerate(stretches):
        for other in stretches[number + 1 :]:
            start, end = max(one.start, other.start), min(one.end, other.end)
            for badge in sorted(set(one.badges) & set(other.badges)) if start < end else ():
                where = (badge, one.rotation, other.rotation)
                if where not in named:
                    named.add(where)
                    sentence = f"{badge} está a la vez en «{one.rotation}» y en «{other.rotation}»."
                    yield Concern(Worry.DOUBLE, badge, sentence, start, end)
