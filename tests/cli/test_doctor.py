"""The doctor finds every fault at once, and says the remedy."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from amparo_notify.demo.authority import Authority
from amparo_notify.store import findings
from amparo_notify.store.database import Database
from amparo_notify.store.inbound import READING
from tests.cli.conftest import Run


def _faults(run: Run) -> list[str]:
    report = run("doctor", "--json").json
    return [f"{each['check']}: {each['detail']}" for each in report["findings"] if each["level"] == "fault"]


def test_a_service_that_is_not_running_has_no_worker_and_no_provider(settled: Run) -> None:
    assert [line.split(":")[0] for line in _faults(settled)] == ["providers", "worker"]


def test_a_check_that_found_faults_exits_with_1(settled: Run) -> None:
    assert settled("doctor").code == 1


def test_every_fault_of_the_configuration_is_there(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVIDERS", "live")
    found = [line for line in _faults(run) if line.startswith("configuration")]
    named = {line.split(": ")[1] for line in found}
    assert {"PUBLIC_URL", "SECRET_KEY", "TWILIO_ACCOUNT_SID", "SENDGRID_FROM"} <= named


def test_an_empty_installation_lacks_a_station(run: Run) -> None:
    assert "stations: there are none." in _faults(run)


def test_a_station_without_policy_is_found(settled: Run) -> None:
    settled("station", "add", "CUN-T3", "--name", "Terminal 3", "--zone", "America/Cancun")
    assert "station CUN-T3: it has no policy: it takes no orders." in _faults(settled)


def test_a_policy_that_names_a_rotation_nobody_has_is_found(settled: Run) -> None:
    settled("policy", "set", "MEX-T1", "--default")
    assert "station MEX-T1: its policy names rotation jefatura, and there is none." in _faults(settled)


def test_hours_with_nobody_on_duty_in_the_next_week_are_found(settled: Run, installation: Path) -> None:
    (installation / "days.csv").write_text(
        "kind,rotation,starts_on,days,day,start,end,slot,officers\nshift,agentes,2026-01-01,1,1,08:00,20:00,A,1001\n"
    )
    settled("roster", "import", "MEX-T1", str(installation / "days.csv"))
    assert any("agentes has 0 of 1 people" in line for line in _faults(settled))


def test_a_court_without_duty_contacts_is_found(settled: Run) -> None:
    settled("court", "add", "J6TEST", "--name", "Otro", "--phone", "5500000002")
    assert any(line.startswith("court J6TEST: it has no duty contact") for line in _faults(settled))


def test_an_anchor_that_has_run_out_is_a_warning(settled: Run, installation: Path) -> None:
    now = datetime.now(UTC)
    old = Authority.create(now, not_before=now - timedelta(days=900), not_after=now - timedelta(days=9))
    old.write_trust(installation / "old")
    (installation / "old" / "root.pem").rename(installation / "trust" / "old.pem")
    findings = settled("doctor", "--json").json["findings"]
    assert [f["level"] for f in findings if f["check"] == "trust" and "run out" in f["detail"]] == ["warning"]


def test_a_revocation_list_that_has_run_out_is_a_fault(
    settled: Run, installation: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = datetime.now(UTC) - timedelta(days=9)
    (installation / "old.crl").write_bytes(Authority.create(past).crl(past))
    monkeypatch.setenv("CRL_SOURCES", str(installation / "old.crl"))
    assert any("lista de revocación" in line and "run out" in line for line in _faults(settled))


def test_texts_from_officers_that_nobody_could_read_are_a_fault(settled: Run, installation: Path) -> None:
    now = datetime.now(UTC)
    database = Database(f"sqlite:///{installation / 'amparo.db'}")
    for minutes in (4, 6):
        with database.write() as tx:
            findings.keep(tx, READING + "twilio", now - timedelta(minutes=minutes), {})
        assert any(line.startswith("texts: ") for line in _faults(settled)) == (minutes > 5)
    database.close()


def test_an_unreadable_trust_anchor_is_named_and_the_rest_is_still_checked(
    settled: Run, installation: Path
) -> None:
    (installation / "trust" / "broken.pem").write_text("no certificate")
    found = _faults(settled)
    assert (
        any("broken.pem" in line for line in found),
        any(line.startswith("worker") for line in found),
    ) == (True, True)


def test_keys_that_others_can_read_are_found(settled: Run, installation: Path) -> None:
    (installation / "keys").chmod(0o755)
    assert any(line.startswith("keys: KEYS") for line in _faults(settled))
