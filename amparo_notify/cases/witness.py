"""Writing into a log, in the transaction of what is witnessed; and receipts, which are signed extracts of it."""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from amparo_notify.cases.services import Services
from amparo_notify.core import evidence
from amparo_notify.core.evidence import Fact
from amparo_notify.seal.envelope import hash_token
from amparo_notify.store import escalations, log, orders
from amparo_notify.store import vault as vaults
from amparo_notify.store.orders import Order

CONFIGURATION = 1
"""The log of the configuration; the first migration makes it."""


@dataclass(frozen=True)
class Stream:
    """A log to write to, and what each of its records names."""

    log: int
    scope: str  # of the data key for its annexes
    order: str = ""
    document_sha256: str = ""


def stream_of(tx: Connection, order: Order) -> Stream:
    """The stream of an order; its records name its newest document."""
    hashes = orders.document_hashes(tx, order.id)
    return stream_for(order, hashes[-1] if hashes else "")


def stream_for(order: Order, document_sha256: str) -> Stream:
    """The stream of an order whose newest document is known."""
    return Stream(order.id, f"order:{order.id}", order.folio, document_sha256)


def witness(services: Services, tx: Connection, stream: Stream, fact: Fact, now: datetime) -> int:
    """Append a record of `fact`; return its seq. The caller holds the lock of the log."""
    salt = secrets.token_bytes(16)
    record, seq = log.append(tx, stream.log, _seal(services, stream, fact, salt, now))
    if fact.personal:
        safe = vaults.unlock(tx, services.vault, stream.scope)
        log.attach(tx, record, safe, {"salt": salt.hex(), "personal": dict(fact.personal)})
    return seq


def witness_all(
    services: Services, tx: Connection, facts: Sequence[tuple[Stream, Fact]], now: datetime
) -> None:
    """Append records without personal data to several logs in few statements. The caller holds their locks."""
    log.append_all(tx, [(stream.log, _seal(services, stream, fact, b"", now)) for stream, fact in facts])


def _seal(services: Services, stream: Stream, fact: Fact, salt: bytes, now: datetime) -> log.Seal:
    def seal(seq: int, prev: str) -> tuple[bytes, str]:
        return services.sealer.seal(
            evidence.payload(
                fact,
                log=stream.log,
                seq=seq,
                prev=prev,
                recorded_at=now,
                software=services.software,
                order=stream.order,
                document_sha256=stream.document_sha256,
                commitment=evidence.commitment(salt, fact.personal) if fact.personal else "",
            )
        )

    return seal


def timeline(services: Services, tx: Connection, log_id: int) -> list[dict[str, object]]:
    """The payloads of a log, oldest first, each checked against its signature and chained to the one before.

    Raises ValueError naming the first record that does not fit.
    """
    payloads: list[dict[str, object]] = []
    head = ""
    for _, seq, jws in log.records(tx, log_id):
        payload = services.sealer.open(jws)
        if payload.get("prev") != head or payload.get("seq") != seq or seq != len(payloads) + 1:
            raise ValueError(f"record {seq} of log {log_id} does not follow the one before")
        head = hashlib.sha256(signed_bytes(jws)).hexdigest()
        payloads.append(payload)
    return payloads


def signed_bytes(jws: str) -> bytes:
    """The payload of a compact JWS as it was signed."""
    middle = jws.split(".")[1]
    return base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4))


@dataclass(frozen=True)
class Receipt:
    """A signed statement that its holder can show to anybody; `code` is its address at /v/<code>."""

    id: int
    code: str
    jws: str


def issue(
    services: Services, tx: Connection, order: Order, kind: str, content: Mapping[str, object], now: datetime
) -> Receipt:
    """Sign and keep a receipt about an order. `content` holds no personal data."""
    code = secrets.token_urlsafe(16)
    _, jws = services.sealer.seal(
        {
            "v": evidence.SCHEMA,
            "receipt": kind,
            "folio": order.folio,
            "court": order.court_name,
            "expediente": order.expediente,
            "issued_at": evidence.instant(now),
            "check_at": services.url(f"/v/{code}"),
            **({"drill": True} if order.drill else {}),
            **content,
        }
    )
    return Receipt(escalations.add_receipt(tx, order.id, hash_token(code), kind, jws, now), code, jws)


def newest_receipt(tx: Connection, order_id: int, kind: str) -> Receipt | None:
    """The newest receipt of a kind about an order; its code stands in what was signed."""
    found = escalations.newest_receipt(tx, order_id, kind)
    if found is None:
        return None
    receipt_id, jws = found
    return as_receipt(receipt_id, jws)


def as_receipt(receipt_id: int, jws: str) -> Receipt:
    """A kept receipt; its code stands in what was signed, for only the code's hash is kept besides."""
    return Receipt(receipt_id, str(json.loads(signed_bytes(jws))["check_at"]).rpartition("/")[2], jws)
