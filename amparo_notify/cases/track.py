"""Reading: what the court's page, the lawyer's page and a stranger with a receipt are shown."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from amparo_notify.cases.docket import find
from amparo_notify.cases.inform import tracking_code
from amparo_notify.cases.officer import Acknowledged, first_acknowledgement
from amparo_notify.cases.services import Caller, Services
from amparo_notify.cases.witness import Receipt, newest_receipt, signed_bytes, timeline
from amparo_notify.core.errors import Fault, Missing
from amparo_notify.core.escalation import Phase
from amparo_notify.core.events import Event
from amparo_notify.core.order import Ending, OrderState, OutcomeCode, Person, deadline
from amparo_notify.core.policy import Policy
from amparo_notify.core.verdict import Verdict
from amparo_notify.seal.envelope import hash_token
from amparo_notify.store import blobs, escalations, orders, outbox, people, rosters
from amparo_notify.store.escalations import Escalation
from amparo_notify.store.orders import Document, KeptPerson, Order
from amparo_notify.store.outbox import NoticeLine


@dataclass(frozen=True)
class Reported:
    """One report about one person."""

    position: int
    code: OutcomeCode
    at: datetime
    post: str
    details: Mapping[str, str]


@dataclass(frozen=True)
class StationView:
    escalation_id: int
    code: str
    name: str
    time_zone: str
    opened_at: datetime
    phase: Phase
    level: int
    levels: int
    round: int
    next_at: datetime | None
    display_due: datetime | None
    outcome_due: datetime | None
    departs_at: datetime | None
    notices: tuple[NoticeLine, ...]
    acknowledgement: Acknowledged | None
    outcomes: tuple[Reported, ...]


@dataclass(frozen=True)
class Entry:
    """One line of the timeline, from one record of the log. Never personal."""

    seq: int
    at: datetime
    event: Event
    station: str
    actor: str
    details: Mapping[str, Any]


@dataclass(frozen=True)
class OrderView:
    order: Order
    verdict: Verdict
    instruction: str
    persons: tuple[KeptPerson, ...]
    documents: tuple[Document, ...]
    stations: tuple[StationView, ...]
    timeline: tuple[Entry, ...]
    hold_notices: tuple[NoticeLine, ...]
    lawyers: int
    tracking_url: str
    receipt: Receipt | None
    ending: Ending | None  # asked for, and waiting for a second person
    ending_reason: str
    may_confirm: bool  # a hold, or an ending that somebody else asked for


@dataclass(frozen=True)
class OrderLine:
    order: Order
    deadline: datetime | None
    phases: tuple[tuple[str, Phase], ...]
    acknowledged: bool


@dataclass(frozen=True)
class ReceiptView:
    kind: str
    content: Mapping[str, Any]
    jws: str
    folio: str
    genuine: bool


def order_list(
    services: Services, caller: Caller, words: str = "", open_only: bool = False, drills: bool = False
) -> list[OrderLine]:
    """The orders that `caller` may see: the most pressing first, then those over, newest first.

    Real ones, or (`drills`) drills alone: never both in one list.
    """
    with services.database.read() as tx:
        found = (
            orders.search(tx, caller.court, words.strip(), drills=drills)
            if words.strip()
            else orders.newest(tx, caller.court, open_only=open_only, drills=drills)
        )
        return sorted(_lines(tx, found), key=_urgency)


def _lines(tx: Connection, found: list[Order]) -> list[OrderLine]:
    states = escalations.summary(tx, [each.id for each in found])
    departures = orders.departures(tx, [each.id for each in found])
    lines = []
    for order in found:
        phases = tuple(states.get(order.id, ()))
        done = bool(phases) and all(phase in (Phase.ACKNOWLEDGED, Phase.REPORTED) for _, phase in phases)
        lines.append(OrderLine(order, deadline(departures.get(order.id)), phases, done))
    return lines


def _urgency(line: OrderLine) -> tuple[bool, float, int]:
    over = line.order.state.ended
    pressing = line.deadline.timestamp() if line.deadline and not over else float("inf")
    return over, pressing, -line.order.id


def order_view(services: Services, caller: Caller, folio: str, now: datetime) -> OrderView:
    """One order as its court sees it. Raises Missing for another court's as for one that is not there."""
    order = find(services, caller, folio)
    with services.database.read() as tx:
        view = _view(services, tx, order)
    mine = caller.staff is not None and caller.staff in (
        order.ending_by if view.ending else order.submitted_by,
    )
    waits = view.ending is not None or order.state is OrderState.HELD
    return replace(view, may_confirm=waits and caller.staff is not None and not mine)


def lawyer_view(services: Services, code: str, now: datetime) -> OrderView:
    """One order as its lawyers see it: posts and no phones, and nothing that identifies a person.

    The code alone opens the page, so whoever finds it must learn nothing of the person. Raises Missing.
    """
    with services.database.read() as tx:
        order_id = orders.tracked(tx, hash_token(code))
        if order_id is None:
            raise Missing(Fault("code", "Ese código no existe.", "Cópielo completo del correo que recibió."))
        view = _view(services, tx, orders.get(tx, order_id))
    hidden = tuple(replace(each, person=_flight_only(each.person)) for each in view.persons)
    stations = tuple(
        replace(each, outcomes=tuple(replace(one, details={}) for one in each.outcomes))
        for each in view.stations
    )
    return replace(view, persons=hidden, stations=stations, ending_reason="")


