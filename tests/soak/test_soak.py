"""Thirty hours of eight stations on bad days: what the processes hold stays flat, and nothing is left lying."""

import heapq
import mmap
import os
import random
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import text

from amparo_notify.cases import escalate, housekeeping
from amparo_notify.cases.watch import watch
from amparo_notify.cases.witness import timeline
from amparo_notify.demo.carrier import Carrier
from amparo_notify.demo.carrier_post import Callbacks
from amparo_notify.demo.carrier_server import CarrierServer
from amparo_notify.demo.faults import Fault, Road, busy, garbage, hang, reset
from amparo_notify.store import machines
from tests.soak.country import STATIONS, People, found
from tests.stage import Process, Stage, free_port, until

pytestmark = pytest.mark.long

HOURS = float(os.environ.get("SOAK_HOURS", "30"))
WARM = HOURS / 3
"""Hours after which nothing may grow any more."""
RUNNER = str(Path(__file__).with_name("runner.py"))
STEP = timedelta(seconds=120)
FAULTS = (busy(429, 7), busy(503), busy(500), reset(accepted=False), reset(accepted=True), garbage())
RARE = (hang(accepted=False), hang(accepted=True))
ROADS: tuple[Road, ...] = ("sms", "voice", "email")
NEVER = {"untried-orders", "late-escalations", "late-notices", "no-worker"}
"""Alarms that must not sound while the worker lives."""
GROWTH = 24 << 10
"""kB of memory that a process may take beyond what it had when warm: the allocator's own breathing."""


class Soak:
    """A service whose clock we turn, and all that happens to it."""

    def __init__(self, stage: Stage, carrier: Carrier, clock: mmap.mmap, now: datetime) -> None:
        self.stage, self.carrier, self._clock, self.now = stage, carrier, clock, now
        self.chance = random.Random(20261122)
        self.people = People(stage, carrier, self.chance)
        self.began, self.submitted, self.rang = now, 0, 0
        self.alarms: Counter[str] = Counter()
        self.samples: dict[str, list[tuple[float, int, int]]] = {}  # process → (hour, kB, descriptors)
        self._todo: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = count()
        self.processes: list[Process] = []

    @property
    def web(self) -> Process:
        return self.processes[0]

    def run(self) -> None:
        """Live through it all."""
        end = self.began + timedelta(hours=HOURS)
        until(self._beating, 60, "the worker's first heartbeat")
        self.later(0, self._submit)
        self.later(0, self._weather)
        self.later(0, self._sample)
        while self.now < end:
            self._turn(min(self.now + STEP, end, *(each for each in self._next() if each > self.now)))
            while self._todo and self._todo[0][0] <= self.now:
                heapq.heappop(self._todo)[2]()
            self.carrier.tick()
            housekeeping.ask_providers(self.stage.services, self.now)
            self._settle()

    def later(self, minutes: float, deed: Callable[[], None]) -> None:
        heapq.heappush(self._todo, (self.now + timedelta(minutes=minutes), next(self._order), deed))

    def _next(self) -> list[datetime]:
        due = escalate.next_instant(self.stage.services)
        return [each for each in (due, self._todo[0][0] if self._todo else None) if each]

    def _turn(self, now: datetime) -> None:
        self.now = max(now, self.now + timedelta(milliseconds=1))
        self._clock[:8] = struct.pack("d", self.now.timestamp())
        database = self.stage.services.database
        self.rang += 1
        with database.write() as tx:  # the worker sleeps by real seconds: wake it
            database.wake(tx)
            if database.sqlite:
                tx.exec_driver_sql(f"PRAGMA user_version = {self.rang}")

    def _settle(self) -> None:
        """Until the worker has looked at this instant, nothing is due and nothing is on the wire."""
        end = time.monotonic() + 3
        while not self._quiet() and time.monotonic() < end:
            time.sleep(0.005)
        self.alarms.update(each.name for each in watch(self.stage.services.database, self.now))

    def _quiet(self) -> bool:
        due = escalate.next_instant(self.stage.services)
        if due is not None and due <= self.now:
            return False
        with self.stage.services.database.read() as tx:
            looked = max(machines.heartbeats(tx).values()) > self.now - timedelta(seconds=5)
        return looked and not self._flying()

    def _beating(self) -> bool:
        with self.stage.services.database.read() as tx:
            return bool(machines.heartbeats(tx))

    def _flying(self) -> int:
        query = (
            "SELECT count(*) FROM notice n JOIN attempt a ON a.notice = n.id AND a.fence = n.fence "
            "WHERE n.state = 'open' AND a.status = 'attempted'"
        )
        return self.count(query)

    def count(self, query: str, **values: object) -> int:
        with self.stage.services.database.read() as tx:
            return int(tx.execute(text(query), values).scalar_one())

    # -- what happens ---------------------------------------------------------------------------------------

    def _submit(self) -> None:
        if self.now > self.began + timedelta(hours=HOURS - 2):
            return
        self.submitted += 1
        order, station = self.submitted, self.chance.randrange(STATIONS)
        departs = (self.now + timedelta(minutes=self.chance.randrange(60, 600))).isoformat()
        person = {"name": "CANARIA INVENTADA", "departs_at": departs}
        document = self.stage.signed(order)
        status, answer = self.stage.submit(self.web, order, document, [f"S{station:03}"], persons=[person])
        assert status == 201, answer
        self.later(self.chance.expovariate(1 / 6), lambda: self._answered(order, station))
        self.later(self.chance.expovariate(1 / 8), self._submit)

    def _answered(self, order: int, station: int) -> None:
        if not self.people.answer(order, station, self.now):
            self.later(3, lambda: self._answered(order, station))
            return
        slow = self.chance.random() < 0.2
        self.later(
            self.chance.uniform(60, 120) if slow else self.chance.uniform(1, 14),
            lambda: self._end(order, station),
        )

    def _end(self, order: int, station: int) -> None:
        if not self.people.finish(order, station, self.now):
            self.later(5, lambda: self._end(order, station))

    def _weather(self) -> None:
        """Other faults and another way of reporting, every quarter of an hour or so."""
        self.carrier.deliver(late=True)
        self.carrier.faults.clear()
        self.carrier.callbacks = self.chance.choice(list(Callbacks))
        for road in ROADS:
            fault: Fault = self.chance.choice(FAULTS if self.chance.random() < 0.9 else RARE)
            if self.chance.random() < 0.6:
                self.carrier.faults.add(road, fault, self.chance.randrange(1, 4))
        self.later(self.chance.uniform(5, 25), self._weather)

    def _sample(self) -> None:
        for each in self.processes:
            status = Path(f"/proc/{each.popen.pid}/status").read_text()
            memory = int(status.partition("VmRSS:")[2].split()[0])
            descriptors = len(os.listdir(f"/proc/{each.popen.pid}/fd"))
            hour = (self.now - self.began) / timedelta(hours=1)
            self.samples.setdefault(each.name, []).append((hour, memory, descriptors))
        self.later(20, self._sample)


