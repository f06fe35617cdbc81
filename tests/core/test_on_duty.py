"""Who is on duty."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from time import tzset
from zoneinfo import ZoneInfo

import pytest

from amparo_notify.core.roster import Override, Roster, Rotation, Shift
from tests.core.station import (
    BURBUJA,
    EIGHT,
    NOON,
    after,
    covered,
    guard,
    officer,
    people,
    unreachable,
    without,
)

TIJUANA = ZoneInfo("America/Tijuana")
HANDOVER = datetime(2026, 3, 2, 14, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where the machine stands is nobody's business."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Tokyo")
        tzset()
        yield
    tzset()


def badges(roster: Roster, at: datetime, rotation: str = "agentes") -> list[str]:
    return [duty.badge for duty in roster.on_duty(rotation, at)]


def at_border(*rotations: Rotation) -> Roster:
    return Roster("TIJ", "America/Tijuana", rotations=rotations)


def test_a_guard_of_24x48_serves_one_day_in_three() -> None:
    served = [badges(BURBUJA, after(days=day)) for day in range(6)]
    assert served == [["A-3"], ["A-1"], ["A-2"], ["A-3"], ["A-1"], ["A-2"]]


def test_the_instant_of_the_handover_belongs_to_the_incoming() -> None:
    assert badges(BURBUJA, HANDOVER) == ["A-1"]


def test_the_moment_before_the_handover_belongs_to_the_outgoing() -> None:
    assert badges(BURBUJA, HANDOVER - timedelta(microseconds=1)) == ["A-3"]


def test_a_duty_says_when_it_began_and_when_it_is_handed_over() -> None:
    (duty,) = BURBUJA.on_duty("agentes", NOON)
    assert (duty.since, duty.until, duty.source) == (HANDOVER - timedelta(days=1), HANDOVER, "rotation")


def test_nobody_serves_before_the_cycle_begins() -> None:
    assert badges(BURBUJA, datetime(2025, 12, 31, tzinfo=UTC)) == []


def test_nobody_serves_a_rotation_that_does_not_exist() -> None:
    assert badges(BURBUJA, NOON, "delegación") == []


def test_a_guard_of_12x24_walks_through_the_hours() -> None:
    halves = [
        (0, EIGHT, time(20), 0),
        (0, time(20), EIGHT, 1),
        (1, EIGHT, time(20), 2),
        (1, time(20), EIGHT, 0),
    ]
    halves += [(2, EIGHT, time(20), 1), (2, time(20), EIGHT, 2)]
    rotation = Rotation(
        "agentes", date(2026, 1, 1), 3, tuple(Shift(*half) for half in halves), (("A",), ("B",), ("C",))
    )
    roster = replace(BURBUJA, rotations=(rotation,))
    served = [
        badges(roster, datetime(2026, 1, 1, 15, tzinfo=UTC) + timedelta(hours=12 * n)) for n in range(6)
    ]
    assert served == [["A"], ["B"], ["C"], ["A"], ["B"], ["C"]]


def test_a_weekly_day_shift_leaves_the_night_to_nobody() -> None:
    weekdays = tuple(Shift(day, time(9), time(18), 0) for day in range(5))
    rotation = Rotation("jefatura", date(2026, 1, 5), 7, weekdays, (("J-1",),))
    roster = replace(BURBUJA, rotations=(rotation,))
    assert badges(roster, datetime(2026, 3, 2, 18, tzinfo=UTC), "jefatura") == ["J-1"]
    assert badges(roster, datetime(2026, 3, 3, 5, tzinfo=UTC), "jefatura") == []


@pytest.mark.parametrize("turn", [1, -1])
def test_somebody_in_two_watches_that_meet_is_named_once_with_the_later_end(turn: int) -> None:
    shifts = (Shift(0, EIGHT, time(14), 0), Shift(0, time(12), time(20), 1))[::turn]
    rotation = Rotation("agentes", date(2026, 1, 1), 1, shifts, (("A-1",), ("A-1", "A-2")))
    duties = replace(BURBUJA, rotations=(rotation,)).on_duty("agentes", NOON + timedelta(hours=1))
    assert {(duty.badge, duty.until.hour, duty.rotation) for duty in duties} == {
        ("A-1", 2, "agentes"),
        ("A-2", 2, "agentes"),
    }


@pytest.mark.parametrize("day", range(1, 8))
def test_the_first_slot_serves_on_the_day_the_cycle_begins(day: int) -> None:
    rotation = guard("agentes", ("A-1",), ("A-2",), ("A-3",), starts_on=date(2026, 1, day))
    roster = replace(BURBUJA, rotations=(rotation,))
    assert badges(roster, datetime(2026, 1, day, 18, tzinfo=UTC)) == ["A-1"]


def test_instants_are_given_in_utc_wherever_the_machine_stands() -> None:
    cover = Override("agentes", NOON.astimezone(TIJUANA), after(days=2).astimezone(TIJUANA), ("A-1",))
    (duty,) = covered(BURBUJA, cover).on_duty("agentes", after(hours=1))
    (other,) = BURBUJA.on_duty("agentes", NOON)
    turn = covered(BURBUJA, cover).next_handover(NOON)
    found = [duty.since, duty.until, other.since, other.until, turn]
    assert [at.tzinfo for at in found if at] == [UTC] * 5


@pytest.mark.parametrize(
    ("year", "month", "day", "hours"), [(2026, 3, 7, 23), (2026, 10, 31, 25), (2026, 7, 1, 24)]
)
def test_a_guard_from_eight_to_eight_lasts_as_long_as_the_local_day(
    year: int, month: int, day: int, hours: int
) -> None:
    roster = at_border(guard("agentes", ("A",), ("B",)))
    (duty,) = roster.on_duty("agentes", datetime(year, month, day, 12, tzinfo=TIJUANA))
    assert duty.since is not None
    assert duty.until - duty.since == timedelta(hours=hours)


def test_a_handover_that_the_clock_skips_happens_at_the_old_offset_and_leaves_no_gap() -> None:
    half_past_two = (Shift(0, time(2, 30), time(2, 30), 0), Shift(1, time(2, 30), time(2, 30), 1))
    roster = at_border(Rotation("agentes", date(2026, 3, 7), 2, half_past_two, (("A",), ("B",))))
    skipped = datetime(2026, 3, 8, 10, 30, tzinfo=UTC)
    assert badges(roster, skipped - timedelta(seconds=1)) == ["A"]
    assert badges(roster, skipped) == ["B"]


def test_a_handover_that_happens_twice_counts_the_first_time() -> None:
    half_past_one = (Shift(0, time(1, 30), time(1, 30), 0), Shift(1, time(1, 30), time(1, 30), 1))
    roster = at_border(Rotation("agentes", date(2026, 10, 31), 2, half_past_one, (("A",), ("B",))))
    assert badges(roster, datetime(2026, 11, 1, 8, 29, tzinfo=UTC)) == ["A"]
    assert badges(roster, datetime(2026, 11, 1, 8, 31, tzinfo=UTC)) == ["B"]


def test_the_cycle_goes_on_over_the_end_of_the_year() -> None:
    last_night = datetime(2027, 1, 1, 13, 59, tzinfo=UTC)
    assert badges(BURBUJA, last_night) != badges(BURBUJA, last_night + timedelta(minutes=1))


def test_an_override_without_names_replaces_everybody() -> None:
    roster = covered(BURBUJA, Override("agentes", NOON, after(hours=2), ("A-1", "A-2")))
    assert badges(roster, after(hours=1)) == ["A-1", "A-2"]
    assert badges(roster, after(hours=2)) == ["A-3"]


def test_an_override_says_so_and_ends_with_itself() -> None:
    (duty,) = covered(BURBUJA, Override("agentes", NOON, after(hours=2), ("A-1",))).on_duty("agentes", NOON)
    assert (duty.source, duty.since, duty.until) == ("override", NOON, after(hours=2))


def test_an_override_without_names_outlasts_the_watch_it_replaces() -> None:
    (duty,) = covered(BURBUJA, Override("agentes", NOON, after(days=2), ("A-1",))).on_duty("agentes", NOON)
    assert (duty.until, duty.rotation) == (after(days=2), "agentes")


def test_a_cover_that_finds_nobody_to_replace_does_not_hide_the_next() -> None:
    idle = Override("agentes", NOON, after(days=1), ("A-1",), ("A-2",))
    roster = covered(BURBUJA, idle, Override("agentes", NOON, after(days=1), ("A-2",), ("A-3",)))
    assert badges(roster, NOON) == ["A-2"]


def test_cover_for_one_person_serves_only_while_that_person_would() -> None:
    roster = covered(BURBUJA, Override("agentes", NOON, after(days=7), ("A-2",), ("A-3",)))
    assert [badges(roster, after(days=day)) for day in range(3)] == [["A-2"], ["A-1"], ["A-2"]]


def test_cover_for_one_person_is_handed_over_when_that_person_would() -> None:
    roster = covered(BURBUJA, Override("agentes", NOON, after(days=7), ("A-2",), ("A-3",)))
    assert roster.on_duty("agentes", NOON)[0].until == HANDOVER


def test_an_override_of_another_rotation_changes_nothing() -> None:
    roster = covered(BURBUJA, Override("jefatura", NOON, after(days=7), ("A-2",)))
    assert badges(roster, NOON) == ["A-3"]


def test_who_was_relieved_by_an_override_is_known() -> None:
    roster = covered(BURBUJA, Override("agentes", NOON, after(days=7), ("A-2",), ("A-3",)))
    assert roster.relieved("agentes", NOON) == ("A-3",)


def test_a_swap_of_two_guards_is_two_overrides() -> None:
    mine = Override("agentes", NOON, after(hours=20), ("A-1",), ("A-3",))
    yours = Override("agentes", after(hours=20), after(hours=44), ("A-3",), ("A-1",))
    roster = covered(BURBUJA, mine, yours)
    assert [badges(roster, NOON), badges(roster, after(days=1))] == [["A-1"], ["A-3"]]


def test_the_next_handover_is_the_first_of_any_rotation() -> None:
    assert BURBUJA.next_handover(NOON) == HANDOVER


def test_the_next_handover_lies_after_the_instant_asked_about() -> None:
    assert BURBUJA.next_handover(HANDOVER) == HANDOVER + timedelta(days=1)


def test_a_watch_handed_to_the_same_person_is_no_handover() -> None:
    assert replace(BURBUJA, rotations=(guard("jefatura", ("J-1",)),)).next_handover(NOON) is None


def test_an_empty_roster_never_changes() -> None:
    assert replace(BURBUJA, rotations=()).next_handover(NOON) is None


def test_the_end_of_a_watch_without_a_successor_is_a_handover() -> None:
    rotation = Rotation("agentes", date(2026, 1, 1), 1, (Shift(0, EIGHT, time(14), 0),), (("A-1",),))
    assert replace(BURBUJA, rotations=(rotation,)).next_handover(NOON) == after(hours=2)


def test_the_end_of_a_night_without_a_successor_is_a_handover_on_the_next_day() -> None:
    rotation = Rotation("agentes", date(2026, 1, 1), 1, (Shift(0, time(20), EIGHT, 0),), (("A-1",),))
    roster = replace(BURBUJA, rotations=(rotation,))
    assert [roster.next_handover(NOON), roster.next_handover(after(hours=8))] == [after(hours=8), HANDOVER]


def test_a_night_watch_lasts_into_the_morning_whatever_day_it_is_where_the_machine_stands() -> None:
    rotation = Rotation("agentes", date(2026, 1, 1), 1, (Shift(0, time(20), time(10), 0),), (("A-1",),))
    assert badges(replace(BURBUJA, rotations=(rotation,)), NOON - timedelta(hours=2, minutes=30)) == ["A-1"]


def test_a_cover_within_a_watch_comes_before_the_end_of_the_watch() -> None:
    rotation = Rotation("agentes", date(2026, 1, 1), 1, (Shift(0, EIGHT, time(14), 0),), (("A-1",),))
    cover = Override("agentes", after(hours=0.5), after(hours=1.5), ("A-2",))
    assert handovers(covered(replace(BURBUJA, rotations=(rotation,)), cover), 3) == [0.5, 1.5, 2]


def handovers(roster: Roster, count: int) -> list[float]:
    """The next so many, in hours after noon."""
    turns = [NOON]
    for _ in range(count):
        turn = roster.next_handover(turns[-1])
        assert turn
        turns.append(turn)
    return [(turn - NOON) / timedelta(hours=1) for turn in turns[1:]]


def test_every_day_of_a_guard_has_its_handover() -> None:
    assert handovers(BURBUJA, 4) == [20, 44, 68, 92]


def test_two_watches_of_one_day_each_have_their_handovers() -> None:
    shifts = (Shift(0, time(9), time(10), 0), Shift(0, time(13), time(14), 0))
    roster = replace(BURBUJA, rotations=(Rotation("agentes", date(2026, 1, 1), 1, shifts, (("A-1",),)),))
    assert handovers(roster, 4) == [1, 2, 21, 22]


@pytest.mark.parametrize(
    ("start", "end", "hours"), [(time(9), time(14), [21, 26, 69, 74]), (time(20), EIGHT, [32, 44, 80, 92])]
)
def test_a_watch_every_other_day_is_handed_over_on_its_own_days(
    start: time, end: time, hours: list[float]
) -> None:
    rotation = Rotation("agentes", date(2026, 1, 1), 2, (Shift(0, start, end, 0),), (("A-1",),))
    assert handovers(replace(BURBUJA, rotations=(rotation,)), 4) == hours


def test_a_cover_next_week_does_not_hide_the_handover_of_tomorrow() -> None:
    roster = covered(BURBUJA, Override("agentes", after(days=6), after(days=7), ("A-1",)))
    assert roster.next_handover(NOON) == HANDOVER


@pytest.mark.parametrize("hours", [0.5, 2])
def test_the_edges_of_an_override_are_handovers(hours: float) -> None:
    roster = covered(BURBUJA, Override("agentes", after(hours=0.5), after(hours=2), ("A-1",)))
    assert roster.next_handover(after(hours=hours) - timedelta(minutes=1)) == after(hours=hours)


def test_a_change_far_away_is_found_even_if_the_cycle_itself_never_changes() -> None:
    far = datetime(2029, 5, 1, 6, tzinfo=UTC)
    roster = replace(BURBUJA, rotations=(guard("jefatura", ("J-1",)),))
    cover = Override("jefatura", far, far + timedelta(days=1), ("A-1",), ("J-1",))
    assert covered(roster, cover).next_handover(NOON) == far


def test_a_rotation_that_begins_later_is_awaited() -> None:
    roster = replace(BURBUJA, rotations=(guard("agentes", ("A-1",), starts_on=date(2026, 9, 1)),))
    assert roster.next_handover(NOON) == datetime(2026, 9, 1, 14, tzinfo=UTC)


def test_hours_without_anybody_are_a_gap() -> None:
    rotation = Rotation("agentes", date(2026, 1, 1), 1, (Shift(0, EIGHT, time(20), 0),), (("A-1",),))
    (gap,) = replace(BURBUJA, rotations=(rotation,)).gaps(NOON, after(hours=20))
    assert (gap.start, gap.end, gap.on_duty) == (after(hours=8), after(hours=20), 0)


def test_fewer_people_than_the_minimum_are_a_gap() -> None:
    rotation = replace(guard("agentes", ("A-1", "A-2"), ("A-3",)), minimum=2)
    gaps = replace(BURBUJA, rotations=(rotation,)).gaps(NOON, after(days=1))
    assert [(gap.on_duty, gap.minimum) for gap in gaps] == [(1, 2)]


def test_somebody_out_of_reach_is_no_coverage() -> None:
    assert [gap.start for gap in without(BURBUJA, "A-1").gaps(NOON, after(days=2))] == [HANDOVER]


def test_somebody_with_an_unverified_telephone_only_is_no_coverage() -> None:
    unverified = tuple(replace(contact, verified=False) for contact in officer("A-1").contacts)
    crew = {**BURBUJA.officers, "A-1": officer("A-1", contacts=unverified)}
    assert [gap.start for gap in replace(BURBUJA, officers=crew).gaps(NOON, after(days=2))] == [HANDOVER]


def test_a_roster_as_written_counts_its_badges() -> None:
    assert replace(BURBUJA, officers={}).gaps(NOON, after(days=4)) == ()


def test_an_officer_without_working_contacts_is_not_reachable() -> None:
    assert [one.reachable for one in people(officer("A"), unreachable("B")).values()] == [True, False]
