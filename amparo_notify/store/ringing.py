"""Phones with a call of ours in progress, and the calls that wait for them. A phone is the keyed hash of its number.

The row of a phone is locked after the orders' logs and in the order of the numbers; who has it waits for no log.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite

from amparo_notify.core.notice import Medium
from amparo_notify.store.people import MEDIA
from amparo_notify.store.tables import attempt, contact, notice, ringing


def numbers(tx: Connection, officers: Iterable[int]) -> dict[tuple[int, int], str]:
    """(officer, place of the contact) to the phone on which they are called."""
    kinds = [kind for kind, media in MEDIA.items() if Medium.VOICE in media]
    found = select(contact).where(contact.c.officer.in_(list(officers)), contact.c.kind.in_(kinds))
    return {
        (row.officer, row.position if row.kind != "landline" else 10 + row.position): row.address_hash
        for row in tx.execute(found)
    }


NOBODY = 0
"""In place of a claim's fence, which begins at 1: the call is over."""


@dataclass(frozen=True)
class Turn:
    """A claim of a notice that is to ring a phone."""

    notice: int
    fence: int
    number: str


def take(tx: Connection, turns: Sequence[Turn], now: datetime, until: datetime) -> set[int]:
    """Take phones, a turn for each, unless they ring for another notice; return the notices that have theirs."""
    if not turns:
        return set()
    insert = sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert
    new = insert(ringing)
    free = (ringing.c.until <= now) | (ringing.c.notice == new.excluded.notice)
    changed = {name: new.excluded[name] for name in ("notice", "fence", "until")}
    taken = new.on_conflict_do_update(index_elements=["number"], set_=changed, where=free)
    rows = [
        {"number": each.number, "notice": each.notice, "fence": each.fence, "until": until}
        for each in sorted(turns, key=lambda each: each.number)
    ]
    return set(tx.scalars(taken.returning(ringing.c.notice), rows))


def wait(tx: Connection, turns: Sequence[Turn], now: datetime) -> None:
    """Have claimed notices wait until their phones are free. They stay due."""
    if turns:
        held = update(notice).where(notice.c.id == bindparam("of"), notice.c.fence == bindparam("by"))
        rows = [{"of": each.notice, "by": each.fence, "phone": each.number} for each in turns]
        tx.execute(held.values(next_at=now, waits_for=bindparam("phone")), rows)


def give_back(tx: Connection, notice_id: int, fence: int, now: datetime) -> bool:
    """The call of a claim is over, or was never made: its phone is free since `now`. Return whether it had one."""
    mine = (ringing.c.notice == notice_id) & (ringing.c.fence == fence)
    return bool(tx.execute(update(ringing).where(mine).values(until=now, fence=NOBODY)).rowcount)


def sweep(tx: Connection, before: datetime) -> None:
    """Forget phones that have been free since then."""
    tx.execute(delete(ringing).where(ringing.c.until < before))


def keep(tx: Connection, notice_id: int, fence: int, call: str | None, until: datetime) -> None:
    """Somebody holds the phone that a claim rang, or the provider's `call` did: it is theirs until then. Words that
    come late never make it less."""
    mine = (ringing.c.notice == notice_id) & (ringing.c.fence == fence)
    if call is not None:
        mine |= _rung_by(call)
    tx.execute(update(ringing).where(mine, ringing.c.until < until).values(until=until))


# -- a call that goes on with the next order --------------------------------------------------------------------


def of_call(tx: Connection, call: str) -> Turn | None:
    """The phone that a provider's call has, and the claim that rang it; None once it is over or another rings there."""
    row = tx.execute(select(ringing).where(_rung_by(call))).first()
    return Turn(row.notice, row.fence, row.number) if row else None


def _rung_by(call: str) -> ColumnElement[bool]:
    return exists().where(
        attempt.c.notice == ringing.c.notice,
        attempt.c.fence == ringing.c.fence,
        attempt.c.provider_id == call,
    )


def first_in_line(tx: Connection, number: str) -> int | None:
    """The notice whose call goes next to a phone: first notices before repeats, then by age."""
    line = (
        select(notice.c.id)
        .where(notice.c.waits_for == number, notice.c.next_at.is_not(None), notice.c.state == "open")
        .order_by(notice.c.rank, notice.c.due_at, notice.c.id)
        .limit(1)
    )
    return tx.execute(line).scalar()


def go_on(tx: Connection, call: Turn, notice_id: int, until: datetime) -> int | None:
    """Have a call under way keep its phone until then, for a notice that waits for it; the notice keeps its place in
    the line. Return the fence of this claim, or None where the phone or the notice is no longer to be had."""
    waits = (notice.c.id == notice_id) & (notice.c.waits_for == call.number) & (notice.c.state == "open")
    claimed = update(notice).where(waits).values(fence=notice.c.fence + 1).returning(notice.c.fence)
    fence = tx.execute(claimed).scalar()
    mine = (ringing.c.notice == call.notice) & (ringing.c.fence == call.fence)
    kept = tx.execute(update(ringing).where(ringing.c.number == call.number, mine).values(until=until))
    return fence if kept.rowcount else None


def rings(now: ColumnElement[datetime] | datetime) -> ColumnElement[bool]:
    """Whether the phone that a notice waits for still rings, in a query about notices."""
    return exists().where(ringing.c.number == notice.c.waits_for, ringing.c.until > now)
