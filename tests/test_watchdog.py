"""The watchdog: what it must notice, whom it tells, and that it says so when it cannot see."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from sqlalchemy import text

from amparo_notify import watchdog
from amparo_notify.cases.watch import Alarm, watch
from amparo_notify.core.errors import Unfit
from amparo_notify.demo.carrier_post import Callbacks
from amparo_notify.demo.faults import busy
from amparo_notify.pki.judge import Judge
from amparo_notify.store import machines
from amparo_notify.store.database import Database
from amparo_notify.watchdog import UNREADABLE, Settings, Watchdog
from tests.authority import NOW
from tests.homes import keys, postgresql_home, settled, sqlite_home, verifier
from tests.stage import until
from tests.world import World, telling

__all__ = ["keys", "postgresql_home", "settled", "sqlite_home", "verifier"]

LATE = Alarm("late", "Algo tarda.")


@pytest.fixture
def world(settled: Database, verifier: Judge, keys: Path) -> Iterator[World]:
    with telling(settled, verifier, keys) as told:
        beat(told)
        yield told
        told.forget()


def beat(world: World, worker: str = "host:1") -> None:
    with world.services.database.write() as tx:
        machines.beat(tx, worker, world.now)


def seen(world: World, **later: float) -> list[str]:
    """Names of the alarms, with a worker alive, so much later."""
    now = world.now + timedelta(**later)
    with world.services.database.write() as tx:
        machines.beat(tx, "host:1", now)
    return [each.name for each in watch(world.services.database, now)]


# -- what it notices ----------------------------------------------------------------------------------------


def test_a_quiet_night_raises_nothing(world: World) -> None:
    world.submit()
    assert seen(world, seconds=70) == []


def test_an_accepted_order_that_nobody_tries_to_tell_is_noticed_after_a_minute(world: World) -> None:
    world.order()
    assert ("untried-orders" in seen(world, seconds=59), "untried-orders" in seen(world, seconds=61)) == (
        False,
        True,
    )


def test_an_order_whose_notices_were_taken_out_of_the_database_is_noticed(world: World) -> None:
    world.order()
    with world.services.database.write() as tx:
        tx.execute(text("DELETE FROM notice"))
    assert "untried-orders" in seen(world, seconds=61)


def test_no_worker_alive_is_noticed(world: World) -> None:
    alarms = watch(world.services.database, world.now + timedelta(seconds=31))
    assert [each.name for each in alarms] == ["no-worker"]


def test_one_worker_of_two_that_falls_silent_is_noticed_by_name(world: World) -> None:
    beat(world, "host:2")
    assert seen(world, seconds=31) == ["worker-gone:host:2"]


def test_a_host_that_is_long_gone_is_spoken_of_no_more(world: World) -> None:
    beat(world, "host:2")
    assert seen(world, minutes=11) == []


def test_a_late_tick_is_noticed(world: World) -> None:
    world.submit()
    assert "late-escalations" in seen(world, seconds=180 + 16)


def test_a_due_notice_that_nobody_takes_is_noticed(world: World) -> None:
    world.order()
    assert "late-notices" in seen(world, seconds=31)


def test_a_provider_that_takes_nothing_is_noticed(world: World) -> None:
    world.carrier.faults.add("email", busy(503), None)
    world.submit()
    world.advance(seconds=65)
    world.carrier.faults.clear()
    assert "provider-refuses:sendgrid" in seen(world, seconds=62)


def test_a_provider_that_says_nothing_of_what_it_took_is_noticed(world: World) -> None:
    world.carrier.callbacks = Callbacks.NONE
    for n in range(3):
        world.submit(expediente=f"{n + 1}/2026")
    assert "provider-silent:sendgrid" in seen(world, seconds=62)


# -- whom it tells ------------------------------------------------------------------------------------------


@dataclass
class Told:
    """Roads and pings that remember."""

    alarms: list[tuple[str, tuple[Alarm, ...]]] = field(default_factory=list)
    pings: int = 0
    deaf: bool = False

    def road(self, word: str, alarms: tuple[Alarm, ...]) -> None:
        if self.deaf:
            raise OSError("nobody there")
        self.alarms.append((word, alarms))

    def ping(self) -> None:
        self.pings += 1


def dog(told: Told, *sights: tuple[Alarm, ...]) -> Watchdog:
    seen = iter(sights)
    return Watchdog(lambda now: next(seen), (told.road,), told.ping)


def rounds(of: Watchdog, *minutes: float) -> None:
    for each in minutes:
        of.round(NOW + timedelta(minutes=each))


def test_an_alarm_is_raised_once_and_cleared_once() -> None:
    told = Told()
    rounds(dog(told, (LATE,), (LATE,), ()), 0, 1, 2)
    assert told.alarms == [("raised", (LATE,)), ("cleared", (LATE,))]


def test_an_alarm_that_lasts_is_raised_again() -> None:
    told = Told()
    rounds(dog(told, (LATE,), (LATE,)), 0, 5)
    assert told.alarms == [("raised", (LATE,))] * 2


def test_an_alarm_that_nobody_took_is_raised_again_at_the_next_look() -> None:
    told = Told(deaf=True)
    barking = dog(told, (LATE,), (LATE,))
    rounds(barking, 0)
    told.deaf = False
    rounds(barking, 0.2)
    assert told.alarms == [("raised", (LATE,))]


def test_it_says_that_it_is_well_every_minute_while_all_is_well() -> None:
    told = Told()
    rounds(dog(told, (), (), (LATE,), ()), 0, 0.5, 1, 2)
    assert told.pings == 2


def test_a_database_that_cannot_be_read_is_an_alarm(tmp_path: Path) -> None:
    settings = Settings.from_environment(
        {"WATCHDOG_ALARM_URL": "http://alarm.example"}, f"sqlite:///{tmp_path / 'no.db'}"
    )
    database = watchdog.Database(settings.database_url)
    told = Told()
    alarms = Watchdog(lambda now: watch(database, now), (told.road,), told.ping).round(NOW)
    database.close()
    assert (alarms, told.pings) == ((UNREADABLE,), 0)


def test_without_anybody_to_tell_it_refuses_to_start() -> None:
    with pytest.raises(Unfit, match="nadie recibiría"):
        Settings.from_environment({}, "sqlite:///x")


def test_half_an_account_for_alarms_is_refused() -> None:
    with pytest.raises(Unfit, match="incompleta"):
        Settings.from_environment({"WATCHDOG_PHONES": "+525500000999"}, "sqlite:///x")


def test_secrets_may_be_given_in_files(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("https://alarm.example/secret\n")
    settings = Settings.from_environment({"WATCHDOG_ALARM_URL_FILE": str(file)}, "sqlite:///x")
    assert settings.alarm_url == "https://alarm.example/secret"


# -- its roads ----------------------------------------------------------------------------------------------


@pytest.fixture
def listener() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A web server that remembers: its address, and (path, body) of each request."""
    heard: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            heard.append((self.path, self.rfile.read(size).decode()))
            self.send_response(200)
            self.end_headers()

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", heard
    server.shutdown()
    server.server_close()


