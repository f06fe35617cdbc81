"""Web and worker as supervised processes: they end when told to, and start again when they should not have ended."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli.conftest import Run, as_process

PATIENCE = 240.0
"""Seconds: the tests' machine may be busy."""


def wait_for(true: Callable[[], object]) -> bool:
    """Whether something comes true in time; the processes looked at tell nobody when it does."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(OSError):
            if true():
                return True
        time.sleep(0.05)
    return False


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def get(port: int, path: str) -> str:
    """The body of one of the service's pages."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
        return str(answer.read().decode())


class Served:
    """`amparo-notify serve` as a process of its own, and what it said."""

    def __init__(self, said: Path, *arguments: str) -> None:
        self.port, self._said = free_port(), said
        with said.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "amparo_notify", "serve", "--port", str(self.port), *arguments],
                stdout=output,
                stderr=output,
            )

    @property
    def said(self) -> str:
        return self._said.read_text()

    def answers(self) -> bool:
        return wait_for(lambda: get(self.port, "/healthz"))

    def child(self, name: str) -> int:
        """The process id of a child, by its command."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        commands = {int(pid): Path(f"/proc/{pid}/cmdline").read_text().split("\0") for pid in children}
        return next((pid for pid, command in commands.items() if name in command), 0)

    def end(self) -> int:
        self.process.terminate()
        return self.process.wait(PATIENCE)


@pytest.fixture
def served(installation: Path) -> Iterator[Served]:
    service = Served(installation / "said.txt")
    assert service.answers(), service.said
    yield service
    service.end()


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be noticed does not."""
    with suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_it_ends_at_once_and_cleanly_when_told_to(served: Served) -> None:
    children = [served.child("web"), served.child("worker")]
    code = served.end()
    assert (code, [alive(pid) for pid in children]) == (0, [False, False])
    assert "Traceback" not in served.said, served.said


def test_a_worker_that_dies_is_started_again_with_a_message(served: Served) -> None:
    wait_for(lambda: served.child("worker"))
    first = served.child("worker")
    os.kill(first, signal.SIGKILL)
    assert wait_for(lambda: served.child("worker") not in (0, first))
    assert "worker ended (by SIGKILL)" in served.said


def test_a_web_server_that_dies_is_started_again_on_the_same_port(served: Served) -> None:
    os.kill(served.child("web"), signal.SIGKILL)
    assert served.answers()


def test_children_do_not_outlive_a_supervisor_that_is_killed(served: Served) -> None:
    children = [served.child("web"), served.child("worker")]
    served.process.kill()
    assert wait_for(lambda: not any(alive(pid) for pid in children))


def test_a_port_that_is_taken_is_refused_with_what_to_do(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        result = run("serve", "--port", str(listener.getsockname()[1]))
    assert (result.code, "--port" in result.err, result.err.count("\n")) == (1, True, 1)


@pytest.mark.usefixtures("installation")
def test_a_wrong_configuration_is_refused_before_anything_starts() -> None:
    done = as_process("serve", "--port", str(free_port()), PROVIDERS="pigeons")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


@pytest.mark.usefixtures("installation")
def test_a_demonstration_never_starts_where_messages_would_reach_people() -> None:
    done = as_process("serve", "--demo", PROVIDERS="live")
    assert (done.returncode, "--demo" in done.stderr) == (1, True)


def test_a_reset_never_deletes_data_that_no_demonstration_made(settled: Run) -> None:
    done = as_process("serve", "--demo", "--reset", "--port", str(free_port()))
    assert (done.returncode, settled("court", "list", "--json").json[0]["code"]) == (1, "J5TEST")


def test_a_demonstration_never_begins_in_somebody_s_own_data(settled: Run) -> None:
    done = as_process("serve", "--demo", "--port", str(free_port()))
    assert (done.returncode, "AMPARO_VAR" in done.stderr) == (1, True)
