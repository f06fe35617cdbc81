"""Escalation: gather, let the core decide, apply. Every change of an order ends here."""

import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from amparo_notify.cases.services import Caller, Services
from amparo_notify.cases.witness import stream_of, witness
from amparo_notify.core.escalation import Owed, Plan, Step, held, opened, plan
from amparo_notify.core.events import Event
from amparo_notify.core.evidence import Actor, Fact, instant
from amparo_notify.core.notice import Cause, Medium
from amparo_notify.core.order import OrderState
from amparo_notify.core.policy import HOLD_POLICY, Policy
from amparo_notify.core.roster import Roster
from amparo_notify.seal.envelope import hash_token
from amparo_notify.store import escalations, orders, outbox, people, rosters
from amparo_notify.store.coming import Coming, coming
from amparo_notify.store.escalations import Escalation
from amparo_notify.store.orders import Order
from amparo_notify.store.people import Station

LINK_LIFE = timedelta(days=30)
REPLY_ALPHABET = "ACDEFHJKLMNPQRTUVWXY34679"
"""Letters and digits that nobody confuses on a small screen or aloud."""

TRY_AGAIN = timedelta(seconds=15)
"""After an order that could not be planned for a fault of its own. The watchdog tells somebody meanwhile."""

PLANNER = Actor("system:escalation")


_log = structlog.get_logger(__name__)


def escalate_due(services: Services, now: datetime) -> int:
    """Plan every escalation whose instant has come, one transaction each; return how many."""
    with services.database.read() as tx:
        due = escalations.due(tx, now)
    for escalation_id, order_id in due:
        try:
            _escalate(services, escalation_id, order_id, now)
        except SQLAlchemyError:
            raise  # the database is away: that is everybody's matter
        except Exception:  # noqa: BLE001 - whatever is wrong with one order, the others' chase goes on
            _log.exception("an order cannot be planned", order=order_id, escalation=escalation_id)
            with services.database.write(order_id) as tx:
                escalations.postpone(tx, escalation_id, now + TRY_AGAIN)
    return len(due)


def _escalate(services: Services, escalation_id: int, order_id: int, now: datetime) -> None:
    with services.database.write(order_id) as tx:
        escalation = escalations.get(tx, escalation_id)
        if escalation.next_at is not None and escalation.next_at <= now:
            advance(services, tx, orders.get(tx, order_id), escalation, now)


def plan_station_anew(services: Services, station_id: int, now: datetime) -> None:
    """Have a station's open escalations planned anew, for its people or their duties have changed.

    After the change is committed, and each under its order's lock: a plan that was being made meanwhile by the old
    roster would else put the next look off.
    """
    with services.database.read() as tx:
        found = escalations.open_at(tx, station_id)
    for escalation_id, order_id in found:
        with services.database.write(order_id) as tx:
            escalations.hurry(tx, escalation_id, now)
            services.database.wake(tx)


def advance(services: Services, tx: Connection, order: Order, escalation: Escalation, now: datetime) -> Plan:
    """Do what the plan says of one escalation: notices, records, the next instant. The caller holds the lock."""
    policy, roster = gather(tx, order, escalation)
    decided = plan(policy, roster, escalation.state, now)
    stream = stream_of(tx, order)
    for step in decided.steps:
        witness(services, tx, stream, _fact(step, escalation, roster, now), now)
    write_notices(services, tx, escalation, decided.notices)
    escalations.save(tx, escalation.id, decided.state, decided.next_at)
    if decided.notices:
        services.database.wake(tx)
    return decided


def gather(tx: Connection, order: Order, escalation: Escalation) -> tuple[Policy, Roster]:
    """The policy that the escalation started with, less its copies where the order allows none; and the roster as it
    is now less the contacts found dead."""
    court_id = order.court
    if escalation.station is None or escalation.policy is None:
        court = people.find_court(tx, id=court_id)
        assert court is not None
        policy, roster = HOLD_POLICY, rosters.court_roster(tx, court.code, court.id, court.time_zone)
    else:
        station = people.find_station(tx, id=escalation.station)
        assert station is not None
        kept = rosters.kept_policy(tx, escalation.policy)
        policy = kept if order.copy_comar else kept.uncopied()
        roster = rosters.current_roster(tx, station, court_id)
    return policy, _without(roster, outbox.dead_contacts(tx, escalation.id))


