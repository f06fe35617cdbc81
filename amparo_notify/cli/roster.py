"""`amparo-notify roster`: who is on duty at a station, and rosters from and to spreadsheets."""

import argparse
import json
import sys
from datetime import datetime, timedelta

from amparo_notify.cases import coverage, manage
from amparo_notify.cases.services import OPERATOR
from amparo_notify.cli import gaps, roster_csv, roster_ics
from amparo_notify.cli.common import (
    GOOD,
    Commands,
    add_json,
    command,
    content,
    family,
    instant,
    local,
    show_json,
    show_table,
    subcommands,
)
from amparo_notify.cli.desk import services
from amparo_notify.cli.roster_rows import Row, located
from amparo_notify.core import agenda
from amparo_notify.core.errors import Fault, Invalid
from amparo_notify.core.roster import Roster, roster_from_json, roster_to_json

AHEAD = timedelta(days=7)
"""How far ahead gaps are looked for."""


def add_parsers(commands: Commands) -> None:
    """Register `roster`."""
    parser = family(commands, "roster")
    place = subcommands(parser)
    showing = command(
        place,
        "show",
        "show who is on duty, until when, and the gaps of the next seven days",
        "amparo-notify roster show MEX-T1 --at 2026-11-22T03:15-06:00",
    )
    showing.add_argument("station", metavar="STATION")
    showing.add_argument("--at", type=instant, metavar="INSTANT", help="default: now")
    add_json(showing)
    showing.set_defaults(run=show)
    importing = command(place, "import", "give a station a roster, from CSV, a calendar (iCalendar) or JSON")
    importing.epilog = roster_csv.HELP + "\n\nexample:\n  amparo-notify roster import MEX-T1 roster.csv"
    importing.add_argument("station", metavar="STATION")
    importing.add_argument("file", metavar="FILE", type=content)
    importing.set_defaults(run=take)
    exporting = command(
        place, "export", "print a station's roster", "amparo-notify roster export MEX-T1 > roster.csv"
    )
    exporting.add_argument("station", metavar="STATION")
    exporting.add_argument(
        "--format", choices=("csv", "json", "ics"), default="csv", help="default: %(default)s"
    )
    exporting.set_defaults(run=give)


def show(options: argparse.Namespace) -> int:
    """Show who is on duty at an instant."""
    with services() as own:
        at = options.at or own.clock()
        roster = manage.roster_of(own, options.station)
    if options.json:
        show_json(_as_json(roster, at))
    else:
        _print(roster, at)
    return GOOD


def _as_json(roster: Roster, at: datetime) -> dict[str, object]:
    return {
        "station": roster.station,
        "time_zone": roster.time_zone,
        "version": roster.version,
        "at": at,
        "on_duty": [
            {
                "rotation": duty.rotation,
                "officer": duty.badge,
                "post": roster.officers[duty.badge].post if duty.badge in roster.officers else None,
                "source": duty.source,
                "until": duty.until,
            }
            for rotation in roster.rotations
            for duty in roster.on_duty(rotation.name, at)
        ],
        "next_handover": roster.next_handover(at),
        "gaps": [vars(gap) for gap in gaps.gaps(roster, at, at + AHEAD)],
    }


def _print(roster: Roster, at: datetime) -> None:
    print(
        f"{roster.station} at {local(at, roster.time_zone)} ({roster.time_zone}), roster version {roster.version}"
    )
    rows = [
        (
            duty.rotation,
            duty.badge,
            roster.officers[duty.badge].post if duty.badge in roster.officers else "nobody has this badge",
            local(duty.until, roster.time_zone) + (" (override)" if duty.source == "override" else ""),
        )
        for rotation in roster.rotations
        for duty in roster.on_duty(rotation.name, at)
    ]
    show_table(("rotation", "badge", "post", "until"), rows)
    if not rows:
        print("Nobody is on duty.")
    for gap in gaps.gaps(roster, at, at + AHEAD):
        start, end = local(gap.start, roster.time_zone), local(gap.end, roster.time_zone)
        print(f"Gap in {gap.rotation}: {gap.on_duty} of {gap.minimum} people, {start} to {end}")


def take(options: argparse.Namespace) -> int:
    """Give a station the roster of a file."""
    with services() as own:
        now = own.clock()
        present = manage.roster_of(own, options.station)
        new, rows, name = _read(options.file, present)
        try:
            version = manage.save_roster(own, OPERATOR, options.station, new, now)
        except Invalid as invalid:
            raise Invalid(*located(invalid.faults, rows, name)) from invalid
        roster = manage.roster_of(own, options.station)
        worries = coverage.sentences(coverage.concerns_of(own, options.station, now))
    print(f"{options.station} has roster version {version}. On duty now:")
    _print(roster, now)
    for sentence in worries:
        print(f"Warning: {sentence}")
    return GOOD


def _read(body: bytes, present: Roster) -> tuple[Roster, list[Row], str]:
    """The roster of a file, calendar, JSON or CSV as its beginning says; where each part stands, and as what."""
    station, time_zone = present.station, present.time_zone
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.decode("cp1252", "replace")  # what spreadsheets in Mexico write
    if text.lstrip().upper().startswith("BEGIN:VCALENDAR"):
        return *roster_ics.read(text, present), "event"
    if not text.lstrip().startswith("{"):
        return roster_csv.read(text, station, time_zone), roster_csv.rows(text), "line"
    try:
        return roster_from_json({"station": station, "time_zone": time_zone, **json.loads(text)}), [], ""
    except ValueError as error:
        raise Invalid(
            Fault("FILE", f"it is not JSON ({error}).", "See: amparo-notify roster import --help")
        ) from error


def give(options: argparse.Namespace) -> int:
    """Print a station's roster."""
    with services() as own:
        roster, now = manage.roster_of(own, options.station), own.clock()
    if options.format == "json":
        show_json(roster_to_json(roster))
    elif options.format == "ics":
        sys.stdout.write(agenda.export(roster, now))
    else:
        sys.stdout.write(roster_csv.write(roster))
    return GOOD
