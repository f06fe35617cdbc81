"""A held order: its court is chased; a second person confirms it, or it goes out at its limit, marked as such."""

from datetime import datetime

from sqlalchemy import Connection

from amparo_notify.cases.escalate import advance
from amparo_notify.cases.inform import announce
from amparo_notify.cases.services import Caller, Services
from amparo_notify.cases.signers import UNREGISTERED
from amparo_notify.cases.witness import stream_of, witness
from amparo_notify.core.errors import Conflict, Denied, Fault
from amparo_notify.core.escalation import Phase, closed, opened
from amparo_notify.core.events import Event
from amparo_notify.core.evidence import Fact
from amparo_notify.core.hold import HOLD_LIMIT
from amparo_notify.core.notice import Cause
from amparo_notify.core.order import OrderState
from amparo_notify.store import escalations, orders, outbox, people
from amparo_notify.store.orders import Order


def hold(services: Services, tx: Connection, order: Order, reason: str, now: datetime) -> None:
    """Chase the court's own duty contacts for a second person."""
    details: dict[str, object] = {"reason": reason, "limit_seconds": int(HOLD_LIMIT.total_seconds())}
    witness(services, tx, stream_of(tx, order), Fact(Event.HELD, now, details=details), now)
    state = opened(now, None, Cause.HOLD)
    escalation_id = escalations.add(tx, order.id, None, None, state, None)
    advance(services, tx, order, escalations.get(tx, escalation_id), now)


def confirm(services: Services, caller: Caller, order_id: int, now: datetime) -> None:
    """Open a held order as its second person. Confirming an unregistered signer registers the certificate.

    Raises Denied for whoever submitted it, Conflict where it is held no more.
    """
    with services.database.write(order_id) as tx:
        order = orders.get(tx, order_id)
        if order.state is not OrderState.HELD:
            raise Conflict(
                Fault("order", "La orden ya no está retenida.", "Recargue la página para ver cómo va.")
            )
        if caller.staff is None or caller.staff == order.submitted_by:
            raise Denied(
                Fault(
                    "order",
                    "Quien subió la orden no puede confirmarla.",
                    "Debe confirmarla otra persona del juzgado.",
                )
            )
        open_held(services, tx, order, caller, now)


def open_held(
    services: Services,
    tx: Connection,
    order: Order,
    caller: Caller | None,
    now: datetime,
    *,
    marked: bool = False,
) -> None:
    """Let a held order go out, confirmed by `caller` or by itself (None). The caller holds the lock.

    `marked`: it goes out at its limit, with the signer's revocation not consulted.
    """
    registered = _register(services, tx, order, now) if caller and order.hold_reason == UNREGISTERED else []
    orders.change(tx, order.id, state=str(OrderState.OPEN), marked=marked, release_at=None)
    details: dict[str, object] = {
        "reason": order.hold_reason or "",
        "registered": registered,
        "marked": marked,
    }
    event = Event.RELEASED if caller is None else Event.CONFIRMED
    fact = (
        Fact(event, now, details=details)
        if caller is None
        else Fact(event, now, caller.actor, details=details)
    )
    witness(services, tx, stream_of(tx, order), fact, now)
    order = orders.get(tx, order.id)
    for escalation in escalations.of_order(tx, order.id):
        if escalation.is_hold:
            outbox.cancel_chase(tx, escalation.id)
            escalations.save(tx, escalation.id, closed(escalation.state), None)
        elif escalation.state.phase is Phase.HELD:
            escalations.save(tx, escalation.id, opened(now, escalation.state.departs_at), None)
            advance(services, tx, order, escalations.get(tx, escalation.id), now)
    announce(services, tx, order, now)


def _register(services: Services, tx: Connection, order: Order, now: datetime) -> list[str]:
    """Register the certificates that signed a confirmed order."""
    safe = orders.safe_of(tx, services.vault, order.id)
    verdict = orders.documents(tx, safe, order.id)[0].verdict
    hashes = [signer.certificate_sha256 for signer in verdict.signers]
    for value in hashes:
        people.add_signer(tx, order.court, "certificate_sha256", value, now, None)
    return hashes
