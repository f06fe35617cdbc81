"""The officer's page: a doorstep that says nothing personal, the order behind the PIN, and what is answered to it."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from amparo_notify.cases import throttle
from amparo_notify.cases.acknowledge import OVER, Proof, settle_acknowledgement, statement_for
from amparo_notify.cases.compose import place
from amparo_notify.cases.escalate import advance, gather
from amparo_notify.cases.inform import alarm_court, alarm_headquarters, inform
from amparo_notify.cases.services import Services
from amparo_notify.cases.witness import Receipt, issue, newest_receipt, stream_of, witness
from amparo_notify.core.errors import Conflict, Denied, Fault, Invalid, Missing
from amparo_notify.core.escalation import Phase, reported
from amparo_notify.core.escalation import displayed as after_display
from amparo_notify.core.events import Event, Grade
from amparo_notify.core.evidence import Actor, Fact
from amparo_notify.core.follow_up import DONE, follow_up
from amparo_notify.core.notice import Cause
from amparo_notify.core.order import LEGAL_GROUND, OutcomeCode, deadline
from amparo_notify.core.verdict import Verdict
from amparo_notify.seal.envelope import hash_token
from amparo_notify.store import blobs, escalations, orders, outbox, people, staff
from amparo_notify.store.escalations import Escalation, Link, Outcome
from amparo_notify.store.orders import Document, KeptPerson, Order

SESSION = timedelta(hours=12)
ACCESS_EVERY = timedelta(minutes=1)
"""An access record at most this often for one link: robots and refreshes must not drown the log."""


@dataclass(frozen=True)
class Doorstep:
    """What the link alone shows: that there is an order, and nothing of whom it protects."""

    expediente: str
    folio: str
    court_name: str
    court_phone: str
    station_name: str
    time_zone: str
    post: str
    drill: bool
    phase: Phase
    has_pin: bool
    deadline: datetime | None


@dataclass(frozen=True)
class Acknowledged:
    """Who acknowledged first, by post."""

    post: str
    badge: str
    at: datetime
    grade: Grade


@dataclass(frozen=True)
class NoticeView:
    """All that an officer who has identified sees."""

    order: Order
    verdict: Verdict
    instruction: str
    legal_ground: str
    persons: tuple[KeptPerson, ...]
    documents: tuple[Document, ...]
    station_name: str
    time_zone: str
    phase: Phase
    departs_at: datetime | None
    statement: str
    statement_sha256: str
    document_sha256: str
    acknowledged: Acknowledged | None
    mine: Receipt | None
    outcomes: tuple[Outcome, ...]
    nonce: str
    post: str
    badge: str


@dataclass(frozen=True)
class Report:
    """What an officer reports of one person. `details` are the extra fields that the code asks for."""

    person_id: int
    code: OutcomeCode
    details: dict[str, str]


def open_notice(services: Services, token: str, now: datetime) -> Doorstep:
    """What a link shows before the PIN. Raises Missing for a link that is unknown or too old."""
    link, order_id = _find(services, token, now)
    with services.database.read() as tx:
        seen = escalations.opened_at(tx, link.id)
        doorstep = _doorstep(tx, link, order_id)
    if seen is None or now - seen >= ACCESS_EVERY:
        with services.database.write(order_id) as tx:
            escalations.mark_link(tx, link.id, opened_at=now)
            details: dict[str, object] = {
                "escalation": link.escalation,
                "officer": link.badge,
                "post": doorstep.post,
            }
            fact = Fact(Event.OPENED, now, Actor("anyone"), Grade.A0, details)
            witness(services, tx, stream_of(tx, orders.get(tx, order_id)), fact, now)
    return doorstep


def _find(services: Services, token: str, now: datetime) -> tuple[Link, int]:
    with services.database.read() as tx:
        link = escalations.link_by_hash(tx, hash_token(token))
        if link is None or link.expires_at <= now:
            raise Missing(
                Fault(
                    "link",
                    "Este enlace no existe o ya venció.",
                    "Abra el aviso más reciente o llame al juzgado.",
                )
            )
        return link, escalations.get(tx, link.escalation).order


def _doorstep(tx: Connection, link: Link, order_id: int) -> Doorstep:
    order, escalation = orders.get(tx, order_id), escalations.get(tx, link.escalation)
    zone, station = place(tx, order, escalation)
    officer = people.find_officer(tx, id=link.officer)
    assert officer is not None
    return Doorstep(
        expediente=order.expediente,
        folio=order.folio,
        court_name=order.court_name,
        court_phone=order.court_phone,
        station_name=station,
        time_zone=zone,
        post=officer.post,
        drill=order.drill,
        phase=escalation.state.phase,
        has_pin=officer.pin_hash is not None,
        deadline=deadline(escalation.state.departs_at),
    )


def identify(services: Services, token: str, pin: str, now: datetime) -> str:
    """Return a session for this link. Raises Denied saying how many tries are left, Missing for a dead link."""
    link, _ = _find(services, token, now)
    key = f"pin:link:{link.id}"
    left = throttle.count(services, key, "pin", now)
    if not pin_matches(services, link.officer, pin):
        tries = f"Le quedan {left} intentos." if left else "Espere 5 minutos o llame al juzgado."
        raise Denied(Fault("pin", "El NIP no es correcto.", tries))
    throttle.forgive(services, key)
    session = secrets.token_urlsafe(32)
    with services.database.write() as tx:
        staff.add_session(tx, hash_token(session), now, now + SESSION, link_id=link.id)
    return session


def pin_matches(services: Services, officer_id: int, pin: str) -> bool:
    """Whether this is the officer's PIN. Nobody who has none is ever matched."""
    with services.database.read() as tx:
        officer = people.find_officer(tx, id=officer_id)
    assert officer is not None
    return officer.pin_hash is not None and officer.active and services.secrets.matches(officer.pin_hash, pin)


