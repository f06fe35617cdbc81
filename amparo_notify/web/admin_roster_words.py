"""What differs between two versions of a roster, in plain words, each person by post and badge."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

from amparo_notify.core.roster import Officer, Override, Roster, Rotation
from amparo_notify.web.admin_cycles import words as cycle
from amparo_notify.web.present import DAYS, MONTHS


def when(at: datetime, roster: Roster) -> str:
    """«sáb 21 nov 2026, 08:00» in the station's time; of an hour that comes twice, which."""
    local = at.astimezone(roster.zone)
    again = " (la segunda vez)" if local.fold else ""
    return f"{weekday(local)} {day(local.date())}, {local:%H:%M}{again}"


def weekday(value: date) -> str:
    """«sáb»."""
    return DAYS[value.weekday()][:3]


def month(value: date) -> str:
    """«nov»."""
    return MONTHS[value.month - 1]


def day(value: date) -> str:
    """«21 nov 2026»."""
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def person(badge: str, roster: Roster) -> str:
    """«agente A1 (1001)»; a badge that is nobody's alone."""
    post = roster.officers.get(badge, Officer(badge, "")).post
    return f"{post} ({badge})" if post else badge


def people(badges: tuple[str, ...], roster: Roster) -> str:
    """«agente A1 (1001), agente A2 (1002)», or «nadie»."""
    return ", ".join(person(badge, roster) for badge in badges) or "nadie"


def override(of: Override, roster: Roster) -> str:
    """«agente C1 (1005) en lugar de agente A1 (1001), en «agentes», del … al …»."""
    whom = people(of.replaces, roster) if of.replaces else "todo el grupo de turno"
    return (
        f"{people(of.officers, roster)} en lugar de {whom}, en «{of.rotation}», "
        f"del {when(of.start, roster)} al {when(of.end, roster)}"
    )


def differences(before: Roster, after: Roster) -> list[str]:
    """Return a sentence for each thing that differs, in the order of the page; none for the same schedule."""
    return [*_rotations(before, after), *_overrides(before, after), *_headquarters(before, after)]


def _rotations(before: Roster, after: Roster) -> Iterator[str]:
    was = {rotation.name: rotation for rotation in before.rotations}
    will = {rotation.name: rotation for rotation in after.rotations}
    new = {name: rotation for name, rotation in will.items() if name not in was}
    for name, rotation in was.items():
        if name in will:
            yield from _rotation(rotation, will[name], after)
            continue
        renamed = next((each for each in new.values() if replace(each, name=name) == rotation), None)
        if renamed:
            del new[renamed.name]
            yield f"La rotación «{name}» se llamará «{renamed.name}»."
        else:
            yield f"Se quita la rotación «{name}»."
    for rotation in new.values():
        groups = "; ".join(f"grupo {n}: {people(slot, after)}" for n, slot in enumerate(rotation.slots, 1))
        yield (
            f"Rotación nueva «{rotation.name}»: {cycle(rotation)}, desde el {day(rotation.starts_on)}, "
            f"mínimo {rotation.minimum}; {groups}."
        )


def _rotation(was: Rotation, will: Rotation, roster: Roster) -> Iterator[str]:
    name = will.name
    if (was.days, set(was.shifts)) != (will.days, set(will.shifts)):
        said = f"{cycle(was)} → {cycle(will)}" if cycle(was) != cycle(will) else "cambian sus turnos"
        yield f"«{name}», ciclo: {said}."
    if was.starts_on != will.starts_on:
        yield f"«{name}», inicio del ciclo: {day(was.starts_on)} → {day(will.starts_on)}."
    if was.minimum != will.minimum:
        yield f"«{name}», mínimo de personas: {was.minimum} → {will.minimum}."
    for number in range(max(len(was.slots), len(will.slots))):
        old, new = (set(slots[number]) if number < len(slots) else set() for slots in (was.slots, will.slots))
        moved = [
            f"{verb} {people(tuple(sorted(badges)), roster)}"
            for verb, badges in (("entra", new - old), ("sale", old - new))
            if badges
        ]
        if moved:
            yield f"«{name}», grupo {number + 1}: {'; '.join(moved)}."


def _overrides(before: Roster, after: Roster) -> Iterator[str]:
    gone = [each for each in before.overrides if each not in after.overrides]
    new = [each for each in after.overrides if each not in before.overrides]
    for each in gone:
        same = next((o for o in new if replace(o, end=each.end) == each), None)
        if same:
            new.remove(same)
            verb = "Termina antes" if same.end < each.end else "Dura más"
            yield f"{verb}, el {when(same.end, after)}, la sustitución: {override(each, after)}."
        else:
            yield f"Se quita la sustitución: {override(each, after)}."
    yield from (f"Sustitución nueva: {override(each, after)}." for each in new)


def _headquarters(before: Roster, after: Roster) -> Iterator[str]:
    was, will = set(before.headquarters), set(after.headquarters)
    for verb, badges in (("entra", will - was), ("sale", was - will)):
        if badges:
            yield f"Oficinas centrales: {verb} {people(tuple(sorted(badges)), after)}."
