"""Append-only, hash-chained logs. The caller has locked the log's row."""

import hashlib
from collections.abc import Callable, Iterator, Sequence

from sqlalchemy import Connection, bindparam, insert, select, update

from amparo_notify.store import tables
from amparo_notify.store.vault import Safe

Seal = Callable[[int, str], tuple[bytes, str]]
"""Given the record's seq and the hash of the one before, return its canonical bytes and its JWS."""


def create(tx: Connection, kind: str) -> int:
    """Start a log of `kind` ("order" or "court") and return its id."""
    return int(tx.execute(insert(tables.log).values(kind=kind).returning(tables.log.c.id)).scalar_one())


def append(tx: Connection, log: int, seal: Seal) -> tuple[int, int]:
    """Append one record; return its id and its seq."""
    row = tx.execute(select(tables.log.c.seq, tables.log.c.head).where(tables.log.c.id == log)).one()
    seq = row.seq + 1
    payload, jws = seal(seq, row.head)
    head = hashlib.sha256(payload).hexdigest()
    tx.execute(update(tables.log).where(tables.log.c.id == log).values(seq=seq, head=head))
    added = insert(tables.record).values(log=log, seq=seq, jws=jws).returning(tables.record.c.id)
    return int(tx.execute(added).scalar_one()), seq


def attach(tx: Connection, record: int, safe: Safe, body: dict[str, object]) -> None:
    """Keep the salt and the personal data of a record, sealed."""
    sealed = safe.seal_json(body, f"annex:{record}")
    tx.execute(insert(tables.annex).values(record=record, body_sealed=sealed))


def annex(tx: Connection, record: int, safe: Safe) -> dict[str, object] | None:
    """The salt and personal data of a record, or None where it has none or they were erased."""
    sealed = tx.execute(select(tables.annex.c.body_sealed).where(tables.annex.c.record == record)).scalar()
    return safe.open_json(sealed, f"annex:{record}") if sealed is not None else None


def records(tx: Connection, log: int, after: int = 0, limit: int = 10_000) -> Iterator[tuple[int, int, str]]:
    """(id, seq, JWS) of a log in order, from the one after `after`."""
    found = (
        select(tables.record.c.id, tables.record.c.seq, tables.record.c.jws)
        .where(tables.record.c.log == log, tables.record.c.seq > after)
        .order_by(tables.record.c.seq)
        .limit(limit)
    )
    for row in tx.execute(found):
        yield row.id, row.seq, row.jws


def newest(tx: Connection, log: int, limit: int) -> Iterator[str]:
    """The JWS of a log's newest records, newest first."""
    of = select(tables.record.c.jws).where(tables.record.c.log == log)
    yield from tx.execute(of.order_by(tables.record.c.seq.desc()).limit(limit)).scalars()


def append_all(tx: Connection, seals: Sequence[tuple[int, Seal]]) -> None:
    """Append records to several logs in few statements, in the order given. For records without an annex."""
    if not seals:
        return
    which = {log for log, _ in seals}
    rows = tx.execute(select(tables.log).where(tables.log.c.id.in_(which)))
    ends = {row.id: (row.seq, row.head) for row in rows}
    added = []
    for log, seal in seals:
        seq, head = ends[log]
        payload, jws = seal(seq + 1, head)
        ends[log] = seq + 1, hashlib.sha256(payload).hexdigest()
        added.append({"log": log, "seq": seq + 1, "jws": jws})
    tx.execute(insert(tables.record), added)
    tx.execute(
        update(tables.log)
        .where(tables.log.c.id == bindparam("of"))
        .values(seq=bindparam("seq"), head=bindparam("head")),
        [{"of": log, "seq": ends[log][0], "head": ends[log][1]} for log in sorted(which)],
    )
