"""An officer's contacts one by one: in clear for the officer and the administrator, and when each was confirmed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from amparo_notify.store import vault as vaults
from amparo_notify.store.tables import contact, officer
from amparo_notify.store.vault import Vault


@dataclass(frozen=True)
class KeptContact:
    id: int
    badge: str
    kind: str  # mobile | landline | email
    position: int
    address: str
    address_hash: str
    verified_at: datetime | None


def of_officer(tx: Connection, vault: Vault, badge: str) -> list[KeptContact]:
    """The contacts of an officer, phones first."""
    rows = tx.execute(
        select(contact, officer.c.badge)
        .join(officer, officer.c.id == contact.c.officer)
        .where(officer.c.badge == badge)
        .order_by(contact.c.kind.desc(), contact.c.position)
    ).all()
    if not rows:
        return []
    safe = vaults.unlock(tx, vault, f"officer:{badge}")
    return [
        KeptContact(
            row.id,
            badge,
            row.kind,
            row.position,
            safe.open(row.address_sealed, f"contact:{badge}:{row.kind}:{row.position}"),
            row.address_hash,
            row.verified_at,
        )
        for row in rows
    ]


def states(tx: Connection) -> dict[str, tuple[bool, ...]]:
    """Badge to whether each contact is confirmed, in the order of `of_officer`."""
    rows = tx.execute(
        select(officer.c.badge, contact.c.verified_at)
        .join(contact, contact.c.officer == officer.c.id)
        .order_by(officer.c.badge, contact.c.kind.desc(), contact.c.position)
    )
    found: dict[str, tuple[bool, ...]] = {}
    for row in rows:
        found[row.badge] = (*found.get(row.badge, ()), row.verified_at is not None)
    return found


def confirm(tx: Connection, contact_id: int, now: datetime) -> bool:
    """Mark a contact as confirmed; return whether it was not yet."""
    which = (contact.c.id == contact_id) & contact.c.verified_at.is_(None)
    return bool(tx.execute(update(contact).where(which).values(verified_at=now)).rowcount)


def doubt(tx: Connection, address_hash: str) -> None:
    """Have an address count as unconfirmed, whoever it belongs to, until its owner confirms it again."""
    tx.execute(update(contact).where(contact.c.address_hash == address_hash).values(verified_at=None))
