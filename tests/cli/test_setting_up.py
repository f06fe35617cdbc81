"""A stranger sets up court, station, people, roster and policy with nothing but the commands."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run


def test_a_court_that_was_added_is_listed(settled: Run) -> None:
    assert settled("court", "list", "--json").json == [
        {
            "code": "J5TEST",
            "name": "Juzgado Ficticio",
            "phone": "+525500000001",
            "time_zone": "America/Mexico_City",
        }
    ]


def test_a_signer_is_registered_by_the_digest_of_the_certificate(settled: Run) -> None:
    (signer,) = settled("court", "signer", "list", "J5TEST", "--json").json
    assert len(signer["certificate_sha256"]) == 64


def test_a_signer_is_registered_by_curp(settled: Run) -> None:
    settled("court", "signer", "add", "J5TEST", "--curp", "NUFX800101MDFXXX09")
    assert {"curp": "NUFX800101MDFXXX09"} in settled("court", "signer", "list", "J5TEST", "--json").json


def test_a_file_that_is_no_certificate_registers_nobody(settled: Run, installation: Path) -> None:
    (installation / "note.txt").write_text("hola")
    result = settled("court", "signer", "add", "J5TEST", "--certificate", str(installation / "note.txt"))
    assert (result.code, "no certificate" in result.err) == (1, True)


def test_adding_an_officer_prints_a_one_time_link(settled: Run) -> None:
    result = settled(
        "officer", "add", "1003", "--post", "titular", "--name", "Cuatro", "--phone", "5500000013"
    )
    assert "http://localhost:8000/" in result.out


def test_officers_of_one_station_are_listed_with_their_contacts(settled: Run) -> None:
    found = settled("officer", "list", "--station", "MEX-T1", "--json").json
    assert [(each["badge"], each["contacts"][0]["address"]) for each in found] == [
        ("1001", "+525500000011"),
        ("1002", "b@mex.example"),
    ]


def test_adding_a_clerk_prints_a_one_time_link(settled: Run) -> None:
    result = settled("user", "add", "secretaria", "--name", "Sara", "--role", "clerk", "--court", "J5TEST")
    assert "http://localhost:8000/" in result.out


def test_a_token_is_printed_once_and_alone(settled: Run) -> None:
    result = settled("user", "token", "--court", "J5TEST", "--label", "gestión")
    assert len(result.out.split()) == 1


def test_an_imported_roster_is_exported_as_it_was(settled: Run, installation: Path) -> None:
    exported = settled("roster", "export", "MEX-T1").out
    (installation / "again.csv").write_text(exported)
    settled("roster", "import", "MEX-T1", str(installation / "again.csv"))
    assert settled("roster", "export", "MEX-T1").out == exported


def test_who_is_on_duty_is_shown_with_the_hand_over(settled: Run) -> None:
    shown = settled("roster", "show", "MEX-T1", "--at", "2026-11-21T03:15-06:00", "--json").json
    assert [(duty["officer"], duty["until"]) for duty in shown["on_duty"]] == [
        ("1001", "2026-11-21T14:00:00+00:00"),
        ("1002", "2026-11-21T14:00:00+00:00"),
    ]


def test_a_preview_has_exactly_the_fields_that_programs_rely_on(settled: Run) -> None:
    lines = settled("policy", "preview", "MEX-T1", "--at", "2026-11-22T03:15-06:00", "--json").json
    assert lines[0] == {
        "at": "2026-11-22T09:15:00+00:00",
        "level": 1,
        "reason": "opened",
        "recipients": [
            {"officer": "1001", "channel": "sms"},
            {"officer": "1002", "channel": "email"},  # has no phone, and is reached by what there is
        ],
    }


def test_a_preview_reaches_the_court_whose_order_it_would_be(settled: Run) -> None:
    lines = settled("policy", "preview", "MEX-T1", "--at", "2026-11-22T03:15-06:00", "--json").json
    assert lines[1]["recipients"] == [{"officer": "J501", "channel": "email"}]


def test_a_policy_that_is_shown_can_be_set_again(settled: Run, installation: Path) -> None:
    (installation / "again.json").write_text(settled("policy", "show", "MEX-T1").out)
    assert settled("policy", "set", "MEX-T1", str(installation / "again.json")).code == 0


def test_keys_are_listed_one_of_each_kind(settled: Run) -> None:
    kinds = [key["kind"] for key in settled("keys", "list", "--json").json]
    assert sorted(kinds) == ["checkpoint", "data", "link", "pdf", "record"]


def test_a_rotated_key_takes_the_place_of_the_one_before(settled: Run) -> None:
    settled("keys", "rotate", "record")
    records = [key for key in settled("keys", "list", "--json").json if key["kind"] == "record"]
    assert [key["current"] for key in records] == [False, True]


@pytest.mark.parametrize(
    "command",
    [
        ("court", "add"), ("court", "list"), ("court", "signer", "add"), ("station", "add"), ("officer", "add"),
        ("user", "add"), ("user", "token"), ("roster", "import"), ("roster", "show"), ("policy", "preview"),
        ("policy", "set"), ("keys", "rotate"), ("order", "show"), ("db", "upgrade"), ("submit",), ("serve",),
        ("doctor",),
    ],
    ids=" ".join,
)  # fmt: skip
def test_every_command_explains_itself_with_an_example(run: Run, command: tuple[str, ...]) -> None:
    result = run(*command, "--help")
    assert (result.code, "amparo-notify" in result.out.partition("example")[2]) == (0, True)
