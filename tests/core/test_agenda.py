"""Somebody's watches, and the calendar they subscribe to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from amparo_notify.core.agenda import Turn, export, subscription, turns
from amparo_notify.core.roster import Override, Roster
from tests.core.station import BURBUJA, NOON, after, covered, guard
from tests.core.strategies import BADGES, instants, overrides, rosters

MORNING = datetime(2026, 3, 1, 14, tzinfo=UTC)


def test_a_guard_has_every_third_day() -> None:
    found = turns(BURBUJA, "A-3", MORNING, MORNING + timedelta(days=7))
    assert [turn.start for turn in found] == [
        MORNING,
        MORNING + timedelta(days=3),
        MORNING + timedelta(days=6),
    ]


def test_watches_that_meet_are_one_turn() -> None:
    assert turns(BURBUJA, "J-1", NOON, after(days=9)) == (
        Turn("J-1", "jefatura", "rotation", NOON, after(days=9)),
    )


def test_watches_of_a_pair_that_meet_are_one_turn_whoever_else_comes_and_goes() -> None:
    roster = replace(BURBUJA, rotations=(guard("agentes", ("A-1", "A-2"), ("A-1", "A-3")),))
    assert [(turn.start, turn.end) for turn in turns(roster, "A-1", NOON, after(days=5))] == [
        (NOON, after(days=5))
    ]


def test_a_cover_is_a_turn_of_its_own() -> None:
    roster = covered(BURBUJA, Override("agentes", NOON, after(hours=4), ("A-1",)))
    assert [turn.source for turn in turns(roster, "A-1", NOON, after(days=1))] == ["override", "rotation"]


def test_somebody_who_never_serves_has_no_turn() -> None:
    assert turns(BURBUJA, "T-1", NOON, after(days=9)) == ()


@settings(max_examples=60, deadline=None, print_blob=True, database=None)
@given(rosters(), instants, st.sampled_from(BADGES), st.data())
def test_a_turn_covers_exactly_the_instants_on_duty(
    roster: Roster, now: datetime, badge: str, data: st.DataObject
) -> None:
    roster = replace(roster, overrides=tuple(data.draw(st.lists(overrides(now), max_size=3))))
    found = turns(roster, badge, now, now + timedelta(days=5))
    for hours in range(0, 120, 7):
        at = now + timedelta(hours=hours)
        on_duty = any(duty.badge == badge for r in ("agentes", "jefatura") for duty in roster.on_duty(r, at))
        assert any(turn.start <= at < turn.end for turn in found) == on_duty


def test_a_subscription_is_read_by_others_as_it_was_meant() -> None:
    roster = covered(BURBUJA, Override("agentes", NOON, after(hours=4), ("A-1",)))
    events: list[Any] = list(
        Calendar.from_ical(subscription(roster, "A-1", NOON, after(days=2), NOON)).walk("VEVENT")
    )
    assert [(str(e["SUMMARY"]), e["DTSTART"].dt, e["DTEND"].dt) for e in events] == [
        ("Turno agentes, MEX-T1 (cubre)", NOON, after(hours=4)),
        ("Turno agentes, MEX-T1", MORNING + timedelta(days=1), MORNING + timedelta(days=2)),
    ]


def test_an_export_has_an_event_for_each_shift_and_badge() -> None:
    events = Calendar.from_ical(export(BURBUJA, NOON)).walk("VEVENT")
    assert [str(event["SUMMARY"]) for event in events] == ["A-1", "A-2", "A-3", "J-1"]


@pytest.mark.parametrize("name", ["guardia, noche; fin\\", "ñandú " * 30, "dos\nlíneas"])
def test_any_name_survives_the_calendar(name: str) -> None:
    roster = replace(BURBUJA, rotations=(guard("agentes", (name,)),))
    text = export(roster, NOON)
    assert max(len(line) for line in text.encode().split(b"\r\n")) <= 75
    (event,) = Calendar.from_ical(text).walk("VEVENT")
    assert str(event["SUMMARY"]) == name
