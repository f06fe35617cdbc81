"""Whom an order would reach."""

from dataclasses import replace

from amparo_notify.core.notice import Cause, Medium
from amparo_notify.core.policy import HOLD_POLICY
from amparo_notify.core.preview import preview
from tests.core.station import BURBUJA, NOON, after, guard, levels

SMS = (Medium.SMS,)
FOUR = levels(0, 180, 300, 300, media=SMS)


def test_a_preview_shows_one_round_and_its_first_repeat() -> None:
    lines = preview(FOUR, BURBUJA, NOON, None)
    assert [line.level for line in lines] == [1, 2, 3, 4, 1, 2, 3, 4]


def test_a_line_says_when_at_which_level_why_and_whom() -> None:
    second = preview(FOUR, BURBUJA, NOON, None)[1]
    assert second == (after(seconds=180), 2, "unacknowledged", (("J-1", Medium.SMS),))


def test_a_level_with_nobody_is_shown_without_recipients() -> None:
    roster = replace(BURBUJA, rotations=(guard("jefatura", ("J-1",)),))
    assert preview(FOUR, roster, NOON, None)[0][1:] == (1, "nobody_on_duty", ())


def test_a_near_departure_shows_everybody_at_once() -> None:
    lines = preview(FOUR, BURBUJA, NOON, after(minutes=30))
    assert [line.at for line in lines[:4]] == [NOON] * 4


def test_the_court_is_shown_at_the_level_that_reaches_it() -> None:
    fourth = preview(FOUR, BURBUJA, NOON, None)[3]
    assert fourth[1:] == (4, "unacknowledged", (("C-1", Medium.SMS),))


def test_an_alarm_is_shown_with_whom_it_reaches() -> None:
    alarm = preview(levels(0, 180, media=SMS), replace(BURBUJA, rotations=()), NOON, None)[2]
    assert (alarm.reason, {badge for badge, _ in alarm.recipients}) == ("nobody", {"C-1"})


def test_the_repeat_of_a_policy_of_one_level_is_shown() -> None:
    court = replace(BURBUJA, rotations=())
    lines = preview(HOLD_POLICY, court, NOON, None, Cause.HOLD)
    assert [line.at for line in lines] == [NOON, after(seconds=120)]


def test_a_handover_between_two_levels_is_shown() -> None:
    lines = preview(levels(0, 80_000, media=SMS), BURBUJA, NOON, None)
    assert [line.reason for line in lines][:3] == ["opened", "shift_changed", "unacknowledged"]
