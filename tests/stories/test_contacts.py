"""Contacts are confirmed by a code that is sent to them; until then they are used, and not counted on."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from amparo_notify.cases import contacts, manage, personnel, signin
from amparo_notify.cases.personnel import NewOfficer
from amparo_notify.cases.services import OPERATOR
from amparo_notify.cases.witness import CONFIGURATION
from amparo_notify.core.errors import Denied, Invalid, Missing, Unfit
from amparo_notify.core.notice import Medium
from amparo_notify.core.preview import preview
from amparo_notify.demo.faults import busy
from amparo_notify.store import log
from tests.world import AGENT, CHIEF, PINS, POLICY, STATION, World

PHONE, MAIL = "+525500000777", "nueva@estacion.example"


def arrive(world: World, *phones: str, mails: tuple[str, ...] = ()) -> str:
    """Add an officer who chooses a PIN; return the token of their link."""
    new = NewOfficer("MEX-N1", "Agente nueva", "Nombre Ficticio", phones, mails, station=STATION)
    token = personnel.add_officer(world.services, OPERATOR, new, world.now).rpartition("/")[2]
    signin.choose_pin(world.services, token, PINS, world.now)
    return token


def mine(world: World, token: str) -> tuple[contacts.Mine, ...]:
    return contacts.own_contacts(world.services, token, world.now).contacts


def texted(world: World) -> str:
    """Ask for a code by SMS and read it on the phone."""
    found = re.search(r"\b\d{6}\b", world.carrier.texts(PHONE)[-1].body)
    assert found
    return found[0]


def asked(world: World, *phones: str, mails: tuple[str, ...] = ()) -> tuple[str, int]:
    """A new officer who asks for a code to their first contact: (token, contact)."""
    token = arrive(world, *phones, mails=mails)
    contact = mine(world, token)[0].id
    contacts.send_code(world.services, token, contact, world.now)
    return token, contact


def covers(world: World) -> bool:
    return manage.roster_of(world.services, STATION).officers["MEX-N1"].covers


def test_a_code_that_came_by_text_confirms_the_phone(world: World) -> None:
    token, contact = asked(world, PHONE)
    contacts.confirm(world.services, token, contact, texted(world), world.now)
    assert mine(world, token)[0].verified


def test_an_unconfirmed_contact_is_used_and_counts_as_no_coverage(world: World) -> None:
    token, contact = asked(world, PHONE)
    assert manage.roster_of(world.services, STATION).officers["MEX-N1"].reachable
    assert not covers(world)
    contacts.confirm(world.services, token, contact, texted(world), world.now)
    assert covers(world)


def test_a_telephone_that_takes_no_texts_is_rung_and_told_the_code(world: World) -> None:
    token = arrive(world, PHONE)
    contact = mine(world, token)[0].id
    contacts.send_code(world.services, token, contact, world.now, call=True)
    twiml = world.carrier.calls(PHONE)[-1].twiml
    digits = re.search(r"(\d(?:, \d){5})", twiml)
    assert digits
    contacts.confirm(world.services, token, contact, digits[1].replace(", ", ""), world.now)
    assert mine(world, token)[0].verified


def test_a_mail_address_is_confirmed_by_mail(world: World) -> None:
    token, contact = asked(world, mails=(MAIL,))
    code = re.search(r"\d{6}", world.carrier.mails(MAIL)[-1].subject)
    assert code
    contacts.confirm(world.services, token, contact, code[0], world.now)
    assert mine(world, token)[0].verified
    world.forget()


def test_a_wrong_code_confirms_nothing_and_says_how_many_tries_are_left(world: World) -> None:
    token, contact = asked(world, PHONE)
    wrong = f"{(int(texted(world)) + 1) % 1_000_000:06d}"
    with pytest.raises(Invalid, match="4 intentos"):
        contacts.confirm(world.services, token, contact, wrong, world.now)
    assert not mine(world, token)[0].verified


def test_after_five_wrong_codes_even_the_right_one_has_to_wait(world: World) -> None:
    token, contact = asked(world, PHONE)
    code = texted(world)
    for _ in range(5):
        with pytest.raises(Invalid):
            contacts.confirm(world.services, token, contact, "abc", world.now)
    with pytest.raises(Denied):
        contacts.confirm(world.services, token, contact, code, world.now)
    world.now += timedelta(minutes=5)
    contacts.confirm(world.services, token, contact, code, world.now)
    assert mine(world, token)[0].verified


def test_a_code_is_good_for_ten_minutes_and_never_longer_than_twenty(world: World) -> None:
    token, contact = asked(world, PHONE)
    code = texted(world)
    world.now += timedelta(minutes=20)
    with pytest.raises(Invalid):
        contacts.confirm(world.services, token, contact, code, world.now)


def test_nobody_can_have_a_phone_flooded_with_codes(world: World) -> None:
    token, contact = asked(world, PHONE)
    for _ in range(4):
        contacts.send_code(world.services, token, contact, world.now)
    with pytest.raises(Denied):
        contacts.send_code(world.services, token, contact, world.now)
    assert len(world.carrier.texts(PHONE)) == 5


def test_each_contact_has_a_code_of_its_own(world: World) -> None:
    token = arrive(world, PHONE, "+525500000778")
    first, second = mine(world, token)
    contacts.send_code(world.services, token, first.id, world.now)
    with pytest.raises(Invalid):
        contacts.confirm(world.services, token, second.id, texted(world), world.now)


def test_a_link_confirms_its_own_officers_contacts_alone(world: World) -> None:
    token = arrive(world, PHONE)
    with pytest.raises(Missing):
        contacts.send_code(world.services, token, 1, world.now)  # the first officer's


def test_the_page_of_contacts_opens_after_the_pin_and_closes_with_the_link(world: World) -> None:
    new = NewOfficer("MEX-N1", "Agente nueva", "Nombre Ficticio", (PHONE,), station=STATION)
    token = personnel.add_officer(world.services, OPERATOR, new, world.now).rpartition("/")[2]
    with pytest.raises(Missing):
        mine(world, token)
    signin.choose_pin(world.services, token, PINS, world.now)
    assert mine(world, token)
    world.now += timedelta(days=8)
    with pytest.raises(Missing):
        mine(world, token)


def test_the_page_shows_of_an_address_only_what_tells_it_from_the_others(world: World) -> None:
    token = arrive(world, PHONE, mails=(MAIL,))
    assert [each.hint for each in mine(world, token)] == ["••• 0777", "n•••@estacion.example"]


def test_a_provider_that_is_down_is_told_to_the_officer(world: World) -> None:
    world.carrier.faults.add("sms", busy(503), None)
    with pytest.raises(Unfit):
        asked(world, PHONE)


def test_the_administrator_sees_which_contacts_are_confirmed(world: World) -> None:
    token, contact = asked(world, PHONE)
    contacts.confirm(world.services, token, contact, texted(world), world.now)
    states = contacts.states(world.services, OPERATOR)
    assert states["MEX-N1"] == (True,)
    assert states[AGENT.badge] == (False, False)
    with pytest.raises(Denied):
        contacts.states(world.services, world.clerk())


def follow_by_text(world: World) -> None:
    """A station whose policy texts and does nothing else."""
    levels = tuple(replace(level, media=(Medium.SMS,)) for level in POLICY.levels)
    manage.save_policy(world.services, OPERATOR, STATION, replace(POLICY, levels=levels), world.now)


def on_duty(world: World, *phones: str) -> str:
    """A new officer who serves alone; return the token of their link."""
    token = arrive(world, *phones)
    world.put_on_duty(STATION, agentes=("MEX-N1",), jefatura=(CHIEF.badge,))
    return token


def test_an_officer_adds_a_call_to_the_texts_of_the_policy(world: World) -> None:
    follow_by_text(world)
    contacts.choose_media(world.services, on_duty(world, PHONE), ["voice"], world.now)
    world.submit()
    assert (len(world.carrier.texts(PHONE)), len(world.carrier.calls(PHONE))) == (1, 1)
    world.forget()


def test_what_an_officer_adds_takes_nothing_of_the_policy_away(world: World) -> None:
    contacts.choose_media(world.services, on_duty(world, PHONE), ["sms"], world.now)
    world.submit()
    assert (len(world.carrier.texts(PHONE)), len(world.carrier.calls(PHONE))) == (1, 1)
    world.forget()


def test_an_officer_takes_back_what_they_added_and_the_policy_stays(world: World) -> None:
    follow_by_text(world)
    token = on_duty(world, PHONE)
    contacts.choose_media(world.services, token, ["voice"], world.now)
    contacts.choose_media(world.services, token, [], world.now)
    world.submit()
    assert (len(world.carrier.texts(PHONE)), len(world.carrier.calls(PHONE))) == (1, 0)
    world.forget()


def test_a_preview_shows_what_officers_added(world: World) -> None:
    follow_by_text(world)
    contacts.choose_media(world.services, on_duty(world, PHONE), ["voice"], world.now)
    roster = manage.roster_of(world.services, STATION)
    first = preview(manage.policy_of(world.services, STATION), roster, world.now, None)[0]
    assert first.recipients == (("MEX-N1", Medium.SMS), ("MEX-N1", Medium.VOICE))


@pytest.mark.parametrize("medium", ["email", "pigeon", ""])
def test_a_medium_that_no_contact_takes_is_refused(world: World, medium: str) -> None:
    token = arrive(world, PHONE)
    with pytest.raises(Invalid, match="contactos"):
        contacts.choose_media(world.services, token, [medium], world.now)


def test_what_an_officer_adds_is_on_record(world: World) -> None:
    contacts.choose_media(world.services, arrive(world, PHONE), ["voice"], world.now)
    with world.services.database.read() as tx:
        newest = next(log.newest(tx, CONFIGURATION, 1))
    said = world.services.sealer.open(newest)
    assert (said["actor"], said["details"]) == (
        "officer:MEX-N1",
        {"what": "media added", "officer": "MEX-N1", "media": ["voice"]},
    )
