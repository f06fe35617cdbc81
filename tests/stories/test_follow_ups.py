"""What follows from each outcome: who is told, what is asked of whom, and when that is over."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from amparo_notify.cases import court, manage, officer, outcome
from amparo_notify.cases.replay import replayed
from amparo_notify.cases.services import OPERATOR
from amparo_notify.core.follow_up import DONE, Answerer, follow_up
from amparo_notify.core.order import DocumentKind, OutcomeCode
from amparo_notify.core.roster import Rotation, Shift
from amparo_notify.core.state import Phase
from amparo_notify.web import order_page
from tests.world import (
    AGENT,
    CANCUN,
    CHIEF,
    CLERK_ON_DUTY,
    HEADQUARTERS,
    OTHER_STATION,
    PERSON,
    POLICY,
    STATION,
    Somebody,
    World,
)

CODES = list(OutcomeCode)
SETTLING = [code for code in CODES if code.settles]
OPEN = [code for code in CODES if not code.ends_here]


def reported(world: World, code: OutcomeCode, *stations: str, **details: str) -> str:
    """An order of which the agent has just reported; nothing before the report is asked about."""
    folio = world.submit(stations=stations or (STATION,)).folio
    world.acknowledge(AGENT)
    world.forget()
    world.report(AGENT, code, **details)
    return folio


def phase(world: World, folio: str) -> Phase:
    return world.view(folio).stations[0].phase


def asked(world: World, folio: str) -> list[str]:
    """What stands before the court as its own to do."""
    view = world.view(folio)
    return [sentence for station in view.stations for _, sentence in order_page.asked(view, station)]


@pytest.mark.alternate
@pytest.mark.parametrize("code", CODES)
def test_the_court_is_called_for_what_needs_somebody_and_only_told_of_the_rest(
    world: World, code: OutcomeCode
) -> None:
    reported(world, code)
    assert world.arrived()[f"voice {CLERK_ON_DUTY.badge}"] == (follow_up(code) is not DONE)
    assert world.carrier.mails(CLERK_ON_DUTY.mail)
    world.forget()


@pytest.mark.alternate
@pytest.mark.parametrize("code", CODES)
def test_headquarters_are_called_for_what_a_station_cannot_settle_alone(
    world: World, code: OutcomeCode
) -> None:
    reported(world, code)
    assert world.arrived()[f"voice {HEADQUARTERS.badge}"] == follow_up(code).headquarters
    world.forget()


@pytest.mark.alternate
@pytest.mark.parametrize("code", SETTLING)
def test_what_settles_a_person_ends_the_chase_and_leaves_the_end_to_the_court(
    world: World, code: OutcomeCode
) -> None:
    folio = reported(world, code)
    world.forget()
    assert phase(world, folio) is Phase.REPORTED
    world.advance(hours=23)
    world.expect_silence()
    world.advance(hours=2)
    assert "cierre la orden" in world.carrier.mails(CLERK_ON_DUTY.mail)[-1].text
    world.forget()


@pytest.mark.alternate
@pytest.mark.parametrize("code", OPEN)
def test_what_leaves_a_person_open_is_asked_again_one_level_up_when_its_time_is_over(
    world: World, code: OutcomeCode
) -> None:
    folio = reported(world, code)
    world.forget()
    world.advance(minutes=15)
    assert phase(world, folio) is Phase.OVERDUE
    rung = world.arrived() - world.accounted
    assert {who.badge for who in (CHIEF, CLERK_ON_DUTY) if rung[f"voice {who.badge}"]} == {"MEX-J1", "J5-G1"}
    world.forget()


def test_a_flight_that_has_left_keeps_flight_and_hour_before_the_court(world: World) -> None:
    folio = reported(world, OutcomeCode.DEPARTED, flight="ZZ 123", departed_at="2026-11-21T09:40")
    kept = world.view(folio).stations[0].outcomes[-1]
    assert kept.details == {"flight": "ZZ 123", "departed_at": "2026-11-21T09:40"}
    assert asked(world, folio) == [follow_up(OutcomeCode.DEPARTED).asks]
    world.forget()


@pytest.mark.alternate
@pytest.mark.parametrize("code", [code for code in CODES if follow_up(code).of is Answerer.COURT])
def test_what_the_court_must_do_stands_on_its_page_until_the_order_is_closed(
    world: World, code: OutcomeCode
) -> None:
    folio = reported(world, code)
    world.forget()
    assert follow_up(code).asks in asked(world, folio)
    world.report(AGENT, OutcomeCode.HALTED)
    world.forget()
    assert follow_up(code).asks not in asked(world, folio)


@pytest.mark.parametrize("code", [OutcomeCode.TRANSFERRED, OutcomeCode.WRONG_STATION])
def test_adding_the_station_where_the_person_is_answers_what_was_asked(
    world: World, code: OutcomeCode
) -> None:
    folio = reported(world, code)
    world.now += timedelta(minutes=1)
    court.add_stations(world.services, world.clerk(), folio, [OTHER_STATION], world.now)
    world.work()
    assert world.arrived()[f"voice {CANCUN.badge}"] == 1
    assert follow_up(code).asks not in asked(world, folio)
    world.forget()


# -- the wrong station --------------------------------------------------------------------------------------


def test_a_person_whom_no_station_has_is_called_about_until_the_court_adds_one(world: World) -> None:
    folio = reported(world, OutcomeCode.WRONG_STATION)
    world.forget()
    world.advance(minutes=16)
    assert world.arrived()[f"voice {CLERK_ON_DUTY.badge}"] == 1 + 3
    world.forget()
    court.add_stations(world.services, world.clerk(), folio, [OTHER_STATION], world.now)
    world.work()
    world.acknowledge(CANCUN)
    world.report(CANCUN)
    world.forget()
    world.advance(hours=3)
    world.expect_silence()


def test_one_station_of_two_that_has_not_the_person_leaves_the_other_at_work(world: World) -> None:
    folio = reported(world, OutcomeCode.WRONG_STATION, STATION, OTHER_STATION)
    assert [each.phase for each in world.view(folio).stations] == [Phase.REPORTED, Phase.CHASING]
    world.acknowledge(CANCUN)
    world.report(CANCUN)
    world.forget()
    world.advance(hours=3)
    world.expect_silence()


def test_two_stations_that_have_not_the_person_call_the_court_once_a_round(world: World) -> None:
    folio = reported(world, OutcomeCode.WRONG_STATION, STATION, OTHER_STATION)
    world.acknowledge(CANCUN)
    world.report(CANCUN, OutcomeCode.WRONG_STATION)
    world.advance(minutes=11)
    reasons = [each.details.get("reason") for each in world.view(folio).timeline]
    assert reasons.count("adrift") == 2
    world.forget()


# -- a report that takes back another -----------------------------------------------------------------------


def test_a_person_who_was_said_to_be_safe_and_is_not_found_is_chased_again(world: World) -> None:
    folio = reported(world, OutcomeCode.HALTED)
    world.report(AGENT, OutcomeCode.NOT_FOUND, searched="Sala inventada")
    world.forget()
    assert phase(world, folio) is Phase.ACKNOWLEDGED
    world.advance(minutes=16)
    assert (world.arrived() - world.accounted)[f"voice {CHIEF.badge}"] == 1
    assert [each.differences for each in replayed(world.services, OPERATOR, folio, world.now)] == [0]
    world.forget()


def test_a_station_that_never_had_the_person_does_not_unsettle_what_another_reported(world: World) -> None:
    folio = reported(world, OutcomeCode.HALTED, STATION, OTHER_STATION)
    world.acknowledge(CANCUN)
    world.report(CANCUN, OutcomeCode.WRONG_STATION)
    world.forget()
    assert {each.phase for each in world.view(folio).stations} == {Phase.REPORTED}
    world.advance(hours=3)
    world.expect_silence()


# -- shifts, and further documents --------------------------------------------------------------------------


def test_of_two_persons_one_who_is_settled_leaves_the_others_clock_running(world: World) -> None:
    folio = world.submit(persons=(PERSON, PERSON)).folio
    world.acknowledge(AGENT)
    token, session = world.open_link(AGENT)
    notice = officer.notice(world.services, token, session, world.now)
    first = outcome.Report(notice.persons[0].id, OutcomeCode.HALTED, {})
    outcome.report(world.services, token, session, notice.nonce, [first], world.now)
    world.forget()
    assert phase(world, folio) is Phase.ACKNOWLEDGED
    world.advance(minutes=15)
    assert (world.arrived() - world.accounted)[f"voice {CHIEF.badge}"] == 1
    world.forget()


def test_a_change_of_shift_before_the_outcome_tells_whoever_comes_on_duty(world: World) -> None:
    relief = Somebody("MEX-A2", "+525500000102", "agente2@estacion.example")
    world.add_officer(relief, "Agente de relevo", station=STATION)
    shifts = (Shift(0, time(8), time(8), 0), Shift(1, time(8), time(8), 1))
    # 21 November, 03:15: the watch of the 20th, day 323 since 1 January, is the second slot's
    turns = Rotation("agentes", date(2026, 1, 1), 2, shifts, ((relief.badge,), (AGENT.badge,)))
    roster = replace(manage.roster_of(world.services, STATION), rotations=(turns,))
    manage.save_roster(world.services, OPERATOR, STATION, roster, world.now)
    slow = replace(POLICY, outcome_within=6 * 3600)
    manage.save_policy(world.services, OPERATOR, STATION, slow, world.now)
    world.submit()
    world.acknowledge(AGENT)
    assert not world.carrier.texts(relief.phone)
    world.advance(hours=5)
    assert "Recibe turno con esta orden abierta" in world.carrier.texts(relief.phone)[-1].body
    world.forget()


@pytest.mark.parametrize("kind", [DocumentKind.EXTENSION, DocumentKind.REVOCATION])
def test_a_further_document_reaches_everybody_who_was_reached_and_nobody_else(
    world: World, kind: DocumentKind
) -> None:
    folio = world.submit().folio
    world.advance(minutes=4)  # agent and chief, not headquarters
    world.forget()
    paper = world.signed("77/2026")
    court.add_document(world.services, world.clerk(), folio, kind, paper, None, world.now)
    world.work()
    new = world.arrived() - world.accounted
    told = {
        who.badge for who in (AGENT, CHIEF, HEADQUARTERS, CANCUN, CLERK_ON_DUTY) if new[f"sms {who.badge}"]
    }
    assert told == {AGENT.badge, CHIEF.badge, CLERK_ON_DUTY.badge}
    world.forget()


def test_an_extension_to_a_new_station_tells_the_old_ones_and_rings_the_new(world: World) -> None:
    folio = world.submit().folio
    world.forget()
    court.add_document(
        world.services, world.clerk(), folio, DocumentKind.EXTENSION, world.signed("77/2026"), None, world.now
    )
    court.add_stations(world.services, world.clerk(), folio, [OTHER_STATION], world.now)
    world.work()
    new = world.arrived() - world.accounted
    assert new[f"sms {AGENT.badge}"] >= 1
    assert new[f"voice {CANCUN.badge}"] == 1
    world.forget()
