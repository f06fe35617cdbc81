"""The verbs of court staff on an order that is out: confirm, correct, extend. How it ends is `ending`'s."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection

from amparo_notify.cases import hold
from amparo_notify.cases.docket import find, live, stations_of
from amparo_notify.cases.ending import withdraw
from amparo_notify.cases.escalate import add_station, advance
from amparo_notify.cases.flight import change_flight
from amparo_notify.cases.inform import inform, tell_lawyers
from amparo_notify.cases.papers import Papers
from amparo_notify.cases.reject import Rejected, log_rejection
from amparo_notify.cases.services import Caller, Services
from amparo_notify.cases.signers import judge
from amparo_notify.cases.submission import MAIL
from amparo_notify.cases.witness import stream_of, witness
from amparo_notify.core.errors import Conflict, Fault, Invalid
from amparo_notify.core.escalation import extended
from amparo_notify.core.events import Event
from amparo_notify.core.evidence import Fact
from amparo_notify.core.notice import Cause
from amparo_notify.core.order import DocumentKind, OrderState
from amparo_notify.core.verdict import Verdict
from amparo_notify.store import escalations, orders, people, rosters
from amparo_notify.store.orders import Order


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
        order = live(tx, order_id)
        change_flight(
            services, tx, order, person_id, airline, flight, destination, departs_at, caller.actor, now
        )


def add_stations(services: Services, caller: Caller, folio: str, codes: Sequence[str], now: datetime) -> None:
    """Notify further stations of the order; those already there are left as they are."""
    order_id = find(services, caller, folio).id
    with services.database.write(order_id) as tx:
        order = live(tx, order_id)
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
        order = live(tx, order_id)
        added = orders.add_lawyers(tx, orders.safe_of(tx, services.vault, order_id), order_id, mails)
        if order.state is OrderState.OPEN:
            tell_lawyers(tx, order, stations_of(tx, order_id)[0], Cause.TRACKING, 0, now, added)
            services.database.wake(tx)


# -- further documents --------------------------------------------------------------------------------------


_AS_A_NEW_ORDER = (
    "Súbalo como orden nueva: ahí otra persona de su juzgado puede confirmarlo, y se avisa a la estación."
)
_ELSEWHERE = {
    DocumentKind.EXTENSION: _AS_A_NEW_ORDER,
    DocumentKind.MODIFICATION: _AS_A_NEW_ORDER,
    DocumentKind.REVOCATION: "Mientras no se compruebe, la orden sigue. Pida a quien administra el servicio que "
    "registre a quien firma, o retírela entre dos personas del juzgado.",
}
"""Only a new order is held: what the clerk can do with a further document that somebody would have to confirm."""


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
        raise Rejected(verdict, _ELSEWHERE[kind] if hold_reason else "")
    assert examination.document is not None
    papers = Papers.store(services, document, signature, examination.document, now)
    with services.database.write(order.id) as tx:
        order = live(tx, order.id)
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
            submitted_at=now,
            **asdict(papers),
        )
        details: dict[str, object] = {"kind": str(kind), "verdict": str(verdict.conclusion)}
        fact = Fact(Event.EXTENDED, now, caller.actor, details=details)
        seq = witness(services, tx, stream_of(tx, order), fact, now)
        if kind is DocumentKind.REVOCATION:
            withdraw(services, tx, order, caller, "document", now)
        else:
            _chase_anew(services, tx, order, seq, now)
    return verdict


def _chase_anew(services: Services, tx: Connection, order: Order, seq: int, now: datetime) -> None:
    """A further document must be acknowledged too: the chase begins again, and whoever was told is told."""
    if order.state is not OrderState.OPEN:
        return
    inform(services, tx, order, Cause.EXTENDED, seq, now)
    for escalation in stations_of(tx, order.id):
        escalations.forget_displays(tx, escalation.id)
        escalations.save(tx, escalation.id, extended(escalation.state, now), escalation.next_at)
        advance(services, tx, order, escalations.get(tx, escalation.id), now)
