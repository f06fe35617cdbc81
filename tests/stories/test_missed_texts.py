"""Texts that people sent while our doors were shut: read at the provider, acted on once, answered, honestly dated."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from amparo_notify.cases import missed_texts, reply
from amparo_notify.cases.health import health
from amparo_notify.cases.watch import watch
from amparo_notify.cases.witness import CONFIGURATION, timeline
from amparo_notify.channels.callbacks import understood
from amparo_notify.core.escalation import Phase
from amparo_notify.core.events import Event
from amparo_notify.core.evidence import instant
from amparo_notify.core.notice import Medium
from amparo_notify.core.ports import Inbox, Message, ReceivedText, Sent
from amparo_notify.demo import faults
from amparo_notify.demo.carrier_book import Line, Text, new_id
from amparo_notify.store import inbound as store
from amparo_notify.store import machines, orders
from amparo_notify.store.tables import escalation, inbound, metadata, provider_event
from amparo_notify.web import order_page
from tests.stories.test_text_replies import ABROAD, STRANGER
from tests.world import AGENT, CHIEF, CLERK_ON_DUTY, PINS, Somebody, World


@pytest.fixture
def told(world: World) -> World:
    """An order of which the agent was told, with a worker that has read the texts before."""
    missed_texts.read_missed(world.services, world.now)
    world.submit()
    world.forget()
    return world


def read(world: World, **later: float) -> int:
    """A worker's round, so much later: how many texts it was done with."""
    world.now += timedelta(**(later or {"seconds": 60}))
    number = missed_texts.read_missed(world.services, world.now)
    world.work()
    return number


def missed(world: World, who: Somebody, body: str) -> datetime:
    """Text us while the door is shut; return when."""
    world.carrier.door_open = False
    assert world.carrier.reply(who.phone, body) == ()
    world.carrier.door_open = True
    return world.now


def heard_by(world: World, who: Somebody) -> list[str]:
    """What we texted somebody since the last time that was accounted for."""
    sent = [each.body for each in world.carrier.texts(who.phone) if not each.inbound]
    return sent[world.accounted[f"sms {who.badge}"] :]


def phase(world: World) -> str:
    with world.services.database.read() as tx:
        return str(tx.scalars(select(escalation.c.phase).where(escalation.c.station.is_not(None))).one())


def records(world: World, event: str) -> list[dict[str, Any]]:
    """The details of the order's records of one event."""
    with world.services.database.read() as tx:
        order = tx.scalars(select(metadata.tables["orders"].c.id)).one()
        found = timeline(world.services, tx, order)
    return [dict(each["details"]) for each in found if each["event"] == event]  # type: ignore[call-overload]


def everything(world: World) -> dict[str, list[object]]:
    """Every row but those of the machines' own: when they looked."""
    own = {"job_slot", "finding"}
    with world.services.database.read() as tx:
        return {
            name: list(tx.execute(table.select()).all())
            for name, table in metadata.tables.items()
            if name not in own
        }


# -- what the chase gains -----------------------------------------------------------------------------------


def test_a_minute_after_the_door_failed_the_order_is_acknowledged_and_the_officer_answered(
    told: World,
) -> None:
    missed(told, AGENT, f"ENTERADO {told.code_of(AGENT)} {PINS}")
    assert phase(told) == Phase.CHASING
    read(told)
    assert phase(told) == Phase.PAUSED
    (answer,) = heard_by(told, AGENT)
    assert "registrado ENTERADO" in answer
    told.forget()


def test_the_record_says_when_it_was_sent_and_when_we_learned_of_it(told: World) -> None:
    sent_at = missed(told, AGENT, f"ENTERADO {told.code_of(AGENT)} {PINS}")
    read(told, hours=2)
    with told.services.database.read() as tx:
        order = tx.scalars(select(metadata.tables["orders"].c.id)).one()
        (record,) = [each for each in timeline(told.services, tx, order) if each["event"] == "acknowledged"]
    details: Any = record["details"]
    assert (details["sent_at"], details["learned_by"]) == (instant(sent_at), "asking")
    assert record["at"] == instant(told.now)
    told.forget()


