"""A past order replayed beside what its log recorded: no difference where all went as planned, each one marked else."""

from datetime import timedelta

import pytest

from amparo_notify.cases import court, hold
from amparo_notify.cases.replay import Replayed, replayed
from amparo_notify.cases.services import OPERATOR
from amparo_notify.cases.submit import Accepted
from amparo_notify.core.errors import Missing
from amparo_notify.core.order import DocumentKind, OutcomeCode
from tests.authority import NOW, authority
from tests.world import AGENT, CANCUN, CHIEF, OTHER_STATION, STATION, World


def told(world: World, accepted: Accepted) -> Replayed:
    """The replay of the first station."""
    world.forget()
    return replayed(world.services, OPERATOR, accepted.folio, world.now)[0]


def marked(replay: Replayed) -> list[tuple[str, str]]:
    """What differs: (event, difference)."""
    steps = [(line.planned or line.recorded, line.difference) for line in replay.lines if line.difference]
    return [(step.event, difference) for step, difference in steps if step]


def test_an_order_that_nobody_answers_went_as_planned(world: World) -> None:
    accepted = world.submit()
    world.advance(minutes=20)
    replay = told(world, accepted)
    assert marked(replay) == []
    assert [line.recorded.level for line in replay.lines if line.recorded][:4] == [1, 2, 3, 4]


def test_an_acknowledged_order_with_its_outcome_went_as_planned(world: World) -> None:
    accepted = world.submit(persons=world.departing(300))
    world.advance(minutes=4)
    world.acknowledge(AGENT)
    world.advance(minutes=5)
    world.report(AGENT, OutcomeCode.HALTED)
    world.advance(hours=2)
    assert marked(told(world, accepted)) == []


def test_an_acknowledgement_by_text_that_nobody_reads_went_as_planned(world: World) -> None:
    accepted = world.submit()
    world.texts_back(AGENT, f"ENTERADO {world.code_of(AGENT)} 482916")
    world.advance(minutes=10)
    assert marked(told(world, accepted)) == []


def test_an_overdue_outcome_went_as_planned(world: World) -> None:
    accepted = world.submit()
    world.acknowledge(AGENT)
    world.advance(minutes=40)
    assert marked(told(world, accepted)) == []


def test_a_corrected_flight_and_a_further_document_went_as_planned(world: World) -> None:
    accepted = world.submit(persons=world.departing(400))
    world.advance(minutes=2)
    person = world.view(accepted.folio).persons[0].id
    court.correct_flight(
        world.services, world.clerk(), accepted.folio, person, "A", "ZZ 9", "B", world.now + timedelta(minutes=50),
        world.now,
    )  # fmt: skip
    world.work()
    world.advance(minutes=10)
    extension = world.signed("1234/2026-II")
    court.add_document(
        world.services, world.clerk(), accepted.folio, DocumentKind.EXTENSION, extension, None, world.now
    )
    world.work()
    world.advance(minutes=10)
    assert marked(told(world, accepted)) == []


def test_a_held_order_is_replayed_from_its_confirmation(world: World) -> None:
    stranger = authority().issue("JUEZA SUSTITUTA FICTICIA", "SUXF800101MDFXXX09", "SUXF800101AB3", now=NOW)
    accepted = world.submit(document=world.signed(signer=stranger))
    world.advance(minutes=5)
    order = court.find(world.services, OPERATOR, accepted.folio)
    hold.confirm(world.services, world.clerk("otra.clerk"), order.id, world.now)
    world.work()
    opened = world.now
    world.advance(minutes=20)
    replay = told(world, accepted)
    assert replay.opened_at == opened
    assert marked(replay) == []


def test_an_order_still_held_has_no_steps(world: World) -> None:
    stranger = authority().issue("JUEZA SUSTITUTA FICTICIA", "SUXF800101MDFXXX09", "SUXF800101AB3", now=NOW)
    replay = told(world, world.submit(document=world.signed(signer=stranger)))
    assert (replay.opened_at, replay.lines) == (None, ())


def test_each_station_is_replayed_alone_from_when_it_was_added(world: World) -> None:
    accepted = world.submit()
    world.advance(minutes=5)
    court.add_stations(world.services, world.clerk(), accepted.folio, [OTHER_STATION], world.now)
    world.work()
    added = world.now
    world.advance(minutes=10)
    world.forget()
    first, second = replayed(world.services, OPERATOR, accepted.folio, world.now)
    assert (first.code, second.code, second.opened_at) == (STATION, OTHER_STATION, added)
    assert marked(first) == marked(second) == []


def test_a_worker_that_was_away_shows_as_late_steps(world: World) -> None:
    accepted = world.submit()
    world.now += timedelta(minutes=5)  # nobody works
    world.work()
    assert ("escalated", "late") in marked(told(world, accepted))


def test_a_roster_that_changed_meanwhile_shows_as_other_recipients(world: World) -> None:
    accepted = world.submit()
    world.put_on_duty(STATION, agentes=(AGENT.badge, CHIEF.badge), jefatura=(AGENT.badge,))
    world.advance(minutes=4)
    assert any(difference == "recipients" for _, difference in marked(told(world, accepted)))


def test_a_withdrawn_order_is_planned_no_further(world: World) -> None:
    accepted = world.submit()
    revocation = world.signed("1234/2026-REV")
    court.add_document(
        world.services, world.clerk(), accepted.folio, DocumentKind.REVOCATION, revocation, None, world.now
    )
    world.work()
    world.advance(hours=1)
    replay = told(world, accepted)
    assert [line.difference for line in replay.lines] == [""]


def test_a_wrong_station_is_replayed_to_its_end(world: World) -> None:
    accepted = world.submit(stations=(STATION, OTHER_STATION))
    world.acknowledge(CANCUN)
    world.report(CANCUN, OutcomeCode.WRONG_STATION)
    world.advance(minutes=30)
    world.forget()
    assert [marked(each) for each in replayed(world.services, OPERATOR, accepted.folio, world.now)] == [
        [],
        [],
    ]


def test_another_courts_order_is_not_there_to_be_replayed(world: World) -> None:
    accepted = world.submit()
    other = world.clerk()
    with pytest.raises(Missing):
        replayed(world.services, type(other)(1, 2, "clerk", "token"), accepted.folio, world.now)
    world.forget()
