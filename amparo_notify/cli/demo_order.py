"""`demo-order`, which `serve --demo` runs at each start: signs an order, submits it as a court's own system would, and
says what to open."""

import argparse
import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp
import requests

from amparo_notify.cli import demo_files
from amparo_notify.cli.common import FAULTS, GOOD, Commands, family, say
from amparo_notify.cli.settings import var
from amparo_notify.cli.supervised import stop_with_parent
from amparo_notify.demo import data, papers

PERSONS = ("ANA EJEMPLO PEÑA", "LUIS EJEMPLO PEÑA")
STATION = data.STATIONS[0]
PATIENCE = 60.0
"""Seconds that the web server has to answer."""


def add_parsers(commands: Commands) -> None:
    """Register `demo-order`."""
    family(commands, "demo-order").set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Submit a freshly signed order and say what to open."""
    stop_with_parent()
    demo_files.complete(os.environ, var())  # the port may be another than last time
    public_url, now = os.environ["PUBLIC_URL"], datetime.now(UTC)
    order = _order(now)
    document = papers.signed_order(papers.load(var() / "demo"), str(order["expediente"]), PERSONS, now)
    if not _answers(public_url):
        say(f"The web server did not answer in {PATIENCE:.0f} s; its messages are above.")
        return FAULTS
    response = requests.post(
        f"{public_url}/api/v1/orders",
        files={"document": ("orden.pdf", document, "application/pdf")},
        data={"order": json.dumps(order)},
        headers={"Authorization": f"Bearer {demo_files.token(var())}"},
        timeout=PATIENCE,
    )
    if response.status_code != requests.codes.created:
        say(f"The demonstration's order was not taken (HTTP {response.status_code}): {response.text[:500]}")
        return FAULTS
    print(_welcome(public_url, response.json(), now), flush=True)
    return GOOD


def _answers(public_url: str) -> bool:
    """Wait until the web server answers."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            requests.get(f"{public_url}/healthz", timeout=PATIENCE)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return True
    return False


def _order(now: datetime) -> dict[str, Any]:
    """A fresh order, as the API reads it: two people on one flight that leaves in three hours."""
    flight = {
        "nationality": "ficticia",
        "held_at": "segunda revisión",
        "airline": "Aerolínea Ficticia",
        "flight": "FX 417",
        "destination": "Ciudad Inventada",
        "departs_at": (now + timedelta(hours=3)).replace(second=0, microsecond=0).isoformat(),
    }
    return {
        "court": data.THE_COURT.code,
        "expediente": f"{int(now.timestamp()) // 60 % 9000 + 1000}/{now.year}-III-A",
        "stations": [STATION.code],
        "persons": [{"name": name, **flight} for name in PERSONS],
        "lawyers": ["defensa@despacho.example"],
    }


def _welcome(public_url: str, accepted: dict[str, Any], now: datetime) -> str:
    posts = {officer.badge: officer.post for officer in data.officers()}
    duty = [posts[each.badge] for each in data.roster(STATION).on_duty("agentes", now)]
    accounts = "\n".join(
        f"    {each.username:<16}{each.role:<8}code {pyotp.TOTP(each.totp_secret).now()}"
        for each in data.credentials(var())
    )
    return f"""
amparo_notify, demonstration: everybody is invented and nothing leaves this machine.

  Order {accepted["folio"]} was just signed, verified and accepted. On duty at {STATION.code} and reached at
  once by text, call and mail: {" and ".join(duty)}. If nobody answers, it climbs a level a minute.

  Phones and mailboxes  {public_url}/demo/phones     every officer's PIN: {data.PIN}
  The lawyer's page     {accepted["tracking_url"]}
  The court             {public_url}/     passphrase: {data.PASSPHRASE}
{accounts}
    (a code is good for half a minute, once; the current ones are at /demo/phones)
  Signed documents to upload, good and bad: {_shown(var() / "demo" / "papers")}

Ctrl-C ends it; the data stays."""


def _shown(path: Path) -> str:
    """A path as somebody would type it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
