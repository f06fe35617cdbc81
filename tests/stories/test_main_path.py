"""The main job, told as stories: from a signed order to somebody who answers."""

from dataclasses import replace

import pytest

from amparo_notify.cases import court, ending
from amparo_notify.cases.reject import Rejected
from amparo_notify.core.errors import Conflict
from amparo_notify.core.escalation import Phase
from amparo_notify.core.order import DocumentKind, Ending, OutcomeCode
from amparo_notify.demo.faults import busy
from amparo_notify.demo.order_pdf import order_pdf
from tests.authority import NOW, authority
from tests.world import AGENT, CANCUN, CHIEF, CLERK_ON_DUTY, HEADQUARTERS, OTHER_STATION, STATION, World


def test_an_order_rings_whoever_is_on_duty_at_once(world: World) -> None:
    world.submit()
    world.expect_rung(AGENT)


def test_an_acknowledgement_at_level_one_leaves_the_chief_asleep(world: World) -> None:
    world.submit()
    world.expect_rung(AGENT)
    world.advance(minutes=1)
    world.acknowledge(AGENT)
    world.expect_told(CLERK_ON_DUTY)
    world.advance(minutes=10)
    world.expect_silence()


def test_an_order_that_nobody_answers_climbs_to_the_chief(world: World) -> None:
    world.submit()
    world.expect_rung(AGENT)
    world.advance(minutes=3)
    world.expect_rung(CHIEF)


def test_an_order_that_nobody_answers_reaches_headquarters_and_then_the_court_itself(world: World) -> None:
    world.submit()
    world.expect_rung(AGENT)
    world.advance(minutes=3)
    world.expect_rung(CHIEF)
    world.advance(minutes=5)
    world.expect_rung(HEADQUARTERS)
    world.advance(minutes=5)
    world.expect_rung(CLERK_ON_DUTY)


def test_a_round_that_nobody_answers_is_followed_by_the_next(world: World) -> None:
    world.submit()
    world.advance(minutes=13)
    world.forget()
    world.advance(minutes=5)
    world.expect_rung(AGENT)


def test_with_nobody_on_duty_the_order_climbs_in_the_same_instant(world: World) -> None:
    world.put_on_duty(STATION, jefatura=(CHIEF.badge,))
    world.submit()
    world.expect_rung(CHIEF)


def test_an_order_whose_signature_fails_sends_nothing(world: World) -> None:
    with pytest.raises(Rejected):
        world.submit(document=order_pdf())
    world.advance(minutes=30)
    world.expect_silence()


def test_a_provider_that_was_down_delivers_when_it_is_up(world: World) -> None:
    world.carrier.faults.add("sms", busy(503), None)
    world.submit()
    world.expect(AGENT, "voice", "email")
    world.advance(seconds=30)
    world.expect_silence()
    world.carrier.faults.clear()
    world.advance(seconds=31)
    world.expect(AGENT, "sms")


def test_a_withdrawn_order_stops_and_tells_exactly_those_who_were_told(world: World) -> None:
    folio = world.submit().folio
    world.expect_rung(AGENT)
    one, other = world.clerk("una.clerk"), world.clerk("otra.clerk")
    ending.ask(world.services, one, folio, Ending.WITHDRAWAL, "Número equivocado", world.now)
    world.work()
    world.expect_rung(CLERK_ON_DUTY)
    ending.confirm(world.services, other, folio, world.now)
    world.work()
    world.expect_told(AGENT, CLERK_ON_DUTY)
    world.advance(minutes=30)
    world.expect_silence()


def test_one_person_alone_cannot_close_an_order_that_nobody_reported(world: World) -> None:
    folio = world.submit().folio
    world.expect_rung(AGENT)
    with pytest.raises(Conflict):
        ending.close(world.services, world.clerk(), folio, world.now)
    world.advance(minutes=3)
    world.expect_rung(CHIEF)


def test_two_people_close_an_order_that_nobody_reported_and_the_chase_ends(world: World) -> None:
    folio = world.submit().folio
    world.expect_rung(AGENT)
    one, other = world.clerk("una.clerk"), world.clerk("otra.clerk")
    ending.ask(world.services, one, folio, Ending.CLOSING, "Se supo por teléfono", world.now)
    world.work()
    world.expect_rung(CLERK_ON_DUTY)
    ending.confirm(world.services, other, folio, world.now)
    world.advance(hours=2)
    world.expect_silence()


