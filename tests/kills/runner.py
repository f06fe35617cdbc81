"""Runs a command of the service and ends it, as by a cut of power, or freezes it at a named point of its code.

    python tests/kills/runner.py web|worker …      KILL_AT="before|after MODULE:NAME NTH MILLISECONDS"
                                                   FREEZE_AT="before|after MODULE:NAME NTH" (until SIGCONT)

The product knows nothing of this: the function is wrapped here, in this process alone. Leases are short, so that
what the dead process held is taken over within seconds. The milliseconds are how long the thread that came to the
point stands still while the others go on, before all of them are dead.
"""

import functools
import importlib
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

from amparo_notify.__main__ import main
from amparo_notify.cases import dispatch

LEASE, LONGEST_CALL = timedelta(seconds=3), timedelta(seconds=2)


def die(after: float) -> None:
    """At once, `after` so many seconds: nothing is flushed, closed or rolled back."""
    time.sleep(after)
    os.kill(os.getpid(), signal.SIGKILL)


def freeze() -> None:
    """Stand still, all threads, until somebody sends SIGCONT: a process that its machine has put aside."""
    os.kill(os.getpid(), signal.SIGSTOP)


def arm(when: str, where: str, nth: str, end: Callable[[], None]) -> None:
    """Have this process come to its end, or to a stop, at a point."""
    module, _, path = where.partition(":")
    *owners, name = path.split(".")
    owner = functools.reduce(getattr, owners, importlib.import_module(module))
    original = getattr(owner, name)
    wrapped = _wrapped(original, when, int(nth), end)
    setattr(owner, name, wrapped)
    for each in list(sys.modules.values()):  # who imported the function by its name
        if getattr(each, name, None) is original:
            setattr(each, name, wrapped)


def _wrapped(
    original: Callable[..., Any], when: str, nth: int, end: Callable[[], None]
) -> Callable[..., Any]:
    calls = count(1)

    @functools.wraps(original)
    def point(*arguments: Any, **named: Any) -> Any:
        last = next(calls) == nth
        if last and when == "before":
            end()
        answer = original(*arguments, **named)
        if last:
            end()
        return answer

    return point


if __name__ == "__main__":
    importlib.import_module(f"amparo_notify.cli.{sys.argv[1]}")
    dispatch.LEASE, dispatch.LONGEST_CALL = LEASE, LONGEST_CALL
    if "KILL_AT" in os.environ:
        *point, wait = os.environ["KILL_AT"].split()
        arm(*point, functools.partial(die, int(wait) / 1000))
    if "FREEZE_AT" in os.environ:
        arm(*os.environ["FREEZE_AT"].split(), freeze)
    sys.exit(main(sys.argv[1:]))
