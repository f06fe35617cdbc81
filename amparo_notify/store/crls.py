"""Revocation lists: the last good copy from each of the operator's sources, shared by every host."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from amparo_notify.store.tables import crl


@dataclass(frozen=True)
class KeptList:
    source: str
    fetched_at: datetime
    next_update: datetime | None


def keep(tx: Connection, source: str, body: bytes, next_update: datetime | None, now: datetime) -> bool:
    """Keep the newest copy of a list; return whether it differs from the one before."""
    before = tx.execute(select(crl.c.body).where(crl.c.source == source)).scalar()
    if before == body:
        return False
    values = {"body": body, "fetched_at": now, "next_update": next_update}
    if before is None:
        tx.execute(insert(crl).values(source=source, **values))
    else:
        tx.execute(update(crl).where(crl.c.source == source).values(**values))
    return True


def version(tx: Connection) -> str:
    """Changes whenever a list does: what a process compares before it judges."""
    row = tx.execute(select(func.count(), func.max(crl.c.fetched_at)).select_from(crl)).one()
    return f"{row[0]}:{row[1].isoformat() if row[1] else ''}"


def bodies(tx: Connection) -> list[bytes]:
    """Every list, DER."""
    return list(tx.scalars(select(crl.c.body).order_by(crl.c.source)))


def kept(tx: Connection) -> list[KeptList]:
    """What is kept and how long it lasts, for pages and alarms."""
    rows = tx.execute(select(crl.c.source, crl.c.fetched_at, crl.c.next_update).order_by(crl.c.source))
    return [KeptList(row.source, row.fetched_at, row.next_update) for row in rows]
