"""Copies to COMAR's desk: beside those who are reached, once, and with no part in the chase."""

from dataclasses import replace

from amparo_notify.core.coverage import concerns
from amparo_notify.core.escalation import State, opened, plan
from amparo_notify.core.notice import Cause, Medium, Purpose
from amparo_notify.core.policy import ALL_MEDIA, COMAR, Level, Policy, Target
from amparo_notify.core.preview import preview
from amparo_notify.core.roster import Contact, Roster
from amparo_notify.core.state import Owed, Step
from tests.core.station import BURBUJA, NOON, after, called, events, levels, officer, unreachable, without

DESK = replace(officer("CO-1", "COMAR", (Contact(Medium.EMAIL),)), desk=True)
KNOWN = replace(BURBUJA, comar=(DESK,))
PLAIN = levels(0, 180, 300)


def copied(*numbers: int, policy: Policy = PLAIN) -> Policy:
    """The policy with a copy at these levels, counted from 0."""
    chosen = (
        replace(level, targets=(*level.targets, Target(COMAR))) if number in numbers else level
        for number, level in enumerate(policy.levels)
    )
    return replace(policy, levels=tuple(chosen))


def started(policy: Policy, roster: Roster = KNOWN) -> State:
    return plan(policy, roster, opened(NOON, None), NOON).state


def test_a_copy_is_one_mail_that_informs() -> None:
    answer = plan(copied(0), KNOWN, opened(NOON, None), NOON)
    mine = [owed for owed in answer.notices if owed.badge == "CO-1"]
    assert mine == [Owed("CO-1", Medium.EMAIL, 0, Purpose.INFORM, Cause.COPY, 1, 1, False, NOON)]
    assert called(answer) == ["A-3"]


def test_a_desk_with_every_way_to_reach_it_is_not_rung() -> None:
    roster = replace(BURBUJA, comar=(replace(officer("CO-1", "COMAR"), desk=True),))
    answer = plan(copied(0), roster, opened(NOON, None), NOON)
    assert {owed.medium for owed in answer.notices if owed.badge == "CO-1"} == {Medium.SMS, Medium.EMAIL}


def test_a_copy_has_a_step_of_its_own_after_its_levels() -> None:
    answer = plan(copied(0), KNOWN, opened(NOON, None), NOON)
    assert answer.steps == (
        Step("escalated", "opened", 1, 1, NOON, (("A-3", "rotation agentes"),)),
        Step("copied", "copied", 1, 1, NOON, (("CO-1", "copy comar"),)),
    )


def test_a_copy_is_due_when_its_level_was_however_late_the_look() -> None:
    answer = plan(copied(1), KNOWN, started(copied(1)), after(seconds=200))
    assert [owed.due_at for owed in answer.notices if owed.badge == "CO-1"] == [after(seconds=180)]


def test_a_desk_that_was_told_is_not_copied_again() -> None:
    policy = copied(0, 1)
    answer = plan(policy, KNOWN, started(policy), after(seconds=180))
    assert events(answer) == [("escalated", "unacknowledged", 2)]


def test_levels_that_fire_at_once_copy_once() -> None:
    answer = plan(copied(0, 1, 2), KNOWN, opened(NOON, NOON), NOON)
    assert [owed.badge for owed in answer.notices].count("CO-1") == 1
    assert [step.event for step in answer.steps].count("copied") == 1


def test_a_level_that_only_the_copy_could_reach_is_skipped_at_once() -> None:
    answer = plan(copied(0), without(KNOWN, "A-3"), opened(NOON, None), NOON)
    assert events(answer) == [
        ("skipped", "all_contacts_failed", 1),
        ("copied", "copied", 1),
        ("escalated", "all_contacts_failed", 2),
    ]


def test_a_desk_that_cannot_be_written_to_is_on_record_once() -> None:
    policy = copied(0)
    roster = replace(BURBUJA, comar=(unreachable("CO-1", "COMAR"),))
    state, seen, at = opened(NOON, None), [], NOON
    while state.round < 3:
        answer = plan(policy, roster, state, at)
        assert answer.next_at
        seen += [step for step in answer.steps if step.event == "copied"]
        state, at = answer.state, answer.next_at
    left_out = (("CO-1", "all_contacts_failed"),)
    assert seen == [Step("copied", "all_contacts_failed", 1, 1, NOON, (), left_out)]


def test_no_desk_at_all_is_on_record_too() -> None:
    answer = plan(copied(0), BURBUJA, opened(NOON, None), NOON)
    assert events(answer) == [("escalated", "opened", 1), ("copied", "nobody_on_duty", 1)]


def test_of_two_desks_each_is_copied_by_its_own_contacts() -> None:
    roster = replace(BURBUJA, comar=(DESK, unreachable("CO-2", "COMAR")))
    step = plan(copied(0), roster, opened(NOON, None), NOON).steps[1]
    assert (step.reason, step.recipients, step.left_out) == (
        "copied",
        (("CO-1", "copy comar"),),
        (("CO-2", "all_contacts_failed"),),
    )


def test_the_policy_of_an_order_that_allows_no_copy_has_none() -> None:
    assert copied(0, 2).uncopied() == PLAIN


def test_a_level_that_only_copies_is_refused() -> None:
    policy = replace(PLAIN, levels=(Level((Target(COMAR),), ALL_MEDIA, 0), *PLAIN.levels[1:]))
    assert "solo da copia" in policy.faults()[0].problem


def test_a_copy_beside_somebody_is_no_fault() -> None:
    assert copied(0, policy=levels(0, 180, 300, 300)).faults() == ()


def test_a_copy_is_no_way_out_of_a_policy() -> None:
    assert "no tiene salida" in copied(0, policy=levels(0)).faults()[0].problem


def test_a_preview_shows_the_copy_with_its_level() -> None:
    first, second, *_ = preview(copied(0), KNOWN, NOON, None)
    assert (first.reason, second.reason, second.recipients) == ("opened", "copied", (("CO-1", Medium.EMAIL),))


def test_a_desk_covers_nothing_and_worries_nobody() -> None:
    alone = replace(without(BURBUJA, "A-1", "A-2", "A-3"), comar=(unreachable("CO-1", "COMAR"), DESK))
    subjects = {each.subject for each in concerns(alone, NOON, after(days=7))}
    assert "agentes" in subjects
    assert not {"CO-1", "COMAR"} & subjects


def test_a_desk_that_came_later_is_copied_alone() -> None:
    policy = copied(0, 1)
    roster = replace(BURBUJA, comar=(DESK, replace(DESK, badge="CO-2")))
    answer = plan(policy, roster, started(policy), after(seconds=180))
    assert answer.steps[1].recipients == (("CO-2", "copy comar"),)
