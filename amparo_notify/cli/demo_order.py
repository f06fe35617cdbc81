"""`demo-order`, which `serve --demo` runs at each start: a freshly signed order, and what to open."""

import argparse
import os
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path

import pyotp

from amparo_notify.cases import track
from amparo_notify.cases.services import OPERATOR, Services
from amparo_notify.cases.submission import Submission
from amparo_notify.cases.submit import Accepted, submit
from amparo_notify.cli import demo_files
from amparo_notify.cli.common import FAULTS, GOOD, Commands, family, say
from amparo_notify.cli.desk import services
from amparo_notify.cli.settings import var
from amparo_notify.cli.supervised import stop_with_parent
from amparo_notify.core.order import Person
from amparo_notify.demo import data, papers

PERSONS = ("ANA EJEMPLO PEÑA", "LUIS EJEMPLO PEÑA")
PATIENCE = 60.0
"""Seconds that the web server has to answer."""


def add_parsers(commands: Commands) -> None:
    """Register `demo-order`."""
    family(commands, "demo-order").set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Submit a freshly signed order and say what to open."""
    stop_with_parent()
    demo_files.complete(os.environ, var())  # the port may be another than last time
    signers = papers.load(var() / "demo")
    if not _answers(os.environ["PUBLIC_URL"]):
        say(f"The web server did not answer in {PATIENCE:.0f} s; its messages are above.")
        return FAULTS
    with services(uploads=True) as own:
        accepted = submit(own, _submission(signers, own.clock()), OPERATOR, own.clock())
        print(_welcome(own, accepted), flush=True)
    return GOOD


def _answers(public_url: str) -> bool:
    """Wait until the web server answers."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{public_url}/healthz", timeout=5):  # noqa: S310 - our own address
                return True
        except urllib.error.HTTPError:
            return True  # it is there, and says so itself
        except OSError:
            time.sleep(0.05)
    return False


def _submission(signers: papers.Signers, now: datetime) -> Submission:
    """A fresh order: two people on one flight that leaves in three hours."""
    number = int(now.timestamp()) // 60 % 9000 + 1000
    expediente = f"{number}/{now.year}-III-A"
    flight = {
        "held_at": "segunda revisión",
        "airline": "Aerolínea Ficticia",
        "flight": "FX 417",
        "destination": "Ciudad Inventada",
        "departs_at": (now + timedelta(hours=3)).replace(second=0, microsecond=0),
    }
    persons = tuple(Person(name=name, nationality="ficticia", **flight) for name in PERSONS)  # type: ignore[arg-type]
    return Submission(
        court=data.THE_COURT.code,
        expediente=expediente,
        stations=(data.STATIONS[0].code,),
        persons=persons,
        document=papers.signed_order(signers, expediente, PERSONS, now),
        lawyers=("defensa@despacho.example",),
    )


def _welcome(own: Services, accepted: Accepted) -> str:
    levels = len(data.POLICY.levels)
    accounts = "\n".join(
        f"    {each.username:<16}{each.role:<8}code {pyotp.TOTP(each.totp_secret).at(own.clock())}"
        for each in data.credentials(var())
    )
    return f"""
amparo_notify, demonstration: everybody is invented and nothing leaves this machine.

  Order {accepted.folio} was just signed and submitted; {_sent(own, accepted)}. If nobody
  answers, it climbs a level a minute, {levels} levels, and then begins again.

  Phones and mailboxes  {own.url("/demo/phones")}     every officer's PIN: {data.PIN}
  The lawyer's page     {own.url("/s/" + accepted.tracking_code)}
  The court             {own.url("/")}     passphrase: {data.PASSPHRASE}
{accounts}
    (a code is good for half a minute, once; the current ones are at /demo/phones)
  Signed documents to upload, good and bad: {_shown(var() / "demo" / "papers")}

Ctrl-C ends it; the data stays."""


def _sent(own: Services, accepted: Accepted) -> str:
    view = track.order_view(own, OPERATOR, accepted.folio, own.clock())
    people = {notice.badge for station in view.stations for notice in station.notices if notice.badge}
    return f"{len(people)} officers on duty are being reached"


def _shown(path: Path) -> str:
    """A path as somebody would type it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
