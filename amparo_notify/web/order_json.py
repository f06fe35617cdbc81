"""An order as JSON, the same at every door: the API's answers and `amparo-notify order show --json`."""

from collections.abc import Mapping
from datetime import UTC, datetime

from amparo_notify.cases.track import Entry, OrderView, StationView
from amparo_notify.core.order import deadline
from amparo_notify.core.verdict import summary
from amparo_notify.store.outbox import NoticeLine


def _at(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat() if instant else None


def order_json(view: OrderView) -> dict[str, object]:
    """How an order goes. Persons by number and flight only: whoever submitted them knows their names."""
    order = view.order
    departures = [kept.person.departs_at for kept in view.persons if kept.person.departs_at]
    return {
        "folio": order.folio,
        "court": order.court_code,
        "expediente": order.expediente,
        "suspension": order.suspension,
        "state": order.state,
        "drill": order.drill,
        "copy_comar": order.copy_comar,
        "submitted_at": _at(order.submitted_at),
        "hold_reason": order.hold_reason,
        "revocation_not_consulted": order.marked,
        "deadline": _at(deadline(min(departures, default=None))),
        "verdict": summary(view.verdict),
        "persons": [
            {
                "position": kept.position,
                "airline": kept.person.airline,
                "flight": kept.person.flight,
                "destination": kept.person.destination,
                "departs_at": _at(kept.person.departs_at),
            }
            for kept in view.persons
        ],
        "documents": [
            {"kind": each.kind, "sha256": each.sha256, "submitted_at": _at(each.submitted_at)}
            for each in view.documents
        ],
        "stations": [_station(station) for station in view.stations],
        "hold_notices": [_notice(line) for line in view.hold_notices],
        "ending_asked": view.ending,
        "tracking_url": view.tracking_url,
        "receipt": view.receipt.jws if view.receipt else None,
        "events": view.timeline[-1].seq if view.timeline else 0,
    }


def _station(station: StationView) -> dict[str, object]:
    heard = station.acknowledgement
    return {
        "station": station.code,
        "name": station.name,
        "time_zone": station.time_zone,
        "phase": station.phase,
        "level": station.level,
        "levels": station.levels,
        "round": station.round,
        "next_at": _at(station.next_at),
        "display_due": _at(station.display_due),
        "outcome_due": _at(station.outcome_due),
        "acknowledgement": {
            "post": heard.post,
            "officer": heard.badge,
            "at": _at(heard.at),
            "grade": heard.grade,
        }
        if heard
        else None,
        "outcomes": [
            {
                "person": each.position,
                "code": each.code,
                "at": _at(each.at),
                "post": each.post,
                "details": dict(each.details),
            }
            for each in station.outcomes
        ],
        "notices": [_notice(line) for line in station.notices],
    }


def _notice(line: NoticeLine) -> dict[str, object]:
    return {
        "level": line.level,
        "round": line.round,
        "officer": line.badge or None,
        "post": line.post,
        "channel": line.medium,
        "purpose": line.purpose,
        "cause": line.cause,
        "due_at": _at(line.due_at),
        "state": line.state,
        "status": line.status,
        "attempts": line.attempts,
        "provider": line.provider or None,
        "at": _at(line.at),
    }


def event_json(entry: Entry) -> Mapping[str, object]:
    """One record of an order's log. Never personal."""
    return {
        "seq": entry.seq,
        "at": _at(entry.at),
        "event": entry.event,
        "etsi": entry.event.etsi or None,
        "station": entry.station or None,
        "actor": entry.actor,
        "details": dict(entry.details),
    }
