"""The real service in processes of its own, for what no thread can show: kills, cut connections, and benchmarks.

A stage has a database, keys, trust anchors and an invented country. `start("web")` and `start("worker")` run the
command line as in production (PROVIDERS=live), with the carriers' addresses pointed at a double on loopback.
"""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time as clock
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from amparo_notify.bootstrap import NoJudge, build
from amparo_notify.cases import manage, personnel, signin
from amparo_notify.cases.personnel import NewOfficer
from amparo_notify.cases.services import OPERATOR, Services
from amparo_notify.channels.local import LocalAccount, local_account
from amparo_notify.cli.supervised import SUPERVISED
from amparo_notify.config import Config
from amparo_notify.core.notice import Medium
from amparo_notify.core.policy import Level, Policy, Target
from amparo_notify.core.roster import Rotation, Shift
from amparo_notify.demo.authority import Authority, Identity
from amparo_notify.demo.carrier import Carrier, post_over_http
from amparo_notify.demo.order_pdf import DemoOrder, order_pdf
from amparo_notify.demo.signing import sign_pdf
from amparo_notify.seal.secrets import Argon2

PUBLIC_URL = "https://amparo.example"
COURT = "J5TEST"
PIN = "482916"
CURP, RFC = "NUFX800101MDFXXX09", "NUFX800101AB1"
PROCFILE = Path(__file__).parents[1] / "Procfile"
SHIFTS = (Shift(0, time(8), time(8), 0),)


