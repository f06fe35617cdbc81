"""What is true of every order, whatever the policy, the roster, the zone, the failures and the clock.

A failure prints the steps that led to it and the line that repeats them (`@reproduce_failure`).
"""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from amparo_notify.channels.alarms import ALARMS
from amparo_notify.core import escalation as core
from amparo_notify.core.notice import Cause, Purpose
from amparo_notify.core.order import deadline
from amparo_notify.core.pace import LEAD
from amparo_notify.core.policy import Policy
from amparo_notify.core.roster import Roster
from amparo_notify.core.state import CHASES, SILENT, Phase, Plan, State
from tests.core.strategies import (
    BADGES,
    CENTRAL,
    COURT,
    DESKS,
    TITULAR,
    broken,
    instants,
    overrides,
    policies,
    rosters,
)

departures = st.none() | st.integers(-120, 600).map(lambda minutes: timedelta(minutes=minutes))
QUICK = settings(
    max_examples=120,
    stateful_step_count=25,
    deadline=None,
    print_blob=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
LONG = settings(QUICK, max_examples=2_000, stateful_step_count=60)


class AnyOrder(RuleBasedStateMachine):
    """One escalation, and everything that can happen to it."""

    @initialize(policy=policies(), roster=rosters(), now=instants, departure=departures)
    def open(self, policy: Policy, roster: Roster, now: datetime, departure: timedelta | None) -> None:
        self.policy, self.roster, self.now = policy, roster, now
        self.state: State = core.opened(now, now + departure if departure is not None else None)
        self.keys: set[str] = set()
        self.copied: set[str] = set()
        self.next_at: datetime | None = now
        first = self.look()
        reached = [owed for owed in first.notices if owed.cause is not Cause.COPY]
        assert reached or "alarm" in {step.event for step in first.steps}

    @precondition(lambda self: self.next_at is not None)
    @rule()
    def tick(self) -> None:
        assert self.next_at
        self.now = self.next_at
        self.look()

    @rule(minutes=st.integers(1, 5_000))
    def outage(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.look()

    @rule(seconds=st.integers(1, 600))
    def clock_set_back(self, seconds: int) -> None:
        self.now -= timedelta(seconds=seconds)
        self.look()

    @rule(grade=st.sampled_from(("A0", "A1", "A2", "A3")), displayed=st.booleans())
    def acknowledge(self, grade: str, displayed: bool) -> None:
        self.change(core.acknowledged(self.policy, self.state, grade, displayed, self.now))

    @rule()
    def display(self) -> None:
        self.change(core.displayed(self.policy, self.state, self.now))

    @rule(settled=st.booleans())
    def report(self, settled: bool) -> None:
        self.change(core.reported(self.policy, self.state, settled, self.now))

    @rule(adrift=st.booleans())
    def stations_come_and_go(self, adrift: bool) -> None:
        self.change(replace(self.state, adrift=adrift))

    @rule(departure=departures)
    def correct_the_departure(self, departure: timedelta | None) -> None:
        self.change(core.replanned(self.state, self.now + departure if departure is not None else None))

    @rule()
    def extend(self) -> None:
        self.change(core.extended(self.state, self.now))

    @rule(badge=st.sampled_from((*BADGES, TITULAR, *CENTRAL, *COURT)), usable=st.booleans())
    def contacts_fail_or_mend(self, badge: str, usable: bool) -> None:
        self.roster = broken(self.roster, badge, usable)
        self.look()

    @rule(data=st.data())
    def edit_the_roster(self, data: st.DataObject) -> None:
        self.roster = replace(self.roster, overrides=(*self.roster.overrides, data.draw(overrides(self.now))))
        self.look()

    @precondition(lambda self: self.keys)
    @rule(end=st.sampled_from((core.withdrawn, core.closed)), sure=st.integers(0, 9))
    def end(self, end: type, sure: int) -> None:
        if sure == 0:
            self.change(end(self.state))

    def change(self, state: State) -> None:
        self.state = state
        self.look()

    def look(self) -> Plan:
        """Plan, check everything that must hold, and apply."""
        answer = core.plan(self.policy, self.roster, self.state, self.now)
        self.check_next(answer)
        self.check_again(answer)
        self.check_chase(answer)
        self.check_copies(answer)
        self.check_recipients(answer)
        self.state, self.next_at = answer.state, answer.next_at
        return answer

    def check_next(self, answer: Plan) -> None:
        """There is a next instant, after now, until an order is ended; then there is none and nothing is owed."""
        if answer.state.phase in SILENT:
            assert answer == Plan(self.state, (), (), None)
        else:
            assert answer.next_at is not None
            assert answer.next_at > self.now

    def check_again(self, answer: Plan) -> None:
        """Planning again owes nothing, and no key is ever used twice."""
        assert core.plan(self.policy, self.roster, answer.state, self.now) == Plan(
            answer.state, (), (), answer.next_at
        )
        for owed in answer.notices:
            assert owed.key not in self.keys
            self.keys.add(owed.key)

    def check_chase(self, answer: Plan) -> None:
        """Nobody is chased while a clock runs or after the end; one round at a time, each person once a medium."""
        chases = [owed for owed in answer.notices if owed.purpose is Purpose.CHASE]
        assert not chases or answer.state.phase in CHASES
        assert len({owed.round for owed in chases}) <= 1
        of_court = {owed.badge for owed in chases if owed.badge in self.roster.court}
        assert {o.cause for o in chases if o.badge not in of_court} <= {answer.state.cause}
        assert {o.cause for o in chases if o.badge in of_court} <= {Cause.ALARM}
        assert {o.detail for o in answer.notices if o.cause is Cause.ALARM} <= ALARMS.keys()
        assert Cause.HOLD not in {owed.cause for owed in chases}
        assert (
            max(Counter((o.badge, o.medium, o.purpose, o.detail) for o in answer.notices).values(), default=1)
            == max(Counter((o.badge, o.medium) for o in chases).values(), default=1)
            == 1
        )
        assert all(owed.due_at <= self.now for owed in answer.notices)

    def check_copies(self, answer: Plan) -> None:
        """COMAR's desk is told once, by a plan that fires a level which copies it, and has no part in the chase."""
        mine = {owed.badge for owed in answer.notices if owed.badge in DESKS}
        assert not mine & self.copied
        self.copied |= mine
        copies = [owed for owed in answer.notices if owed.badge in DESKS or owed.cause is Cause.COPY]
        assert all(owed.badge in DESKS and owed.purpose is Purpose.INFORM for owed in copies)
        assert not mine or any(level.copies for level in self.policy.levels)
        for step in answer.steps:
            assert step.event == "copied" or not {badge for badge, _ in step.recipients} & set(DESKS)
        bare = core.plan(self.policy.uncopied(), self.roster, self.state, self.now)
        assert [owed for owed in answer.notices if owed not in copies] == list(bare.notices)
        assert [step for step in answer.steps if step.event != "copied"] == list(bare.steps)
        assert answer.next_at == bare.next_at

    def check_recipients(self, answer: Plan) -> None:
        """Whoever is called is on duty or the declared fallback, by a contact that works, and is on the record."""
        on_duty = {duty.badge for r in ("agentes", "jefatura") for duty in self.roster.on_duty(r, self.now)}
        allowed = {*on_duty, TITULAR, *self.roster.headquarters, *self.roster.court, *DESKS}
        recorded = {badge for step in answer.steps for badge, _ in step.recipients}
        for owed in answer.notices:
            assert owed.badge in allowed & recorded
            assert owed.badge in answer.state.told
            everybody = {**self.roster.officers, **{desk.badge: desk for desk in self.roster.comar}}
            contact = [
                c
                for c in everybody[owed.badge].contacts
                if (c.medium, c.position) == (owed.medium, owed.contact)
            ]
            assert [c.usable for c in contact] == [True]


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = QUICK


@pytest.mark.long
class TestAnyOrderAtLength(AnyOrder.TestCase):  # type: ignore[misc, valid-type]
    settings = LONG


@settings(QUICK, max_examples=150)
@given(policies(), rosters(), instants, st.integers(-60, 600), st.integers(0, 999))
def test_the_last_level_has_fired_before_the_deadline_of_any_order_that_came_before_it(
    policy: Policy, roster: Roster, now: datetime, minutes: int, milliseconds: int
) -> None:
    """However late each tick is, up to a second."""
    departs_at = now + timedelta(minutes=minutes)
    by = deadline(departs_at)
    state, at = core.opened(now, departs_at), now
    while state.round == 1 and state.level < len(policy.levels):
        answer = core.plan(policy, roster, state, at)
        state = answer.state
        assert answer.next_at
        fired = at
        at = answer.next_at + timedelta(milliseconds=milliseconds)
    assert by is not None
    assert fired < by or now >= by - LEAD


@settings(QUICK, max_examples=150)
@given(policies(), rosters(), instants)
def test_an_order_without_departure_keeps_the_pace_of_its_policy(
    policy: Policy, roster: Roster, now: datetime
) -> None:
    state, at = core.opened(now, None), now
    waits: list[float] = []
    while state.round == 1:
        answer = core.plan(policy, roster, state, at)
        assert answer.next_at
        waits += [(step.due_at - now).total_seconds() for step in answer.steps if step.event == "escalated"]
        state, at = answer.state, answer.next_at
    longest = [sum(level.delay for level in policy.levels[: n + 1]) for n in range(len(policy.levels))]
    assert all(wait <= longest[-1] + policy.repeat_after for wait in waits)


@settings(QUICK, max_examples=150)
@given(rosters(), instants, st.data())
def test_nothing_changes_on_a_roster_before_its_next_handover(
    roster: Roster, now: datetime, data: st.DataObject
) -> None:
    roster = replace(roster, overrides=tuple(data.draw(st.lists(overrides(now), max_size=3))))
    turn = roster.next_handover(now) or now + timedelta(days=8)

    def crew(at: datetime) -> list[set[str]]:
        return [{duty.badge for duty in roster.on_duty(r, at)} for r in ("agentes", "jefatura")]

    waited = data.draw(st.integers(0, max(int((turn - now).total_seconds()) - 1, 0)))
    assert crew(now + timedelta(seconds=waited)) == crew(now)
    assert roster.next_handover(now) is None or crew(turn) != crew(now)


@settings(QUICK, max_examples=100)
@given(rosters(), policies(), instants)
def test_a_held_reported_or_ended_order_never_calls_an_officer(
    roster: Roster, policy: Policy, now: datetime
) -> None:
    for phase in (*SILENT, Phase.REPORTED):
        state = State(phase, now, fired_at=now)
        answer = core.plan(policy, roster, state, now + timedelta(days=2))
        assert all(owed.purpose is Purpose.INFORM for owed in answer.notices)
