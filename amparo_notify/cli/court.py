"""`amparo-notify court`: courts, and whose signatures their orders may carry."""

import argparse

from amparo_notify.cases import manage
from amparo_notify.cases.services import OPERATOR
from amparo_notify.cli.common import (
    GOOD,
    Commands,
    add_json,
    command,
    content,
    family,
    instant,
    show_json,
    show_table,
    subcommands,
    zone,
)
from amparo_notify.cli.desk import services
from amparo_notify.core.errors import Fault, Invalid
from amparo_notify.pki.anchors import read_certificates

_SIGNER = """A signer is registered by certificate, or by the CURP or RFC in it. An order signed by somebody of
another court is refused; one signed by nobody registered is held for a second person of the court.

example:
  amparo-notify court signer add J5DAMX --certificate judge.cer"""


def add_parsers(commands: Commands) -> None:
    """Register `court`."""
    parser = family(commands, "court")
    place = subcommands(parser)
    adding = command(
        place,
        "add",
        "add a court",
        'amparo-notify court add J5DAMX --name "Juzgado Quinto de Distrito" --phone "+52 55 0000 0001"',
    )
    adding.add_argument("code", metavar="CODE", help="short and unique; folios begin with it: J5DAMX-000001")
    adding.add_argument("--name", required=True, help="as it stands on every notice")
    adding.add_argument("--phone", required=True, help="the call-back number that officers are given")
    adding.add_argument(
        "--zone", type=zone, default="America/Mexico_City", help="IANA time zone (default: %(default)s)"
    )
    adding.set_defaults(run=add)
    listing = command(place, "list", "list the courts", "amparo-notify court list --json")
    add_json(listing)
    listing.set_defaults(run=show)
    signer = command(place, "signer", "add and list a court's registered signers")
    signer.epilog = _SIGNER
    _define_signer(subcommands(signer))


def _define_signer(place: Commands) -> None:
    adding = command(
        place, "add", "register a signer", "amparo-notify court signer add J5DAMX --curp NUXF800101MDFXXX09"
    )
    adding.add_argument("code", metavar="COURT")
    by = adding.add_mutually_exclusive_group(required=True)
    by.add_argument(
        "--certificate", metavar="FILE", type=content, help="the signer's certificate, DER or PEM"
    )
    by.add_argument("--curp", help="whoever's certificate names this CURP")
    by.add_argument("--rfc", help="whoever's certificate names this RFC")
    adding.add_argument("--since", type=instant, metavar="INSTANT", help="valid from then on (default: now)")
    adding.add_argument(
        "--until", type=instant, metavar="INSTANT", help="valid until then; registering again moves it"
    )
    adding.set_defaults(run=add_signer)
    listing = command(
        place, "list", "list a court's registered signers", "amparo-notify court signer list J5DAMX"
    )
    listing.add_argument("code", metavar="COURT")
    add_json(listing)
    listing.set_defaults(run=show_signers)


def add(options: argparse.Namespace) -> int:
    """Add a court."""
    with services() as own:
        manage.add_court(own, OPERATOR, options.code, options.name, options.phone, options.zone, own.clock())
    print(f"Court {options.code} added. Next: its signers (amparo-notify court signer add {options.code} …),")
    print(
        f"its duty contacts (amparo-notify officer add … --court {options.code}) and staff (amparo-notify user add …)."
    )
    return GOOD


def show(options: argparse.Namespace) -> int:
    """List the courts."""
    with services() as own:
        found = manage.courts(own)
    if options.json:
        show_json(
            [{"code": c.code, "name": c.name, "phone": c.phone, "time_zone": c.time_zone} for c in found]
        )
    else:
        show_table(("code", "name", "phone", "zone"), [(c.code, c.name, c.phone, c.time_zone) for c in found])
    return GOOD


def add_signer(options: argparse.Namespace) -> int:
    """Register a signer of a court."""
    digest = _digest(options.certificate) if options.certificate else None
    with services() as own:
        manage.add_signer(
            own,
            OPERATOR,
            options.code,
            own.clock(),
            certificate_sha256=digest,
            curp=options.curp,
            rfc=options.rfc,
            since=options.since,
            until=options.until,
        )
    print(f"Registered with {options.code}.")
    return GOOD


def _digest(file: bytes) -> str:
    """The SHA-256 of the certificate in a file, DER or PEM. Raises Invalid."""
    try:
        found = read_certificates(file)
    except (ValueError, TypeError, KeyError) as error:
        problem = f"it holds no certificate ({error})."
        raise Invalid(Fault("--certificate", problem, "Give the signer's .cer or .pem.")) from error
    if len(found) != 1:
        raise Invalid(
            Fault("--certificate", "it holds several certificates.", "Give the signer's own alone.")
        )
    return str(found[0].sha256.hex())


def show_signers(options: argparse.Namespace) -> int:
    """List a court's registered signers."""
    with services() as own:
        found = manage.signers(own, options.code)
    if options.json:
        show_json([{kind: value} for kind, value in found])
    else:
        show_table(("by", "value"), found)
    return GOOD
