"""A court's desk for the tests of the pages: real services over a database of one's own, with invented people."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pyotp
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from amparo_notify.bootstrap import build
from amparo_notify.cases import manage, personnel, signin
from amparo_notify.cases.personnel import NewOfficer
from amparo_notify.cases.services import OPERATOR, Services
from amparo_notify.config import Config
from amparo_notify.demo import data
from amparo_notify.demo.authority import YEAR, Authority, Identity
from amparo_notify.demo.order_pdf import DemoOrder, order_pdf
from amparo_notify.demo.signing import Stamp, Style, sign_cms, sign_pdf
from amparo_notify.pki.anchors import Trust
from amparo_notify.pki.judge import Judge
from amparo_notify.seal.secrets import Argon2
from amparo_notify.store.database import Database
from amparo_notify.store.migrations import upgrade
from amparo_notify.store.tables import metadata
from amparo_notify.web import create_app
from tests.application import application
from tests.databases import SqliteHome

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
"""Three in the morning in Mexico City, on a Saturday."""

OTHER_COURT = data.DemoCourt(
    "J9OTRO", "Juzgado Noveno de Distrito de Demostración", "+525500000009", "America/Tijuana"
)
USERS = (*data.USERS, data.DemoUser("ajena", "Ajena Ficticia Luna", "clerk", OTHER_COURT.code))


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass(frozen=True)
class Ground:
    """What is made once for all tests: keys, a database to copy, signers, and the accounts' seeds."""

    keys: Path
    home: SqliteHome  # the installation, for each test anew
    settled: Path  # its file
    trust: Trust
    verifier: Judge  # one warm parent for all tests
    judge: Identity
    substitute: Identity
    stamper: Identity
    seeds: dict[str, str]
    token: str  # an API token of the court


def lay(folder: Path) -> Ground:
    """Make a court's installation once, through the cases that an administrator uses."""
    file = folder / "desk.db"
    upgrade(f"sqlite:///{file}")
    authority = Authority.create(NOW - YEAR)
    judge = authority.issue(data.JUDGE, curp=data.JUDGE_CURP, now=NOW - YEAR)
    substitute = authority.issue(data.SUBSTITUTE, curp="PESX750101HDFXXX01", now=NOW - YEAR)
    stamper = authority.time_stamper(NOW - YEAR)
    trust_folder = authority.write_trust(folder / "trust")
    crls = []
    for name, by_root in (("intermediate", False), ("root", True)):
        crls.append(folder / f"{name}.crl")
        crls[-1].write_bytes(authority.crl(NOW - timedelta(hours=1), by_root=by_root, lasts=4 * YEAR))
    trust = Trust.load([trust_folder], crls=crls)
    with closing(Database(f"sqlite:///{file}")) as database:
        config = Config.from_environment({}, uploads=False, var=folder)
        services = _services(config, database, verifier := Judge(trust), Clock(NOW))
        seeds, token = _people(services, judge)
    home = SqliteHome(file, folder)
    return Ground(folder / "keys", home, file, trust, verifier, judge, substitute, stamper, seeds, token)


def _services(config: Config, database: Database, judge: Judge, clock: Clock) -> Services:
    return build(
        config,
        database=database,
        verifier=judge,
        secrets=Argon2(rounds=1, memory=64),  # the real thing, made quick
        providers={},  # no dispatcher runs here: what would be sent stays in the outbox
        clock=clock,
    )


def _people(services: Services, judge: Identity) -> tuple[dict[str, str], str]:
    for court in (data.THE_COURT, OTHER_COURT):
        manage.add_court(services, OPERATOR, court.code, court.name, court.phone, court.time_zone, NOW)
    manage.add_signer(services, OPERATOR, data.THE_COURT.code, NOW, certificate=judge.certificate)
    for station in data.STATIONS:
        manage.add_station(
            services, OPERATOR, station.code, station.name, station.time_zone, station.phone, NOW
        )
    for officer in data.officers():
        where = {"station": officer.station or None, "court": officer.court or None}
        new = NewOfficer(
            officer.badge, officer.post, officer.name, (officer.phone,), (officer.mail,), **where
        )
        personnel.add_officer(services, OPERATOR, new, NOW)
    for station in data.STATIONS:
        manage.save_roster(services, OPERATOR, station.code, data.roster(station), NOW)
        manage.save_policy(services, OPERATOR, station.code, data.POLICY, NOW)
    seeds = {}
    for user in USERS:
        link = personnel.add_staff(
            services, OPERATOR, user.username, user.name, user.role, user.court or None, NOW
        )
        token = link.rpartition("/")[2]
        seeds[user.username] = signin.staff_invitation(services, token, NOW).totp_secret
        code = pyotp.TOTP(seeds[user.username]).at(NOW - timedelta(seconds=30))
        signin.enrol(services, token, data.PASSPHRASE, code, NOW)
    return seeds, personnel.add_token(services, OPERATOR, data.THE_COURT.code, "sistema del juzgado", NOW)


