"""The outbox: notices written before they are sent, attempts at them, and what providers said.

A notice's `next_at` is both the key by which it is claimed and the lease while somebody sends it; its `fence` counts
the claims, so that a sender who comes back late decides nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, and_, func, insert, select, update

from amparo_notify.core.notice import Cause, Medium, Purpose, Status
from amparo_notify.store.ringing import rings
from amparo_notify.store.tables import (
    attempt,
    escalation,
    heartbeat,
    lawyer,
    notice,
    officer,
    provider_event,
)


@dataclass(frozen=True)
class Claimed:
    """One notice that this worker may send until its lease ends."""

    id: int
    escalation: int
    order: int
    officer: int | None
    lawyer: int | None
    medium: Medium
    contact: int
    purpose: Purpose
    cause: Cause
    detail: str
    fence: int
    failures: int
    due_at: datetime
    round: int
    level: int
    rank: int


@dataclass(frozen=True)
class Attempt:
    id: int
    notice: int
    order: int
    escalation: int
    fence: int
    reference: str
    provider: str
    provider_id: str | None
    status: Status
    medium: Medium
    made_at: datetime

    @property
    def unanswered(self) -> bool:
        """Whether a call already under way went on with this, and no key has shown that somebody heard it.

        Every other attempt learns its provider's id with the provider's first word, which raises its status."""
        return self.status is Status.ATTEMPTED and self.provider_id is not None


@dataclass(frozen=True)
class NoticeLine:
    """A notice as a page shows it: whom, how, and how far it came."""

    id: int
    escalation: int
    post: str
    badge: str  # empty for a lawyer
    medium: Medium
    purpose: Purpose
    cause: Cause
    round: int
    level: int
    due_at: datetime
    state: str
    status: Status | None  # of the furthest attempt
    attempts: int
    provider: str
    at: datetime | None


def write(tx: Connection, escalation_id: int, notices: Sequence[Mapping[str, object]]) -> None:
    """Write notices of an escalation, but for those whose plan key is there already. All have the same columns."""
    keys = [each["plan_key"] for each in notices]
    same = and_(notice.c.escalation == escalation_id, notice.c.plan_key.in_(keys))
    known = set(tx.scalars(select(notice.c.plan_key).where(same)))
    new = {each["plan_key"]: each for each in notices if each["plan_key"] not in known}
    rows = [
        {**each, "escalation": escalation_id, "state": "open", "next_at": each["due_at"]}
        for each in new.values()
    ]
    if rows:
        tx.execute(insert(notice), rows)


def claimed_of(row: Row[tuple[object, ...]]) -> Claimed:
    """A notice's row as a claim."""
    return Claimed(
        id=row.id,
        escalation=row.escalation,
        order=row.orders,
        officer=row.officer,
        lawyer=row.lawyer,
        medium=Medium(row.medium),
        contact=row.contact,
        purpose=Purpose(row.purpose),
        cause=Cause(row.cause),
        detail=row.detail,
        fence=row.fence,
        failures=row.failures,
        due_at=row.due_at,
        round=row.round,
        level=row.level,
        rank=row.rank,
    )


def claimed(tx: Connection, notice_id: int) -> Claimed:
    """A notice as its newest claim has it."""
    return claimed_of(tx.execute(select(notice).where(notice.c.id == notice_id)).one())


def claimed_for(tx: Connection, escalation_id: int, officer_id: int) -> Claimed:
    """The newest notice of an escalation to an officer."""
    which = (notice.c.escalation == escalation_id) & (notice.c.officer == officer_id)
    return claimed_of(tx.execute(select(notice).where(which).order_by(notice.c.id.desc()).limit(1)).one())


def open_orders_of(tx: Connection, badges: list[str]) -> list[tuple[int, int]]:
    """(order, escalation) of the chases in which one of these officers was told."""
    found = (
        select(escalation.c.orders, escalation.c.id)
        .join(notice, notice.c.escalation == escalation.c.id)
        .join(officer, officer.c.id == notice.c.officer)
        .where(officer.c.badge.in_(badges), escalation.c.phase.in_(["chasing", "paused", "overdue"]))
        .where(escalation.c.station.is_not(None))
        .distinct()
    )
    return [(row.orders, row.id) for row in tx.execute(found.order_by(escalation.c.orders))]


def attempt_by_reference(tx: Connection, reference: str) -> Attempt | None:
    return _attempt(tx, attempt.c.reference == reference)


def attempt_by_id(tx: Connection, attempt_id: int) -> Attempt | None:
    return _attempt(tx, attempt.c.id == attempt_id)


def _attempt(tx: Connection, which: object) -> Attempt | None:
    found = (
        select(attempt, notice.c.orders, notice.c.escalation, notice.c.medium)
        .join(notice, notice.c.id == attempt.c.notice)
        .where(which)  # type: ignore[arg-type]
    )
    row = tx.execute(found).first()
    return attempt_of(row) if row else None


def attempt_of(row: Row[tuple[object, ...]]) -> Attempt:
    """An attempt's row, joined with its notice's order, escalation and medium."""
    return Attempt(
        id=row.id,
        notice=row.notice,
        order=row.orders,
        escalation=row.escalation,
        fence=row.fence,
        reference=row.reference,
        provider=row.provider,
        provider_id=row.provider_id,
        status=Status(row.status),
        medium=Medium(row.medium),
        made_at=row.made_at,
    )