def test_the_court_reads_that_an_acknowledgement_was_sent_long_before_it_was_read(world: World) -> None:
    missed_texts.read_missed(world.services, world.now)
    folio = world.submit().folio
    missed(world, AGENT, f"ENTERADO {world.code_of(AGENT)} {PINS}")
    read(world, minutes=2)
    (line,) = [each for each in world.view(folio).timeline if each.event is Event.ACKNOWLEDGED]
    assert "enviado 2 min antes, leído tarde" in order_page.sentence(line, {})
    world.forget()


def test_a_text_through_the_door_says_nothing_of_another_instant(told: World) -> None:
    told.texts_back(AGENT, f"ENTERADO {told.code_of(AGENT)} {PINS}")
    told.forget()
    (details,) = records(told, "acknowledged")
    assert "sent_at" not in details


def test_a_late_text_is_kept_sealed_with_its_order_and_without_its_pin(told: World) -> None:
    missed(told, AGENT, f"ENTERADO {told.code_of(AGENT)} {PINS}")
    read(told)
    told.forget()
    with told.services.database.read() as tx:
        row = tx.execute(
            select(provider_event).where(provider_event.c.event_key.startswith("inbound:"))
        ).one()
        order = tx.scalars(select(metadata.tables["orders"].c.id)).one()
        safe = orders.safe_of(tx, told.services.vault, order)
        kept = safe.open_json(row.raw_sealed, f"event:twilio:{row.event_key}")
    assert "[NIP]" in kept["Body"]
    assert PINS not in str(kept)


def test_a_late_text_without_a_pin_is_heard_and_the_chase_goes_on(told: World) -> None:
    sent_at = missed(told, AGENT, f"ENTERADO {told.code_of(AGENT)}")
    read(told)
    assert "NIP" in heard_by(told, AGENT)[0]
    assert records(told, "acknowledged")[0]["sent_at"] == instant(sent_at)
    assert phase(told) == Phase.CHASING
    told.forget()


def test_a_late_refusal_reaches_the_court(told: World) -> None:
    sent_at = missed(told, AGENT, f"NO {told.code_of(AGENT)}")
    read(told)
    assert "registrada su negativa" in heard_by(told, AGENT)[0]
    told.accounted["sms MEX-A1"] += 1
    assert records(told, "reply_refused")[0]["sent_at"] == instant(sent_at)
    told.expect_rung(CLERK_ON_DUTY)


def test_a_stop_hours_old_still_is_an_incident(world: World) -> None:
    missed_texts.read_missed(world.services, world.now)
    sent_at = missed(world, AGENT, "BAJA")
    read(world, hours=3)
    world.expect_told(CHIEF)
    with world.services.database.read() as tx:
        details: Any = timeline(world.services, tx, CONFIGURATION)[-1]["details"]
    assert details["sent_at"] == instant(sent_at)
    assert read(world) == 0


def test_the_court_of_an_open_order_hears_of_a_late_stop(told: World) -> None:
    sent_at = missed(told, AGENT, "ALTO")
    read(told, minutes=2)
    told.expect(CHIEF, "sms", "email")
    told.expect_rung(CLERK_ON_DUTY)
    assert records(told, "alarm")[-1]["sent_at"] == instant(sent_at)


def test_somebody_who_asked_for_help_is_told_what_to_write_once(told: World) -> None:
    missed(told, AGENT, "no entiendo")
    assert [read(told), read(told), read(told)] == [1, 0, 0]
    (answer,) = heard_by(told, AGENT)
    assert f"ENTERADO {told.code_of(AGENT)} + su NIP" in answer
    told.forget()


def test_wrong_pins_that_come_late_close_the_road_as_they_would_have(told: World) -> None:
    for number in range(5):
        missed(told, AGENT, f"ENTERADO {told.code_of(AGENT)} 00000{number}")
        told.now += timedelta(seconds=1)
    missed(told, AGENT, f"ENTERADO {told.code_of(AGENT)} {PINS}")
    read(told)
    answers = heard_by(told, AGENT)
    assert "quedan 4 intentos" in answers[0]
    assert ["bloqueado" in each for each in answers] == [False] * 4 + [True] * 2
    assert phase(told) == Phase.CHASING
    told.forget()


