"""A station that asks for signatures: a PIN is recorded and the chase goes on; a passkey ends it, and proves it."""

import hashlib
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from amparo_notify.cases import coverage, manage, officer, passkeys, sign
from amparo_notify.cases.services import OPERATOR
from amparo_notify.cases.witness import CONFIGURATION, Receipt, timeline
from amparo_notify.core.coverage import Worry
from amparo_notify.core.errors import Conflict, Denied, Invalid
from amparo_notify.core.events import Event, Grade
from amparo_notify.core.state import Phase
from amparo_notify.seal.assertion import check_acknowledgement, decoded
from amparo_notify.store import log, vault
from amparo_notify.store.passkeys import Owner
from tests.authenticator import Authenticator
from tests.world import AGENT, CHIEF, PINS, POLICY, STATION, Somebody, World

ORIGIN = "http://amparo.example"


def own(who: Somebody, world: World, phone: Authenticator | None = None) -> Authenticator:
    """Somebody adds a passkey to their phone, at the link that they were texted and by their PIN."""
    phone = phone or Authenticator(ORIGIN)
    token, session = world.open_link(who)
    made = sign.to_add(world.services, officer.notice(world.services, token, session, world.now), world.now)
    assert made is not None
    credential = phone.create(made.options)
    sign.add(world.services, token, session, made.nonce, credential, "Teléfono", world.now)
    return phone


def signs(who: Somebody, world: World, phone: Authenticator) -> Receipt:
    """Somebody opens the order by their passkey, reads it, and signs it: no PIN anywhere."""
    token, session = comes_in(who, world, phone)
    view = officer.notice(world.services, token, session, world.now)
    officer.displayed(world.services, token, session, world.now)
    asked = sign.to_sign(world.services, token, session, view, world.now)
    assert asked is not None
    shown = view.statement_sha256, view.document_sha256
    answer = phone.get(asked.options)
    receipt = sign.sign(world.services, token, session, *shown, asked.nonce, answer, world.now)
    world.work()
    return receipt


def comes_in(who: Somebody, world: World, phone: Authenticator) -> tuple[str, str]:
    """Somebody opens their newest link by passkey: (token, session)."""
    token = world.link_of(who)
    officer.open_notice(world.services, token, world.now)
    asked = sign.at_door(world.services, token, world.now)
    assert asked is not None
    answer = phone.get(asked.options)
    return token, sign.identify(world.services, token, asked.nonce, answer, world.now)


def strict(world: World) -> Authenticator:
    """The station's agent has a passkey, and from now on the station asks for signatures."""
    world.submit(expediente="1/2026")
    phone = own(AGENT, world)
    world.acknowledge(AGENT)
    policy = replace(POLICY, required_grade="A3")
    manage.save_policy(world.services, OPERATOR, STATION, policy, world.now)
    world.forget()
    return phone


def station(world: World, folio: str = "J5TEST-000002") -> Phase:
    return world.view(folio).stations[0].phase


def test_a_pin_where_a_signature_is_asked_for_is_recorded_and_the_chase_goes_on(world: World) -> None:
    strict(world)
    world.submit()
    receipt = world.acknowledge(AGENT)
    world.forget()
    assert world.services.sealer.open(receipt.jws)["grade"] == Grade.A2
    assert station(world) is Phase.CHASING
    world.advance(minutes=3)
    world.expect(CHIEF, "sms", "voice", "email")
    world.forget()  # the agent's own call, which waited for that of the other order


def test_a_pin_by_text_where_a_signature_is_asked_for_is_answered_with_the_way_to_sign(world: World) -> None:
    strict(world)
    world.submit()
    (answer,) = world.texts_back(AGENT, f"ENTERADO {world.code_of(AGENT)} {PINS}")
    world.forget()
    assert "FIRMA" in answer
    assert station(world) is Phase.CHASING


def test_a_court_is_not_told_that_somebody_knows_before_somebody_has_signed(world: World) -> None:
    strict(world)
    world.submit()
    world.acknowledge(AGENT)
    world.forget()
    view = world.view("J5TEST-000002")
    assert view.stations[0].acknowledgement is None
    assert [each.details["grade"] for each in view.timeline if each.event is Event.ACKNOWLEDGED] == [Grade.A2]


def test_a_signature_ends_the_chase(world: World) -> None:
    phone = strict(world)
    world.submit()
    signs(AGENT, world, phone)
    world.forget()
    assert station(world) is Phase.ACKNOWLEDGED
    world.advance(minutes=10)
    world.expect_silence()


def test_a_signature_ends_the_chase_that_a_pin_did_not(world: World) -> None:
    phone = strict(world)
    world.submit()
    world.acknowledge(AGENT)
    signs(AGENT, world, phone)
    world.forget()
    assert station(world) is Phase.ACKNOWLEDGED


