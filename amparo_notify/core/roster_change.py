"""What a new version of a roster changes: who would serve in whose place, and which hours it would leave worse covered.

A loss is said before it is written: whoever changes a roster accepts it by name, or changes it otherwise.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from amparo_notify.core.roster import Officer, Roster
from amparo_notify.core.shifts import DAY, Rotation, next_change

SOON = timedelta(days=28)
"""How far a change is looked at, where nothing in it lies farther ahead."""
FAR = timedelta(days=366)
"""And never farther than this."""
_NOBODY = Officer("", "")


@dataclass(frozen=True)
class Change:
    """A time (UTC) in which other people serve a rotation than before; badges in order."""

    rotation: str
    start: datetime
    end: datetime
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class Loss:
    """A time (UTC) in which fewer than the minimum serve, and fewer than before."""

    rotation: str
    start: datetime
    end: datetime
    before: int
    after: int
    minimum: int
    confirmed: (
        bool  # counted: people with a contact that they confirmed; else everybody whom a notice can reach
    )

    def sentence(self, roster: Roster) -> str:
        """«agentes» quedaría con 1 de 2 personas localizables del 21/11/2026 08:00 al 22/11/2026 08:00."""
        start, end = (f"{at.astimezone(roster.zone):%d/%m/%Y %H:%M}" for at in (self.start, self.end))
        kind = "con contacto confirmado" if self.confirmed else "localizables"
        return (
            f"«{self.rotation}» quedaría con {self.after} de {self.minimum} personas {kind} "
            f"del {start} al {end}; antes eran {self.before}."
        )


def horizon(before: Roster, after: Roster, now: datetime) -> datetime:
    """How far to look: four weeks, the longest cycle twice, and whatever substitution is new or gone."""
    cycles = [rotation.days * 2 * DAY for rotation in (*before.rotations, *after.rotations)]
    touched = [override.end for override in {*before.overrides} ^ {*after.overrides}]
    return min(max(now + max([SOON, *cycles]), *touched, now), now + FAR)


def changes(before: Roster, after: Roster, start: datetime, end: datetime) -> tuple[Change, ...]:
    """Return, rotation by rotation, the times from `start` to `end` in which other people would serve."""
    names = dict.fromkeys(rotation.name for rotation in (*before.rotations, *after.rotations))
    return tuple(
        change
        for name in names
        for change in _stretches(before, after, name, start, end)
        if set(change.before) != set(change.after)
    )


def losses(before: Roster, after: Roster, start: datetime, end: datetime) -> tuple[Loss, ...]:
    """Return the times in which a change leaves fewer people than the minimum, the larger of the two versions'."""
    found: list[Loss] = []
    for change in changes(before, after, start, end):
        loss = _loss(before, after, change)
        last = found[-1] if found else None
        if loss and last and last.end == loss.start and replace(last, start=loss.start, end=loss.end) == loss:
            found[-1] = replace(last, end=loss.end)
        elif loss:
            found.append(loss)
    return tuple(found)


def _stretches(before: Roster, after: Roster, name: str, start: datetime, end: datetime) -> Iterator[Change]:
    """Each from one instant at which either version's people change to the next."""
    while start < end:
        turns = [turn for roster in (before, after) for turn in _turns(roster, name, start)]
        turn = min([*turns, end])
        was, will = (_badges(roster, name, start) for roster in (before, after))
        yield Change(name, start, turn, was, will)
        start = turn


def _rotations(roster: Roster, name: str) -> Iterator[Rotation]:
    return (rotation for rotation in roster.rotations if rotation.name == name)


def _turns(roster: Roster, name: str, at: datetime) -> Iterator[datetime]:
    for rotation in _rotations(roster, name):
        if turn := next_change(rotation, roster.overrides, roster.zone, at):
            yield turn


def _badges(roster: Roster, name: str, at: datetime) -> tuple[str, ...]:
    return tuple(sorted(duty.badge for duty in roster.on_duty(name, at)))


def _loss(before: Roster, after: Roster, change: Change) -> Loss | None:
    """What one change costs: people out of reach first, then people whose contacts nobody has confirmed."""
    minimum = max(
        rotation.minimum for roster in (before, after) for rotation in _rotations(roster, change.rotation)
    )
    for confirmed in (False, True):
        was, will = (
            sum(_counts(roster, badge, confirmed) for badge in badges)
            for roster, badges in ((before, change.before), (after, change.after))
        )
        if will < min(was, minimum):
            return Loss(change.rotation, change.start, change.end, was, will, minimum, confirmed)
    return None


def _counts(roster: Roster, badge: str, confirmed: bool) -> bool:
    officer = roster.officers.get(badge, _NOBODY)
    return officer.covers if confirmed else officer.reachable
