"""A drill is started, looked at and ended from a shell."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run


def test_a_drill_tells_everybody_on_duty(settled: Run) -> None:
    (result,) = settled("drill", "MEX-T1", "--json").json
    assert [(person["officer"], person["level"]) for person in result["people"]] == [("1001", 1), ("1002", 1)]


def test_a_second_drill_at_the_same_station_is_refused(settled: Run) -> None:
    settled("drill", "MEX-T1")
    assert settled("drill", "MEX-T1").code == 1


def test_a_drill_that_was_ended_is_over(settled: Run) -> None:
    (started,) = settled("drill", "MEX-T1", "--json").json
    settled("drill", "--end", started["folio"])
    (shown,) = settled("drill", "--show", started["folio"], "--json").json
    assert shown["over"]


def test_drills_are_listed_by_folio(settled: Run) -> None:
    (started,) = settled("drill", "MEX-T1", "--json").json
    assert started["folio"] in settled("drill", "--list").out


@pytest.mark.parametrize(
    "arguments", [("XXX",), ("--show", "SIMULACRO-000099"), ("--end", "SIMULACRO-000099")]
)
def test_a_drill_that_cannot_be_is_refused(settled: Run, arguments: tuple[str, ...]) -> None:
    assert settled("drill", *arguments).code == 1


def test_a_drill_s_court_is_no_fault_of_the_doctor_s(settled: Run, installation: Path) -> None:
    settled("drill", "MEX-T1")
    assert "SIMULACRO" not in settled("doctor").out
