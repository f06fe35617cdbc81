"""Keeps a child from outliving the process that supervises it, whatever ended that one."""

import os
import signal
import threading

SUPERVISED = "AMPARO_SUPERVISED"
"""Set for a child whose standard input is a pipe from its supervisor: its end means that the supervisor is gone."""


def stop_with_parent() -> None:
    """In a supervised child, end as by SIGTERM once the supervisor is gone. Elsewhere, do nothing."""
    if os.environ.get(SUPERVISED):
        threading.Thread(target=_watch, name="supervisor", daemon=True).start()


def _watch() -> None:
    while os.read(0, 1):  # not sys.stdin: its buffer's lock, held here, would break the interpreter's end
        pass
    # To the main thread: sent to the process it might be taken by this one, and wake nobody.
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
