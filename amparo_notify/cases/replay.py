"""A past order replayed from its log: what its policy and roster would have done, beside what was done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from amparo_notify.cases.docket import find
from amparo_notify.cases.services import Caller, Services
from amparo_notify.cases.witness import timeline
from amparo_notify.core.events import Event
from amparo_notify.core.order import DocumentKind, OutcomeCode
from amparo_notify.core.replay import Change, Line, compare, replay
from amparo_notify.core.roster import Roster
from amparo_notify.core.state import Step
from amparo_notify.store import escalations, log, orders, people, rosters
from amparo_notify.store.escalations import Escalation
from amparo_notify.store.orders import Order
from amparo_notify.store.people import Station

_STEPS = {
    Event.ESCALATED,
    Event.SKIPPED,
    Event.COPIED,
    Event.EXHAUSTED,
    Event.ALARMED,
    Event.DISPLAY_OVERDUE,
    Event.OUTCOME_OVERDUE,
    Event.SHIFT_CHANGED,
    Event.REMINDED,
}
_OPENINGS = (Event.CONFIRMED, Event.RELEASED)


@dataclass(frozen=True)
class Replayed:
    """One station of an order: steps as planned and as recorded, side by side."""

    code: str
    name: str
    time_zone: str
    policy_version: int
    roster_version: int
    opened_at: datetime | None  # None: the order was held and never went out
    lines: tuple[Line, ...]

    @property
    def differences(self) -> int:
        return sum(bool(line.difference) for line in self.lines)


def replayed(services: Services, caller: Caller, folio: str, now: datetime) -> tuple[Replayed, ...]:
    """Replay an order up to `now`, station by station.

    With the roster's version of its first step and the people as they are now: a roster that changed meanwhile, and
    a contact that failed, show as differences. Raises Missing for another court's order as for none.
    """
    order = find(services, caller, folio)
    with services.database.read() as tx:
        payloads = timeline(services, tx, order.id)
        first = _departures(services, tx, order)
        every = escalations.of_order(tx, order.id)
        return tuple(_station(tx, order, each, payloads, first, now) for each in every if not each.is_hold)


def _departures(services: Services, tx: Connection, order: Order) -> dict[int, datetime | None]:
    """Person's position to departure, as submitted; as they are now where the annex has been erased."""
    kept = orders.persons(tx, orders.safe_of(tx, services.vault, order.id), order.id)
    record = next(log.records(tx, order.id, limit=1))[0]
    annex = log.annex(tx, record, orders.safe_of(tx, services.vault, order.id))
    if annex is None:
        return {each.position: each.person.departs_at for each in kept}
    body: Any = annex["personal"]
    departs = [each["departs_at"] for each in body["persons"]]
    return {n: datetime.fromisoformat(each) if each else None for n, each in enumerate(departs, 1)}


def _station(
    tx: Connection,
    order: Order,
    escalation: Escalation,
    payloads: list[dict[str, object]],
    departures: Mapping[int, datetime | None],
    now: datetime,
) -> Replayed:
    assert escalation.station is not None
    assert escalation.policy is not None
    station = people.find_station(tx, id=escalation.station)
    assert station is not None
    kept = rosters.kept_policy(tx, escalation.policy)
    policy = kept if order.copy_comar else kept.uncopied()
    reader = _Reader(station, escalation.id, _positions(tx, order.id), dict(departures))
    for payload in payloads:
        reader.read(payload)
    roster = _roster(tx, station, reader, order.court)
    lines: tuple[Line, ...] = ()
    if reader.opened_at is not None:
        planned = replay(policy, roster, reader.opened_at, reader.departs_at, reader.changes, now)
        lines = compare(planned, reader.steps)
    return Replayed(
        station.code, station.name, station.time_zone, policy.version, roster.version, reader.opened_at, lines
    )


def _positions(tx: Connection, order_id: int) -> dict[int, int]:
    """Person's id to position: positions were given in the order of the ids."""
    return {person: n for n, person in enumerate(sorted(orders.person_ids(tx, order_id)), 1)}


