"""The worker with real threads, on both databases: what is owed leaves once, whoever dies or comes back late."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from amparo_notify.cases import dispatch, housekeeping
from amparo_notify.cases.compose import Envelope
from amparo_notify.cases.last_look import LastLook
from amparo_notify.cases.services import Services
from amparo_notify.core.errors import ChannelError
from amparo_notify.core.notice import Medium, Status
from amparo_notify.core.ports import Message, Sent
from amparo_notify.pki.judge import Judge
from amparo_notify.store import claims, machines
from amparo_notify.store.database import Database
from amparo_notify.worker import Worker
from tests.homes import keys, postgresql_home, settled, sqlite_home, verifier
from tests.stage import until
from tests.world import AGENT, CHIEF, World, telling

__all__ = ["keys", "postgresql_home", "settled", "sqlite_home", "verifier"]

EVERYTHING = dict.fromkeys(Medium, 64)


@pytest.fixture
def world(settled: Database, verifier: Judge, keys: Path) -> Iterator[World]:
    with telling(settled, verifier, keys) as told:
        yield told
        told.forget()


@dataclass
class Road:
    """A provider that does what the test says, and remembers."""

    name: str = "road"
    fault: Callable[[Message], ChannelError | None] = lambda message: None
    gate: threading.Event | None = None
    taken: list[Message] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)

    def send(self, message: Message) -> Sent:
        self.begun.append(message.reference)
        if self.gate is not None:
            self.gate.wait(20)
        if error := self.fault(message):
            raise error
        self.taken.append(message)
        return Sent(self.name, f"id-{message.reference}")

    def find(self, message: Message, since: datetime) -> Sent | None:
        self.asked.append(message.reference)
        known = any(each.reference == message.reference for each in self.taken)
        return Sent(self.name, f"id-{message.reference}") if known else None

    def status(self, provider_id: str, medium: Medium) -> Status | None:
        return None


def on_roads(world: World, **roads: Road) -> Services:
    """The world's services with other providers."""
    made = {medium: (roads.get(str(medium), Road()),) for medium in Medium}
    return replace(world.services, providers=made)


def owed(world: World, orders: int = 1) -> None:
    """Orders whose first notices nobody has sent yet. All ring one phone: one call is made, and the others wait."""
    from_court = world.clerk()
    for n in range(orders):
        world.order(from_court, expediente=f"{n + 1}/2026")


def send(services: Services, envelope: Envelope, now: datetime) -> dispatch.Result:
    return dispatch.send(services, LastLook(services.database), envelope, now)


@contextmanager
def working(services: Services, workers: int = 1, senders: int = 8) -> Iterator[list[threading.Event]]:
    """Workers in threads, until the block ends. Their clock goes on from where the world's stands."""
    stops = [threading.Event() for _ in range(workers)]
    began, then = time.monotonic(), services.clock()
    live = replace(services, clock=lambda: then + timedelta(seconds=time.monotonic() - began))
    with ThreadPoolExecutor(workers) as pool:
        running = [pool.submit(Worker(live, stop, senders=senders, jobs={}).run) for stop in stops]
        try:
            yield stops
        finally:
            for stop in stops:
                stop.set()
            for each in running:
                each.result(timeout=30)


def notices(world: World) -> Counter[str]:
    with world.services.database.read() as tx:
        return Counter(tx.scalars(text("SELECT state FROM notice")))


def attempts(world: World) -> list[str]:
    with world.services.database.read() as tx:
        return list(tx.scalars(text("SELECT status FROM attempt ORDER BY id")))


# -- once, and only once ------------------------------------------------------------------------------------


def test_two_workers_never_send_one_notice_twice(world: World) -> None:
    owed(world, 20)
    road = Road()
    services = on_roads(world, sms=road, voice=road, email=road)
    with working(services, workers=2):
        until(lambda: notices(world)["sent"] == 41, 30, "all sent")
    assert Counter(Counter(each.reference for each in road.taken).values()) == {1: 41}


