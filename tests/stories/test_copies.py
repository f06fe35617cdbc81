"""COMAR's desk: told that there is an order where policy and order allow it; asked nothing, and counted as nobody."""

from dataclasses import replace

import pytest

from amparo_notify.cases import court, coverage, manage, personnel
from amparo_notify.cases.personnel import NewOfficer
from amparo_notify.cases.replay import replayed
from amparo_notify.cases.services import OPERATOR
from amparo_notify.core.errors import Conflict, Invalid
from amparo_notify.core.events import Event
from amparo_notify.core.order import DocumentKind
from amparo_notify.core.policy import Policy, Target
from tests.world import AGENT, CHIEF, OTHER_STATION, POLICY, STATION, World

DESK, MAIL = "COMAR-N", "guardia@comar.example"
COPIES = replace(
    POLICY,
    levels=(
        replace(POLICY.levels[0], targets=(*POLICY.levels[0].targets, Target("comar"))),
        *POLICY.levels[1:],
    ),
)


def desk(world: World, badge: str = DESK, mail: str = MAIL, station: str | None = None) -> None:
    new = NewOfficer(badge, "COMAR", "Oficina Ficticia", mails=(mail,), station=station, comar=True)
    personnel.add_officer(world.services, OPERATOR, new, world.now)


def follow(world: World, policy: Policy = COPIES, station: str = STATION) -> None:
    manage.save_policy(world.services, OPERATOR, station, policy, world.now)


@pytest.fixture
def copying(world: World) -> World:
    """A country with one desk, and a first level that copies it."""
    desk(world)
    follow(world)
    return world


def test_an_order_that_allows_it_is_copied_to_comar_with_its_first_level(copying: World) -> None:
    copying.submit(copy_comar=True)
    copying.expect(MAIL, "email")
    copying.expect_rung(AGENT)


def test_an_order_that_does_not_allow_it_is_not_copied_whatever_the_policy_says(copying: World) -> None:
    copying.submit()
    copying.expect_rung(AGENT)


def test_an_order_that_allows_it_is_not_copied_by_a_policy_without_a_copy(world: World) -> None:
    desk(world)
    world.submit(copy_comar=True)
    world.expect_rung(AGENT)


def test_a_copy_says_that_there_is_an_order_and_opens_nothing(copying: World) -> None:
    copying.submit(copy_comar=True)
    mail = copying.carrier.mails(MAIL)[-1]
    said = f"{mail.subject} {mail.text}"
    assert all(word in said for word in ("Copia", "1234/2026", "La Burbuja", "5500001122"))
    assert not any(word in said for word in ("CANARIA", "ZZ 123", "/n/", "NIP", "ENTERADO"))
    copying.forget()


def test_a_desk_is_copied_once_however_long_the_chase(copying: World) -> None:
    copying.submit(copy_comar=True)
    copying.advance(minutes=40)
    assert copying.arrived()[f"email {MAIL}"] == 1
    copying.forget()


def test_a_copy_is_no_answer_and_nobody_reached_by_it_delays_the_next_level(copying: World) -> None:
    copying.submit(copy_comar=True)
    copying.forget()
    copying.advance(minutes=3)
    copying.expect_rung(CHIEF)


def test_where_only_comar_could_be_reached_the_level_counts_as_empty(copying: World) -> None:
    personnel.set_active(copying.services, OPERATOR, AGENT.badge, False, copying.now)
    copying.submit(copy_comar=True)
    copying.expect(MAIL, "email")
    copying.expect_rung(CHIEF)


def test_what_becomes_of_the_order_is_told_to_comar_as_a_copy(copying: World) -> None:
    copying.submit(copy_comar=True)
    copying.acknowledge(AGENT)
    copying.report(AGENT)
    told = [mail.text for mail in copying.carrier.mails(MAIL)]
    assert ["acusó de enterado" in told[1], "informó el resultado" in told[2]] == [True, True]
    assert not any("/n/" in each or "NIP" in each for each in told)
    copying.forget()


