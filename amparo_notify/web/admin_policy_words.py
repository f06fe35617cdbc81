"""A station's policy as people read it: whom an order would reach, and what differs between two versions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest

from amparo_notify.core.notice import Medium
from amparo_notify.core.policy import Level, Policy, Target
from amparo_notify.core.preview import Expected, preview
from amparo_notify.core.roster import Officer, Roster
from amparo_notify.web import words
from amparo_notify.web.present import seconds_words

SPANS = {
    "repeat_after": "Se repite, tras el último nivel",
    "display_within": "Leer la orden, desde el enterado por mensaje o llamada",
    "outcome_within": "Informar el resultado, desde el enterado",
}
GRADES = {"A2": "con clave personal (NIP) o llave", "A3": "firmado con la llave del teléfono"}
"""The grades that end a chase, in words."""


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


def target(of: Target) -> str:
    """«De turno en agentes», «Cargo titular», «Oficinas centrales»."""
    return f"{words.TARGETS[of.kind]} {of.name}".strip()


def level(of: Level) -> str:
    """«3 min después: De turno en jefatura (SMS, Llamada)»."""
    after = f"{seconds_words(of.delay)} después" if of.delay else "al instante"
    whom = ", ".join(map(target, of.targets)) or "nadie"
    return f"{after}: {whom} ({', '.join(words.MEDIA[medium] for medium in of.media) or 'ningún medio'})"


def _plain(of: Level) -> tuple[int, set[Target], set[Medium]]:
    """What a level does, whatever the order in which it was written: everybody is told at once."""
    return of.delay, set(of.targets), set(of.media)


def differences(before: Policy | None, after: Policy) -> list[str]:
    """Return a sentence for each thing that differs; all of it where there was no policy before."""
    return list(_differences(before, after))


def _differences(before: Policy | None, after: Policy) -> Iterator[str]:
    was, will = before.levels if before else (), after.levels
    for number, (old, new) in enumerate(zip_longest(was, will), 1):
        if old is None:
            yield f"Nivel {number}, nuevo: {level(new)}."
        elif new is None:
            yield f"Se quita el nivel {number}: {level(old)}."
        elif _plain(old) != _plain(new):
            yield f"Nivel {number}: {level(old)} → {level(new)}."
    for name, what in SPANS.items():
        told = [seconds_words(getattr(policy, name)) for policy in (before, after) if policy]
        if len(set(told)) > 1 or not before:
            yield f"{what}: {' → '.join(told)}."
    if before is None or before.required_grade != after.required_grade:
        yield f"Para dejar de avisar: acuse {GRADES[after.required_grade]}."