def test_what_was_signed_can_be_checked_from_the_logs_alone(world: World) -> None:
    phone = strict(world)
    world.submit()
    signs(AGENT, world, phone)
    world.forget()
    order = world.view("J5TEST-000002").order.id
    with world.services.database.read() as tx:
        payloads = timeline(world.services, tx, order)
        records = {seq: record for record, seq, _ in log.records(tx, order)}
        added = [each["details"] for each in timeline(world.services, tx, CONFIGURATION)]
        mine = next(each for each in payloads if each["event"] == Event.ACKNOWLEDGED)
        safe = vault.unlock(tx, world.services.vault, f"order:{order}")
        annex = log.annex(tx, records[mine["seq"]], safe)
    assert annex is not None
    assert mine["grade"] == Grade.A3
    check_acknowledgement(mine["details"], annex["personal"]["assertion"])
    enrolled = next(each for each in added if each["what"] == "passkey added")
    assert enrolled == {
        "what": "passkey added",
        "officer": AGENT.badge,
        "passkey": mine["details"]["passkey"],
    }


def test_the_receipt_says_how_sure_it_is(world: World) -> None:
    phone = strict(world)
    world.submit()
    receipt = signs(AGENT, world, phone)
    world.forget()
    assert world.services.sealer.open(receipt.jws)["grade"] == Grade.A3


def test_a_double_tap_is_one_signature_and_one_receipt(world: World) -> None:
    phone = strict(world)
    world.submit()
    token, session = comes_in(AGENT, world, phone)
    view = officer.notice(world.services, token, session, world.now)
    asked = sign.to_sign(world.services, token, session, view, world.now)
    assert asked is not None
    shown = view.statement_sha256, view.document_sha256
    answer = phone.get(asked.options)
    receipts = [
        sign.sign(world.services, token, session, *shown, asked.nonce, answer, world.now) for _ in range(2)
    ]
    world.work()
    world.forget()
    assert receipts[0] == receipts[1]


def test_a_document_that_came_in_between_is_not_signed_unseen(world: World) -> None:
    phone = strict(world)
    world.submit()
    token, session = comes_in(AGENT, world, phone)
    view = officer.notice(world.services, token, session, world.now)
    asked = sign.to_sign(world.services, token, session, view, world.now)
    assert asked is not None
    with pytest.raises(Conflict, match="cambió"):
        sign.sign(
            world.services,
            token,
            session,
            "0" * 64,
            view.document_sha256,
            asked.nonce,
            phone.get(asked.options),
            world.now,
        )
    world.forget()


# -- whose signature ----------------------------------------------------------------------------------------


def both(world: World) -> tuple[Authenticator, Authenticator]:
    """Agent and chief were told of one order, and have a passkey each."""
    world.submit()
    world.advance(minutes=3)
    phones = own(AGENT, world), own(CHIEF, world)
    world.forget()
    return phones


def test_one_officers_passkey_does_not_open_anothers_link(world: World) -> None:
    _, chiefs = both(world)
    token = world.link_of(AGENT)
    asked = sign.at_door(world.services, token, world.now)
    assert asked is not None
    with pytest.raises(Denied, match="otra persona"):
        sign.identify(world.services, token, asked.nonce, chiefs.get(asked.options), world.now)


def test_one_officers_passkey_does_not_sign_anothers_acknowledgement(world: World) -> None:
    agents, chiefs = both(world)
    token, session = comes_in(AGENT, world, agents)
    view = officer.notice(world.services, token, session, world.now)
    asked = sign.to_sign(world.services, token, session, view, world.now)
    assert asked is not None
    shown = view.statement_sha256, view.document_sha256
    with pytest.raises(Denied, match="otra persona"):
        sign.sign(world.services, token, session, *shown, asked.nonce, chiefs.get(asked.options), world.now)


def test_an_answer_for_one_link_is_none_for_another(world: World) -> None:
    agents, _ = both(world)
    asked = sign.at_door(world.services, world.link_of(AGENT), world.now)
    assert asked is not None
    with pytest.raises(Denied):
        sign.identify(world.services, world.link_of(CHIEF), asked.nonce, agents.get(asked.options), world.now)


def test_an_answer_is_good_once(world: World) -> None:
    world.submit()
    phone = own(AGENT, world, Authenticator(ORIGIN, counts=False))
    world.forget()
    token = world.link_of(AGENT)
    asked = sign.at_door(world.services, token, world.now)
    assert asked is not None
    answer = phone.get(asked.options)
    sign.identify(world.services, token, asked.nonce, answer, world.now)
    with pytest.raises(Denied):
        sign.identify(world.services, token, asked.nonce, answer, world.now)


def test_an_answer_to_a_page_that_was_open_for_hours_is_asked_for_again(world: World) -> None:
    world.submit()
    phone = own(AGENT, world)
    world.forget()
    token = world.link_of(AGENT)
    asked = sign.at_door(world.services, token, world.now)
    assert asked is not None
    later = world.now + timedelta(hours=2)
    with pytest.raises(Denied, match="más de una hora"):
        sign.identify(world.services, token, asked.nonce, phone.get(asked.options), later)


