"""An installation of each test's own, and `amparo-notify` spoken to as a person would."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from amparo_notify.__main__ import main
from tests.authority import NOW, authority, judge

Run = Callable[..., "Result"]


@dataclass(frozen=True)
class Result:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def installation(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty, migrated installation in a directory of its own; the environment names it."""
    shutil.copy(sqlite_template, tmp_path / "amparo.db")
    for name in list(os.environ):
        if name.startswith(
            ("DATABASE_URL", "TWILIO_", "SENDGRID_", "SMTP_", "KEYS", "PROVIDERS", "PUBLIC_URL")
        ):
            monkeypatch.delenv(name)
    authority().write_trust(tmp_path / "trust")
    monkeypatch.setenv("AMPARO_VAR", str(tmp_path))
    monkeypatch.setenv("TRUST_ANCHORS", str(tmp_path / "trust"))
    return tmp_path


@pytest.fixture
def run(installation: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process."""

    def run_here(*arguments: str) -> Result:
        capsys.readouterr()
        try:
            code = main(arguments)
        except SystemExit as end:  # argparse: wrong usage, and --help
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        return Result(code, out, err)

    return run_here


@pytest.fixture
def settled(run: Run, installation: Path) -> Run:
    """A court with its judge, and a station with two agents on duty all day."""
    certificate = installation / "judge.cer"
    certificate.write_bytes(judge().certificate)
    roster = installation / "roster.csv"
    roster.write_text(
        "kind,rotation,starts_on,days,day,start,end,slot,officers\n"
        "shift,agentes,2026-01-01,1,1,08:00,08:00,A,1001 1002\n"
    )
    policy = installation / "policy.json"
    policy.write_text(
        json.dumps(
            {
                "levels": [
                    {"targets": [{"kind": "rotation", "name": "agentes"}], "media": ["sms"], "delay": 0},
                    {"targets": [{"kind": "court"}], "media": ["email"], "delay": 60},
                ],
                "repeat_after": 60,
            }
        )
    )
    for command in (
        ("court", "add", "J5TEST", "--name", "Juzgado Ficticio", "--phone", "+52 55 0000 0001"),
        ("court", "signer", "add", "J5TEST", "--certificate", str(certificate)),
        ("station", "add", "MEX-T1", "--name", "La Burbuja", "--zone", "America/Mexico_City"),
        ("officer", "add", "1001", "--post", "agente", "--name", "A", "--phone", "5500000011", "--station", "MEX-T1"),
        ("officer", "add", "1002", "--post", "agente", "--name", "B", "--mail", "b@mex.example", "--station", "MEX-T1"),
        ("officer", "add", "J501", "--post", "guardia", "--name", "C", "--mail", "c@j5.example", "--court", "J5TEST"),
        ("roster", "import", "MEX-T1", str(roster)),
        ("policy", "set", "MEX-T1", str(policy)),
    ):  # fmt: skip
        result = run(*command)
        assert result.code == 0, result.err
    return run


def as_process(*arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run a command as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "amparo_notify", *arguments],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def clock() -> str:
    """The instant of the tests' authority, as an option."""
    return NOW.isoformat()