def test_claims_at_the_same_instant_share_what_is_due(world: World) -> None:
    owed(world, 8)
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(dispatch.claim, world.services, world.now, EVERYTHING) for _ in range(4)]
        claimed = [envelope.claimed.id for job in jobs for envelope in job.result()]
    claimed += [each.claimed.id for each in dispatch.claim(world.services, world.now, EVERYTHING)]
    assert (len(claimed), len(set(claimed))) == (17, 17)


def test_a_sender_that_comes_back_late_decides_nothing(world: World) -> None:
    owed(world)
    late = dispatch.claim(world.services, world.now, EVERYTHING)[0]
    world.now += dispatch.LEASE
    dispatch.claim(world.services, world.now, EVERYTHING)
    gone = ChannelError("no such phone", permanent=True)
    dispatch.record(world.services, [dispatch.Result(late, error=gone)], world.now)
    assert notices(world) == {"open": 3}


def test_a_sender_whose_lease_is_nearly_over_does_not_call(world: World) -> None:
    owed(world)
    envelope = dispatch.claim(world.services, world.now, EVERYTHING)[0]
    late = world.now + dispatch.LEASE - dispatch.LONGEST_CALL
    assert send(world.services, envelope, late).unwanted


def test_an_acknowledgement_committed_before_the_call_cancels_it(world: World) -> None:
    world.submit()
    world.put_on_duty("MEX-T1", agentes=(AGENT.badge,), jefatura=(CHIEF.badge,))
    world.now += timedelta(minutes=3)
    world.plan()
    claimed = dispatch.claim(world.services, world.now, EVERYTHING)
    world.acknowledge(AGENT)
    assert all(send(world.services, each, world.now).unwanted for each in claimed)


def test_what_was_cancelled_before_the_call_is_on_record_as_not_made(world: World) -> None:
    world.submit()
    world.now += timedelta(minutes=3)
    world.plan()
    claimed = dispatch.claim(world.services, world.now, EVERYTHING)
    world.acknowledge(AGENT)
    dispatch.record(world.services, [send(world.services, each, world.now) for each in claimed], world.now)
    assert attempts(world)[3:6] == ["refused"] * 3


class Slow(Database):
    """A database whose first look lasts until it is let go."""

    looks, gate = 0, threading.Event()

    @contextmanager
    def look(self) -> Iterator[object]:  # type: ignore[override]
        self.looks += 1
        if self.looks == 1:
            self.gate.wait(20)
        with super().look() as tx:
            yield tx


def test_senders_that_ask_while_one_looks_share_the_next_look(world: World) -> None:
    owed(world, 4)
    envelopes = dispatch.claim(world.services, world.now, EVERYTHING)
    database, until_then = Slow(world.config.database_url), world.now + dispatch.LONGEST_CALL
    database.gate.clear()
    look = LastLook(database)
    with ThreadPoolExecutor(len(envelopes)) as pool:
        first = pool.submit(look.wanted, envelopes[0].claimed, until_then)
        until(lambda: database.looks == 1, 5, "the first look")
        others = [pool.submit(look.wanted, each.claimed, until_then) for each in envelopes[1:]]
        until(lambda: look.asked == len(others), 5, "everybody has asked")
        world.now += timedelta(seconds=1)
        with world.services.database.write() as tx:
            tx.execute(text("UPDATE notice SET state = 'cancelled' WHERE medium = 'email'"))
        database.gate.set()
        wanted = [each.result() for each in (first, *others)]
    database.close()
    assert (database.looks, wanted) == (2, [each.claimed.medium is not Medium.EMAIL for each in envelopes])


def test_a_look_that_fails_fails_for_everybody_who_asked(world: World) -> None:
    owed(world)
    envelopes = dispatch.claim(world.services, world.now, EVERYTHING)
    database = Flaky(world.config.database_url)
    database.away = True
    look = LastLook(database)
    for each in envelopes:
        with pytest.raises(OperationalError):
            look.wanted(each.claimed, world.now)


