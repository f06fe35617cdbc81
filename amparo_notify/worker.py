"""The worker: one clock that ticks at the next due instant, one bell that rings at a commit, and the senders.

Truth is rows. The loop claims what is due and hands it to senders; senders write nothing; the recorder commits what
they report in batches. Any number of workers share one database.
"""

import os
import queue
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import OperationalError

from amparo_notify.cases import dispatch, escalate, housekeeping
from amparo_notify.cases.dispatch import Result
from amparo_notify.cases.services import Services
from amparo_notify.store import outbox
from amparo_notify.store.database import Bell

SENDERS = 128
TICK_SECONDS = 1.0
"""The longest that the worker goes without looking, whatever the bell says."""

BEAT_SECONDS = 5

_log = structlog.get_logger()


class Worker:
    """Runs until `stop` is set, then finishes what is in flight."""

    def __init__(self, services: Services, stop: threading.Event, *, senders: int = SENDERS) -> None:
        self._services = services
        self._stop = stop
        self._senders = senders
        self._pool = ThreadPoolExecutor(senders, thread_name_prefix="sender")
        self._results: queue.SimpleQueue[Result | None] = queue.SimpleQueue()
        self._in_flight = 0
        self._free = threading.Condition()
        self._wake = threading.Event()
        self._name = f"{socket.gethostname()}:{os.getpid()}"

    def run(self) -> None:
        """Work until told to stop. A database that goes away is waited for, and said so."""
        recorder = threading.Thread(target=self._record, name="recorder")
        ringer = threading.Thread(target=self._listen, name="bell", daemon=True)
        scheduler = self._clock()
        recorder.start()
        ringer.start()
        scheduler.start()
        _log.info("worker ready", worker=self._name, senders=self._senders)
        while not self._stop.is_set():
            self._wake.clear()
            busy = self._guard(self._round, "tick")
            if not busy:
                self._wake.wait(self._pause())
        scheduler.shutdown(wait=True)
        self._pool.shutdown(wait=True)
        self._results.put(None)
        recorder.join()
        _log.info("worker stopped", worker=self._name)

    def _clock(self) -> BackgroundScheduler:
        """What happens by the clock alone. No job store: truth is rows."""
        options = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        scheduler = BackgroundScheduler(timezone="UTC", job_defaults=options)
        scheduler.add_job(self._wake.set, "interval", seconds=TICK_SECONDS, id="tick")
        scheduler.add_job(self._job(self._beat), "interval", seconds=BEAT_SECONDS, id="heartbeat")
        scheduler.add_job(self._job(self._ask), "interval", seconds=BEAT_SECONDS, id="ask providers")
        scheduler.add_job(self._job(self._sweep), "interval", hours=1, id="sweep")
        self._guard(self._beat, "heartbeat")
        return scheduler

    def _job(self, work: Callable[[], object]) -> Callable[[], None]:
        def job() -> None:
            self._guard(work, work.__name__.strip("_"))

        return job

    def _guard(self, work: Callable[[], object], what: str) -> bool:
        """Run `work`; when the database is away, say so and try again at the next tick: the rows wait."""
        try:
            return bool(work())
        except OperationalError as error:
            _log.error("database away", during=what, error=str(error.orig))
            self._stop.wait(TICK_SECONDS)
            return False

    def _round(self) -> bool:
        """Plan what is due, then hand what is due to free senders; return whether there may be more."""
        now = self._services.clock()
        planned = escalate.escalate_due(self._services, now) + housekeeping.release_due(self._services, now)
        room = self._room()
        if not room:
            return bool(planned)
        envelopes = dispatch.claim(self._services, self._services.clock(), room)
        for envelope in envelopes:
            self._pool.submit(self._send, envelope)
        with self._free:
            self._in_flight += len(envelopes)
        return bool(planned) or len(envelopes) == room

    def _room(self) -> int:
        """How many messages a free sender could start now: no more is claimed than that."""
        with self._free:
            return min(self._senders - self._in_flight, dispatch.BATCH)

    def _send(self, envelope: dispatch.Envelope) -> None:
        try:
            self._results.put(dispatch.send(self._services, envelope, self._services.clock()))
        except OperationalError as error:
            # The lease ends and the attempt is reconciled by whoever claims it next.
            _log.error("database away", during="last look", error=str(error.orig))
        finally:
            with self._free:
                self._in_flight -= 1
            self._wake.set()

    def _record(self) -> None:
        """The one recorder: takes what the senders report and commits it in batches."""
        while (first := self._results.get()) is not None:
            batch = [first]
            last = False
            while len(batch) < dispatch.BATCH and not self._results.empty():
                more = self._results.get()
                if more is None:
                    last = True
                    break
                batch.append(more)
            self._commit(batch)
            if last:
                return

    def _commit(self, batch: list[Result]) -> None:
        """Commit a batch, trying again while the database is away: a fact that was seen is not dropped."""
        while True:
            try:
                dispatch.record(self._services, batch, self._services.clock())
                return
            except OperationalError as error:
                _log.error("database away", during="record", error=str(error.orig), waiting=len(batch))
                if self._stop.wait(TICK_SECONDS):
                    return  # the leases end, and whoever comes next asks the providers

    def _listen(self) -> None:
        """Turn the database's bell into the loop's; the tick is the safety net while it is away."""
        bell: Bell | None = None
        while not self._stop.is_set():
            try:
                bell = bell or self._services.database.bell()
                if bell.wait(TICK_SECONDS):
                    self._wake.set()
            except Exception as error:  # noqa: BLE001 - whatever the driver raises, the bell is hung up anew
                _log.error("bell lost", error=str(error))
                bell = None
                self._stop.wait(TICK_SECONDS)

    def _pause(self) -> float:
        """Seconds until the next due instant, at most a tick."""
        next_at: datetime | None = None

        def look() -> None:
            nonlocal next_at
            next_at = escalate.next_instant(self._services)

        self._guard(look, "next instant")
        if next_at is None:
            return TICK_SECONDS
        return min(TICK_SECONDS, max(0.0, (next_at - self._services.clock()) / timedelta(seconds=1)))

    def _beat(self) -> None:
        with self._services.database.write() as tx:
            outbox.beat(tx, self._name, self._services.clock())

    def _ask(self) -> None:
        housekeeping.ask_providers(self._services, self._services.clock())

    def _sweep(self) -> None:
        housekeeping.sweep(self._services, self._services.clock())


def run(services: Services, stop: threading.Event) -> None:
    """Work until `stop` is set."""
    Worker(services, stop).run()
