"""A past order replayed: what this policy and this roster would have done, beside what was recorded."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from amparo_notify.core.escalation import (
    acknowledged,
    closed,
    displayed,
    extended,
    opened,
    plan,
    replanned,
    reported,
    withdrawn,
)
from amparo_notify.core.policy import Policy
from amparo_notify.core.roster import Roster
from amparo_notify.core.state import State, Step

SAME = timedelta(seconds=5)
"""A step recorded this much later than planned is no difference: ticks, commits and clocks take their time."""


@dataclass(frozen=True)
class Change:
    """What somebody did, as recorded. Which fields matter depends on `kind`."""

    at: datetime
    kind: str  # acknowledged | displayed | reported | replanned | extended | withdrawn | closed
    grade: str = ""
    displayed: bool = False
    settled: bool = False
    departs_at: datetime | None = None


class Line(NamedTuple):
    """One step as planned and as recorded; either may be missing."""

    planned: Step | None
    recorded: Step | None
    difference: str  # "" | "missing" | "unplanned" | "late" | "early" | "recipients"


def replay(
    policy: Policy,
    roster: Roster,
    opened_at: datetime,
    departs_at: datetime | None,
    changes: Sequence[Change],
    until: datetime,
) -> tuple[Step, ...]:
    """Return the steps that would have been taken up to `until`, given what people did and when.

    Each step's `due_at` is when it would have been taken.
    """
    state, now = opened(opened_at, departs_at), opened_at
    waiting = sorted(changes, key=lambda change: change.at)
    steps: list[Step] = []
    while now <= until:
        while waiting and waiting[0].at <= now:
            state = _apply(policy, state, waiting.pop(0), now)
        answer = plan(policy, roster, state, now)
        steps.extend(replace(step, due_at=now) for step in answer.steps)
        state = answer.state
        looks = [look for look in (answer.next_at, waiting[0].at if waiting else None) if look]
        if not looks:
            break
        now = min(looks)
    return tuple(steps)


def _apply(policy: Policy, state: State, change: Change, now: datetime) -> State:
    done = {
        "acknowledged": lambda: acknowledged(policy, state, change.grade, change.displayed, now),
        "displayed": lambda: displayed(policy, state, now),
        "reported": lambda: reported(policy, state, change.settled, now),
        "replanned": lambda: replanned(state, change.departs_at),
        "extended": lambda: extended(state, now),
        "withdrawn": lambda: withdrawn(state),
        "closed": lambda: closed(state),
    }
    return done[change.kind]()


def compare(planned: Sequence[Step], recorded: Sequence[Step]) -> tuple[Line, ...]:
    """Return both side by side in time, differences marked. `due_at` of a recorded step is when it was taken."""
    left = list(recorded)
    lines: list[Line] = []
    for step in planned:
        match = next((other for other in left if _same_step(step, other)), None)
        if match is None:
            lines.append(Line(step, None, "missing"))
        else:
            left.remove(match)
            lines.append(Line(step, match, _difference(step, match)))
    lines.extend(Line(None, other, "unplanned") for other in left)
    return tuple(sorted(lines, key=_at))


def _at(line: Line) -> datetime:
    step = line.planned or line.recorded
    assert step is not None
    return step.due_at


def _same_step(one: Step, other: Step) -> bool:
    return (one.event, one.round, one.level) == (other.event, other.round, other.level)


def _difference(planned: Step, recorded: Step) -> str:
    if recorded.due_at > planned.due_at + SAME:
        return "late"
    if recorded.due_at < planned.due_at - SAME:
        return "early"
    return "" if set(planned.recipients) == set(recorded.recipients) else "recipients"


def taken(steps: Sequence[tuple[Step, datetime]]) -> tuple[Step, ...]:
    """Return recorded steps with the instant at which each was taken in place of the one it was due."""
    return tuple(replace(step, due_at=at) for step, at in steps)
