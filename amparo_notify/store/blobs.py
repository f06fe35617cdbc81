"""Documents, in encrypted chunks of 1 MiB: a larger row would hold up every other writer."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, or_, select

from amparo_notify.store import vault as vaults
from amparo_notify.store.database import Database
from amparo_notify.store.tables import blob, chunk, data_key, document
from amparo_notify.store.vault import Safe, Vault

CHUNK = 1 << 20


def store(database: Database, vault: Vault, body: bytes, now: datetime) -> str:
    """Store `body` in transactions of one chunk each and return its id. An order refers to it later, or it is swept."""
    name = secrets.token_hex(16)
    with database.write() as tx:
        safe = vaults.create(tx, vault, f"blob:{name}")
        tx.execute(insert(blob).values(id=name, stored_at=now))
        _put(tx, safe, name, 0, body[:CHUNK])
    for n, start in enumerate(range(CHUNK, len(body), CHUNK), start=1):
        with database.write() as tx:
            _put(tx, safe, name, n, body[start : start + CHUNK])
    return name


def _put(tx: Connection, safe: Safe, name: str, n: int, piece: bytes) -> None:
    tx.execute(insert(chunk).values(blob=name, n=n, body_sealed=safe.seal_bytes(piece, f"chunk:{name}:{n}")))


def read(tx: Connection, vault: Vault, name: str) -> bytes:
    """The bytes of a blob. Raises LookupError where they were erased."""
    safe = vaults.unlock(tx, vault, f"blob:{name}")
    rows = tx.execute(select(chunk.c.n, chunk.c.body_sealed).where(chunk.c.blob == name).order_by(chunk.c.n))
    return b"".join(safe.open_bytes(row.body_sealed, f"chunk:{name}:{row.n}") for row in rows)


def sweep(tx: Connection, now: datetime, older: timedelta = timedelta(hours=1)) -> int:
    """Remove blobs that no document came to refer to; return how many."""
    used = select(document.c.id).where(
        or_(
            document.c.blob == blob.c.id,
            document.c.upload_blob == blob.c.id,
            document.c.signature_blob == blob.c.id,
        )
    )
    orphans = list(tx.scalars(select(blob.c.id).where(blob.c.stored_at < now - older, ~used.exists())))
    for name in orphans:
        tx.execute(delete(chunk).where(chunk.c.blob == name))
        tx.execute(delete(blob).where(blob.c.id == name))
        tx.execute(delete(data_key).where(data_key.c.scope == f"blob:{name}"))
    return len(orphans)
