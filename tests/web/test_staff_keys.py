"""Court staff and administrators: in by passkey, and a fresh proof before an order is uploaded or ended."""

import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from amparo_notify.cases import personnel, signin
from amparo_notify.cases.services import OPERATOR
from amparo_notify.cases.strong import TO_BEGIN, TO_FINISH
from amparo_notify.store import passkeys
from amparo_notify.store.passkeys import Owner
from amparo_notify.web.security import rule_of
from tests.authenticator import Authenticator, asked
from tests.web.desk import Browser, Desk, Ground, order_fields
from tests.web.test_passkeys import unlocked

NEW = "/juzgado/ordenes/nueva"
ORDER = "/juzgado/ordenes/J5DEMO-000001"
LATE, TOO_LATE = TO_BEGIN + timedelta(minutes=1), TO_FINISH + timedelta(minutes=1)


def adds(desk: Desk, browser: Browser, *, counts: bool = True) -> Authenticator:
    """Whoever holds the browser adds a passkey."""
    made = Authenticator(desk.config.public_url, counts=counts)
    options, nonce = asked(browser.get("/cuenta/llaves").text, "/cuenta/llaves")
    fields = {"nonce": nonce, "credential": made.create(options)}
    assert browser.post("/cuenta/llaves", fields, form="/cuenta/llaves").status_code == 303
    return made


def comes_in(desk: Desk, made: Authenticator, browser: Browser | None = None) -> tuple[TestResponse, Browser]:
    browser = browser or desk.browser()
    options, nonce = asked(browser.get("/entrar").text, "/entrar/llave")
    return browser.post("/entrar/llave", {"nonce": nonce, "credential": made.get(options)}), browser


def confirms(browser: Browser, desk: Desk, username: str, onward: str = "") -> TestResponse:
    desk.clock.pass_(seconds=30)
    fields = {"code": desk.code(username), "sigue": onward}
    return browser.post("/identidad", fields, form="/identidad")


def cookie(browser: Browser) -> str:
    kept = browser.client.get_cookie("session")
    assert kept is not None
    return kept.value


def as_thief(desk: Desk, session: str) -> TestResponse:
    thief = desk.browser()
    thief.client.set_cookie("session", session)
    return thief.get("/juzgado/ordenes")


# -- the door -----------------------------------------------------------------------------------------------


def test_a_passkey_opens_the_courts_orders_without_a_name_or_a_code(desk: Desk, clerk: Browser) -> None:
    answer, browser = comes_in(desk, adds(desk, clerk))
    assert (answer.status_code, answer.location) == (303, "/")
    assert browser.get("/juzgado/ordenes").status_code == 200


def test_whoever_comes_in_by_passkey_is_on_record_as_such(desk: Desk, clerk: Browser) -> None:
    _, browser = comes_in(desk, adds(desk, clerk))
    browser.post(NEW, order_fields(desk.pdf()), form=NEW)
    records = [row for row in desk.rows()["session"] if "'passkey'" in row]
    assert len(records) == 1


def test_coming_in_by_passkey_ends_the_session_that_the_browser_held(desk: Desk, clerk: Browser) -> None:
    made, before = adds(desk, clerk), cookie(clerk)
    comes_in(desk, made, clerk)
    assert cookie(clerk) != before
    assert as_thief(desk, before).status_code == 303


def test_an_answer_at_the_door_is_good_once(desk: Desk, clerk: Browser) -> None:
    made, browser = adds(desk, clerk, counts=False), desk.browser()
    options, nonce = asked(browser.get("/entrar").text, "/entrar/llave")
    fields = {"nonce": nonce, "credential": made.get(options)}
    assert [browser.post("/entrar/llave", fields).status_code for _ in range(2)] == [303, 403]


def test_somebody_who_has_left_does_not_come_in(desk: Desk, clerk: Browser) -> None:
    made = adds(desk, clerk)
    personnel.retire_staff(desk.services, OPERATOR, "actuaria", desk.clock.now)
    assert comes_in(desk, made)[0].status_code == 403


def test_an_officers_passkey_opens_no_account(desk: Desk, clerk: Browser) -> None:
    made = adds(desk, clerk)
    with desk.database.write() as tx:
        (mine,) = passkeys.everyones(tx)
        passkeys.remove_all(tx, mine.passkey.owner)
        kept = mine.passkey
        passkeys.add(tx, Owner(officer=1), kept.credential_id, kept.public_key, 0, "Teléfono", desk.clock.now)
    answer, _ = comes_in(desk, made)
    assert answer.status_code == 403
    assert "no es de una cuenta" in answer.text


def test_tries_with_a_passkey_are_counted(desk: Desk, clerk: Browser) -> None:
    made = adds(desk, clerk)
    made.origin = "https://evil.example"
    answers = [comes_in(desk, made)[0] for _ in range(5)]
    made.origin = desk.config.public_url
    answers.append(comes_in(desk, made)[0])
    assert "Demasiados intentos" in answers[-1].text
    desk.clock.pass_(minutes=6)
    assert comes_in(desk, made)[0].status_code == 303


