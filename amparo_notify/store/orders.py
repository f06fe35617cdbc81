"""Orders with their documents, persons and lawyers. Writers hold the order's log row."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, and_, func, insert, literal_column, or_, select, update

from amparo_notify.core.order import DocumentKind, Ending, OrderState, Person, Suspension
from amparo_notify.core.verdict import Conclusion, Reason, Signer, Verdict
from amparo_notify.store import vault as vaults
from amparo_notify.store.tables import (
    court,
    document,
    escalation,
    lawyer,
    orders,
    person,
    request,
    station,
    tracking,
)
from amparo_notify.store.vault import Safe, Vault


@dataclass(frozen=True)
class Order:
    """One order as kept, without its people and papers."""

    id: int  # also its log's
    court: int
    court_code: str
    court_name: str
    court_phone: str
    folio: str
    state: OrderState
    expediente: str
    suspension: Suspension
    marked: bool
    drill: bool
    copy_comar: bool
    submitted_by: int | None
    submitted_at: datetime
    hold_reason: str | None
    release_at: datetime | None
    ending: Ending | None  # asked for by one person, not yet confirmed by a second
    ending_by: int | None


@dataclass(frozen=True)
class KeptPerson:
    id: int
    position: int
    person: Person


@dataclass(frozen=True)
class Document:
    id: int
    kind: DocumentKind
    sha256: str
    upload_sha256: str
    signature_sha256: str
    blob: str
    upload_blob: str
    signature_blob: str | None
    submitted_at: datetime
    verdict: Verdict


def folio_text(court_code: str, number: int) -> str:
    """A folio as people write it: court and six digits."""
    return f"{court_code}-{number:06d}"


# -- orders -------------------------------------------------------------------------------------------------


def add(tx: Connection, vault: Vault, order_id: int, instruction: str, **columns: object) -> Safe:
    """Insert an order under its log's id; return the safe for its personal data."""
    safe = vaults.create(tx, vault, f"order:{order_id}")
    sealed = safe.seal(instruction, f"order:{order_id}:instruction")
    tx.execute(insert(orders).values(id=order_id, instruction_sealed=sealed, **columns))
    return safe


_ORDER = select(
    orders,
    court.c.code.label("court_code"),
    court.c.name.label("court_name"),
    court.c.phone.label("court_phone"),
).join(court, court.c.id == orders.c.court)


def get(tx: Connection, order_id: int) -> Order:
    return _order(tx.execute(_ORDER.where(orders.c.id == order_id)).one())


def several(tx: Connection, order_ids: Iterable[int]) -> dict[int, Order]:
    """Orders by id, in one look."""
    return {row.id: _order(row) for row in tx.execute(_ORDER.where(orders.c.id.in_(list(order_ids))))}


def find(tx: Connection, folio: str) -> Order | None:
    """The order of a written folio ("J5DAMX-000012"), or None."""
    code, _, number = folio.rpartition("-")
    if not (code and number.isascii() and number.isdigit() and len(number) < 10):
        return None
    row = tx.execute(_ORDER.where(court.c.code == code, orders.c.folio == int(number))).first()
    return _order(row) if row else None


def newest(
    tx: Connection,
    court_id: int | None = None,
    limit: int = 200,
    open_only: bool = False,
    drills: bool | None = None,
) -> list[Order]:
    """The newest orders, of one court or of all; `drills`: only drills, or none of them, or (None) both."""
    found = _ORDER.order_by(orders.c.id.desc()).limit(limit)
    if drills is not None:
        found = found.where(orders.c.drill == drills)
    if court_id is not None:
        found = found.where(orders.c.court == court_id)
    if open_only:
        found = found.where(orders.c.state.in_([OrderState.OPEN, OrderState.HELD]))
    return [_order(row) for row in tx.execute(found)]


def _order(row: Row[tuple[object, ...]]) -> Order:
    return Order(
        id=row.id,
        court=row.court,
        court_code=row.court_code,
        court_name=row.court_name,
        court_phone=row.court_phone,
        folio=folio_text(row.court_code, row.folio),
        state=OrderState(row.state),
        expediente=row.expediente,
        suspension=Suspension(row.suspension),
        marked=row.marked,
        drill=row.drill,
        copy_comar=row.copy_comar,
        submitted_by=row.submitted_by,
        submitted_at=row.submitted_at,
        hold_reason=row.hold_reason,
        release_at=row.release_at,
        ending=Ending(row.ending) if row.ending else None,
        ending_by=row.ending_by,
    )


def fingerprint_of(tx: Connection, order_id: int) -> str:
    """What makes an upload a repeat of this order."""
    return str(tx.execute(select(orders.c.fingerprint).where(orders.c.id == order_id)).scalar_one())


def change(tx: Connection, order_id: int, **columns: object) -> None:
    tx.execute(update(orders).where(orders.c.id == order_id).values(**columns))


