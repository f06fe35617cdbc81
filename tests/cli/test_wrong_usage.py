"""What is wrong is one sentence on standard error with the remedy, and an exit code that a script can go by."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run, as_process


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "COMMAND"),
        (("dance",), "dance"),
        (("court",), "COMMAND"),
        (("court", "add", "J5TEST"), "--name"),
        (("station", "add", "X1", "--name", "X", "--zone", "Mars/Phobos"), "America/Mexico_City"),
        (("policy", "preview", "MEX-T1", "--at", "2026-11-22T03:15"), "offset"),
        (("policy", "preview", "MEX-T1", "--at", "tomorrow"), "2026-11-21T14:35-06:00"),
        (("roster", "import", "MEX-T1", "/nowhere/roster.csv"), "check the path"),
        (("court", "signer", "add", "J5TEST"), "--certificate"),
        (("submit", "/nowhere/order.pdf"), "/nowhere/order.pdf"),
        (("serve", "--port", "70000"), "65535"),
        (("serve", "--reset"), "--demo"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(
    run: Run, arguments: tuple[str, ...], words: str
) -> None:
    result = run(*arguments)
    assert (result.code, words in result.err, result.err.count("\n"), result.out) == (2, True, 1, "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("court", "add", "J5TEST", "--name", "Otro", "--phone", "5500000001"), "Ya existe el juzgado J5TEST"),
        (("court", "add", "J6TEST", "--name", "Otro", "--phone", "12"), "teléfono"),
        (("station", "add", "MEX-T1", "--name", "Otra", "--zone", "America/Cancun"), "Ya existe la estación MEX-T1"),
        (("officer", "add", "1009", "--post", "agente", "--name", "X"), "al menos un teléfono"),
        (("officer", "add", "1009", "--post", "agente", "--name", "X", "--mail", "x@x.mx", "--station", "ZZ"), "ZZ"),
        (("officer", "invite", "7777"), "7777"),
        (("user", "add", "clara", "--name", "Clara", "--role", "clerk"), "juzgado"),
        (("user", "token", "--court", "NONE", "--label", "x"), "NONE"),
        (("roster", "show", "XXX"), "XXX"),
        (("policy", "show", "XXX"), "XXX"),
        (("policy", "preview", "MEX-T1", "--at", "2026-11-22T03:15-06:00", "--court", "NONE"), "NONE"),
        (("order", "show", "J5TEST-000099"), "J5TEST-000099"),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, tuple) else None,
)  # fmt: skip
def test_a_refusal_says_why_and_exits_with_1(settled: Run, arguments: tuple[str, ...], words: str) -> None:
    result = settled(*arguments)
    assert (result.code, words in result.err, result.out) == (1, True, "")


def test_every_fault_of_a_roster_is_named_at_once_with_its_line(settled: Run, installation: Path) -> None:
    (installation / "bad.csv").write_text(
        "kind,rotation,starts_on,days,day,start,end,slot,officers\n"
        "shift,agentes,31/01/2026,3,1,08:00,08:00,A,1001\n"
        "guard,agentes,2026-01-01,3,1,08:00,08:00,A,1001\n"
        "shift,agentes,2026-01-01,3,2,8 am,08:00,B,\n"
    )
    result = settled("roster", "import", "MEX-T1", str(installation / "bad.csv"))
    lines = [line.split(":")[0] for line in result.err.splitlines()]
    assert lines == ["línea 3, kind", "línea 4, officers", "línea 2, starts_on"]


def test_a_roster_with_an_unknown_badge_is_refused(settled: Run, installation: Path) -> None:
    (installation / "bad.csv").write_text(
        "kind,rotation,starts_on,days,day,start,end,slot,officers\nshift,agentes,2026-01-01,1,1,08:00,08:00,A,4444\n"
    )
    result = settled("roster", "import", "MEX-T1", str(installation / "bad.csv"))
    assert (result.code, "4444" in result.err) == (1, True)


def test_a_refused_roster_leaves_the_one_in_force(settled: Run, installation: Path) -> None:
    before = settled("roster", "export", "MEX-T1").out
    (installation / "bad.csv").write_text("kind,officers\nshift,\n")
    settled("roster", "import", "MEX-T1", str(installation / "bad.csv"))
    assert settled("roster", "export", "MEX-T1").out == before


def test_a_policy_that_is_no_json_is_refused(settled: Run, installation: Path) -> None:
    (installation / "policy.json").write_text("level one: everybody")
    result = settled("policy", "set", "MEX-T1", str(installation / "policy.json"))
    assert (result.code, "JSON" in result.err) == (1, True)


def test_every_fault_of_the_environment_is_named_at_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVIDERS", "pigeons")
    monkeypatch.setenv("PUBLIC_URL", "somewhere")
    result = run("court", "list")
    assert (result.code, [line.split(":")[0] for line in result.err.splitlines()]) == (
        1,
        ["PUBLIC_URL", "PROVIDERS"],
    )


def test_a_database_without_tables_is_refused_with_the_command_to_run(run: Run, installation: Path) -> None:
    (installation / "amparo.db").unlink()
    result = run("court", "list")
    assert (result.code, "amparo-notify db upgrade" in result.err) == (1, True)


def test_a_database_that_is_away_is_refused_without_a_traceback(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    result = run("court", "list")
    assert (result.code, "Traceback" in result.err, "DATABASE_URL" in result.err) == (1, False, True)


@pytest.mark.usefixtures("installation")
def test_a_process_of_its_own_answers_with_the_same_code_and_sentence() -> None:
    done = as_process("order", "show", "J5TEST-000099")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
