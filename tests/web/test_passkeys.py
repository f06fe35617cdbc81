"""Passkeys in a real browser, with Chromium's own virtual authenticator: officers first."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect
from werkzeug.test import TestResponse

from amparo_notify.cases import manage, officer, passkeys, personnel, sign
from amparo_notify.cases.services import OPERATOR
from amparo_notify.core.errors import Denied
from amparo_notify.core.state import Phase
from tests.authenticator import Authenticator, asked
from tests.web.scene import acknowledgements, flask_of, served, window
from tests.world import AGENT, CHIEF, PERSON, PINS, POLICY, STATION, World

NEW_PIN = "271828"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@contextmanager
def at_home(world: World) -> Iterator[str]:
    """The world at a host with a name: an address of numbers has no passkeys."""
    with served(world) as address:
        home = address.replace("127.0.0.1", "localhost")
        world.services = replace(world.services, public_url=home)
        flask_of(world).extensions["services"] = world.services
        yield home


def unlocked(page: Page, **changes: object) -> None:
    """Put a device that makes passkeys behind a page."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE | changes})


def adds(page: Page, link: str) -> None:
    """Come in by PIN and add this phone."""
    page.goto(link)
    page.fill("#pin", PINS)
    page.click("text=Ver la orden")
    page.click("summary:has-text('Firmar con la huella')")
    page.click("text=Agregar la llave de este teléfono")
    expect(page.locator("#llaves")).to_contain_text("agregada")
    page.click("text=Cerrar la orden en este teléfono")


def phase(world: World) -> Phase:
    return world.view("J5TEST-000001").stations[0].phase


def test_an_officer_adds_their_phone_comes_in_by_it_and_signs(world: World, chrome: Browser) -> None:
    world.submit()
    with at_home(world) as home, window(chrome) as page:
        unlocked(page)
        adds(page, f"{home}/n/{world.link_of(AGENT)}")
        page.click("text=Entrar con la huella o el rostro")
        expect(page.locator("#personas")).to_be_visible()
        page.click("text=Firmar y acusar de enterado")
        expect(page.locator("#acuse")).to_contain_text("quedó registrado")
        page.click("text=Ver mi acuse firmado")
        expect(page.locator("main")).to_contain_text("A3")
        assert phase(world) is Phase.ACKNOWLEDGED


def test_where_a_signature_is_asked_for_the_page_says_that_a_pin_is_not_enough(
    world: World, chrome: Browser
) -> None:
    world.submit(expediente="1/2026")
    with at_home(world) as home, window(chrome) as page:
        unlocked(page)
        adds(page, f"{home}/n/{world.link_of(AGENT)}")
        policy = replace(POLICY, required_grade="A3")
        manage.save_policy(world.services, OPERATOR, STATION, policy, world.now)
        world.submit()
        page.goto(f"{home}/n/{world.link_of(AGENT)}")
        page.fill("#pin", PINS)
        page.click("text=Ver la orden")
        page.click("text=Acuso de enterado sin firmar")
        expect(page.locator("#acuse")).to_contain_text("se sigue avisando a los demás")
        assert world.view("J5TEST-000002").stations[0].phase is Phase.CHASING
        page.click("text=Firmar y acusar de enterado")
        expect(page.locator("#acuse")).to_contain_text("quedó firmado y registrado")
        assert world.view("J5TEST-000002").stations[0].phase is Phase.ACKNOWLEDGED


def test_a_phone_that_does_not_know_its_owner_signs_nothing_and_says_so(
    world: World, chrome: Browser
) -> None:
    world.submit()
    with at_home(world) as home, window(chrome) as page:
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        device = session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]
        adds(page, f"{home}/n/{world.link_of(AGENT)}")
        session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
        page.click("text=Entrar con la huella o el rostro")
        expect(page.locator("[role=alert]:visible")).to_contain_text("Puede intentarlo otra vez")
        expect(page.locator("button:has-text('Entrar con la huella')")).to_be_enabled()
        page.fill("#pin", PINS)
        page.click("text=Ver la orden")
        expect(page.locator("#personas")).to_be_visible()


def test_one_officers_phone_does_not_open_anothers_notice(world: World, chrome: Browser) -> None:
    world.submit()
    world.advance(minutes=3)
    with at_home(world) as home, window(chrome) as page:
        unlocked(page)
        adds(page, f"{home}/n/{world.link_of(AGENT)}")
        page.goto(f"{home}/n/{world.link_of(CHIEF)}")
        expect(page.locator("[data-passkey]")).to_have_count(0)
        assert PERSON.name not in page.content()


