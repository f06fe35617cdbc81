"""What people do to an escalation: pure steps from one state to the next. `plan` does what time does to it."""

from dataclasses import replace
from datetime import datetime, timedelta

from amparo_notify.core import pace
from amparo_notify.core.notice import Cause
from amparo_notify.core.policy import Policy
from amparo_notify.core.state import SILENT, Phase, State


def opened(at: datetime, departs_at: datetime | None, cause: Cause = Cause.ORDER) -> State:
    """Return the state of a chase that begins. `cause` is HOLD for the court's own, of a held order."""
    return State(Phase.CHASING, at, departs_at, cause=cause)


def held(at: datetime, departs_at: datetime | None) -> State:
    """Return the state of a station's escalation while its order waits for a second person; `opened` follows."""
    return State(Phase.HELD, at, departs_at)


def acknowledged(policy: Policy, state: State, grade: str, displayed: bool, now: datetime) -> State:
    """Return the state after an acknowledgement ("A0" to "A3"); too low a grade changes nothing.

    `displayed`: somebody at the station has the order before their eyes: A2 on the page, or A2 by reply or keypad
    after anybody there had read it. A3 signs what was displayed. Without it the chase pauses, once: from DISPLAY
    on only reading helps. A hold is ended by confirming, an overdue outcome by reporting it.
    """
    sufficient = grade >= max("A2", policy.required_grade)
    if not sufficient or state.phase not in (Phase.CHASING, Phase.PAUSED) or state.cause is Cause.HOLD:
        return state
    if displayed or grade == "A3":
        return _awaiting_outcome(policy, state, now)
    if state.phase is Phase.PAUSED or state.cause is Cause.DISPLAY:
        return state
    due = now + timedelta(seconds=policy.display_within)
    return replace(state, phase=Phase.PAUSED, display_due=due)


def displayed(policy: Policy, state: State, now: datetime) -> State:
    """Return the state after somebody at the station read the order: what was only paused is acknowledged."""
    paused = state.phase is Phase.PAUSED
    if paused or (state.phase is Phase.CHASING and state.cause is Cause.DISPLAY):
        return _awaiting_outcome(policy, state, now)
    return state


def _awaiting_outcome(policy: Policy, state: State, now: datetime) -> State:
    due = pace.outcome_due(policy, state.departs_at, now)
    return replace(state, phase=Phase.ACKNOWLEDGED, display_due=None, outcome_due=due)


def reported(policy: Policy, state: State, settled: bool, now: datetime) -> State:
    """Return the state after a report. `settled`: every person's outcome is known and asks nothing more of the
    station; otherwise its clock runs on, and one that had stopped runs anew: a report may take back an earlier one.
    A report counts as an acknowledgement, whatever came before."""
    if state.phase in SILENT:
        return state
    known = state.phase is Phase.REPORTED
    if not settled:
        return _awaiting_outcome(policy, state, now) if known else state
    if known:
        return state
    return replace(state, phase=Phase.REPORTED, display_due=None, outcome_due=None, fired_at=now)


def replanned(state: State, departs_at: datetime | None) -> State:
    """Return the state with a corrected departure; plan() then counts back from it."""
    return replace(state, departs_at=departs_at)


def extended(state: State, now: datetime) -> State:
    """Return the state after a further document that must be acknowledged anew: the chase begins again."""
    if state.phase in SILENT:
        return state
    return replace(
        state,
        phase=Phase.CHASING,
        cause=Cause.ORDER,
        round=state.round + 1,
        level=0,
        fired_at=now,
        display_due=None,
        outcome_due=None,
    )


def withdrawn(state: State) -> State:
    """Return the state of an order that its court took back: nothing is owed any more."""
    return replace(state, phase=Phase.WITHDRAWN, display_due=None, outcome_due=None)


def closed(state: State) -> State:
    """Return the state of an order that named court staff closed."""
    return replace(state, phase=Phase.CLOSED, display_due=None, outcome_due=None)
