"""The worker: one loop that looks at the next due instant, one bell that rings at a commit, and the senders.

Truth is rows. The loop claims what is due and hands it to senders; senders write nothing; the recorder commits what
they report in batches. Any number of workers share one database.
"""

import gc
import os
import queue
import secrets
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from amparo_notify.cases import (
    coverage,
    dispatch,
    drill,
    escalate,
    housekeeping,
    missed_texts,
    standing,
    trust,
)
from amparo_notify.cases.compose import Envelope
from amparo_notify.cases.dispatch import Result
from amparo_notify.cases.last_look import LastLook
from amparo_notify.cases.services import Services
from amparo_notify.core.notice import Medium
from amparo_notify.store import machines
from amparo_notify.store.database import AWAY, Bell

SENDERS = 48
"""For each provider of each medium, so that one that hangs holds up nobody else's messages: 144 with one for each.

A sender does nothing but wait for its provider, so their number is rate times latency: 250 messages a second at 150 ms
keep 38 busy. With 48 one medium alone leaves at 320 a second, which is what a processor can compose and sign; more
threads would only wait for each other.
"""

TICK = 1.0
"""Seconds: the longest that the worker goes without looking, whatever the bell says."""

BREATH = 0.02
"""Seconds before the next look where something is due and nobody can take it: its order is held, no sender is free."""

SLOW = 2.0
"""Seconds after which an answer is late: while half of a provider's senders wait so, the next provider is used."""

GATHER = 0.05
"""Seconds that the recorder waits for more outcomes: one commit for many is what makes a bad day bearable."""

BEAT = timedelta(seconds=5)
Jobs = Mapping[str, tuple[Callable[[Services, datetime], object], int]]

JOBS: Jobs = {
    "ask providers": (housekeeping.ask_providers, 5),
    "missed texts": (missed_texts.read_missed, missed_texts.LOOK_EVERY),
    "sweep": (housekeeping.sweep, 3600),
    "revocation": (trust.keep_fresh, trust.FRESH_EVERY),
    "drills": (drill.end_due, drill.END_EVERY),
    "coverage": (coverage.watch, coverage.WATCH_EVERY),
    "standing": (standing.look, standing.LOOK_EVERY),
}
"""What is done by the clock alone, and every how many seconds. Each worker does it: a job that only one may do takes
its slot (`store.machines.take_slot`)."""

_log = structlog.get_logger()


@dataclass
class Road:
    """The senders of one medium: so many for each of its providers, that one that hangs leaves the next its own."""

    medium: Medium
    senders: int
    providers: tuple[str, ...]
    pool: ThreadPoolExecutor = field(init=False)
    calls: dict[int, tuple[str, float]] = field(default_factory=dict)  # attempt to provider, and since when

    def __post_init__(self) -> None:
        threads = self.senders * max(1, len(self.providers))
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix=f"{self.medium} sender")

    def stuck(self) -> frozenset[str]:
        """Providers that keep half of their senders waiting, while there is another one."""
        if len(self.providers) < 2:
            return frozenset()
        before = time.monotonic() - SLOW
        waiting = Counter(name for name, since in self.calls.values() if since < before)
        found = frozenset(name for name, number in waiting.items() if number * 2 >= self.senders)
        return found if len(found) < len(self.providers) else frozenset()

    def room(self) -> int:
        """How many messages free senders could start now: no more is claimed than that.

        On a bad day none until a quarter of the senders is free: a claim costs almost the same for one as for many.
        """
        stuck = self.stuck()
        chosen = next((name for name in self.providers if name not in stuck), "")
        free = self.senders - sum(name == chosen for name, _ in self.calls.values())
        return min(free, dispatch.BATCH) if free * 4 >= self.senders else 0