@pytest.fixture
def soak(database_url: str, tmp_path: Path) -> Iterator[Soak]:
    now, port = datetime.now(UTC), free_port()
    face = tmp_path / "clock"
    face.write_bytes(struct.pack("d", now.timestamp()))
    stage = Stage(tmp_path, database_url, f"http://127.0.0.1:{port}", lasts=timedelta(days=7))
    found(stage, now)
    with face.open("r+b") as file, mmap.mmap(file.fileno(), 8) as clock:
        carrier = stage.double(lambda: made.web, clock=lambda: made.now)
        made = Soak(stage, carrier, clock, now)
        with CarrierServer(carrier, port):
            made.processes += [
                stage.start(name, script=[RUNNER], SOAK_CLOCK=str(face)) for name in ("web", "worker")
            ]
            yield made
            stage.close()
            carrier.stop()


def test_thirty_hours_of_bad_days_leave_nothing_lying_and_nothing_grown(soak: Soak) -> None:
    began = time.monotonic()
    soak.run()
    report(soak, time.monotonic() - began)
    assert not [name for name in soak.alarms if name in NEVER], soak.alarms
    assert all(each.alive for each in soak.processes)
    leases = "SELECT count(*) FROM notice WHERE state = 'open' AND next_at < :now"
    assert soak.count(leases, now=soak.now - timedelta(minutes=1)) == 0
    untold = (
        "SELECT count(*) FROM orders o WHERE NOT EXISTS (SELECT 1 FROM attempt a JOIN notice n ON n.id = a.notice "
        "WHERE n.orders = o.id AND a.status NOT IN ('attempted', 'unknown', 'refused', 'undelivered'))"
    )
    assert (soak.count("SELECT count(*) FROM orders"), soak.count(untold)) == (soak.submitted, 0)
    with soak.stage.services.database.read() as tx:
        for log in tx.execute(text("SELECT id FROM log")).scalars().all():
            timeline(soak.stage.services, tx, log)
    for name in soak.samples:
        warm, after = split(soak, name)
        assert max(memory for _, memory, _ in after) - max(memory for _, memory, _ in warm) < GROWTH, name
        assert max(each for _, _, each in after) <= max(each for _, _, each in warm) + 3, name


def split(soak: Soak, name: str) -> tuple[list[tuple[float, int, int]], list[tuple[float, int, int]]]:
    """The samples of a process until it was warm, and since."""
    every = soak.samples[name]
    return [each for each in every if each[0] <= WARM], [each for each in every if each[0] > WARM]


def report(soak: Soak, seconds: float) -> None:
    """The figures, for whoever runs it with -s."""
    attempts, records = (soak.count(f"SELECT count(*) FROM {each}") for each in ("attempt", "record"))
    reported = soak.count("SELECT count(*) FROM escalation WHERE phase = 'reported'")
    print(
        f"\n{HOURS:.0f} h in {seconds:.0f} s: {soak.submitted} orders, {reported} with an outcome, "
        f"{attempts} attempts, {records} records, {soak.rang} turns; alarms {dict(soak.alarms)}"
    )
    for name, samples in soak.samples.items():
        sixths = [samples[round(n * (len(samples) - 1) / 6)] for n in range(7)]
        said = ", ".join(f"{hour:.0f} h {memory >> 10} MB {open_} fd" for hour, memory, open_ in sixths)
        print(f"{name}: {said}")