def update_attempt(tx: Connection, attempt_id: int, **columns: object) -> None:
    tx.execute(update(attempt).where(attempt.c.id == attempt_id).values(**columns))


NEXT_CHECK = select(func.min(attempt.c.check_at)).where(attempt.c.check_at.is_not(None)).scalar_subquery()
"""The next instant at which a provider is to be asked about a message."""


def settle(tx: Connection, notice_id: int, fence: int | None, **columns: object) -> bool:
    """Change a notice if `fence` is still its newest claim (None: whatever its claim); return whether it was."""
    which = notice.c.id == notice_id
    if fence is not None:
        which = and_(which, notice.c.fence == fence, notice.c.state == "open")
    return bool(tx.execute(update(notice).where(which).values(**columns)).rowcount)


def cancel_chase(tx: Connection, escalation_id: int) -> int:
    """Cancel every chase of an escalation not yet sent; what informs still goes out. Return how many."""
    which = and_(
        notice.c.escalation == escalation_id, notice.c.purpose == Purpose.CHASE, notice.c.state == "open"
    )
    return tx.execute(update(notice).where(which).values(state="cancelled", next_at=None)).rowcount


def get(tx: Connection, notice_id: int) -> Row[tuple[object, ...]]:
    """A notice's row."""
    return tx.execute(select(notice).where(notice.c.id == notice_id)).one()


def dead_contacts(tx: Connection, escalation_id: int) -> set[tuple[str, Medium, int]]:
    """(badge, medium, position) of contacts that failed for good in this escalation."""
    found = (
        select(officer.c.badge, notice.c.medium, notice.c.contact)
        .join(officer, officer.c.id == notice.c.officer)
        .where(notice.c.escalation == escalation_id, notice.c.state == "failed")
    )
    return {(row.badge, Medium(row.medium), row.contact) for row in tx.execute(found)}


def recipients(tx: Connection, order_id: int) -> list[tuple[int, int, str]]:
    """(escalation, officer, badge) of every officer with a notice of this order, sent or about to be."""
    found = (
        select(notice.c.escalation, notice.c.officer, officer.c.badge)
        .join(officer, officer.c.id == notice.c.officer)
        .where(notice.c.orders == order_id, notice.c.state != "cancelled")
        .distinct()
        .order_by(notice.c.escalation, officer.c.badge)
    )
    return [(row.escalation, row.officer, row.badge) for row in tx.execute(found)]


def lines(tx: Connection, order_id: int) -> list[NoticeLine]:
    """Every notice of an order with its furthest attempt, oldest first, for the pages."""
    rows = tx.execute(
        select(notice, officer.c.badge, officer.c.post)
        .outerjoin(officer, officer.c.id == notice.c.officer)
        .where(notice.c.orders == order_id)
        .order_by(notice.c.id)
    ).all()
    tries: dict[int, list[Row[tuple[object, ...]]]] = {}
    found = select(attempt).join(notice, notice.c.id == attempt.c.notice).where(notice.c.orders == order_id)
    for row in tx.execute(found.order_by(attempt.c.id)):
        tries.setdefault(row.notice, []).append(row)
    return [_line(row, tries.get(row.id, [])) for row in rows]


def _line(row: Row[tuple[object, ...]], tries: list[Row[tuple[object, ...]]]) -> NoticeLine:
    last = tries[-1] if tries else None
    return NoticeLine(
        id=row.id,
        escalation=row.escalation,
        post=row.post or "",
        badge=row.badge or "",
        medium=Medium(row.medium),
        purpose=Purpose(row.purpose),
        cause=Cause(row.cause),
        round=row.round,
        level=row.level,
        due_at=row.due_at,
        state=row.state,
        status=Status(last.status) if last else None,
        attempts=len(tries),
        provider=last.provider if last else "",
        at=last.made_at if last else None,
    )


def event_kept(tx: Connection, provider: str, event_key: str) -> bool:
    """Whether a provider's callback was kept already."""
    same = and_(provider_event.c.provider == provider, provider_event.c.event_key == event_key)
    return tx.execute(select(provider_event.c.id).where(same)).first() is not None


def add_event(tx: Connection, **columns: object) -> int | None:
    """Keep a provider's callback unless it is a duplicate; return its id, or None."""
    if event_kept(tx, str(columns["provider"]), str(columns["event_key"])):
        return None
    return int(
        tx.execute(insert(provider_event).values(**columns).returning(provider_event.c.id)).scalar_one()
    )


def lawyer_order(tx: Connection, lawyer_id: int) -> tuple[int, int]:
    """(order, position) of a lawyer."""
    row = tx.execute(select(lawyer.c.orders, lawyer.c.position).where(lawyer.c.id == lawyer_id)).one()
    return row.orders, row.position


def last_beat(tx: Connection) -> datetime | None:
    """When any worker was last alive."""
    return tx.execute(select(func.max(heartbeat.c.at))).scalar()


def overdue(tx: Connection, before: datetime) -> int:
    """How many notices were owed before an instant and never reached a provider; calls in a queue are not late."""
    which = and_(notice.c.state == "open", notice.c.due_at < before, ~rings(before))
    return int(tx.execute(select(func.count()).select_from(notice).where(which)).scalar_one())
