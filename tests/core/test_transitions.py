"""What people do to an escalation."""

from dataclasses import replace

import pytest

from amparo_notify.core.escalation import (
    acknowledged,
    closed,
    displayed,
    extended,
    held,
    opened,
    plan,
    replanned,
    reported,
    withdrawn,
)
from amparo_notify.core.notice import Cause
from amparo_notify.core.state import Phase, State
from tests.core.station import BURBUJA, NOON, after, called, levels

POLICY = levels(0, 180)
SIGNED = replace(POLICY, required_grade="A3")
CHASED = plan(POLICY, BURBUJA, opened(NOON, None), NOON).state
PAUSED = acknowledged(POLICY, CHASED, "A2", False, NOON)
DISPLAY = replace(CHASED, cause=Cause.DISPLAY)
RUNNING = acknowledged(POLICY, CHASED, "A2", True, NOON)
OVERDUE = replace(CHASED, phase=Phase.OVERDUE, cause=Cause.OUTCOME)
HELD = State(Phase.HELD, NOON)
ENDED = [HELD, replace(CHASED, phase=Phase.WITHDRAWN), replace(CHASED, phase=Phase.CLOSED)]


def test_a_new_order_is_chased() -> None:
    assert (CHASED.phase, CHASED.opened_at) == (Phase.CHASING, NOON)


def test_a_secret_on_the_page_acknowledges_and_starts_the_clock_of_the_outcome() -> None:
    state = acknowledged(POLICY, CHASED, "A2", True, after(seconds=5))
    assert (state.phase, state.outcome_due) == (Phase.ACKNOWLEDGED, after(seconds=905))


def test_a_signature_acknowledges_whatever_was_displayed() -> None:
    assert acknowledged(POLICY, CHASED, "A3", False, NOON).phase is Phase.ACKNOWLEDGED


def test_a_secret_by_reply_only_pauses() -> None:
    assert (PAUSED.phase, PAUSED.display_due) == (Phase.PAUSED, after(seconds=180))


@pytest.mark.parametrize("grade", ["A0", "A1"])
def test_a_lower_grade_changes_nothing(grade: str) -> None:
    assert acknowledged(POLICY, CHASED, grade, True, NOON) is CHASED


def test_a_policy_that_asks_for_a_signature_takes_no_less() -> None:
    assert acknowledged(SIGNED, CHASED, "A2", True, NOON) is CHASED


def test_no_policy_takes_less_than_a_secret() -> None:
    assert acknowledged(replace(POLICY, required_grade="A0"), CHASED, "A1", True, NOON) is CHASED


def test_a_second_reply_does_not_lengthen_the_pause() -> None:
    assert acknowledged(POLICY, PAUSED, "A2", False, after(seconds=100)) is PAUSED


def test_a_reply_does_not_pause_a_chase_for_somebody_to_read() -> None:
    assert acknowledged(POLICY, DISPLAY, "A2", False, NOON) is DISPLAY


def test_reading_after_a_reply_acknowledges() -> None:
    state = displayed(POLICY, PAUSED, after(seconds=10))
    assert (state.phase, state.display_due, state.outcome_due) == (
        Phase.ACKNOWLEDGED,
        None,
        after(seconds=910),
    )


def test_reading_ends_the_chase_for_somebody_to_read() -> None:
    assert displayed(POLICY, DISPLAY, NOON).phase is Phase.ACKNOWLEDGED


@pytest.mark.parametrize("state", [CHASED, RUNNING, OVERDUE, *ENDED])
def test_reading_alone_changes_nothing_else(state: State) -> None:
    assert displayed(POLICY, state, NOON) is state


@pytest.mark.parametrize("state", [RUNNING, OVERDUE, *ENDED])
def test_a_second_acknowledgement_restarts_no_clock(state: State) -> None:
    assert acknowledged(POLICY, state, "A2", True, after(seconds=100)) is state


