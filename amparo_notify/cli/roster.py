"""`amparo-notify roster`: who is on duty at a station, and rosters from and to spreadsheets."""

import argparse
import sys
from datetime import datetime, timedelta

from amparo_notify.cases import coverage, manage, roster_csv, roster_file
from amparo_notify.cases.services import OPERATOR
from amparo_notify.cli import gaps
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
from amparo_notify.core.errors import Invalid
from amparo_notify.core.roster import Roster

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
        "--format", choices=tuple(roster_file.KINDS), default="csv", help="default: %(default)s"
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
        new = roster_file.read(roster_file.text_of(options.file), present)
        try:
            version = manage.save_roster(own, OPERATOR, options.station, new.roster, now)
        except Invalid as invalid:
            raise Invalid(*new.located(invalid.faults)) from invalid
        roster = manage.roster_of(own, options.station)
        worries = coverage.sentences(coverage.concerns_of(own, options.station, now))
    print(f"{options.station} has roster version {version}. On duty now:")
    _print(roster, now)
    for sentence in worries:
        print(f"Warning: {sentence}")
    return GOOD


def give(options: argparse.Namespace) -> int:
    """Print a station's roster."""
    with services() as own:
        roster, now = manage.roster_of(own, options.station), own.clock()
    sys.stdout.write(roster_file.written(roster, options.format, now))
    return GOOD