def _admitted(services: Services, token: str, session: str, now: datetime) -> tuple[Link, int]:
    """The link, if `session` was opened by its own officer's PIN. Raises Denied, Missing."""
    link, order_id = _find(services, token, now)
    with services.database.read() as tx:
        found = staff.session_of(tx, hash_token(session), now) if session else None
    if found is None or found[1] != link.id:
        raise Denied(Fault("pin", "Falta identificarse.", "Escriba su NIP."))
    return link, order_id


def notice(services: Services, token: str, session: str, now: datetime) -> NoticeView:
    """The order, for the officer behind the PIN. Raises Denied where the session is not for this link."""
    link, order_id = _admitted(services, token, session, now)
    with services.database.read() as tx:
        order, escalation = orders.get(tx, order_id), escalations.get(tx, link.escalation)
        zone, station = place(tx, order, escalation)
        safe = orders.safe_of(tx, services.vault, order_id)
        documents = orders.documents(tx, safe, order_id)
        statement = statement_for(services, tx, order, station)
        officer = people.find_officer(tx, id=link.officer)
        assert officer is not None
        return NoticeView(
            order=order,
            verdict=documents[-1].verdict,
            instruction=orders.instruction(tx, safe, order_id),
            legal_ground=LEGAL_GROUND,
            persons=tuple(orders.persons(tx, safe, order_id)),
            documents=tuple(documents),
            station_name=station,
            time_zone=zone,
            phase=escalation.state.phase,
            departs_at=escalation.state.departs_at,
            statement=statement,
            statement_sha256=hashlib.sha256(statement.encode()).hexdigest(),
            document_sha256=documents[-1].sha256,
            acknowledged=first_acknowledgement(tx, escalation),
            mine=_mine(services, tx, link, escalation),
            outcomes=tuple(escalations.outcomes(tx, order_id)),
            nonce=secrets.token_hex(16),
            post=officer.post,
            badge=link.badge,
        )


def first_acknowledgement(tx: Connection, escalation: Escalation) -> Acknowledged | None:
    """Who acknowledged first with a grade that suffices."""
    rows = [row for row in escalations.acknowledgements(tx, escalation.id) if row.grade >= Grade.A2]
    return Acknowledged(rows[0].post, rows[0].badge, rows[0].at, Grade(rows[0].grade)) if rows else None