def test_a_browser_without_scripts_is_offered_the_pin_alone(world: World, chrome: Browser) -> None:
    world.submit()
    with at_home(world) as home:
        with window(chrome) as page:
            unlocked(page)
            adds(page, f"{home}/n/{world.link_of(AGENT)}")
        with window(chrome, scripts=False) as page:
            page.goto(f"{home}/n/{world.link_of(AGENT)}")
            expect(page.locator("button:visible")).to_have_text(["Ver la orden"])
            page.fill("#pin", PINS)
            page.click("text=Ver la orden")
            page.click("text=Acuso de enterado sin firmar")
            expect(page.locator("#acuse")).to_contain_text("quedó registrado")


def test_a_robot_at_a_door_with_a_passkey_acknowledges_nothing(world: World, chrome: Browser) -> None:
    world.submit()
    with at_home(world) as home:
        link = f"{home}/n/{world.link_of(AGENT)}"
        with window(chrome) as page:
            unlocked(page)
            adds(page, link)
        with window(chrome) as page:
            page.goto(link)
            for place in range(page.locator("form").count()):
                page.goto(link)
                with page.expect_navigation():
                    page.evaluate("place => document.forms[place].submit()", place)
    assert acknowledgements(world) == 0
    assert phase(world) is Phase.CHASING


def test_a_passkey_is_taken_away_on_the_page(world: World, chrome: Browser) -> None:
    world.submit()
    with at_home(world) as home, window(chrome) as page:
        unlocked(page)
        link = f"{home}/n/{world.link_of(AGENT)}"
        adds(page, link)
        page.on("dialog", lambda dialog: dialog.accept())
        page.click("text=Entrar con la huella o el rostro")
        page.click("summary:has-text('Firmar con la huella')")
        page.click("#llaves button:has-text('Quitar')")
        expect(page.locator("h1")).to_have_text("Hay una orden de amparo para su turno")
        expect(page.locator("[data-passkey]")).to_have_count(0)


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_of_an_officer_with_a_passkey_fits(world: World, chrome: Browser, width: int) -> None:
    world.submit()
    with at_home(world) as home, window(chrome, width=width) as page:
        unlocked(page)
        adds(page, f"{home}/n/{world.link_of(AGENT)}")
        wide = [page.evaluate("document.documentElement.scrollWidth")]
        page.click("text=Entrar con la huella o el rostro")
        page.click("summary:has-text('Firmar con la huella')")
        wide.append(page.evaluate("document.documentElement.scrollWidth"))
        assert wide == [width, width]


# -- where the PIN is chosen --------------------------------------------------------------------------------


def enrolled(world: World) -> tuple[FlaskClient, str]:
    """A browser at the link with which the agent has just chosen a PIN, and the link's path."""
    path = urlsplit(personnel.invite_officer(world.services, OPERATOR, AGENT.badge, world.now)).path
    client = flask_of(world).test_client()
    assert send(client, path, path, pin=NEW_PIN, again=NEW_PIN).status_code == 303
    return client, path


def send(client: FlaskClient, form: str, path: str, **fields: str) -> TestResponse:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(form).text)
    assert token is not None
    return client.post(path, data={"csrf_token": token[1], **fields})


def test_whoever_chose_a_pin_adds_their_phone_with_it(world: World) -> None:
    client, path = enrolled(world)
    page = send(client, f"{path}/llave", f"{path}/llave", pin=NEW_PIN).text
    options, nonce = asked(page, f"{path}/llave/agregar")
    credential = Authenticator("http://amparo.example").create(options)
    answer = send(client, f"{path}/llave", f"{path}/llave/agregar", nonce=nonce, credential=credential)
    assert "Este teléfono ya puede firmar" in answer.text
    assert [each.who for each in passkeys.everyones(world.services, OPERATOR)] == [AGENT.badge]


def test_whoever_sent_the_link_adds_nothing_without_the_pin(world: World) -> None:
    client, path = enrolled(world)
    answers = [client.get(f"{path}/llave")]
    answers += [send(client, f"{path}/llave", f"{path}/llave", pin="000000") for _ in range(6)]
    assert "data-passkey" not in "".join(each.text for each in answers)
    assert [each.status_code for each in answers[1:]] == [403] * 6


def test_a_passkey_made_for_one_officer_is_not_taken_for_another(world: World) -> None:
    world.submit()
    world.advance(minutes=3)
    token, session = world.open_link(AGENT)
    view = officer.notice(world.services, token, session, world.now)
    made = sign.to_add(world.services, view, world.now)
    assert made is not None
    credential = Authenticator("http://amparo.example").create(made.options)
    chiefs = world.open_link(CHIEF)
    with pytest.raises(Denied):
        sign.add(world.services, *chiefs, made.nonce, credential, "Teléfono", world.now)


def test_an_enrolment_before_the_pin_is_chosen_offers_no_passkey(world: World) -> None:
    path = urlsplit(personnel.invite_officer(world.services, OPERATOR, AGENT.badge, world.now)).path
    assert flask_of(world).test_client().get(f"{path}/llave").status_code == 404
