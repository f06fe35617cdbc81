"""The verbs of court staff on an order that is out: confirm, correct, extend, withdraw, close."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from amparo_notify.cases import hold
from amparo_notify.cases.escalate import add_station, advance
from amparo_notify.cases.flight import change_flight
from amparo_notify.cases.inform import alarm_court, inform, tell_lawyers
from amparo_notify.cases.reject import Rejected, log_rejection
from amparo_notify.cases.services import Caller, Services
from amparo_notify.cases.signers import judge
from amparo_notify.cases.submission import MAIL
from amparo_notify.cases.witness import stream_of, witness
from amparo_notify.core.errors import Conflict, Denied, Fault, Invalid, Missing
from amparo_notify.core.escalation import closed, extended, withdrawn
from amparo_notify.core.events import Event
from amparo_notify.core.evidence import Actor, Fact
from amparo_notify.core.notice import Cause
from amparo_notify.core.order import DocumentKind, OrderState
from amparo_notify.core.verdict import Verdict
from amparo_notify.store import blobs, escalations, orders, outbox, people, rosters
from amparo_notify.store.orders import Order

_OVER = (OrderState.WITHDRAWN, OrderState.CLOSED)


def find(services: Services, caller: Caller, folio: str) -> Order:
    """The order of a folio that `caller` may see. Raises Missing for another court's as for one that is not there."""
    with services.database.read() as tx:
        order = orders.find(tx, folio)
    if order is None or caller.court not in (None, order.court):
        raise Missing(
            Fault("folio", f"No existe la orden {folio}.", "Revise el folio en la lista de órdenes.")
        )
    return order


def confirm(services: Services, caller: Caller, folio: str, now: datetime) -> None:
    """Open a held order as its second person."""
    hold.confirm(services, caller, find(services, caller, folio).id, now)


def correct_flight(
    services: Services,
    caller: Caller,
    folio: str,
    person_id: int,
    airline: str,
    flight: str,
    destination: str,
    departs_at: datetime | None,
    now: datetime,
) -> None:
    """Correct a person's flight; the plan is made anew and everyone who was told is told."""
    order_id = find(services, caller, folio).id
    with services.database.write(order_id) as tx:
        order = _live(tx, order_id)
        change_flight(
            services, tx, order, person_id, airline, flight, destination, departs_at, caller.actor, now
        )


def _live(tx: Connection, order_id: int) -> Order:
    order = orders.get(tx, order_id)
    if order.state in _OVER:
        raise Conflict(
            Fault("order", "La orden ya está retirada o cerrada.", "Suba el acuerdo nuevo como otra orden.")
        )
    return order


def add_stations(services: Services, caller: Caller, folio: str, codes: Sequence[str], now: datetime) -> None:
    """Notify further stations of the order; those already there are left as they are."""
    order_id = find(services, caller, folio).id
    with services.database.write(order_id) as tx:
        order = _live(tx, order_id)
        there = {each.station for each in escalations.of_order(tx, order_id)}
        for code in dict.fromkeys(codes):
            station = people.find_station(tx, code=code)
            if station is None or rosters.current_policy(tx, station) is None:
                raise Invalid(
                    Fault(
                        "station",
                        f"No existe la estación «{code}» o no está lista.",
                        "Elija otra de la lista.",
                    )
                )
            if station.id not in there:
                add_station(services, tx, order, station, caller, now)


def add_lawyers(services: Services, caller: Caller, folio: str, mails: Sequence[str], now: datetime) -> None:
    """Give further lawyers the tracking code by mail."""
    if bad := [mail for mail in mails if not MAIL.fullmatch(mail)]:
        raise Invalid(
            *(
                Fault("lawyer", f"«{mail}» no es un correo.", "Escríbalo como nombre@ejemplo.mx.")
                for mail in bad
            )
        )
    order_id = find(services, caller, folio).id
    with services.database.write(order_id) as tx:
        order = _live(tx, order_id)
        added = orders.add_lawyers(tx, orders.safe_of(tx, services.vault, order_id), order_id, mails)
        if order.state is OrderState.OPEN:
            tell_lawyers(tx, order, _stations(tx, order_id)[0], Cause.TRACKING, 0, now, added)
            services.database.wake(tx)