def test_a_hold_is_ended_by_confirming_and_not_by_acknowledging() -> None:
    state = opened(NOON, None, Cause.HOLD)
    assert acknowledged(POLICY, state, "A2", True, NOON) is state


@pytest.mark.parametrize(("minutes", "seconds"), [(40, 900), (20, 600), (4, 180), (0, 900), (-5, 900)])
def test_the_outcome_is_due_within_half_of_what_is_left_before_departure(minutes: int, seconds: int) -> None:
    state = acknowledged(POLICY, replanned(CHASED, after(minutes=minutes)), "A2", True, NOON)
    assert state.outcome_due == after(seconds=seconds)


@pytest.mark.parametrize("state", [CHASED, PAUSED, RUNNING, OVERDUE])
def test_a_report_that_settles_everybody_ends_every_clock(state: State) -> None:
    ended = reported(POLICY, state, True, after(seconds=7))
    assert (ended.phase, ended.display_due, ended.outcome_due, ended.fired_at) == (
        Phase.REPORTED,
        None,
        None,
        after(seconds=7),
    )


def test_a_report_that_leaves_somebody_open_lets_the_clock_run() -> None:
    assert reported(POLICY, RUNNING, False, NOON) is RUNNING


def test_a_report_that_takes_back_an_earlier_one_starts_the_outcomes_clock_again() -> None:
    known = replace(reported(POLICY, OVERDUE, True, after(seconds=7)), departs_at=after(minutes=20))
    again = reported(POLICY, known, False, NOON)
    assert (again.phase, again.outcome_due) == (Phase.ACKNOWLEDGED, after(seconds=600))


@pytest.mark.parametrize("state", ENDED)
def test_a_report_that_takes_back_an_earlier_one_wakes_no_ended_order(state: State) -> None:
    assert reported(POLICY, state, False, NOON) is state


@pytest.mark.parametrize("state", [*ENDED, reported(POLICY, RUNNING, True, NOON)])
def test_a_report_of_an_ended_order_changes_nothing(state: State) -> None:
    assert reported(POLICY, state, True, after(hours=1)) is state


def test_a_corrected_departure_keeps_the_rest() -> None:
    assert replanned(CHASED, after(hours=1)) == replace(CHASED, departs_at=after(hours=1))


@pytest.mark.parametrize("state", [CHASED, PAUSED, RUNNING, OVERDUE, HELD])
def test_withdrawal_and_closure_stop_every_clock_and_keep_the_rest(state: State) -> None:
    stopped = replace(state, display_due=None, outcome_due=None)
    assert withdrawn(state) == replace(stopped, phase=Phase.WITHDRAWN)
    assert closed(state) == replace(stopped, phase=Phase.CLOSED)


def test_a_held_order_keeps_its_departure() -> None:
    assert held(NOON, after(hours=2)) == State(Phase.HELD, NOON, after(hours=2))


@pytest.mark.parametrize("state", [CHASED, PAUSED, RUNNING, OVERDUE])
def test_a_further_document_begins_a_new_round_of_the_order_itself(state: State) -> None:
    assert extended(state, after(hours=5)) == State(
        Phase.CHASING, NOON, None, state.round + 1, 0, after(hours=5), told=frozenset({"A-3"})
    )


def test_a_further_document_starts_the_chase_anew_from_the_first_level() -> None:
    state = extended(reported(POLICY, RUNNING, True, NOON), after(hours=5))
    assert called(plan(POLICY, BURBUJA, state, after(hours=5))) == ["A-3"]


def test_a_further_document_keeps_the_policy_own_pace() -> None:
    state = extended(RUNNING, after(hours=5))
    assert plan(POLICY, BURBUJA, state, after(hours=5)).next_at == after(hours=5, seconds=180)


@pytest.mark.parametrize("state", ENDED)
def test_a_further_document_does_not_wake_an_ended_escalation(state: State) -> None:
    assert extended(state, NOON) is state
