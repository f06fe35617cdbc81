"""`demo-prepare`: makes the demonstration's installation through the cases that an operator uses, and papers to try."""

import argparse
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp

from amparo_notify.cases import contacts, manage, personnel, signin
from amparo_notify.cases.personnel import NewOfficer
from amparo_notify.cases.services import OPERATOR, Services
from amparo_notify.cli import demo_files
from amparo_notify.cli.common import GOOD, Commands, family
from amparo_notify.cli.desk import built
from amparo_notify.cli.settings import configuration, var
from amparo_notify.cli.upgrading import bring_up_to_date
from amparo_notify.core.errors import Unfit
from amparo_notify.core.roster import Roster
from amparo_notify.demo import data, papers
from amparo_notify.demo.authority import YEAR, Authority
from amparo_notify.demo.data import Credential, DemoOfficer, DemoUser
from amparo_notify.store.contacts import of_officer as kept_contacts

_STEP = timedelta(seconds=30)


def add_parsers(commands: Commands) -> None:
    """Register `demo-prepare`."""
    family(commands, "demo-prepare").set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Make court, stations, people and papers."""
    prepare(os.environ, var(), datetime.now(UTC))
    return GOOD


def prepare(environ: Mapping[str, str], var: Path, now: datetime) -> None:
    """Make the demonstration's data, once. Raises Unfit where the database holds somebody's own."""
    made = demo_files.is_made(environ, var)
    if demo_files.is_half_made(var):
        demo_files.reset(environ, var)
    config = configuration(environ=environ)
    bring_up_to_date(config)
    with built(config, uploads=False) as services:
        if not made:
            if manage.courts(services):
                raise Unfit(demo_files.not_ours("the database"))
            demo_files.begin(var)
            _make(services, var, now)
        if not demo_files.has_token(var):
            token = personnel.add_token(services, OPERATOR, data.THE_COURT.code, "demostración", now)
            demo_files.keep_token(var, token)
    demo_files.complete(environ, var)


def _make(services: Services, var: Path, now: datetime) -> None:
    signers = _authority(var, now)
    _court(services, signers, now)
    _stations(services, now)
    known = tuple(_user(services, user, now) for user in data.USERS)
    data.save_credentials(var / "demo" / "credentials.json", known)


def _authority(var: Path, now: datetime) -> papers.Signers:
    """A certificate authority of its own, whose root and lists the demonstration trusts; its own key is not kept."""
    folder = var / "demo"
    authority = Authority.create(now)
    signers = papers.Signers(
        judge=authority.issue(data.JUDGE, curp=data.JUDGE_CURP, now=now),
        substitute=authority.issue(data.SUBSTITUTE, curp="PESX750101HDFXXX01", now=now),
        stamper=authority.time_stamper(now),
    )
    authority.write_trust(folder / "trust")
    (folder / "crl").mkdir(exist_ok=True)
    lists = authority.crl(now, lasts=4 * YEAR), authority.crl(now, by_root=True, lasts=4 * YEAR)
    for name, body in zip(("intermediate.crl", "root.crl"), lists, strict=True):
        (folder / "crl" / name).write_bytes(body)
    papers.save(folder, signers)
    papers.write_samples(folder / "papers", signers, now)
    return signers


def _court(services: Services, signers: papers.Signers, now: datetime) -> None:
    court = data.THE_COURT
    manage.add_court(services, OPERATOR, court.code, court.name, court.phone, court.time_zone, now)
    manage.add_signer(services, OPERATOR, court.code, now, certificate=signers.judge.certificate)


def _stations(services: Services, now: datetime) -> None:
    for station in data.STATIONS:
        manage.add_station(
            services, OPERATOR, station.code, station.name, station.time_zone, station.phone, now
        )
    for officer in data.officers():
        _officer(services, officer, now)
    for station in data.STATIONS:
        _schedule(services, station.code, data.roster(station), now)


def _schedule(services: Services, station: str, roster: Roster, now: datetime) -> None:
    manage.save_roster(services, OPERATOR, station, roster, now)
    manage.save_policy(services, OPERATOR, station, data.POLICY, now)


def _officer(services: Services, officer: DemoOfficer, now: datetime) -> None:
    """Add an officer, who then chooses the demonstration's PIN through the one-time link, and confirms the contacts."""
    new = NewOfficer(
        badge=officer.badge,
        post=officer.post,
        name=officer.name,
        phones=(officer.phone,),
        mails=(officer.mail,),
        station=officer.station or None,
        court=officer.court or None,
    )
    link = personnel.add_officer(services, OPERATOR, new, now)
    signin.choose_pin(services, _token(link), data.PIN, now)
    with services.database.read() as tx:
        own = kept_contacts(tx, services.vault, officer.badge)
    for each in own:
        contacts.confirm(services, _token(link), each.id, contacts.code_of(services, each, now), now)


def _user(services: Services, user: DemoUser, now: datetime) -> Credential:
    """Add somebody of the staff, who then enrols through the one-time link."""
    link = personnel.add_staff(
        services, OPERATOR, user.username, user.name, user.role, user.court or None, now
    )
    secret = signin.staff_invitation(services, _token(link), now).totp_secret
    # A code is good once: the step before is used up here, so that the one on the visitor's screen still opens.
    signin.enrol(services, _token(link), data.PASSPHRASE, pyotp.TOTP(secret).at(now - _STEP), now)
    return Credential(user.username, user.name, user.role, data.PASSPHRASE, secret)


def _token(link: str) -> str:
    return link.rstrip("/").rpartition("/")[2]
