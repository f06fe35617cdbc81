"""The forms of rosters, away from any page: what they mean, and everything that is wrong with them at once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from amparo_notify.core.errors import Invalid, Missing
from amparo_notify.core.notice import Medium
from amparo_notify.core.roster import Contact, Officer, Override, Roster, Rotation, Shift
from amparo_notify.demo import data
from amparo_notify.web.admin_cycles import OTHER, PRESETS, Preset, recognise, words
from amparo_notify.web.admin_roster_form import Form, ended, key, substituted, swapped, turn_key, turns_ahead
from amparo_notify.web.admin_rotation_form import rotated, rotation_fields, unrotated

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
ZONES = ("America/Tijuana", "America/Mexico_City", "America/Matamoros")


def roster(zone: str = "America/Mexico_City", badges: Sequence[str] = ()) -> Roster:
    """The demonstration's first station, and whoever else is named."""
    known = {each.badge: each.post for each in data.officers() if each.station == "MEX-T1"}
    known |= {badge: f"puesto {badge}" for badge in badges}
    people = {badge: Officer(badge, post, (Contact(Medium.SMS),)) for badge, post in known.items()}
    return replace(data.roster(data.STATIONS[0]), officers=people, time_zone=zone)


def form(**fields: str | list[str]) -> Form:
    return MultiDict({name.replace("_", "-"): value for name, value in fields.items()})


def cover(**changes: str | list[str]) -> Form:
    """A day's substitution of 1003 for 1001."""
    fields = {
        "whom": "agentes:1001",
        "who": ["1003", ""],
        "from": "2026-11-23T08:00",
        "until": "2026-11-25T08:00",
    }
    return MultiDict(fields | changes)


def places(refused: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [fault.field for fault in refused.value.faults]


# -- substitutions ------------------------------------------------------------------------------------------


def test_a_substitution_is_written_in_the_stations_wall_time() -> None:
    (made,) = substituted(cover(), roster(), NOW).overrides
    assert (made.start, made.end) == (
        datetime(2026, 11, 23, 14, tzinfo=UTC),
        datetime(2026, 11, 25, 14, tzinfo=UTC),
    )
    assert (made.rotation, made.officers, made.replaces) == ("agentes", ("1003",), ("1001",))


def test_a_whole_group_is_covered_by_two() -> None:
    (made,) = substituted(cover(whom="agentes:", who=["1003", "1004"]), roster(), NOW).overrides
    assert (made.officers, made.replaces) == (("1003", "1004"), ())


def test_everything_wrong_with_a_substitution_is_said_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        substituted(MultiDict({"from": "ayer", "until": ""}), roster(), NOW)
    assert sorted(places(refused)) == ["from", "until", "who", "whom"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"until": "2026-11-23T08:00"}, "until"),
        ({"from": "2026-11-01T08:00", "until": "2026-11-02T08:00"}, "until"),  # over and done
        ({"who": ["1001"]}, "who"),  # covers themselves
        ({"who": ["9999"]}, "who"),
        ({"whom": "otra:"}, "who"),
        ({"from": "0001-01-01T00:00"}, "from"),
    ],
)
def test_a_substitution_that_cannot_be_is_refused_by_its_field(changes: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        substituted(cover(**changes), roster(), NOW)
    assert places(refused) == [field]


def test_an_hour_that_the_clock_skips_is_refused() -> None:
    skipped = cover(**{"from": "2027-03-14T02:30", "until": "2027-03-15T02:30"})
    with pytest.raises(Invalid, match="el reloj se adelanta"):
        substituted(skipped, roster("America/Tijuana"), NOW)


def test_an_hour_that_comes_twice_is_the_first() -> None:
    twice = cover(**{"from": "2027-11-07T01:30", "until": "2027-11-08T01:30"})
    (made,) = substituted(twice, roster("America/Tijuana"), NOW).overrides
    assert made.start == datetime(2027, 11, 7, 8, 30, tzinfo=UTC)


def test_a_substitution_to_come_disappears_and_one_under_way_ends_now() -> None:
    coming = substituted(cover(), roster(), NOW)
    asked = form(which=key(coming.overrides[0]))
    assert ended(asked, coming, NOW).overrides == ()
    midway = NOW + 72 * HOUR
    assert [each.end for each in ended(asked, coming, midway).overrides] == [midway]


@pytest.mark.parametrize("later", [0, 24 * 30])
def test_a_substitution_that_is_not_there_or_is_over_cannot_be_ended(later: int) -> None:
    with_one = substituted(cover(), roster(), NOW)
    asked = form(which=key(with_one.overrides[0]) if later else "otra")
    with pytest.raises(Missing):
        ended(asked, with_one, NOW + later * HOUR)


# -- swaps --------------------------------------------------------------------------------------------------


def swap(one: str = "1001", other: str = "1003", at: datetime = NOW) -> Form:
    """Each leaves the first whole turn that they have."""
    given, taken = (
        next(t for t in turns_ahead(roster(), badge, at) if t.start > at) for badge in (one, other)
    )
    return form(one=one, other=other, turn_one=turn_key(given), turn_other=turn_key(taken))


def test_two_people_who_swap_serve_in_each_others_place_and_nobody_else_does() -> None:
    before, after = roster(), swapped(swap(), roster(), NOW)
    for hours in range(0, 24 * 14, 6):
        at = NOW + hours * HOUR
        was, will = ({duty.badge for duty in each.on_duty("agentes", at)} for each in (before, after))
        assert was == will or was ^ will == {"1001", "1003"}
        assert len(was) == len(will)
    turns = turns_ahead(after, "1003", NOW)
    assert [turn.source for turn in turns].count("override") == 1


def test_a_turn_keeps_its_name_while_somebody_fills_in_the_form() -> None:
    begun = NOW + 7 * HOUR
    names = [{turn_key(turn) for turn in turns_ahead(roster(), "1001", at)} for at in (NOW, begun)]
    assert turn_key(turns_ahead(roster(), "1001", begun)[0]) in names[0] & names[1]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (form(), {"turn-one", "turn-other", "other"}),
        (MultiDict({**swap(), "turn-one": "otro"}), {"turn-one"}),
        (swap("1001", "1002"), {"turn-other"}),  # the same turn
    ],
)
def test_a_swap_that_cannot_be_is_refused_by_its_fields(fields: Form, expected: set[str]) -> None:
    with pytest.raises(Invalid) as refused:
        swapped(fields, roster(), NOW)
    assert set(places(refused)) == expected


