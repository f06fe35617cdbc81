"""When the next thing is due: a policy's delays, counted back from a departure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from amparo_notify.core.order import deadline
from amparo_notify.core.policy import Policy

LEAD = timedelta(seconds=1)
"""The last level fires this long before the deadline, so that a late tick does not pass it."""

REPEAT_FLOOR = 60
"""Seconds. However near the departure, rounds are this far apart: a call read three times takes as long."""

ROUNDS_LEFT = 10
"""Near a departure, rounds follow one another by this part of the time that is left until it."""


def pressed(base: datetime, departs_at: datetime | None) -> bool:
    """Whether the deadline is so near at `base` that everybody is reached at once."""
    by = deadline(departs_at)
    return by is not None and base >= by - LEAD


def level_due(base: datetime, delays: Sequence[int], departs_at: datetime | None) -> datetime:
    """Return when the next level fires, if the one before it fired at `base`.

    `delays` (seconds) are those of the next level and of all after it. They are multiplied by
    min(1, time left ÷ time they want), to the second below, so that the last fires before departure - 45 min.
    """
    wanted = timedelta(seconds=sum(delays))
    by = deadline(departs_at)
    if by is None or base + wanted <= by - LEAD:
        return base + timedelta(seconds=delays[0])
    left = max(by - LEAD - base, timedelta())
    return base + timedelta(seconds=int(delays[0] * (left / wanted))) if wanted else base


def round_due(base: datetime, repeat_after: int, departs_at: datetime | None) -> datetime:
    """Return when the next round starts, if the last level fired at `base`."""
    wait = max(repeat_after, 1)
    if departs_at is not None and base < departs_at:
        wait = min(wait, max(REPEAT_FLOOR, int((departs_at - base).total_seconds()) // ROUNDS_LEFT))
    return base + timedelta(seconds=wait)


def outcome_due(policy: Policy, departs_at: datetime | None, now: datetime) -> datetime:
    """Return when every outcome is due after an acknowledgement: the policy's time, or half of what is left before
    departure, but never less than the time allowed for reading the order."""
    wait = timedelta(seconds=policy.outcome_within)
    if departs_at is not None and now < departs_at:
        shortest = timedelta(seconds=policy.display_within)
        wait = min(wait, max(shortest, (departs_at - now) / 2))
    return now + wait
