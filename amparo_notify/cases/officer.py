"""The officer's page: a doorstep that says nothing personal, the order behind the PIN, and what is answered to it."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from amparo_notify.cases import throttle
from amparo_notify.cases.acknowledge import Proof, as_shown, settle_acknowledgement, statement_for
from amparo_notify.cases.compose import place
from amparo_notify.cases.escalate import advance, gather
from amparo_notify.cases.services import Services
from amparo_notify.cases.witness import Receipt, as_receipt, stream_of, witness
from amparo_notify.core.errors import Denied, Fault, Missing
from amparo_notify.core.escalation import Phase
from amparo_notify.core.escalation import displayed as after_display
from amparo_notify.core.events import Event, Grade
from amparo_notify.core.evidence import Actor, Fact
from amparo_notify.core.order import LEGAL_GROUND, deadline
from amparo_notify.core.verdict import Verdict
from amparo_notify.seal.envelope import hash_token
from amparo_notify.store import blobs, escalations, orders, outbox, people, rosters, staff
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
    receipt_code: str


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
    required: Grade  # of an acknowledgement that ends the chase
    mine: Receipt | None
    outcomes: tuple[Outcome, ...]
    nonce: str
    officer: int
    post: str
    badge: str
    by: str  # how they were known: "pin" or "passkey"


def open_notice(services: Services, token: str, now: datetime) -> Doorstep:
    """What a link shows before the PIN. Raises Missing for a link that is unknown or too old."""
    link, order_id = find_link(services, token, now)
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


def find_link(services: Services, token: str, now: datetime) -> tuple[Link, int]:
    """The link of a token, and the order that it leads to. Raises Missing for one that is unknown or too old."""
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
    link, _ = find_link(services, token, now)
    key = f"pin:page:{link.officer}"
    left = throttle.count(services, key, "pin", now)
    if not pin_matches(services, link.officer, pin):
        tries = f"Le quedan {left} intentos." if left else "Espere 5 minutos o llame al juzgado."
        raise Denied(Fault("pin", "El NIP no es correcto.", tries))
    throttle.forgive(services, key)
    with services.database.write() as tx:
        return open_session(tx, link, "pin", now)


def open_session(tx: Connection, link: Link, by: str, now: datetime) -> str:
    """Return the token of a new session for a link. `by`: how its officer was known, "pin" or "passkey"."""
    session = secrets.token_urlsafe(32)
    staff.add_session(tx, hash_token(session), by, now, now + SESSION, link_id=link.id)
    return session


def pin_matches(services: Services, officer_id: int, pin: str) -> bool:
    """Whether this is the officer's PIN. Nobody who has none is ever matched."""
    with services.database.read() as tx:
        officer = people.find_officer(tx, id=officer_id)
    assert officer is not None
    return officer.pin_hash is not None and officer.active and services.secrets.matches(officer.pin_hash, pin)


class Admitted(NamedTuple):
    """An officer behind the doorstep."""

    link: Link
    order: int
    by: str  # how they were known: "pin" or "passkey"

    @property
    def actor(self) -> Actor:
        """As records name them."""
        return Actor(f"officer:{self.link.badge}", self.by)


def admitted(services: Services, token: str, session: str, now: datetime) -> Admitted:
    """The link, if `session` was opened by its own officer's PIN or passkey. Raises Denied, Missing."""
    link, order_id = find_link(services, token, now)
    with services.database.read() as tx:
        found = staff.session_of(tx, hash_token(session), now) if session else None
    if found is None or found.link != link.id:
        raise Denied(Fault("pin", "Falta identificarse.", "Escriba su NIP."))
    return Admitted(link, order_id, found.authenticated_by)


def notice(services: Services, token: str, session: str, now: datetime) -> NoticeView:
    """The order, for the officer behind the PIN. Raises Denied where the session is not for this link."""
    link, order_id, by = admitted(services, token, session, now)
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
            required=required_grade(tx, escalation),
            mine=_mine(tx, link, escalation),
            outcomes=tuple(escalations.outcomes(tx, order_id)),
            nonce=secrets.token_hex(16),
            officer=link.officer,
            post=officer.post,
            badge=link.badge,
            by=by,
        )


def required_grade(tx: Connection, escalation: Escalation) -> Grade:
    """What an acknowledgement must be for this chase to end, by the policy that it began with."""
    if escalation.policy is None:
        return Grade.A2
    return Grade(rosters.kept_policy(tx, escalation.policy).required_grade)


def first_acknowledgement(tx: Connection, escalation: Escalation) -> Acknowledged | None:
    """Who acknowledged first with a grade that suffices."""
    enough = max(Grade.A2, required_grade(tx, escalation))
    rows = [row for row in escalations.acknowledgements(tx, escalation.id) if row.grade >= enough]
    if not rows:
        return None
    first = rows[0]
    receipt = as_receipt(first.receipt, escalations.receipt_by_id(tx, first.receipt))
    return Acknowledged(first.post, first.badge, first.at, Grade(first.grade), receipt.code)


def _mine(tx: Connection, link: Link, escalation: Escalation) -> Receipt | None:
    rows = [row for row in escalations.acknowledgements(tx, escalation.id) if row.officer == link.officer]
    if not rows:
        return None
    jws = escalations.receipt_by_id(tx, rows[-1].receipt)
    return as_receipt(rows[-1].receipt, jws)


def displayed(services: Services, token: str, session: str, now: datetime) -> None:
    """The last byte of the order was sent to an identified officer: the hour that the law counts."""
    found = admitted(services, token, session, now)
    link, order_id = found.link, found.order
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
        fact = Fact(Event.DISPLAYED, now, found.actor, Grade.A2, details)
        witness(services, tx, stream_of(tx, order), fact, now)
        policy, _ = gather(tx, order, escalation)
        state = after_display(policy, escalation.state, now)
        if state != escalation.state:
            outbox.cancel_chase(tx, escalation.id)
            escalations.save(tx, escalation.id, state, escalation.next_at)
            advance(services, tx, order, escalations.get(tx, escalation.id), now)


def notice_document(services: Services, token: str, session: str, document_id: int, now: datetime) -> bytes:
    """The PDF of one of the order's documents. Raises Missing for another order's."""
    order_id = admitted(services, token, session, now).order
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
    link, order_id, by = admitted(services, token, session, now)
    with services.database.write(order_id) as tx:
        order, escalation = orders.get(tx, order_id), escalations.get(tx, link.escalation)
        _, station = place(tx, order, escalation)
        shown = as_shown(services, tx, order, station, statement_sha256, document_sha256)
        proof = Proof(Grade.A2, by, *shown, displayed=True)
        return settle_acknowledgement(services, tx, order, escalation, link, proof, now)
