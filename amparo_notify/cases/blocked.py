"""An officer's phone that takes no texts any more (STOP, ALTO, BAJA): an incident, whether an order is open or not."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from amparo_notify.cases.direct import post
from amparo_notify.cases.inform import alarm_court
from amparo_notify.cases.services import Services
from amparo_notify.cases.settings_log import note
from amparo_notify.cases.witness import CONFIGURATION, stream_of, witness
from amparo_notify.core.events import Event
from amparo_notify.core.evidence import Actor, Fact
from amparo_notify.core.notice import Medium
from amparo_notify.core.policy import Policy
from amparo_notify.core.recipients import resolve
from amparo_notify.core.roster import Roster
from amparo_notify.store import contacts, escalations, orders, outbox, people, rosters
from amparo_notify.store.people import Station

_GOOD_FOR = 3600
_MEDIA = (Medium.SMS, Medium.EMAIL)


def blocked(
    services: Services, number: str, badges: Sequence[str], now: datetime, said: Mapping[str, object]
) -> bool:
    """Have the phone count as unconfirmed, and tell the chief of its owners' shift and the court of each open order.

    `number` is the phone's blind index, `said` what the records say besides.
    Return whether an order is open of which an owner was told.
    """
    with services.database.write(CONFIGURATION) as tx:
        contacts.doubt(tx, number)
        note(services, tx, Actor("system:texts"), "phone blocked", now, officers=list(badges), **said)
    for badge in badges:
        _tell_chief(services, badge, now)
    with services.database.read() as tx:
        waiting = outbox.open_orders_of(tx, list(badges))
    for order_id, escalation_id in waiting:
        _tell_court(services, order_id, escalation_id, badges, now, said)
    return bool(waiting)


def _tell_chief(services: Services, badge: str, now: datetime) -> None:
    with services.database.read() as tx:
        officer = people.find_officer(tx, badge=badge)
        station = people.find_station(tx, id=officer.station) if officer and officer.station else None
        if officer is None or station is None:
            return  # headquarters and courts have no shift; the roster's page and the daily mail tell of the phone
        addresses = list(_chiefs(services, tx, station, badge, now))
    for medium, address in addresses:
        post(services, "blocked", medium, address, _GOOD_FOR, station=station.code, post=officer.post)


def _chiefs(
    services: Services, tx: Connection, station: Station, badge: str, now: datetime
) -> Iterator[tuple[Medium, str]]:
    """Where to write to whoever the station's policy reaches next after an officer."""
    version = rosters.current_policy(tx, station)
    roster = rosters.current_roster(tx, station)
    for chief in _next(version.policy, roster, badge, now) if version else ():
        for medium in _MEDIA:
            if address := people.address(tx, services.vault, chief, medium, 0):
                yield medium, address


def _next(policy: Policy, roster: Roster, badge: str, now: datetime) -> list[str]:
    """The badges of the first level above the officer's own that reaches somebody else."""
    reached = [[each.officer.badge for each in resolve(level, roster, now).people] for level in policy.levels]
    own = next((number for number, level in enumerate(reached) if badge in level), -1)
    others = ([each for each in level if each != badge] for level in reached[own + 1 :])
    return next((level for level in others if level), [])


def _tell_court(
    services: Services,
    order_id: int,
    escalation_id: int,
    badges: Sequence[str],
    now: datetime,
    said: Mapping[str, object],
) -> None:
    with services.database.write(order_id) as tx:
        order, escalation = orders.get(tx, order_id), escalations.get(tx, escalation_id)
        details: dict[str, object] = {
            "escalation": escalation_id,
            "officers": list(badges),
            "reason": "opted_out",
            **said,
        }
        seq = witness(services, tx, stream_of(tx, order), Fact(Event.ALARMED, now, details=details), now)
        alarm_court(services, tx, order, escalation, seq, "opted_out", now)
