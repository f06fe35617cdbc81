"""The demonstration's phones: what a visitor can read, tap, answer and press; and nothing of it in production."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page

from amparo_notify.cases import coverage
from amparo_notify.config import Providers
from amparo_notify.core.state import Phase
from amparo_notify.web import create_app
from tests.web.scene import flask_of, served, window
from tests.world import AGENT, HEADQUARTERS, PINS, World


@contextmanager
def visitor(world: World, chrome: Browser, width: int = 1280) -> Iterator[Page]:
    """Somebody who looks at the phones in a real browser."""
    with served(world) as address, window(chrome, width, 900) as page:
        page.goto(f"{address}/demo/phones")
        yield page


def device(page: Page, number: str = AGENT.phone) -> str:
    return f"article:has-text('{number}')"


def phase(world: World) -> Phase:
    return world.view("J5TEST-000001").stations[0].phase


def test_a_text_is_shown_with_a_link_to_the_officers_page(world: World) -> None:
    world.submit()
    page = flask_of(world).test_client().get("/demo/phones").text
    assert f'href="http://amparo.example/n/{world.link_of(AGENT)}"' in page


def test_whose_phone_rings_stands_before_whoever_only_got_a_mail(world: World) -> None:
    coverage.watch(world.services, world.now)
    world.now += timedelta(seconds=5)
    world.submit()
    world.forget()
    page = flask_of(world).test_client().get("/demo/phones").text
    assert page.index(AGENT.phone) < page.index(HEADQUARTERS.mail)


def test_before_anything_was_sent_the_page_says_so(world: World) -> None:
    assert "Todavía no ha sonado ningún teléfono" in flask_of(world).test_client().get("/demo/phones").text


def test_the_page_gives_the_credentials_that_a_visitor_needs(world: World) -> None:
    assert "271828" in flask_of(world).test_client().get("/demo/phones").text


@pytest.mark.parametrize(
    "path", ["/demo/phones", "/demo/phones/vivo", "/demo/claves", "/demo/correo/x", "/demo/carrier"]
)
def test_where_people_are_reached_there_is_no_demonstration(world: World, path: str) -> None:
    live = create_app(world.services, replace(world.config, providers=Providers.LIVE))
    assert live.test_client().get(path).status_code == 404


def test_a_visitor_answers_by_text_and_reads_the_answer(world: World, chrome: Browser) -> None:
    world.submit()
    with visitor(world, chrome) as page:
        card = device(page)
        page.fill(f"{card} input[name=text]", f"ENTERADO {world.code_of(AGENT)} {PINS}")
        page.click(f"{card} >> text=Enviar")
        page.wait_for_selector(f"{card} .bubble.sent")
        page.wait_for_function("document.querySelectorAll('.bubble.text').length > 1")
    assert phase(world) is Phase.PAUSED


def test_a_visitor_picks_up_hears_the_call_and_presses_the_pin(world: World, chrome: Browser) -> None:
    world.submit()
    with visitor(world, chrome) as page:
        card = device(page)
        page.click(f"{card} >> text=Contestar")
        page.wait_for_selector(f"{card} .spoken >> text=/amparo/i")
        page.fill(f"{card} input[name=keys]", PINS)
        page.click(f"{card} >> text=Marcar")
        page.wait_for_selector(f"{card} >> text=Llamada contestada")
    assert phase(world) is Phase.PAUSED


def test_a_visitor_hears_the_order_that_waits_in_the_same_call(world: World, chrome: Browser) -> None:
    for expediente in ("1/2026", "2/2026"):
        world.submit(expediente=expediente)
    with visitor(world, chrome) as page:
        card = device(page)
        page.click(f"{card} >> text=Contestar")
        for first, last in (("Expediente 1, diagonal", "hay otro aviso"), ("Expediente 2, diagonal", "")):
            page.wait_for_selector(f"{card} .spoken >> text={first}")
            page.fill(f"{card} input[name=keys]", PINS)
            page.click(f"{card} >> text=Marcar")
            page.wait_for_selector(f"{card} >> text={last or 'Llamada contestada'}")
    world.forget()
    assert [world.view(f"J5TEST-00000{n}").stations[0].phase for n in (1, 2)] == [Phase.PAUSED] * 2


def test_a_visitor_declines_a_call(world: World, chrome: Browser) -> None:
    world.submit()
    with visitor(world, chrome) as page:
        page.click(f"{device(page)} >> text=Rechazar")
        page.wait_for_selector("text=Llamada rechazada")


def test_a_new_message_shows_by_itself_and_what_was_being_typed_stays(world: World, chrome: Browser) -> None:
    world.submit()
    with visitor(world, chrome) as page:
        field = f"{device(page)} input[name=text]"
        page.fill(field, "ENTERADO A MEDIAS")
        world.advance(minutes=3)
        page.wait_for_selector("article:has-text('+525500000201')", timeout=10_000)
        assert page.input_value(field) == "ENTERADO A MEDIAS"


def test_the_tokens_in_its_forms_do_not_make_a_page_new(world: World) -> None:
    world.submit()
    app = flask_of(world)
    tags = {app.test_client().get("/demo/phones/vivo").headers["ETag"] for _ in range(2)}
    assert len(tags) == 1


def test_a_mail_is_shown_in_a_sandbox_and_stays_open(world: World, chrome: Browser) -> None:
    world.submit()
    with visitor(world, chrome) as page:
        page.click(f"{device(page, AGENT.mail)} summary:has-text('correo')")
        frame = page.frame_locator("iframe")
        frame.locator("text=1234/2026").first.wait_for()
        world.advance(minutes=3)
        page.wait_for_selector("article:has-text('+525500000201')", timeout=10_000)
        assert page.locator("iframe").first.is_visible()


def test_a_mail_can_run_nothing_and_reach_nobody(world: World) -> None:
    world.submit()
    mail = world.carrier.mails(AGENT.mail)[0]
    answer = flask_of(world).test_client().get(f"/demo/correo/{mail.id}")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy


def test_nobody_else_can_answer_for_a_visitor(world: World) -> None:
    world.submit()
    answer = flask_of(world).test_client().post(f"/demo/phones/{AGENT.phone}/sms", data={"text": "ENTERADO"})
    assert answer.status_code == 400


@pytest.mark.parametrize("width", [360, 1280])
def test_the_phones_fit_on_a_phone(world: World, chrome: Browser, width: int) -> None:
    world.submit()
    world.advance(minutes=10)
    with visitor(world, chrome, width) as page:
        assert page.evaluate("document.documentElement.scrollWidth") == width