def test_enrolling_anew_takes_the_old_passkeys_away(desk: Desk, clerk: Browser) -> None:
    adds(desk, clerk)
    with desk.database.read() as tx:
        owner = passkeys.everyones(tx)[0].passkey.owner
    link = signin.invite_staff(desk.services, owner.staff or 0, "actuaria", desk.clock.now)
    token = link.rpartition("/")[2]
    seed = signin.staff_invitation(desk.services, token, desk.clock.now).totp_secret
    signin.enrol(desk.services, token, desk.passphrase, pyotp.TOTP(seed).at(desk.clock.now), desk.clock.now)
    assert passkeys_of(desk) == []


def passkeys_of(desk: Desk) -> list[str]:
    with desk.database.read() as tx:
        return [each.who for each in passkeys.everyones(tx)]


def test_one_takes_ones_own_passkey_away(desk: Desk, clerk: Browser) -> None:
    adds(desk, clerk)
    clerk.post("/cuenta/llaves/1/quitar", form="/cuenta/llaves")
    assert passkeys_of(desk) == []


def test_nobody_takes_a_colleagues_passkey_away(desk: Desk, clerk: Browser) -> None:
    adds(desk, clerk)
    desk.browser("secretario").post("/cuenta/llaves/1/quitar", form="/cuenta/llaves")
    assert passkeys_of(desk) == ["actuaria"]


def test_an_administrator_takes_a_passkey_away_and_can_add_none(desk: Desk, clerk: Browser) -> None:
    made, admin = adds(desk, clerk), desk.browser("administradora")
    page = admin.get("/admin/llaves").text
    assert "actuaria" in page
    assert "data-passkey" not in page
    admin.post("/admin/llaves/1/quitar", form="/admin/llaves")
    assert comes_in(desk, made)[0].status_code == 403


def test_a_clerk_sees_nobody_elses_passkeys(clerk: Browser) -> None:
    assert clerk.get("/admin/llaves").status_code == 403


# -- again, before what counts ------------------------------------------------------------------------------


def test_whatever_uploads_or_ends_an_order_asks_for_a_fresh_proof(desk: Desk) -> None:
    asking = {
        rule.rule: rule_of(desk.app, rule.endpoint).proved
        for rule in desk.app.url_map.iter_rules()
        if "POST" in rule.methods and rule_of(desk.app, rule.endpoint).proved
    }
    folio = "/juzgado/ordenes/<folio>"
    ends = (f"{folio}/{verb}" for verb in ("documento", "retiro", "cierre", "fin/confirmar", "cerrar"))
    own = "/cuenta/llaves", "/cuenta/llaves/<int:passkey_id>/quitar"
    assert asking == dict.fromkeys((NEW, *ends, *own), TO_FINISH)


def test_somebody_who_has_just_come_in_is_asked_nothing(clerk: Browser) -> None:
    assert clerk.get(NEW).status_code == 200


def test_a_computer_left_open_over_a_meal_asks_before_the_form_is_shown(desk: Desk, clerk: Browser) -> None:
    desk.clock.now += LATE
    assert clerk.get(NEW).location == f"/identidad?sigue={NEW}"
    answer = confirms(clerk, desk, "actuaria", NEW)
    assert (answer.status_code, answer.location) == (303, NEW)
    assert clerk.get(NEW).status_code == 200


def test_a_form_begun_in_time_is_taken_however_slowly_it_is_filled_in(desk: Desk, clerk: Browser) -> None:
    fields = order_fields(desk.pdf())
    clerk.get(NEW)
    desk.clock.now += LATE
    assert clerk.client.post(NEW, data={**fields, **token_of(clerk)}).status_code == 303


def token_of(browser: Browser) -> dict[str, str]:
    found = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/identidad").text)
    assert found is not None
    return {"csrf_token": found[1]}


def test_a_form_sent_too_late_is_sent_again_as_it_is_once_it_is_known_who_sends(
    desk: Desk, clerk: Browser
) -> None:
    document, token = desk.pdf(), token_of(clerk)
    desk.clock.now += TOO_LATE
    answer = clerk.client.post(NEW, data={**order_fields(document), **token})
    assert answer.status_code == 401
    assert "nada de lo que escribió se ha perdido" in answer.text
    confirms(clerk, desk, "actuaria")
    assert clerk.client.post(NEW, data={**order_fields(document), **token}).status_code == 303


def test_an_order_is_not_withdrawn_by_whoever_sits_down_at_an_open_session(
    desk: Desk, clerk: Browser
) -> None:
    clerk.post(NEW, order_fields(desk.pdf()), form=NEW)
    token = token_of(clerk)
    desk.clock.now += TOO_LATE
    page = clerk.get(ORDER).text
    assert "Confirmar que soy yo" in page
    assert f'action="{ORDER}/retiro"' not in page
    answer = clerk.client.post(f"{ORDER}/retiro", data={"reason": "error", **token})
    assert answer.status_code == 401
    assert "Se pidió retirar" not in clerk.get(ORDER).text


