"""A roster's cycles from a calendar (iCalendar, RFC 5545): each repeating event is a shift of one badge.

The rotation is the event's category, the badge its title; it repeats every so many days or weeks. What the calendar
cannot say stays as it was: the minimum of each rotation, overrides, headquarters. What is not understood is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from math import lcm
from typing import Any

from icalendar import Calendar, Component

from amparo_notify.cases.roster_rows import Row
from amparo_notify.core.errors import Fault, Invalid
from amparo_notify.core.roster import Roster, Rotation, Shift

LONGEST = 366
"""Days of the longest cycle: more is a slip of the pen, such as 7 and 60 in one rotation."""

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_UNDERSTOOD = {"FREQ", "INTERVAL", "BYDAY", "WKST"}


@dataclass(frozen=True)
class _Watch:
    """One event that is understood."""

    where: int  # its number in the file
    rotation: str
    badge: str
    firsts: tuple[date, ...]  # the days of its first turns
    days: int  # until each comes again
    start: time
    end: time


def read(text: str, present: Roster) -> tuple[Roster, list[Row]]:
    """Return the roster that a calendar describes, and where in the file each shift stands.

    Raises Invalid with every event that is not understood, each by its number.
    """
    faults: list[Fault] = []
    watches = [each for each in _watches(text, present, faults) if each]
    by_rotation: dict[str, list[_Watch]] = {}
    for each in watches:
        by_rotation.setdefault(each.rotation, []).append(each)
    minimums = {each.name: each.minimum for each in present.rotations}
    rotations = [_rotation(name, own, minimums.get(name, 1), faults) for name, own in by_rotation.items()]
    if not watches and not faults:
        faults.append(Fault("file", "El calendario no tiene eventos.", "Exporte uno para ver cómo son."))
    if faults:
        raise Invalid(*faults)
    rows = [Row(each.where, "shift", each.rotation, frozenset({each.badge})) for each in watches]
    return replace(present, rotations=tuple(rotations)), rows


def _watches(text: str, present: Roster, faults: list[Fault]) -> Iterator[_Watch | None]:
    try:
        events = Calendar.from_ical(text).walk("VEVENT")
    except ValueError as error:
        raise Invalid(
            Fault("file", f"No es un calendario ({error}).", "Expórtelo como iCalendar (.ics).")
        ) from error
    for number, event in enumerate(events, 1):
        try:
            yield _watch(number, event, present)
        except (ValueError, KeyError, AttributeError, TypeError, IndexError) as error:
            # The library parses lazily: a broken value raises one of these when it is read.
            said = error.args[0] if isinstance(error, _NotUnderstoodError) else "No se puede leer."
            faults.append(Fault(f"evento {number} ({event.get('UID', 'sin UID')})", str(said), _REMEDY))


_REMEDY = (
    "Un turno tiene una placa por título, una rotación por categoría, y se repite cada N días o semanas."
)


class _NotUnderstoodError(ValueError):
    """An event that is no shift, with the reason."""


def _watch(number: int, event: Component, present: Roster) -> _Watch:
    badge, rotation = str(event["SUMMARY"]).strip(), _category(event)
    if not badge or " " in badge:
        raise _NotUnderstoodError(f"«{badge}» no es una placa.")
    edges: list[Any] = [event["DTSTART"], event["DTEND"]]
    start, end = (_local(edge, present) for edge in edges)
    if not timedelta() < end - start <= timedelta(days=1):
        raise _NotUnderstoodError("Un turno dura algo, y un día a lo más.")
    days, firsts = _cycle(event, start.date())
    return _Watch(number, rotation, badge, firsts, days, start.time(), end.time())


def _category(event: Component) -> str:
    given: Any = event.get("CATEGORIES")
    names = [str(each).strip() for each in given.cats] if given is not None else []
    if len(names) != 1 or not names[0]:
        raise _NotUnderstoodError("Le falta su categoría, la rotación.")
    return names[0]


def _local(edge: Any, present: Roster) -> datetime:
    """The station's wall clock. Hours of another zone are refused: they would drift when one of the clocks changes."""
    moment: object = edge.dt
    if not isinstance(moment, datetime):
        raise _NotUnderstoodError("Dura días enteros: un turno tiene horas.")
    if moment.tzinfo is None:
        if zone := edge.params.get("TZID"):  # the library drops a zone that it does not know
            raise _NotUnderstoodError(f"«{zone}» no es un huso horario.")
        return moment
    if str(moment.tzinfo) != present.time_zone:
        raise _NotUnderstoodError(
            f"Sus horas son de {moment.tzinfo}; las de la estación son de {present.time_zone}."
        )
    return moment.replace(tzinfo=None)


def _cycle(event: Component, first: date) -> tuple[int, tuple[date, ...]]:
    """(days until it comes again, days of its first turns)."""
    if any(name in event for name in ("EXDATE", "RDATE", "RECURRENCE-ID")):
        raise _NotUnderstoodError("Tiene excepciones: impórtelas como sustituciones, en CSV.")
    rule: Any = event.get("RRULE")
    if rule is None or isinstance(rule, list):
        raise _NotUnderstoodError("No se repite: importe un turno suelto como sustitución, en CSV.")
    if strange := sorted(set(rule) - _UNDERSTOOD):
        raise _NotUnderstoodError(f"Se repite por {', '.join(strange)}, y un ciclo no.")
    every = int((rule.get("INTERVAL") or [1])[0])
    frequency = str(rule["FREQ"][0]).upper()
    if every < 1 or frequency not in ("DAILY", "WEEKLY") or (frequency == "DAILY" and "BYDAY" in rule):
        raise _NotUnderstoodError("No se repite cada N días ni cada N semanas.")
    if frequency == "DAILY":
        return every, (first,)
    named = [_DAYS.index(str(day).upper()) for day in rule.get("BYDAY", [_DAYS[first.weekday()]])]
    monday = first - timedelta(days=first.weekday())
    return 7 * every, tuple(monday + timedelta(days=day) for day in sorted(named))


def _rotation(name: str, watches: list[_Watch], minimum: int, faults: list[Fault]) -> Rotation:
    days = lcm(*(each.days for each in watches))
    starts_on = min(first for each in watches for first in each.firsts)
    if days > LONGEST:
        faults.append(
            Fault(
                f"eventos {', '.join(str(each.where) for each in watches[:6])}",
                f"El ciclo de «{name}» duraría {days} días.",
                "Haga que todos sus turnos se repitan tras los mismos días.",
            )
        )
        return Rotation(name, starts_on, 1, (), (), minimum)
    groups: dict[tuple[int, time, time], list[str]] = {}
    for each in watches:
        for first in each.firsts:
            for turn in range(0, days, each.days):
                day = ((first - starts_on).days + turn) % days
                group = groups.setdefault((day, each.start, each.end), [])
                group += [each.badge] if each.badge not in group else []
    slots = list(dict.fromkeys(tuple(badges) for badges in groups.values()))
    shifts = tuple(
        Shift(day, start, end, slots.index(tuple(badges)))
        for (day, start, end), badges in sorted(groups.items(), key=lambda group: group[0])
    )
    return Rotation(name, starts_on, days, shifts, tuple(slots), minimum)