def _without(roster: Roster, dead: set[tuple[str, Medium, int]]) -> Roster:
    if not dead:
        return roster
    officers = {
        badge: replace(
            officer,
            contacts=tuple(
                replace(contact, usable=(badge, contact.medium, contact.position) not in dead)
                for contact in officer.contacts
            ),
        )
        for badge, officer in roster.officers.items()
    }
    return replace(roster, officers=officers)


def _fact(step: Step, escalation: Escalation, roster: Roster, now: datetime) -> Fact:
    details: dict[str, object] = {
        "station": roster.station,
        "reason": step.reason,
        "round": step.round,
        "level": step.level,
        "due_at": instant(step.due_at),
        "late_ms": max(0, int((now - step.due_at).total_seconds() * 1000)),
        "roster_version": roster.version,
        "recipients": [{"officer": badge, "by": source} for badge, source in step.recipients],
        "left_out": [{"officer": badge, "why": why} for badge, why in step.left_out],
    }
    return Fact(Event(step.event), now, PLANNER, details=details | {"escalation": escalation.id})


def write_notices(
    services: Services, tx: Connection, escalation: Escalation, notices: Collection[Owed]
) -> None:
    """Write notices with the links that their officers will open. Written twice they stay as they were."""
    if not notices:
        return
    ids = people.officer_ids(tx, {each.badge for each in notices})
    # A desk that is only copied has nothing to open.
    link_all(services, tx, escalation, {ids[each.badge] for each in notices if each.cause is not Cause.COPY})
    rows = [
        {
            "orders": escalation.order,
            "officer": ids[owed.badge],
            "lawyer": None,
            "medium": str(owed.medium),
            "contact": owed.contact,
            "purpose": str(owed.purpose),
            "cause": str(owed.cause),
            "round": owed.round,
            "level": owed.level,
            "rank": 0 if owed.first else 1,
            "detail": owed.detail,
            "plan_key": owed.key,
            "due_at": owed.due_at,
        }
        for owed in notices
    ]
    outbox.write(tx, escalation.id, rows)


def link_all(services: Services, tx: Connection, escalation: Escalation, officers: set[int]) -> None:
    """Make sure that officers have a way to this escalation, each with a reply code that was never used before."""
    known = {each.officer for each in escalations.links_of(tx, escalation.id)} if officers else set()
    expires_at = escalation.state.opened_at + LINK_LIFE
    for officer_id in sorted(officers - known):
        link_id = escalations.add_link(tx, escalation.id, officer_id, _new_code(tx), expires_at)
        escalations.name_link(tx, link_id, hash_token(services.tokens.token("notice", link_id)))


def _new_code(tx: Connection) -> str:
    while True:
        code = "".join(secrets.choice(REPLY_ALPHABET) for _ in range(5))
        if not escalations.code_taken(tx, code) and not code.isdigit():
            return code


def next_instant(services: Services) -> datetime | None:
    """When something falls due next, questions to providers included."""
    ahead = look_ahead(services)
    return min((each for each in (ahead.work(), ahead.question) if each), default=None)


def look_ahead(services: Services) -> Coming:
    """When each kind of work falls due next."""
    with services.database.read() as tx:
        return coming(tx)


def begin(services: Services, tx: Connection, order: Order, station: Station, now: datetime) -> None:
    """Start a station's escalation; a held order's waits."""
    version = rosters.current_policy(tx, station)
    assert version is not None
    departures = [each for each in orders.person_ids(tx, order.id).values() if each]
    begin = held if order.state is OrderState.HELD else opened
    state = begin(now, min(departures, default=None))
    escalation_id = escalations.add(tx, order.id, station.id, version.id, state, None)
    if order.state is OrderState.OPEN:
        advance(services, tx, order, escalations.get(tx, escalation_id), now)


def add_station(
    services: Services, tx: Connection, order: Order, station: Station, caller: Caller, now: datetime
) -> None:
    """Notify one more station of an order. The caller holds the lock."""
    details: dict[str, object] = {"station": station.code}
    witness(
        services, tx, stream_of(tx, order), Fact(Event.STATION_ADDED, now, caller.actor, details=details), now
    )
    begin(services, tx, order, station, now)
