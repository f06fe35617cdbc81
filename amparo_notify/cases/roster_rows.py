"""Which lines of a file a roster's faults come from: whoever typed them looks for a line, not for a shift's number."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from amparo_notify.core.errors import Fault

MOST = 6
"""Lines that one fault names; of more it says how many."""


@dataclass(frozen=True)
class Row:
    """One line or event of a file."""

    where: int  # its number in the file, from 1
    kind: str  # shift | override | headquarters
    rotation: str
    badges: frozenset[str]


def located(faults: Iterable[Fault], rows: Sequence[Row], name: str = "línea") -> Iterator[Fault]:
    """Yield each fault with the lines that it comes from before its field; `name` is what a line is called."""
    for fault in faults:
        numbers = [str(row.where) for row in _of(fault, rows)]
        if not numbers:
            yield fault
            continue
        more = f" y {len(numbers) - MOST} más" if len(numbers) > MOST else ""
        plural = "s" if len(numbers) > 1 else ""
        yield Fault(
            f"{name}{plural} {', '.join(numbers[:MOST])}{more}, {fault.field}", fault.problem, fault.remedy
        )


def _of(fault: Fault, rows: Sequence[Row]) -> list[Row]:
    """The rows of the rotation or override that a fault names; of those, the ones with the badges in its sentence."""
    override = re.fullmatch(r"overrides\[(\d+)\]", fault.field)
    shift = re.search(r"\.shifts\[(\d+)\]$", fault.field)
    if override:
        found = [row for row in rows if row.kind == "override"][int(override[1]) :][:1]
    elif fault.field.startswith("rotations."):
        name = re.sub(r"\.(shifts|slots)\[\d+\]$", "", fault.field.removeprefix("rotations."))
        found = [row for row in rows if row.kind == "shift" and row.rotation == name]
        found = found[int(shift[1]) :][:1] if shift else found
    else:
        found = [row for row in rows if row.kind == fault.field]
    said = set(re.findall(r"[\w-]+", fault.problem))
    return [row for row in found if row.badges & said] or found
