"""The form of a rotation, and the roster that it means: people by group, a cycle by name or shift by shift."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, time
from typing import TypeVar

from werkzeug.datastructures import MultiDict

from amparo_notify.core.errors import Fault, Invalid, Missing
from amparo_notify.core.roster import Roster, Rotation, Shift
from amparo_notify.web.admin_cycles import PRESETS, Preset, recognise
from amparo_notify.web.admin_roster_form import Form, checked

T = TypeVar("T")

SPARE = 3
"""Empty lines for shifts at the end of a form."""
MOST_DAYS, MOST_SHIFTS, MOST_GROUPS = 366, 1_000, 100
_SHIFT = re.compile(r"shift-(\d{1,4})-(day|start|end|group)")


def rotated(form: Form, roster: Roster) -> Roster:
    """Return a roster with the form's rotation, in place of the one it `was`. Raises Invalid with every fault."""
    faults: list[Fault] = []
    was, name = form.get("was", ""), form.get("name", "").strip()
    slots = _slots(form, faults)
    minimum = _whole(form, "minimum", 1, MOST_GROUPS, faults)
    starts_on = _iso(form, "starts_on", date.fromisoformat, "2026-01-31", faults)
    preset = PRESETS.get(form.get("cycle", ""))
    days, shifts = _preset(form, preset, slots, faults) if preset else _custom(form, len(slots), faults)
    if not name:
        faults.append(Fault("name", "Falta el nombre.", "Por ejemplo: agentes, jefatura, titular."))
    elif name != was and name in [rotation.name for rotation in roster.rotations]:
        faults.append(Fault("name", f"Ya hay una rotación «{name}».", "Elija otro nombre."))
    if starts_on is None or minimum is None or faults:
        raise Invalid(*faults)
    new = Rotation(name, starts_on, days, shifts, slots, minimum)
    rotations = [new if each.name == was else each for each in roster.rotations]
    overrides = [
        replace(each, rotation=name) if was and each.rotation == was else each for each in roster.overrides
    ]
    written = replace(
        roster,
        rotations=tuple(rotations if was and new in rotations else [*rotations, new]),
        overrides=tuple(overrides),
    )
    return checked(written, roster, {f"rotations.{name}": "cycle", f"rotations.{name}.slots": "places"})


def unrotated(form: Form, roster: Roster) -> Roster:
    """Return a roster without a rotation and its substitutions. Raises Missing where it is not there."""
    name = form.get("was", "")
    if name not in [rotation.name for rotation in roster.rotations]:
        raise Missing(Fault("was", f"La rotación «{name}» ya no está.", "Revise la lista."))
    return replace(
        roster,
        rotations=tuple(each for each in roster.rotations if each.name != name),
        overrides=tuple(each for each in roster.overrides if each.rotation != name),
    )


def rotation_fields(rotation: Rotation) -> Form:
    """Return the form that means a rotation."""
    fields: list[tuple[str, str]] = [
        ("was", rotation.name),
        ("name", rotation.name),
        ("cycle", recognise(rotation)),
        ("starts_on", rotation.starts_on.isoformat()),
        ("minimum", str(rotation.minimum)),
        ("days", str(rotation.days)),
    ]
    if rotation.shifts:
        first, second = rotation.shifts[0].start, rotation.shifts[0].end
        if first == second:
            second = first.replace(hour=(first.hour + 12) % 24)
        fields += [("handover", f"{first:%H:%M}"), ("handover2", f"{second:%H:%M}")]
    for n, shift in enumerate(rotation.shifts):
        line = {"day": shift.day + 1, "group": shift.slot + 1}
        fields += [(f"shift-{n}-{name}", str(value)) for name, value in line.items()]
        fields += [(f"shift-{n}-start", f"{shift.start:%H:%M}"), (f"shift-{n}-end", f"{shift.end:%H:%M}")]
    for badge in dict.fromkeys(badge for slot in rotation.slots for badge in slot):
        numbers = [str(n) for n, slot in enumerate(rotation.slots, 1) if badge in slot]
        fields.append((f"place-{badge}", " ".join(numbers)))
    return MultiDict(fields)


def fresh_rotation(today: date) -> Form:
    """The form for a new rotation."""
    return MultiDict(
        {"cycle": "24x48", "handover": "08:00", "handover2": "20:00", "minimum": "1", "starts_on": str(today)}
    )