@dataclass
class Process:
    """One process of the service."""

    name: str
    popen: subprocess.Popen[bytes]
    port: int = 0

    def kill(self) -> None:
        """As if the power went."""
        self.popen.kill()
        self.popen.wait()

    def stop(self, patience: float = 40) -> int:
        """Ask it to end (SIGTERM); return its exit code."""
        self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(patience)

    @property
    def alive(self) -> bool:
        return self.popen.poll() is None

    @property
    def frozen(self) -> bool:
        """Whether it was stopped and stands still (proc(5), the state after the name in brackets)."""
        return Path(f"/proc/{self.popen.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


@dataclass(frozen=True)
class Answer:
    """What a web process said, and after how many seconds."""

    status: int
    headers: dict[str, str]
    text: str
    seconds: float

    @property
    def json(self) -> dict[str, Any]:
        """The answer as JSON; a page is under `body`."""
        try:
            found: dict[str, Any] = json.loads(self.text or "{}")
        except ValueError:
            return {"body": self.text}
        return found


class Stage:
    """A folder with everything that the service's processes need, and those processes."""

    def __init__(
        self, folder: Path, database_url: str, carrier_url: str, lasts: timedelta = timedelta(days=1)
    ) -> None:
        """`lasts`: how long the authority's revocation lists are good for."""
        self.folder, self.processes = folder, list[Process]()
        self.secret = secrets.token_urlsafe(32)
        self.local: LocalAccount = local_account(self.secret.encode())
        self.environment = {
            "DATABASE_URL": database_url,
            "PUBLIC_URL": PUBLIC_URL,
            "SECRET_KEY": self.secret,
            "PROVIDERS": "live",
            "TWILIO_ACCOUNT_SID": self.local.account_sid,
            "TWILIO_AUTH_TOKEN": self.local.auth_token,
            "TWILIO_FROM": self.local.sms_from,
            "TWILIO_API_URL": carrier_url,
            "SENDGRID_API_KEY": self.local.api_key,
            "SENDGRID_FROM": "avisos@amparo-notify.example",
            "SENDGRID_API_URL": carrier_url,
            "SENDGRID_WEBHOOK_PUBLIC_KEY": self.local.events_public_key,
            "KEYS": str(folder / "keys"),
            "TRUST_ANCHORS": str(folder / "anchors"),
            "CRL_SOURCES": str(folder / "crls"),
            "LOG_LEVEL": "WARNING",
        }
        self._judge = self._trust(lasts)
        self.services: Services = build(
            Config.from_environment(self.environment, uploads=False),
            verifier=NoJudge(),
            secrets=Argon2(rounds=1, memory=64),
        )
        self.token = ""

    def _trust(self, lasts: timedelta) -> Identity:
        now = datetime.now(UTC)
        authority = Authority.create(now)
        (self.folder / "anchors").mkdir()
        (self.folder / "crls").mkdir()
        authority.write_trust(self.folder / "anchors")
        for by_root in (False, True):
            crl = authority.crl(now, by_root=by_root, lasts=lasts)
            (self.folder / "crls" / f"{by_root:d}.crl").write_bytes(crl)
        return authority.issue("JUEZA FICTICIA NÚÑEZ", CURP, RFC, now=now)

    # -- the country ----------------------------------------------------------------------------------------

    def settle(self, stations: int = 1, agents: int = 1, policy: Policy | None = None) -> None:
        """Found one court and its stations S000, S001…, each with agents on duty all day."""
        do, now = (self.services, OPERATOR), datetime.now(UTC)
        manage.add_court(*do, COURT, "Juzgado Ficticio", "55 0000 1122", "America/Mexico_City", now)
        manage.add_signer(*do, COURT, now, certificate=self._judge.certificate)
        self.token = personnel.add_token(*do, COURT, "bench", now)
        for n in range(stations):
            self.found(n, agents, policy)

    def found(self, n: int, agents: int = 1, policy: Policy | None = None) -> None:
        """Found the n-th station."""
        do, now = (self.services, OPERATOR), datetime.now(UTC)
        code = f"S{n:03}"
        manage.add_station(*do, code, f"Estación {n}", "America/Mexico_City", "", now)
        badges = tuple(f"{code}-{k}" for k in range(agents))
        for k, badge in enumerate(badges):
            self._officer(badge, n * agents + k, station=code)
        duty = (Rotation("agentes", date(2026, 1, 1), 1, SHIFTS, (badges,)),)
        roster = replace(manage.roster_of(self.services, code), rotations=duty)
        manage.save_roster(*do, code, roster, now)
        manage.save_policy(*do, code, policy or policy_of(), now)

    chief = "+525500009999"

    def headquarters(self) -> None:
        """Somebody above all stations, at `chief`."""
        self._officer("INM-G1", 9999)

    def _officer(self, badge: str, n: int, **where: str) -> None:
        now = datetime.now(UTC)
        new = NewOfficer(badge, "Agente", f"Nombre {n}", (phone(n),), (mail(n),), **where)
        link = personnel.add_officer(self.services, OPERATOR, new, now)
        signin.choose_pin(self.services, link.rpartition("/")[2], PIN, now)

    def signed(self, number: int, kilobytes: int = 0) -> bytes:
        """A signed order, as PDF of about so many kB."""
        expediente = f"{number}/2026"
        plain = (
            padded(expediente, kilobytes)
            if kilobytes
            else order_pdf(replace(DemoOrder(), expediente=expediente))
        )
        return sign_pdf(plain, self._judge)

    # -- processes ------------------------------------------------------------------------------------------

    def start(self, name: str, *arguments: str, script: Sequence[str] = (), **changes: str) -> Process:
        """Start `amparo-notify NAME`, or a script in its place; the web is waited for."""
        port, options = 0, list(arguments)
        if name == "web":
            port = free_port()
            options += ["--host", "127.0.0.1", "--port", str(port)]
        command = [sys.executable, *(script or ("-m", "amparo_notify")), name, *options]
        return self._launch(name, command, port, changes)

    def gunicorn(self, **changes: str) -> Process:
        """Start the web as the Procfile does, and wait for it."""
        line = next(each for each in PROCFILE.read_text().splitlines() if each.startswith("web: "))
        port, path = free_port(), f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        command = ["bash", "-c", "exec " + line.removeprefix("web: ")]
        return self._launch("web", command, port, {"PATH": path, "PORT": str(port), **changes})

    def _launch(self, name: str, command: list[str], port: int, changes: Mapping[str, str]) -> Process:
        environment = {**os.environ, **self.environment, **changes, "AMPARO_VAR": str(self.folder / "var")}
        environment[SUPERVISED] = "1"  # its standard input ends with us: no test leaves a process behind
        log = (self.folder / f"{name}.log").open("ab")
        popen = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        process = Process(name, popen, port)
        self.processes.append(process)
        if port:
            until(lambda: self.get(process, "/healthz") == 200, 60, f"{name} answers")
        return process

    def close(self) -> None:
        """Kill what still runs, and put the database away."""
        for each in self.processes:
            if each.alive:
                each.kill()
        self.services.database.close()

    def logged(self) -> str:
        """All that the processes said."""
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    # -- requests -------------------------------------------------------------------------------------------

    def get(self, web: Process, path: str) -> int:
        """The status of a GET, or 0 where nobody answers."""
        with suppress(OSError):
            return self.ask(web, "GET", path).status
        return 0

    def ask(
        self,
        web: Process,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The answer to a request, and how long it took. Raises OSError where the line is cut."""
        began = clock.monotonic()
        connection = HTTPConnection("127.0.0.1", web.port, timeout=60)
        try:
            connection.request(method, path, body or None, dict(headers or {}))
            given = connection.getresponse()
            text = given.read().decode("utf-8", "replace")
        finally:
            connection.close()
        return Answer(given.status, dict(given.headers), text, clock.monotonic() - began)

    def submit(
        self, web: Process, number: int, document: bytes, stations: Sequence[str] = ("S000",), **fields: Any
    ) -> tuple[int, dict[str, Any]]:
        """Submit one order through the API; return status and answer. Raises OSError where the line is cut."""
        answer = self.upload(web, number, document, stations, **fields)
        return answer.status, answer.json

    def upload(
        self, web: Process, number: int, document: bytes, stations: Sequence[str] = ("S000",), **fields: Any
    ) -> Answer:
        """The same, with all of the answer."""
        order = {
            "expediente": f"{number}/2026",
            "stations": list(stations),
            "persons": [{"name": "CANARIA INVENTADA"}],
            **fields,
        }
        body, kind = multipart({"order": json.dumps(order).encode(), "document": document})
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        return self.ask(web, "POST", "/api/v1/orders", body, headers)

    def post(
        self, web: Process, path: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, Any]]:
        answer = self.ask(web, "POST", path, body, headers)
        return answer.status, answer.json

    def double(
        self,
        web: Callable[[], Process] | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> Carrier:
        """The carriers that this stage's service sends to. Callbacks go to the web process of the moment, if any."""
        local = self.local
        return Carrier(
            account_sid=local.account_sid,
            auth_token=local.auth_token,
            api_key=local.api_key,
            events_key=local.events_key,
            public_url=PUBLIC_URL,
            clock=clock,
            post=self.carry(web) if web else post_over_http,
            number=local.sms_from,
        )

    def carry(self, web: Callable[[], Process]) -> Callable[[str, Mapping[str, str], bytes], bytes]:
        """How a double's callbacks reach the web process of the moment."""

        def post(url: str, headers: Mapping[str, str], body: bytes) -> bytes:
            status, answer = self.post(web(), url.removeprefix(PUBLIC_URL), body, headers)
            if status >= 400:
                raise OSError(f"{status}")
            return str(answer.get("body", "")).encode()

        return post


def policy_of(*media: Medium, delay: int = 180) -> Policy:
    """Whoever is on duty, and after `delay` seconds headquarters."""
    means = media or tuple(Medium)
    levels = (
        Level((Target("rotation", "agentes"),), means, 0),
        Level((Target("headquarters"),), means, delay),
    )
    return Policy(
        levels=levels,
        repeat_after=delay,
        display_within=180,
        outcome_within=900,
    )


def phone(n: int) -> str:
    return f"+52550000{n:04}"


def mail(n: int) -> str:
    return f"agente{n}@estacion.example"


def padded(expediente: str, kilobytes: int) -> bytes:
    """An order with a scanned page of noise, for its weight."""
    side = int((kilobytes * 1024 / 3) ** 0.5)
    scan = Image.frombytes("RGB", (side, side), os.urandom(side * side * 3))
    output = BytesIO()
    page = Canvas(output, pageCompression=0)
    page.drawString(72, 720, f"Expediente {expediente}")
    page.drawImage(ImageReader(scan), 72, 72, 400, 400)
    page.save()
    return output.getvalue()


def multipart(parts: Mapping[str, bytes]) -> tuple[bytes, str]:
    """(body, content type) of a form with files."""
    mark = secrets.token_hex(12)
    body = b"".join(
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n".encode()
        + content
        + b"\r\n"
        for name, content in parts.items()
    )
    return body + f"--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def until(done: Callable[[], object], seconds: float, what: str) -> None:
    """Wait until something holds. Fails naming it when it does not in time."""
    end = clock.monotonic() + seconds
    while not done():
        if clock.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        clock.sleep(0.02)
