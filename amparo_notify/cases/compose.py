"""From a claimed notice to a message ready for the wire: the address, the facts, the texts."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from amparo_notify.cases.inform import tracking_code
from amparo_notify.cases.services import Services
from amparo_notify.cases.witness import Stream, stream_for, stream_of
from amparo_notify.channels.rendering import Facts, render
from amparo_notify.core.evidence import instant
from amparo_notify.core.notice import Cause, Medium, Purpose
from amparo_notify.core.order import deadline
from amparo_notify.core.ports import Message
from amparo_notify.store import escalations, orders, outbox, people
from amparo_notify.store.escalations import Brief, Escalation, Link
from amparo_notify.store.orders import Order
from amparo_notify.store.outbox import Claimed
from amparo_notify.store.people import SealedAddress
from amparo_notify.store.unanswered import Unanswered, unanswered

SHORTEST_VALIDITY = 120
LONGEST_VALIDITY = 14_400
"""Seconds: a message is worth delivering until the next step makes it stale, within what a provider accepts."""

NAMED = 10
"""Expedientes that a mail names of those that also wait; the others it counts, as a call does after three."""

_TELL_WHO = (Cause.ACKNOWLEDGED, Cause.REPORTED, Cause.DISPLAY, Cause.OUTCOME, Cause.SHIFT)
"""What says whose acknowledgement it follows."""

T = TypeVar("T")


@dataclass(frozen=True)
class Envelope:
    """One message on its way, and the claim under which it goes."""

    claimed: Claimed
    attempt: int
    message: Message
    provider: int  # which of the medium's providers
    previous: outbox.Attempt | None  # its fate is unknown: ask before sending again
    stream: Stream  # where its records go, which name the document that the message speaks of
    recipient: str


class Desk:
    """What one transaction looks up about some notices: each row is read once, however many messages speak of it."""

    def __init__(self, services: Services, tx: Connection, claims: Collection[Claimed]) -> None:
        self._services, self._tx, self._claims = services, tx, claims
        self._officers = {each.officer for each in claims if each.officer is not None}
        self._kept: dict[tuple[object, ...], Any] = {}

    def _once(self, key: tuple[object, ...], look: Callable[[], T]) -> T:
        if key not in self._kept:
            self._kept[key] = look()
        found: T = self._kept[key]
        return found

    def remember(self, envelopes: Iterable[Envelope]) -> None:
        """Take from envelopes what was looked up when they were written."""
        for each in envelopes:
            self._kept["stream", each.claimed.order] = each.stream
            self._kept["recipient", each.claimed.id] = each.recipient

    def lay_out(self) -> None:
        """Look up all that messages about these notices say, each kind of row at once."""
        order_ids = {each.order for each in self._claims}
        for order_id, order in orders.several(self._tx, order_ids).items():
            self._kept["order", order_id] = order
        hashes = orders.newest_hashes(self._tx, order_ids)
        for order_id in order_ids:
            self._kept["stream", order_id] = stream_for(self.order(order_id), hashes.get(order_id, ""))
        for officer_id, officer in people.several_officers(self._tx, self._officers).items():
            self._kept["officer", officer_id] = officer
        escalation_ids = {each.escalation for each in self._claims}
        briefs = escalations.briefs(self._tx, escalation_ids)
        for escalation_id, brief in briefs.items():
            self._kept["escalation", escalation_id] = brief
        stations = {each.station for each in briefs.values() if each.station is not None}
        for station_id, station in people.several_stations(self._tx, stations).items():
            self._kept["station", station_id] = station
        for (escalation_id, officer_id), link in escalations.links(self._tx, escalation_ids).items():
            self._kept["link", escalation_id, officer_id] = link

    def order(self, order_id: int) -> Order:
        return self._once(("order", order_id), lambda: orders.get(self._tx, order_id))

    def stream(self, order_id: int) -> Stream:
        """The log of an order, to write to."""
        return self._once(("stream", order_id), lambda: stream_of(self._tx, self.order(order_id)))

    def escalation(self, escalation_id: int) -> Brief:
        key = ("escalation", escalation_id)
        return self._once(key, lambda: escalations.briefs(self._tx, [escalation_id])[escalation_id])

    def officer(self, officer_id: int) -> Row[tuple[object, ...]]:
        found = self._once(("officer", officer_id), lambda: people.find_officer(self._tx, id=officer_id))
        assert found is not None
        return found

    def recipient(self, claimed: Claimed) -> str:
        """Who a notice is for, as a record names them."""
        return self._once(("recipient", claimed.id), lambda: self._named(claimed))

    def about(self, claimed: Claimed) -> dict[str, object]:
        """What every record of a notice says of it."""
        return {
            "notice": claimed.id,
            "escalation": claimed.escalation,
            "medium": str(claimed.medium),
            "cause": str(claimed.cause),
            "purpose": str(claimed.purpose),
            "due_at": instant(claimed.due_at),
            "to": self.recipient(claimed),
        }

    def _named(self, claimed: Claimed) -> str:
        if claimed.lawyer is not None:
            return f"lawyer:{outbox.lawyer_order(self._tx, claimed.lawyer)[1]}"
        assert claimed.officer is not None
        return f"officer:{self.officer(claimed.officer).badge}"

    def message(self, claimed: Claimed, reference: str, now: datetime) -> Message | None:
        """Render a claimed notice; None where its recipient has no such address any more."""
        to = self._address(claimed)
        if to is None:
            return None
        valid_for = _valid_for(claimed, self.escalation(claimed.escalation), now)
        return render(claimed.cause, claimed.medium, self.facts(claimed, reference), to, reference, valid_for)

    def facts(self, claimed: Claimed, reference: str) -> Facts:
        """What a message may say: nothing of the person."""
        order, escalation = self.order(claimed.order), self.escalation(claimed.escalation)
        zone, where = self._place(order, escalation)
        waiting, waiting_in_all = self._waiting(claimed)
        code, link = self._way_in(order, claimed)
        gather_url = f"/callbacks/twilio/voice?ref={reference}"
        return Facts(
            expediente=order.expediente,
            court=order.court_name,
            court_phone=order.court_phone,
            station=where,
            reply_code=code,
            deadline=local_deadline(escalation.departs_at, zone),
            link=link,
            post=self._post(claimed),
            detail=claimed.detail,
            drill=order.drill,
            marked=order.marked,
            gather_url=self._services.url(gather_url) if code and _asks_keys(claimed) else "",
            waiting=waiting,
            waiting_in_all=waiting_in_all,
        )

    def _address(self, claimed: Claimed) -> str | None:
        vault = self._services.vault
        if claimed.lawyer is not None:
            safe = orders.safe_of(self._tx, vault, claimed.order)
            return dict(orders.lawyers(self._tx, safe, claimed.order)).get(claimed.lawyer)
        assert claimed.officer is not None
        where = (claimed.officer, claimed.medium, claimed.contact)
        found = self._contacts().get(where)
        return found.open(vault) if found else None

    def _contacts(self) -> dict[tuple[int, Medium, int], SealedAddress]:
        return self._once(("contacts",), lambda: people.sealed_addresses(self._tx, self._officers))

    def _place(self, order: Order, escalation: Brief) -> tuple[str, str]:
        station = self._kept.get(("station", escalation.station))
        return (station.time_zone, station.name) if station else place(self._tx, order, escalation)

    def _way_in(self, order: Order, claimed: Claimed) -> tuple[str, str]:
        """(reply code, address of the page) for this recipient."""
        services = self._services
        if claimed.lawyer is not None:
            code = tracking_code(services, order.id)
            return code, services.url(f"/s/{code}")
        assert claimed.officer is not None
        if self.officer(claimed.officer).court is not None:
            return "", services.url(f"/juzgado/ordenes/{order.folio}")
        link = self._link(claimed.escalation, claimed.officer)
        if link is None:
            return "", ""
        return link.reply_code, services.url(f"/n/{services.tokens.token('notice', link.id)}")

    def _link(self, escalation_id: int, officer_id: int) -> Link | None:
        key = ("link", escalation_id, officer_id)
        return self._once(key, lambda: escalations.link_of(self._tx, escalation_id, officer_id))

    def _waiting(self, claimed: Claimed) -> tuple[tuple[str, ...], int]:
        """Other expedientes that this officer has not answered, and how many; an SMS has no room for them."""
        officer = claimed.officer
        if officer is None or claimed.purpose is Purpose.INFORM or claimed.medium is Medium.SMS:
            return (), 0
        waiting = self._once(("unanswered",), self._unanswered).get(officer)
        return waiting.besides(claimed.order, NAMED) if waiting else ((), 0)

    def _unanswered(self) -> dict[int, Unanswered]:
        return unanswered(self._tx, self._officers, {each.order for each in self._claims}, NAMED)

    def _post(self, claimed: Claimed) -> str:
        """The post of whoever acknowledged last; never a name."""
        if claimed.cause not in _TELL_WHO:
            return ""
        acknowledged = escalations.acknowledgements(self._tx, claimed.escalation)
        return str(acknowledged[-1].post) if acknowledged else ""


def facts_for(
    services: Services, tx: Connection, order: Order, escalation: Escalation, claimed: Claimed, reference: str
) -> Facts:
    """What a message about one notice may say."""
    return Desk(services, tx, [claimed]).facts(claimed, reference)


def place(tx: Connection, order: Order, escalation: Escalation | Brief) -> tuple[str, str]:
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


def _asks_keys(claimed: Claimed) -> bool:
    return (
        claimed.medium is Medium.VOICE
        and claimed.purpose is Purpose.CHASE
        and claimed.cause is not Cause.HOLD
    )


def _valid_for(claimed: Claimed, escalation: Brief, now: datetime) -> int:
    """Seconds until the next step makes a chase stale; what informs is good for hours."""
    if claimed.purpose is Purpose.INFORM or escalation.next_at is None:
        return LONGEST_VALIDITY
    left = escalation.next_at - now
    return int(min(max(left, timedelta(seconds=SHORTEST_VALIDITY)).total_seconds(), LONGEST_VALIDITY))