def safe_of(tx: Connection, vault: Vault, order_id: int) -> Safe:
    """The safe for an order's personal data. Raises LookupError where it was erased."""
    return vaults.unlock(tx, vault, f"order:{order_id}")


def instruction(tx: Connection, safe: Safe, order_id: int) -> str:
    """What the officer must do, in one line."""
    sealed = tx.execute(select(orders.c.instruction_sealed).where(orders.c.id == order_id)).scalar_one()
    return safe.open(sealed, f"order:{order_id}:instruction")


def ending_reason(tx: Connection, safe: Safe, order_id: int) -> str:
    """Why somebody asked for the order to end, or nothing."""
    sealed = tx.execute(select(orders.c.ending_reason_sealed).where(orders.c.id == order_id)).scalar_one()
    return safe.open(sealed, f"order:{order_id}:ending") if sealed else ""


def departures(tx: Connection, order_ids: list[int]) -> dict[int, datetime]:
    """Order to its earliest departure, for lists."""
    found = (
        select(person.c.orders, func.min(person.c.departs_at).label("first"))
        .where(person.c.orders.in_(order_ids), person.c.departs_at.is_not(None))
        .group_by(person.c.orders)
    )
    return {row.orders: row.first for row in tx.execute(found)}


_HELD = orders.c.state == literal_column("'held'")
"""Written out: SQLite uses the index of held orders only where it can read the condition."""


def releasable(tx: Connection, now: datetime) -> list[int]:
    """Held orders whose limit has come."""
    due = select(orders.c.id).where(_HELD, orders.c.release_at <= now)
    return sorted(tx.scalars(due.order_by(orders.c.release_at)))


NEXT_RELEASE = select(func.min(orders.c.release_at)).where(_HELD).scalar_subquery()
"""The next instant at which a held order goes out."""

# -- persons ------------------------------------------------------------------------------------------------

_PLAIN = ("airline", "flight", "destination", "departs_at")


def add_persons(tx: Connection, safe: Safe, order_id: int, persons: Iterable[Person], start: int = 1) -> None:
    for position, each in enumerate(persons, start):
        fields = {name: value for name, value in asdict(each).items() if name not in _PLAIN}
        tx.execute(
            insert(person).values(
                orders=order_id,
                position=position,
                fields_sealed=safe.seal_json(fields, f"person:{order_id}:{position}"),
                **{name: getattr(each, name) for name in _PLAIN},
            )
        )


def persons(tx: Connection, safe: Safe, order_id: int) -> list[KeptPerson]:
    rows = tx.execute(select(person).where(person.c.orders == order_id).order_by(person.c.position))
    return [
        KeptPerson(
            row.id,
            row.position,
            Person(
                **safe.open_json(row.fields_sealed, f"person:{order_id}:{row.position}"),
                **{name: getattr(row, name) for name in _PLAIN},
            ),
        )
        for row in rows
    ]


def person_ids(tx: Connection, order_id: int) -> dict[int, datetime | None]:
    """Person id to departure, without opening what is sealed."""
    found = select(person.c.id, person.c.departs_at).where(person.c.orders == order_id)
    return {row.id: row.departs_at for row in tx.execute(found)}


def change_flight(tx: Connection, person_id: int, **columns: object) -> None:
    tx.execute(update(person).where(person.c.id == person_id).values(**columns))


# -- documents ----------------------------------------------------------------------------------------------


def add_document(tx: Connection, safe: Safe, verdict: Verdict, **columns: object) -> None:
    """Insert a document with the verdict on it. The initial one is unique by (court, hash)."""
    sealed = safe.seal_json(verdict_json(verdict), f"verdict:{columns['orders']}:{columns['sha256']}")
    tx.execute(insert(document).values(verdict_sealed=sealed, **columns))


def change_verdict(tx: Connection, safe: Safe, order_id: int, kept: "Document", verdict: Verdict) -> None:
    """Keep a new verdict on a document; the log holds the one before."""
    sealed = safe.seal_json(verdict_json(verdict), f"verdict:{order_id}:{kept.sha256}")
    tx.execute(update(document).where(document.c.id == kept.id).values(verdict_sealed=sealed))


def documents(tx: Connection, safe: Safe, order_id: int) -> list[Document]:
    """An order's documents, oldest first."""
    rows = tx.execute(select(document).where(document.c.orders == order_id).order_by(document.c.id))
    return [
        Document(
            id=row.id,
            kind=DocumentKind(row.kind),
            sha256=row.sha256,
            upload_sha256=row.upload_sha256,
            signature_sha256=row.signature_sha256,
            blob=row.blob,
            upload_blob=row.upload_blob,
            signature_blob=row.signature_blob,
            submitted_at=row.submitted_at,
            verdict=verdict_from_json(safe.open_json(row.verdict_sealed, f"verdict:{order_id}:{row.sha256}")),
        )
        for row in rows
    ]


