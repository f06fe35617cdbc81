"""Two versions of a roster compared in plain words, and a fortnight laid out in days."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo_notify.core.roster import Override, Roster, Rotation, Shift
from amparo_notify.web.admin_calendar import calendar, on_duty
from amparo_notify.web.admin_roster_words import differences, when
from tests.web.test_admin_forms import NOW, rotations
from tests.web.test_admin_forms import roster as station

HOUR = timedelta(hours=1)
COVER = Override(
    "agentes",
    datetime(2026, 11, 23, 14, tzinfo=UTC),
    datetime(2026, 11, 24, 14, tzinfo=UTC),
    ("1003",),
    ("1001",),
)


def of(**changes: object) -> Roster:
    """The station's roster with its first rotation changed."""
    first, *others = station().rotations
    return replace(station(), rotations=(replace(first, **changes), *others))  # type: ignore[arg-type]


# -- words --------------------------------------------------------------------------------------------------


def test_the_same_schedule_needs_no_words() -> None:
    assert differences(station(), replace(station(), version=9)) == []


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (station(), of(minimum=1), "«agentes», mínimo de personas: 2 → 1."),
        (station(), of(starts_on=date(2026, 1, 2)), "«agentes», inicio del ciclo: 1 ene 2026 → 2 ene 2026."),
        (
            station(),
            of(slots=(("1001", "1007"), ("1003", "1004"), ("1005", "1006"))),
            "«agentes», grupo 1: entra jefatura de turno, día (1007); sale agente A2 (1002).",
        ),
        (
            station(),
            of(shifts=tuple(Shift(n, time(7), time(7), n) for n in range(3))),
            "«agentes», ciclo: 24x48, entrega a las 08:00 → 24x48, entrega a las 07:00.",
        ),
        (station(), of(name="guardia"), "La rotación «agentes» se llamará «guardia»."),
        (station(), replace(station(), rotations=station().rotations[1:]), "Se quita la rotación «agentes»."),
        (
            replace(station(), rotations=station().rotations[:1]),
            station(),
            "Rotación nueva «jefatura»: 12x12, entrega a las 08:00 y 20:00, desde el 1 ene 2026, mínimo 1; "
            "grupo 1: jefatura de turno, día (1007); grupo 2: jefatura de turno, noche (1008).",
        ),
        (
            station(),
            replace(station(), overrides=(COVER,)),
            "Sustitución nueva: agente B1 (1003) en lugar de agente A1 (1001), en «agentes», "
            "del lun 23 nov 2026, 08:00 al mar 24 nov 2026, 08:00.",
        ),
        (station(), replace(station(), headquarters=("9001",)), "Oficinas centrales: entra 9001."),
    ],
)
def test_each_change_is_one_sentence(before: Roster, after: Roster, sentence: str) -> None:
    assert differences(before, after) == [sentence]


def test_a_substitution_that_ends_early_is_told_from_one_that_goes() -> None:
    full, cut = (replace(station(), overrides=(o,)) for o in (COVER, replace(COVER, end=COVER.end - HOUR)))
    assert differences(full, cut)[0].startswith("Termina antes, el mar 24 nov 2026, 07:00, la sustitución")
    assert differences(cut, full)[0].startswith("Dura más")
    assert differences(full, station())[0].startswith("Se quita la sustitución: agente B1 (1003)")


@given(rotations(), rotations())
def test_there_are_words_if_and_only_if_the_schedules_differ(one: Rotation, other: Rotation) -> None:
    before, after = (replace(station(badges="ABCDEF"), rotations=(each,)) for each in (one, other))
    alike = all(
        {**vars(each), "shifts": set(each.shifts)} == {**vars(one), "shifts": set(one.shifts)}
        for each in (one, other)
    )
    assert bool(differences(before, after)) is not alike


def test_of_an_hour_that_comes_twice_it_is_said_which() -> None:
    tijuana = station("America/Tijuana")
    said = [when(datetime(2027, 11, 7, hour, 30, tzinfo=UTC), tijuana) for hour in (8, 9)]
    assert said == ["dom 7 nov 2027, 01:30", "dom 7 nov 2027, 01:30 (la segunda vez)"]


# -- the calendar -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "odd", "hours"), [((2027, 3, 8), "adelanta", 23), ((2027, 11, 1), "atrasa", 25)]
)
def test_a_day_on_which_the_clock_changes_is_as_long_as_it_is_and_says_so(
    first: tuple[int, int, int], odd: str, hours: int
) -> None:
    shown = calendar(station("America/Tijuana"), date(*first))
    (day,) = (day for day in shown.days if day.odd)
    assert odd in day.odd
    assert day.end - day.start == hours * HOUR
    assert shown.width(day.start, day.end) == hours * 60 // shown.minutes


@given(
    rotations(),
    st.dates(date(2026, 1, 1), date(2030, 12, 31)),
    st.sampled_from(("America/Tijuana", "America/Cancun", "America/Matamoros")),
)
def test_turns_follow_one_another_and_fill_every_week(of: Rotation, first: date, zone: str) -> None:
    shown = calendar(replace(station(zone, "ABCDEF"), rotations=(replace(of, starts_on=first),)), first)
    (lane,) = shown.lanes
    assert [turn.end for turn in lane.turns[:-1]] == [turn.start for turn in lane.turns[1:]]
    for week in shown.weeks:
        columns = sum(width for _, width in shown.bars(lane, week))
        assert columns >= shown.width(week[0].start, week[-1].end)


def test_a_turn_says_what_is_wrong_with_it_in_place() -> None:
    people = {badge: officer for badge, officer in station().officers.items() if badge != "1002"}
    people["1007"] = replace(people["1007"], contacts=())
    shown = calendar(replace(station(), officers=people, overrides=(COVER,)), date(2026, 11, 21))
    agents, chiefs = shown.lanes
    assert next(turn.short for turn in agents.turns if "1002" in [p.badge for p in turn.people])
    assert {turn.people[0].trouble for turn in chiefs.turns if turn.short} == {"sin contacto que sirva"}
    assert all(turn.single for turn in chiefs.turns if not turn.short)
    assert shown.short(shown.days[0])


def test_a_substitution_is_marked_with_whom_it_relieves() -> None:
    shown = calendar(replace(station(), overrides=(replace(COVER, start=NOW),)), date(2026, 11, 21))
    marked = [turn for turn in shown.lanes[0].turns if turn.substituted]
    assert marked
    assert all(turn.relieved == ("1001",) and "swapped" in turn.look for turn in marked)


def test_now_is_said_with_who_comes_next() -> None:
    agents, chiefs = on_duty(station(), NOW)
    assert [person.badge for person in agents.turn.people] == ["1005", "1006"]
    assert agents.then is not None
    assert [person.badge for person in agents.then.people] == ["1001", "1002"]
    assert chiefs.turn.end == datetime(2026, 11, 21, 14, tzinfo=UTC)


def test_somebody_who_always_serves_is_followed_by_nobody() -> None:
    always = Rotation("r", date(2026, 1, 1), 1, (Shift(0, time(8), time(8), 0),), (("1001",),))
    (only,) = on_duty(replace(station(), rotations=(always,)), NOW)
    assert only.then is None
