"""Pages of duty: drills for administrators alone, replays for who may see the order, contacts and calendars by link."""

import re

import pytest
from werkzeug.test import Client

from amparo_notify.cases import drill, personnel
from amparo_notify.cases.personnel import NewOfficer
from amparo_notify.cases.services import OPERATOR
from amparo_notify.demo import data
from tests.web.desk import Browser, Desk, order_fields
from tests.world import STATION, World

ADMIN, CLERK, STRANGER = "administradora", "actuaria", "ajena"
PHONE = "+525500000777"


def folio_of(location: str) -> str:
    return location.rpartition("/")[2].partition("?")[0]


def start(browser: Browser) -> str:
    """Start a drill by the page's form; return its folio."""
    answer = browser.post("/admin/simulacros", {"station": "MEX-T1"}, form="/admin/simulacros")
    assert answer.status_code == 303, answer.text
    return folio_of(answer.location)


def submitted(desk: Desk) -> str:
    """An order by the court's own form; return its folio."""
    answer = desk.browser(CLERK).post("/juzgado/ordenes/nueva", order_fields(desk.pdf()))
    return folio_of(answer.location)


# -- drills -------------------------------------------------------------------------------------------------


def test_an_administrator_starts_a_drill_and_sees_whom_it_told(desk: Desk) -> None:
    admin = desk.browser(ADMIN)
    folio = start(admin)
    page = admin.get(f"/admin/simulacros/{folio}").text
    assert "SIMULACRO: no es una orden real" in page
    assert "Aún no contesta" in page
    assert folio in admin.get("/admin/simulacros").text


def test_an_administrator_ends_a_drill_and_its_page_stops_asking(desk: Desk) -> None:
    admin = desk.browser(ADMIN)
    folio = start(admin)
    assert admin.get(f"/admin/simulacros/{folio}/vivo").status_code == 200
    for _ in range(2):  # twice is once
        answer = admin.post(f"/admin/simulacros/{folio}/terminar", form="/admin/simulacros")
        assert answer.status_code == 303
    assert admin.get(f"/admin/simulacros/{folio}/vivo").status_code == 286


def test_a_drill_that_cannot_begin_says_why(desk: Desk) -> None:
    submitted(desk)
    answer = desk.browser(ADMIN).post("/admin/simulacros", {"station": "MEX-T1"}, form="/admin/simulacros")
    assert answer.status_code == 409
    assert "La estación atiende una orden real." in answer.text


@pytest.mark.parametrize(
    "path", ["/admin/simulacros", "/admin/guardia", "/admin/simulacros/SIMULACRO-000001"]
)
def test_drills_and_coverage_are_the_administrators_alone(desk: Desk, path: str) -> None:
    assert desk.browser(CLERK).get(path).status_code == 403
    assert desk.browser().get(path).location.startswith("/entrar")


def test_a_clerk_starts_no_drill_by_the_form_either(desk: Desk) -> None:
    answer = desk.browser(CLERK).post(
        "/admin/simulacros", {"station": "MEX-T1"}, form="/juzgado/ordenes/nueva"
    )
    assert answer.status_code == 403
    assert not drill.listing(desk.services)


def test_a_courts_own_drill_stands_in_a_list_of_its_own(desk: Desk) -> None:
    clerk = desk.browser(CLERK)
    clerk.post("/juzgado/ordenes/nueva", order_fields(desk.pdf(), drill="1"))
    assert "1234/2026" not in clerk.get("/juzgado/ordenes?todas=1").text
    assert "1234/2026" in clerk.get("/juzgado/ordenes?simulacros=1").text


# -- coverage and replays -----------------------------------------------------------------------------------


def test_the_page_of_duty_shows_whose_contacts_nobody_has_confirmed(desk: Desk) -> None:
    page = desk.browser(ADMIN).get("/admin/guardia").text
    assert "sin confirmar" in page
    assert "personas no han confirmado ningún contacto" in page
    assert "/agenda/" in page