def _flight_only(person: Person) -> Person:
    return Person(
        airline=person.airline,
        flight=person.flight,
        destination=person.destination,
        departs_at=person.departs_at,
    )


def _view(services: Services, tx: Connection, order: Order) -> OrderView:
    safe = orders.safe_of(tx, services.vault, order.id)
    documents = orders.documents(tx, safe, order.id)
    every = escalations.of_order(tx, order.id)
    lines = outbox.lines(tx, order.id)
    code = tracking_code(services, order.id)
    return OrderView(
        order=order,
        verdict=documents[0].verdict,
        instruction=orders.instruction(tx, safe, order.id),
        persons=tuple(orders.persons(tx, safe, order.id)),
        documents=tuple(documents),
        stations=tuple(_station(services, tx, order, each, lines) for each in every if not each.is_hold),
        timeline=tuple(_entries(timeline(services, tx, order.id), _codes(tx, every))),
        hold_notices=tuple(
            line for line in lines if line.escalation in {each.id for each in every if each.is_hold}
        ),
        lawyers=len(orders.lawyer_ids(tx, order.id)),
        tracking_url=services.url(f"/s/{code}"),
        receipt=newest_receipt(tx, order.id, "submission"),
        ending=None if order.state.ended else order.ending,
        ending_reason=orders.ending_reason(tx, safe, order.id),
        may_confirm=False,
    )


def _station(
    services: Services, tx: Connection, order: Order, escalation: Escalation, lines: list[NoticeLine]
) -> StationView:
    assert escalation.station is not None
    assert escalation.policy is not None
    station = people.find_station(tx, id=escalation.station)
    assert station is not None
    policy: Policy = rosters.kept_policy(tx, escalation.policy)
    safe = orders.safe_of(tx, services.vault, order.id)
    outcomes = [each for each in escalations.outcomes(tx, order.id) if each.escalation == escalation.id]
    return StationView(
        escalation_id=escalation.id,
        code=station.code,
        name=station.name,
        time_zone=station.time_zone,
        opened_at=escalation.state.opened_at,
        phase=escalation.state.phase,
        level=escalation.state.level,
        levels=len(policy.levels),
        round=escalation.state.round,
        next_at=escalation.next_at,
        display_due=escalation.state.display_due,
        outcome_due=escalation.state.outcome_due,
        departs_at=escalation.state.departs_at,
        notices=tuple(line for line in lines if line.escalation == escalation.id),
        acknowledgement=first_acknowledgement(tx, escalation),
        outcomes=tuple(
            Reported(
                each.position,
                each.code,
                each.at,
                each.post,
                safe.open_json(each.details_sealed, f"outcome:{each.nonce}:{each.person}"),
            )
            for each in outcomes
        ),
    )


def _codes(tx: Connection, every: Iterable[Escalation]) -> dict[int, str]:
    codes = {}
    for each in every:
        station = people.find_station(tx, id=each.station) if each.station is not None else None
        codes[each.id] = station.code if station else ""
    return codes


def _entries(payloads: list[dict[str, object]], codes: dict[int, str]) -> Iterable[Entry]:
    for payload in payloads:
        details: Any = payload["details"]
        if payload["event"] == Event.ACKNOWLEDGED:
            details = {**details, "grade": payload["grade"]}  # the court must see which of them is enough
        yield Entry(
            seq=int(str(payload["seq"])),
            at=datetime.fromisoformat(str(payload["at"])),
            event=Event(str(payload["event"])),
            station=codes.get(details.get("escalation"), ""),
            actor=str(payload["actor"]),
            details=details,
        )


def document(services: Services, caller: Caller, folio: str, document_id: int, now: datetime) -> bytes:
    """The PDF of one of an order's documents. Raises Missing."""
    order = find(services, caller, folio)
    with services.database.read() as tx:
        safe = orders.safe_of(tx, services.vault, order.id)
        found = next((each for each in orders.documents(tx, safe, order.id) if each.id == document_id), None)
        if found is None:
            raise Missing(Fault("document", "No existe ese documento.", "Vuelva a la orden."))
        return blobs.read(tx, services.vault, found.blob)


def receipt_view(services: Services, code: str) -> ReceiptView:
    """What a receipt says, and whether one of our keys signed it. Raises Missing for an unknown code."""
    with services.database.read() as tx:
        found = escalations.find_receipt(tx, hash_token(code))
        if found is None:
            raise Missing(Fault("code", "Ese código no existe.", "Cópielo completo del acuse."))
        kind, jws, order_id = found
        folio = orders.get(tx, order_id).folio
    try:
        content, genuine = services.sealer.open(jws), True
    except ValueError:
        content, genuine = json.loads(signed_bytes(jws)), False
    return ReceiptView(kind, content, jws, folio, genuine)