# -- cycles and rotations -----------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
@pytest.mark.parametrize("zone", ZONES)
def test_a_cycle_by_name_always_has_exactly_one_group_on_duty(preset: Preset, zone: str) -> None:
    days, shifts = preset.make(time(7), time(19), groups := preset.groups or 4)
    slots = tuple((f"G{n}",) for n in range(groups))
    of = Roster("X", zone, rotations=(Rotation("r", date(2026, 1, 1), days, shifts, slots),))
    start = datetime(2026, 1, 2, 18, tzinfo=UTC)
    assert {len(of.on_duty("r", start + n * 5 * HOUR)) for n in range(24 * 70)} == {1}


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_a_cycle_is_recognised_by_its_name(preset: Preset) -> None:
    groups = preset.groups or 5
    days, shifts = preset.make(time(7), time(19), groups)
    made = Rotation("r", date(2026, 1, 1), days, shifts, tuple((f"G{n}",) for n in range(groups)))
    assert recognise(made) == preset.key
    assert words(made).startswith(preset.key)


def test_office_hours_have_no_name() -> None:
    office = Rotation(
        "r", date(2026, 1, 5), 7, tuple(Shift(n, time(9), time(17), 0) for n in range(5)), (("A",),)
    )
    assert recognise(office) == recognise(replace(office, shifts=())) == OTHER
    assert words(office) == "ciclo de 7 días con 5 turnos"


BADGES = tuple("ABCDEF")
WALL = st.times().map(lambda at: at.replace(second=0, microsecond=0))


@st.composite
def rotations(draw: st.DrawFn) -> Rotation:
    """Any rotation that is fit for use."""
    groups = draw(st.integers(1, 4))
    slots = tuple(
        tuple(sorted(draw(st.sets(st.sampled_from(BADGES[n::groups]), min_size=1)))) for n in range(groups)
    )
    if draw(st.booleans()):
        preset = draw(st.sampled_from([p for p in PRESETS.values() if p.groups in (None, groups)]))
        first = draw(WALL)
        second = first.replace(hour=(first.hour + draw(st.integers(1, 23))) % 24)
        days, shifts = preset.make(first, second, groups)
    else:
        days = draw(st.integers(groups, 9))
        shifts = tuple(
            Shift(n, time(8), draw(st.sampled_from([time(8), time(20)])), n) for n in range(groups)
        )
    return Rotation("agentes", draw(st.dates(date(2000, 1, 1), date(2099, 1, 1))), days, shifts, slots, 1)