# -- crashes and doubt --------------------------------------------------------------------------------------


def test_a_crash_between_claim_and_call_ends_in_one_question_and_one_message(world: World) -> None:
    owed(world)
    road = Road()
    services = on_roads(world, sms=road)
    dispatch.claim(services, world.now, {Medium.SMS: 1})  # and here the power went
    world.now += dispatch.LEASE
    for _ in range(3):
        dispatch.dispatch_due(services, world.now)
    assert (len(road.asked), len(road.taken)) == (1, 1)


def test_a_crash_after_the_call_ends_in_one_question_and_no_second_message(world: World) -> None:
    owed(world)
    road = Road()
    services = on_roads(world, sms=road)
    for envelope in dispatch.claim(services, world.now, {Medium.SMS: 1}):
        send(services, envelope, world.now)  # and here the power went
    world.now += dispatch.LEASE
    for _ in range(3):
        dispatch.dispatch_due(services, world.now)
    assert (len(road.asked), len(road.taken)) == (1, 1)


def test_a_second_crash_while_asking_still_sends_no_second_message(world: World) -> None:
    owed(world)
    road = Road()
    services = on_roads(world, sms=road)
    for envelope in dispatch.claim(services, world.now, {Medium.SMS: 1}):
        send(services, envelope, world.now)
    for _ in range(2):
        world.now += dispatch.LEASE
        dispatch.claim(services, world.now, {Medium.SMS: 1})  # and here too
    world.now += dispatch.LEASE
    dispatch.dispatch_due(services, world.now)
    assert len(road.taken) == 1


def test_a_provider_that_cannot_be_asked_leaves_the_doubt_as_it_is(world: World) -> None:
    owed(world)
    services = on_roads(world)
    envelope = dispatch.claim(services, world.now, {Medium.SMS: 1})[0]
    world.now += dispatch.LEASE
    again = dispatch.claim(services, world.now, {Medium.SMS: 1})[0]
    assert again.attempt == envelope.attempt
    dispatch.record(services, [dispatch.Result(again, error=ChannelError("HTTP 503"))], world.now)
    assert attempts(world) == ["unknown"]


def test_a_doubt_that_cannot_be_settled_ends_in_a_second_message(world: World) -> None:
    owed(world)
    road = Road()
    services = on_roads(world, sms=road)
    dispatch.claim(services, world.now, {Medium.SMS: 1})
    for _ in range(dispatch.ASKS):
        world.now += dispatch.LEASE
        dispatch.claim(services, world.now, {Medium.SMS: 1})
    world.now += dispatch.LEASE
    dispatch.dispatch_due(services, world.now)
    assert (len(road.asked), len(road.taken)) == (0, 1)


# -- one does not hold up another ---------------------------------------------------------------------------


def test_a_provider_that_hangs_holds_up_no_other(world: World) -> None:
    owed(world, 12)
    gate = threading.Event()
    slow, quick = Road(gate=gate), Road()
    services = on_roads(world, sms=slow, voice=slow, email=quick)
    with working(services, senders=4):
        until(lambda: len(quick.taken) == 12, 10, "all mail")
        held = len(slow.taken)
        gate.set()
        until(lambda: notices(world)["sent"] == 25, 20, "the rest")
    assert held == 0


def test_a_provider_that_hangs_leaves_the_next_of_its_medium_its_own_senders(world: World) -> None:
    owed(world, 12)
    gate = threading.Event()
    slow, quick = Road("slow", gate=gate), Road("quick")
    services = on_roads(world)
    services = replace(services, providers={**services.providers, Medium.EMAIL: (slow, quick)})
    with working(services, senders=4):
        until(lambda: len(quick.taken) == 8, 30, "what came after the four that hang")
        held = len(slow.taken)
        gate.set()
        until(lambda: len(slow.taken) == 4, 20, "the rest")
    assert held == 0


