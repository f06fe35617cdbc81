"""Stories in fast-forward: submit, advance ten minutes, the chief's phone rang.

Everything is real: database, signatures, SDKs over loopback HTTP, signed callbacks into the real web application. The
only fakes are the carriers (one double, at the far end of the wire) and the clock. A story must account for every
message that arrived, and fails on any that it did not expect, and on any error logged.
"""

import logging
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from functools import cache, cached_property
from pathlib import Path
from urllib.parse import urlsplit

from werkzeug.test import Client

from amparo_notify import logs
from amparo_notify.bootstrap import account, build
from amparo_notify.cases import (
    dispatch,
    escalate,
    housekeeping,
    manage,
    officer,
    outcome,
    personnel,
    signin,
    submit,
    track,
)
from amparo_notify.cases.personnel import NewOfficer
from amparo_notify.cases.services import OPERATOR, Caller, Services
from amparo_notify.cases.submission import Submission
from amparo_notify.cases.submit import Accepted
from amparo_notify.cases.witness import Receipt
from amparo_notify.channels.roads import build_providers
from amparo_notify.config import Config
from amparo_notify.core.notice import Medium
from amparo_notify.core.order import OutcomeCode, Person
from amparo_notify.core.policy import Level, Policy, Target
from amparo_notify.core.roster import Rotation, Shift
from amparo_notify.demo.authority import Identity
from amparo_notify.demo.carrier import Carrier
from amparo_notify.demo.carrier_server import CarrierServer
from amparo_notify.demo.order_pdf import DemoOrder, order_pdf
from amparo_notify.demo.signing import sign_pdf
from amparo_notify.pki.anchors import Trust
from amparo_notify.pki.judge import Judge
from amparo_notify.seal.secrets import Argon2
from amparo_notify.store.database import Database
from tests.application import application
from tests.authority import NOW, authority, judge

ALL = (Medium.SMS, Medium.VOICE, Medium.EMAIL)
PINS = "482916"
COURT, OTHER_COURT = "J5TEST", "J9TEST"
STATION, OTHER_STATION = "MEX-T1", "CUN-T3"

POLICY = Policy(
    levels=(
        Level((Target("rotation", "agentes"),), ALL, 0),
        Level((Target("rotation", "jefatura"),), ALL, 180),
        Level((Target("headquarters"),), ALL, 300),
        Level((Target("court"),), ALL, 300),
    ),
    repeat_after=300,
    display_within=180,
    outcome_within=900,
)
"""Level 2 three minutes after level 1, then every five."""


@dataclass(frozen=True)
class Somebody:
    """Somebody with a phone and a mailbox."""

    badge: str
    phone: str
    mail: str


AGENT = Somebody("MEX-A1", "+525500000101", "agente1@estacion.example")
CHIEF = Somebody("MEX-J1", "+525500000201", "jefatura@estacion.example")
HEADQUARTERS = Somebody("INM-G1", "+525500000301", "guardia@central.example")
CLERK_ON_DUTY = Somebody("J5-G1", "+525500000401", "guardia@juzgado.example")
CANCUN = Somebody("CUN-A1", "+525500000501", "agente1@cancun.example")
EVERYBODY = (AGENT, CHIEF, HEADQUARTERS, CLERK_ON_DUTY, CANCUN)

PERSON = Person(
    name="CANARIA INVENTADA QUIJOTE",
    nationality="Nacionalidad Inventada",
    passport="XX0000001",
    airline="Aerolínea Ficticia",
    flight="ZZ 123",
    destination="Ciudad Lejana",
)