def test_an_overdue_outcome_resumes_the_chase_one_level_up_and_tells_the_court(world: World) -> None:
    world.submit()
    world.acknowledge(AGENT)
    world.forget()
    world.advance(minutes=15)
    world.expect_rung(CHIEF, CLERK_ON_DUTY)


def test_a_reported_outcome_ends_the_chase_and_tells_the_court(world: World) -> None:
    folio = world.submit().folio
    world.acknowledge(AGENT)
    world.forget()
    world.report(AGENT, OutcomeCode.HALTED)
    world.expect_told(CLERK_ON_DUTY)
    world.advance(hours=2)
    assert world.view(folio).stations[0].phase is Phase.REPORTED


def test_two_stations_on_one_order_escalate_each_alone(world: World) -> None:
    world.submit(stations=(STATION, OTHER_STATION))
    world.expect_rung(AGENT, CANCUN)
    world.acknowledge(CANCUN)
    world.expect_told(CLERK_ON_DUTY)
    world.advance(minutes=3)
    world.expect_rung(CHIEF)


def test_a_flight_about_to_leave_rings_everybody_at_once(world: World) -> None:
    world.submit(persons=world.departing(minutes=40))
    world.expect_rung(AGENT, CHIEF, HEADQUARTERS, CLERK_ON_DUTY)


def test_the_court_that_is_called_last_is_told_what_is_missing_and_asked_for_no_pin(world: World) -> None:
    world.submit()
    world.advance(minutes=13)
    said = world.carrier.calls(CLERK_ON_DUTY.phone)[0].twiml
    assert "Nadie en la estación se ha dado por enterado." in said
    assert "marque" not in said
    assert "retorno" not in world.carrier.texts(CLERK_ON_DUTY.phone)[0].body.lower()
    world.expect_rung(AGENT, CHIEF, HEADQUARTERS, CLERK_ON_DUTY)


def test_every_level_has_fired_before_the_doors_close(world: World) -> None:
    world.submit(persons=world.departing(minutes=50))
    world.advance(minutes=5)
    world.expect_rung(AGENT, CHIEF, HEADQUARTERS, CLERK_ON_DUTY)


def test_a_lawyer_is_mailed_the_tracking_code(world: World) -> None:
    accepted = world.submit(lawyers=("defensa@abogados.example",))
    world.expect("defensa@abogados.example", "email")
    world.expect_rung(AGENT)
    assert accepted.tracking_code in world.carrier.mails("defensa@abogados.example")[0].text


def test_a_signer_whom_nobody_registered_is_held_until_a_second_person_confirms(world: World) -> None:
    stranger = authority().issue(
        "SECRETARIO SUPLENTE FICTICIO", "SUPL800101HDFXXX05", "SUPL800101AB2", now=NOW
    )
    accepted = world.submit(document=world.signed(signer=stranger))
    world.expect_rung(CLERK_ON_DUTY)
    court.confirm(world.services, world.clerk("segunda.persona"), accepted.folio, world.now)
    world.work()
    world.expect_rung(AGENT)


def test_the_same_upload_again_is_answered_with_the_existing_order(world: World) -> None:
    document = world.signed()
    first = world.submit(document=document)
    again = world.submit(document=document)
    assert (again.folio, again.new) == (first.folio, False)
    world.expect_rung(AGENT)


def test_the_same_upload_for_a_further_station_notifies_it(world: World) -> None:
    document = world.signed()
    world.submit(document=document)
    world.expect_rung(AGENT)
    world.submit(document=document, stations=(STATION, OTHER_STATION))
    world.expect_rung(CANCUN)


def test_an_acknowledgement_by_text_pauses_the_chase_until_somebody_reads_the_order(world: World) -> None:
    world.submit()
    world.expect_rung(AGENT)
    world.texts_back(AGENT, f"Enterado {world.code_of(AGENT)} 482916")
    world.expect_told(CLERK_ON_DUTY)
    world.advance(minutes=3)
    world.expect_rung(AGENT)


def test_a_text_without_pin_is_on_record_and_the_chase_goes_on(world: World) -> None:
    world.submit()
    world.expect_rung(AGENT)
    world.texts_back(AGENT, f"enterado {world.code_of(AGENT)}")
    world.advance(minutes=3)
    world.expect_rung(CHIEF)


