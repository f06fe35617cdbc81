"""Forms of substitutions and swaps, and the rosters that they mean. Every fault is listed, by its field."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from werkzeug.datastructures import MultiDict

from amparo_notify.core.agenda import Turn, turns
from amparo_notify.core.errors import Fault, Invalid, Missing
from amparo_notify.core.roster import Officer, Override, Roster
from amparo_notify.core.shifts import DAY

Form = MultiDict[str, str]

AHEAD = timedelta(days=28)
"""How far ahead turns can be swapped."""
YEARS = range(2000, 2100)


# -- substitutions ------------------------------------------------------------------------------------------


def key(override: Override) -> str:
    """What names a substitution in a form: its content, for its place in the roster may change meanwhile."""
    return sha256(repr(override).encode()).hexdigest()[:16]


def wall(text: str, roster: Roster, field: str, faults: list[Fault]) -> datetime | None:
    """Return the instant (UTC) of a date and hour in the station's time. The first, where an hour comes twice."""
    try:
        naive = datetime.fromisoformat(text).replace(tzinfo=None, fold=0)
        if naive.year not in YEARS:
            raise ValueError(text)
    except ValueError:
        faults.append(Fault(field, "No es una fecha con hora.", "Escríbala así: 2026-11-21T14:35."))
        return None
    at = naive.replace(tzinfo=roster.zone).astimezone(UTC)
    if at.astimezone(roster.zone).replace(tzinfo=None) != naive:
        faults.append(
            Fault(field, "Esa hora no existe ese día: el reloj se adelanta.", "Escriba una hora después.")
        )
        return None
    return at


def substituted(form: Form, roster: Roster, now: datetime) -> Roster:
    """Return a roster with one more substitution. Raises Invalid with every fault."""
    faults: list[Fault] = []
    rotation, _, whom = form.get("whom", "").rpartition(":")
    badges = tuple(dict.fromkeys(badge for badge in form.getlist("who") if badge))
    start, end = (wall(form.get(name, ""), roster, name, faults) for name in ("from", "until"))
    if not badges:
        faults.append(Fault("who", "Falta quién cubre.", "Elija a una persona."))
    if not rotation:
        faults.append(Fault("whom", "Falta a quién se cubre.", "Elija la rotación o la persona."))
    if start and end and start >= end:
        faults.append(Fault("until", "Termina antes de empezar.", "Corrija la fecha o la hora."))
    elif end and end <= now:
        faults.append(Fault("until", "Ese tiempo ya pasó.", "Corrija la fecha o la hora."))
    if start is None or end is None or faults:
        raise Invalid(*faults)
    return _with(roster, (Override(rotation, start, end, badges, (whom,) if whom else ()),), {"": "who"})


def turn_key(turn: Turn) -> str:
    """What names a turn in a form."""
    return f"{turn.start.isoformat()} {turn.rotation}"


def turns_ahead(roster: Roster, badge: str, now: datetime) -> tuple[Turn, ...]:
    """Somebody's turns of the coming weeks, the one under way included. Equal all day long for the same roster."""
    first = (now - DAY).replace(hour=0, minute=0, second=0, microsecond=0)
    return tuple(turn for turn in turns(roster, badge, first, first + AHEAD) if turn.end > now)


def swapped(form: Form, roster: Roster, now: datetime) -> Roster:
    """Return a roster in which two people exchange a turn each. Raises Invalid with every fault."""
    faults: list[Fault] = []
    one, other = form.get("one", ""), form.get("other", "")
    given, taken = (
        _turn(form.get(field, ""), roster, badge, now, field, faults)
        for field, badge in (("turn-one", one), ("turn-other", other))
    )
    if one == other:
        faults.append(Fault("other", "Es la misma persona.", "Elija a otra."))
    if given is None or taken is None or faults:
        raise Invalid(*faults)
    if given.start < taken.end and taken.start < given.end:
        raise Invalid(
            Fault(
                "turn-other", "Los dos turnos son al mismo tiempo: no hay qué cambiar.", "Elija otro turno."
            )
        )
    added = (
        Override(given.rotation, max(given.start, now), given.end, (other,), (one,)),
        Override(taken.rotation, max(taken.start, now), taken.end, (one,), (other,)),
    )
    return _with(roster, added, {"": "turn-one"})


def _turn(
    text: str, roster: Roster, badge: str, now: datetime, field: str, faults: list[Fault]
) -> Turn | None:
    known = {turn_key(turn): turn for turn in turns_ahead(roster, badge, now)}
    if text not in known:
        problem = "Ese turno ya no es suyo." if text else "Falta el turno."
        faults.append(Fault(field, problem, "Elija uno de la lista."))
    return known.get(text)


def ended(form: Form, roster: Roster, now: datetime) -> Roster:
    """Return a roster without a substitution; one under way ends now. Raises Missing where it is not there."""
    asked = next((each for each in roster.overrides if key(each) == form.get("which")), None)
    if asked is None or asked.end <= now:
        raise Missing(Fault("which", "Esa sustitución ya no está.", "Revise la lista."))
    left = (replace(asked, end=now),) if asked.start < now else ()
    kept = (each for old in roster.overrides for each in (left if old is asked else (old,)))
    return replace(roster, overrides=tuple(kept))


# -- what the core says, at the form's fields ---------------------------------------------------------------


def _with(roster: Roster, added: tuple[Override, ...], fields: Mapping[str, str]) -> Roster:
    return checked(replace(roster, overrides=(*roster.overrides, *added)), roster, fields)


def checked(new: Roster, old: Roster, fields: Mapping[str, str]) -> Roster:
    """Return a roster with no more faults than the old one. Raises Invalid, with the core's faults at `fields`."""
    before = set(old.faults())
    said = dict.fromkeys(_placed(fault, fields) for fault in new.faults() if fault not in before)
    if said:
        raise Invalid(*said)
    return new


def _placed(fault: Fault, fields: Mapping[str, str]) -> Fault:
    bare = re.sub(r"\[\d+\]$", "", fault.field)
    return replace(fault, field=fields.get(bare, fields.get("", fault.field)))


def everybody(roster: Roster) -> list[Officer]:
    """Whom a roster's forms offer: the station's people, then headquarters'."""
    away = {*roster.headquarters}
    return sorted(
        (officer for badge, officer in roster.officers.items() if badge not in roster.court),
        key=lambda officer: (officer.badge in away, officer.badge),
    )
