"""The administrator's pages in a real browser: a gap is covered by hand, and every page fits a phone and a desk."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from amparo_notify.cases import manage
from amparo_notify.cases.services import OPERATOR
from tests.web.desk import Desk, Ground

BASE = "/admin/estaciones/MEX-T1/rol"
PAGES = (
    BASE,
    f"{BASE}/sustitucion",
    f"{BASE}/intercambio?one=1001&other=1003",
    f"{BASE}/rotacion?nombre=jefatura",
    f"{BASE}/historial?de=1&a=2",
    f"{BASE}/archivos",
    "/admin/estaciones/MEX-T1/politica",
    "/admin/estaciones/MEX-T1/politica/cambiar",
)
SMALL = """() => [...document.querySelectorAll("main :is(a.button, button, select, summary, .choice, .turn, .stretch)")]
  .filter((each) => each.offsetParent && each.getBoundingClientRect().height < 44).map((each) => each.outerHTML)"""
"""What a finger would miss."""


@pytest.fixture
def served(ground: Ground, tmp_path: Path) -> Iterator[Desk]:
    """A desk behind a real port. At night nobody heads the shift: it is three in the morning."""
    server = make_server("127.0.0.1", 0, lambda environ, start: desk.app(environ, start), threaded=True)
    desk = Desk(ground, tmp_path, public_url=f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    kept = manage.roster_of(desk.services, "MEX-T1")
    agents, chiefs = kept.rotations
    by_day = replace(chiefs, shifts=chiefs.shifts[:1], slots=chiefs.slots[:1])
    manage.save_roster(
        desk.services, OPERATOR, "MEX-T1", replace(kept, rotations=(agents, by_day)), desk.clock.now
    )
    yield desk
    server.shutdown()
    server.server_close()
    desk.close()


@contextmanager
def window(chrome: Chromium, desk: Desk, width: int, scripts: bool = True) -> Iterator[Page]:
    """An administrator's window, which fails its test if the browser complains of anything."""
    context = chrome.new_context(
        base_url=desk.config.public_url,
        viewport={"width": width, "height": 800},
        java_script_enabled=scripts,
    )
    cookie = desk.browser("administradora").client.get_cookie("session")
    assert cookie
    context.add_cookies([{"name": "session", "value": cookie.value, "url": desk.config.public_url}])
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def chiefs(desk: Desk) -> list[str]:
    """Who heads the shift now."""
    found = manage.roster_of(desk.services, "MEX-T1").on_duty("jefatura", desk.clock.now)
    return [duty.badge for duty in found]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
@pytest.mark.parametrize("width", [360, 1280])
def test_an_administrator_covers_a_gap_and_somebody_is_on_duty(
    chrome: Chromium, served: Desk, width: int, scripts: bool
) -> None:
    assert chiefs(served) == []
    with window(chrome, served, width, scripts) as page:
        page.goto(BASE)
        expect(page.locator(".duty.short")).to_contain_text("nadie localizable")
        page.get_by_role("link", name="Cubrir", exact=True).first.click()
        page.select_option("#who", label="jefatura de turno, noche (1008)")
        page.get_by_role("button", name="Revisar").click()
        expect(page.locator("tbody tr")).to_contain_text("jefatura de turno, noche (1008)")
        assert chiefs(served) == []
        page.get_by_role("button", name="Guardar").click()
        expect(page.get_by_text("Guardado.")).to_be_visible()
        expect(page.locator(".duty.short")).to_have_count(0)
        expect(page.locator(".duty", has_text="Jefatura")).to_contain_text("1008 cubre")
    assert chiefs(served) == ["1008"]


def test_fewer_people_are_not_saved_before_the_box_is_ticked(chrome: Chromium, served: Desk) -> None:
    with window(chrome, served, 360) as page:
        page.goto(f"{BASE}/sustitucion?whom=agentes:&from=2026-11-22T08:00&until=2026-11-23T08:00")
        page.select_option("#who", "1009")
        page.get_by_role("button", name="Revisar").click()
        page.get_by_role("button", name="Guardar así").click()
        assert manage.roster_of(served.services, "MEX-T1").overrides == ()
        page.get_by_label("Lo sé, y acepto").check()
        page.get_by_role("button", name="Guardar así").click()
        expect(page.get_by_text("Guardado.")).to_be_visible()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_its_screen_and_the_finger(chrome: Chromium, served: Desk, path: str, width: int) -> None:
    with window(chrome, served, width) as page:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(SMALL) == []