def document_hashes(tx: Connection, order_id: int) -> list[str]:
    """The hashes of an order's documents, oldest first."""
    return list(
        tx.scalars(select(document.c.sha256).where(document.c.orders == order_id).order_by(document.c.id))
    )


def newest_hashes(tx: Connection, order_ids: Iterable[int]) -> dict[int, str]:
    """Order to the hash of its newest document, in one look."""
    found = select(document.c.orders, document.c.sha256).where(document.c.orders.in_(list(order_ids)))
    return {row.orders: row.sha256 for row in tx.execute(found.order_by(document.c.id))}


def with_document(tx: Connection, court_id: int, sha256: str) -> int | None:
    """The order of this court that this document started, if any."""
    same = and_(
        document.c.court == court_id, document.c.sha256 == sha256, document.c.kind == DocumentKind.INITIAL
    )
    return tx.execute(select(document.c.orders).where(same)).scalar()


def verdict_json(verdict: Verdict) -> dict[str, object]:
    """A verdict as JSON values, as kept and as answered."""
    body = asdict(verdict)
    for signer in body["signers"]:
        signer["signed_at"] = signer["signed_at"].astimezone(UTC).isoformat() if signer["signed_at"] else None
    return dict(json.loads(json.dumps(body)))


def verdict_from_json(body: dict[str, object]) -> Verdict:
    kept = Verdict(**body)  # type: ignore[arg-type]
    signers = tuple(
        Signer(
            **{
                **signer,
                "signed_at": datetime.fromisoformat(signer["signed_at"]) if signer["signed_at"] else None,
            }
        )
        for signer in body["signers"]  # type: ignore[attr-defined]
    )
    return replace(
        kept,
        conclusion=Conclusion(kept.conclusion),
        reason=Reason(kept.reason) if kept.reason else None,
        signers=signers,
    )


# -- requests, lawyers, tracking ----------------------------------------------------------------------------


def remember_request(tx: Connection, court_id: int, key: str, fingerprint: str, order_id: int) -> None:
    tx.execute(insert(request).values(court=court_id, key=key, fingerprint=fingerprint, orders=order_id))


def earlier_request(tx: Connection, court_id: int, key: str) -> tuple[str, int] | None:
    """(fingerprint, order) of an earlier request with this idempotency key."""
    row = tx.execute(
        select(request.c.fingerprint, request.c.orders).where(
            request.c.court == court_id, request.c.key == key
        )
    ).first()
    return (row.fingerprint, row.orders) if row else None


def add_lawyers(tx: Connection, safe: Safe, order_id: int, addresses: Iterable[str]) -> list[int]:
    """Add lawyers by mail address, skipping those already there; return the new ones' ids."""
    known = dict(lawyers(tx, safe, order_id))
    added: list[int] = []
    for address in dict.fromkeys(addresses):
        if address in known.values():
            continue
        position = len(known) + len(added) + 1
        sealed = safe.seal(address, f"lawyer:{order_id}:{position}")
        row = (
            insert(lawyer)
            .values(orders=order_id, position=position, address_sealed=sealed)
            .returning(lawyer.c.id)
        )
        added.append(int(tx.execute(row).scalar_one()))
    return added


def lawyers(tx: Connection, safe: Safe, order_id: int) -> list[tuple[int, str]]:
    """(id, mail address) of each lawyer of an order."""
    rows = tx.execute(select(lawyer).where(lawyer.c.orders == order_id).order_by(lawyer.c.position))
    return [(row.id, safe.open(row.address_sealed, f"lawyer:{order_id}:{row.position}")) for row in rows]


def lawyer_ids(tx: Connection, order_id: int) -> list[int]:
    return list(
        tx.scalars(select(lawyer.c.id).where(lawyer.c.orders == order_id).order_by(lawyer.c.position))
    )


def add_tracking(tx: Connection, order_id: int, code_hash: str) -> None:
    tx.execute(insert(tracking).values(orders=order_id, code_hash=code_hash))


def tracked(tx: Connection, code_hash: str) -> int | None:
    """The order of a tracking code."""
    return tx.execute(select(tracking.c.orders).where(tracking.c.code_hash == code_hash)).scalar()


def search(
    tx: Connection, court_id: int | None, words: str, limit: int = 200, drills: bool | None = None
) -> list[Order]:
    """Orders whose expediente or station holds `words`, newest first; `drills` as in `newest`."""
    pattern = f"%{words}%"
    at_station = (
        select(escalation.c.orders)
        .join(station, station.c.id == escalation.c.station)
        .where(or_(station.c.code.ilike(pattern), station.c.name.ilike(pattern)))
    )
    found = _ORDER.where(or_(orders.c.expediente.ilike(pattern), orders.c.id.in_(at_station)))
    if court_id is not None:
        found = found.where(orders.c.court == court_id)
    if drills is not None:
        found = found.where(orders.c.drill == drills)
    return [_order(row) for row in tx.execute(found.order_by(orders.c.id.desc()).limit(limit))]
