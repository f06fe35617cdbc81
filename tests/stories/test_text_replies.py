"""Texts that people send: who is believed, who is answered, what is kept, and what a stranger learns: nothing."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from amparo_notify.cases.reply import inbound_sms
from amparo_notify.channels.callbacks import Inbound
from amparo_notify.channels.replies import parse_reply, redact
from amparo_notify.core.escalation import Phase
from amparo_notify.store import contacts, orders
from amparo_notify.store.tables import contact, escalation, metadata, provider_event
from tests.world import AGENT, CHIEF, CLERK_ON_DUTY, PINS, Somebody, World

STRANGER = Somebody("", "+525500009999", "")
ABROAD = Somebody("", "+15005550006", "")


@pytest.fixture
def told(world: World) -> World:
    """An order of which the agent was told; what that took is accounted for."""
    world.submit()
    world.forget()
    return world


def everything(world: World) -> dict[str, list[object]]:
    with world.services.database.read() as tx:
        return {name: list(tx.execute(table.select()).all()) for name, table in metadata.tables.items()}


def phase(world: World) -> str:
    """How the chase of the one order goes."""
    with world.services.database.read() as tx:
        return str(tx.scalars(select(escalation.c.phase).where(escalation.c.station.is_not(None))).one())


def by_hand(world: World, who: Somebody, body: str, sid: str) -> str:
    """Hand a text to the case as the door does, with a message's id of our choosing."""
    text = Inbound(who.phone, parse_reply(body), sid, redact({"Body": body}))
    return inbound_sms(world.services, text, world.now)


def test_a_stranger_is_told_nothing_and_changes_nothing(told: World) -> None:
    code = told.code_of(AGENT)
    before = everything(told)
    for body in (
        "hola",
        "ENTERADO",
        "AYUDA",
        "STOP",
        "BAJA",
        "ENTERADO ACDEF",
        f"ENTERADO {code}",
        f"NO {code}",
    ):
        assert told.carrier.reply(STRANGER.phone, body) == ()
    assert everything(told) == before


def test_a_strangers_guess_at_a_pin_is_counted_and_not_answered(told: World) -> None:
    assert told.carrier.reply(STRANGER.phone, f"ENTERADO {told.code_of(AGENT)} 000000") == ()
    assert phase(told) == Phase.CHASING


def test_code_and_pin_count_from_any_phone(told: World) -> None:
    (answer,) = told.carrier.reply(STRANGER.phone, f"ENTERADO {told.code_of(AGENT)} {PINS}")
    told.work()
    assert "registrado ENTERADO" in answer
    assert phase(told) == Phase.PAUSED
    told.forget()


def test_no_text_goes_abroad_whatever_was_proved(told: World) -> None:
    assert told.carrier.reply(ABROAD.phone, f"ENTERADO {told.code_of(AGENT)} {PINS}") == ()
    assert phase(told) == Phase.PAUSED
    told.work()
    told.forget()


@pytest.mark.parametrize("word", ["ENTERADO", "NO"])
def test_a_colleague_cannot_answer_for_another_without_the_pin(told: World, word: str) -> None:
    (answer,) = told.texts_back(CHIEF, f"{word} {told.code_of(AGENT)}")
    assert "No conocemos esa clave" in answer
    assert phase(told) == Phase.CHASING


def test_somebody_who_writes_something_else_is_told_what_to_write(told: World) -> None:
    for body in ("ok", "👍", "Enterado", "recibido, gracias", "no entiendo"):
        (answer,) = told.texts_back(AGENT, body)
        assert f"ENTERADO {told.code_of(AGENT)} + su NIP" in answer


def test_somebody_for_whom_nothing_waits_is_told_no_code(told: World) -> None:
    (answer,) = told.texts_back(CHIEF, "hola")
    assert told.code_of(AGENT) not in answer


def test_a_phone_that_answers_by_itself_is_not_answered_for_ever(told: World) -> None:
    answers = [told.texts_back(AGENT, "Estoy conduciendo, le llamo luego.") for _ in range(8)]
    assert [len(each) for each in answers] == [1] * 5 + [0] * 3


def test_after_five_wrong_pins_the_road_is_closed_for_a_while_and_the_chase_goes_on(told: World) -> None:
    code = told.code_of(AGENT)
    answers = [told.texts_back(AGENT, f"ENTERADO {code} 00000{n}")[0] for n in range(5)]
    assert "quedan 4 intentos" in answers[0]
    assert "bloqueado" in answers[-1]
    assert "bloqueado" in told.texts_back(AGENT, f"ENTERADO {code} {PINS}")[0]
    told.advance(minutes=3)
    told.expect_rung(CHIEF)


def test_somebody_who_writes_again_is_told_again_that_it_is_recorded(told: World) -> None:
    body = f"ENTERADO {told.code_of(AGENT)} {PINS}"
    first, again = told.texts_back(AGENT, body), told.texts_back(AGENT, body)
    told.forget()
    assert first == again


def test_the_same_text_posted_twice_is_acted_on_once(told: World) -> None:
    body = f"ENTERADO {told.code_of(AGENT)} 000000"
    assert "quedan 4 intentos" in by_hand(told, AGENT, body, "k1")
    before = everything(told)
    assert by_hand(told, AGENT, body, "k1") == ""
    assert everything(told) == before


def test_a_text_is_kept_sealed_with_its_order_and_without_its_pin(told: World) -> None:
    by_hand(told, AGENT, f"Enterado {told.code_of(AGENT)} {PINS}", "k1")
    with told.services.database.read() as tx:
        row = tx.execute(select(provider_event).where(provider_event.c.event_key == "inbound:k1")).one()
        order = tx.scalars(select(metadata.tables["orders"].c.id)).one()
        safe = orders.safe_of(tx, told.services.vault, order)
        kept = safe.open_json(row.raw_sealed, "event:twilio:inbound:k1")
    assert row.attempt is not None
    assert "[NIP]" in json.dumps(kept)
    assert PINS not in json.dumps(kept)
    told.work()
    told.forget()


def test_whoever_stops_our_texts_on_duty_is_spoken_of_and_told_that_the_order_stands(told: World) -> None:
    (answer,) = told.texts_back(AGENT, "ALTO") or ("",)
    told.work()
    told.expect(CHIEF, "sms", "email")
    told.expect_rung(CLERK_ON_DUTY)
    assert answer == "" or "NO EJECUTAR RETORNO" in answer


def test_whoever_stops_our_texts_with_no_order_open_is_an_incident_for_the_shifts_chief(world: World) -> None:
    assert world.texts_back(AGENT, "BAJA") == ()
    world.expect_told(CHIEF)


def test_a_phone_that_takes_no_texts_is_to_be_confirmed_again(world: World) -> None:
    with world.services.database.write() as tx:
        tx.execute(update(contact).values(verified_at=world.now))
    world.texts_back(AGENT, "STOP")
    world.forget()
    with world.services.database.read() as tx:
        confirmed = contacts.states(tx)
    assert (confirmed[AGENT.badge], all(confirmed[CHIEF.badge])) == ((False, True), True)


def test_a_refusal_is_answered_with_what_it_means(told: World) -> None:
    (answer,) = told.texts_back(AGENT, f"No puedo cumplir {told.code_of(AGENT)}")
    told.forget()
    assert "registrada su negativa" in answer


def test_a_number_with_the_old_prefix_is_the_officers(told: World) -> None:
    old = replace(AGENT, phone=AGENT.phone.replace("+52", "+521"))
    assert "su NIP" in told.carrier.reply(old.phone, f"ENTERADO {told.code_of(AGENT)}")[0]