def test_alarms_are_posted_as_json(listener: tuple[str, list[tuple[str, str]]]) -> None:
    url, heard = listener
    (road,) = watchdog.roads(Settings.from_environment({"WATCHDOG_ALARM_URL": f"{url}/alarm"}, "sqlite:///x"))
    road("raised", (LATE,))
    posted = json.loads(heard[0][1])
    assert (posted["state"], posted["alarms"]) == ("raised", [{"name": "late", "sentence": "Algo tarda."}])


def test_alarms_are_texted_from_an_account_of_their_own(world: World) -> None:
    environ = {
        "WATCHDOG_TWILIO_ACCOUNT_SID": world.carrier.account_sid,
        "WATCHDOG_TWILIO_AUTH_TOKEN": world.carrier.auth_token,
        "WATCHDOG_TWILIO_FROM": "+525500000777",
        "WATCHDOG_TWILIO_API_URL": world.line.url,
        "WATCHDOG_PHONES": "+525500000999",
    }
    (road,) = watchdog.roads(Settings.from_environment(environ, "sqlite:///x"))
    road("raised", (LATE,))
    assert [each.body for each in world.carrier.texts("+525500000999")] == ["VIGILANTE: Algo tarda."]


def test_running_it_looks_at_the_rows_and_asks_for_its_address(
    world: World, listener: tuple[str, list[tuple[str, str]]]
) -> None:
    url, heard = listener
    environ = {"WATCHDOG_ALARM_URL": f"{url}/alarm", "WATCHDOG_URL": f"{url}/well"}
    stop = threading.Event()
    settings = Settings.from_environment(environ, world.config.database_url)
    running = threading.Thread(target=watchdog.run, args=(settings, stop), kwargs={"every": 0.05})
    running.start()
    until(lambda: heard, 10, "a word from the watchdog")
    stop.set()
    running.join()
    world.errors.clear()
    assert "no-worker" in heard[0][1]  # the world's heartbeat is of another day


def test_the_hour_of_a_heartbeat_is_its_own(world: World) -> None:
    with world.services.database.read() as tx:
        assert machines.heartbeats(tx) == {"host:1": datetime.fromisoformat(NOW.isoformat())}