def test_whoever_was_first_is_first_however_late_both_are_read(told: World) -> None:
    missed(told, AGENT, f"ENTERADO {told.code_of(AGENT)}")
    told.now += timedelta(seconds=1)
    missed(told, AGENT, f"ENTERADO {told.code_of(AGENT)} {PINS}")
    read(told)
    assert [each.get("medium", "pin") for each in records(told, "acknowledged")] == ["sms", "pin"]
    told.forget()


# -- once ---------------------------------------------------------------------------------------------------


def test_what_the_door_answered_is_not_answered_again(told: World) -> None:
    told.texts_back(AGENT, "hola")
    told.texts_back(AGENT, f"ENTERADO {told.code_of(AGENT)} {PINS}")
    told.forget()
    before = everything(told)
    assert [read(told), read(told)] == [0, 0]
    told.expect_silence()
    assert everything(told) == before


def test_a_door_that_comes_after_the_worker_is_silent(told: World) -> None:
    missed(told, AGENT, f"ENTERADO {told.code_of(AGENT)} 000000")
    read(told)
    told.forget()
    before = everything(told)
    assert told.carrier.post_late() == ()
    assert everything(told) == before


def test_a_young_text_is_left_to_the_door(told: World) -> None:
    told.now += timedelta(seconds=50)
    missed(told, AGENT, "hola")
    assert read(told, seconds=10) == 0
    told.expect_silence()
    assert told.carrier.post_late() != ()
    assert read(told) == 0
    told.forget()


def test_two_workers_at_the_same_minute_ask_once(told: World) -> None:
    missed(told, AGENT, "hola")
    asked: list[datetime] = []

    def counted(since: datetime, own: list[ReceivedText]) -> list[ReceivedText]:
        asked.append(since)
        return own

    with listing(told, counted):
        read(told)
        missed_texts.read_missed(told.services, told.now)
    assert len(asked) == 1
    told.forget()


def test_in_a_long_round_each_text_has_a_turn_of_its_own_length(told: World) -> None:
    missed(told, AGENT, f"ENTERADO {told.code_of(AGENT)}")

    def slow(since: datetime, own: list[ReceivedText]) -> list[ReceivedText]:
        told.now += reply.TURN
        return own

    with listing(told, slow):
        read(told)
    with told.services.database.read() as tx:
        (learned,) = tx.scalars(
            select(provider_event.c.received_at).where(provider_event.c.event_key.startswith("in"))
        )
        (until,) = tx.scalars(select(inbound.c.until))
    assert (learned, until) == (told.now, told.now)
    told.forget()


def test_a_text_in_another_process_hands_is_left_to_it_and_taken_over_when_that_dies(told: World) -> None:
    sent_at = missed(told, AGENT, f"ENTERADO {told.code_of(AGENT)} {PINS}")
    told.now += timedelta(seconds=59)
    dies_between(told, sent_at, "take")
    assert read(told, seconds=1) == 0
    assert phase(told) == Phase.CHASING
    assert read(told) == 1
    assert phase(told) == Phase.PAUSED
    told.forget()


def test_a_worker_that_dies_before_it_answers_leaves_the_answer_to_the_next(told: World) -> None:
    sent_at = missed(told, AGENT, f"ENTERADO {told.code_of(AGENT)} 000000")
    told.now += timedelta(seconds=30)
    dies_between(told, sent_at, "act")
    read(told, seconds=61)
    (answer,) = heard_by(told, AGENT)
    assert "quedan 4 intentos" in answer
    told.forget()


def test_a_worker_that_dies_after_it_answered_does_not_make_the_next_answer_again(told: World) -> None:
    missed(told, AGENT, "hola")
    read(told)
    told.forget()
    with told.services.database.write() as tx:
        (sent,) = [each.body for each in told.carrier.texts(AGENT.phone)[-1:]]
        tx.execute(update(inbound).values(state="acted", answer=sent))
    assert read(told, seconds=61) == 1
    told.expect_silence()


