"""Runs a command of the service and ends it, as by a cut of power, at a named point of its code.

    python tests/kills/runner.py web|worker …      KILL_AT="before|after MODULE:NAME NTH"

The product knows nothing of this: the function is wrapped here, in this process alone. Leases are short, so that
what the dead process held is taken over within seconds.
"""

import functools
import importlib
import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

from amparo_notify.__main__ import main
from amparo_notify.cases import dispatch

LEASE, LONGEST_CALL = timedelta(seconds=2), timedelta(seconds=1)


def die() -> None:
    """At once: nothing is flushed, closed or rolled back."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm(order: str) -> None:
    """Have this process die when it comes to a point."""
    when, where, nth = order.split()
    module, _, path = where.partition(":")
    *owners, name = path.split(".")
    owner = functools.reduce(getattr, owners, importlib.import_module(module))
    original = getattr(owner, name)
    wrapped = _wrapped(original, when, int(nth))
    setattr(owner, name, wrapped)
    for each in list(sys.modules.values()):  # who imported the function by its name
        if getattr(each, name, None) is original:
            setattr(each, name, wrapped)


def _wrapped(original: Callable[..., Any], when: str, nth: int) -> Callable[..., Any]:
    calls = count(1)

    @functools.wraps(original)
    def point(*arguments: Any, **named: Any) -> Any:
        last = next(calls) == nth
        if last and when == "before":
            die()
        answer = original(*arguments, **named)
        if last:
            die()
        return answer

    return point


if __name__ == "__main__":
    importlib.import_module(f"amparo_notify.cli.{sys.argv[1]}")
    dispatch.LEASE, dispatch.LONGEST_CALL = LEASE, LONGEST_CALL
    if os.environ.get("KILL_AT"):
        arm(os.environ["KILL_AT"])
    sys.exit(main(sys.argv[1:]))
