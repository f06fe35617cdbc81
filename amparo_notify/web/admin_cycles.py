"""Cycles of guard duty by the names that people call them, and back: 24x48, 12x24, 12x12, weekly…"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import time

from amparo_notify.core.shifts import Rotation, Shift

Cycle = tuple[int, tuple[Shift, ...]]
"""Days that it lasts, and its shifts."""


@dataclass(frozen=True)
class Preset:
    """A cycle that only needs its hours of hand-over, and how many groups take turns."""

    key: str
    label: str
    groups: int | None  # None: as many as there are
    make: Callable[[time, time, int], Cycle]  # first and second hand-over, groups
    halves: bool = False  # whether there is a second hand-over in the day


def _days(first: time, second: time, groups: int) -> Cycle:
    """Each group serves a whole day."""
    return groups, tuple(Shift(day, first, first, day) for day in range(groups))


def _halves(first: time, second: time, groups: int) -> Cycle:
    """Each group serves from one hand-over to the next, twice a day."""
    days = groups if groups % 2 else groups // 2
    return days, tuple(
        Shift(turn // 2, first, second, turn % groups)
        if turn % 2 == 0
        else Shift(turn // 2, second, first, turn % groups)
        for turn in range(days * 2)
    )


def _weeks(first: time, second: time, groups: int) -> Cycle:
    """Each group serves seven days."""
    days = 7 * groups
    return days, tuple(Shift(day, first, first, day // 7) for day in range(days))


PRESETS = {
    preset.key: preset
    for preset in (
        Preset("24x48", "24x48: un día de guardia, dos de descanso (3 grupos)", 3, _days),
        Preset("12x24", "12x24: doce horas de guardia, un día de descanso (3 grupos)", 3, _halves, True),
        Preset("12x12", "12x12: un grupo de día y otro de noche (2 grupos)", 2, _halves, True),
        Preset("semanal", "Semanal: cada grupo una semana", None, _weeks),
        Preset("siempre", "Siempre las mismas personas (1 grupo)", 1, _days),
        Preset("diario", "Diario: cada grupo un día, por orden", None, _days),
    )
}
OTHER = "otro"
"""A cycle that is written shift by shift."""


def recognise(rotation: Rotation) -> str:
    """The key of the preset that a rotation is, or OTHER."""
    return next(_fitting(rotation), OTHER) if rotation.shifts else OTHER


def _fitting(rotation: Rotation) -> Iterator[str]:
    first, second = rotation.shifts[0].start, rotation.shifts[0].end
    for preset in PRESETS.values():
        if preset.groups in (None, len(rotation.slots)) and preset.halves == (first != second):
            days, shifts = preset.make(first, second, len(rotation.slots))
            if (days, set(shifts)) == (rotation.days, set(rotation.shifts)):
                yield preset.key


def words(rotation: Rotation) -> str:
    """«24x48, entrega a las 08:00», «12x12, entrega a las 08:00 y 20:00», «ciclo de 5 días con 7 turnos»."""
    key = recognise(rotation)
    if key == OTHER:
        return f"ciclo de {rotation.days} días con {len(rotation.shifts)} turnos"
    first, second = rotation.shifts[0].start, rotation.shifts[0].end
    hours = f"{first:%H:%M}" + (f" y {second:%H:%M}" if PRESETS[key].halves else "")
    return f"{key}, entrega a las {hours}"