@pytest.mark.parametrize(
    "phone",
    [
        Authenticator("https://evil.example"),
        Authenticator(ORIGIN, verifies=False),
    ],
    ids=["another site", "nobody verified"],
)
def test_a_signature_that_is_not_all_it_should_be_opens_nothing(world: World, phone: Authenticator) -> None:
    world.submit()
    mine = own(AGENT, world)
    world.forget()
    phone.keys = mine.keys
    phone.count = mine.count
    token = world.link_of(AGENT)
    asked = sign.at_door(world.services, token, world.now)
    assert asked is not None
    with pytest.raises(Denied):
        sign.identify(world.services, token, asked.nonce, phone.get(asked.options), world.now)


def test_a_copy_of_a_passkey_that_counts_is_found_out(world: World) -> None:
    world.submit()
    phone = own(AGENT, world)
    world.forget()
    copy = Authenticator(ORIGIN, keys=dict(phone.keys), count=0)
    comes_in(AGENT, world, phone)
    with pytest.raises(Denied):
        comes_in(AGENT, world, copy)


@pytest.mark.alternate
@pytest.mark.parametrize("garbage", ["", "null", "[]", "{}", "[" * 4000, '{"id":"é","rawId":1}', "\ud800"])
def test_garbage_in_place_of_a_signature_is_a_refusal(world: World, garbage: str) -> None:
    world.submit()
    own(AGENT, world)
    world.forget()
    token = world.link_of(AGENT)
    asked = sign.at_door(world.services, token, world.now)
    assert asked is not None
    with pytest.raises(Denied):
        sign.identify(world.services, token, asked.nonce, garbage, world.now)


# -- adding and taking away ---------------------------------------------------------------------------------


def test_a_passkey_is_added_only_by_somebody_who_gave_their_pin(world: World) -> None:
    world.submit()
    phone = own(AGENT, world)
    world.forget()
    token, session = comes_in(AGENT, world, phone)
    view = officer.notice(world.services, token, session, world.now)
    assert sign.to_add(world.services, view, world.now) is None


def test_a_passkey_that_was_taken_away_opens_nothing_and_ends_what_it_had_opened(world: World) -> None:
    world.submit()
    phone = own(AGENT, world)
    world.forget()
    token, session = comes_in(AGENT, world, phone)
    asked = sign.at_door(world.services, token, world.now)
    owner = Owner(officer=officer.find_link(world.services, token, world.now)[0].officer)
    (key,) = passkeys.of(world.services, owner)
    sign.remove(world.services, token, session, key.id, world.now)
    with pytest.raises(Denied):
        officer.notice(world.services, token, session, world.now)
    assert asked is not None
    with pytest.raises(Denied, match="no está dada de alta"):
        sign.identify(world.services, token, asked.nonce, phone.get(asked.options), world.now)


def test_nobody_takes_away_anothers_passkey(world: World) -> None:
    agents, _ = both(world)
    token, session = world.open_link(CHIEF)
    link, _ = officer.find_link(world.services, world.link_of(AGENT), world.now)
    (key,) = passkeys.of(world.services, Owner(officer=link.officer))
    sign.remove(world.services, token, session, key.id, world.now)
    comes_in(AGENT, world, agents)


def test_an_officer_is_told_wherever_they_are_reached_that_a_passkey_was_added(world: World) -> None:
    world.submit()
    world.forget()
    own(AGENT, world)
    world.expect_told(AGENT)
    assert "si no fue usted" in world.carrier.texts(AGENT.phone)[-1].body.casefold()


def test_a_passkey_that_verifies_nobody_is_not_taken(world: World) -> None:
    world.submit()
    world.forget()
    with pytest.raises(Denied):
        own(AGENT, world, Authenticator(ORIGIN, verifies=False))


def test_a_policy_that_asks_for_signatures_where_nobody_can_sign_is_refused(world: World) -> None:
    with pytest.raises(Invalid, match="Nadie de esta estación puede firmar"):
        manage.save_policy(world.services, OPERATOR, STATION, replace(POLICY, required_grade="A3"), world.now)


def test_a_station_whose_last_passkey_is_gone_is_a_concern(world: World) -> None:
    strict(world)
    assert Worry.UNSIGNED not in {
        each.kind for each in coverage.concerns_of(world.services, STATION, world.now)
    }
    (held,) = passkeys.everyones(world.services, OPERATOR)
    passkeys.revoke(world.services, OPERATOR, held.passkey.id, world.now)
    found = coverage.everywhere(world.services, world.now)[STATION]
    assert found[0].kind is Worry.UNSIGNED


def test_what_is_signed_is_one_line_that_says_what_was_shown(world: World) -> None:
    phone = strict(world)
    world.submit()
    token, session = comes_in(AGENT, world, phone)
    view = officer.notice(world.services, token, session, world.now)
    asked = sign.to_sign(world.services, token, session, view, world.now)
    assert asked is not None
    world.forget()
    link, _ = officer.find_link(world.services, token, world.now)
    said = {
        "document_sha256": view.document_sha256,
        "escalation": link.escalation,
        "folio": "J5TEST-000002",
        "nonce": asked.nonce,
        "officer": AGENT.badge,
        "origin": ORIGIN,
        "purpose": "acknowledge",
        "statement": view.statement,
        "subject": f"link:{link.id}",
        "v": 1,
    }
    line = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    assert decoded(asked.options["challenge"]) == hashlib.sha256(line).digest()
