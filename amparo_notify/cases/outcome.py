"""The outcome: what an officer reports of each person, and what follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from amparo_notify.cases.acknowledge import OVER
from amparo_notify.cases.escalate import advance, gather
from amparo_notify.cases.inform import alarm_court, alarm_headquarters, inform
from amparo_notify.cases.officer import admitted
from amparo_notify.cases.services import Services
from amparo_notify.cases.witness import Receipt, issue, newest_receipt, stream_of, witness
from amparo_notify.core.errors import Conflict, Fault, Invalid
from amparo_notify.core.escalation import reported
from amparo_notify.core.events import Event, Grade
from amparo_notify.core.evidence import Actor, Fact
from amparo_notify.core.follow_up import DONE, follow_up
from amparo_notify.core.notice import Cause
from amparo_notify.core.order import OutcomeCode
from amparo_notify.store import escalations, orders, outbox, people
from amparo_notify.store.escalations import Escalation, Link
from amparo_notify.store.orders import KeptPerson, Order


@dataclass(frozen=True)
class Report:
    """What an officer reports of one person. `details` are the extra fields that the code asks for."""

    person_id: int
    code: OutcomeCode
    details: dict[str, str]


def report(
    services: Services, token: str, session: str, nonce: str, reports: Sequence[Report], now: datetime
) -> Receipt:
    """Record what became of each person and answer with a receipt; the same form sent twice is one report.

    Raises Invalid for a person who is not of this order, Conflict where the order was withdrawn or closed.
    """
    link, order_id, by = admitted(services, token, session, now)
    with services.database.write(order_id) as tx:
        order, escalation = orders.get(tx, order_id), escalations.get(tx, link.escalation)
        if escalations.outcome_seen(tx, nonce):
            earlier = newest_receipt(tx, order_id, "outcome")
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
        seq = _keep(services, tx, order, escalation, link, by, nonce, reports, known, now)
        receipt = _outcome_receipt(services, tx, order, link, reports, known, seq, now)
        _follow(services, tx, order, escalation, link, reports, seq, now)
        return receipt


def _keep(
    services: Services,
    tx: Connection,
    order: Order,
    escalation: Escalation,
    link: Link,
    by: str,
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
    fact = Fact(Event.REPORTED, now, Actor(f"officer:{link.badge}", by), Grade.A2, details, personal)
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
    newest = {(each.escalation, each.person): each for each in escalations.outcomes(tx, order.id)}
    everyone = set(orders.person_ids(tx, order.id))
    for each in escalations.of_order(tx, order.id):
        if each.is_hold or each.state.phase in OVER:
            continue
        done = {
            outcome.person
            for outcome in newest.values()
            if outcome.code.settles or (outcome.code.ends_here and outcome.escalation == each.id)
        }
        policy, _ = gather(tx, order, each)
        state = reported(policy, each.state, everyone <= done, now)
        if state != each.state:
            outbox.cancel_chase(tx, each.id)
        escalations.save(tx, each.id, state, each.next_at)
        advance(services, tx, order, escalations.get(tx, each.id), now)
    inform(services, tx, order, Cause.REPORTED, seq, now, only=escalation.id, but=link.badge)
    for code in dict.fromkeys(each.code for each in reports if follow_up(each.code) is not DONE):
        alarm_court(services, tx, order, escalation, seq, str(code), now)
        if follow_up(code).headquarters:
            alarm_headquarters(services, tx, escalation, seq, str(code), now)
