"""Claims: which notices are due, who may send them now, and what came of it. In batches, for bad days.

A medium and a rank are a queue of their own: a slow provider holds up nobody else's, and first notices leave before
repeats. So is a phone that rings: the calls that wait for it leave one at a time. The claim key `next_at` is also the
lease.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, literal, select, tuple_, union_all, update

from amparo_notify.core.notice import Medium, Status
from amparo_notify.store.outbox import Attempt, Claimed, attempt_of, claimed_of
from amparo_notify.store.ringing import rings
from amparo_notify.store.tables import Instant, attempt, log, notice, ringing

RANKS = (0, 1)
"""First notices, then repeats."""


@dataclass(frozen=True)
class Candidate:
    """A due notice, not yet ours."""

    id: int
    order: int


_NOW = bindparam("now", type_=Instant())

_WAITING = (
    select(
        notice.c.id,
        notice.c.orders,
        notice.c.rank,
        func.row_number()
        .over(partition_by=notice.c.waits_for, order_by=(notice.c.rank, notice.c.due_at, notice.c.id))
        .label("place"),
    )
    .where(notice.c.next_at.is_not(None), notice.c.waits_for.is_not(None), ~rings(_NOW))
    .subquery()
)
_DUE = union_all(
    select(
        literal(str(Medium.VOICE)).label("medium"), _WAITING.c.rank, _WAITING.c.id, _WAITING.c.orders
    ).where(_WAITING.c.place == 1),
    *(
        select(literal(str(medium)), literal(rank), each.c.id, each.c.orders)
        for medium in Medium
        for rank in RANKS
        for each in [
            select(notice.c.id, notice.c.orders)
            .where(
                notice.c.medium == str(medium),
                notice.c.rank == rank,
                notice.c.next_at <= _NOW,
                notice.c.waits_for.is_(None),
            )
            .order_by(notice.c.next_at)
            .limit(bindparam(str(medium)))
            .subquery()
        ]
    ),
)
"""First of each phone that is free again the call that waits first, then what is due of each medium and rank."""

_NEXT = union_all(
    select(func.min(func.coalesce(ringing.c.until, notice.c.next_at)).label("at"))
    .select_from(notice.outerjoin(ringing, ringing.c.number == notice.c.waits_for))
    .where(notice.c.next_at.is_not(None), notice.c.waits_for.is_not(None)),
    *(
        select(func.min(notice.c.next_at)).where(
            notice.c.medium == str(medium),
            notice.c.rank == rank,
            notice.c.next_at.is_not(None),
            notice.c.waits_for.is_(None),
        )
        for medium in Medium
        for rank in RANKS
    ),
).subquery()
NEXT_DUE = select(func.min(_NEXT.c.at)).scalar_subquery()
"""The next instant at which some notice or lease falls due."""

_WANTED = select(notice.c.id, notice.c.fence).where(
    notice.c.id.in_(bindparam("ids", expanding=True)),
    notice.c.state == "open",
    notice.c.next_at > bindparam("until"),
)


def due(tx: Connection, now: datetime, room: Mapping[Medium, int]) -> list[Candidate]:
    """Due notices, at most as many of each medium as there is `room` for; first notices before repeats. No lock."""
    left = {str(medium): room.get(medium, 0) for medium in Medium}
    chosen: list[Candidate] = []
    for row in sorted(tx.execute(_DUE, {"now": now, **left}), key=lambda row: row.rank):
        if left[row.medium] > 0:
            left[row.medium] -= 1
            chosen.append(Candidate(row.id, row.orders))
    return chosen


def take(
    tx: Connection, candidates: Sequence[Candidate], now: datetime, lease_end: datetime
) -> list[Claimed]:
    """Lease those that are still due, skipping orders that another transaction holds. Their logs are locked."""
    free = tx.scalars(
        select(log.c.id)
        .where(log.c.id.in_({each.order for each in candidates}))
        .order_by(log.c.id)
        .with_for_update(key_share=True, skip_locked=True)
    ).all()
    if not free:
        return []
    place = {each.id: n for n, each in enumerate(candidates)}
    taken = (
        update(notice)
        .where(notice.c.id.in_(place), notice.c.orders.in_(free), notice.c.next_at <= now)
        .values(next_at=lease_end, fence=notice.c.fence + 1, waits_for=None)
        .returning(notice)
    )
    return sorted((claimed_of(row) for row in tx.execute(taken)), key=lambda each: place[each.id])


def still_wanted(tx: Connection, notices: Collection[int], until: datetime) -> set[tuple[int, int]]:
    """The last look before calls: (notice, newest fence) of what is not cancelled and is leased until then."""
    found = tx.execute(_WANTED, {"ids": list(notices), "until": until})
    return {(row.id, row.fence) for row in found}


# -- attempts -----------------------------------------------------------------------------------------------


def add_attempts(tx: Connection, attempts: Sequence[Mapping[str, object]]) -> dict[int, int]:
    """Write attempts before any wire is touched; return notice to attempt."""
    if not attempts:
        return {}
    rows = [{**each, "status": str(Status.ATTEMPTED)} for each in attempts]
    added = tx.execute(insert(attempt).returning(attempt.c.notice, attempt.c.id), rows)
    return {row.notice: row.id for row in added}


def latest_attempts(tx: Connection, notices: Iterable[int]) -> dict[int, Attempt]:
    """Notice to its newest attempt, of those that were ever tried."""
    newest = (
        select(func.max(attempt.c.id)).where(attempt.c.notice.in_(list(notices))).group_by(attempt.c.notice)
    )
    return {each.notice: each for each in _attempts(tx, newest)}


def attempts(tx: Connection, ids: Iterable[int]) -> dict[int, Attempt]:
    """Attempts as they are now, by id."""
    return {each.id: each for each in _attempts(tx, list(ids))}


def _attempts(tx: Connection, ids: object) -> list[Attempt]:
    found = (
        select(attempt, notice.c.orders, notice.c.escalation, notice.c.medium)
        .join(notice, notice.c.id == attempt.c.notice)
        .where(attempt.c.id.in_(ids))  # type: ignore[arg-type]
    )
    return [attempt_of(row) for row in tx.execute(found)]


def change_attempts(tx: Connection, changes: Sequence[Mapping[str, object]]) -> None:
    """Give attempts (`of`) a status, a provider, its id, and an instant to ask again."""
    if changes:
        columns = ("status", "provider", "provider_id", "check_at")
        changed = update(attempt).where(attempt.c.id == bindparam("of"))
        tx.execute(changed.values({name: bindparam(name) for name in columns}), list(changes))


def mark_sent(tx: Connection, claims: Iterable[Claimed]) -> None:
    """Done with these notices, where the claim is still the newest and nobody cancelled them."""
    newest = tuple_(notice.c.id, notice.c.fence).in_([(each.id, each.fence) for each in claims])
    tx.execute(update(notice).where(newest, notice.c.state == "open").values(state="sent", next_at=None))


def unheard(tx: Connection, now: datetime, limit: int) -> list[Attempt]:
    """Attempts of which no word came in time: to be asked for at their provider. No lock."""
    late = select(attempt.c.id).where(attempt.c.check_at <= now).order_by(attempt.c.check_at).limit(limit)
    return _attempts(tx, list(tx.scalars(late)))


def take_question(tx: Connection, attempt_id: int, now: datetime, again: datetime | None) -> bool:
    """Whether this process asks about an attempt now; the next to ask does so at `again`."""
    mine = update(attempt).where(attempt.c.id == attempt_id, attempt.c.check_at <= now)
    return bool(tx.execute(mine.values(check_at=again)).rowcount)
