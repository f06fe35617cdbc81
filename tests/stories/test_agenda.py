"""An officer's calendar, and what rosters leave to luck: said when written, told every day, never in the way."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import icalendar
import pytest

from amparo_notify.cases import agenda, contacts, coverage, manage, personnel
from amparo_notify.cases.personnel import NewOfficer
from amparo_notify.cases.services import OPERATOR
from amparo_notify.cases.witness import CONFIGURATION, timeline
from amparo_notify.core.coverage import Worry
from amparo_notify.core.errors import Missing
from amparo_notify.core.roster import Override, Rotation, Shift
from amparo_notify.demo.faults import busy
from amparo_notify.store.contacts import confirm, of_officer
from tests.world import AGENT, CHIEF, EVERYBODY, HEADQUARTERS, OTHER_STATION, STATION, World

MORNING = datetime(2026, 11, 23, 12, 5, tzinfo=UTC)
"""Five past six in Mexico City."""


def calendar(world: World, badge: str) -> icalendar.Calendar:
    """What a telephone gets that subscribes."""
    path = agenda.address(world.services, badge).removeprefix(world.config.public_url)
    answer = world.app.get(path)
    assert answer.mimetype == "text/calendar"
    return icalendar.Calendar.from_ical(answer.text)


def hours(world: World, badge: str) -> list[tuple[datetime, datetime]]:
    return [(event.start, event.end) for event in calendar(world, badge).walk("VEVENT")]


def alternate(world: World) -> None:
    """Have agent and chief take turns, a day each, from eight to eight."""
    shifts = (Shift(0, time(8), time(8), 0), Shift(1, time(8), time(8), 1))
    rotation = Rotation("agentes", date(2026, 1, 1), 2, shifts, ((AGENT.badge,), (CHIEF.badge,)))
    written = replace(manage.roster_of(world.services, STATION), rotations=(rotation,))
    manage.save_roster(world.services, OPERATOR, STATION, written, world.now)


def trusted(world: World) -> None:
    """Everybody's contacts are confirmed."""
    with world.services.database.write() as tx:
        for who in EVERYBODY:
            for each in of_officer(tx, world.services.vault, who.badge):
                confirm(tx, each.id, world.now)


# -- the calendar -------------------------------------------------------------------------------------------


def test_a_calendar_holds_an_officers_own_watches_and_nobody_elses(world: World) -> None:
    alternate(world)
    mine, theirs = hours(world, AGENT.badge), hours(world, CHIEF.badge)
    assert mine
    assert not {start for start, _ in mine} & {start for start, _ in theirs}
    assert all(end - start <= timedelta(days=1) for start, end in mine)


def test_a_calendar_follows_the_roster_as_it_is_now(world: World) -> None:
    alternate(world)
    start = world.now + timedelta(days=3)
    override = Override("agentes", start, start + timedelta(hours=2), (CHIEF.badge,), (AGENT.badge,))
    roster = manage.roster_of(world.services, STATION)
    before = hours(world, CHIEF.badge)
    manage.save_roster(world.services, OPERATOR, STATION, replace(roster, overrides=(override,)), world.now)
    assert hours(world, CHIEF.badge) != before


def test_a_calendar_says_nothing_of_a_person_but_the_badge(world: World) -> None:
    text = calendar(world, AGENT.badge).to_ical().decode()
    assert AGENT.badge in text
    assert not any(secret in text for secret in ("Nombre Ficticio", AGENT.phone, AGENT.mail))


def test_another_officers_token_opens_no_calendar(world: World) -> None:
    token = agenda.address(world.services, AGENT.badge).rpartition("/")[2]
    assert world.app.get(f"/agenda/{CHIEF.badge}/{token}").status_code == 404
    with pytest.raises(Missing):
        agenda.calendar(world.services, CHIEF.badge, "x", world.now)


def test_somebody_who_serves_nowhere_has_an_empty_calendar(world: World) -> None:
    assert hours(world, HEADQUARTERS.badge) == []