def _stations(tx: Connection, order_id: int) -> list[escalations.Escalation]:
    return [each for each in escalations.of_order(tx, order_id) if not each.is_hold]


# -- further documents --------------------------------------------------------------------------------------


def add_document(
    services: Services,
    caller: Caller,
    folio: str,
    kind: DocumentKind,
    document: bytes,
    signature: bytes | None,
    now: datetime,
) -> Verdict:
    """Add a verified document to an order: an extension or modification is chased anew, a revocation withdraws.

    Only a document that PASSED changes an order that is out. Raises Rejected otherwise, with the reason.
    """
    if kind is DocumentKind.INITIAL or not document:
        raise Invalid(Fault("document", "Falta el documento firmado.", "Elija el acuerdo nuevo."))
    order = find(services, caller, folio)
    with services.database.read() as tx:
        court = people.find_court(tx, id=order.court)
    assert court is not None
    examination = services.verifier.examine(document, signature, now)
    verdict, hold_reason = judge(services, court, examination.verdict, now)
    if not verdict.passed or hold_reason:
        log_rejection(services, court, verdict, document, order.expediente, caller, now)
        raise Rejected(verdict)
    assert examination.document is not None
    put = services.database, services.vault
    upload = blobs.store(*put, document, now)
    inside = upload if examination.document == document else blobs.store(*put, examination.document, now)
    kept_signature = blobs.store(*put, signature, now) if signature else None
    with services.database.write(order.id) as tx:
        order = _live(tx, order.id)
        if verdict.document_sha256 in orders.document_hashes(tx, order.id):
            raise Conflict(
                Fault("document", "Ese documento ya es parte de la orden.", "Elija el acuerdo nuevo.")
            )
        orders.add_document(
            tx,
            orders.safe_of(tx, services.vault, order.id),
            verdict,
            orders=order.id,
            court=order.court,
            kind=str(kind),
            sha256=verdict.document_sha256,
            upload_sha256=hashlib.sha256(document).hexdigest(),
            signature_sha256=hashlib.sha256(signature).hexdigest() if signature else "",
            blob=inside,
            upload_blob=upload,
            signature_blob=kept_signature,
            submitted_at=now,
        )
        details: dict[str, object] = {"kind": str(kind), "verdict": str(verdict.conclusion)}
        fact = Fact(Event.EXTENDED, now, caller.actor, details=details)
        seq = witness(services, tx, stream_of(tx, order), fact, now)
        if kind is DocumentKind.REVOCATION:
            _withdraw(services, tx, order, caller, "document", now)
        else:
            _chase_anew(services, tx, order, seq, now)
    return verdict


def _chase_anew(services: Services, tx: Connection, order: Order, seq: int, now: datetime) -> None:
    """A further document must be acknowledged too: the chase begins again, and whoever was told is told."""
    if order.state is not OrderState.OPEN:
        return
    inform(services, tx, order, Cause.EXTENDED, seq, now)
    for escalation in _stations(tx, order.id):
        escalations.forget_displays(tx, escalation.id)
        escalations.save(tx, escalation.id, extended(escalation.state, now), escalation.next_at)
        advance(services, tx, order, escalations.get(tx, escalation.id), now)


# -- withdrawing and closing --------------------------------------------------------------------------------


def ask_withdrawal(services: Services, caller: Caller, folio: str, reason: str, now: datetime) -> None:
    """Ask for an order to be withdrawn as a clerical mistake; nothing stops until a second person confirms."""
    if not reason.strip():
        raise Invalid(Fault("reason", "Falta el motivo.", "Explique el error en una frase."))
    order_id = find(services, caller, folio).id
    _clerk(caller)
    with services.database.write(order_id) as tx:
        order = _live(tx, order_id)
        if order.withdrawal_by is not None:
            raise Conflict(
                Fault(
                    "order", "Ya hay una solicitud de retiro.", "Otra persona del juzgado debe confirmarla."
                )
            )
        safe = orders.safe_of(tx, services.vault, order_id)
        sealed = safe.seal(reason.strip(), f"order:{order_id}:withdrawal")
        orders.change(tx, order_id, withdrawal_by=caller.staff, withdrawal_reason_sealed=sealed)
        fact = Fact(Event.WITHDRAWAL_ASKED, now, caller.actor, personal={"reason": reason.strip()})
        seq = witness(services, tx, stream_of(tx, order), fact, now)
        alarm_court(services, tx, order, escalations.of_order(tx, order_id)[0], seq, "withdrawal_asked", now)