def shift_lines(form: Form, more: bool = False) -> list[Mapping[str, str]]:
    """The lines of shifts in a form, and some empty ones to fill."""
    lines: dict[int, dict[str, str]] = {}
    for name, value in form.items():
        if (match := _SHIFT.fullmatch(name)) and value.strip():
            lines.setdefault(int(match[1]), {})[match[2]] = value.strip()
    return [*(line for _, line in sorted(lines.items())), *({} for _ in range(SPARE * (2 if more else 1)))]


def _slots(form: Form, faults: list[Fault]) -> tuple[tuple[str, ...], ...]:
    """Groups of people: beside each person stand the numbers of the groups that they are in."""
    places: dict[str, list[int]] = {}
    for field, text in form.items():
        if not field.startswith("place-") or not text.strip():
            continue
        try:
            numbers = [int(part) for part in re.split(r"[\s,;]+", text.strip())]
            if not all(1 <= number <= MOST_GROUPS for number in numbers):
                raise ValueError(text)
        except ValueError:
            faults.append(Fault(field, f"«{text}» no es un grupo.", "Escriba 1, 2, 3… o déjelo vacío."))
            continue
        places[field.removeprefix("place-")] = numbers
    count = max((number for numbers in places.values() for number in numbers), default=0)
    if not count and not any(fault.field.startswith("place-") for fault in faults):
        faults.append(Fault("places", "No hay nadie en la rotación.", "Ponga a alguien en el grupo 1."))
    return tuple(
        tuple(badge for badge, numbers in places.items() if number in numbers)
        for number in range(1, count + 1)
    )


def _preset(
    form: Form, preset: Preset, slots: tuple[tuple[str, ...], ...], faults: list[Fault]
) -> tuple[int, tuple[Shift, ...]]:
    first = _iso(form, "handover", time.fromisoformat, "08:00", faults) or time()
    second = first
    if preset.halves:
        second = _iso(form, "handover2", time.fromisoformat, "20:00", faults) or time()
        if first == second and not any(fault.field.startswith("handover") for fault in faults):
            faults.append(
                Fault("handover2", "Es la misma hora que la primera.", "Escriba la de la otra mitad.")
            )
    if preset.groups is not None and slots and len(slots) != preset.groups:
        problem = f"«{preset.key}» tiene {preset.groups} grupos, y hay {len(slots)}."
        faults.append(Fault("places", problem, "Cambie los grupos de las personas, o el ciclo."))
    faults += [
        Fault("places", f"El grupo {number} no tiene a nadie.", "Ponga a alguien, o recorra los números.")
        for number, slot in enumerate(slots, 1)
        if not slot
    ]
    return preset.make(first, second, len(slots) or 1)


def _custom(form: Form, groups: int, faults: list[Fault]) -> tuple[int, tuple[Shift, ...]]:
    days = _whole(form, "days", 1, MOST_DAYS, faults) or MOST_DAYS
    lines = [line for line in shift_lines(form) if line][:MOST_SHIFTS]
    if not lines:
        faults.append(Fault("shift-0", "El ciclo no tiene turnos.", "Escriba al menos uno."))
    found = [_shift(line, f"shift-{n}", days, groups, faults) for n, line in enumerate(lines)]
    return days, tuple(shift for shift in found if shift)


def _shift(line: Mapping[str, str], where: str, days: int, groups: int, faults: list[Fault]) -> Shift | None:
    try:
        shift = Shift(
            int(line.get("day", "")) - 1,
            time.fromisoformat(line.get("start", "")),
            time.fromisoformat(line.get("end", "")),
            int(line.get("group", "")) - 1,
        )
    except ValueError:
        faults.append(
            Fault(where, "El turno está incompleto.", "Escriba día, inicio, fin y grupo; o borre el renglón.")
        )
        return None
    if not 0 <= shift.day < days:
        faults.append(Fault(where, f"El ciclo tiene {days} días.", f"El día va de 1 a {days}."))
    if not 0 <= shift.slot < groups:
        faults.append(Fault(where, f"El grupo {shift.slot + 1} no tiene a nadie.", "Corrija el grupo."))
    return shift


def _iso(form: Form, field: str, read: Callable[[str], T], example: str, faults: list[Fault]) -> T | None:
    try:
        return read(form.get(field, ""))
    except ValueError:
        faults.append(Fault(field, "No se entiende.", f"Escríbalo así: {example}."))
        return None


def _whole(form: Form, field: str, least: int, most: int, faults: list[Fault]) -> int | None:
    try:
        value = int(form.get(field, ""))
        if least <= value <= most:
            return value
    except ValueError:
        pass
    faults.append(Fault(field, "No es un número que sirva.", f"Escriba de {least} a {most}."))
    return None
