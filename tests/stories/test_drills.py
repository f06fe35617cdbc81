"""Drills: all the way as in reality, marked everywhere, mixed with nothing, and over by themselves."""

import re
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from pypdfium2 import PdfDocument

from amparo_notify.cases import drill, drill_start, manage, officer, track, trust
from amparo_notify.cases.services import OPERATOR
from amparo_notify.cases.submit import Accepted, commit_drill
from amparo_notify.core.errors import Conflict, Denied, Missing
from amparo_notify.core.order import OrderState, OutcomeCode
from tests.world import AGENT, CHIEF, CLERK_ON_DUTY, HEADQUARTERS, OTHER_STATION, PINS, STATION, World


def begin(world: World) -> Accepted:
    started = drill_start.start(world.services, OPERATOR, STATION, world.now)
    world.work()
    return started


def shown(world: World, folio: str) -> drill.DrillResult:
    return drill.results(world.services, folio)[0]


def test_a_drill_rings_whoever_is_on_duty_as_an_order_does(world: World) -> None:
    begin(world)
    world.expect_rung(AGENT)


def test_a_drill_climbs_to_headquarters_and_rings_no_court(world: World) -> None:
    begin(world)
    world.advance(minutes=18)
    reached = world.arrived()
    assert all(reached[f"voice {who.badge}"] for who in (AGENT, CHIEF, HEADQUARTERS))
    assert not reached[f"voice {CLERK_ON_DUTY.badge}"]
    world.forget()


def test_every_message_of_a_drill_says_at_its_head_that_it_is_one(world: World) -> None:
    begin(world)
    assert world.carrier.texts(AGENT.phone)[-1].body.startswith("SIMULACRO")
    assert world.carrier.mails(AGENT.mail)[-1].subject.startswith("SIMULACRO")
    assert "Simulacro. Esto no es real." in world.carrier.calls(AGENT.phone)[-1].twiml
    world.forget()


def test_the_officers_pages_of_a_drill_say_that_it_is_one(world: World) -> None:
    begin(world)
    path = f"/n/{world.link_of(AGENT)}"
    door = world.app.get(path).text
    form = re.search(r'name="csrf_token" value="([^"]+)"', door)
    assert form
    world.app.post(f"{path}/nip", data={"csrf_token": form[1], "pin": PINS})
    order = world.app.get(path).text
    assert "SIMULACRO" in door
    assert "PERSONA INVENTADA SIMULACRO" in order
    assert "Firma no válida" not in order
    world.forget()


def test_a_call_in_a_drill_answers_the_key_with_the_word(world: World) -> None:
    begin(world)
    assert "Simulacro. Queda registrado" in world.presses(AGENT, f"{PINS}#")
    world.forget()


def test_the_page_of_a_drills_receipt_says_that_it_is_one(world: World) -> None:
    begin(world)
    receipt = world.acknowledge(AGENT)
    assert "SIMULACRO" in world.app.get(f"/v/{receipt.code}").text
    world.forget()


def test_the_page_of_a_real_receipt_says_nothing_of_drills(world: World) -> None:
    world.submit()
    receipt = world.acknowledge(AGENT)
    assert "SIMULACRO" not in world.app.get(f"/v/{receipt.code}").text
    world.forget()


def test_what_lawyers_see_of_a_courts_own_drill_says_that_it_is_one(world: World) -> None:
    accepted = world.submit(drill=True, lawyers=("abogada@despacho.example",))
    assert "SIMULACRO" in world.app.get(f"/s/{accepted.tracking_code}").text
    assert world.carrier.mails("abogada@despacho.example")[-1].subject.startswith("SIMULACRO")
    world.forget()


def test_fresh_revocation_lists_have_nothing_to_say_of_a_drill(world: World) -> None:
    begin(world)
    world.forget()
    assert trust.judge_anew(world.services, world.now) == 0
    world.work()
    world.expect_silence()


def test_the_record_of_a_drill_says_that_nobody_signed_it(world: World) -> None:
    view = track.order_view(world.services, OPERATOR, begin(world).folio, world.now)
    details = view.timeline[0].details
    assert (details["drill"], details["verdict"], details["reason"]) == (True, "FAILED", "NOT_SIGNED")
    world.forget()


def test_only_a_drill_goes_out_unsigned(world: World) -> None:
    verdict = track.order_view(world.services, OPERATOR, begin(world).folio, world.now).verdict
    with pytest.raises(ValueError, match="drill"):
        commit_drill(world.services, world.submission(), verdict, OPERATOR, world.now)
    world.forget()


def test_the_paper_of_a_drill_says_that_it_is_one(world: World) -> None:
    folio = begin(world).folio
    view = track.order_view(world.services, OPERATOR, folio, world.now)
    paper = track.document(world.services, OPERATOR, folio, view.documents[0].id, world.now)
    text = PdfDocument(BytesIO(paper))[0].get_textpage().get_text_range()
    assert text.count("SIMULACRO") >= 2
    assert "no es una orden judicial" in text
    world.forget()