class Desk:
    """One test's own installation, and hands to work at it."""

    def __init__(self, ground: Ground, folder: Path, **config: Any) -> None:
        """With a configuration of its own, as behind a real port, it shares nothing with other tests' desks."""
        self.ground = ground
        self.clock = Clock(NOW)
        self.folder = folder
        if config:
            self.database = Database(f"sqlite:///{shutil.copy(ground.settled, folder / 'amparo.db')}")
        else:
            self.database = ground.home.fresh()
        self.config = self.configured(**config)
        self.services = _services(self.config, self.database, ground.verifier, self.clock)
        self.app = (create_app if config else application)(self.services, self.config)

    def configured(self, **config: Any) -> Config:
        """This desk's configuration, but for what is given."""
        return Config.from_environment({}, uploads=False, var=self.folder, keys=self.ground.keys, **config)

    def rows(self) -> dict[str, list[Any]]:
        """Everything that the database holds."""
        with self.database.read() as tx:
            return {
                name: sorted(map(repr, tx.execute(select(table)))) for name, table in metadata.tables.items()
            }

    passphrase = data.PASSPHRASE

    def close(self) -> None:
        self.database.close()

    def browser(self, username: str = "") -> "Browser":
        """A browser, signed in as somebody or as nobody."""
        browser = Browser(self.app.test_client())
        if username:
            self.sign_in(browser, username)
        return browser

    def sign_in(self, browser: "Browser", username: str) -> TestResponse:
        self.clock.pass_(seconds=30)  # a code is good once
        fields = {"username": username, "passphrase": data.PASSPHRASE, "code": self.code(username)}
        return browser.post("/entrar", fields)

    def code(self, username: str) -> str:
        return pyotp.TOTP(self.ground.seeds[username]).at(self.clock.now)

    def pdf(
        self,
        expediente: str = "1234/2026",
        *,
        by: Identity | None = None,
        persons: tuple[str, ...] = ("ANA EJEMPLO PEÑA",),
    ) -> bytes:
        """An order signed inside the PDF, with a time-stamp."""
        style = Style(signing_time=self.clock.now, stamp=Stamp(self.ground.stamper, self.clock.now))
        plain = order_pdf(
            DemoOrder(expediente=expediente, court=data.THE_COURT.name, judge=data.JUDGE, persons=persons)
        )
        return sign_pdf(plain, by or self.ground.judge, style)

    def p7m(self, expediente: str = "1234/2026") -> bytes:
        style = Style(signing_time=self.clock.now, stamp=Stamp(self.ground.stamper, self.clock.now))
        return sign_cms(order_pdf(DemoOrder(expediente=expediente)), self.ground.judge, style=style)


@dataclass(frozen=True)
class Browser:
    """A test client that sends forms with their token, as a page does."""

    client: FlaskClient

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **more)

    def post(
        self, path: str, fields: dict[str, Any] | None = None, *, form: str = "/entrar", **more: Any
    ) -> TestResponse:
        """Send a form. `form` is a page that holds one: the token is taken from it."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.client.get(form).text)
        if token is None:
            raise AssertionError(f"{form} has no form")
        return self.client.post(path, data={"csrf_token": token[1], **(fields or {})}, **more)


def order_fields(document: bytes, **changes: Any) -> dict[str, Any]:
    """A filled-in upload form."""
    return {
        "document": (BytesIO(document), "auto.pdf"),
        "expediente": "1234/2026",
        "suspension": "de_plano",
        "station": ["MEX-T1"],
        "person-0-name": "ANA EJEMPLO PEÑA",
        "person-0-airline": "Aerolínea Ficticia",
        "person-0-flight": "ZZ 123",
        "person-0-departs": "2026-11-21T09:30",
        **changes,
    }


@contextmanager
def temporary() -> Iterator[Path]:
    """A folder for a script that is no test."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
