"""From a claimed notice to a message ready for the wire: the address, the facts, the texts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from amparo_notify.cases.services import Services
from amparo_notify.cases.submit import tracking_code
from amparo_notify.channels.rendering import Facts, render
from amparo_notify.core.notice import Cause, Medium, Purpose
from amparo_notify.core.order import deadline
from amparo_notify.core.ports import Message
from amparo_notify.store import escalations, orders, outbox, people
from amparo_notify.store.escalations import Escalation
from amparo_notify.store.orders import Order
from amparo_notify.store.outbox import Claimed

SHORTEST_VALIDITY = 120
LONGEST_VALIDITY = 14_400
"""Seconds: a message is worth delivering until the next step makes it stale, within what a provider accepts."""


@dataclass(frozen=True)
class Envelope:
    """One message on its way, and the claim under which it goes."""

    claimed: Claimed
    attempt: int
    message: Message
    provider: int  # which of the medium's providers
    previous: outbox.Attempt | None  # its fate is unknown: ask before sending again


def message_for(
    services: Services, tx: Connection, claimed: Claimed, reference: str, now: datetime
) -> Message | None:
    """Render a claimed notice; None where its recipient has no such address any more."""
    order = orders.get(tx, claimed.order)
    escalation = escalations.get(tx, claimed.escalation)
    to = _address(services, tx, claimed)
    if to is None:
        return None
    facts = facts_for(services, tx, order, escalation, claimed, reference)
    return render(claimed.cause, claimed.medium, facts, to, reference, _valid_for(claimed, escalation, now))


def _address(services: Services, tx: Connection, claimed: Claimed) -> str | None:
    if claimed.lawyer is not None:
        safe = orders.safe_of(tx, services.vault, claimed.order)
        return dict(orders.lawyers(tx, safe, claimed.order)).get(claimed.lawyer)
    officer = people.find_officer(tx, id=claimed.officer)
    assert officer is not None
    return people.address(tx, services.vault, officer.badge, claimed.medium, claimed.contact)


def facts_for(
    services: Services, tx: Connection, order: Order, escalation: Escalation, claimed: Claimed, reference: str
) -> Facts:
    """What a message may say: nothing of the person."""
    zone, where = place(tx, order, escalation)
    code, link = _way_in(services, tx, order, escalation, claimed)
    officer_id = claimed.officer
    waiting = outbox.waiting_for(tx, officer_id) if officer_id and claimed.purpose is Purpose.CHASE else []
    return Facts(
        expediente=order.expediente,
        court=order.court_name,
        court_phone=order.court_phone,
        station=where,
        reply_code=code,
        deadline=local_deadline(escalation.state.departs_at, zone),
        link=link,
        post=_post(tx, escalation, claimed.cause),
        detail=claimed.detail,
        drill=order.drill,
        marked=order.marked,
        gather_url=services.url(f"/callbacks/twilio/voice?ref={reference}") if _asks_keys(claimed) else "",
        waiting=tuple(each for each in waiting if each != order.expediente),
    )


def _asks_keys(claimed: Claimed) -> bool:
    return (
        claimed.medium is Medium.VOICE
        and claimed.purpose is Purpose.CHASE
        and claimed.cause is not Cause.HOLD
    )


def place(tx: Connection, order: Order, escalation: Escalation) -> tuple[str, str]:
    """(time zone, name) of where an escalation is: its station, or for a hold its court."""
    if escalation.station is None:
        court = people.find_court(tx, id=order.court)
        assert court is not None
        return court.time_zone, court.name
    station = people.find_station(tx, id=escalation.station)
    assert station is not None
    return station.time_zone, station.name


def local_deadline(departs_at: datetime | None, zone: str) -> str:
    """The working deadline as the station's clocks show it, "14:35", or nothing."""
    limit = deadline(departs_at)
    return limit.astimezone(ZoneInfo(zone)).strftime("%H:%M") if limit else ""


def _way_in(
    services: Services, tx: Connection, order: Order, escalation: Escalation, claimed: Claimed
) -> tuple[str, str]:
    """(reply code, address of the page) for this recipient."""
    if claimed.lawyer is not None:
        code = tracking_code(services, order.id)
        return code, services.url(f"/s/{code}")
    assert claimed.officer is not None
    officer = people.find_officer(tx, id=claimed.officer)
    assert officer is not None
    if officer.court is not None:
        return "", services.url(f"/juzgado/ordenes/{order.folio}")
    link = escalations.link_of(tx, escalation.id, claimed.officer)
    if link is None:
        return "", ""
    return link.reply_code, services.url(f"/n/{services.tokens.token('notice', link.id)}")


def _post(tx: Connection, escalation: Escalation, cause: Cause) -> str:
    """The post of whoever acknowledged last; never a name."""
    if cause not in (Cause.ACKNOWLEDGED, Cause.REPORTED, Cause.DISPLAY, Cause.OUTCOME, Cause.SHIFT):
        return ""
    acknowledged = escalations.acknowledgements(tx, escalation.id)
    return str(acknowledged[-1].post) if acknowledged else ""


def _valid_for(claimed: Claimed, escalation: Escalation, now: datetime) -> int:
    """Seconds until the next step makes a chase stale; what informs is good for hours."""
    if claimed.purpose is Purpose.INFORM or escalation.next_at is None:
        return LONGEST_VALIDITY
    left = escalation.next_at - now
    return int(min(max(left, timedelta(seconds=SHORTEST_VALIDITY)).total_seconds(), LONGEST_VALIDITY))