def _roster(tx: Connection, station: Station, reader: "_Reader", court_id: int) -> Roster:
    return rosters.current_roster(tx, station, court_id, version=reader.roster_version)


@dataclass
class _Reader:
    """Reads a log record by record, and gathers what one station's replay needs."""

    station: Station
    escalation: int
    positions: Mapping[int, int]
    departures: dict[int, datetime | None]
    opened_at: datetime | None = None
    departs_at: datetime | None = None  # when it opened
    roster_version: int | None = None
    changes: list[Change] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    _shown: bool = False
    _held: bool = False
    _codes: dict[tuple[int, int], OutcomeCode] = field(
        default_factory=dict
    )  # newest, by escalation and person

    def read(self, payload: Mapping[str, object]) -> None:
        event, at = Event(str(payload["event"])), datetime.fromisoformat(str(payload["at"]))
        details: Any = payload["details"]
        mine = details.get("escalation") == self.escalation
        if event in _STEPS and mine and "round" in details and details["reason"] != "adrift":
            self._step(event, at, details)
        elif self._begins(event, details):
            self._open(at)
        elif event is Event.HELD:
            self._held, self.opened_at = True, None
        elif event in _OPENINGS:
            self._held = False
            self._open(at)
        elif event is Event.ACKNOWLEDGED and mine:
            shown = self._shown or payload.get("authenticated_by") in ("pin", "passkey")
            self._change("acknowledged", at, grade=str(payload.get("grade", "")), displayed=shown)
        elif event is Event.DISPLAYED and mine:
            self._shown = True
            self._change("displayed", at)
        else:
            self._of_the_order(event, at, details)

    def _of_the_order(self, event: Event, at: datetime, details: Any) -> None:
        """What concerns every station of the order."""
        if event is Event.REPORTED:
            for each in details["outcomes"]:
                self._codes[details["escalation"], each["person"]] = OutcomeCode(each["code"])
            self._change(
                "reported", at, settled=self.departures.keys() <= self._settled() | self._over_here()
            )
            self._change("replanned", at, departs_at=self._earliest())
        elif event is Event.FLIGHT_CHANGED:
            known = details["departs_at"]
            position = self.positions.get(details["person"], 0)
            self.departures[position] = datetime.fromisoformat(known) if known else None
            self._change("replanned", at, departs_at=self._earliest())
        elif event is Event.EXTENDED and details["kind"] != DocumentKind.REVOCATION:
            self._change("extended", at)
        elif event is Event.WITHDRAWN:
            self._change("withdrawn", at)
        elif event is Event.CLOSED:
            self._change("closed", at)

    def _begins(self, event: Event, details: Any) -> bool:
        """Whether this record brings the order to this station."""
        if event is Event.SUBMITTED:
            return self.station.code in details["stations"]
        return event is Event.STATION_ADDED and details["station"] == self.station.code and not self._held

    def _open(self, at: datetime) -> None:
        if self.opened_at is None:
            self.opened_at, self.departs_at = at, self._earliest()

    def _step(self, event: Event, at: datetime, details: Any) -> None:
        if self.roster_version is None:
            self.roster_version = details["roster_version"]
        self.steps.append(
            Step(
                str(event),
                details["reason"],
                details["round"],
                details["level"],
                at,
                tuple((each["officer"], each["by"]) for each in details["recipients"]),
                tuple((each["officer"], each["why"]) for each in details["left_out"]),
            )
        )

    def _settled(self) -> set[int]:
        return {position for (_, position), code in self._codes.items() if code.settles}

    def _over_here(self) -> set[int]:
        """Of whom nothing more is asked of this station."""
        return {
            position
            for (at, position), code in self._codes.items()
            if at == self.escalation and code.ends_here
        }

    def _earliest(self) -> datetime | None:
        left = (at for position, at in self.departures.items() if at and position not in self._settled())
        return min(left, default=None)

    def _change(self, kind: str, at: datetime, **more: Any) -> None:
        if self.opened_at is None:
            return
        if self.steps:  # a change that the log has after a step came after it, in the same instant too
            at = max(at, self.steps[-1].due_at + timedelta(microseconds=1))
        self.changes.append(Change(at, kind, **more))