class World:
    """One invented country: two courts, two stations, four people on duty, and a clock that stands still."""

    def __init__(self, database: Database, verifier: Judge, keys: Path, timeout: float = 2) -> None:
        self.now = NOW
        self.config = Config.from_environment(
            {"PUBLIC_URL": "http://amparo.example", "SECRET_KEY": "tests-only-and-obviously-so-0123456789"},
            uploads=False,
            database_url=database.url,
            keys=keys,
        )
        local = account(self.config)
        self.carrier = Carrier(
            account_sid=local.account_sid,
            auth_token=local.auth_token,
            api_key=local.api_key,
            events_key=local.events_key,
            public_url=self.config.public_url,
            clock=lambda: self.now,
            post=self._post,
        )
        self.line = CarrierServer(self.carrier)  # may be cut
        self.line.accept()
        url = self.line.url
        providers = build_providers(
            public_url=self.config.public_url,
            twilio_account_sid=local.account_sid,
            twilio_auth_token=local.auth_token,
            twilio_from=local.sms_from,
            twilio_voice_from=local.voice_from,
            twilio_api_url=url,
            sendgrid_api_key=local.api_key,
            sendgrid_from=local.mail_from,
            sendgrid_api_url=url,
            timeout=timeout,
        )
        self.services: Services = build(
            self.config,
            clock=lambda: self.now,
            database=database,
            verifier=verifier,
            secrets=Argon2(rounds=1, memory=64),  # the real thing, made quick
            providers=providers,
        )
        self.accounted: Counter[str] = Counter()
        self._papers: Counter[str] = Counter()
        self.errors: list[str] = []  # what was logged as an error and not yet accounted for

    @cached_property
    def app(self) -> Client:
        """A browser without a window, on the real web application."""
        return Client(application(self.services, self.config))

    def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> bytes:
        """Carry a carrier's callback into the web application, its target as it came."""
        parts = urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        answer = self.app.post(
            target, data=body, headers=dict(headers), environ_overrides={"REQUEST_URI": target}
        )
        if answer.status_code >= 400:
            raise OSError(f"{answer.status} for {target}")
        return answer.data

    def close(self) -> None:
        self.carrier.stop()
        self.line.refuse()
        self.services.database.close()

    # -- the country ----------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Found the courts and stations, and put people on duty with PINs."""
        do, now = (self.services, OPERATOR), self.now
        manage.add_court(
            *do, COURT, "Juzgado Quinto de Distrito Ficticio", "55 0000 1122", "America/Mexico_City", now
        )
        manage.add_court(
            *do,
            OTHER_COURT,
            "Juzgado Noveno de Distrito Ficticio",
            "55 0000 1133",
            "America/Mexico_City",
            now,
        )
        manage.add_signer(*do, COURT, now, certificate=judge().certificate)
        manage.add_station(*do, STATION, "La Burbuja, MEX T1", "America/Mexico_City", "", now)
        manage.add_station(*do, OTHER_STATION, "Cancún T3", "America/Cancun", "", now)
        self.add_officer(AGENT, "Agente de turno", station=STATION)
        self.add_officer(CHIEF, "Jefatura de turno", station=STATION)
        self.add_officer(HEADQUARTERS, "Oficinas centrales")
        self.add_officer(CLERK_ON_DUTY, "Guardia del juzgado", court=COURT)
        self.add_officer(CANCUN, "Agente de turno", station=OTHER_STATION)
        self.put_on_duty(STATION, agentes=(AGENT.badge,), jefatura=(CHIEF.badge,))
        self.put_on_duty(OTHER_STATION, agentes=(CANCUN.badge,))
        for station in (STATION, OTHER_STATION):
            manage.save_policy(*do, station, POLICY, now)

    def add_officer(
        self, who: Somebody, post: str, *, station: str | None = None, court: str | None = None
    ) -> None:
        name = f"Nombre Ficticio {who.badge}"
        new = NewOfficer(who.badge, post, name, (who.phone,), (who.mail,), station=station, court=court)
        link = personnel.add_officer(self.services, OPERATOR, new, self.now)
        signin.choose_pin(self.services, link.rpartition("/")[2], PINS, self.now)

    def put_on_duty(self, station: str, **rotations: tuple[str, ...]) -> None:
        """Have these people serve every day, all day."""
        shifts = (Shift(0, time(8), time(8), 0),)
        written = replace(
            manage.roster_of(self.services, station),
            rotations=tuple(
                Rotation(name, date(2026, 1, 1), 1, shifts, (badges,)) for name, badges in rotations.items()
            ),
        )
        manage.save_roster(self.services, OPERATOR, station, written, self.now)

    def clerk(self, username: str = "secretaria.ficticia") -> Caller:
        """A clerk of the court, added the first time."""
        known = {each.username: each for each in personnel.staff_list(self.services)}
        if username not in known:
            personnel.add_staff(
                self.services, OPERATOR, username, "Secretaria Ficticia", "clerk", COURT, self.now
            )
            known = {each.username: each for each in personnel.staff_list(self.services)}
        return Caller(known[username].id, known[username].court, "clerk", "passphrase+totp")

    # -- what people do -------------------------------------------------------------------------------------

    def signed(self, number: str = "1234/2026", signer: Identity | None = None) -> bytes:
        """A signed order, as PDF. No two of a story are the same bytes."""
        self._papers[number] += 1
        return _paper(number, signer or judge(), self._papers[number])

    def submission(self, **changes: object) -> Submission:
        """What a clerk would send."""
        usual = Submission(
            court=COURT,
            expediente="1234/2026",
            stations=(STATION,),
            persons=(PERSON,),
            document=b"",
        )
        asked = replace(usual, **changes)  # type: ignore[arg-type]
        return asked if asked.document else replace(asked, document=self.signed(asked.expediente))

    def submit(self, caller: Caller | None = None, **changes: object) -> Accepted:
        """Submit an order and let the worker do what is due at once."""
        accepted = self.order(caller, **changes)
        self.work()
        return accepted

    def order(self, caller: Caller | None = None, **changes: object) -> Accepted:
        """Submit an order while no worker works."""
        return submit.submit(self.services, self.submission(**changes), caller or self.clerk(), self.now)

    def plan(self) -> None:
        """Plan what is due, and send nothing yet."""
        escalate.escalate_due(self.services, self.now)

    def departing(self, minutes: int) -> tuple[Person, ...]:
        """A protected person whose flight leaves in so many minutes."""
        return (replace(PERSON, departs_at=self.now + timedelta(minutes=minutes)),)

    def open_link(self, who: Somebody) -> tuple[str, str]:
        """Open the newest link that somebody was texted, and give the PIN: (token, session)."""
        token = self.link_of(who)
        officer.open_notice(self.services, token, self.now)
        return token, officer.identify(self.services, token, PINS, self.now)

    def link_of(self, who: Somebody) -> str:
        texts = [each.body for each in self.carrier.texts(who.phone) if "/n/" in each.body]
        found = re.search(r"/n/([\w-]+)", texts[-1])
        assert found, texts[-1]
        return found[1]

    def code_of(self, who: Somebody) -> str:
        """The reply code in the newest text that asked for one."""
        texts = [each.body for each in self.carrier.texts(who.phone) if "ENTERADO" in each.body]
        found = re.search(r"ENTERADO ([A-Z0-9]{5})", texts[-1])
        assert found, texts[-1]
        return found[1]

    def acknowledge(self, who: Somebody) -> Receipt:
        """Open the page, give the PIN, read, and acknowledge."""
        token, session = self.open_link(who)
        view = officer.notice(self.services, token, session, self.now)
        officer.displayed(self.services, token, session, self.now)
        receipt = officer.acknowledge(
            self.services, token, session, view.statement_sha256, view.document_sha256, self.now
        )
        self.work()
        return receipt

    def report(self, who: Somebody, code: OutcomeCode = OutcomeCode.HALTED, **details: str) -> None:
        """Report the same outcome of every person."""
        token, session = self.open_link(who)
        view = officer.notice(self.services, token, session, self.now)
        reports = [outcome.Report(each.id, code, details) for each in view.persons]
        outcome.report(self.services, token, session, view.nonce, reports, self.now)
        self.work()

    def texts_back(self, who: Somebody, body: str) -> tuple[str, ...]:
        """Answer by SMS; return the service's answers."""
        answers = self.carrier.reply(who.phone, body)
        self.accounted[f"sms {who.badge}"] += len(answers)
        self.work()
        return answers

    def presses(self, who: Somebody, digits: str) -> str:
        """Pick up the newest call and press keys; return all that was heard."""
        call = self.carrier.calls(who.phone)[-1]
        self.carrier.answer(call.sid)
        heard = self.carrier.press(call.sid, digits)
        self.work()
        return " ".join(heard.spoken)

    # -- time -----------------------------------------------------------------------------------------------

    def work(self) -> None:
        """What the worker does until nothing is due at this instant."""
        for _ in range(200):
            planned = escalate.escalate_due(self.services, self.now)
            planned += housekeeping.release_due(self.services, self.now)
            planned += dispatch.dispatch_due(self.services, self.now)
            planned += self.carrier.deliver()
            if not planned:
                return
        raise AssertionError("the worker never comes to rest")

    def advance(self, **span: float) -> None:
        """Let time pass, stopping at every instant at which something is due."""
        end = self.now + timedelta(**span)
        while self.now < end:
            due = escalate.next_instant(self.services)
            self.now = min(end, max(due, self.now + timedelta(milliseconds=1)) if due else end)
            housekeeping.ask_providers(self.services, self.now)
            self.work()

    # -- what arrived ---------------------------------------------------------------------------------------

    def arrived(self) -> Counter[str]:
        """Every message that reached a phone or a mailbox: "sms MEX-A1" and how many."""
        count: Counter[str] = Counter()
        for who in EVERYBODY:
            count[f"sms {who.badge}"] += sum(not each.inbound for each in self.carrier.texts(who.phone))
            count[f"voice {who.badge}"] += len(self.carrier.calls(who.phone))
            count[f"email {who.badge}"] += len(self.carrier.mails(who.mail))
        known = {who.mail for who in EVERYBODY}
        for mail in self.carrier.mails():
            if mail.address not in known:
                count[f"email {mail.address}"] += 1
        return +count

    def expect(self, who: Somebody | str, *media: str, times: int = 1) -> None:
        """Account for messages: exactly these reached `who` since the last time."""
        name = who if isinstance(who, str) else who.badge
        wanted = Counter({f"{medium} {name}": times for medium in media})
        new = self.arrived() - self.accounted
        got = Counter({key: number for key, number in new.items() if key.endswith(f" {name}")})
        assert got == wanted, f"{name}: expected {dict(wanted)}, got {dict(got)}"
        self.accounted += got

    def expect_rung(self, *people: Somebody) -> None:
        """Account for one SMS, one call and one mail to each, and for silence everywhere else."""
        for who in people:
            self.expect(who, "sms", "voice", "email")
        self.expect_silence()

    def expect_told(self, *people: Somebody) -> None:
        """Account for one SMS and one mail to each, without a call, and for silence everywhere else."""
        for who in people:
            self.expect(who, "sms", "email")
        self.expect_silence()

    def expect_silence(self) -> None:
        """Nothing arrived that was not accounted for."""
        surprise = self.arrived() - self.accounted
        assert not surprise, f"nobody expected {dict(surprise)}"

    def expect_error(self, words: str) -> None:
        """Account for one logged error."""
        found = next((each for each in self.errors if words in each), None)
        assert found is not None, f"no error said {words!r}: {self.errors}"
        self.errors.remove(found)

    def forget(self) -> None:
        """Account for all that has arrived so far: this story is about what comes next."""
        self.accounted = self.arrived()

    def view(self, folio: str) -> track.OrderView:
        """The order as its court sees it."""
        return track.order_view(self.services, self.clerk(), folio, self.now)


class _Errors(logging.Handler):
    """Gathers what was logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@cache
def _paper(number: str, signer: Identity, which: int) -> bytes:
    """The first, second… order of this number, signed once a process."""
    return sign_pdf(order_pdf(replace(DemoOrder(), expediente=number)), signer)


@contextmanager
def telling(settled: Database, verifier: Judge, keys: Path, timeout: float = 2) -> Iterator[World]:
    """A world for one story in a settled country. Fails on messages that nobody expected and on errors logged."""
    errors = _Errors()
    logs.configure("WARNING", live=False)
    logging.getLogger().addHandler(errors)
    world = World(settled, verifier, keys, timeout)
    world.errors = errors.said
    try:
        yield world
        world.expect_silence()
        assert not errors.said, errors.said
    finally:
        logging.getLogger().removeHandler(errors)
        world.close()


def trusting(*, lists: bool = True, revocation: str = "required") -> Judge:
    """A verifier that trusts the tests' authority, with fresh revocation lists or none."""
    with tempfile.TemporaryDirectory() as folder:
        authority().write_trust(Path(folder))
        trust = Trust.load([Path(folder)])
    return Judge(trust.with_crls(authority().crls(NOW)) if lists else trust, revocation=revocation)
