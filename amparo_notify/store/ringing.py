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
from amparo_notify.store.tables import contact, notice, ringing


def numbers(tx: Connection, officers: Iterable[int]) -> dict[tuple[int, int], str]:
    """(officer, place of the contact) to the phone on which they are called."""
    kinds = [kind for kind, media in MEDIA.items() if Medium.VOICE in media]
    found = select(contact).where(contact.c.officer.in_(list(officers)), contact.c.kind.in_(kinds))
    return {
        (row.officer, row.position if row.kind != "landline" else 10 + row.position): row.address_hash
        for row in tx.execute(found)
    }


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


def give_back(tx: Connection, notice_id: int, fence: int) -> bool:
    """The call of a claim is over, or was never made: its phone is free. Return whether it had one."""
    mine = (ringing.c.notice == notice_id) & (ringing.c.fence == fence)
    return bool(tx.execute(delete(ringing).where(mine)).rowcount)


def keep(tx: Connection, notice_id: int, fence: int, until: datetime) -> None:
    """Somebody picked up: the phone is theirs for longer."""
    mine = (ringing.c.notice == notice_id) & (ringing.c.fence == fence)
    tx.execute(update(ringing).where(mine).values(until=until))


def rings(now: ColumnElement[datetime] | datetime) -> ColumnElement[bool]:
    """Whether the phone that a notice waits for still rings, in a query about notices."""
    return exists().where(ringing.c.number == notice.c.waits_for, ringing.c.until > now)
