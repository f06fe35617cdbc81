"""A past order replayed beside what was recorded."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from amparo_notify.core.replay import Change, compare, replay, taken
from amparo_notify.core.state import Step
from tests.core.station import BURBUJA, NOON, after, levels, without

FOUR = levels(0, 180, 300, 300)


def replayed(*changes: Change, until: datetime | None = None) -> list[tuple[str, int]]:
    steps = replay(FOUR, BURBUJA, NOON, None, changes, until or after(seconds=700))
    return [(step.event, step.level) for step in steps]


def test_an_order_that_nobody_answers_climbs() -> None:
    assert replayed() == [("escalated", 1), ("escalated", 2), ("escalated", 3)]


def test_an_acknowledgement_stops_the_climb_when_it_came() -> None:
    assert replayed(Change(after(seconds=200), "acknowledged", "A2", displayed=True)) == [
        ("escalated", 1),
        ("escalated", 2),
    ]


def test_reading_after_a_reply_stops_it_too() -> None:
    reply = Change(after(seconds=60), "acknowledged", "A2")
    assert replayed(reply, Change(after(seconds=90), "displayed")) == [("escalated", 1)]


@pytest.mark.parametrize("kind", ["withdrawn", "closed"])
def test_an_ended_order_is_replayed_to_its_end(kind: str) -> None:
    assert replayed(Change(after(seconds=10), kind), until=after(days=2)) == [("escalated", 1)]


def test_a_report_is_followed_by_reminders_alone() -> None:
    report = Change(after(seconds=10), "reported", settled=True)
    assert replayed(report, until=after(days=2)) == [("escalated", 1), ("reminded", 1)]


def test_a_corrected_departure_hurries_the_replay() -> None:
    assert (
        len(
            replayed(
                Change(after(seconds=10), "replanned", departs_at=after(minutes=20)), until=after(seconds=20)
            )
        )
        == 4
    )


def test_a_further_document_begins_again() -> None:
    assert replayed(Change(after(seconds=10), "extended"), until=after(seconds=20)) == [("escalated", 1)] * 2


def planned() -> tuple[Step, ...]:
    return replay(FOUR, BURBUJA, NOON, None, (), after(seconds=500))


def marks(recorded: tuple[Step, ...]) -> list[str]:
    return [line.difference for line in compare(planned(), recorded)]


def test_what_went_as_planned_has_no_difference() -> None:
    assert marks(taken([(step, step.due_at + timedelta(milliseconds=30)) for step in planned()])) == [
        "",
        "",
        "",
    ]


@pytest.mark.parametrize(("seconds", "mark"), [(60, "late"), (-60, "early")])
def test_a_step_at_another_time_is_marked(seconds: int, mark: str) -> None:
    assert (
        marks(taken([(step, step.due_at + timedelta(seconds=seconds)) for step in planned()])) == [mark] * 3
    )


def test_a_step_that_was_not_taken_is_missing() -> None:
    assert marks(planned()[:2]) == ["", "", "missing"]


def test_a_step_that_was_not_planned_is_marked_in_its_place() -> None:
    alarm = Step("alarm", "nobody", 1, 4, after(seconds=190))
    assert marks((*planned(), alarm)) == ["", "", "unplanned", ""]


def test_other_recipients_are_marked() -> None:
    recorded = replay(FOUR, without(BURBUJA, "N-1"), NOON, None, (), after(seconds=500))
    other = (recorded[0], replace(recorded[1], recipients=(("A-2", "override jefatura"),)), recorded[2])
    assert marks(other) == ["", "recipients", ""]
