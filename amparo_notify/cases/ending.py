"""How an order ends: by a signed revocation, by two people of its court, or by one once nothing is owed any more."""

from datetime import datetime

from sqlalchemy import Connection

from amparo_notify.cases.docket import find, live, stations_of
from amparo_notify.cases.inform import alarm_court, inform
from amparo_notify.cases.services import Caller, Services
from amparo_notify.cases.witness import stream_of, witness
from amparo_notify.core.errors import Conflict, Denied, Fault, Invalid
from amparo_notify.core.escalation import Phase, closed, withdrawn
from amparo_notify.core.events import Event
from amparo_notify.core.evidence import Actor, Fact
from amparo_notify.core.notice import Cause
from amparo_notify.core.order import Ending, OrderState
from amparo_notify.store import escalations, orders, outbox
from amparo_notify.store.orders import Order

_ASKED = {Ending.WITHDRAWAL: Event.WITHDRAWAL_ASKED, Ending.CLOSING: Event.CLOSING_ASKED}


# -- two people ---------------------------------------------------------------------------------------------


def ask(services: Services, caller: Caller, folio: str, ending: Ending, reason: str, now: datetime) -> None:
    """Ask for an order to end; the chase goes on until a second person of the court confirms.

    One person alone silences no order. Raises Invalid, Denied, Conflict.
    """
    if not reason.strip():
        raise Invalid(Fault("reason", "Falta el motivo.", "Explíquelo en una frase."))
    order_id = find(services, caller, folio).id
    _clerk(caller)
    with services.database.write(order_id) as tx:
        order = live(tx, order_id)
        if order.ending is not None:
            raise Conflict(
                Fault("order", "Ya hay una solicitud.", "Otra persona del juzgado debe confirmarla.")
            )
        if ending is Ending.CLOSING:
            _released(order)
        sealed = orders.safe_of(tx, services.vault, order_id).seal(reason.strip(), f"order:{order_id}:ending")
        orders.change(tx, order_id, ending=str(ending), ending_by=caller.staff, ending_reason_sealed=sealed)
        fact = Fact(_ASKED[ending], now, caller.actor, personal={"reason": reason.strip()})
        seq = witness(services, tx, stream_of(tx, order), fact, now)
        told = escalations.of_order(tx, order_id)[0]
        alarm_court(services, tx, order, told, seq, str(_ASKED[ending]), now)


def _clerk(caller: Caller) -> None:
    """Two people means two named people: neither a system's token nor a shell counts as one."""
    if caller.staff is None or caller.role not in ("clerk", "admin"):
        raise Denied(Fault("order", "Esto lo hace una persona del juzgado.", "Entre con su propia cuenta."))


def _released(order: Order) -> None:
    if order.state is OrderState.HELD:
        raise Conflict(Fault("order", "La orden está retenida.", "Confírmela o retírela."))


def confirm(services: Services, caller: Caller, folio: str, now: datetime) -> None:
    """End an order as the second person. Raises Denied for whoever asked."""
    order_id = find(services, caller, folio).id
    _clerk(caller)
    with services.database.write(order_id) as tx:
        order = live(tx, order_id)
        if order.ending is None:
            raise Conflict(Fault("order", "Nadie lo ha pedido.", "Pídalo primero."))
        if order.ending_by == caller.staff:
            raise Denied(
                Fault(
                    "order", "Quien lo pidió no puede confirmarlo.", "Debe hacerlo otra persona del juzgado."
                )
            )
        if order.ending is Ending.WITHDRAWAL:
            withdraw(services, tx, order, caller, "two people", now)
        else:
            shut(services, tx, order, caller.actor, now)


def refuse(services: Services, caller: Caller, folio: str, now: datetime) -> None:
    """Turn down a request to end an order; it goes on."""
    order_id = find(services, caller, folio).id
    _clerk(caller)
    with services.database.write(order_id) as tx:
        order = live(tx, order_id)
        if order.ending is None:
            raise Conflict(Fault("order", "Nadie lo ha pedido.", "La orden sigue en curso."))
        orders.change(tx, order_id, ending=None, ending_by=None, ending_reason_sealed=None)
        fact = Fact(_ASKED[order.ending], now, caller.actor, details={"refused": True})
        witness(services, tx, stream_of(tx, order), fact, now)


# -- the end ------------------------------------------------------------------------------------------------


def withdraw(
    services: Services, tx: Connection, order: Order, caller: Caller, how: str, now: datetime
) -> None:
    """Stop the chase and tell exactly those who were told. The caller holds the lock."""
    orders.change(tx, order.id, state=str(OrderState.WITHDRAWN), release_at=None)
    fact = Fact(Event.WITHDRAWN, now, caller.actor, details={"how": how})
    seq = witness(services, tx, stream_of(tx, order), fact, now)
    inform(services, tx, order, Cause.WITHDRAWN, seq, now)
    for escalation in escalations.of_order(tx, order.id):
        outbox.cancel_chase(tx, escalation.id)
        escalations.save(tx, escalation.id, withdrawn(escalation.state), None)


def close(services: Services, caller: Caller, folio: str, now: datetime) -> None:
    """Close an order of which every outcome is known: a named person says that nothing more is asked.

    Raises Conflict while a station has not reported: that takes two (`ask`).
    """
    order_id = find(services, caller, folio).id
    _clerk(caller)
    with services.database.write(order_id) as tx:
        order = live(tx, order_id)
        _released(order)
        if any(each.state.phase is not Phase.REPORTED for each in stations_of(tx, order_id)):
            raise Conflict(
                Fault(
                    "order",
                    "Falta el resultado de una estación.",
                    "Mientras falte, cerrarla toma dos personas: escriba el motivo y otra lo confirma.",
                )
            )
        shut(services, tx, order, caller.actor, now)


def shut(services: Services, tx: Connection, order: Order, actor: Actor, now: datetime) -> None:
    """End an order: nobody is chased for it any more. The caller holds the lock."""
    orders.change(tx, order.id, state=str(OrderState.CLOSED), release_at=None)
    pending = [each.id for each in stations_of(tx, order.id) if each.state.phase is not Phase.REPORTED]
    details: dict[str, object] = {"without_outcome": pending}
    witness(services, tx, stream_of(tx, order), Fact(Event.CLOSED, now, actor, details=details), now)
    for escalation in escalations.of_order(tx, order.id):
        outbox.cancel_chase(tx, escalation.id)
        escalations.save(tx, escalation.id, closed(escalation.state), None)
