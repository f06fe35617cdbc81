"""What is owed now, and when to look again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from amparo_notify.core.escalation import (
    acknowledged,
    closed,
    held,
    opened,
    plan,
    replanned,
    reported,
    withdrawn,
)
from amparo_notify.core.notice import Cause, Medium, Purpose
from amparo_notify.core.policy import DEFAULT_POLICY, HOLD_POLICY, Level, Policy, Target
from amparo_notify.core.roster import Contact, Override
from amparo_notify.core.state import Phase, Plan, State
from tests.core.station import (
    BURBUJA,
    NOON,
    after,
    called,
    covered,
    events,
    guard,
    informed,
    levels,
    officer,
    people,
    without,
)

FOUR = levels(0, 180, 300, 300)
EMPTY = replace(BURBUJA, rotations=())
HANDOVER = datetime(2026, 3, 2, 14, tzinfo=UTC)


def first(policy: Policy = FOUR, departs_at: datetime | None = None) -> Plan:
    return plan(policy, BURBUJA, opened(NOON, departs_at), NOON)


def at(now: datetime, policy: Policy = FOUR, departs_at: datetime | None = None) -> Plan:
    """The plan at `now` of an order opened at noon that was looked at whenever it asked to be."""
    current = first(policy, departs_at)
    while current.next_at and current.next_at < now:
        current = plan(policy, BURBUJA, current.state, current.next_at)
    return plan(policy, BURBUJA, current.state, now)


def firings(policy: Policy, departs_at: datetime | None, looks: int) -> list[tuple[int, int, float]]:
    """(round, level, seconds after noon) of what fires in so many looks."""
    current, now, fired = first(policy, departs_at), NOON, list[tuple[int, int, float]]()
    for _ in range(looks):
        fired += [
            (s.round, s.level, (now - NOON).total_seconds()) for s in current.steps if s.event == "escalated"
        ]
        assert current.next_at
        now = current.next_at
        current = plan(policy, BURBUJA, current.state, now)
    return fired


class TestTheFirstLevel:
    def test_reaches_those_on_duty_at_once_by_every_medium(self) -> None:
        owed = first().notices
        assert [(notice.badge, notice.medium) for notice in owed] == [("A-3", medium) for medium in Medium]

    def test_is_a_chase_about_the_order_that_goes_before_any_repeat(self) -> None:
        owed = first().notices[0]
        assert (owed.purpose, owed.cause, owed.first, owed.due_at) == (Purpose.CHASE, Cause.ORDER, True, NOON)

    def test_is_recorded_with_the_ground_for_each_recipient(self) -> None:
        (step,) = first().steps
        assert (step.event, step.reason, step.recipients) == (
            "escalated",
            "opened",
            (("A-3", "rotation agentes"),),
        )

    def test_fires_even_if_the_clock_was_set_back_since(self) -> None:
        assert called(plan(FOUR, BURBUJA, opened(after(minutes=5), None), NOON)) == ["A-3"]

    @pytest.mark.parametrize("turn", [1, -1])
    def test_uses_the_first_contact_that_works(self, turn: int) -> None:
        contacts = (Contact(Medium.SMS, 0, usable=False), Contact(Medium.SMS, 2), Contact(Medium.SMS, 1))[
            ::turn
        ]
        roster = replace(BURBUJA, officers={**BURBUJA.officers, "A-3": officer("A-3", contacts=contacts)})
        assert [o.contact for o in plan(FOUR, roster, opened(NOON, None), NOON).notices] == [1]

    def test_reaches_somebody_without_a_telephone_by_mail(self) -> None:
        mail_only = officer("A-3", contacts=(Contact(Medium.EMAIL),))
        roster = replace(BURBUJA, officers={**BURBUJA.officers, "A-3": mail_only})
        sms = levels(0, 180, media=(Medium.SMS,))
        assert [o.medium for o in plan(sms, roster, opened(NOON, None), NOON).notices] == [Medium.EMAIL]

    def test_uses_the_media_that_an_officer_added(self) -> None:
        roster = replace(
            BURBUJA, officers={**BURBUJA.officers, "A-3": replace(officer("A-3"), also=(Medium.VOICE,))}
        )
        sms = levels(0, 180, media=(Medium.SMS,))
        owed = plan(sms, roster, opened(NOON, None), NOON).notices
        assert [notice.medium for notice in owed] == [Medium.SMS, Medium.VOICE]

    def test_records_who_was_relieved(self) -> None:
        roster = covered(BURBUJA, Override("agentes", NOON, after(hours=9), ("A-1",), ("A-3",)))
        (step,) = plan(FOUR, roster, opened(NOON, None), NOON).steps
        assert step.recipients == (("A-1", "override agentes"),)
        assert step.left_out == (("A-3", "relieved_by_override"),)

    def test_of_a_kind_that_nobody_knows_is_skipped(self) -> None:
        odd = Policy((Level((Target("consulado"),), (Medium.SMS,), 0), *FOUR.levels), 300)
        assert called(plan(odd, BURBUJA, opened(NOON, None), NOON)) == ["A-3"]

    def test_calls_somebody_named_twice_once(self) -> None:
        both = Level((Target("rotation", "agentes"), Target("post", "agente")), (Medium.SMS,), 0)
        answer = plan(Policy((both,), 300), BURBUJA, opened(NOON, None), NOON)
        assert [notice.badge for notice in answer.notices] == ["A-3", "A-1", "A-2"]


class TestTheClimb:
    def test_fires_each_level_its_delay_after_the_one_before(self) -> None:
        assert firings(FOUR, None, 4) == [(1, 1, 0), (1, 2, 180), (1, 3, 480), (1, 4, 780)]

    def test_begins_a_new_round_after_the_last_level(self) -> None:
        assert firings(FOUR, None, 6)[4:] == [(2, 1, 1080), (2, 2, 1260)]

    def test_never_ends(self) -> None:
        assert firings(FOUR, None, 400)[-1][0] >= 90

    def test_marks_what_comes_after_the_first_round_as_repeats(self) -> None:
        assert {notice.first for notice in at(after(seconds=1080)).notices} == {False}

    def test_records_that_the_last_level_passed_unanswered(self) -> None:
        assert events(at(after(seconds=1080)))[0] == ("exhausted", "unacknowledged", 4)

    def test_tells_the_court_once_that_a_policy_without_it_was_exhausted(self) -> None:
        agents = levels(0)
        rounds = [at(after(seconds=300 * n), agents) for n in range(4)]
        assert [informed(answer) for answer in rounds] == [[], ["C-1"], [], []]

    def test_takes_who_is_on_duty_when_the_level_fires(self) -> None:
        roster = covered(BURBUJA, Override("jefatura", after(seconds=100), after(hours=1), ("A-2",)))
        answer = plan(FOUR, roster, first().state, after(seconds=180))
        assert called(answer) == ["A-2"]

    def test_waits_a_second_between_rounds_even_where_a_policy_says_none(self) -> None:
        assert first(levels(0, repeat_after=0)).next_at == after(seconds=1)

    def test_falls_back_on_the_default_levels_for_a_policy_that_has_none(self) -> None:
        assert called(plan(Policy((), 300), BURBUJA, opened(NOON, None), NOON)) == ["A-3"]


class TestADeparture:
    @pytest.mark.parametrize("minutes", [46, 47, 50, 55, 58, 60, 90, 600])
    def test_is_preceded_by_every_level_by_forty_five_minutes(self, minutes: int) -> None:
        fired = [s for _, level, s in firings(FOUR, after(minutes=minutes), 4) if level == 4]
        assert fired[0] < (minutes - 45) * 60

    def test_far_away_leaves_the_policy_its_own_pace(self) -> None:
        assert firings(FOUR, after(hours=2), 4) == [(1, 1, 0), (1, 2, 180), (1, 3, 480), (1, 4, 780)]

    def test_near_compresses_the_delays_in_proportion(self) -> None:
        half = after(minutes=45, seconds=391)
        assert firings(FOUR, half, 4) == [(1, 1, 0), (1, 2, 90), (1, 3, 240), (1, 4, 390)]

    @pytest.mark.parametrize("minutes", [-600, -1, 0, 10, 44, 45])
    def test_inside_the_margin_or_past_reaches_everybody_at_once(self, minutes: int) -> None:
        assert called(first(departs_at=after(minutes=minutes))) == ["A-3", "J-1", "T-1", "C-1"]

    def test_inside_the_margin_is_the_reason_recorded_for_the_higher_levels(self) -> None:
        assert [reason for _, reason, _ in events(first(departs_at=NOON))] == ["opened"] + [
            "departure_near"
        ] * 3

    def test_reached_at_once_is_called_once_where_two_levels_name_the_same_person(self) -> None:
        twice = Policy((*FOUR.levels, FOUR.levels[0]), 300)
        notices = first(twice, NOON).notices
        assert len({(notice.badge, notice.medium) for notice in notices}) == len(notices)

    def test_makes_rounds_follow_faster_but_not_faster_than_a_minute(self) -> None:
        seconds = [s for _, level, s in firings(FOUR, after(minutes=20), 12) if level == 1]
        waits = [later - earlier for earlier, later in pairwise(seconds)]
        assert waits[0] == 120
        assert min(waits) == 60

    def test_leaves_whole_seconds_between_rounds(self) -> None:
        answer = first(departs_at=after(seconds=1205))
        assert answer.next_at == after(seconds=120)

    def test_at_this_very_instant_leaves_the_rounds_to_the_policy(self) -> None:
        assert first(departs_at=NOON).next_at == after(seconds=300)

    def test_is_the_reason_of_a_last_level_that_fires_at_the_very_deadline(self) -> None:
        by = after(minutes=45, seconds=391)
        assert [s.reason for s in at(after(seconds=390), departs_at=by).steps] == ["departure_near"]

    def test_exactly_at_the_margin_is_near(self) -> None:
        assert events(first(departs_at=after(minutes=45)))[-1] == ("escalated", "departure_near", 4)

    def test_that_has_passed_returns_the_rounds_to_the_policy(self) -> None:
        seconds = [s for _, level, s in firings(FOUR, after(minutes=-1), 4) if level == 1]
        assert seconds == [0, 300, 600, 900]

    def test_moved_forward_hurries_the_levels_that_are_left(self) -> None:
        sooner = replanned(first(departs_at=after(hours=9)).state, after(minutes=30))
        assert called(plan(FOUR, BURBUJA, sooner, after(seconds=10))) == ["J-1", "T-1", "C-1"]

    def test_put_off_gives_the_levels_their_own_time_again(self) -> None:
        later = replanned(first(departs_at=after(minutes=47)).state, after(hours=9))
        assert plan(FOUR, BURBUJA, later, after(seconds=1)).next_at == after(seconds=180)


class TestNobody:
    def test_on_duty_skips_the_level_in_the_same_instant_with_a_record(self) -> None:
        roster = replace(BURBUJA, rotations=(guard("jefatura", ("J-1",)),))
        answer = plan(FOUR, roster, opened(NOON, None), NOON)
        assert events(answer) == [("skipped", "nobody_on_duty", 1), ("escalated", "nobody_on_duty", 2)]
        assert called(answer) == ["J-1"]

    def test_reachable_skips_the_level_and_names_who_was_left_out(self) -> None:
        answer = plan(FOUR, without(BURBUJA, "A-3"), opened(NOON, None), NOON)
        assert (answer.steps[0].reason, answer.steps[0].left_out) == (
            "all_contacts_failed",
            (("A-3", "all_contacts_failed"),),
        )

    def test_known_by_a_badge_is_left_out_and_recorded(self) -> None:
        roster = replace(BURBUJA, officers={b: o for b, o in BURBUJA.officers.items() if b != "A-3"})
        assert plan(FOUR, roster, opened(NOON, None), NOON).steps[0].left_out == (
            ("A-3", "all_contacts_failed"),
        )

    def test_left_of_a_level_that_had_fired_moves_on_at_once(self) -> None:
        answer = plan(FOUR, without(BURBUJA, "A-3"), first().state, after(seconds=20))
        assert events(answer) == [("escalated", "all_contacts_failed", 2)]

    def test_on_the_next_watch_moves_on_at_the_handover(self) -> None:
        slow = levels(0, 80_000)
        roster = replace(BURBUJA, rotations=(guard("agentes", ("A-3",), (), ()), guard("jefatura", ("J-1",))))
        opening = replace(roster, rotations=(guard("agentes", (), (), ("A-3",)), roster.rotations[1]))
        answer = plan(slow, opening, opened(NOON, None), NOON)
        assert answer.next_at == HANDOVER
        assert called(plan(slow, opening, answer.state, HANDOVER)) == ["J-1"]

    def test_at_all_is_an_alarm_to_the_court(self) -> None:
        answer = plan(levels(0, 180), EMPTY, opened(NOON, None), NOON)
        assert events(answer)[-1] == ("alarm", "nobody", 2)
        assert informed(answer) == ["C-1"]

    def test_at_all_still_looks_again(self) -> None:
        assert plan(levels(0, 180), EMPTY, opened(NOON, None), NOON).next_at == after(seconds=300)

    def test_not_even_at_the_court_is_still_an_alarm(self) -> None:
        answer = plan(FOUR, replace(EMPTY, officers={}), opened(NOON, None), NOON)
        assert answer.steps[-1].event == "alarm"
        assert answer.notices == ()

    def test_but_the_court_in_the_policy_is_no_alarm(self) -> None:
        station = people(BURBUJA.officers["C-1"])
        answer = plan(FOUR, replace(EMPTY, officers=station), opened(NOON, None), NOON)
        assert [event for event, _, _ in events(answer)] == ["skipped", "skipped", "skipped", "escalated"]

    def test_alarms_again_with_every_round(self) -> None:
        policy = levels(0, 180)
        answer = plan(policy, EMPTY, opened(NOON, None), NOON)
        again = plan(policy, EMPTY, answer.state, after(seconds=300))
        assert informed(again) == ["C-1"]


class TestAnOutage:
    def test_of_minutes_owes_the_levels_missed_with_the_instants_they_were_due(self) -> None:
        answer = plan(FOUR, BURBUJA, first().state, after(seconds=500))
        assert called(answer) == ["J-1", "T-1"]
        assert [step.due_at for step in answer.steps] == [after(seconds=180), after(seconds=480)]

    def test_of_minutes_leaves_the_next_level_its_own_instant(self) -> None:
        assert plan(FOUR, BURBUJA, first().state, after(seconds=500)).next_at == after(seconds=780)

    def test_of_days_owes_one_round_and_each_person_once(self) -> None:
        answer = plan(FOUR, BURBUJA, at(after(seconds=780)).state, after(days=3))
        assert called(answer) == ["A-3", "J-1", "T-1", "C-1"]
        assert {notice.round for notice in answer.notices} == {2}
        assert len({(notice.badge, notice.medium) for notice in answer.notices}) == len(answer.notices)

    def test_of_days_is_followed_by_a_pause_and_not_by_another_round(self) -> None:
        assert plan(FOUR, BURBUJA, at(after(seconds=780)).state, after(days=3)).next_at == after(
            days=3, seconds=300
        )


class TestAnAcknowledgementByReply:
    def paused(self) -> State:
        return acknowledged(FOUR, at(after(seconds=190)).state, "A2", False, after(seconds=200))

    def test_pauses_the_chase(self) -> None:
        answer = plan(FOUR, BURBUJA, self.paused(), after(seconds=300))
        assert (answer.notices, answer.next_at) == ((), after(seconds=380))

    def test_that_nobody_follows_by_reading_starts_the_chase_again_with_those_reached(self) -> None:
        answer = plan(FOUR, BURBUJA, self.paused(), after(seconds=380))
        assert called(answer) == ["A-3", "J-1"]
        assert {notice.cause for notice in answer.notices} == {Cause.DISPLAY}

    def test_that_nobody_follows_by_reading_goes_on_climbing_from_there(self) -> None:
        answer = plan(FOUR, BURBUJA, self.paused(), after(seconds=380))
        assert (answer.state.phase, answer.next_at) == (Phase.CHASING, after(seconds=680))

    def test_at_the_top_starts_a_new_round_so_that_no_key_repeats(self) -> None:
        state = acknowledged(FOUR, at(after(seconds=780)).state, "A2", False, after(seconds=800))
        answer = plan(FOUR, BURBUJA, state, after(seconds=980))
        assert {notice.round for notice in answer.notices} == {2}
        assert answer.next_at == after(seconds=1280)

    def test_without_a_clock_is_read_as_overdue(self) -> None:
        assert called(plan(FOUR, BURBUJA, replace(self.paused(), display_due=None), after(seconds=201)))


class TestAnOverdueOutcome:
    def overdue(self) -> State:
        return acknowledged(FOUR, first().state, "A2", True, after(seconds=60))

    def test_owes_nothing_before_its_time(self) -> None:
        answer = plan(FOUR, BURBUJA, self.overdue(), after(seconds=959))
        assert (answer.notices, answer.next_at) == ((), after(seconds=960))

    def test_resumes_one_level_up_and_tells_the_court(self) -> None:
        answer = plan(FOUR, BURBUJA, self.overdue(), after(seconds=960))
        assert (called(answer), informed(answer)) == (["J-1"], ["C-1"])
        assert answer.notices[-1].cause is Cause.OUTCOME

    def test_keeps_climbing_and_repeating(self) -> None:
        state, now = self.overdue(), after(seconds=960)
        reached: list[str] = []
        for _ in range(5):
            answer = plan(FOUR, BURBUJA, state, now)
            reached += called(answer)
            assert answer.next_at
            state, now = answer.state, answer.next_at
        assert reached == ["J-1", "T-1", "C-1", "A-3", "J-1"]

    def test_acknowledged_at_the_top_calls_the_top_again(self) -> None:
        state = acknowledged(FOUR, at(after(seconds=780)).state, "A2", True, after(seconds=800))
        answer = plan(FOUR, BURBUJA, state, after(seconds=1700))
        assert (called(answer), answer.state.round) == (["C-1"], 2)

    def test_near_departure_reaches_everybody_at_once(self) -> None:
        state = replace(self.overdue(), departs_at=after(minutes=30))
        assert called(plan(FOUR, BURBUJA, state, after(seconds=960))) == ["A-3", "J-1", "T-1", "C-1"]

    def test_without_a_clock_is_read_as_overdue(self) -> None:
        assert called(plan(FOUR, BURBUJA, replace(self.overdue(), outcome_due=None), after(seconds=61)))


class TestAShiftChange:
    def test_is_looked_at_while_the_order_is_open(self) -> None:
        slow = levels(0, 80_000)
        assert first(slow).next_at == HANDOVER

    def test_calls_the_incoming_while_nobody_has_acknowledged(self) -> None:
        slow = levels(0, 80_000)
        answer = plan(slow, BURBUJA, first(slow).state, HANDOVER)
        assert (called(answer), answer.notices[0].cause) == (["A-1"], Cause.ORDER)

    def test_informs_the_incoming_after_an_acknowledgement(self) -> None:
        state = replace(first().state, phase=Phase.ACKNOWLEDGED, outcome_due=HANDOVER + timedelta(minutes=9))
        answer = plan(FOUR, BURBUJA, state, HANDOVER)
        assert (informed(answer), answer.notices[0].cause) == (["A-1"], Cause.SHIFT)

    def test_is_recorded_once_with_the_instant_it_was_due(self) -> None:
        state = replace(first().state, phase=Phase.ACKNOWLEDGED, outcome_due=HANDOVER + timedelta(minutes=9))
        late = plan(FOUR, BURBUJA, state, HANDOVER + timedelta(minutes=2))
        assert [(step.event, step.due_at) for step in late.steps] == [("shift_changed", HANDOVER)]

    def test_tells_each_person_once(self) -> None:
        state = replace(first().state, phase=Phase.ACKNOWLEDGED, outcome_due=HANDOVER + timedelta(minutes=9))
        told = plan(FOUR, BURBUJA, state, HANDOVER).state
        assert plan(FOUR, BURBUJA, told, HANDOVER + timedelta(minutes=1)).notices == ()

    def test_leaves_levels_alone_that_were_not_reached(self) -> None:
        two_chiefs = replace(BURBUJA, rotations=(BURBUJA.rotations[0], guard("jefatura", ("J-1",), ("A-2",))))
        state = replace(first().state, phase=Phase.ACKNOWLEDGED, outcome_due=HANDOVER + timedelta(minutes=9))
        assert informed(plan(FOUR, two_chiefs, state, HANDOVER)) == ["A-1"]

    def test_of_a_level_above_waits_for_it_even_if_somebody_there_was_told_as_an_agent(self) -> None:
        two_chiefs = replace(BURBUJA, rotations=(BURBUJA.rotations[0], guard("jefatura", ("J-1",), ("A-3",))))
        state = replace(first().state, phase=Phase.ACKNOWLEDGED, outcome_due=HANDOVER + timedelta(minutes=9))
        assert informed(plan(FOUR, two_chiefs, state, HANDOVER)) == ["A-1"]

    def test_tells_the_levels_that_an_earlier_round_reached(self) -> None:
        two_chiefs = replace(BURBUJA, rotations=(BURBUJA.rotations[0], guard("jefatura", ("A-2",), ("J-1",))))
        due = HANDOVER + timedelta(minutes=9)
        state = replace(first().state, phase=Phase.ACKNOWLEDGED, outcome_due=due, round=2)
        assert informed(plan(FOUR, two_chiefs, state, HANDOVER)) == ["A-1"]
        state = replace(state, told=state.told | {"J-1"})
        assert informed(plan(FOUR, two_chiefs, state, HANDOVER)) == ["A-1", "A-2"]

    def test_after_the_report_concerns_nobody(self) -> None:
        state = reported(FOUR, first().state, True, HANDOVER - timedelta(minutes=1))
        assert plan(FOUR, BURBUJA, state, HANDOVER).notices == ()


class TestAReportedOrder:
    def test_owes_nothing_for_a_day(self) -> None:
        answer = plan(FOUR, BURBUJA, reported(FOUR, first().state, True, NOON), after(hours=23))
        assert (answer.notices, answer.next_at) == ((), after(days=1))

    def test_reminds_the_court_by_mail_to_close_it(self) -> None:
        answer = plan(FOUR, BURBUJA, reported(FOUR, first().state, True, NOON), after(days=1))
        assert [(o.badge, o.medium, o.detail) for o in answer.notices] == [("C-1", Medium.EMAIL, "close")]

    def test_reminds_once_after_a_week_without_a_worker(self) -> None:
        answer = plan(FOUR, BURBUJA, reported(FOUR, first().state, True, NOON), after(days=7))
        assert (len(answer.notices), answer.next_at) == (1, after(days=8))


@pytest.mark.parametrize(
    "state", [held(NOON, NOON), withdrawn(opened(NOON, NOON)), closed(opened(NOON, NOON))]
)
def test_a_held_withdrawn_or_closed_order_owes_nothing_and_is_not_looked_at(state: State) -> None:
    assert plan(FOUR, BURBUJA, state, after(days=1)) == Plan(state, (), (), None)


def test_a_hold_chases_the_court_about_the_hold_every_two_minutes() -> None:
    court = replace(EMPTY, officers=people(BURBUJA.officers["C-1"]))
    answer = plan(HOLD_POLICY, court, opened(NOON, None, Cause.HOLD), NOON)
    assert (called(answer), answer.notices[0].cause, answer.next_at) == (
        ["C-1"],
        Cause.HOLD,
        after(seconds=120),
    )


def test_the_default_policy_ends_with_headquarters_and_the_court() -> None:
    everybody = called(first(DEFAULT_POLICY, NOON))
    assert everybody == ["A-3", "J-1", "T-1", "N-1", "C-1"]


class TestTheCourtInAPolicy:
    def told(self, answer: Plan) -> set[tuple[Cause, str]]:
        return {(owed.cause, owed.detail) for owed in answer.notices if owed.badge == "C-1"}

    def test_is_told_that_nobody_has_acknowledged(self) -> None:
        assert self.told(at(after(seconds=780))) == {(Cause.ALARM, "unacknowledged")}

    def test_is_told_why_it_is_called_so_early(self) -> None:
        assert self.told(first(DEFAULT_POLICY, NOON)) == {(Cause.ALARM, "departure_near")}

    def test_is_told_that_the_outcome_is_missing(self) -> None:
        resumed = replace(first().state, phase=Phase.OVERDUE, cause=Cause.OUTCOME, level=3)
        assert self.told(plan(FOUR, BURBUJA, resumed, after(hours=1))) == {(Cause.ALARM, "outcome_overdue")}

    def test_is_told_that_nobody_has_read_the_order(self) -> None:
        chased = replace(first().state, cause=Cause.DISPLAY, level=3)
        assert self.told(plan(FOUR, BURBUJA, chased, after(hours=1))) == {(Cause.ALARM, "display_overdue")}

    def test_is_told_both_that_an_outcome_is_overdue_and_that_nobody_can_be_reached(self) -> None:
        state = acknowledged(levels(0), first(levels(0)).state, "A2", True, after(seconds=60))
        answer = plan(levels(0), without(BURBUJA, "A-3"), state, after(hours=1))
        assert {detail for _, detail in self.told(answer)} == {"outcome_overdue", "nobody"}

    def test_is_called_once_by_two_levels_at_once(self) -> None:
        court = Level((Target("court"),), (Medium.SMS,), 0)
        policy = replace(FOUR, levels=(*FOUR.levels, court))
        answer = plan(policy, without(BURBUJA, "T-1"), opened(NOON, NOON), NOON)
        assert [(o.medium, o.detail) for o in answer.notices if o.badge == "C-1"] == [
            (medium, "all_contacts_failed") for medium in Medium
        ]


def test_the_key_of_a_notice_names_all_that_makes_it_another() -> None:
    assert first().notices[0].key == "chase:order:1:1:A-3:sms:0:"


def test_planning_again_at_the_same_instant_owes_nothing() -> None:
    answer = first()
    again = plan(FOUR, BURBUJA, answer.state, NOON)
    assert (again.notices, again.steps, again.state, again.next_at) == ((), (), answer.state, answer.next_at)
