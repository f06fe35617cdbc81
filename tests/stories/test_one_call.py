"""One call at a time on a phone, whoever it is for: the others wait, none is lost, and none waits for long."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from amparo_notify.cases import dispatch, ringing
from amparo_notify.cases.watch import watch
from amparo_notify.core.notice import Medium
from amparo_notify.demo.faults import hang, refuse
from tests.stories.ringing import EVERYTHING, SHARING, calls
from tests.world import AGENT, CANCUN, CHIEF, OTHER_STATION, STATION, Somebody, World

pytestmark = pytest.mark.usefixtures("only_calls")


def over(world: World, who: Somebody = AGENT) -> None:
    """Pick up the newest call, and hang up."""
    call = calls(world, who)[-1]
    world.carrier.answer(call.sid)
    world.carrier.hang_up(call.sid)
    world.work()


def waiting(world: World) -> list[str]:
    """When each call that waits was due."""
    with world.services.database.read() as tx:
        return list(tx.scalars(text("SELECT due_at FROM notice WHERE waits_for IS NOT NULL ORDER BY id")))


def test_a_phone_that_rings_is_rung_for_no_second_order(world: World) -> None:
    world.submit()
    world.submit(expediente="2/2026")
    assert len(calls(world)) == 1


def test_texts_and_mail_wait_for_no_call(world: World) -> None:
    world.submit()
    world.submit(expediente="2/2026")
    assert (len(world.carrier.texts(AGENT.phone)), len(world.carrier.mails(AGENT.mail))) == (2, 2)


def test_the_next_call_goes_when_the_one_before_is_over(world: World) -> None:
    world.submit()
    world.submit(expediente="2/2026")
    over(world)
    assert len(calls(world)) == 2


def test_a_phone_that_is_busy_is_free_for_the_next_call(world: World) -> None:
    world.submit()
    world.submit(expediente="2/2026")
    world.carrier.hang_up(calls(world)[0].sid)  # declined while it rings
    world.work()
    assert len(calls(world)) == 2


def test_a_call_of_which_nothing_is_heard_holds_up_the_next_for_two_minutes(world: World) -> None:
    world.submit()
    world.submit(expediente="2/2026")
    world.advance(seconds=119)
    before = len(calls(world))
    world.advance(seconds=1)
    assert (before, len(calls(world))) == (1, 2)


def test_a_phone_that_somebody_holds_is_left_to_them_for_longer(world: World) -> None:
    world.submit()
    world.submit(expediente="2/2026")
    world.advance(seconds=30)
    world.carrier.answer(calls(world)[0].sid)
    world.work()
    world.advance(seconds=110)
    assert len(calls(world)) == 1


def test_no_call_keeps_a_phone_for_more_than_five_minutes(world: World) -> None:
    world.submit()
    world.submit(expediente="2/2026")
    world.advance(seconds=110)
    world.carrier.answer(calls(world)[0].sid)
    world.work()
    world.advance(seconds=110)
    world.carrier.press(calls(world)[0].sid, "9#")
    world.work()
    world.advance(seconds=120)
    assert calls(world)[1].at - calls(world)[0].at == ringing.LONGEST


def test_many_orders_for_one_phone_ring_it_once_each_one_after_another(world: World) -> None:
    for n in range(5):
        world.order(expediente=f"{n + 1}/2026")
    world.work()
    for n in range(5):
        assert len(calls(world)) == n + 1
        over(world)
    assert len({call.twiml.split("Estación")[0] for call in calls(world)}) == 5


def test_a_call_says_what_else_waits_for_the_officer(world: World) -> None:
    world.submit()
    world.submit(expediente="2/2026")
    over(world)
    assert "También espera el expediente 1, 2, 3, 4, diagonal, 2, 0, 2, 6" in calls(world)[1].twiml


def newest_mail(world: World) -> str:
    return world.carrier.mails(AGENT.mail)[-1].text


def test_a_mail_on_a_bad_day_names_the_oldest_that_wait_and_counts_the_rest(world: World) -> None:
    for n in range(1, 14):
        world.order(expediente=f"{n}/2026")
    world.work()
    oldest = ", ".join(f"{n}/2026" for n in range(1, 11))
    assert f"También esperan su respuesta: {oldest} y otros 2." in newest_mail(world)


def test_an_order_is_not_among_those_that_also_wait(world: World) -> None:
    world.submit(expediente="1/2026")
    assert "También esperan" not in newest_mail(world)


def test_what_somebody_acknowledged_waits_for_nobody(world: World) -> None:
    world.submit(expediente="1/2026")
    world.acknowledge(AGENT)
    world.submit(expediente="2/2026")
    assert "También esperan" not in newest_mail(world)


def test_officers_who_share_a_phone_are_called_one_after_another(world: World) -> None:
    world.add_officer(SHARING, "Agente de turno", station=STATION)
    world.put_on_duty(STATION, agentes=(SHARING.badge,), jefatura=(AGENT.badge,))
    world.submit()
    world.put_on_duty(STATION, agentes=(AGENT.badge,), jefatura=(CHIEF.badge,))
    world.submit(expediente="2/2026")
    before = len(calls(world))
    over(world)
    assert (before, len(calls(world))) == (1, 2)


def test_an_acknowledgement_by_keys_cancels_the_call_of_whom_the_phone_is_shared_with(world: World) -> None:
    world.add_officer(SHARING, "Agente de turno", station=STATION)
    world.put_on_duty(STATION, agentes=(AGENT.badge,), jefatura=(SHARING.badge,))
    world.submit(persons=world.departing(30))  # everybody at once
    world.presses(AGENT, "482916#")
    world.advance(seconds=150)
    assert len(calls(world)) == 1


def test_another_phone_is_rung_meanwhile(world: World) -> None:
    for n in range(70):  # more than one claim holds
        world.order(expediente=f"{n + 1}/2026")
    world.order(expediente="99/2026", stations=(OTHER_STATION,))
    for _ in range(3):
        dispatch.dispatch_due(world.services, world.now)
    assert (len(calls(world)), len(calls(world, CANCUN))) == (1, 1)


def test_a_first_call_goes_before_repeats_that_wait_for_longer(world: World) -> None:
    world.submit()
    world.submit(expediente="2/2026")
    with world.services.database.write() as tx:
        tx.execute(text("UPDATE notice SET rank = 1 WHERE waits_for IS NOT NULL"))
    world.now += timedelta(seconds=10)
    world.submit(expediente="3/2026")
    over(world)
    assert "Expediente 3, diagonal" in calls(world)[1].twiml


def test_a_call_that_waits_is_still_due_when_it_was_and_is_no_alarm(world: World) -> None:
    began = world.now
    world.submit()
    world.submit(expediente="2/2026")
    due = waiting(world)
    world.advance(seconds=100)
    assert waiting(world) == due
    assert datetime.fromisoformat(str(due[0])).replace(tzinfo=began.tzinfo) == began
    assert "late-notices" not in {each.name for each in watch(world.services.database, world.now)}


def free_and_nobody_looks(world: World) -> None:
    """A call that waits longer than half a minute, and its phone, free since now."""
    world.submit()
    world.submit(expediente="2/2026")
    world.advance(seconds=100)
    world.carrier.hang_up(calls(world)[0].sid)
    world.carrier.deliver()


def alarms(world: World, after: float) -> set[str]:
    return {each.name for each in watch(world.services.database, world.now + timedelta(seconds=after))}


def test_a_call_whose_phone_has_just_become_free_is_no_alarm(world: World) -> None:
    free_and_nobody_looks(world)
    assert "late-notices" not in alarms(world, after=0)


def test_a_call_whose_phone_has_been_free_for_half_a_minute_is_an_alarm(world: World) -> None:
    free_and_nobody_looks(world)
    assert "late-notices" in alarms(world, after=31)


def test_an_order_that_is_acknowledged_meanwhile_rings_no_phone_that_it_waited_for(world: World) -> None:
    world.submit()
    world.submit(expediente="2/2026")
    world.acknowledge(AGENT)  # by the newest link: the second order's
    over(world)
    assert len(calls(world)) == 1


def test_a_call_that_the_provider_will_not_place_leaves_the_phone_free(world: World) -> None:
    world.carrier.faults.add("voice", refuse())
    world.order()
    world.order(expediente="2/2026")
    world.work()
    assert len(calls(world)) == 1


def test_a_call_in_doubt_keeps_the_phone_until_the_provider_has_been_asked(world: World) -> None:
    world.carrier.faults.add("voice", hang(accepted=False))
    world.order()
    world.order(expediente="2/2026")
    world.work()
    in_doubt = len(calls(world))
    world.advance(seconds=5)
    assert (in_doubt, len(calls(world))) == (0, 1)


def test_claims_at_the_same_instant_ring_a_phone_once(world: World) -> None:
    for n in range(8):
        world.order(expediente=f"{n + 1}/2026")
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(dispatch.claim, world.services, world.now, EVERYTHING) for _ in range(4)]
        claimed = [envelope.claimed.medium for job in jobs for envelope in job.result()]
    assert claimed.count(Medium.VOICE) == 1


def test_a_worker_that_dies_in_a_call_leaves_no_phone_silent(world: World) -> None:
    world.order()
    world.order(expediente="2/2026")
    dispatch.claim(world.services, world.now, EVERYTHING)  # and here the power went
    world.advance(seconds=61)
    over(world)
    assert len(calls(world)) == 2
