"""What a plan leaves for the log, and everything that a notice says of itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from amparo_notify.core.escalation import acknowledged, opened, plan, reported
from amparo_notify.core.notice import Cause, Medium, Purpose
from amparo_notify.core.state import Owed, Phase, Step
from tests.core.station import BURBUJA, NOON, after, guard, levels

TWO = levels(0, 180, media=(Medium.SMS,))
OPENED = plan(TWO, BURBUJA, opened(NOON, None), NOON)
AGENT, CHIEF, COURT = (
    (("A-3", "rotation agentes"),),
    (("J-1", "rotation jefatura"),),
    (("C-1", "fallback court"),),
)
EMPTY = replace(BURBUJA, rotations=())
LATE = timedelta(seconds=7)


def chase(badge: str, cause: Cause, round_: int, level: int, due_at: datetime, first: bool = True) -> Owed:
    return Owed(badge, Medium.SMS, 0, Purpose.CHASE, cause, round_, level, first, due_at)


def alarm(detail: str, round_: int, level: int, due_at: datetime) -> tuple[Owed, ...]:
    return tuple(
        Owed("C-1", medium, 0, Purpose.INFORM, Cause.ALARM, round_, level, True, due_at, detail)
        for medium in Medium
    )


def test_of_a_level_that_fires_late() -> None:
    due = after(seconds=180)
    answer = plan(TWO, BURBUJA, OPENED.state, due + LATE)
    assert answer.steps == (Step("escalated", "unacknowledged", 1, 2, due, CHIEF),)
    assert answer.notices == (chase("J-1", Cause.ORDER, 1, 2, due),)
    assert (answer.state.fired_at, answer.next_at) == (due + LATE, due + LATE + timedelta(seconds=300))


def test_of_a_round_that_passed_unanswered_without_the_court_in_the_policy() -> None:
    state = plan(TWO, BURBUJA, OPENED.state, after(seconds=180)).state
    due = after(seconds=480)
    answer = plan(TWO, BURBUJA, state, due + LATE)
    assert answer.steps == (
        Step("exhausted", "unacknowledged", 1, 2, due),
        Step("alarm", "exhausted", 1, 2, due, COURT),
        Step("escalated", "unacknowledged", 2, 1, due, AGENT),
    )
    assert answer.notices == (
        *alarm("exhausted", 1, 2, due),
        chase("A-3", Cause.ORDER, 2, 1, due, first=False),
    )
    assert (answer.state.fired_at, answer.next_at) == (due, after(seconds=660))


def test_of_a_person_who_is_no_stations() -> None:
    lost = replace(reported(TWO, OPENED.state, True, NOON), adrift=True)
    due = after(seconds=300)
    assert plan(TWO, BURBUJA, lost, after(seconds=299)).next_at == due
    answer = plan(TWO, BURBUJA, lost, due + LATE)
    assert answer.steps == (Step("alarm", "adrift", 2, 1, due, COURT),)
    assert answer.notices == alarm("adrift", 2, 1, due)
    assert answer.next_at == due + LATE + timedelta(seconds=300)


def test_a_person_who_is_no_stations_is_called_about_every_second_where_the_policy_says_so() -> None:
    lost = replace(reported(TWO, OPENED.state, True, NOON), adrift=True)
    for policy in (replace(TWO, repeat_after=1), replace(TWO, repeat_after=0)):
        assert plan(policy, BURBUJA, lost, NOON).next_at == after(seconds=1)


def test_of_an_acknowledgement_by_reply_that_nobody_followed_by_reading() -> None:
    due = after(seconds=190)
    answer = plan(TWO, BURBUJA, acknowledged(TWO, OPENED.state, "A2", False, after(seconds=10)), due + LATE)
    assert answer.steps == (
        Step("display_overdue", "display_overdue", 1, 1, due),
        Step("escalated", "display_overdue", 1, 1, due, AGENT),
    )
    assert answer.notices == (chase("A-3", Cause.DISPLAY, 1, 1, due),)
    assert (answer.state.fired_at, answer.state.display_due, answer.next_at) == (
        due,
        None,
        after(seconds=370),
    )


def test_of_an_outcome_that_is_overdue() -> None:
    due = after(seconds=910)
    answer = plan(TWO, BURBUJA, acknowledged(TWO, OPENED.state, "A2", True, after(seconds=10)), due + LATE)
    assert answer.steps == (
        Step("outcome_overdue", "outcome_overdue", 1, 1, due),
        Step("alarm", "outcome_overdue", 1, 1, due, COURT),
        Step("escalated", "outcome_overdue", 1, 2, due, CHIEF),
    )
    assert answer.notices == (*alarm("outcome_overdue", 1, 1, due), chase("J-1", Cause.OUTCOME, 1, 2, due))
    assert (answer.state.phase, answer.state.outcome_due) == (Phase.OVERDUE, None)


def test_of_levels_that_are_skipped_one_after_another() -> None:
    three = levels(0, 180, 300, media=(Medium.SMS,))
    answer = plan(three, EMPTY, opened(NOON, None), NOON + LATE)
    assert answer.steps == (
        Step("skipped", "nobody_on_duty", 1, 1, NOON),
        Step("skipped", "nobody_on_duty", 1, 2, NOON),
        Step("escalated", "nobody_on_duty", 1, 3, NOON, (("T-1", "post titular"),)),
    )
    assert answer.notices == (chase("T-1", Cause.ORDER, 1, 3, NOON),)


def test_of_nobody_at_all() -> None:
    answer = plan(TWO, EMPTY, opened(NOON, None), NOON + LATE)
    assert answer.steps[2:] == (Step("alarm", "nobody", 1, 2, NOON + LATE, COURT),)
    assert answer.notices == alarm("nobody", 1, 2, NOON + LATE)


def test_of_a_shift_change_after_an_acknowledgement() -> None:
    handover = datetime(2026, 3, 2, 14, tzinfo=UTC)
    clock = handover + timedelta(minutes=9)
    state = replace(OPENED.state, phase=Phase.ACKNOWLEDGED, outcome_due=clock, round=2)
    answer = plan(TWO, BURBUJA, state, handover + LATE)
    assert answer.steps == (
        Step("shift_changed", "shift_changed", 2, 1, handover, (("A-1", "rotation agentes"),)),
    )
    assert answer.notices == (Owed("A-1", Medium.SMS, 0, Purpose.INFORM, Cause.SHIFT, 2, 1, True, handover),)


def test_of_two_who_come_on_duty_at_once() -> None:
    pairs = replace(BURBUJA, rotations=(guard("agentes", ("A-1", "A-2"), ("A-3",)), BURBUJA.rotations[1]))
    handover = datetime(2026, 3, 2, 14, tzinfo=UTC)
    clock = handover + timedelta(minutes=9)
    state = replace(OPENED.state, phase=Phase.ACKNOWLEDGED, outcome_due=clock)
    (step,) = plan(TWO, pairs, state, handover).steps
    assert step.recipients == (("A-1", "rotation agentes"), ("A-2", "rotation agentes"))


def test_of_a_reminder_to_close() -> None:
    due = after(days=1)
    answer = plan(TWO, BURBUJA, reported(TWO, OPENED.state, True, NOON), due + LATE)
    assert answer.steps == (Step("reminded", "close", 2, 1, due, COURT),)
    assert answer.notices == (
        Owed("C-1", Medium.EMAIL, 0, Purpose.INFORM, Cause.ALARM, 2, 1, False, due, "close"),
    )
    assert answer.next_at == due + LATE + timedelta(days=1)
