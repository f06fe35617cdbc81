"""A roster goes to a spreadsheet and comes back the same."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo_notify.cases import roster_csv
from amparo_notify.core.errors import Invalid
from amparo_notify.core.roster import Override, Roster, Rotation, Shift
from amparo_notify.demo import data
from tests.authority import NOW

BADGES = st.lists(st.from_regex(r"[A-Z0-9]{1,6}", fullmatch=True), min_size=1, max_size=3, unique=True).map(
    tuple
)
WALL = st.times().map(lambda wall: wall.replace(second=0, microsecond=0))
NAMES = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12)


@st.composite
def rotations(draw: st.DrawFn) -> Rotation:
    """Any rotation each of whose slots serves, in the order in which they first do."""
    slots = draw(st.lists(BADGES, min_size=1, max_size=4))
    days = draw(st.integers(1, 9))
    shifts = tuple(
        Shift(draw(st.integers(0, days - 1)), draw(WALL), draw(WALL), slot) for slot in range(len(slots))
    )
    return Rotation(draw(NAMES), draw(st.dates()), days, shifts, tuple(slots), draw(st.integers(0, 5)))


@given(st.lists(rotations(), max_size=3, unique_by=lambda rotation: rotation.name), BADGES)
def test_whatever_is_written_is_read_back(cycles: list[Rotation], headquarters: tuple[str, ...]) -> None:
    override = Override("agentes", NOW, NOW.replace(hour=20), ("1",), ("2", "3"))
    roster = Roster("MEX-T1", "America/Mexico_City", 1, {}, tuple(cycles), (override,), headquarters)
    assert roster_csv.read(roster_csv.write(roster), "MEX-T1", "America/Mexico_City") == roster


def test_the_demonstration_s_roster_survives_the_journey() -> None:
    roster = data.roster(data.STATIONS[0])
    assert roster_csv.read(roster_csv.write(roster), roster.station, roster.time_zone) == roster


def test_the_example_in_the_help_is_a_good_roster() -> None:
    example = roster_csv.HELP.partition("replacement:\n")[2]
    lines = "\n".join(line.strip() for line in example.splitlines())
    (rotation,) = roster_csv.read(lines, "MEX-T1", "America/Mexico_City").rotations
    assert (rotation.days, rotation.shifts[2]) == (3, Shift(2, time(8), time(8), 2))


def test_a_spreadsheet_s_mark_and_blank_lines_are_passed_over() -> None:
    columns = "\ufeffkind,rotation,starts_on,days,day,start,end,slot,officers"
    text = f"{columns}\n,,,,,,,,\nshift,a,2026-01-01,1,1,08:00,20:00,A,1\n"
    assert roster_csv.read(text, "X", "UTC").rotations[0].starts_on == date(2026, 1, 1)


@pytest.mark.parametrize("text", ["", "\n", "rotation,days\n", "<html>"])
def test_what_is_no_roster_is_refused_with_the_columns_it_should_have(text: str) -> None:
    with pytest.raises(Invalid, match="starts_on"):
        roster_csv.read(text, "X", "UTC")


def test_two_lines_that_disagree_about_a_rotation_are_found() -> None:
    text = (
        "kind,rotation,starts_on,days,day,start,end,slot,officers\n"
        "shift,a,2026-01-01,2,1,08:00,08:00,A,1\n"
        "shift,a,2026-01-01,3,2,08:00,08:00,A,2\n"
    )
    with pytest.raises(Invalid) as refused:
        roster_csv.read(text, "X", "UTC")
    assert [fault.field for fault in refused.value.faults] == ["línea 3, days", "línea 3, officers"]
