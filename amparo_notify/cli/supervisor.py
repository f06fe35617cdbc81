"""Starts processes, starts again what dies, and ends them all at once. Imports little: it should not die."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

from amparo_notify.cli.common import GOOD, say
from amparo_notify.cli.supervised import SUPERVISED

LONGEST_PAUSE = 30.0
"""Seconds. A child that dies at once is started again after 1, 2, 4… and never later than this."""

STEADY = 60.0
"""Seconds. A child that lived so long has recovered: its next pause is the shortest again."""

PATIENCE = 8.0
"""Seconds that children have to finish what they are doing; the leases of what they do not finish expire."""

_LOOK = 0.1


@dataclass
class Child:
    """One process to keep alive; `once` for one that is expected to end."""

    name: str
    arguments: Sequence[str]
    once: bool = False
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = 1.0
    due: float = 0.0


@dataclass
class Supervisor:
    """Keeps children alive until SIGTERM, SIGINT, or `end`. `pass_fds` are sockets that they inherit."""

    children: list[Child]
    environment: Mapping[str, str]
    pass_fds: Sequence[int] = ()
    _ending: bool = field(default=False, init=False)

    def run(self) -> int:
        """Supervise until told to stop; return the exit code."""
        signal.signal(signal.SIGTERM, self._end)
        signal.signal(signal.SIGINT, self._end)
        try:
            while not self._ending:
                for child in self.children:
                    self._tend(child)
                time.sleep(_LOOK)
        finally:
            self._finish()
        return GOOD

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._ending = True

    def _tend(self, child: Child) -> None:
        """Start a child that is due; notice one that died."""
        now = time.monotonic()
        if child.process is None:
            if now >= child.due:
                child.process, child.started = self._start(child), now
            return
        code = child.process.poll()
        if code is None:
            return
        if child.once:
            child.due = float("inf")
        else:
            child.pause = 1.0 if now - child.started > STEADY else min(child.pause * 2, LONGEST_PAUSE)
            child.due = now + child.pause / 2
            say(f"{child.name} ended ({_how(code)}); it starts again in {child.pause / 2:.0f} s.")
        child.process = None

    def _start(self, child: Child) -> subprocess.Popen[bytes]:
        # A process group of its own: Ctrl-C in the terminal reaches this process alone, which then tells the children.
        return subprocess.Popen(
            [sys.executable, "-m", "amparo_notify", *child.arguments],
            env={**self.environment, SUPERVISED: "1"},
            stdin=subprocess.PIPE,
            pass_fds=tuple(self.pass_fds),
            process_group=0,
        )

    def _finish(self) -> None:
        """End the children, the last one first: in a demonstration the worker's messages go through the web server."""
        for child in reversed(self.children):
            if child.process and child.process.poll() is None:
                child.process.terminate()
                self._wait(child.name, child.process)

    def _wait(self, name: str, process: subprocess.Popen[bytes]) -> None:
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            say(f"{name} did not end in {PATIENCE:.0f} s and is cut short; nothing owed is lost.")
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _how(code: int) -> str:
    return f"by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
