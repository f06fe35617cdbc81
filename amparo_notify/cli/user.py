"""`amparo-notify user`: court staff, administrators, and tokens for courts' own systems."""

import argparse

from amparo_notify.cases import personnel
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
)
from amparo_notify.cli.desk import services


def add_parsers(commands: Commands) -> None:
    """Register `user`."""
    parser = family(commands, "user")
    place = subcommands(parser)
    adding = command(
        place,
        "add",
        "add somebody, and print the one-time link by which they enrol passphrase and authenticator",
        'amparo-notify user add clerk1 --name "…" --role clerk --court J5DAMX',
    )
    adding.add_argument("username", metavar="USERNAME")
    adding.add_argument("--name", required=True, help="kept encrypted")
    adding.add_argument(
        "--role", choices=("clerk", "admin"), required=True, help="a clerk belongs to one court"
    )
    adding.add_argument("--court", metavar="CODE", help="of a clerk")
    adding.set_defaults(run=add)
    listing = command(place, "list", "list staff", "amparo-notify user list")
    add_json(listing)
    listing.set_defaults(run=show)
    token = command(
        place,
        "token",
        "make a bearer token for POST /api/v1/orders, and print it once",
        'amparo-notify user token --court J5DAMX --label "case management system"',
    )
    token.add_argument("--court", metavar="CODE", required=True)
    token.add_argument("--label", required=True, help="which system holds it")
    token.set_defaults(run=add_token)
    retiring = command(
        place,
        "retire",
        "end an account or a token: its sessions end at once",
        "amparo-notify user retire clerk1",
    )
    retiring.add_argument("username", metavar="USERNAME")
    retiring.set_defaults(run=retire)


def add(options: argparse.Namespace) -> int:
    """Add somebody and print the link."""
    with services() as own:
        link = personnel.add_staff(
            own, OPERATOR, options.username, options.name, options.role, options.court, own.clock()
        )
    print(
        f"Hand this link to {options.username}, who enrols a passphrase and an authenticator with it (once):\n  {link}"
    )
    return GOOD


def add_token(options: argparse.Namespace) -> int:
    """Make a token; only its hash is kept."""
    with services() as own:
        print(personnel.add_token(own, OPERATOR, options.court, options.label, own.clock()))
    return GOOD


def retire(options: argparse.Namespace) -> int:
    """End an account."""
    with services() as own:
        personnel.retire_staff(own, OPERATOR, options.username, own.clock())
    return GOOD


def show(options: argparse.Namespace) -> int:
    """List staff."""
    with services() as own:
        found = personnel.staff_list(own)
    if options.json:
        known = [
            {"username": s.username, "role": s.role, "court": s.court_code or None, "active": s.active}
            for s in found
        ]
        show_json(known)
    else:
        rows = [(s.username, s.role, s.court_code or "—", "yes" if s.active else "no") for s in found]
        show_table(("username", "role", "court", "active"), rows)
    return GOOD
