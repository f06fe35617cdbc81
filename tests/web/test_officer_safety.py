"""What must never happen at the officer's page: a robot's acknowledgement, a leak, another's session."""

import re

import pytest
from playwright.sync_api import Browser

from amparo_notify.core.state import Phase
from tests.web.scene import acknowledgements, contents, phone, served, window
from tests.world import AGENT, CHIEF, PERSON, PINS, World

STEPS = ["", "/nip", "/enterado", "/resultado", "/vuelo", "/salir", "/documento/1", "/documento/1/paginas"]
PRESSED = "button, input:not([type=hidden]), summary"
CANARIES = ("CANARIA", "QUIJOTE", "Inventada", "XX0000001", "Ficticio MEX")


def test_a_robot_that_opens_the_link_runs_scripts_and_presses_everything_acknowledges_nothing(
    world: World, chrome: Browser
) -> None:
    world.submit()
    path = f"/n/{world.link_of(AGENT)}"
    with served(world) as address, window(chrome) as page:
        page.goto(address + path)
        for place in range(page.locator(PRESSED).count()):
            page.locator(PRESSED).nth(place).click(no_wait_after=True)
        for place in range(page.locator("form").count()):
            page.goto(address + path)
            with page.expect_navigation():
                page.evaluate("place => document.forms[place].submit()", place)
    assert acknowledgements(world) == 0
    assert world.view("J5TEST-000001").stations[0].phase is Phase.CHASING


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("pin", ["", PINS], ids=["stranger", "identified"])
def test_safe_methods_leave_everything_as_it_is(world: World, method: str, pin: str) -> None:
    world.submit()
    held = phone(world, AGENT, pin)
    before = contents(world)
    for step in STEPS:
        assert held.client.open(held.path + step, method=method).status_code < 500
    assert contents(world) == before


def test_nobody_is_displayed_anything_by_a_head_request(world: World) -> None:
    world.submit()
    held = phone(world, AGENT, PINS)
    before = len(world.view("J5TEST-000001").timeline)
    held.client.head(held.path)
    assert len(world.view("J5TEST-000001").timeline) == before


def test_the_link_alone_shows_nothing_personal(world: World) -> None:
    world.submit(persons=world.departing(minutes=180))
    held = phone(world, AGENT)
    pages = [held.get().text, held.identify("000000").text, held.client.get(f"{held.path}/documento/1").text]
    assert not [canary for canary in CANARIES for page in pages if canary in page]


def test_one_officers_link_with_anothers_session_is_the_doorstep(world: World) -> None:
    world.submit()
    world.advance(minutes=3)
    mine, theirs = phone(world, AGENT), phone(world, CHIEF, PINS)
    stolen = theirs.client.get_cookie(theirs.cookie)
    assert stolen is not None
    mine.client.set_cookie(mine.cookie, stolen.value)
    page = mine.get().text
    assert "Hay una orden de amparo para su turno" in page
    assert PERSON.name not in page


def test_one_officers_link_with_anothers_session_gives_no_document(world: World) -> None:
    world.submit()
    world.advance(minutes=3)
    mine, theirs = phone(world, AGENT), phone(world, CHIEF, PINS)
    stolen = theirs.client.get_cookie(theirs.cookie)
    assert stolen is not None
    mine.client.set_cookie(mine.cookie, stolen.value)
    assert mine.get("/documento/1").location == mine.path


def test_another_sites_page_cannot_acknowledge_in_an_officers_name(world: World) -> None:
    world.submit()
    held = phone(world, AGENT, PINS)
    answer = held.client.post(
        f"{held.path}/enterado", data=held.filled("enterado"), headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert (answer.status_code, acknowledgements(world)) == (403, 0)


@pytest.mark.parametrize("pin", ["", PINS], ids=["doorstep", "order"])
def test_nothing_of_an_order_is_kept_by_a_browser_or_told_to_another_site(world: World, pin: str) -> None:
    world.submit()
    answer = phone(world, AGENT, pin).get()
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', answer.text)


def test_the_pin_leaves_a_cookie_that_scripts_cannot_read(world: World) -> None:
    world.submit()
    cookie = phone(world, AGENT).identify().headers["Set-Cookie"]
    assert cookie.startswith("officer-")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_scripts_in_a_name_are_words_on_the_page(world: World, chrome: Browser) -> None:
    script = "<script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\">"
    world.submit(persons=(type(PERSON)(name=script, aliases=script, held_at=script),))
    with served(world) as address, window(chrome) as page:
        page.goto(f"{address}/n/{world.link_of(AGENT)}")
        page.fill("#pin", PINS)
        page.click("button[type=submit]")
        page.wait_for_selector("#acuse")
        page.wait_for_timeout(200)
        assert page.title() == "Expediente 1234/2026"


# -- on the phone -------------------------------------------------------------------------------------------


def _whole_way(chrome: Browser, address: str, path: str, scripts: bool) -> str:
    with window(chrome, scripts=scripts) as page:
        page.goto(address + path)
        page.fill("#pin", PINS)
        page.click("text=Ver la orden")
        page.click("text=Acuso de enterado")
        page.click("label[for=c-not_found]")
        page.fill("#not_found-searched", "Salas 1 a 4")
        page.click("text=Enviar el resultado")
        return str(page.inner_text("#resultado"))


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_an_officer_goes_the_whole_way_on_a_phone(world: World, chrome: Browser, scripts: bool) -> None:
    world.submit()
    with served(world) as address:
        assert "Resultado recibido" in _whole_way(chrome, address, f"/n/{world.link_of(AGENT)}", scripts)


def test_no_page_of_an_officer_is_wider_than_the_smallest_phone(world: World, chrome: Browser) -> None:
    world.submit(persons=tuple(world.departing(minutes=180)) * 3)
    with served(world) as address, window(chrome, width=360) as page:
        page.goto(f"{address}/n/{world.link_of(AGENT)}")
        wide = [page.evaluate("document.documentElement.scrollWidth")]
        page.fill("#pin", PINS)
        for button in ("text=Ver la orden", "text=Acuso de enterado"):
            with page.expect_navigation():
                page.click(button)
            wide.append(page.evaluate("document.documentElement.scrollWidth"))
        assert wide == [360, 360, 360]


def test_an_officers_pages_weigh_less_than_thirty_kilobytes(world: World) -> None:
    world.submit(persons=tuple(world.departing(minutes=180)) * 5)
    held = phone(world, AGENT)
    sizes = [len(held.get().data)]
    held.identify()
    held.acknowledge()
    sizes.append(len(held.get().data))
    assert max(sizes) < 30_000


def test_every_target_on_an_officers_page_is_large_enough_for_a_thumb(world: World, chrome: Browser) -> None:
    world.submit()
    with served(world) as address, window(chrome, width=360) as page:
        page.goto(f"{address}/n/{world.link_of(AGENT)}")
        page.fill("#pin", PINS)
        page.click("text=Ver la orden")
        heights = page.evaluate(
            "[...document.querySelectorAll('main button, main a.button, main summary')]"
            ".map(e => e.getBoundingClientRect().height)"
        )
        assert min(heights) >= 44