def _mine(services: Services, tx: Connection, link: Link, escalation: Escalation) -> Receipt | None:
    rows = [row for row in escalations.acknowledgements(tx, escalation.id) if row.officer == link.officer]
    if not rows:
        return None
    jws = escalations.receipt_by_id(tx, rows[-1].receipt)
    return Receipt(rows[-1].receipt, str(services.sealer.open(jws)["check_at"]).rpartition("/")[2], jws)


def displayed(services: Services, token: str, session: str, now: datetime) -> None:
    """The last byte of the order was sent to an identified officer: the hour that the law counts."""
    link, order_id = _admitted(services, token, session, now)
    if link.displayed_at is not None:
        return
    with services.database.write(order_id) as tx:
        current = escalations.get_link(tx, link.id)
        if current is None or current.displayed_at is not None:
            return
        order, escalation = orders.get(tx, order_id), escalations.get(tx, link.escalation)
        escalations.mark_link(tx, link.id, displayed_at=now)
        officer = people.find_officer(tx, id=link.officer)
        assert officer is not None
        details: dict[str, object] = {
            "escalation": escalation.id,
            "officer": link.badge,
            "post": officer.post,
        }
        fact = Fact(Event.DISPLAYED, now, Actor(f"officer:{link.badge}", "pin"), Grade.A2, details)
        witness(services, tx, stream_of(tx, order), fact, now)
        policy, _ = gather(tx, order, escalation)
        state = after_display(policy, escalation.state, now)
        if state != escalation.state:
            outbox.cancel_chase(tx, escalation.id)
            escalations.save(tx, escalation.id, state, escalation.next_at)
            advance(services, tx, order, escalations.get(tx, escalation.id), now)


def notice_document(services: Services, token: str, session: str, document_id: int, now: datetime) -> bytes:
    """The PDF of one of the order's documents. Raises Missing for another order's."""
    _, order_id = _admitted(services, token, session, now)
    with services.database.read() as tx:
        safe = orders.safe_of(tx, services.vault, order_id)
        found = next((each for each in orders.documents(tx, safe, order_id) if each.id == document_id), None)
        if found is None:
            raise Missing(Fault("document", "No existe ese documento.", "Vuelva al aviso."))
        return blobs.read(tx, services.vault, found.blob)


def acknowledge(
    services: Services, token: str, session: str, statement_sha256: str, document_sha256: str, now: datetime
) -> Receipt:
    """Acknowledge exactly what was shown. Raises Conflict where the order has changed since: read it again."""
    link, order_id = _admitted(services, token, session, now)
    with services.database.write(order_id) as tx:
        order, escalation = orders.get(tx, order_id), escalations.get(tx, link.escalation)
        _, station = place(tx, order, escalation)
        statement = statement_for(services, tx, order, station)
        newest = orders.document_hashes(tx, order_id)[-1]
        shown = (hashlib.sha256(statement.encode()).hexdigest(), newest)
        if shown != (statement_sha256, document_sha256):
            raise Conflict(
                Fault("order", "La orden cambió mientras la leía.", "Lea el texto nuevo y confirme otra vez.")
            )
        proof = Proof(Grade.A2, "pin", statement, newest, displayed=True)
        return settle_acknowledgement(services, tx, order, escalation, link, proof, now)


def report(
    services: Services, token: str, session: str, nonce: str, reports: Sequence[Report], now: datetime
) -> Receipt:
    """Record what became of each person and answer with a receipt; the same form sent twice is one report.

    Raises Invalid for a person who is not of this order, Conflict where the order was withdrawn or closed.
    """
    link, order_id = _admitted(services, token, session, now)
    with services.database.write(order_id) as tx:
        order, escalation = orders.get(tx, order_id), escalations.get(tx, link.escalation)
        if escalations.outcome_seen(tx, nonce):
            earlier = newest_receipt(services, tx, order_id, "outcome")
            assert earlier is not None
            return earlier
        if escalation.state.phase in OVER:
            raise Conflict(
                Fault("order", "La orden ya fue retirada o cerrada.", "Llame al juzgado si tiene duda.")
            )
        known = {
            each.id: each
            for each in orders.persons(tx, orders.safe_of(tx, services.vault, order_id), order_id)
        }
        if not reports or any(each.person_id not in known for each in reports):
            raise Invalid(
                Fault("person", "Falta indicar de quién informa.", "Elija un resultado para cada persona.")
            )
        seq = _keep(services, tx, order, escalation, link, nonce, reports, known, now)
        receipt = _outcome_receipt(services, tx, order, link, reports, known, seq, now)
        _follow(services, tx, order, escalation, link, reports, seq, now)
        return receipt