def _clerk(caller: Caller) -> None:
    """Two people means two named people: neither a system's token nor a shell counts as one."""
    if caller.staff is None or caller.role not in ("clerk", "admin"):
        raise Denied(Fault("order", "Esto lo hace una persona del juzgado.", "Entre con su propia cuenta."))


def confirm_withdrawal(services: Services, caller: Caller, folio: str, now: datetime) -> None:
    """Withdraw an order as the second person. Raises Denied for whoever asked."""
    order_id = find(services, caller, folio).id
    _clerk(caller)
    with services.database.write(order_id) as tx:
        order = _live(tx, order_id)
        if order.withdrawal_by is None:
            raise Conflict(Fault("order", "Nadie ha pedido retirarla.", "Pida el retiro primero."))
        if order.withdrawal_by == caller.staff:
            raise Denied(
                Fault(
                    "order",
                    "Quien pidió el retiro no puede confirmarlo.",
                    "Debe hacerlo otra persona del juzgado.",
                )
            )
        _withdraw(services, tx, order, caller, "two people", now)


def refuse_withdrawal(services: Services, caller: Caller, folio: str, now: datetime) -> None:
    """Turn down a request to withdraw; the order goes on."""
    order_id = find(services, caller, folio).id
    _clerk(caller)
    with services.database.write(order_id) as tx:
        order = _live(tx, order_id)
        orders.change(tx, order_id, withdrawal_by=None, withdrawal_reason_sealed=None)
        details: dict[str, object] = {"refused": True}
        witness(
            services,
            tx,
            stream_of(tx, order),
            Fact(Event.WITHDRAWAL_ASKED, now, caller.actor, details=details),
            now,
        )


def _withdraw(
    services: Services, tx: Connection, order: Order, caller: Caller, how: str, now: datetime
) -> None:
    """Stop the chase and tell exactly those who were told."""
    orders.change(tx, order.id, state=str(OrderState.WITHDRAWN), release_at=None)
    fact = Fact(Event.WITHDRAWN, now, caller.actor, details={"how": how})
    seq = witness(services, tx, stream_of(tx, order), fact, now)
    inform(services, tx, order, Cause.WITHDRAWN, seq, now)
    for escalation in escalations.of_order(tx, order.id):
        outbox.cancel_chase(tx, escalation.id)
        escalations.save(tx, escalation.id, withdrawn(escalation.state), None)


def close(services: Services, caller: Caller, folio: str, now: datetime) -> None:
    """Close an order: named court staff say that nothing more is asked."""
    order_id = find(services, caller, folio).id
    _clerk(caller)
    with services.database.write(order_id) as tx:
        order = _live(tx, order_id)
        if order.state is OrderState.HELD:
            raise Conflict(Fault("order", "La orden está retenida.", "Confírmela o retírela."))
        shut(services, tx, order, caller.actor, now)


def shut(services: Services, tx: Connection, order: Order, actor: Actor, now: datetime) -> None:
    """End an order: nobody is chased for it any more. The caller holds the lock."""
    orders.change(tx, order.id, state=str(OrderState.CLOSED), release_at=None)
    pending = [each.id for each in _stations(tx, order.id) if each.state.phase != "reported"]
    details: dict[str, object] = {"without_outcome": pending}
    witness(services, tx, stream_of(tx, order), Fact(Event.CLOSED, now, actor, details=details), now)
    for escalation in escalations.of_order(tx, order.id):
        outbox.cancel_chase(tx, escalation.id)
        escalations.save(tx, escalation.id, closed(escalation.state), None)
