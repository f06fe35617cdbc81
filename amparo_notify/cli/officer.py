"""`amparo-notify officer`: whoever can be called, at a station, at headquarters, or on duty for a court."""

import argparse

from amparo_notify.cases import personnel
from amparo_notify.cases.personnel import NewOfficer
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

_ONCE = "Hand this link to the officer, who chooses a PIN with it (once; nobody else ever knows the PIN):"


def add_parsers(commands: Commands) -> None:
    """Register `officer`."""
    parser = family(commands, "officer")
    place = subcommands(parser)
    adding = command(
        place,
        "add",
        "add an officer, and print the one-time link by which they choose their PIN",
        'amparo-notify officer add 1001 --post "agente" --name "…" --phone "+52 55 0000 0010" '
        "--mail agente@inm.example --station MEX-T1",
    )
    adding.add_argument("badge", metavar="BADGE", help="unique, never a name; rosters are made of badges")
    adding.add_argument(
        "--post", required=True, help='shown to others in place of the name, such as "titular"'
    )
    adding.add_argument("--name", required=True, help="kept encrypted; stands on receipts only")
    adding.add_argument(
        "--phone",
        action="append",
        default=[],
        metavar="NUMBER",
        help='first choice first; may be repeated; "fijo 55 0000 0010" is a landline, called and never texted',
    )
    adding.add_argument("--mail", action="append", default=[], metavar="ADDRESS", help="may be repeated")
    where = adding.add_mutually_exclusive_group()
    where.add_argument("--station", metavar="CODE", help="serves at this station")
    where.add_argument("--court", metavar="CODE", help="is this court's duty contact (neither: headquarters)")
    adding.add_argument(
        "--comar",
        action="store_true",
        help="COMAR's desk, of the station or (without one) for the whole country: copied where policy and order "
        "allow it, never chased; needs a mail",
    )
    adding.set_defaults(run=add)
    listing = command(place, "list", "list officers", "amparo-notify officer list --station MEX-T1")
    listing.add_argument("--station", metavar="CODE", help="of one station only")
    add_json(listing)
    listing.set_defaults(run=show)
    inviting = command(
        place, "invite", "print a fresh link to choose a PIN", "amparo-notify officer invite 1001"
    )
    inviting.add_argument("badge", metavar="BADGE")
    inviting.set_defaults(run=invite)
    contacting = command(
        place,
        "contacts",
        "replace an officer's phones and mails; those that stay keep their confirmation",
        'amparo-notify officer contacts 1001 --phone "+52 55 0000 0011" --mail agente@inm.example',
    )
    contacting.add_argument("badge", metavar="BADGE")
    contacting.add_argument(
        "--phone", action="append", default=[], metavar="NUMBER", help="first choice first"
    )
    contacting.add_argument("--mail", action="append", default=[], metavar="ADDRESS", help="may be repeated")
    contacting.set_defaults(run=contacts)
    retiring = command(place, "retire", "call this officer no more", "amparo-notify officer retire 1001")
    retiring.add_argument("badge", metavar="BADGE")
    retiring.add_argument("--undo", action="store_true", help="take them back")
    retiring.set_defaults(run=retire)


def add(options: argparse.Namespace) -> int:
    """Add an officer and print the link."""
    new = NewOfficer(
        badge=options.badge,
        post=options.post,
        name=options.name,
        phones=tuple(options.phone),
        mails=tuple(options.mail),
        station=options.station,
        court=options.court,
        comar=options.comar,
    )
    with services() as own:
        link = personnel.add_officer(own, OPERATOR, new, own.clock())
    print(f"{_ONCE}\n  {link}")
    return GOOD


def invite(options: argparse.Namespace) -> int:
    """Print a fresh PIN link; the PIN in use stays until another is chosen."""
    with services() as own:
        link = personnel.invite_officer(own, OPERATOR, options.badge, own.clock())
    print(f"{_ONCE}\n  {link}")
    return GOOD


def contacts(options: argparse.Namespace) -> int:
    """Replace the contacts of an officer."""
    with services() as own:
        personnel.change_contacts(own, OPERATOR, options.badge, options.phone, options.mail, own.clock())
    return GOOD


def retire(options: argparse.Namespace) -> int:
    """Retire an officer, or take them back."""
    with services() as own:
        personnel.set_active(own, OPERATOR, options.badge, options.undo, own.clock())
    return GOOD


def show(options: argparse.Namespace) -> int:
    """List officers with their contacts."""
    with services() as own:
        found = personnel.officers(own, options.station)
    if options.json:
        show_json(
            [
                {
                    "badge": each.badge,
                    "post": each.post,
                    "name": each.name,
                    "where": each.where,
                    "contacts": [{"kind": kind, "address": address} for kind, address in each.contacts],
                    "has_pin": each.has_pin,
                    "active": each.active,
                    "comar": each.comar,
                }
                for each in found
            ]
        )
        return GOOD
    rows = [
        (
            each.badge,
            each.post,
            f"{each.where} COMAR".strip() if each.comar else each.where,
            "yes" if each.has_pin else "no PIN yet",
            ", ".join(address for _, address in each.contacts) + ("" if each.active else " (inactive)"),
        )
        for each in found
    ]
    show_table(("badge", "post", "where", "pin", "contacts"), rows)
    return GOOD
