"""Throttling of guesses: counted in rows, before the slow hash, so that no number of hosts or tries helps a robot."""

from datetime import datetime, timedelta

from amparo_notify.cases.services import Services
from amparo_notify.core.errors import Denied, Fault
from amparo_notify.store import staff

TRIES = 5
BLOCKED = timedelta(minutes=5)
FORGOTTEN = timedelta(minutes=15)


def count(services: Services, key: str, field: str, now: datetime) -> int:
    """Count one guess before it is heard; return how many are left. Raises Denied while too many were made.

    A right guess is followed by `forgive`.
    """
    with services.database.write() as tx:
        row = staff.throttle_row(tx, key)
        if row is not None and row.blocked_until is not None and row.blocked_until > now:
            raise _blocked(field, row.blocked_until - now)
        fresh = row is None or row.until <= now or row.blocked_until is not None
        failures = 1 if fresh or row is None else row.failures + 1
        blocked = now + BLOCKED if failures >= TRIES else None
        staff.set_throttle(tx, key, failures, now + FORGOTTEN, blocked)
        return TRIES - failures


def left(services: Services, key: str, field: str, now: datetime) -> int:
    """How many guesses are left, and none is counted. Raises Denied while too many were made."""
    with services.database.read() as tx:
        row = staff.throttle_row(tx, key)
    if row is None or row.until <= now:
        return TRIES
    if row.blocked_until is not None and row.blocked_until > now:
        raise _blocked(field, row.blocked_until - now)
    return TRIES - row.failures if row.blocked_until is None else TRIES


def forgive(services: Services, key: str) -> None:
    """The guess was right."""
    with services.database.write() as tx:
        staff.clear_throttle(tx, key)


def _blocked(field: str, left: timedelta) -> Denied:
    minutes = max(1, -(-int(left.total_seconds()) // 60))
    return Denied(
        Fault(field, "Demasiados intentos.", f"Espere {minutes} min e intente de nuevo, o use otro medio.")
    )