def test_somebody_of_headquarters_who_serves_at_two_stations_has_one_calendar(world: World) -> None:
    world.put_on_duty(STATION, agentes=(AGENT.badge,), enlace=(HEADQUARTERS.badge,))
    world.put_on_duty(OTHER_STATION, enlace=(HEADQUARTERS.badge,))
    summaries = {str(event["SUMMARY"]) for event in calendar(world, HEADQUARTERS.badge).walk("VEVENT")}
    assert summaries == {f"Turno enlace, {STATION}", f"Turno enlace, {OTHER_STATION}"}


# -- what is left to luck -----------------------------------------------------------------------------------


def test_people_who_confirmed_no_contact_leave_a_gap(world: World) -> None:
    kinds = {each.kind for each in coverage.concerns_of(world.services, STATION, world.now)}
    assert {Worry.GAP, Worry.UNVERIFIED} <= kinds
    trusted(world)
    kinds = {each.kind for each in coverage.concerns_of(world.services, STATION, world.now)}
    assert kinds == {Worry.SINGLE}


def test_once_a_day_headquarters_get_one_mail_of_all_stations(world: World) -> None:
    world.now = MORNING
    assert coverage.watch(world.services, world.now) == 1
    assert coverage.watch(world.services, world.now + timedelta(hours=1)) == 0
    mail = world.carrier.mails(HEADQUARTERS.mail)[-1]
    assert STATION in mail.text
    assert OTHER_STATION in mail.text
    assert coverage.watch(world.services, world.now + timedelta(days=1)) == 1
    world.expect(HEADQUARTERS, "email", times=2)


def test_what_worries_is_on_record_in_the_configurations_log(world: World) -> None:
    coverage.watch(world.services, MORNING)
    with world.services.database.read() as tx:
        details = timeline(world.services, tx, CONFIGURATION)[-1]["details"]
    assert isinstance(details, dict)
    assert details["what"] == "coverage"
    assert set(details["stations"]) == {STATION, OTHER_STATION}
    world.forget()


def test_a_mail_that_no_provider_takes_goes_out_at_the_next_look(world: World) -> None:
    world.carrier.faults.add("email", busy(503), None)
    assert coverage.watch(world.services, MORNING) == 0
    world.carrier.faults.clear()
    assert coverage.watch(world.services, MORNING + timedelta(hours=1)) == 1
    world.expect(HEADQUARTERS, "email")


def test_rosters_that_leave_nothing_to_luck_cost_no_mail(world: World) -> None:
    for station in (STATION, OTHER_STATION):
        for badge in (f"{station}-X1", f"{station}-X2"):
            phone = f"+5255000009{hash(badge) % 90 + 10}"
            new = NewOfficer(badge, "Agente", "Nombre Ficticio", (phone,), station=station)
            personnel.add_officer(world.services, OPERATOR, new, world.now)
            with world.services.database.write() as tx:
                for each in of_officer(tx, world.services.vault, badge):
                    confirm(tx, each.id, world.now)
        world.put_on_duty(station, agentes=(f"{station}-X1", f"{station}-X2"))
    trusted(world)
    assert coverage.everywhere(world.services, world.now) == {}
    assert coverage.watch(world.services, MORNING) == 0


def test_a_gap_in_a_roster_is_a_warning_of_readyz_and_never_its_fault(world: World) -> None:
    trusted(world)
    before = world.app.get("/readyz").json
    world.put_on_duty(STATION)
    manage.save_roster(
        world.services,
        OPERATOR,
        STATION,
        replace(
            manage.roster_of(world.services, STATION),
            rotations=(
                Rotation("agentes", date(2026, 1, 1), 2, (Shift(0, time(8), time(8), 0),), ((AGENT.badge,),)),
            ),
        ),
        world.now,
    )
    after = world.app.get("/readyz").json
    assert before["warnings"] == {}
    assert after["warnings"] == {"gap": 1}
    assert after["faults"] == before["faults"]


def test_an_order_is_taken_at_a_station_with_a_gap(world: World) -> None:
    assert coverage.concerns_of(world.services, STATION, world.now)
    world.submit()
    world.expect_rung(AGENT)


def test_the_administrator_sees_the_states_that_the_concerns_speak_of(world: World) -> None:
    trusted(world)
    assert all(all(each) for each in contacts.states(world.services, OPERATOR).values())
