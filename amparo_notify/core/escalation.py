"""The heart: plan(policy, roster, state, now) -> what is owed now, and when to look again.

A round fires its levels one after another and begins anew, until somebody acknowledges, reports, withdraws or
closes. Departure changes the question, never the chase. Nothing here knows a clock: `now` is an argument.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from amparo_notify.core import pace
from amparo_notify.core.notice import Cause, Medium, Purpose
from amparo_notify.core.policy import ALL_MEDIA, COURT, DEFAULT_POLICY, ROTATION, Level, Policy, Target
from amparo_notify.core.recipients import Reached, Recipient, contacts, copied, resolve
from amparo_notify.core.roster import Roster
from amparo_notify.core.state import CHASES, SILENT, Owed, Phase, Plan, State, Step
from amparo_notify.core.transitions import (
    acknowledged,
    closed,
    displayed,
    extended,
    held,
    opened,
    replanned,
    reported,
    withdrawn,
)

__all__ = [
    "CHASES",
    "SILENT",
    "Owed",
    "Phase",
    "Plan",
    "State",
    "Step",
    "acknowledged",
    "closed",
    "displayed",
    "extended",
    "held",
    "opened",
    "plan",
    "replanned",
    "reported",
    "withdrawn",
]

OWN_COURT = Level((Target(COURT),), ALL_MEDIA, 0)

QUIET = (Medium.SMS, Medium.EMAIL)
"""A copy does not ring."""

OVERDUE = {Cause.DISPLAY: "display_overdue", Cause.OUTCOME: "outcome_overdue"}
"""What a court is told is missing, where somebody has acknowledged."""

REMIND_EVERY = timedelta(days=1)
"""How often a court is reminded to close an order of which everything is known."""


def plan(policy: Policy, roster: Roster, state: State, now: datetime) -> Plan:
    """Return what is owed at `now` and when to look again."""
    if state.phase in SILENT:
        return Plan(state, (), (), None)
    draft = _Draft(policy, roster, state, now)
    draft.pass_deadlines()
    draft.climb()
    draft.tell_incoming()
    draft.remind_court()
    return draft.result()


class _Draft:
    """A plan in the making: the state as it moves and what it owes. It lives for one call of plan()."""

    def __init__(self, policy: Policy, roster: Roster, state: State, now: datetime) -> None:
        self.policy, self.roster, self.state, self.now = policy, roster, state, now
        self.levels = (
            policy.levels or DEFAULT_POLICY.levels
        )  # an empty policy is refused; should one slip in, chase
        self.top = len(self.levels)
        self.notices: list[Owed] = []
        self.steps: list[Step] = []
        self._owed: set[tuple[str, Medium, Purpose, str]] = set()
        self._reached: dict[Level, Reached] = {}

    def pass_deadlines(self) -> None:
        """An acknowledgement that nobody followed by reading, or by reporting, starts the chase again."""
        state = self.state
        if state.phase is Phase.PAUSED and (due := state.display_due or self.now) <= self.now:
            self._resume("display_overdue", due, phase=Phase.CHASING, cause=Cause.DISPLAY, level=0)
            while self.state.level < max(state.level, 1):  # everybody who was reached so far, again
                self._fire_one(due, "display_overdue")
            self._end_round_at_top()
        elif state.phase is Phase.ACKNOWLEDGED and (due := state.outcome_due or self.now) <= self.now:
            below = 0 if pace.pressed(due, state.departs_at) else min(state.level, self.top - 1)
            self._resume("outcome_overdue", due, phase=Phase.OVERDUE, cause=Cause.OUTCOME, level=below)
            self._tell_court("alarm", "outcome_overdue", due)
            self._fire(due, "outcome_overdue")

    def climb(self) -> None:
        """Fire what is due of one round: after an outage nobody gets a burst, for a round ends now, not then."""
        while self.state.phase in CHASES and (due := self._chase_due()) <= self.now:
            if self.state.level == self.top:
                self._begin_round(due)
            self._fire(due, self._reason(due))

    def tell_incoming(self) -> None:
        """Whoever has come on duty since, in a rotation that was reached, and was not told, is told once."""
        if self.state.phase in (*CHASES, Phase.PAUSED, Phase.ACKNOWLEDGED):
            told = self._told()
            incoming: dict[str, tuple[Recipient, Level]] = {}
            for level in [level for number, level in enumerate(self.levels) if self._was_reached(number)]:
                for recipient in self._resolve(level).people:
                    if recipient.on_watch and recipient.officer.badge not in told:
                        incoming.setdefault(recipient.officer.badge, (recipient, level))
            if incoming:
                self._tell_shift(incoming.values())

    def _was_reached(self, number: int) -> bool:
        """Whether this round has fired a level, or an earlier one told somebody of its rotation."""
        state = self.state
        watches = [target.name for target in self.levels[number].targets if target.kind == ROTATION]
        return number < state.level or (
            state.round > 1 and any(state.told & self.roster.members(name) for name in watches)
        )

    def remind_court(self) -> None:
        """Only the court closes an order; it is asked once a day. While a person is no station's, it is called."""
        if self.state.phase is Phase.REPORTED and (due := self._reminder_due()) <= self.now:
            self._move(round=self.state.round + 1, fired_at=self.now)
            if self.state.adrift:
                self._tell_court("alarm", "adrift", due)
            else:
                self._tell_court("reminded", "close", due, (Medium.EMAIL,))

    def result(self) -> Plan:
        """The plan: its state knows who has been told, and its next look lies after now."""
        state = replace(self.state, told=self._told())
        return Plan(state, tuple(self.notices), tuple(self.steps), self._next_at())

    def _told(self) -> frozenset[str]:
        return self.state.told | {owed.badge for owed in self.notices}

    def _next_at(self) -> datetime | None:
        if self.state.phase is Phase.REPORTED:
            return self._reminder_due()
        looks = [self.state.display_due, self.state.outcome_due, self.roster.next_handover(self.now)]
        if self.state.phase in CHASES:
            looks.append(self._chase_due())
        return min(look for look in looks if look is not None)

    def _chase_due(self) -> datetime:
        """When the next level, or after the last the next round, is due."""
        state = self.state
        if state.level == 0:
            return min(state.fired_at or state.opened_at, self.now)
        base = state.fired_at or state.opened_at
        if state.level >= self.top:
            return pace.round_due(base, self.policy.repeat_after, state.departs_at)
        delays = [level.delay for level in self.levels[state.level :]]
        due = pace.level_due(base, delays, state.departs_at)
        if not self._resolve(self.levels[state.level - 1]).people:  # all that it reached have failed, or gone
            return min(due, self.now)
        return due

    def _reason(self, due: datetime) -> str:
        state = self.state
        if state.level == 0:
            return "opened" if state.round == 1 else "unacknowledged"
        if pace.pressed(due, state.departs_at):
            return "departure_near"
        return self._resolve(self.levels[state.level - 1]).why_empty or "unacknowledged"

    def _reminder_due(self) -> datetime:
        again = timedelta(seconds=max(self.policy.repeat_after, 1)) if self.state.adrift else REMIND_EVERY
        return (self.state.fired_at or self.state.opened_at) + again

    def _begin_round(self, due: datetime) -> None:
        state = self.state
        self._step("exhausted", "unacknowledged", due)
        if state.round == 1 and not any(t.kind == COURT for level in self.levels for t in level.targets):
            self._tell_court("alarm", "exhausted", due)
        self._move(round=state.round + 1, level=0)

    def _resume(self, event: str, due: datetime, phase: Phase, cause: Cause, level: int) -> None:
        """Chase again, in a new round where the last was complete, so that no notice repeats another's key."""
        self._step(event, event, due)
        number = self.state.round + (self.state.level >= self.top)
        self._move(
            phase=phase,
            cause=cause,
            level=level,
            round=number,
            display_due=None,
            outcome_due=None,
        )

    def _fire(self, due: datetime, reason: str) -> None:
        """Fire the next level; those with nobody to reach are skipped in the same instant, each with its record."""
        empty = self._fire_one(due, reason)
        while empty and self.state.level < self.top:
            empty = self._fire_one(due, empty)
        self._end_round_at_top()

    def _fire_one(self, due: datetime, reason: str) -> str:
        """Fire the next level and return "", or why it had nobody."""
        level = self.levels[self.state.level]
        reached = self._resolve(level)
        self._move(level=self.state.level + 1, fired_at=due)
        for recipient in reached.people:
            self._chase(recipient, level.media, due, reason)
        event, why = ("escalated", reason) if reached.people else ("skipped", reached.why_empty)
        self._step(event, why, due, reached)
        if level.copies:
            self._copy(due)
        return reached.why_empty

    def _chase(self, recipient: Recipient, media: tuple[Medium, ...], due: datetime, reason: str) -> None:
        """Ask for what is missing. The court's own people are told of it: they acknowledge nothing, they act."""
        cause, detail, first = self.state.cause, "", self.state.round == 1
        if recipient.of_court and cause is not Cause.HOLD:
            cause, detail = Cause.ALARM, OVERDUE.get(cause, reason)
        self._owe(recipient, media, Purpose.CHASE, cause, due, first=first, detail=detail)

    def _copy(self, due: datetime) -> None:
        """Copy COMAR's desk once. It is asked nothing; what becomes of the order it is told with everybody else."""
        desk, told = copied(self.roster), self._told()
        new = tuple(each for each in desk.people if each.officer.badge not in told)
        for recipient in new:
            self._owe(recipient, QUIET, Purpose.INFORM, Cause.COPY, due, first=False)
        if new or (not desk.people and self.state.round == 1):
            self._step("copied", desk.why_empty or "copied", due, replace(desk, people=new))

    def _end_round_at_top(self) -> None:
        """The next round counts from now, however late this one was. Where nobody at all can be reached, alarm."""
        if self.state.level < self.top:
            return
        self._move(fired_at=self.now)
        everybody = [self._resolve(level) for level in self.levels]
        if not any(reached.people for reached in everybody):
            self._tell_court("alarm", "nobody", self.now)

    def _tell_court(
        self, event: str, detail: str, due: datetime, media: tuple[Medium, ...] = ALL_MEDIA
    ) -> None:
        reached = self._resolve(OWN_COURT)
        for recipient in reached.people:
            self._owe(
                recipient, media, Purpose.INFORM, Cause.ALARM, due, first=event == "alarm", detail=detail
            )
        self._step(event, detail, due, reached)

    def _tell_shift(self, incoming: Collection[tuple[Recipient, Level]]) -> None:
        """While nobody has acknowledged, the incoming are chased like the others; afterwards they are informed."""
        chase = self.state.phase in CHASES
        purpose, cause = (Purpose.CHASE, self.state.cause) if chase else (Purpose.INFORM, Cause.SHIFT)
        people = tuple(recipient for recipient, _ in incoming)
        due = min(self.now, max(recipient.since or self.now for recipient in people))
        for recipient, level in incoming:
            self._owe(recipient, level.media, purpose, cause, due, first=True)
        self._step("shift_changed", "shift_changed", due, Reached(people, ()))

    def _owe(
        self,
        recipient: Recipient,
        media: tuple[Medium, ...],
        purpose: Purpose,
        cause: Cause,
        due: datetime,
        *,
        first: bool,
        detail: str = "",
    ) -> None:
        """Add a notice for each medium, unless this person has the same one in this very plan."""
        badge, state = recipient.officer.badge, self.state
        for contact in contacts(recipient.officer, media):
            call = (badge, contact.medium, purpose, detail if purpose is Purpose.INFORM else "")
            if call not in self._owed:
                self._owed.add(call)
                where = (badge, contact.medium, contact.position)
                self.notices.append(
                    Owed(*where, purpose, cause, state.round, state.level, first, due, detail)
                )

    def _resolve(self, level: Level) -> Reached:
        if level not in self._reached:
            self._reached[level] = resolve(level, self.roster, self.now)
        return self._reached[level]

    def _move(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)

    def _step(self, event: str, reason: str, due: datetime, reached: Reached | None = None) -> None:
        recipients, left_out = (reached.sources, reached.left_out) if reached else ((), ())
        self.steps.append(Step(event, reason, self.state.round, self.state.level, due, recipients, left_out))