def test_an_answer_that_no_provider_takes_is_given_in_the_next_round(told: World) -> None:
    for left, fault in enumerate((faults.busy(503), faults.reset(accepted=False), faults.busy(429, 5))):
        missed(told, AGENT, f"ENTERADO {told.code_of(AGENT)} 000000")
        told.carrier.faults.add("sms", fault)
        read(told)
        assert heard_by(told, AGENT) == []
        read(told, seconds=61)
        (answer,) = heard_by(told, AGENT)
        assert f"quedan {4 - left} intentos" in answer
        told.forget()


def test_an_answer_that_was_taken_although_nobody_said_so_is_given_once(told: World) -> None:
    missed(told, AGENT, "hola")
    told.carrier.faults.add("sms", faults.reset(accepted=True))
    read(told)
    read(told, seconds=61)
    assert len(heard_by(told, AGENT)) == 1
    told.forget()


def test_an_answer_to_a_phone_that_takes_none_is_given_up(told: World) -> None:
    missed(told, AGENT, "hola")
    told.carrier.set_line(AGENT.phone, Line.LANDLINE)
    assert [read(told), read(told)] == [1, 0]


def dies_between(world: World, sent_at: datetime, point: str) -> None:
    """Leave behind what a worker does that takes a text, or acts on it, and is killed then."""
    (text,) = [each for each in inbox(world).received(sent_at) if each.sent_at >= sent_at]
    if point == "take":
        with world.services.database.write() as tx:
            store.take(tx, text.provider, text.provider_id, world.now, world.now + reply.TURN)
    else:
        reply.act(world.services, understood(text), world.now)


def test_door_and_workers_at_the_same_instant_act_once(told: World) -> None:
    """Which of them answers is open; that one does, and that one guess is counted, is not."""
    sent_at = missed(told, AGENT, f"ENTERADO {told.code_of(AGENT)} 000000")
    (text,) = [understood(each) for each in inbox(told).received(sent_at)]
    together = threading.Barrier(6)

    def act(_: int) -> reply.Answer | None:
        together.wait()
        return reply.act(told.services, text, told.now)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(act, range(6)))
    (answer,) = [each for each in answers if each]
    assert "quedan 4 intentos" in answer.text


# -- whose texts they are -----------------------------------------------------------------------------------


def test_a_stranger_leaves_no_trace_and_costs_nothing(told: World) -> None:
    code = told.code_of(AGENT)
    before = everything(told)
    for body in ("hola", "STOP", "ENTERADO ACDEF", f"ENTERADO {code}", f"NO {code}"):
        missed(told, STRANGER, body)
    assert [read(told), read(told)] == [5, 5]  # looked at each time, to no effect
    assert everything(told) == before
    told.expect_silence()


def test_code_and_pin_from_any_phone_count_late_too_and_nothing_goes_abroad(told: World) -> None:
    missed(told, ABROAD, f"ENTERADO {told.code_of(AGENT)} {PINS}")
    read(told)
    assert phase(told) == Phase.PAUSED
    assert not [each for each in told.carrier.texts(ABROAD.phone) if not each.inbound]
    told.forget()


def test_what_we_sent_and_what_others_received_is_nobodys_answer(told: World) -> None:
    code = told.code_of(AGENT)
    words = f"ENTERADO {code} {PINS}"
    for odd in (
        {"sender": "+525500000777"},  # another application's number
        {"inbound": False},
        {"inbound": False, "phone": told.carrier.number, "sender": AGENT.phone},
        {"status": "receiving"},
        {"phone": "whatsapp:" + AGENT.phone},
        {"phone": ""},
        {"sid": "SM123"},
    ):
        text = Text(new_id("SM"), AGENT.phone, words, told.now, True, told.carrier.number, "received")
        told.carrier.book.save(replace(text, **odd))
    read(told)
    assert phase(told) == Phase.CHASING
    told.forget()


# -- the provider and its list ------------------------------------------------------------------------------


def test_a_list_that_cannot_be_had_is_said_and_read_a_minute_later(told: World) -> None:
    missed(told, AGENT, f"ENTERADO {told.code_of(AGENT)} {PINS}")
    for fault in (
        faults.busy(503),
        faults.busy(429, 60),
        faults.garbage(),
        faults.reset(accepted=True),
        faults.refuse(20003, 401),
    ):
        told.carrier.faults.add("inbox", fault)
        assert read(told) == 0
        told.expect_error("texts not read")
    assert read(told) == 1
    assert phase(told) == Phase.PAUSED
    told.forget()