def test_no_more_is_claimed_than_a_free_sender_can_start(world: World) -> None:
    owed(world, 6)
    gate = threading.Event()
    services = on_roads(world, sms=Road(gate=gate), voice=Road(gate=gate), email=Road(gate=gate))
    with working(services, senders=2):
        until(lambda: len(attempts(world)) == 5, 10, "five claimed")
        time.sleep(0.3)
        claimed = len(attempts(world))
        gate.set()
        until(lambda: notices(world)["sent"] == 13, 20, "the rest")
    assert claimed == 5


def test_first_notices_leave_before_repeats(world: World) -> None:
    owed(world)
    with world.services.database.write() as tx:
        tx.execute(text("UPDATE notice SET rank = 1"))
    owed_first = world.order(world.clerk(), expediente="99/2026")
    assert owed_first.new
    with world.services.database.read() as tx:
        order = [each.order for each in claims.due(tx, world.now, {Medium.SMS: 2})]
    assert order == sorted(order, reverse=True)


def test_a_first_notice_is_claimed_before_thousands_of_repeats_that_are_older(world: World) -> None:
    owed(world)
    columns = "escalation, orders, officer, medium, contact, purpose, cause, round, level, due_at, state"
    copies = (
        f"INSERT INTO notice ({columns}, rank, plan_key, next_at) "
        f"WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 3000) "
        f"SELECT {columns}, 1, 'copy ' || n, due_at FROM notice, many WHERE medium = 'sms'"
    )
    with world.services.database.write() as tx:
        tx.execute(text(copies))
    world.now += timedelta(minutes=10)
    world.order(world.clerk(), expediente="99/2026")
    with world.services.database.read() as tx:
        newest = tx.scalar(text("SELECT max(id) FROM log WHERE kind = 'order'"))
        chosen = claims.due(tx, world.now, {Medium.SMS: 3})
    assert newest in [each.order for each in chosen[:2]]


def test_of_one_rank_what_is_due_first_is_claimed_first_whosever_order_it_is(world: World) -> None:
    owed(world)
    for n in range(5):
        world.now += timedelta(seconds=1)
        world.order(world.clerk(), expediente=f"{n + 50}/2026")
    with world.services.database.read() as tx:
        chosen = [each.order for each in claims.due(tx, world.now, {Medium.EMAIL: 4})]
    assert chosen == sorted(chosen)


def test_a_notice_that_cannot_be_written_holds_up_no_other(world: World) -> None:
    owed(world, 2)
    with world.services.database.write() as tx:
        tx.execute(text("DELETE FROM data_key WHERE scope LIKE 'officer:MEX-A1'"))
        tx.execute(
            text("UPDATE notice SET officer = (SELECT id FROM officer WHERE badge = 'MEX-J1') WHERE id > 3")
        )
    envelopes = dispatch.claim(world.services, world.now, EVERYTHING)
    assert (len(envelopes), notices(world)["failed"]) == (3, 3)


def test_an_outcome_that_cannot_be_recorded_holds_up_no_other(world: World) -> None:
    class Strange(Road):
        def send(self, message: Message) -> Sent:
            return replace(super().send(message), provider="a name that fits in no column")

    owed(world, 2)
    with working(on_roads(world, sms=Strange())):
        until(lambda: notices(world)["sent"] >= 3, 20, "a call and mail recorded")
    world.errors.clear()


# -- the database, the bell and the end ---------------------------------------------------------------------


class Flaky(Database):
    """A database that can be away."""

    away = False

    @contextmanager
    def read(self) -> Iterator[object]:  # type: ignore[override]
        self._check()
        with super().read() as tx:
            yield tx

    @contextmanager
    def look(self) -> Iterator[object]:  # type: ignore[override]
        self._check()
        with super().look() as tx:
            yield tx

    @contextmanager
    def write(self, log: int | None = None) -> Iterator[object]:  # type: ignore[override]
        self._check()
        with super().write(log) as tx:
            yield tx

    def _check(self) -> None:
        if self.away:
            raise OperationalError("SELECT 1", {}, ConnectionError("gone"))