def test_a_code_that_let_somebody_in_does_not_confirm_them(desk: Desk) -> None:
    browser = desk.browser("actuaria")
    answer = browser.post("/identidad", {"code": desk.code("actuaria")}, form="/identidad")
    assert answer.status_code == 403
    assert "ya se usó" in answer.text


def test_confirming_gives_the_session_a_new_name(desk: Desk, clerk: Browser) -> None:
    before = cookie(clerk)
    confirms(clerk, desk, "actuaria")
    assert cookie(clerk) != before
    assert as_thief(desk, before).status_code == 303


def test_codes_are_not_guessed_at_an_open_session(desk: Desk, clerk: Browser) -> None:
    for _ in range(5):
        answer = clerk.post("/identidad", {"code": "000000"}, form="/identidad")
    answer = confirms(clerk, desk, "actuaria")
    assert answer.status_code == 403
    assert "Demasiados intentos" in answer.text


def test_a_passkey_confirms_too(desk: Desk, clerk: Browser) -> None:
    made = adds(desk, clerk)
    desk.clock.now += LATE
    options, nonce = asked(clerk.get(f"/identidad?sigue={NEW}").text, "/identidad/llave")
    fields = {"nonce": nonce, "credential": made.get(options), "sigue": NEW}
    assert clerk.post("/identidad/llave", fields, form="/identidad").location == NEW


def test_a_colleagues_passkey_does_not_confirm(desk: Desk, clerk: Browser) -> None:
    adds(desk, clerk)
    theirs = adds(desk, desk.browser("secretario"))
    options, nonce = asked(clerk.get("/identidad").text, "/identidad/llave")
    fields = {"nonce": nonce, "credential": theirs.get(options)}
    answer = clerk.post("/identidad/llave", fields, form="/identidad")
    assert answer.status_code == 403


def test_confirming_takes_nobody_to_another_site(desk: Desk, clerk: Browser) -> None:
    assert confirms(clerk, desk, "actuaria", "//elsewhere.example/juzgado/").location == "/identidad/listo"


# -- in a browser -------------------------------------------------------------------------------------------


@pytest.fixture
def home(ground: Ground, tmp_path: Path) -> Iterator[Desk]:
    """A desk behind a real port of a host with a name."""
    server = make_server("127.0.0.1", 0, lambda environ, start: desk.app(environ, start), threaded=True)
    desk = Desk(ground, tmp_path, public_url=f"http://localhost:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield desk
    server.shutdown()
    server.server_close()
    desk.close()


@pytest.fixture
def page(chrome: Chromium, home: Desk) -> Iterator[Page]:
    """A window of the clerk's, on a device that makes passkeys."""
    context = chrome.new_context(base_url=home.config.public_url, viewport={"width": 360, "height": 800})
    context.add_cookies(
        [{"name": "session", "value": cookie(home.browser("actuaria")), "url": home.config.public_url}]
    )
    page = context.new_page()
    unlocked(page)
    yield page
    context.close()


def test_a_clerk_adds_a_passkey_leaves_and_comes_back_by_it(page: Page) -> None:
    page.goto("/cuenta/llaves")
    page.click("text=Agregar la llave de este equipo")
    expect(page.locator("main")).to_contain_text("agregada")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.click("button:has-text('Salir')")
    page.click("text=Entrar con la huella o el rostro")
    expect(page.locator("h1")).to_have_text("Órdenes")


def test_a_form_sent_too_late_keeps_its_file_while_another_tab_confirms(
    page: Page, home: Desk, tmp_path: Path
) -> None:
    paper = tmp_path / "auto.pdf"
    paper.write_bytes(home.pdf("77/2026"))
    page.goto(NEW)
    page.set_input_files("#document", paper)
    page.fill("#expediente", "77/2026")
    page.check("input[value='MEX-T1']")
    page.fill("#person-0-name", "ANA EJEMPLO PEÑA")
    home.clock.now += TOO_LATE
    page.get_by_role("button", name="Enviar y avisar ahora").click()
    expect(page.locator("h1")).to_have_text("Confirme que es usted")
    with page.expect_popup() as opened:
        page.click("text=Confirme en una pestaña nueva")
    opened.value.fill("#code", home.code("actuaria"))
    opened.value.click("text=Confirmar con el código")
    expect(opened.value.locator("h1")).to_have_text("Confirmado")
    page.reload()
    expect(page.get_by_role("heading", name="Expediente 77/2026")).to_be_visible()


def test_without_scripts_nobody_is_offered_what_their_browser_cannot_do(chrome: Chromium, home: Desk) -> None:
    context = chrome.new_context(base_url=home.config.public_url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/entrar")
    expect(page.locator("button:visible")).to_have_text(["Entrar"])
    context.close()


def test_a_document_is_no_passkey(desk: Desk, clerk: Browser) -> None:
    fields = {"nonce": "x", "credential": (BytesIO(b"%PDF-"), "auto.pdf")}
    assert clerk.post("/entrar/llave", fields).status_code == 403
