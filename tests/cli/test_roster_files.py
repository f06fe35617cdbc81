"""Rosters from and to files: what is exported is read back, and what is wrong is named by its line, all at once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo_notify.cases import roster_csv, roster_ics
from amparo_notify.cases.roster_rows import Row, located
from amparo_notify.core.agenda import export
from amparo_notify.core.errors import Fault, Invalid
from amparo_notify.core.roster import Override, Roster, Rotation, Shift
from tests.cli.conftest import Run

ZONES = ("America/Tijuana", "America/Mexico_City", "America/Matamoros", "America/Cancun")
START = datetime(2026, 1, 1, tzinfo=UTC)
EIGHT = time(8)
DAILY = "DTSTART;TZID=America/Mexico_City:20260101T080000\nDTEND;TZID=America/Mexico_City:20260102T080000"


def roster(*rotations: Rotation, zone: str = "America/Mexico_City") -> Roster:
    return Roster("MEX-T1", zone, rotations=rotations)


def cycle(days: int, slots: Sequence[tuple[str, ...]], start: time = EIGHT, end: time = EIGHT) -> Rotation:
    shifts = tuple(Shift(day, start, end, day % len(slots)) for day in range(days))
    return Rotation("agentes", date(2026, 1, 5), days, shifts, tuple(slots), 1)


def calendar(*events: str) -> str:
    """A calendar with these lines as events."""
    inside = "\n".join(f"BEGIN:VEVENT\nUID:{n}\n{event}\nEND:VEVENT" for n, event in enumerate(events, 1))
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//ES\n{inside}\nEND:VCALENDAR\n".replace("\n", "\r\n")


def event(
    badge: str = "1001", when: str = DAILY, rule: str = "FREQ=DAILY;INTERVAL=3", rotation: str = "agentes"
) -> str:
    return f"{when}\nSUMMARY:{badge}\nCATEGORIES:{rotation}\nRRULE:{rule}"


def said(text: str, present: Roster | None = None) -> list[str]:
    """What is wrong with a calendar."""
    with pytest.raises(Invalid) as refused:
        roster_ics.read(text, present or roster())
    return [str(fault) for fault in refused.value.faults]


def on_duty(of: Roster, at: datetime) -> set[tuple[str, str]]:
    return {
        (rotation.name, duty.badge) for rotation in of.rotations for duty in of.on_duty(rotation.name, at)
    }


# -- calendars ----------------------------------------------------------------------------------------------


@given(
    days=st.integers(1, 9),
    slots=st.lists(
        st.lists(st.sampled_from("ABCDEF"), min_size=1, max_size=3, unique=True).map(tuple),
        min_size=1,
        max_size=4,
    ),
    start=st.times(time(5), time(11)).map(lambda at: at.replace(second=0, microsecond=0)),
    zone=st.sampled_from(ZONES),
)
def test_a_roster_exported_as_a_calendar_puts_the_same_people_on_duty_when_read(
    days: int, slots: list[tuple[str, ...]], start: time, zone: str
) -> None:
    written = roster(cycle(days, slots, start, start), zone=zone)
    read, _ = roster_ics.read(export(written, START), roster(zone=zone))
    instants = [START + timedelta(days=4, hours=7 * n, minutes=13) for n in range(80)]
    assert [on_duty(read, at) for at in instants] == [on_duty(written, at) for at in instants]


def test_what_a_calendar_cannot_say_stays_as_it_was() -> None:
    override = Override("agentes", START, START + timedelta(days=1), ("1002",), ("1001",))
    rotation = replace(cycle(1, [("1001",)]), minimum=2)
    present = replace(roster(rotation), overrides=(override,), headquarters=("9001",))
    read, _ = roster_ics.read(calendar(event(rule="FREQ=DAILY")), present)
    assert (read.overrides, read.headquarters, read.rotations[0].minimum) == ((override,), ("9001",), 2)


def test_office_hours_on_some_weekdays_are_a_cycle_of_seven_days() -> None:
    when = "DTSTART;TZID=America/Mexico_City:20260105T090000\nDTEND;TZID=America/Mexico_City:20260105T170000"
    read, _ = roster_ics.read(calendar(event(when=when, rule="FREQ=WEEKLY;BYDAY=MO,WE,FR")), roster())
    noon = [datetime(2026, 6, day, 18, tzinfo=UTC) for day in range(1, 8)]  # a Monday to a Sunday
    assert [bool(on_duty(read, at)) for at in noon] == [True, False, True, False, True, False, False]


def test_shifts_that_repeat_after_different_days_become_one_cycle() -> None:
    read, _ = roster_ics.read(calendar(event("1001", rule="FREQ=DAILY;INTERVAL=2"), event("1002")), roster())
    assert read.rotations[0].days == 6


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (event(rule="FREQ=DAILY;INTERVAL=3;COUNT=5"), "COUNT"),
        (event(rule="FREQ=MONTHLY"), "cada N días"),
        (event() + "\nEXDATE;TZID=America/Mexico_City:20260104T080000", "excepciones"),
        (f"{DAILY}\nSUMMARY:1001\nCATEGORIES:agentes", "No se repite"),
        (f"{DAILY}\nSUMMARY:1001\nRRULE:FREQ=DAILY", "categoría"),
        (event("Ana Ejemplo"), "no es una placa"),
        (event(when=DAILY.replace("Mexico_City", "Cancun")), "America/Cancun"),
        (event(when=DAILY.replace("America/Mexico_City", "Mexico/Luna")), "Mexico/Luna"),
        (event(when=DAILY.replace("20260102T080000", "20260101T080000")), "dura algo"),
        (event(when="DTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20260102"), "días enteros"),
        (event(when=DAILY.replace("20260102T080000", "20260104T080000")), "un día a lo más"),
        (event(when="DTSTART:ayer\nDTEND:hoy"), "No se puede leer"),
    ],
)
def test_an_event_that_is_no_shift_is_refused_with_its_number(text: str, part: str) -> None:
    (fault,) = said(calendar(event(), text))
    assert fault.startswith("evento 2")
    assert part in fault


def test_one_bad_event_among_a_thousand_is_found_and_all_are_said_at_once() -> None:
    events = [event(f"B{n}") for n in range(1000)]
    events[616] = event("Ana Ejemplo")
    events[900] = event(rule="FREQ=YEARLY")
    assert [fault.partition(" (")[0] for fault in said(calendar(*events))] == ["evento 617", "evento 901"]


def test_a_cycle_longer_than_a_year_is_a_slip_of_the_pen() -> None:
    text = calendar(event("1001", rule="FREQ=DAILY;INTERVAL=7"), event("1002", rule="FREQ=DAILY;INTERVAL=60"))
    assert "420 días" in said(text)[0]


@pytest.mark.parametrize("text", [calendar(), "BEGIN:VCALENDAR\r\nEND:VEVENT\r\n"])
def test_a_file_without_events_is_refused(text: str) -> None:
    assert said(text)


def test_a_calendar_is_imported_and_exported_at_the_command_line(settled: Run, tmp_path: Path) -> None:
    file = tmp_path / "roster.ics"
    file.write_bytes(settled("roster", "export", "MEX-T1", "--format", "ics").out.encode())
    before = settled("roster", "show", "MEX-T1", "--json").json
    result = settled("roster", "import", "MEX-T1", str(file))
    assert result.code == 0, result.err
    after = settled("roster", "show", "MEX-T1", "--json").json
    assert after["on_duty"] == before["on_duty"]
    assert after["version"] == before["version"] + 1


# -- lines --------------------------------------------------------------------------------------------------


def test_a_badge_of_nobody_is_named_with_its_line_and_nothing_changes(settled: Run, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    rows = [f"shift,r{n},2026-01-01,1,1,08:00,08:00,A,1001" for n in range(1000)]
    rows[616] = "shift,r616,2026-01-01,1,1,08:00,08:00,A,1001 9999"
    rows[900] = "override,r900,,,,2026-12-24T08:00-06:00,2026-12-24T08:00-06:00,,1002"
    file.write_text("kind,rotation,starts_on,days,day,start,end,slot,officers\n" + "\n".join(rows) + "\n")
    result = settled("roster", "import", "MEX-T1", str(file))
    assert result.code == 1
    assert "línea 618, rotations.r616: La placa «9999» no es de nadie." in result.err
    assert "línea 902, overrides[0]" in result.err
    assert settled("roster", "show", "MEX-T1", "--json").json["version"] == 1


def test_writing_a_roster_tells_what_it_leaves_to_luck(settled: Run, tmp_path: Path) -> None:
    file = tmp_path / "thin.csv"
    file.write_text(
        "kind,rotation,starts_on,days,day,start,end,slot,officers\nshift,agentes,2026-01-01,2,1,08:00,08:00,A,1001\n"
    )
    out = settled("roster", "import", "MEX-T1", str(file)).out
    assert "Warning: «agentes» tiene 0 de 1" in out
    assert "no han confirmado ningún contacto" in out


def test_watches_that_overlap_are_named_with_the_lines_of_whom_they_concern() -> None:
    text = (
        "kind,rotation,starts_on,days,day,start,end,slot,officers\n"
        "shift,agentes,2026-01-01,2,1,08:00,08:00,A,1001\n"
        "shift,agentes,2026-01-01,2,2,07:00,19:00,B,1001\n"
        "shift,agentes,2026-01-01,2,2,08:00,19:00,C,1002\n"
    )
    read = roster_csv.read(text, "MEX-T1", "America/Mexico_City")
    (fault,) = located(read.schedule_faults(), roster_csv.rows(text))
    assert fault.field == "líneas 2, 3, rotations.agentes"


def test_a_fault_of_no_line_keeps_its_field() -> None:
    fault = Fault("time_zone", "x")
    assert list(located([fault], [Row(2, "shift", "agentes", frozenset())])) == [fault]
