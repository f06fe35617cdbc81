"""Who gets in, who does not, and by which one-time links people begin."""

import re

import pyotp

from amparo_notify.cases import personnel
from amparo_notify.cases.services import OPERATOR
from amparo_notify.demo import data
from tests.web.desk import Desk


def test_the_right_passphrase_and_code_open_the_courts_orders(desk: Desk) -> None:
    browser = desk.browser()
    answer = desk.sign_in(browser, "actuaria")
    assert (answer.status_code, answer.location) == (303, "/")


def test_a_wrong_code_is_refused_with_the_username_kept_and_the_passphrase_forgotten(desk: Desk) -> None:
    fields = {"username": "actuaria", "passphrase": data.PASSPHRASE, "code": "000000"}
    answer = desk.browser().post("/entrar", fields)
    assert answer.status_code == 403
    assert 'value="actuaria"' in answer.text
    assert data.PASSPHRASE not in answer.text


def test_an_unknown_user_and_a_wrong_passphrase_get_the_same_answer(desk: Desk) -> None:
    def said(username: str) -> str:
        answer = desk.browser().post(
            "/entrar", {"username": username, "passphrase": "x" * 12, "code": "123456"}
        )
        return re.sub(r'value="[^"]*"|nonce="[^"]*"|data-options="[^"]*"', "", answer.text)

    assert said("actuaria") == said("nadie.ficticio")


def test_a_session_does_not_outlive_signing_out(desk: Desk) -> None:
    browser = desk.browser("actuaria")
    kept = browser.client.get_cookie("session")
    assert kept is not None
    browser.post("/salir", form="/juzgado/ordenes")
    thief = desk.browser()
    thief.client.set_cookie("session", kept.value)
    assert thief.get("/juzgado/ordenes").status_code == 303


def test_signing_in_again_ends_the_session_that_the_browser_held(desk: Desk) -> None:
    browser = desk.browser("actuaria")
    before = browser.client.get_cookie("session")
    desk.sign_in(browser, "actuaria")
    thief = desk.browser()
    assert before is not None
    thief.client.set_cookie("session", before.value)
    assert thief.get("/juzgado/ordenes").status_code == 303


def test_somebody_who_must_sign_in_is_taken_on_to_the_page_they_wanted(desk: Desk) -> None:
    browser = desk.browser()
    assert browser.get("/juzgado/ordenes/nueva").location == "/entrar?sigue=/juzgado/ordenes/nueva"


def test_nobody_is_taken_on_to_another_site(desk: Desk) -> None:
    fields = {
        "username": "actuaria",
        "passphrase": data.PASSPHRASE,
        "code": desk.code("actuaria"),
        "sigue": "//elsewhere.example/juzgado/",
    }
    assert desk.browser().post("/entrar", fields).location == "/"


def test_a_form_sent_after_the_session_ended_says_how_to_send_it_again(desk: Desk) -> None:
    browser = desk.browser("actuaria")
    desk.clock.pass_(hours=13)
    answer = browser.post("/juzgado/ordenes/nueva")
    assert answer.status_code == 401
    assert "nada de lo que escribió se ha perdido" in answer.text


def test_an_administrator_does_not_read_the_courts_orders(desk: Desk) -> None:
    assert desk.browser("administradora").get("/juzgado/ordenes").status_code == 403


def test_a_clerk_does_not_administer(desk: Desk) -> None:
    assert desk.browser("actuaria").get("/admin").status_code == 403


def test_a_new_clerk_enrols_by_their_link_and_signs_in(desk: Desk) -> None:
    link = personnel.add_staff(
        desk.services, OPERATOR, "nueva", "Nueva Ficticia", "clerk", data.THE_COURT.code, desk.clock.now
    )
    path = link.removeprefix(desk.config.public_url)
    browser = desk.browser()
    page = browser.get(path).text
    secret = re.search(r'class="mono big">(.*?)</p>', page)
    assert secret is not None
    desk.ground.seeds["nueva"] = secret[1].replace("<wbr>", "")
    fields = {
        "passphrase": data.PASSPHRASE,
        "code": pyotp.TOTP(desk.ground.seeds["nueva"]).at(desk.clock.now),
    }
    assert browser.post(path, fields, form=path).location == "/entrar?alta=1"
    assert desk.sign_in(browser, "nueva").location == "/"


def test_an_enrolment_link_works_once(desk: Desk) -> None:
    link = personnel.add_staff(
        desk.services, OPERATOR, "nueva", "Nueva Ficticia", "admin", None, desk.clock.now
    )
    path = link.removeprefix(desk.config.public_url)
    browser = desk.browser()
    secret = re.search(r'class="mono big">(.*?)</p>', browser.get(path).text)
    assert secret is not None
    code = pyotp.TOTP(secret[1].replace("<wbr>", "")).at(desk.clock.now)
    browser.post(path, {"passphrase": data.PASSPHRASE, "code": code}, form=path)
    assert browser.get(path).status_code == 404


def test_a_short_passphrase_is_refused_by_its_field(desk: Desk) -> None:
    link = personnel.add_staff(
        desk.services, OPERATOR, "nueva", "Nueva Ficticia", "admin", None, desk.clock.now
    )
    path = link.removeprefix(desk.config.public_url)
    answer = desk.browser().post(path, {"passphrase": "corta", "code": "123456"}, form=path)
    assert answer.status_code == 422
    assert 'id="passphrase-wrong"' in answer.text


def test_an_officer_chooses_a_pin_that_nobody_else_knows(desk: Desk) -> None:
    path = personnel.invite_officer(desk.services, OPERATOR, "1001", desk.clock.now).removeprefix(
        desk.config.public_url
    )
    browser = desk.browser()
    assert (
        browser.post(path, {"pin": "271828", "again": "271828"}, form=path).location
        == f"{path}/contactos?nip=1"
    )
    assert next(o.has_pin for o in personnel.officers(desk.services) if o.badge == "1001")


def test_two_different_pins_are_refused_and_none_is_kept(desk: Desk) -> None:
    path = personnel.invite_officer(desk.services, OPERATOR, "1001", desk.clock.now).removeprefix(
        desk.config.public_url
    )
    answer = desk.browser().post(path, {"pin": "271828", "again": "271829"}, form=path)
    assert answer.status_code == 422
    assert not next(o.has_pin for o in personnel.officers(desk.services) if o.badge == "1001")
