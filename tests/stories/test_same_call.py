"""Orders that wait for a phone are said and acknowledged in the call that is under way; none is lost on the way."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from amparo_notify.cases import dispatch, ending, ringing
from amparo_notify.cases.witness import timeline
from amparo_notify.core.order import Ending
from amparo_notify.core.state import Phase
from amparo_notify.demo.carrier_post import Callbacks
from amparo_notify.store import ringing as store
from amparo_notify.store.tables import acknowledgement, attempt, escalation, notice, orders
from tests.stories.ringing import EVERYTHING, SHARING, calls
from tests.stories.test_signing import strict
from tests.world import AGENT, CHIEF, HEADQUARTERS, OTHER_STATION, PINS, STATION, Somebody, World

GOES_ON = "No cuelgue todavía"
pytestmark = pytest.mark.usefixtures("only_calls")


def wait(world: World, *expedientes: str) -> list[str]:
    """Submit orders while no worker works, then let it: the first rings, the others wait. Return their folios."""
    folios = [world.order(expediente=each).folio for each in expedientes]
    world.work()
    return folios


def ten(world: World) -> list[str]:
    return wait(world, *(f"{n}/2026" for n in range(1, 11)))


def answer(world: World, who: Somebody = AGENT) -> str:
    """Pick up the newest call; return its id."""
    return world.carrier.answer(calls(world, who)[-1].sid).sid


def press(world: World, call: str, keys: str = f"{PINS}#") -> str:
    """Press keys; return what is heard after them."""
    before = next(each for each in world.carrier.calls() if each.sid == call)
    return " ".join(world.carrier.press(call, keys).spoken[len(before.spoken) :])


def hang_up(world: World, call: str) -> None:
    world.carrier.hang_up(call)
    world.work()


def grades(world: World) -> dict[str, list[str]]:
    """Expediente to the grades of its acknowledgements."""
    found = (
        select(orders.c.expediente, acknowledgement.c.grade)
        .join(escalation, escalation.c.orders == orders.c.id)
        .join(acknowledgement, acknowledgement.c.escalation == escalation.c.id)
    )
    kept: dict[str, list[str]] = {}
    with world.services.database.read() as tx:
        for row in tx.execute(found):
            kept.setdefault(row.expediente, []).append(row.grade)
    return kept


def records(world: World, expediente: str, event: str) -> list[dict[str, object]]:
    """What the records of an order say of its calls."""
    with world.services.database.read() as tx:
        log = tx.execute(select(orders.c.id).where(orders.c.expediente == expediente)).scalar_one()
        kept = timeline(world.services, tx, log)
    details = [each["details"] for each in kept if each["event"] == event]
    return [each for each in details if isinstance(each, dict) and each.get("medium") == "voice"]


def tries(world: World) -> list[int]:
    """How many attempts each notice by voice has had."""
    counted = (
        select(func.count(attempt.c.id))
        .select_from(notice.outerjoin(attempt, attempt.c.notice == notice.c.id))
        .where(notice.c.medium == "voice")
        .group_by(notice.c.id)
        .order_by(notice.c.id)
    )
    with world.services.database.read() as tx:
        return list(tx.scalars(counted))


def spells(number: int) -> str:
    """How a call says the beginning of an expediente."""
    return f"Expediente {', '.join(str(number))}, diagonal"


# -- one ring ---------------------------------------------------------------------------------------------------


def test_ten_orders_ring_once_and_ten_pins_acknowledge_each_on_its_own_record(world: World) -> None:
    ten(world)
    call = answer(world)
    heard = [press(world, call) for _ in range(10)]
    world.work()
    assert [spells(n + 2) in words for n, words in enumerate(heard)] == [True] * 9 + [False]
    assert grades(world) == {f"{n}/2026": ["A2"] for n in range(1, 11)}
    assert len(calls(world)) == 1


def test_the_next_order_is_said_as_its_own_call_would_have_said_it(world: World) -> None:
    wait(world, "1/2026", "2/2026")
    call = answer(world)
    press(world, call)
    went_on = calls(world)[0].spoken
    hang_up(world, call)
    world.carrier.answer(calls(world)[-1].sid)
    assert went_on[-6:] == calls(world)[-1].spoken[:6]


def test_the_officer_is_told_first_that_the_answer_is_on_record_and_not_to_hang_up(world: World) -> None:
    wait(world, "1/2026", "2/2026")
    heard = press(world, answer(world))
    assert heard.index("Queda registrado") < heard.index(GOES_ON) < heard.index(spells(2))


def test_after_the_last_order_the_call_ends_as_it_always_did(world: World) -> None:
    wait(world, "1/2026", "2/2026")
    call = answer(world)
    press(world, call)
    assert "Ahora abra el enlace" in press(world, call)
    assert calls(world)[0].status == "completed"


def test_first_notices_are_said_before_repeats_that_wait_for_longer(world: World) -> None:
    wait(world, "1/2026", "2/2026")
    change(world, "rank = 1")
    world.now += timedelta(seconds=10)
    wait(world, "3/2026")
    call = answer(world)
    assert [spells(3) in press(world, call), spells(2) in press(world, call)] == [True, True]


def test_an_order_that_comes_during_the_call_is_said_in_it(world: World) -> None:
    wait(world, "1/2026")
    call = answer(world)
    world.submit(expediente="2/2026")
    assert spells(2) in press(world, call)


def test_each_order_has_its_own_attempt_in_the_one_call_and_is_sent(world: World) -> None:
    ten(world)
    call = answer(world)
    for _ in range(10):
        press(world, call)
    world.work()
    with world.services.database.read() as tx:
        rows = tx.execute(
            select(attempt.c.reference, attempt.c.provider_id, attempt.c.status, notice.c.next_at)
            .join(notice, notice.c.id == attempt.c.notice)
            .where(notice.c.medium == "voice")
        ).all()
    assert len({row.reference for row in rows}) == 10
    assert {(row.provider_id, row.status, row.next_at) for row in rows} == {(call, "heard", None)}


def test_the_records_say_that_it_was_said_in_a_call_already_under_way(world: World) -> None:
    wait(world, "1/2026", "2/2026")
    call = answer(world)
    press(world, call)
    press(world, call)
    (attempted,) = records(world, "2/2026", "notice_attempted")
    (accepted,) = records(world, "2/2026", "provider_accepted")
    (delivered,) = records(world, "2/2026", "delivered")
    assert attempted["call"] == accepted["call"] == "already under way"
    assert (attempted["provider_id"], accepted["provider_id"]) == (call, call)
    assert delivered["reference"] == attempted["reference"] == accepted["reference"]


def test_a_call_of_its_own_says_nothing_of_the_kind(world: World) -> None:
    wait(world, "1/2026")
    press(world, answer(world))
    assert "call" not in records(world, "1/2026", "notice_attempted")[0]


# -- nobody answers the next --------------------------------------------------------------------------------------


def test_whoever_hangs_up_after_the_third_is_told_of_the_other_seven_again(world: World) -> None:
    ten(world)
    call = answer(world)
    for _ in range(3):
        press(world, call)
    hang_up(world, call)
    again = answer(world)
    for _ in range(7):
        press(world, again)
    world.work()
    assert grades(world) == {f"{n}/2026": ["A2"] for n in range(1, 11)}
    assert len(calls(world)) == 2
    assert spells(4) in calls(world)[1].twiml


def test_an_order_that_nobody_answered_in_the_call_rings_at_once_and_the_record_says_why(
    world: World,
) -> None:
    wait(world, "1/2026", "2/2026")
    call = answer(world)
    press(world, call)
    hang_up(world, call)
    (failed,) = records(world, "2/2026", "undeliverable")
    assert failed["reason"] == "the call ended before an answer"
    assert not [each for each in records(world, "2/2026", "provider_accepted") if "call" in each]
    assert len(calls(world)) == 2


def test_silence_presses_nothing_and_the_order_rings_by_itself(world: World) -> None:
    wait(world, "1/2026", "2/2026")
    call = answer(world)
    press(world, call)
    world.carrier.wait_out(call)
    world.work()
    assert (list(grades(world)), len(calls(world))) == (["1/2026"], 2)


def test_whoever_never_answers_the_next_order_is_rung_once_for_it(world: World) -> None:
    wait(world, "1/2026", "2/2026", "3/2026")
    call = answer(world)
    press(world, call)
    for _ in range(3):
        hang_up(world, calls(world)[-1].sid)
    world.advance(seconds=100)
    assert tries(world) == [1, 2, 1]


def test_a_key_without_a_pin_shows_that_it_was_heard_and_it_is_not_rung_again(world: World) -> None:
    wait(world, "1/2026", "2/2026")
    call = answer(world)
    press(world, call)
    assert "esto no basta" in press(world, call, "1#")
    hang_up(world, call)
    assert (len(calls(world)), list(grades(world))) == (1, ["1/2026"])


def test_nine_says_the_next_order_again_and_its_pin_acknowledges_it(world: World) -> None:
    wait(world, "1/2026", "2/2026")
    call = answer(world)
    press(world, call)
    assert spells(2) in press(world, call, "9#")
    press(world, call)
    assert list(grades(world)) == ["1/2026", "2/2026"]


def test_of_a_call_that_is_never_heard_of_again_the_next_order_rings_when_its_phone_counts_as_free(
    world: World,
) -> None:
    wait(world, "1/2026", "2/2026")
    call = answer(world)
    world.carrier.deliver()
    press(world, call)
    world.carrier.callbacks = Callbacks.NONE
    hang_up(world, call)
    before = len(calls(world))
    world.advance(seconds=ringing.SILENCE.total_seconds())
    assert (before, len(calls(world))) == (1, 2)
    assert (
        records(world, "2/2026", "provider_refused") == []
    )  # nor was the provider asked for a call of its own


def test_the_phone_is_kept_while_orders_are_said_and_answered(world: World) -> None:
    wait(world, *(f"{n}/2026" for n in range(1, 6)))
    call = answer(world)
    for _ in range(4):
        world.advance(seconds=100)  # longer in all than one order may keep a phone
        press(world, call)
    assert (len(calls(world)), len(grades(world))) == (1, 4)


def test_keys_pressed_for_the_next_order_keep_the_phone_too(world: World) -> None:
    wait(world, "1/2026", "2/2026", "3/2026")
    call = answer(world)
    press(world, call)
    world.advance(seconds=100)
    press(world, call, "9#")
    world.advance(seconds=100)
    assert len(calls(world)) == 1


def test_a_late_word_of_the_call_makes_no_phone_free(world: World) -> None:
    world.carrier.callbacks = Callbacks.LATE
    wait(world, *(f"{n}/2026" for n in range(1, 5)))
    call = answer(world)
    for _ in range(3):
        world.advance(seconds=110)
        press(world, call)
    world.carrier.deliver(late=True)
    world.work()
    assert len(calls(world)) == 1


# -- what asks again ----------------------------------------------------------------------------------------------


def test_keys_that_are_delivered_twice_skip_no_order_and_acknowledge_one(world: World) -> None:
    ten(world)
    world.carrier.callbacks = Callbacks.DUPLICATED
    call = answer(world)
    heard = [press(world, call) for _ in range(4)]
    world.work()
    assert [spells(n + 2) in words for n, words in enumerate(heard)] == [True] * 4
    assert grades(world) == {f"{n}/2026": ["A2"] for n in range(1, 5)}
    assert tries(world) == [1] * 5 + [0] * 5


def form(world: World, call: str) -> tuple[str, dict[str, str]]:
    """Where keys go now, and the PIN as Twilio posts it."""
    found = next(each for each in world.carrier.calls() if each.sid == call)
    given = {
        "CallSid": call,
        "AccountSid": world.carrier.account_sid,
        "CallStatus": "in-progress",
        "Digits": PINS,
    }
    return found.action, given


def test_keys_posted_again_are_answered_as_before_however_late(world: World) -> None:
    wait(world, "1/2026", "2/2026", "3/2026")
    call = answer(world)
    again = form(world, call)
    press(world, call)
    first = world.carrier.postman.post_form(*again)
    press(world, call)
    press(world, call)
    world.work()
    before = tries(world)
    assert world.carrier.postman.post_form(*again).count(b"Gather") == first.count(b"Gather") == 2
    assert spells(2).encode() in first
    assert (tries(world), grades(world)["2/2026"]) == (before, ["A2"])


def test_keys_delivered_twice_at_the_same_instant_lead_to_one_order(world: World) -> None:
    wait(world, "1/2026", "2/2026", "3/2026")
    call = answer(world)
    asked = form(world, call)
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(world.carrier.postman.post_form, *asked) for _ in range(4)]
        said = {spells(2).encode() in job.result() for job in jobs}
    assert (said, tries(world), list(grades(world))) == ({True}, [1, 1, 0], ["1/2026"])


def test_another_calls_keys_lead_to_no_order(world: World) -> None:
    wait(world, "1/2026", "2/2026")
    where, given = form(world, answer(world))
    said = world.carrier.postman.post_form(where, {**given, "CallSid": "CA" + "0" * 32})
    assert spells(2).encode() not in said
    assert tries(world) == [1, 0]


def test_another_calls_keys_are_not_told_what_a_call_went_on_with(world: World) -> None:
    wait(world, "1/2026", "2/2026")
    call = answer(world)
    where, given = form(world, call)
    press(world, call)
    said = world.carrier.postman.post_form(where, {**given, "CallSid": "CA" + "0" * 32})
    assert spells(2).encode() not in said


def test_a_call_that_has_lost_its_phone_in_the_same_instant_takes_no_order(world: World) -> None:
    wait(world, "1/2026", "2/2026")
    call = answer(world)
    world.work()
    with world.services.database.write() as tx:
        phone = store.of_call(tx, call)
        assert phone is not None
        waiting = store.first_in_line(tx, phone.number)
        assert waiting is not None
        assert store.go_on(tx, replace(phone, fence=phone.fence + 1), waiting, world.now) is None
        assert store.go_on(tx, phone, waiting, world.now) is not None


def test_another_calls_keys_do_not_make_the_next_order_heard(world: World) -> None:
    wait(world, "1/2026", "2/2026")
    call = answer(world)
    press(world, call)
    where, given = form(world, call)
    world.carrier.postman.post_form(where, {**given, "CallSid": "CA" + "0" * 32, "Digits": "1"})
    hang_up(world, call)
    assert len(calls(world)) == 2


def test_keys_that_come_after_the_call_is_over_lead_to_no_order_and_still_count(world: World) -> None:
    wait(world, "1/2026", "2/2026")
    call = answer(world)
    late = form(world, call)
    world.carrier.hang_up(call)
    world.carrier.deliver()
    said = world.carrier.postman.post_form(*late)
    world.work()
    assert spells(2).encode() not in said
    assert (list(grades(world)), len(calls(world))) == (["1/2026"], 2)


def test_a_worker_and_a_key_at_the_same_instant_carry_an_order_once(world: World) -> None:
    wait(world, *(f"{n}/2026" for n in range(1, 5)))
    call = answer(world)
    world.work()
    world.now += ringing.SILENCE  # nothing was heard for so long that the phone counts as free
    with ThreadPoolExecutor(2) as pool:
        worker = pool.submit(dispatch.claim, world.services, world.now, EVERYTHING)
        keys = pool.submit(press, world, call)
        said, rung = GOES_ON in keys.result(), [each for each in worker.result() if each.message.to]
    assert (said, len(rung)) in ((True, 0), (False, 1))
    assert sorted(tries(world)) == [0, 0, 1, 1]


def test_a_call_whose_phone_was_given_to_another_goes_on_with_nothing(world: World) -> None:
    wait(world, "1/2026", "2/2026", "3/2026")
    call = answer(world)
    world.work()
    world.advance(seconds=ringing.SILENCE.total_seconds())
    assert GOES_ON not in press(world, call)
    assert list(grades(world)) == ["1/2026"]


# -- what ends meanwhile, and for whom ----------------------------------------------------------------------------


def test_an_order_that_was_acknowledged_meanwhile_is_passed_over(world: World) -> None:
    wait(world, "1/2026", "2/2026", "3/2026")
    call = answer(world)
    world.texts_back(AGENT, f"ENTERADO {code_for(world, AGENT, '2/2026')} {PINS}")
    assert spells(3) in press(world, call)


def test_an_order_that_is_withdrawn_while_it_is_said_is_answered_so_and_the_call_goes_on(
    world: World,
) -> None:
    folios = wait(world, "1/2026", "2/2026", "3/2026")
    call = answer(world)
    press(world, call)
    withdraw(world, folios[1])
    heard = press(world, call)
    assert "ya no espera respuesta" in heard
    assert spells(3) in heard


def withdraw(world: World, folio: str) -> None:
    ending.ask(world.services, world.clerk(), folio, Ending.WITHDRAWAL, "Error", world.now)
    ending.confirm(world.services, world.clerk("otra.secretaria"), folio, world.now)


def test_an_order_that_is_withdrawn_while_it_waits_is_passed_over(world: World) -> None:
    folios = wait(world, "1/2026", "2/2026", "3/2026")
    call = answer(world)
    withdraw(world, folios[1])
    assert spells(3) in press(world, call)


def test_a_wrong_pin_goes_nowhere_and_is_asked_again(world: World) -> None:
    wait(world, "1/2026", "2/2026")
    call = answer(world)
    assert GOES_ON not in press(world, call, "000000#")
    assert (tries(world), spells(2) in press(world, call)) == ([1, 0], True)


def test_a_wrong_pin_that_is_delivered_twice_is_one_guess_and_answered_alike(world: World) -> None:
    wait(world, "1/2026")
    where, given = form(world, answer(world))
    said = [world.carrier.postman.post_form(where, {**given, "Digits": "000000"}) for _ in range(6)]
    assert len(set(said)) == 1
    assert b"Le quedan 4 intentos" in said[0]


def test_with_the_pin_locked_the_call_ends_and_the_next_order_rings(world: World) -> None:
    wait(world, "1/2026", "2/2026")
    call = answer(world)
    heard = [press(world, call, f"00000{n}#") for n in range(5)]
    world.work()
    assert "bloqueado" in heard[-1]
    assert GOES_ON not in heard[-1]
    assert spells(2) in calls(world)[1].twiml


def test_a_pin_that_is_locked_at_the_second_order_leaves_the_third_to_ring(world: World) -> None:
    wait(world, "1/2026", "2/2026", "3/2026")
    call = answer(world)
    press(world, call)
    for n in range(5):
        press(world, call, f"00000{n}#")
    world.work()
    assert list(grades(world)) == ["1/2026"]
    assert spells(3) in calls(world)[1].twiml


def test_an_order_that_somebody_else_acknowledged_leads_to_the_next_all_the_same(world: World) -> None:
    world.order(expediente="1/2026", persons=world.departing(30))  # everybody at once
    wait(world, "2/2026")
    call = answer(world)
    world.texts_back(CHIEF, f"ENTERADO {world.code_of(CHIEF)} {PINS}")
    heard = press(world, call)
    assert "Otra persona de su estación ya se dio por enterada" in heard
    assert spells(2) in heard


def code_for(world: World, who: Somebody, expediente: str) -> str:
    found = next(each.body for each in world.carrier.texts(who.phone) if f" {expediente}" in each.body)
    return found.split("ENTERADO ")[1][:5]


def test_officers_who_share_a_phone_keep_their_own_calls(world: World) -> None:
    world.add_officer(SHARING, "Agente de turno", station=OTHER_STATION)
    world.put_on_duty(OTHER_STATION, agentes=(SHARING.badge,))
    wait(world, "1/2026")
    world.order(expediente="2/2026", stations=(OTHER_STATION,))
    world.work()
    call = answer(world)
    assert GOES_ON not in press(world, call)
    world.work()
    assert [spells(n) in each.twiml for n, each in zip((1, 2), calls(world), strict=True)] == [True, True]


def test_nobody_who_shares_a_phone_is_passed_over_by_the_orders_of_another(world: World) -> None:
    world.add_officer(SHARING, "Agente de turno", station=OTHER_STATION)
    world.put_on_duty(OTHER_STATION, agentes=(SHARING.badge,))
    wait(world, "1/2026")
    world.order(expediente="2/2026", stations=(OTHER_STATION,))
    wait(world, "3/2026")
    press(world, answer(world))
    world.work()
    assert spells(2) in calls(world)[1].twiml


def test_an_order_for_two_stations_is_acknowledged_for_each_by_whoever_serves_at_both(world: World) -> None:
    for station in (STATION, OTHER_STATION):
        world.put_on_duty(station, agentes=(HEADQUARTERS.badge,))
    folio = world.submit(stations=(STATION, OTHER_STATION)).folio
    call = answer(world, HEADQUARTERS)
    assert "Cancún T3" in press(world, call)
    one = [each.phase for each in world.view(folio).stations]
    press(world, call)
    both = [each.phase for each in world.view(folio).stations]
    assert (one, both) == ([Phase.PAUSED, Phase.CHASING], [Phase.PAUSED, Phase.PAUSED])


def test_a_call_that_only_informs_and_is_first_rings_before_the_orders_behind_it(world: World) -> None:
    wait(world, "1/2026", "2/2026")
    change(world, "purpose = 'inform', cause = 'alarm', detail = 'not_found'")
    wait(world, "3/2026")
    call = answer(world)
    assert GOES_ON not in press(world, call)
    world.work()
    assert "Alarma" in calls(world)[1].twiml


def test_an_order_that_cannot_be_said_spoils_no_answer_to_another(world: World) -> None:
    wait(world, "1/2026", "2/2026")
    change(world, "cause = 'tracking'")  # goes by mail only
    call = answer(world)
    heard = press(world, call)
    assert "Queda registrado" in heard
    assert GOES_ON not in heard
    world.expect_error("cannot be said")


def change(world: World, what: str) -> None:
    """Tamper with the notices that wait."""
    with world.services.database.write() as tx:
        tx.execute(text(f"UPDATE notice SET {what} WHERE waits_for IS NOT NULL"))


# -- drills, signatures, other calls ------------------------------------------------------------------------------


def test_a_real_order_after_a_drill_is_said_to_be_no_drill(world: World) -> None:
    world.order(expediente="1/2026", drill=True)
    wait(world, "2/2026")
    heard = press(world, answer(world))
    assert "La siguiente no es un simulacro." in heard
    assert "Simulacro" not in heard[heard.index(GOES_ON) :]


def test_a_drill_after_a_real_order_says_that_it_is_one(world: World) -> None:
    world.order(expediente="1/2026")
    world.order(expediente="2/2026", drill=True)
    world.work()
    heard = press(world, answer(world))
    assert heard.startswith("Queda registrado")
    assert heard[heard.index(GOES_ON) :].count("Simulacro. Esto no es real.") == 3


def test_where_a_signature_is_asked_for_the_pin_is_kept_and_the_call_goes_on(world: World) -> None:
    strict(world)  # its own order's call still rings
    wait(world, "2/2026", "3/2026")
    call = answer(world)
    press(world, call)
    heard = press(world, call)
    assert "pide un acuse firmado" in heard
    assert spells(3) in heard


def test_a_call_that_asks_for_one_key_goes_on_after_it(world: World) -> None:
    wait(world, "1/2026")
    press(world, answer(world))
    world.advance(minutes=3)  # nobody has read it: a call that asks for no PIN
    world.submit(expediente="2/2026")
    heard = press(world, answer(world), "1#")
    assert "Queda registrado que escuchó el aviso. Gracias." in heard
    assert spells(2) in heard
