"""The simulator: weeks of orders at many stations, on the real planner, with a virtual clock.

`simulate(orders, seed)` is pure: the same arguments give the same results on any machine.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import NamedTuple

from amparo_notify.core.escalation import acknowledged, displayed, opened, plan, reported
from amparo_notify.core.notice import Cause, Purpose
from amparo_notify.core.policy import Policy
from amparo_notify.core.roster import Roster
from amparo_notify.core.simulated_world import BEGINS, POLICIES, WEEKS, World, draw_world
from amparo_notify.core.state import Owed, Phase, State

WATCHED = timedelta(hours=24)
"""An order that nobody reported in a day counts as never reported."""

BOUNCE = timedelta(seconds=8)
"""How soon a provider says that a contact no longer works."""

PAGE, REPLY = 0.7, 0.9
"""Of those who notice: a share opens the page, a further share replies with the secret, the rest without it."""

READS_AFTER_REPLY, REPORTS, SETTLES = 0.6, 0.8, 0.93


@dataclass(frozen=True)
class Result:
    """What became of one order. Seconds from its acceptance; None where it never happened."""

    policy: str
    first_notice: float | None
    acknowledged: float | None
    reported: float | None
    left: float | None  # seconds to departure at acceptance; None where unknown
    notices: int
    alarms: int

    @property
    def in_time(self) -> bool | None:
        """Whether somebody acknowledged before departure; None where there was none, or it was past already."""
        if self.left is None or self.left <= 0:
            return None
        return self.acknowledged is not None and self.acknowledged < self.left


class Happening(NamedTuple):
    """Something that a person or a provider will do. `number` keeps the order of equals."""

    at: datetime
    number: int
    what: str
    owed: Owed


def simulate(orders: int, seed: int) -> tuple[Result, ...]:
    """Return what becomes of so many orders; the policies take turns."""
    world = draw_world(seed)
    names = tuple(POLICIES)
    return tuple(_Run(world, number, names[number % len(names)]).result() for number in range(orders))


@dataclass
class _Run:
    """One order in a world. It lives for one call of result()."""

    world: World
    number: int
    name: str
    queue: list[Happening] = field(default_factory=list)
    count: int = 0
    serial: int = 0
    alarms: int = 0
    first: datetime | None = None
    acknowledged_at: datetime | None = None
    reported_at: datetime | None = None

    def result(self) -> Result:
        chance, about = self.world.chance, self.number
        policy: Policy = POLICIES[self.name]
        self.roster: Roster = chance.one_of(self.world.stations, "station", about)
        opened_at = BEGINS + timedelta(weeks=WEEKS) * chance.share("arrives", about)
        left = self._time_left()
        state = opened(opened_at, opened_at + timedelta(seconds=left) if left is not None else None)
        now = opened_at
        while now < opened_at + WATCHED and state.phase is not Phase.REPORTED:
            while self.queue and self.queue[0].at <= now:
                state = self._apply(policy, state, heappop(self.queue), now)
            answer = plan(policy, self.roster, state, now)
            state = answer.state
            self.count += len(answer.notices)
            self.alarms += sum(step.event == "alarm" for step in answer.steps)
            for owed in answer.notices:
                self._send(owed, now)
            next_at = answer.next_at or opened_at + WATCHED
            now = min(next_at, self.queue[0].at) if self.queue else next_at

        def since(at: datetime | None) -> float | None:
            return (at - opened_at).total_seconds() if at else None

        return Result(
            self.name,
            since(self.first),
            since(self.acknowledged_at),
            since(self.reported_at),
            left,
            self.count,
            self.alarms,
        )

    def _time_left(self) -> float | None:
        """Most have hours, some minutes, a few none at all; of some nobody knows."""
        chance, about = self.world.chance, self.number
        if chance.happens(0.05, "unknown", about):
            return None
        if chance.happens(0.03, "past", about):
            return -chance.between(0, 3600, "ago", about)
        return 15 * 60 + chance.wait(3 * 3600, "left", about)

    def _send(self, owed: Owed, now: datetime) -> None:
        """A provider takes a notice, in time; it bounces, or somebody may notice it."""
        at = self.world.handed_over(owed.medium, now)
        self.first = min(self.first or at, at)
        if self.world.is_dead(owed.badge, owed.medium, self.number):
            self._later(at + BOUNCE, "bounces", owed)
            return
        seen = self.world.noticed(self.roster, owed.badge, owed.medium, at, (self.number, owed.key))
        if seen is not None and owed.purpose is Purpose.CHASE:
            self._later(seen + timedelta(seconds=self._draw(20, 90, "reads", owed)), "acts", owed)

    def _apply(self, policy: Policy, state: State, happening: Happening, now: datetime) -> State:
        what, owed = happening.what, happening.owed
        if what == "bounces":
            self.roster = _without(self.roster, owed)
            return state
        if what == "reads":
            after = displayed(policy, state, now)
        elif what == "reports":
            after = reported(policy, state, self._draw(0, 1, "settles", owed) < SETTLES, now)
        elif owed.cause is Cause.OUTCOME or state.phase is Phase.OVERDUE:
            if self._draw(0, 1, "answers", owed) < REPORTS:
                self._later(now + timedelta(seconds=self._wait(240, "report", owed)), "reports", owed)
            return state
        elif owed.cause is Cause.DISPLAY:
            after = displayed(policy, state, now)
        else:
            after = self._acknowledge(policy, state, owed, now)
        self._note(state, after, owed, now)
        return after

    def _acknowledge(self, policy: Policy, state: State, owed: Owed, now: datetime) -> State:
        how = self._draw(0, 1, "how", owed)
        if how >= REPLY:
            return acknowledged(policy, state, "A1", False, now)
        if how >= PAGE and self._draw(0, 1, "then", owed) < READS_AFTER_REPLY:
            self._later(now + timedelta(seconds=self._wait(120, "read", owed)), "reads", owed)
        return acknowledged(policy, state, "A2", how < PAGE, now)

    def _note(self, before: State, after: State, owed: Owed, now: datetime) -> None:
        """Remember when the order was acknowledged and reported; whoever acknowledges goes and looks."""
        if after.phase is Phase.ACKNOWLEDGED and before.phase is not Phase.ACKNOWLEDGED:
            self.acknowledged_at = self.acknowledged_at or now
            if self._draw(0, 1, "goes", owed) < REPORTS:
                self._later(now + timedelta(seconds=120 + self._wait(300, "looks", owed)), "reports", owed)
        if after.phase is Phase.REPORTED:
            self.acknowledged_at = self.acknowledged_at or now
            self.reported_at = now

    def _later(self, at: datetime, what: str, owed: Owed) -> None:
        self.serial += 1
        heappush(self.queue, Happening(at, self.serial, what, owed))

    def _draw(self, low: float, high: float, what: str, owed: Owed) -> float:
        return self.world.chance.between(low, high, what, self.number, owed.key)

    def _wait(self, mean: float, what: str, owed: Owed) -> float:
        return self.world.chance.wait(mean, what, self.number, owed.key)


def _without(roster: Roster, owed: Owed) -> Roster:
    """The roster without a contact that bounced."""
    officer = roster.officers[owed.badge]
    contacts = tuple(
        replace(c, usable=False) if (c.medium, c.position) == (owed.medium, owed.contact) else c
        for c in officer.contacts
    )
    return replace(roster, officers={**roster.officers, owed.badge: replace(officer, contacts=contacts)})
