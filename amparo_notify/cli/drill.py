"""`amparo-notify drill`: an invented order that goes the whole way, marked everywhere, and what it showed."""

import argparse
from datetime import timedelta

from amparo_notify.cases import drill, drill_start
from amparo_notify.cases.drill import DrillResult
from amparo_notify.cases.services import OPERATOR
from amparo_notify.cli.common import GOOD, Commands, add_json, family, local, show_json, show_table
from amparo_notify.cli.desk import services

_EPILOG = """Everybody on duty gets texts, calls and mails that say SIMULACRO, and is asked to acknowledge and report as
for a real order. It ends by itself, and at once when a real order comes.

examples:
  amparo-notify drill MEX-T1
  amparo-notify drill --show SIMULACRO-000001
  amparo-notify drill --end SIMULACRO-000001"""


def add_parsers(commands: Commands) -> None:
    """Register `drill`."""
    parser = family(commands, "drill")
    parser.epilog = _EPILOG
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("station", metavar="STATION", nargs="?", help="start a drill there")
    which.add_argument("--show", metavar="FOLIO", help="what a drill has shown so far")
    which.add_argument("--end", metavar="FOLIO", help="end it before its time")
    which.add_argument("--list", action="store_true", help="the latest drills")
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Start, show, end or list drills."""
    with services() as own:
        now = own.clock()
        if options.station:
            accepted = drill_start.start(own, OPERATOR, options.station, now)
            found = drill.results(own, accepted.folio)
        elif options.end:
            drill.end(own, OPERATOR, options.end, now)
            found = drill.results(own, options.end)
        else:
            found = drill.results(own, options.show) if options.show else tuple(drill.listing(own))
    if options.json:
        show_json([_as_json(each) for each in found])
    elif options.list:
        _print_list(found)
    else:
        for each in found:
            _print(each)
    return GOOD


def _as_json(result: DrillResult) -> dict[str, object]:
    return {
        "folio": result.order.folio,
        "station": result.station.code,
        "started_at": result.order.submitted_at,
        "ends_at": result.ends_at,
        "over": result.over,
        "phase": result.phase,
        "first_answer_s": _seconds(result.first_answer),
        "reported_s": _seconds(result.reported),
        "people": [
            {
                "officer": each.badge,
                "post": each.post,
                "level": each.level,
                "told_at": each.told_at,
                "channels": dict(each.media),
                "reached": each.reached,
                "acknowledged_at": each.acknowledged_at,
                "result": each.word,
            }
            for each in result.people
        ],
        "levels": [
            {"level": e.level, "told": e.told, "answered": e.answered, "fastest_s": _seconds(e.fastest)}
            for e in result.levels
        ],
    }


def _seconds(span: timedelta | None) -> float | None:
    return span.total_seconds() if span is not None else None


def _took(span: timedelta | None) -> str:
    return f"{span.total_seconds():.0f} s" if span is not None else "—"


def _print_list(found: tuple[DrillResult, ...]) -> None:
    rows = [
        (
            each.order.folio,
            each.station.code,
            local(each.order.submitted_at, each.station.time_zone),
            "over" if each.over else "under way",
            _took(each.first_answer),
            len(each.silent),
        )
        for each in found
    ]
    show_table(("folio", "station", "started", "state", "first answer", "silent"), rows)


def _print(result: DrillResult) -> None:
    zone = result.station.time_zone
    ends = "over" if result.over else f"under way, ends {local(result.ends_at, zone)}"
    print(
        f"{result.order.folio} at {result.station.code}, started {local(result.order.submitted_at, zone)}, {ends}"
    )
    print(f"first answer {_took(result.first_answer)}, outcome reported {_took(result.reported)}")
    rows = [
        (
            each.level,
            each.post,
            ", ".join(f"{medium} {status or 'written'}" for medium, status in each.media),
            each.word,
            _took(each.took),
        )
        for each in result.people
    ]
    show_table(("level", "post", "channels", "result", "took"), rows)
