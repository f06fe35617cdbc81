"""Correcting a flight, by whoever knows better: the plan is made anew and everyone who was told is told."""

from datetime import datetime

from sqlalchemy import Connection

from amparo_notify.cases.escalate import advance
from amparo_notify.cases.inform import inform
from amparo_notify.cases.officer import admitted
from amparo_notify.cases.services import Services
from amparo_notify.cases.witness import stream_of, witness
from amparo_notify.core.errors import Fault, Invalid, Missing
from amparo_notify.core.events import Event
from amparo_notify.core.evidence import Actor, Fact
from amparo_notify.core.notice import Cause
from amparo_notify.store import escalations, orders
from amparo_notify.store.orders import Order


def correct_flight(
    services: Services,
    token: str,
    session: str,
    person_id: int,
    airline: str,
    flight: str,
    destination: str,
    departs_at: datetime | None,
    now: datetime,
) -> None:
    """An officer who knows better corrects a flight; the plan is made anew."""
    found = admitted(services, token, session, now)
    with services.database.write(found.order) as tx:
        change_flight(
            services,
            tx,
            orders.get(tx, found.order),
            person_id,
            airline,
            flight,
            destination,
            departs_at,
            found.actor,
            now,
        )


def change_flight(
    services: Services,
    tx: Connection,
    order: Order,
    person_id: int,
    airline: str,
    flight: str,
    destination: str,
    departs_at: datetime | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Change one person's flight, plan anew and tell everyone who was told. The caller holds the lock."""
    if person_id not in orders.person_ids(tx, order.id):
        raise Missing(Fault("person", "Esa persona no es de esta orden.", "Vuelva a la orden."))
    if departs_at is not None and departs_at.tzinfo is None:
        raise Invalid(
            Fault("departs_at", "La hora no tiene zona.", "Escríbala con desfase: 2026-11-21T14:35-06:00.")
        )
    orders.change_flight(
        tx,
        person_id,
        airline=airline.strip(),
        flight=flight.strip(),
        destination=destination.strip(),
        departs_at=departs_at,
    )
    details: dict[str, object] = {
        "person": person_id,
        "flight": flight.strip(),
        "departs_at": departs_at.isoformat() if departs_at else "",
    }
    seq = witness(
        services, tx, stream_of(tx, order), Fact(Event.FLIGHT_CHANGED, now, actor, details=details), now
    )
    inform(
        services, tx, order, Cause.CHANGED, seq, now
    )  # before the new plan: whom it reaches is told all of it
    for escalation in escalations.of_order(tx, order.id):
        if escalation.is_open and not escalation.is_hold:
            advance(services, tx, order, escalation, now)