def test_what_was_sent_while_the_database_was_away_is_recorded_when_it_is_back(world: World) -> None:
    owed(world)
    gate = threading.Event()
    roads = Road(gate=gate)
    database = Flaky(world.config.database_url)
    services = replace(on_roads(world, sms=roads, voice=roads, email=roads), database=database)
    with working(services):
        until(lambda: len(roads.begun) == 3, 10, "three calls under way")
        database.away = True
        gate.set()
        until(lambda: len(roads.taken) == 3, 10, "three sent")
        database.away = False
        until(lambda: notices(world)["sent"] == 3, 10, "three recorded")
    database.close()
    world.errors.clear()


def test_without_a_bell_the_tick_finds_what_is_due(world: World) -> None:
    class Deaf(Database):
        def bell(self) -> object:  # type: ignore[override]
            raise OperationalError("LISTEN", {}, ConnectionError("gone"))

    database, road = Deaf(world.config.database_url), Road()
    with working(replace(on_roads(world, sms=road), database=database)):
        time.sleep(0.2)
        owed(world)
        until(lambda: len(road.taken) == 1, 5, "found by the tick")
    database.close()
    world.errors.clear()


def test_a_commit_rings_the_bell_long_before_the_tick(world: World) -> None:
    road = Road()
    with working(on_roads(world, sms=road)):
        time.sleep(0.3)
        owed(world)
        came = time.monotonic()
        until(lambda: len(road.taken) == 1, 5, "sent")
        assert time.monotonic() - came < 0.7


def test_told_to_stop_a_worker_finishes_what_is_in_flight(world: World) -> None:
    owed(world)
    gate = threading.Event()
    road = Road(gate=gate)
    with working(on_roads(world, sms=road, voice=road, email=road)) as stops:
        until(lambda: len(road.begun) == 3, 10, "three calls under way")
        stops[0].set()
        gate.set()
    assert notices(world) == {"sent": 3}


def test_told_to_stop_a_worker_claims_nothing_more(world: World) -> None:
    services = on_roads(world)
    with working(services) as stops:
        stops[0].set()
    owed(world)
    assert attempts(world) == []


def test_a_worker_that_ends_in_good_order_is_not_missed(world: World) -> None:
    with working(on_roads(world)):
        until(lambda: heartbeats(world), 5, "a heartbeat")
    assert heartbeats(world) == {}


def heartbeats(world: World) -> dict[str, datetime]:
    with world.services.database.read() as tx:
        return machines.heartbeats(tx)


def test_an_idle_worker_hardly_touches_the_processor(world: World) -> None:
    with working(on_roads(world)):
        time.sleep(0.5)
        began = time.process_time()
        time.sleep(2)
        assert time.process_time() - began < 0.1


def test_while_providers_are_still_to_be_asked_the_loop_rests(world: World) -> None:
    class Counting(Database):
        reads = 0

        @contextmanager
        def read(self) -> Iterator[object]:  # type: ignore[override]
            self.reads += 1
            with super().read() as tx:
                yield tx

    world.submit()
    world.now += timedelta(seconds=150)  # no word of the call; the next level is half a minute away
    database = Counting(world.config.database_url)
    with working(replace(on_roads(world), database=database)):
        until(lambda: database.reads, 5, "a first look")
        before = database.reads
        time.sleep(1)
        looks = database.reads - before
    database.close()
    assert looks < 10
    world.forget()


def test_a_periodic_job_is_done_once_on_all_hosts(world: World) -> None:
    with world.services.database.write() as tx:
        done = [machines.take_slot(tx, "sweep", world.now) for _ in range(3)]
    assert done == [True, False, False]


def test_two_workers_ask_about_one_message_once(world: World) -> None:
    world.submit()
    late = world.now + timedelta(minutes=5)
    before = len(world.carrier.requests)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: housekeeping.ask_providers(world.services, late), range(2)))
    assert len(world.carrier.requests) == before
