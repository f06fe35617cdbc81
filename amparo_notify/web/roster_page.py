"""A station's policy as people read it: whom an order would reach."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from amparo_notify.core.notice import Medium
from amparo_notify.core.policy import Policy, Target
from amparo_notify.core.preview import Expected, preview
from amparo_notify.core.roster import Officer, Roster


@dataclass(frozen=True)
class Line:
    """One step of a preview."""

    at: datetime
    after: timedelta
    level: int
    reason: str
    people: tuple[tuple[Officer, tuple[Medium, ...]], ...]


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