def test_a_replay_is_for_the_orders_court_and_the_administrator(desk: Desk) -> None:
    path = f"/juzgado/ordenes/{submitted(desk)}/repaso"
    assert "Sin diferencias" in desk.browser(CLERK).get(path).text
    assert desk.browser(ADMIN).get(path).status_code == 200
    assert desk.browser(STRANGER).get(path).status_code == 404
    assert desk.browser().get(path).location.startswith("/entrar")


# -- an officer's own pages ---------------------------------------------------------------------------------


def arrive(world: World) -> str:
    """A new officer who has chosen a PIN by the page; return the path of their contacts."""
    new = NewOfficer("MEX-N1", "Agente nueva", "Nombre Ficticio", (PHONE,), station=STATION)
    link = personnel.add_officer(world.services, OPERATOR, new, world.now).removeprefix(
        world.config.public_url
    )
    answer = send(world.app, link, link, pin=data.PIN, again=data.PIN)
    assert answer.location.startswith(f"{link}/contactos")
    return f"{link}/contactos"


def send(browser: Client, page: str, path: str, **fields: str):  # type: ignore[no-untyped-def]
    """Send a form of a page."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(page).text)
    assert token
    return browser.post(path, data={"csrf_token": token[1], **fields})


def contact(world: World, page: str) -> str:
    found = re.search(r'action="([^"]+)/enviar"', world.app.get(page).text)
    assert found
    return found[1]


def test_an_officer_confirms_a_phone_right_after_the_pin(world: World) -> None:
    page = arrive(world)
    mine = contact(world, page)
    assert send(world.app, page, f"{mine}/enviar").status_code == 303
    code = world.carrier.texts(PHONE)[-1].body[:6]
    assert send(world.app, page, f"{mine}/confirmar", code=f"{code[:3]} {code[3:]}").status_code == 303
    assert "Todo confirmado" in world.app.get(page).text


def test_a_wrong_code_is_told_beside_its_field(world: World) -> None:
    page = arrive(world)
    answer = send(world.app, page, f"{contact(world, page)}/confirmar", code="000 000")
    assert answer.status_code == 422
    assert "El código no coincide." in answer.text


def test_a_phone_that_takes_no_texts_can_be_rung(world: World) -> None:
    page = arrive(world)
    send(world.app, page, f"{contact(world, page)}/enviar", call="1")
    assert len(world.carrier.calls(PHONE)) == 1


def test_a_page_of_contacts_shows_no_whole_number_and_no_name(world: World) -> None:
    page = world.app.get(arrive(world)).text
    assert "••• 0777" in page
    assert PHONE[-10:] not in page
    assert "Nombre Ficticio" not in page


def test_an_officer_adds_media_to_the_policys_on_the_page_of_contacts(world: World) -> None:
    page = arrive(world)
    answer = send(world.app, page, f"{page}/medios", also="voice")
    assert answer.status_code == 303
    assert re.search(r'value="voice" checked', world.app.get(answer.location).text)


def test_a_medium_that_an_officer_does_not_have_is_refused_on_the_page(world: World) -> None:
    page = arrive(world)
    answer = send(world.app, page, f"{page}/medios", also="email")
    assert answer.status_code == 422
    assert "Elija entre los que tiene." in answer.text


def test_an_unknown_link_has_no_contacts(world: World) -> None:
    assert world.app.get("/nip/unknown/contactos").status_code == 404


def test_a_calendar_is_given_to_whoever_has_its_address(desk: Desk) -> None:
    address = re.search(r'href="[^"]*(/agenda/[^"]+)"', desk.browser(ADMIN).get("/admin/guardia").text)
    assert address
    answer = desk.browser().get(address[1])
    assert answer.mimetype == "text/calendar"
    assert answer.text.startswith("BEGIN:VCALENDAR")
    assert desk.browser().get(address[1][:-5] + "x.ics").status_code == 404
