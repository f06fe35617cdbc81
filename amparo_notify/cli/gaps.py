"""When a station would have too few people to reach: a roster's gaps, joined where one follows another."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from amparo_notify.core.roster import Gap, Officer, Roster


def gaps(roster: Roster, start: datetime, end: datetime) -> list[Gap]:
    """Return the times from `start` to `end` in which a rotation has fewer people with a working contact than it
    should. Whether they have confirmed that contact is another question (core/coverage.py)."""
    people = {badge: _as_if_confirmed(officer) for badge, officer in roster.officers.items()}
    return list(_joined(replace(roster, officers=people).gaps(start, end)))


def _as_if_confirmed(officer: Officer) -> Officer:
    return replace(officer, contacts=tuple(replace(each, verified=True) for each in officer.contacts))


def _joined(found: Iterable[Gap]) -> Iterator[Gap]:
    last: Gap | None = None
    for gap in found:
        if last and (last.rotation, last.on_duty, last.end) == (gap.rotation, gap.on_duty, gap.start):
            last = replace(last, end=gap.end)
            continue
        if last:
            yield last
        last = gap
    if last:
        yield last
