"""The court's pages in a real browser: what scripts add, what they must not break, and how it fits a phone."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import make_server

from amparo_notify.demo import data
from tests.web.desk import Desk, Ground, order_fields

pytestmark = pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")

PHONE = {"width": 360, "height": 800}
PAGES = ("/juzgado/ordenes", "/juzgado/ordenes/nueva", "/juzgado/ordenes/J5DEMO-000001")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def served(ground: Ground, tmp_path: Path) -> Iterator[Desk]:
    """A desk behind a real port, with one order that is out."""
    server = make_server("127.0.0.1", 0, lambda environ, start: desk.app(environ, start), threaded=True)
    desk = Desk(ground, tmp_path, public_url=f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    clerk = desk.browser("actuaria")
    clerk.post("/juzgado/ordenes/nueva", order_fields(desk.pdf()), form="/juzgado/ordenes/nueva")
    yield desk
    server.shutdown()
    server.server_close()
    desk.close()


def context_of(chromium: Chromium, desk: Desk, username: str, **options: object) -> BrowserContext:
    """A browser window signed in as somebody."""
    context = chromium.new_context(base_url=desk.config.public_url, **options)  # type: ignore[arg-type]
    cookie = desk.browser(username).client.get_cookie("session")
    assert cookie is not None
    context.add_cookies([{"name": "session", "value": cookie.value, "url": desk.config.public_url}])
    return context


@pytest.fixture
def page(chromium: Chromium, served: Desk) -> Iterator[Page]:
    """A phone of the court, which fails its test if the browser complains of anything."""
    context = context_of(chromium, served, "actuaria", viewport=PHONE)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    yield page
    context.close()
    assert complaints == []


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_a_phone_and_breaks_none_of_its_own_rules(page: Page, path: str) -> None:
    page.goto(path)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_nothing_of_anybody_else(page: Page, served: Desk, path: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path)
    page.wait_for_load_state("networkidle")
    assert [url for url in asked if not url.startswith((served.config.public_url, "data:"))] == []


def test_persons_are_added_and_removed_without_losing_what_was_typed(page: Page) -> None:
    page.goto("/juzgado/ordenes/nueva")
    page.fill("#person-0-name", "UNA")
    for number in range(1, 6):
        page.click("[data-add]")
        page.fill(f"#person-{number}-name", f"PERSONA {number}")
    page.click("[data-row='2'] [data-remove]")
    typed = page.eval_on_selector_all("[id^=person-][id$=-name]", "all => all.map(each => each.value)")
    assert typed == ["UNA", "PERSONA 1", "", "PERSONA 3", "PERSONA 4", "PERSONA 5"]


def test_the_hint_says_whose_hour_the_departure_is(page: Page) -> None:
    page.goto("/juzgado/ordenes/nueva")
    page.check("input[value='CUN-T3']")
    expect(page.locator("[data-zone]").first).to_have_text("Hora de Cancún.")


def test_a_file_too_large_is_said_before_it_is_sent(page: Page, tmp_path: Path) -> None:
    big = tmp_path / "grande.pdf"
    big.write_bytes(b"")
    with big.open("wb") as file:
        file.truncate((32 << 20) + 1)
    page.goto("/juzgado/ordenes/nueva")
    page.set_input_files("#document", str(big))
    assert "32 MiB" in page.evaluate("document.getElementById('document').validationMessage")


def test_what_the_pdf_seems_to_say_fills_what_is_empty_and_is_marked_as_unverified(
    page: Page, served: Desk, tmp_path: Path
) -> None:
    paper = tmp_path / "auto.pdf"
    paper.write_bytes(served.pdf("4321/2026", persons=("ANA EJEMPLO PEÑA", "LUIS EJEMPLO PEÑA")))
    page.goto("/juzgado/ordenes/nueva")
    page.fill("#person-0-name", "YA ESCRITO")
    page.set_input_files("#document", str(paper))
    expect(page.locator("#guess")).to_contain_text("sin verificar")
    assert page.input_value("#expediente") == "4321/2026"
    assert page.input_value("#person-0-name") == "YA ESCRITO"
    assert page.input_value("#person-1-name") == "LUIS EJEMPLO PEÑA"


def test_the_live_page_shows_what_somebody_else_did_without_being_reloaded(
    chromium: Chromium, page: Page, served: Desk
) -> None:
    page.goto("/juzgado/ordenes/J5DEMO-000001")
    other = served.browser("secretario")
    path = "/juzgado/ordenes/J5DEMO-000001"
    other.post(f"{path}/retiro", {"reason": "expediente equivocado"}, form=path)
    expect(page.get_by_text("Se pidió retirar esta orden")).to_be_visible(timeout=10_000)


def test_an_unchanged_live_page_stays_as_it_is(page: Page) -> None:
    page.goto("/juzgado/ordenes/J5DEMO-000001")
    statuses: list[int] = []
    page.on(
        "response", lambda answer: statuses.append(answer.status) if answer.url.endswith("/vivo") else None
    )
    with page.expect_response(
        lambda answer: answer.url.endswith("/vivo") and answer.status == 304, timeout=15_000
    ):
        pass
    expect(page.locator("#live")).to_contain_text("agente C1")
    assert set(statuses) <= {200, 304}


def test_the_clock_runs_down_by_itself(page: Page) -> None:
    page.goto("/juzgado/ordenes/J5DEMO-000001")
    clock = page.locator("#live time[data-count]").first
    before = clock.inner_text()
    expect(clock).not_to_have_text(before, timeout=5_000)


def test_the_live_page_says_when_the_line_is_down(chromium: Chromium, served: Desk) -> None:
    context = context_of(chromium, served, "actuaria")
    page = context.new_page()
    page.goto("/juzgado/ordenes/J5DEMO-000001")
    page.route("**/vivo", lambda route: route.fulfill(status=503, body=""))
    expect(page.locator("#toast")).to_contain_text("Sin conexión", timeout=10_000)
    page.unroute("**/vivo")
    expect(page.locator("#toast")).to_be_hidden(timeout=10_000)
    context.close()


def test_an_order_is_uploaded_without_scripts(chromium: Chromium, served: Desk, tmp_path: Path) -> None:
    paper = tmp_path / "auto.pdf"
    paper.write_bytes(served.pdf("77/2026"))
    context = context_of(chromium, served, "actuaria", java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto("/juzgado/ordenes/nueva")
    page.set_input_files("#document", str(paper))
    page.fill("#expediente", "77/2026")
    page.check("input[value='MEX-T1']")
    page.fill("#person-0-name", "ANA EJEMPLO PEÑA")
    page.fill("#person-2-passport", "X0000002")
    page.get_by_role("button", name="Enviar y avisar ahora").click()
    expect(page.get_by_role("heading", name="Expediente 77/2026")).to_be_visible()
    assert "Personas protegidas (2)" in page.inner_text("main")
    context.close()


def test_scripts_in_what_was_typed_never_run(page: Page, served: Desk) -> None:
    payload = '"><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}'
    fields = {
        f"person-0-{name}": payload for name in ("name", "aliases", "nationality", "airline", "destination")
    }
    browser = served.browser("actuaria")
    form = "/juzgado/ordenes/nueva"
    location = browser.post(
        form, order_fields(served.pdf("8/2026"), expediente="8/2026", **fields), form=form
    ).location
    page.goto(location)
    page.wait_for_load_state("networkidle")
    page.goto(location.split("?")[0] + "/imprimir")
    assert payload in page.inner_text("main")


def test_a_clerk_signs_in_and_out_by_hand(chromium: Chromium, served: Desk) -> None:
    context = chromium.new_context(base_url=served.config.public_url, viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    served.clock.pass_(seconds=60)
    page.goto("/")
    page.fill("#username", "secretario")
    page.fill("#passphrase", data.PASSPHRASE)
    page.fill("#code", served.code("secretario"))
    page.get_by_role("button", name="Entrar", exact=True).click()
    expect(page.get_by_role("heading", name="Órdenes")).to_be_visible()
    page.get_by_role("button", name="Salir").click()
    expect(page.get_by_text("Ha salido")).to_be_visible()
    context.close()