@given(rotations())
def test_the_form_of_a_rotation_means_that_rotation(made: Rotation) -> None:
    before = replace(roster(badges=BADGES), rotations=(made,))
    (read,) = rotated(rotation_fields(made), before).rotations
    assert replace(read, shifts=()) == replace(made, shifts=())
    assert set(read.shifts) == set(made.shifts)


def weekly(**changes: str) -> Form:
    fields = {
        "name": "enlace",
        "cycle": "semanal",
        "starts_on": "2026-11-23",
        "handover": "09:00",
        "minimum": "1",
    }
    return MultiDict(fields | {"place-1008": "1", "place-1009": "2"} | changes)


def test_people_serve_by_the_number_beside_their_name() -> None:
    made = rotated(weekly(), roster()).rotations[-1]
    assert (made.name, made.days, made.slots) == ("enlace", 14, (("1008",), ("1009",)))


def test_everything_wrong_with_a_rotation_is_said_at_once() -> None:
    bad = weekly(name="", minimum="0", starts_on="mañana", handover="25:00", **{"place-1008": "uno"})
    with pytest.raises(Invalid) as refused:
        rotated(bad, roster())
    assert set(places(refused)) == {"name", "minimum", "starts_on", "handover", "place-1008", "places"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "agentes"}, "name"),
        ({"cycle": "24x48"}, "places"),  # three groups, and there are two
        ({"place-1009": "3"}, "places"),  # nobody in the second
        ({"place-1008": "", "place-1009": ""}, "places"),
        ({"place-1008": "1000000"}, "place-1008"),
        ({"cycle": "12x12", "handover2": "09:00"}, "handover2"),
        ({"cycle": "otro", "days": "7"}, "shift-0"),
        ({"cycle": "otro", "days": "0", "shift-4-day": "1"}, "shift-0"),
        ({"place-1009": "1 2"}, "cycle"),  # the same person in two watches that meet
    ],
)
def test_a_rotation_that_cannot_be_is_refused_by_its_field(changes: dict[str, str], field: str) -> None:
    if changes == {"place-1009": "1 2"}:
        changes |= {
            "cycle": "otro",
            "days": "1",
            **{"shift-0-day": "1", "shift-0-start": "08:00", "shift-0-end": "20:00", "shift-0-group": "1"},
            **{"shift-1-day": "1", "shift-1-start": "12:00", "shift-1-end": "22:00", "shift-1-group": "2"},
        }
    with pytest.raises(Invalid) as refused:
        rotated(weekly(**changes), roster())
    assert field in places(refused)


def test_a_rotation_that_gets_another_name_keeps_its_place_and_its_substitutions() -> None:
    before = substituted(cover(), roster(), NOW)
    renamed = {**rotation_fields(before.rotations[0]), "name": "guardia"}
    after = rotated(MultiDict(renamed), before)
    assert [each.name for each in after.rotations] == ["guardia", "jefatura"]
    assert after.overrides[0].rotation == "guardia"


def test_a_rotation_goes_with_its_substitutions() -> None:
    after = unrotated(form(was="agentes"), substituted(cover(), roster(), NOW))
    assert [each.name for each in after.rotations] == ["jefatura"]
    assert after.overrides == ()


def test_a_rotation_that_is_not_there_cannot_go() -> None:
    with pytest.raises(Missing):
        unrotated(form(was="otra"), roster())


def test_a_fault_that_was_there_before_does_not_stand_in_the_way_of_mending_something_else() -> None:
    stale = Override("agentes", NOW, NOW + HOUR, ("nadie",))
    before = replace(roster(), overrides=(stale,))
    assert len(substituted(cover(), before, NOW).overrides) == 2


def test_a_shift_out_of_its_cycle_is_refused_by_its_line() -> None:
    line = {"shift-0-day": "1", "shift-0-start": "08:00", "shift-0-end": "20:00", "shift-0-group": "1"}
    two = weekly(cycle="otro", days="1", **{"place-1008": "1", "place-1009": "1"}, **line)
    assert rotated(two, roster()).rotations[-1].shifts == (Shift(0, time(8), time(20), 0),)
    with pytest.raises(Invalid) as refused:
        rotated(weekly(cycle="otro", days="1", **line | {"shift-0-day": "2", "shift-0-group": "7"}), roster())
    assert places(refused) == ["shift-0", "shift-0"]


def test_a_shift_half_written_is_refused_by_its_line() -> None:
    with pytest.raises(Invalid) as refused:
        rotated(weekly(cycle="otro", days="1", **{"shift-3-day": "1"}), roster())
    assert places(refused) == ["shift-0"]
