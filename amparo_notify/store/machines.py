"""What the machines know of one another: who is alive, and who does a periodic job this time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from amparo_notify.core.notice import Status
from amparo_notify.store.ringing import rings
from amparo_notify.store.tables import attempt, escalation, heartbeat, job_slot, notice, orders, ringing

KEPT = timedelta(days=1)
"""How long the heartbeat of a worker that died, and the slot of a job that was done, are remembered."""

LOOK_BACK = 5_000
"""Attempts, newest first, that are looked at to judge a provider: the table grows for years."""


def beat(tx: Connection, worker: str, now: datetime, trust: str = "") -> None:
    """Note that a worker is alive, and the fingerprint of what it trusts."""
    changed = tx.execute(update(heartbeat).where(heartbeat.c.worker == worker).values(at=now, trust=trust))
    if not changed.rowcount:
        tx.execute(insert(heartbeat).values(worker=worker, at=now, trust=trust))


def trusts(tx: Connection, since: datetime) -> set[str]:
    """The fingerprints of what the living trust; more than one means that hosts judge differently."""
    found = select(heartbeat.c.trust).where(heartbeat.c.at >= since, heartbeat.c.trust != "").distinct()
    return set(tx.scalars(found))


def leave(tx: Connection, worker: str) -> None:
    """A worker that ends in good order is not missed."""
    tx.execute(delete(heartbeat).where(heartbeat.c.worker == worker))


def heartbeats(tx: Connection) -> dict[str, datetime]:
    """Worker to when it was last alive."""
    return {row.worker: row.at for row in tx.execute(select(heartbeat).order_by(heartbeat.c.worker))}


def take_slot(tx: Connection, job: str, slot: datetime) -> bool:
    """Whether this process is the one that does a periodic job for a slot of time."""
    try:
        with tx.begin_nested():
            tx.execute(insert(job_slot).values(job=job, slot=slot))
    except IntegrityError:
        return False
    return True


def give_slot(tx: Connection, job: str, slot: datetime) -> None:
    """A periodic job could not be done after all: whoever comes next may take its slot."""
    tx.execute(delete(job_slot).where(job_slot.c.job == job, job_slot.c.slot == slot))


def sweep(tx: Connection, now: datetime) -> None:
    """Forget the dead, and jobs long done."""
    tx.execute(delete(heartbeat).where(heartbeat.c.at < now - KEPT))
    tx.execute(delete(job_slot).where(job_slot.c.slot < now - KEPT))
    tx.execute(delete(ringing).where(ringing.c.until < now - KEPT))


# -- what a watchman asks -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tried:
    """How a provider has answered lately: of how many messages it took, and of how many of those it said no more."""

    provider: str
    taken: int
    failed: int
    unheard: int


def untried_orders(tx: Connection, before: datetime) -> int:
    """How many open orders were accepted before an instant and no message of theirs was ever tried."""
    tried = (
        select(attempt.c.id)
        .join(notice, notice.c.id == attempt.c.notice)
        .where(notice.c.orders == orders.c.id)
        .exists()
    )
    which = (orders.c.state.in_(["open", "held"])) & (orders.c.submitted_at < before) & ~tried
    return int(tx.execute(select(func.count()).select_from(orders).where(which)).scalar_one())


def late_escalations(tx: Connection, before: datetime) -> int:
    """How many escalations should have been planned before an instant and were not."""
    late = select(func.count()).select_from(escalation).where(escalation.c.next_at < before)
    return int(tx.execute(late).scalar_one())


def late_notices(tx: Connection, before: datetime) -> int:
    """How many notices, leases included, should have been looked at before an instant and were not.

    A call whose phone still rang then waits its turn.
    """
    late = select(func.count()).select_from(notice).where(notice.c.next_at < before, ~rings(before))
    return int(tx.execute(late).scalar_one())


def tried_since(tx: Connection, since: datetime, until: datetime) -> list[Tried]:
    """What each provider did with the messages of a span of time."""
    counted = (
        select(attempt.c.provider, attempt.c.status, func.count().label("number"))
        .where(attempt.c.id > select(func.max(attempt.c.id)).scalar_subquery() - LOOK_BACK)
        .where(attempt.c.made_at >= since, attempt.c.made_at < until)
        .group_by(attempt.c.provider, attempt.c.status)
    )
    found: dict[str, dict[Status, int]] = {}
    for row in tx.execute(counted):
        found.setdefault(row.provider, {})[Status(row.status)] = row.number
    return [_tried(provider, numbers) for provider, numbers in sorted(found.items())]


def _tried(provider: str, numbers: dict[Status, int]) -> Tried:
    failed = sum(numbers.get(each, 0) for each in (Status.ATTEMPTED, Status.UNKNOWN, Status.REFUSED))
    return Tried(provider, sum(numbers.values()) - failed, failed, numbers.get(Status.ACCEPTED, 0))
