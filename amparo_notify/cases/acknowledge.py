"""Acknowledge: the proof, the end of the chase, and everybody told, in one transaction."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from amparo_notify.cases.escalate import advance, gather
from amparo_notify.cases.inform import inform
from amparo_notify.cases.services import Services
from amparo_notify.cases.witness import Receipt, as_receipt, issue, stream_of, witness
from amparo_notify.core.errors import Conflict, Fault
from amparo_notify.core.escalation import CHASES, Phase, acknowledged
from amparo_notify.core.events import Event, Grade
from amparo_notify.core.evidence import Actor, Fact
from amparo_notify.core.notice import Cause
from amparo_notify.core.order import LEGAL_GROUND, OrderState, Person
from amparo_notify.seal.assertion import Assertion
from amparo_notify.store import escalations, orders, outbox, people
from amparo_notify.store.escalations import Escalation, Link
from amparo_notify.store.orders import Order

OVER = (Phase.WITHDRAWN, Phase.CLOSED, Phase.HELD)


@dataclass(frozen=True)
class Proof:
    """What makes an acknowledgement one: how the officer was known, and what was before their eyes."""

    grade: Grade
    authenticated_by: str  # "pin" or "passkey" on the page, "sms+pin", "keypad+pin", "sms"
    statement: str  # byte for byte as shown or said
    document_sha256: str
    displayed: bool
    assertion: Assertion | None = None  # of grade A3: what the officer's passkey signed
    said: Mapping[str, object] = field(default_factory=dict)  # what else its record says


def statement_for(services: Services, tx: Connection, order: Order, station_name: str) -> str:
    """What an officer acknowledges: the order, its document, and whom it protects. Personal: it names them."""
    safe = orders.safe_of(tx, services.vault, order.id)
    newest = orders.documents(tx, safe, order.id)[-1]
    people_ = "; ".join(_described(each.person) for each in orders.persons(tx, safe, order.id))
    return (
        f"Quedo enterada o enterado de la orden {order.folio}, expediente {order.expediente}, de {order.court_name}, "
        f"que concede la suspensión con fundamento en los {LEGAL_GROUND}. "
        f"Protege a: {people_}. Documento SHA-256: {newest.sha256}. Estación: {station_name}. "
        f"Indicación: {orders.instruction(tx, safe, order.id)}"
    )


def _described(person: Person) -> str:
    flight = f", vuelo {person.airline} {person.flight}".rstrip() if person.flight else ""
    return f"{person.name or person.aliases or 'pasaporte ' + person.passport}{flight}"


def as_shown(
    services: Services,
    tx: Connection,
    order: Order,
    station_name: str,
    statement_sha256: str,
    document_sha256: str,
) -> tuple[str, str]:
    """The statement and the newest document's hash, if they are those that the page showed. Raises Conflict."""
    statement = statement_for(services, tx, order, station_name)
    newest = orders.document_hashes(tx, order.id)[-1]
    if (hashlib.sha256(statement.encode()).hexdigest(), newest) != (statement_sha256, document_sha256):
        raise Conflict(
            Fault("order", "La orden cambió mientras la leía.", "Lea el texto nuevo y confirme otra vez.")
        )
    return statement, newest


def settle_acknowledgement(
    services: Services,
    tx: Connection,
    order: Order,
    escalation: Escalation,
    link: Link,
    proof: Proof,
    now: datetime,
) -> Receipt:
    """Commit one officer's acknowledgement and all that follows from it. The caller holds the lock.

    The same officer acknowledging the same document again gets the same receipt. Raises Conflict where the order was
    withdrawn or closed.
    """
    if order.state is not OrderState.OPEN or escalation.state.phase in OVER:
        raise Conflict(
            Fault("order", "La orden ya fue retirada o cerrada.", "Llame al juzgado si tiene duda.")
        )
    if again := earlier(tx, escalation, link, proof.grade, proof.document_sha256):
        return again
    officer = people.find_officer(tx, id=link.officer)
    assert officer is not None
    digest = hashlib.sha256(proof.statement.encode()).hexdigest()
    details: dict[str, object] = {
        "escalation": escalation.id,
        "officer": link.badge,
        "post": officer.post,
        "statement_sha256": digest,
        "document_sha256": proof.document_sha256,
        **proof.said,
    }
    actor = Actor(f"officer:{link.badge}", proof.authenticated_by)
    name = people.officer_name(tx, services.vault, link.badge)
    personal: dict[str, object] = {"name": name, "statement": proof.statement}
    if proof.assertion:
        details |= {"assertion_sha256": proof.assertion.sha256, "passkey": proof.assertion.key_sha256}
        personal["assertion"] = proof.assertion.as_json()
    fact = Fact(Event.ACKNOWLEDGED, now, actor, proof.grade, details, personal)
    seq = witness(services, tx, stream_of(tx, order), fact, now)
    content = {**details, "acknowledged_at": now.isoformat(), "grade": str(proof.grade), "record": seq}
    receipt = issue(services, tx, order, "acknowledgement", content, now)
    safe = orders.safe_of(tx, services.vault, order.id)
    escalations.add_acknowledgement(
        tx,
        escalation=escalation.id,
        officer=link.officer,
        at=now,
        grade=str(proof.grade),
        statement_sealed=safe.seal(
            proof.statement, f"statement:{escalation.id}:{link.officer}:{proof.grade}"
        ),
        statement_sha256=digest,
        document_sha256=proof.document_sha256,
        receipt=receipt.id,
    )
    _silence(services, tx, order, escalation, link.badge, proof, seq, now)
    return receipt


def earlier(
    tx: Connection, escalation: Escalation, link: Link, grade: Grade, document_sha256: str
) -> Receipt | None:
    """The receipt of the officer's acknowledgement of this document, of this grade or a higher one."""
    for row in escalations.acknowledgements(tx, escalation.id):
        same = (row.officer, row.document_sha256) == (link.officer, document_sha256)
        if same and row.grade >= grade:
            jws = escalations.receipt_by_id(tx, row.receipt)
            return as_receipt(row.receipt, jws)
    return None


def _silence(
    services: Services,
    tx: Connection,
    order: Order,
    escalation: Escalation,
    badge: str,
    proof: Proof,
    seq: int,
    now: datetime,
) -> None:
    """End or pause the chase if the grade suffices, start the next clock, and tell the others."""
    policy, _ = gather(tx, order, escalation)
    state = acknowledged(policy, escalation.state, str(proof.grade), proof.displayed, now)
    if state == escalation.state:
        return
    outbox.cancel_chase(tx, escalation.id)
    escalations.save(tx, escalation.id, state, escalation.next_at)
    advance(services, tx, order, escalations.get(tx, escalation.id), now)
    if escalation.state.phase in CHASES:
        inform(services, tx, order, Cause.ACKNOWLEDGED, seq, now, only=escalation.id, but=badge)