def test_a_withdrawal_reaches_comar_too(copying: World) -> None:
    folio = copying.submit(copy_comar=True).folio
    court.add_document(
        copying.services,
        copying.clerk(),
        folio,
        DocumentKind.REVOCATION,
        copying.signed("9/2026"),
        None,
        copying.now,
    )
    copying.work()
    assert "retiró la orden" in copying.carrier.mails(MAIL)[-1].text
    copying.forget()


def test_the_record_tells_who_got_the_copy_apart_from_who_was_reached(copying: World) -> None:
    view = copying.view(copying.submit(copy_comar=True).folio)
    by_event = {
        each.event: [one["officer"] for one in each.details["recipients"]]
        for each in view.timeline
        if "recipients" in each.details
    }
    assert by_event == {Event.ESCALATED: [AGENT.badge], Event.COPIED: [DESK]}
    copying.forget()


def test_a_stations_own_desk_comes_before_the_national_one(copying: World) -> None:
    desk(copying, "COMAR-MEX", "mex@comar.example", STATION)
    copying.submit(copy_comar=True)
    copying.expect("mex@comar.example", "email")
    copying.expect_rung(AGENT)


def test_a_desk_of_another_station_gets_nothing(copying: World) -> None:
    desk(copying, "COMAR-CUN", "cun@comar.example", OTHER_STATION)
    copying.submit(copy_comar=True)
    copying.expect(MAIL, "email")
    copying.expect_rung(AGENT)


def test_a_policy_that_copies_comar_is_refused_where_comar_has_no_desk(world: World) -> None:
    with pytest.raises(Invalid, match="COMAR"):
        follow(world)


def test_a_desk_needs_a_mail_address_and_keeps_one(copying: World) -> None:
    with pytest.raises(Invalid, match="correo"):
        personnel.add_officer(
            copying.services,
            OPERATOR,
            NewOfficer("C-2", "COMAR", "X", ("5500000999",), comar=True),
            copying.now,
        )
    with pytest.raises(Invalid, match="correo"):
        personnel.change_contacts(copying.services, OPERATOR, DESK, ("5500000999",), (), copying.now)


def test_a_desk_that_is_gone_is_on_record_and_stops_nothing(copying: World) -> None:
    personnel.set_active(copying.services, OPERATOR, DESK, False, copying.now)
    view = copying.view(copying.submit(copy_comar=True).folio)
    assert [each.details["reason"] for each in view.timeline if each.event is Event.COPIED] == [
        "nobody_on_duty"
    ]
    copying.expect_rung(AGENT)


def test_comars_desk_is_nobody_of_the_station_nor_of_headquarters(copying: World) -> None:
    desk(copying, "COMAR-MEX", "mex@comar.example", STATION)
    roster = manage.roster_of(copying.services, STATION)
    assert not {DESK, "COMAR-MEX"} & {*roster.officers, *roster.headquarters}
    said = [
        each.subject for own in coverage.everywhere(copying.services, copying.now).values() for each in own
    ]
    assert not {DESK, "COMAR-MEX"} & set(said)


def test_nobody_can_put_comar_on_duty(copying: World) -> None:
    with pytest.raises(Invalid, match="no es de nadie"):
        copying.put_on_duty(STATION, agentes=(DESK,))


def test_the_same_upload_with_and_without_the_copy_is_not_the_same_order(copying: World) -> None:
    paper = copying.signed()
    copying.submit(document=paper)
    with pytest.raises(Conflict, match="otros datos"):
        copying.submit(document=paper, copy_comar=True)
    copying.forget()


def test_a_replay_of_an_order_without_a_copy_finds_no_copy_missing(copying: World) -> None:
    folio = copying.submit().folio
    assert [each.differences for each in replayed(copying.services, OPERATOR, folio, copying.now)] == [0]
    copying.forget()