def test_a_list_that_nobody_can_have_for_five_minutes_is_an_alarm_until_it_is_read(told: World) -> None:
    told.carrier.faults.add("inbox", faults.busy(503), times=None)
    for _ in range(6):
        read(told)
        told.expect_error("texts not read")
    assert "texts-unread:twilio" in alarms(told)
    told.carrier.faults.clear()
    read(told)
    assert "texts-unread:twilio" not in alarms(told)
    told.forget()


def test_a_list_that_could_never_be_had_is_an_alarm_too(world: World) -> None:
    world.carrier.faults.add("inbox", faults.refuse(20003, 401), times=None)
    for _ in range(7):
        read(world)
    assert "texts-unread:twilio" in alarms(world)
    assert "texts" in {each.field for each in health(world.services, world.now).faults}
    world.errors.clear()


def test_after_hours_of_a_silent_provider_its_texts_are_read_all_the_same(told: World) -> None:
    missed(told, AGENT, f"ENTERADO {told.code_of(AGENT)} {PINS}")
    told.carrier.faults.add("inbox", faults.busy(503), times=None)
    read(told, hours=20)
    told.errors.clear()
    told.carrier.faults.clear()
    read(told, hours=8)
    assert phase(told) == Phase.PAUSED
    told.forget()


def test_a_text_that_cannot_be_acted_on_holds_up_no_other(told: World) -> None:
    poison = ReceivedText("twilio", "SM" + "f" * 32, AGENT.phone, None, told.now)  # type: ignore[arg-type]
    missed(told, CHIEF, "hola")
    with listing(told, lambda since, own: [poison, *own]):
        assert read(told) == 1
    told.expect_error("a missed text")
    assert len(heard_by(told, CHIEF)) == 1
    told.forget()


def test_thousands_of_old_texts_are_not_gone_through_again(told: World) -> None:
    morning = told.now - timedelta(hours=2)
    for number in range(3_000):
        at = morning + timedelta(seconds=number)
        told.carrier.book.save(
            Text(new_id("SM"), STRANGER.phone, "hola", at, True, told.carrier.number, "received")
        )
    missed(told, AGENT, "hola")
    told.now += timedelta(hours=1)
    assert len(inbox(told).received(told.now - timedelta(hours=2))) == 1
    assert len(inbox(told).received(morning)) == 3_001
    read(told)
    assert len(heard_by(told, AGENT)) == 1
    told.forget()


def alarms(world: World) -> list[str]:
    with world.services.database.write() as tx:
        machines.beat(tx, "host:1", world.now)
    return [each.name for each in watch(world.services.database, world.now)]


def inbox(world: World) -> Inbox:
    (road,) = world.services.providers[Medium.SMS]
    assert isinstance(road, Inbox)
    return road


@contextmanager
def listing(world: World, change: Any) -> Iterator[None]:
    """Let the provider's list be changed on its way to us: `change(since, list)`."""
    own, services = inbox(world), world.services

    class Between:
        name = own.name

        def received(self, since: datetime) -> list[ReceivedText]:
            return list(change(since, own.received(since)))

        def send(self, message: Message) -> Sent:
            return own.send(message)

        def find(self, message: Message, since: datetime) -> Sent | None:
            return own.find(message, since)

        def status(self, provider_id: str, medium: Medium) -> None:
            return None

    world.services = replace(services, providers={**services.providers, Medium.SMS: (Between(),)})
    try:
        yield
    finally:
        world.services = services


def test_what_is_remembered_of_a_text_is_its_providers_id_and_nothing_else(told: World) -> None:
    missed(told, AGENT, f"ENTERADO {told.code_of(AGENT)} {PINS}")
    read(told)
    told.forget()
    with told.services.database.read() as tx:
        (row,) = tx.execute(select(inbound)).all()
        number = tx.execute(select(func.count()).select_from(inbound)).scalar_one()
    assert (number, row.state, row.answer) == (1, "done", "")