def _keep(
    services: Services,
    tx: Connection,
    order: Order,
    escalation: Escalation,
    link: Link,
    nonce: str,
    reports: Sequence[Report],
    known: dict[int, KeptPerson],
    now: datetime,
) -> int:
    safe = orders.safe_of(tx, services.vault, order.id)
    officer = people.find_officer(tx, id=link.officer)
    assert officer is not None
    for each in reports:
        escalations.add_outcome(
            tx,
            nonce=nonce,
            escalation=escalation.id,
            person=each.person_id,
            officer=link.officer,
            code=str(each.code),
            at=now,
            details_sealed=safe.seal_json(each.details, f"outcome:{nonce}:{each.person_id}"),
        )
    details: dict[str, object] = {
        "escalation": escalation.id,
        "officer": link.badge,
        "post": officer.post,
        "outcomes": [{"person": known[each.person_id].position, "code": str(each.code)} for each in reports],
    }
    personal: dict[str, object] = {
        "details": [{"person": known[each.person_id].position, **each.details} for each in reports]
    }
    fact = Fact(Event.REPORTED, now, Actor(f"officer:{link.badge}", "pin"), Grade.A2, details, personal)
    return witness(services, tx, stream_of(tx, order), fact, now)


def _outcome_receipt(
    services: Services,
    tx: Connection,
    order: Order,
    link: Link,
    reports: Sequence[Report],
    known: dict[int, KeptPerson],
    seq: int,
    now: datetime,
) -> Receipt:
    content: dict[str, object] = {
        "officer": link.badge,
        "reported_at": now.isoformat(),
        "outcomes": [{"person": known[each.person_id].position, "code": str(each.code)} for each in reports],
        "record": seq,
    }
    return issue(services, tx, order, "outcome", content, now)


def _follow(
    services: Services,
    tx: Connection,
    order: Order,
    escalation: Escalation,
    link: Link,
    reports: Sequence[Report],
    seq: int,
    now: datetime,
) -> None:
    """Move every escalation of the order on, and tell whom it concerns."""
    outcomes = escalations.outcomes(tx, order.id)
    everyone = set(orders.person_ids(tx, order.id))
    for each in escalations.of_order(tx, order.id):
        if each.is_hold or each.state.phase in OVER:
            continue
        done = {
            outcome.person
            for outcome in outcomes
            if outcome.code.settles or (outcome.code.ends_here and outcome.escalation == each.id)
        }
        state = reported(each.state, everyone <= done, now)
        if state != each.state:
            outbox.cancel_chase(tx, each.id)
        escalations.save(tx, each.id, state, each.next_at)
        advance(services, tx, order, escalations.get(tx, each.id), now)
    inform(services, tx, order, Cause.REPORTED, seq, now, only=escalation.id, but=link.badge)
    for code in dict.fromkeys(each.code for each in reports if follow_up(each.code) is not DONE):
        alarm_court(services, tx, order, escalation, seq, str(code), now)
        if follow_up(code).headquarters:
            alarm_headquarters(services, tx, escalation, seq, str(code), now)


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
    link, order_id = _admitted(services, token, session, now)
    actor = Actor(f"officer:{link.badge}", "pin")
    with services.database.write(order_id) as tx:
        change_flight(
            services,
            tx,
            orders.get(tx, order_id),
            person_id,
            airline,
            flight,
            destination,
            departs_at,
            actor,
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
