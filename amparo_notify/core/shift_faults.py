"""What can be wrong with a schedule: every fault at once, each with its remedy in Spanish."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from amparo_notify.core.errors import Fault
from amparo_notify.core.shifts import DAY, Override, Rotation, Shift


def zone_faults(time_zone: str) -> Iterator[Fault]:
    """Yield a fault for a name that is in no zone table."""
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a path, a folder or an unknown name
        yield Fault(
            "time_zone",
            f"«{time_zone}» no es un huso horario.",
            "Use un nombre IANA, por ejemplo America/Mexico_City.",
        )


def rotation_faults(rotations: Sequence[Rotation]) -> Iterator[Fault]:
    """Yield what is wrong with each rotation, and names used twice."""
    names = [rotation.name for rotation in rotations]
    for name in dict.fromkeys(names):
        if not name:
            yield Fault("rotations", "Una rotación no tiene nombre.", "Póngale uno, por ejemplo «agentes».")
        if names.count(name) > 1:
            yield Fault(
                f"rotations.{name}",
                "Dos rotaciones se llaman igual y se encimarían.",
                "Únalas o cambie el nombre de una.",
            )
    for rotation in rotations:
        yield from _one(rotation, f"rotations.{rotation.name}")


def _one(rotation: Rotation, where: str) -> Iterator[Fault]:
    if rotation.days < 1:
        yield Fault(
            where, "El ciclo no dura ni un día.", "Indique cuántos días dura, por ejemplo 3 para 24x48."
        )
    if rotation.minimum < 1:
        yield Fault(
            where, "El mínimo de personas es menor que uno.", "Indique al menos una persona por turno."
        )
    if not rotation.shifts:
        yield Fault(where, "No tiene turnos.", "Agregue al menos uno.")
    for number, shift in enumerate(rotation.shifts):
        yield from _shift(rotation, shift, f"{where}.shifts[{number}]")
    for number, slot in enumerate(rotation.slots):
        if not slot:
            yield Fault(
                f"{where}.slots[{number}]", "Esta guardia no tiene a nadie.", "Asigne al menos una placa."
            )
    yield from _overlaps(rotation, where)


def _shift(rotation: Rotation, shift: Shift, where: str) -> Iterator[Fault]:
    if not 0 <= shift.day < max(rotation.days, 1):
        yield Fault(
            where,
            f"El día {shift.day} no está en un ciclo de {rotation.days}.",
            "Los días se cuentan desde 0.",
        )
    if not 0 <= shift.slot < len(rotation.slots):
        yield Fault(where, f"La guardia {shift.slot} no existe.", "Las guardias se cuentan desde 0.")
    if shift.start.tzinfo or shift.end.tzinfo:
        yield Fault(where, "Las horas de un turno son locales.", "Quite el huso de la hora.")


def _span(shift: Shift) -> tuple[timedelta, timedelta]:
    """Start and end as time since the cycle began."""

    def since(day: int, hour: int, minute: int, second: int) -> timedelta:
        return timedelta(days=day, hours=hour, minutes=minute, seconds=second)

    ends_on = shift.day + 1 if shift.overnight else shift.day
    return (
        since(shift.day, shift.start.hour, shift.start.minute, shift.start.second),
        since(ends_on, shift.end.hour, shift.end.minute, shift.end.second),
    )


def _overlaps(rotation: Rotation, where: str) -> Iterator[Fault]:
    """Nobody serves two watches of one rotation at once; the cycle's end meets its beginning."""
    cycle = DAY * max(rotation.days, 1)
    known = [s for s in rotation.shifts if 0 <= s.slot < len(rotation.slots)]
    for number, one in enumerate(known):
        for other in known[number + 1 :]:
            shared = set(rotation.slots[one.slot]) & set(rotation.slots[other.slot])
            (a, b), (c, d) = _span(one), _span(other)
            if shared and any(a < d + turn and c + turn < b for turn in (-cycle, timedelta(), cycle)):
                yield Fault(
                    where,
                    f"Los turnos de los días {one.day} y {other.day} se enciman para {', '.join(sorted(shared))}.",
                    "Corrija las horas o las guardias.",
                )


def override_faults(overrides: Sequence[Override], rotations: Sequence[Rotation]) -> Iterator[Fault]:
    """Yield what is wrong with each override, and swaps that lead back to where they began."""
    names = {rotation.name for rotation in rotations}
    for number, override in enumerate(overrides):
        where = f"overrides[{number}]"
        if override.rotation not in names:
            yield Fault(where, f"La rotación «{override.rotation}» no existe.", "Elija una de este rol.")
        if not override.start.tzinfo or not override.end.tzinfo:
            yield Fault(
                where,
                "Falta el huso de inicio o fin.",
                "Escriba el instante con su diferencia, p. ej. -06:00.",
            )
        elif override.start >= override.end:
            yield Fault(where, "El cambio no dura nada.", "El fin debe ser posterior al inicio.")
        if not override.officers:
            yield Fault(where, "El cambio no dice quién cubre.", "Indique al menos una placa.")
        for badge in sorted(set(override.officers) & set(override.replaces)):
            yield Fault(where, f"«{badge}» se cubre a sí misma.", "Quite la placa de uno de los dos lados.")
    yield from _cycles(overrides)


def _cycles(overrides: Sequence[Override]) -> Iterator[Fault]:
    """A covers B and, at the same time, B covers A: nobody could say who serves."""
    for number, override in enumerate(overrides):
        seen: set[str] = set()
        reach = set(override.officers)
        while reach - seen:
            seen |= reach
            reach = {
                badge
                for other in overrides
                if other is not override and _together(override, other) and seen & set(other.replaces)
                for badge in other.officers
            }
        if back := sorted((seen & set(override.replaces)) - set(override.officers)):
            yield Fault(
                f"overrides[{number}]",
                f"El cambio es circular: {', '.join(back)} termina cubriéndose a sí misma.",
                "Quite uno de los cambios del círculo.",
            )


def _together(one: Override, other: Override) -> bool:
    aware = all(edge.tzinfo for o in (one, other) for edge in (o.start, o.end))
    return aware and one.rotation == other.rotation and one.start < other.end and other.start < one.end