def test_a_pin_by_keypad_pauses_the_chase(world: World) -> None:
    folio = world.submit().folio
    world.expect_rung(AGENT)
    world.presses(AGENT, "482916#")
    world.expect_told(CLERK_ON_DUTY)
    assert world.view(folio).stations[0].phase is Phase.PAUSED


def test_a_corrected_flight_is_told_and_the_plan_is_made_anew(world: World) -> None:
    accepted = world.submit(persons=world.departing(minutes=300))
    world.expect_rung(AGENT)
    person = world.view(accepted.folio).persons[0]
    sooner = replace(person.person, departs_at=world.departing(minutes=40)[0].departs_at)
    court.correct_flight(
        world.services,
        world.clerk(),
        accepted.folio,
        person.id,
        "",
        sooner.flight,
        "",
        sooner.departs_at,
        world.now,
    )
    world.work()
    world.expect(AGENT, "sms", "email")
    for who in (CHIEF, HEADQUARTERS):
        world.expect(who, "sms", "voice", "email")
    world.forget()


@pytest.mark.parametrize(
    "code", [OutcomeCode.NOT_FOUND, OutcomeCode.IDENTITY_DOUBT, OutcomeCode.WRONG_STATION]
)
def test_an_outcome_that_needs_the_court_calls_it_at_once(world: World, code: OutcomeCode) -> None:
    world.submit()
    world.acknowledge(AGENT)
    world.forget()
    world.report(AGENT, code)
    assert world.arrived()[f"voice {CLERK_ON_DUTY.badge}"] == 1
    world.forget()


def test_a_flight_that_has_left_calls_headquarters_too(world: World) -> None:
    world.submit()
    world.acknowledge(AGENT)
    world.forget()
    world.report(AGENT, OutcomeCode.DEPARTED, flight="ZZ 123")
    world.expect(HEADQUARTERS, "sms", "voice", "email")
    world.forget()


def test_a_person_who_was_not_found_is_asked_after_again(world: World) -> None:
    world.submit()
    world.acknowledge(AGENT)
    world.report(AGENT, OutcomeCode.NOT_FOUND, places="sala 75")
    world.forget()
    world.advance(minutes=15)
    assert world.arrived()[f"voice {CHIEF.badge}"] == 1
    world.forget()


def test_a_person_settled_at_one_station_is_settled_at_the_other(world: World) -> None:
    folio = world.submit(stations=(STATION, OTHER_STATION)).folio
    world.acknowledge(AGENT)
    world.report(AGENT, OutcomeCode.HALTED)
    world.forget()
    world.advance(minutes=30)
    world.expect_silence()
    assert {each.phase for each in world.view(folio).stations} == {Phase.REPORTED}


def test_a_further_document_begins_the_chase_anew(world: World) -> None:
    folio = world.submit().folio
    world.carrier.hang_up(world.carrier.calls(AGENT.phone)[-1].sid)
    world.acknowledge(AGENT)
    world.forget()
    extension = world.signed("1234/2026-II")
    court.add_document(
        world.services, world.clerk(), folio, DocumentKind.EXTENSION, extension, None, world.now
    )
    world.work()
    assert world.view(folio).stations[0].phase is Phase.CHASING
    assert world.arrived()[f"voice {AGENT.badge}"] == 2
    world.forget()


def test_a_signed_revocation_withdraws_the_order(world: World) -> None:
    folio = world.submit().folio
    world.expect_rung(AGENT)
    revocation = world.signed("1234/2026-REV")
    court.add_document(
        world.services, world.clerk(), folio, DocumentKind.REVOCATION, revocation, None, world.now
    )
    world.work()
    world.expect_told(AGENT, CLERK_ON_DUTY)
    world.advance(hours=1)
    world.expect_silence()


def test_a_reading_before_a_further_document_does_not_count_for_it(world: World) -> None:
    folio = world.submit().folio
    world.acknowledge(AGENT)
    extension = world.signed("1234/2026-II")
    court.add_document(
        world.services, world.clerk(), folio, DocumentKind.EXTENSION, extension, None, world.now
    )
    world.work()
    world.texts_back(AGENT, f"Enterado {world.code_of(AGENT)} 482916")
    world.forget()
    assert world.view(folio).stations[0].phase is Phase.PAUSED
