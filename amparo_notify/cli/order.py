"""`amparo-notify order`: the orders under way, and one of them with its timeline."""

import argparse
from dataclasses import asdict

from amparo_notify.cases import track
from amparo_notify.cases.services import OPERATOR
from amparo_notify.cases.track import Entry, OrderLine, OrderView, StationView
from amparo_notify.cli import replay
from amparo_notify.cli.common import (
    GOOD,
    Commands,
    add_json,
    command,
    family,
    local,
    show_json,
    show_table,
    subcommands,
)
from amparo_notify.cli.desk import services
from amparo_notify.web.order_json import event_json, order_json

_ZONE = "America/Mexico_City"
"""Where an order is of several stations; within a station its own clock is shown."""


def add_parsers(commands: Commands) -> None:
    """Register `order`."""
    parser = family(commands, "order")
    place = subcommands(parser)
    listing = command(
        place, "list", "list orders, the most pressing first", "amparo-notify order list --open"
    )
    listing.add_argument(
        "words", metavar="WORDS", nargs="?", default="", help="in the expediente or the station"
    )
    listing.add_argument("--drills", action="store_true", help="drills, which are never among the others")
    listing.add_argument("--open", action="store_true", help="leave out those withdrawn and closed")
    add_json(listing)
    listing.set_defaults(run=show_list)
    showing = command(
        place,
        "show",
        "show an order: verdict, stations, whom it reached, timeline",
        "amparo-notify order show J5DAMX-000001",
    )
    showing.add_argument("folio", metavar="FOLIO")
    add_json(showing)
    showing.set_defaults(run=show)
    replay.add_parser(place)


def show_list(options: argparse.Namespace) -> int:
    """List orders. The deadline is 45 minutes before the earliest departure."""
    with services() as own:
        found = track.order_list(own, OPERATOR, options.words, options.open, options.drills)
    if options.json:
        show_json([_line_json(line) for line in found])
        return GOOD
    rows = [
        (
            line.order.folio,
            line.order.expediente,
            line.order.state,
            local(line.deadline, _ZONE),
            ", ".join(f"{station} {phase}" for station, phase in line.phases),
        )
        for line in found
    ]
    show_table(("folio", "expediente", "state", "deadline", "stations"), rows)
    return GOOD


def _line_json(line: OrderLine) -> dict[str, object]:
    return {
        "folio": line.order.folio,
        "court": line.order.court_code,
        "expediente": line.order.expediente,
        "state": line.order.state,
        "drill": line.order.drill,
        "submitted_at": line.order.submitted_at,
        "deadline": line.deadline,
        "acknowledged": line.acknowledged,
        "stations": [{"station": station, "phase": phase} for station, phase in line.phases],
    }


def show(options: argparse.Namespace) -> int:
    """Show one order."""
    with services() as own:
        view = track.order_view(own, OPERATOR, options.folio, own.clock())
    if options.json:
        show_json(_as_json(view))
    else:
        _print(view)
    return GOOD


def _as_json(view: OrderView) -> dict[str, object]:
    """What the API answers, and what only those who run the service may read: the persons, whole."""
    return {
        **order_json(view),
        "instruction": view.instruction,
        "persons": [{"position": kept.position, **asdict(kept.person)} for kept in view.persons],
        "timeline": [event_json(entry) for entry in view.timeline],
    }


def _print(view: OrderView) -> None:
    order, verdict = view.order, view.verdict
    print(f"{order.folio}  expediente {order.expediente}  {order.state}{'  DRILL' if order.drill else ''}")
    print(f"{order.court_name}, received {local(order.submitted_at, _ZONE)}")
    print(f"Verdict: {verdict.conclusion}. {verdict.explanation}")
    print(f"Follow it: {view.tracking_url}")
    for station in view.stations:
        _print_station(station)
    print("\nTimeline")
    zones = {station.code: station.time_zone for station in view.stations}
    for entry in view.timeline:
        print(
            f"  {local(entry.at, zones.get(entry.station, _ZONE))}  {entry.event}  {_brief(entry)}".rstrip()
        )


def _print_station(station: StationView) -> None:
    where = f"level {station.level} of {station.levels}, round {station.round}"
    print(f"\n{station.code}  {station.name}: {station.phase}, {where}")
    if station.next_at:
        print(f"  next step {local(station.next_at, station.time_zone)}")
    if heard := station.acknowledgement:
        print(f"  acknowledged by {heard.post}, {local(heard.at, station.time_zone)}, grade {heard.grade}")
    for outcome in station.outcomes:
        print(
            f"  person {outcome.position}: {outcome.code}, {outcome.post}, {local(outcome.at, station.time_zone)}"
        )
    if station.notices:
        rows = [
            (
                n.post or "lawyer",
                n.medium,
                n.cause,
                n.status or n.state,
                n.attempts,
                local(n.at or n.due_at, station.time_zone),
            )
            for n in station.notices
        ]
        show_table(
            ("  post", "channel", "why", "status", "attempts", "at"),
            [(f"  {row[0]}", *row[1:]) for row in rows],
        )


_TOLD = ("medium", "post", "level", "round", "reason", "status", "grade", "verdict", "provider")


def _brief(entry: Entry) -> str:
    told = [f"{name} {entry.details[name]}" for name in _TOLD if entry.details.get(name) not in (None, "")]
    return ", ".join([entry.station, *told] if entry.station else told)
