"""How long a doubtful order may wait for a second person of its court."""

from datetime import datetime, timedelta

from amparo_notify.core.verdict import Reason

HOLD_LIMIT = timedelta(seconds=120)
RUSH = timedelta(minutes=90)
"""Inside departure less this, an order that lacks only revocation data or a time-stamp does not wait at all."""

WANTING = frozenset({Reason.TRY_LATER, Reason.OUT_OF_BOUNDS_NO_POE})
"""Want of revocation data, and want of a time-stamp. REVOKED_NO_POE is no want: somebody has to look."""


def release_at(
    reason: Reason | None, revocation_only: bool, submitted_at: datetime, departs_at: datetime | None
) -> datetime | None:
    """Return when a held order goes out by itself, marked as such (UTC), or None where a person must confirm it.

    `revocation_only`: nothing is missing but revocation data or a time-stamp, and the signer is registered.
    """
    if not revocation_only or reason not in WANTING:
        return None
    limit = submitted_at + HOLD_LIMIT
    if departs_at is None:
        return limit
    return max(submitted_at, min(limit, departs_at - RUSH))