class Worker:
    """Runs until `stop` is set, then finishes what is in flight."""

    def __init__(
        self, services: Services, stop: threading.Event, *, senders: int = SENDERS, jobs: Jobs = JOBS
    ) -> None:
        self._services, self._jobs = services, jobs
        self._look = LastLook(services.database)
        self._stop = stop
        self._roads = {
            medium: Road(medium, senders, tuple(each.name for each in services.providers.get(medium, ())))
            for medium in Medium
        }
        self._results: queue.SimpleQueue[Result | None] = queue.SimpleQueue()
        self._turn = threading.Lock()  # over the roads' `calls`
        self._wake = threading.Event()
        self._beaten: datetime | None = None
        self._name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"

    def run(self) -> None:
        """Work until told to stop. A database that goes away is waited for, and said so."""
        recorder = threading.Thread(target=self._record, name="recorder")
        scheduler = self._clock()
        recorder.start()
        threading.Thread(target=self._listen, name="bell", daemon=True).start()
        scheduler.start()
        _log.info("worker ready", worker=self._name)
        while not self._stop.is_set():
            self._wake.clear()
            pause = self._guard(self._round, "tick")
            self._wake.wait(TICK if pause is None else pause)
        scheduler.shutdown(wait=True)
        for road in self._roads.values():
            road.pool.shutdown(wait=True)
        self._results.put(None)
        recorder.join()
        self._guard(self._leave, "farewell")
        _log.info("worker stopped", worker=self._name)

    def _clock(self) -> BackgroundScheduler:
        """What happens by the clock alone. No job store: truth is rows."""
        options = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        scheduler = BackgroundScheduler(timezone="UTC", job_defaults=options)
        for name, (work, seconds) in self._jobs.items():
            first = self._services.clock()  # at once: a new host has no revocation lists yet
            scheduler.add_job(
                self._job(work, name), "interval", seconds=seconds, id=name, next_run_time=first
            )
        return scheduler

    def _job(self, work: Callable[[Services, datetime], object], name: str) -> Callable[[], object]:
        return lambda: self._guard(lambda: work(self._services, self._services.clock()), name)

    def _guard(self, work: Callable[[], float | object], what: str) -> float | None:
        """Run `work` and return its number; when it cannot be done now, say so: the rows wait for the next time."""
        try:
            done = work()
            return done if isinstance(done, float) else None
        except AWAY as error:
            _log.error("database away", during=what, error=type(error).__name__)
        except Exception:  # noqa: BLE001 - a worker that dies of one row helps nobody else's
            _log.exception("failed", during=what)
        return None

    # -- the loop -------------------------------------------------------------------------------------------

    def _round(self) -> float:
        """Plan what is due, hand what is due to free senders; return how many seconds there is nothing to do."""
        now = self._services.clock()
        self._beat(now)
        ahead = escalate.look_ahead(self._services)
        next_at = ahead.work()
        if next_at is None or next_at > now:  # one look a second, and no more, while nothing is due
            return TICK if next_at is None else min(TICK, (next_at - now) / timedelta(seconds=1))
        planned = 0
        if ahead.plan is not None and ahead.plan <= now:
            planned += escalate.escalate_due(self._services, now)
        if ahead.release is not None and ahead.release <= now:
            planned += housekeeping.release_due(self._services, now)
        with self._turn:
            room = {medium: road.room() for medium, road in self._roads.items()}
            stuck = {medium: road.stuck() for medium, road in self._roads.items()}
        envelopes = dispatch.claim(self._services, self._services.clock(), room, stuck)
        for envelope in envelopes:
            self._hand_over(envelope)
        return 0.0 if planned or envelopes else BREATH

    def _hand_over(self, envelope: Envelope) -> None:
        road = self._roads[envelope.claimed.medium]
        with self._turn:
            road.calls[envelope.attempt] = road.providers[envelope.provider], time.monotonic()
        road.pool.submit(self._send, road, envelope)

    def _beat(self, now: datetime) -> None:
        """Show that the loop goes round: a worker whose loop hangs is not alive."""
        if self._beaten is None or now - self._beaten >= BEAT:
            with self._services.database.write() as tx:
                machines.beat(tx, self._name, now, self._services.verifier.fingerprint)
            self._beaten = now

    def _leave(self) -> None:
        with self._services.database.write() as tx:
            machines.leave(tx, self._name)

    # -- the senders and the recorder -----------------------------------------------------------------------

    def _send(self, road: Road, envelope: Envelope) -> None:
        try:
            self._results.put(dispatch.send(self._services, self._look, envelope, self._services.clock()))
        except AWAY as error:
            # The lease ends and the attempt is reconciled by whoever claims it next.
            _log.error("database away", during="last look", error=type(error).__name__)
        except Exception:  # noqa: BLE001 - nobody looks at this thread's end: say it here; the lease ends
            _log.exception("failed", during="send", notice=envelope.claimed.id)
        finally:
            with self._turn:
                was_full = not road.room()
                del road.calls[envelope.attempt]
                has_room = road.room() > 0
            if was_full and has_room:
                self._wake.set()

    def _record(self) -> None:
        """The one recorder: takes what the senders report and commits it in batches."""
        last = False
        while not last:
            batch = [self._results.get()]
            time.sleep(GATHER if batch[0] else 0)
            while len(batch) < dispatch.BATCH and batch[-1] is not None and not self._results.empty():
                batch.append(self._results.get())
            last = batch[-1] is None
            self._commit([each for each in batch if each is not None])

    def _commit(self, batch: list[Result]) -> None:
        """Commit a batch, trying again while the database is away: a fact that was seen is not dropped."""
        while batch:
            try:
                dispatch.record(self._services, batch, self._services.clock())
                break
            except AWAY as error:
                _log.error("database away", during="record", error=type(error).__name__, waiting=len(batch))
                if self._stop.wait(TICK):
                    return  # the leases end, and whoever comes next asks the providers
            except Exception:  # noqa: BLE001 - one outcome that cannot be written holds up no other
                _log.exception("failed", during="record", notice=batch[0].envelope.claimed.id)
                for each in batch if len(batch) > 1 else ():
                    self._commit([each])
                return
        if any(each.sent is None for each in batch):
            self._wake.set()  # something is due again, perhaps at once

    # -- the bell -------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        """Turn the database's bell into the loop's; the tick is the safety net while it is away."""
        bell: Bell | None = None
        while not self._stop.is_set():
            try:
                if bell is None:
                    bell = self._services.database.bell()
                    self._wake.set()  # what rang before this bell hung here
                if bell.wait(TICK):
                    self._wake.set()
            except Exception as error:  # noqa: BLE001 - whatever the driver raises, the bell is hung up anew
                _log.error("bell lost", error=type(error).__name__)
                self._hang_up(bell)
                bell = None
                self._stop.wait(TICK)
        self._hang_up(bell)

    def _hang_up(self, bell: Bell | None) -> None:
        if bell is not None:
            self._guard(bell.close, "hanging up")


def run(services: Services, stop: threading.Event) -> None:
    """Work until `stop` is set."""
    gc.freeze()  # what was imported stays: to look at it again and again takes a sixth of a second each time
    Worker(services, stop).run()
