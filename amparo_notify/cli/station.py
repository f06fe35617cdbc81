"""`amparo-notify station`: the places that are notified."""

import argparse

from amparo_notify.cases import manage
from amparo_notify.cases.services import OPERATOR
from amparo_notify.cli.common import (
    GOOD,
    Commands,
    add_json,
    command,
    family,
    show_json,
    show_table,
    subcommands,
    zone,
)
from amparo_notify.cli.desk import services


def add_parsers(commands: Commands) -> None:
    """Register `station`."""
    parser = family(commands, "station")
    place = subcommands(parser)
    adding = command(
        place,
        "add",
        "add a station",
        'amparo-notify station add CUN-T3 --name "Terminal 3" --zone America/Cancun --phone "+52 55 0000 0002"',
    )
    adding.add_argument("code", metavar="CODE", help="airport and terminal, such as MEX-T1")
    adding.add_argument("--name", required=True, help="as officers and lawyers read it")
    adding.add_argument(
        "--zone", type=zone, required=True, help="IANA time zone of its wall clocks: America/Tijuana"
    )
    adding.add_argument("--phone", default="", help="the station's own number, shown to the court")
    adding.set_defaults(run=add)
    listing = command(place, "list", "list the stations", "amparo-notify station list")
    add_json(listing)
    listing.set_defaults(run=show)


def add(options: argparse.Namespace) -> int:
    """Add a station."""
    with services() as own:
        manage.add_station(
            own, OPERATOR, options.code, options.name, options.zone, options.phone, own.clock()
        )
    code = options.code
    print(
        f"Station {code} added. Next: its officers (amparo-notify officer add … --station {code}), its roster"
    )
    print(
        f"(amparo-notify roster import {code} FILE) and its policy (amparo-notify policy set {code} --default)."
    )
    return GOOD


def show(options: argparse.Namespace) -> int:
    """List the stations."""
    with services() as own:
        found = manage.stations(own)
    if options.json:
        show_json(
            [{"code": s.code, "name": s.name, "time_zone": s.time_zone, "phone": s.phone} for s in found]
        )
    else:
        show_table(("code", "name", "zone", "phone"), [(s.code, s.name, s.time_zone, s.phone) for s in found])
    return GOOD