def test_a_drill_stands_in_no_list_of_real_orders(world: World) -> None:
    folio = begin(world).folio
    world.submit(stations=(OTHER_STATION,))
    real = [line.order.folio for line in track.order_list(world.services, OPERATOR)]
    drills = [line.order.folio for line in track.order_list(world.services, OPERATOR, drills=True)]
    assert folio not in real
    assert drills == [folio]
    world.forget()


def test_a_court_that_searches_does_not_find_its_own_drill_among_its_orders(world: World) -> None:
    world.submit(drill=True)
    assert not track.order_list(world.services, world.clerk(), "1234")
    world.forget()


def test_the_drills_court_stands_in_no_list_of_courts(world: World) -> None:
    before = manage.courts(world.services)
    begin(world)
    assert manage.courts(world.services) == before
    world.forget()


def test_the_result_tells_how_long_each_person_took(world: World) -> None:
    folio = begin(world).folio
    world.advance(seconds=70)
    world.acknowledge(AGENT)
    result = shown(world, folio)
    assert result.first_answer == timedelta(seconds=70)
    assert [(each.badge, each.word, each.took) for each in result.people] == [
        (AGENT.badge, "answered", timedelta(seconds=70))
    ]
    world.forget()


def test_the_result_names_who_never_answered_level_by_level(world: World) -> None:
    folio = begin(world).folio
    world.advance(minutes=40)
    drill.end_due(world.services, world.now)
    result = shown(world, folio)
    assert [each.badge for each in result.silent] == [AGENT.badge, CHIEF.badge, HEADQUARTERS.badge]
    assert [(each.level, each.told, each.answered) for each in result.levels] == [
        (1, 1, 0),
        (2, 1, 0),
        (3, 1, 0),
    ]
    world.forget()


def test_whoever_was_told_and_not_needed_is_not_blamed(world: World) -> None:
    folio = begin(world).folio
    world.advance(minutes=4)
    world.acknowledge(CHIEF)
    assert {each.badge: each.word for each in shown(world, folio).people} == {
        AGENT.badge: "spared",
        CHIEF.badge: "answered",
    }
    world.forget()


def test_a_drill_that_nobody_answers_ends_after_half_an_hour_and_is_chased_no_more(world: World) -> None:
    begin(world)
    world.advance(minutes=29)
    assert drill.end_due(world.services, world.now) == 0
    world.advance(minutes=1)
    assert drill.end_due(world.services, world.now) == 1
    world.work()
    world.forget()
    world.advance(hours=3)
    world.expect_silence()


def test_a_slow_policy_is_given_one_whole_round(world: World) -> None:
    slow = manage.policy_of(world.services, STATION)
    levels = (slow.levels[0], replace(slow.levels[1], delay=3000), *slow.levels[2:])
    manage.save_policy(world.services, OPERATOR, STATION, replace(slow, levels=levels), world.now)
    folio = begin(world).folio
    assert shown(world, folio).ends_at - world.now == timedelta(seconds=3000 + 300 + 300 + 300)
    world.forget()


def test_a_drill_ends_once_its_outcome_is_reported(world: World) -> None:
    folio = begin(world).folio
    world.acknowledge(AGENT)
    world.report(AGENT, OutcomeCode.HALTED)
    assert drill.end_due(world.services, world.now) == 1
    assert shown(world, folio).over
    world.forget()


def test_a_real_order_at_the_station_ends_the_drill(world: World) -> None:
    folio = begin(world).folio
    world.submit()
    drill.end_due(world.services, world.now)
    assert shown(world, folio).order.state is OrderState.CLOSED
    world.forget()


def test_no_drill_begins_where_a_real_order_waits(world: World) -> None:
    world.submit()
    with pytest.raises(Conflict):
        begin(world)
    world.forget()


def test_a_second_drill_waits_for_the_first(world: World) -> None:
    begin(world)
    with pytest.raises(Conflict):
        begin(world)
    world.forget()


def test_an_administrator_ends_a_drill_and_a_clerk_may_not(world: World) -> None:
    folio = begin(world).folio
    with pytest.raises(Denied):
        drill.end(world.services, world.clerk(), folio, world.now)
    drill.end(world.services, OPERATOR, folio, world.now)
    assert shown(world, folio).over
    world.forget()


def test_a_real_order_has_no_results_of_a_drill_and_cannot_be_ended_as_one(world: World) -> None:
    folio = world.submit().folio
    with pytest.raises(Missing):
        drill.results(world.services, folio)
    with pytest.raises(Missing):
        drill.end(world.services, OPERATOR, folio, world.now)
    world.forget()


def test_a_clerk_starts_no_drill_of_a_station(world: World) -> None:
    with pytest.raises(Denied):
        drill_start.start(world.services, world.clerk(), STATION, world.now)


def test_a_link_of_a_drill_closes_with_it(world: World) -> None:
    folio = begin(world).folio
    token, _ = world.open_link(AGENT)
    drill.end(world.services, OPERATOR, folio, world.now)
    assert officer.open_notice(world.services, token, world.now).phase == "closed"
    world.forget()
