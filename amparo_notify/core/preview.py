"""Preview: whom an order at some instant would reach if nobody answered, drawn by plan() itself."""

from datetime import datetime
from typing import NamedTuple

from amparo_notify.core.escalation import opened, plan
from amparo_notify.core.notice import Cause, Medium, Purpose
from amparo_notify.core.policy import Policy
from amparo_notify.core.roster import Roster
from amparo_notify.core.state import Owed, Plan, Step


class Expected(NamedTuple):
    """One line of a preview: what would happen at `at` (UTC), and who would be called by what."""

    at: datetime
    level: int
    reason: str
    recipients: tuple[tuple[str, Medium], ...]  # (badge, medium); nobody for a level that is skipped


def preview(
    policy: Policy, roster: Roster, at: datetime, departs_at: datetime | None, cause: Cause = Cause.ORDER
) -> list[Expected]:
    """Return what an order accepted at `at` would do until its first repeat is complete."""
    state, now = opened(at, departs_at, cause), at
    lines: list[Expected] = []
    while True:
        answer = plan(policy, roster, state, now)
        lines.extend(_line(answer, step, now) for step in answer.steps if step.event != "exhausted")
        state = answer.state
        repeated = state.round > 2 or (state.round == 2 and state.level == len(policy.levels))
        if repeated or answer.next_at is None:
            return lines
        now = answer.next_at


def _line(answer: Plan, step: Step, now: datetime) -> Expected:
    """A person whom two levels reach in one instant is called once, and shown with the first."""
    called = {badge for badge, _ in step.recipients}
    media = tuple(
        (owed.badge, owed.medium)
        for owed in answer.notices
        if owed.badge in called and (owed.level, _alarms(owed, step)) == (step.level, step.event == "alarm")
    )
    return Expected(now, step.level, step.reason, media)


def _alarms(owed: Owed, step: Step) -> bool:
    """Whether a notice is the court's alarm of that step, and none of the chase."""
    return owed.purpose is Purpose.INFORM and owed.detail == step.reason
