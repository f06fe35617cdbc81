"""The officer's page: a doorstep, the order, the acknowledgement, the outcome."""

import re

import pytest
from sqlalchemy import select

from amparo_notify.cases import ending
from amparo_notify.core.events import Event
from amparo_notify.core.order import Ending, OutcomeCode
from amparo_notify.core.state import Phase
from amparo_notify.store.tables import escalation, person
from amparo_notify.web.outcomes import ASKED, GROUPS
from tests.web.scene import acknowledgements, phone
from tests.world import AGENT, CHIEF, PERSON, PINS, World


def phase(world: World) -> str:
    with world.services.database.read() as tx:
        return str(tx.execute(select(escalation.c.phase)).scalar_one())


def events(world: World) -> list[Event]:
    return [entry.event for entry in world.view("J5TEST-000001").timeline]


def test_the_doorstep_says_that_there_is_an_order_and_of_which_case(world: World) -> None:
    world.submit()
    page = phone(world, AGENT).get().text
    assert "Hay una orden de amparo para su turno" in page
    assert "1234/2026" in page


def test_the_right_pin_opens_whom_the_order_protects(world: World) -> None:
    world.submit()
    assert PERSON.name in phone(world, AGENT, PINS).get().text


def test_the_order_comes_in_the_sequence_that_an_officer_needs(world: World) -> None:
    world.submit(persons=world.departing(minutes=180))
    page = phone(world, AGENT, PINS).get().text
    parts = ["1234/2026", "La Burbuja", PERSON.name, PERSON.nationality, PERSON.passport, PERSON.flight]
    parts += [PERSON.destination, "Salida", "Qué debe hacer", "tel:", "Firma válida", "Descargar PDF"]
    places = [page.index(part, page.index("<h1")) if part == "tel:" else page.index(part) for part in parts]
    assert places == sorted(places)


def test_a_wrong_pin_says_how_many_tries_are_left_and_whom_to_call(world: World) -> None:
    world.submit()
    answer = phone(world, AGENT).identify("000000")
    assert answer.status_code == 403
    assert "Le quedan 4 intentos" in answer.text
    assert "Llamar al juzgado" in answer.text


def test_a_locked_pin_is_answered_with_the_courts_number_and_never_with_silence(world: World) -> None:
    world.submit()
    held = phone(world, AGENT)
    for _ in range(6):
        answer = held.identify("000000")
    assert answer.status_code == 403
    assert "Demasiados intentos" in answer.text
    assert 'href="tel:+525500001122"' in answer.text


def test_a_link_that_leads_nowhere_says_what_to_do_instead(world: World) -> None:
    world.submit()
    answer = phone(world, AGENT).client.get("/n/abcdefghijklmnopqrstuv")
    assert answer.status_code == 404
    assert "no ejecute el retorno" in answer.text


def test_acknowledging_stops_the_chase_and_leaves_a_receipt_that_anybody_can_check(world: World) -> None:
    world.submit()
    held = phone(world, AGENT, PINS)
    held.acknowledge()
    receipt = re.search(r'href="(/v/[^"]+)"', held.get().text)
    assert phase(world) == Phase.ACKNOWLEDGED
    assert receipt
    assert "Acuse de enterado de la autoridad: auténtico" in held.client.get(receipt[1]).text


def test_a_double_tap_is_one_acknowledgement(world: World) -> None:
    world.submit()
    held = phone(world, AGENT, PINS)
    fields = held.filled("enterado")
    answers = [held.client.post(f"{held.path}/enterado", data=fields) for _ in range(2)]
    assert [each.status_code for each in answers] == [303, 303]
    assert acknowledgements(world) == 1


def test_an_acknowledgement_of_another_text_is_answered_with_the_text_as_it_is_now(world: World) -> None:
    world.submit()
    answer = phone(world, AGENT, PINS).send("enterado", statement_sha256="0" * 64)
    assert answer.status_code == 409
    assert "La orden cambió mientras la leía" in answer.text
    assert acknowledgements(world) == 0


def test_without_the_forms_own_token_nothing_is_acknowledged(world: World) -> None:
    world.submit()
    answer = phone(world, AGENT, PINS).send("enterado", csrf_token="")
    assert (answer.status_code, acknowledgements(world)) == (400, 0)


def test_without_the_pin_nothing_is_acknowledged(world: World) -> None:
    world.submit()
    held = phone(world, AGENT, PINS)
    fields = held.filled("enterado")
    held.client.delete_cookie(held.cookie)
    answer = held.client.post(f"{held.path}/enterado", data=fields)
    assert (answer.status_code, acknowledgements(world)) == (403, 0)


def test_the_content_counts_as_displayed_only_once_its_last_byte_was_sent(world: World) -> None:
    world.submit()
    held = phone(world, AGENT, PINS)
    answer = held.client.open(held.path, method="GET", buffered=False)
    assert Event.DISPLAYED not in events(world)
    b"".join(answer.iter_encoded())
    answer.close()
    assert Event.DISPLAYED in events(world)


def test_a_connection_that_breaks_before_the_last_byte_displays_nothing(world: World) -> None:
    world.submit()
    held = phone(world, AGENT, PINS)
    answer = held.client.open(held.path, method="GET", buffered=False)
    answer.close()
    assert Event.DISPLAYED not in events(world)


def test_the_doorstep_alone_is_no_display(world: World) -> None:
    world.submit()
    phone(world, AGENT).get()
    assert Event.DISPLAYED not in events(world)


def test_a_browser_that_guesses_ahead_is_shown_nothing(world: World) -> None:
    world.submit()
    held = phone(world, AGENT, PINS)
    answer = held.get(headers={"Sec-Purpose": "prefetch"})
    assert (answer.status_code, answer.data) == (503, b"")


def test_the_document_is_saved_and_never_opened_inside_the_site(world: World) -> None:
    world.submit()
    held = phone(world, AGENT, PINS)
    answer = held.get("/documento/1")
    assert answer.data.startswith(b"%PDF-")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_the_document_is_shown_as_images_to_a_phone_without_a_viewer(world: World) -> None:
    world.submit()
    assert "data:image/png;base64," in phone(world, AGENT, PINS).get("/documento/1/paginas").text


@pytest.mark.parametrize("path", ["/documento/1", "/documento/1/paginas"])
def test_without_the_pin_the_document_leads_to_the_doorstep(world: World, path: str) -> None:
    world.submit()
    held = phone(world, AGENT)
    assert held.get(path).location == held.path


# -- outcomes -----------------------------------------------------------------------------------------------


def test_every_outcome_is_offered_and_says_what_it_asks(world: World) -> None:
    assert {code for _, codes in GROUPS for code in codes} == set(OutcomeCode) == set(ASKED)


def test_a_return_that_was_halted_is_reported_with_one_choice(world: World) -> None:
    world.submit()
    held = phone(world, AGENT, PINS)
    held.acknowledge()
    answer = held.send("resultado", code="halted")
    assert answer.status_code == 303
    assert phase(world) == Phase.REPORTED


def test_an_order_for_another_station_is_sent_back_without_acknowledging_it(world: World) -> None:
    world.submit()
    answer = phone(world, AGENT, PINS).send("resultado", code="wrong_station")
    assert (answer.status_code, acknowledgements(world)) == (303, 0)


def test_a_flight_that_has_left_wants_its_number_and_hour(world: World) -> None:
    world.submit()
    held = phone(world, AGENT, PINS)
    held.acknowledge()
    answer = held.send("resultado", code="departed")
    assert answer.status_code == 422
    assert "Falta: vuelo en que salió." in answer.text
    assert "Falta: hora en que salió (hora local)." in answer.text


def test_what_was_reported_reaches_the_court_with_its_details(world: World) -> None:
    world.submit()
    held = phone(world, AGENT, PINS)
    held.acknowledge()
    held.send("resultado", code="not_found", **{"not_found-searched": "Salas 1 a 4"})
    reported = world.view("J5TEST-000001").stations[0].outcomes
    assert [(each.code, dict(each.details)) for each in reported] == [
        (OutcomeCode.NOT_FOUND, {"searched": "Salas 1 a 4"})
    ]


def test_the_hour_of_departure_is_read_in_the_stations_own_time(world: World) -> None:
    world.submit()
    held = phone(world, AGENT, PINS)
    held.acknowledge()
    fields = {"departed-flight": "ZZ 123", "departed-departed_at": "2026-11-21T03:10"}
    held.send("resultado", code="departed", **fields)
    details = world.view("J5TEST-000001").stations[0].outcomes[0].details
    assert details["departed_at"] == "2026-11-21 09:10:00+00:00"


def test_the_same_report_sent_twice_is_one_report(world: World) -> None:
    world.submit()
    held = phone(world, AGENT, PINS)
    held.acknowledge()
    first = held.send("resultado", code="halted", nonce="n" * 32)
    second = held.send("resultado", code="halted", nonce="n" * 32)
    assert first.location == second.location
    assert len(world.view("J5TEST-000001").stations[0].outcomes) == 1


def test_with_several_persons_the_officer_says_of_whom(world: World) -> None:
    world.submit(persons=(PERSON, PERSON))
    held = phone(world, AGENT, PINS)
    held.acknowledge()
    answer = held.send("resultado", code="halted")
    assert answer.status_code == 422
    assert "Falta indicar de quién informa" in answer.text


def test_what_is_still_open_about_a_person_is_said_after_a_report_of_another(world: World) -> None:
    world.submit(persons=(PERSON, PERSON))
    held = phone(world, AGENT, PINS)
    held.acknowledge()
    with world.services.database.read() as tx:
        first = tx.execute(select(person.c.id).order_by(person.c.position)).scalars().first()
    held.send("resultado", code="halted", person=str(first))
    assert "informe qué pasó" in held.get().text


def test_whoever_has_not_found_the_person_is_told_where_else_to_look(world: World) -> None:
    world.submit()
    held = phone(world, AGENT, PINS)
    held.acknowledge()
    held.send("resultado", code="not_found", **{"not_found-searched": "Salas 1 a 4"})
    assert "Búsquela también con la aerolínea" in held.get().text


def test_what_only_the_court_can_decide_is_not_asked_of_the_station(world: World) -> None:
    world.submit()
    held = phone(world, AGENT, PINS)
    held.acknowledge()
    held.send("resultado", code="identity_doubt", **{"identity_doubt-doubt": "Otra fecha de nacimiento"})
    assert "Por ahora no se le pide nada más" in held.get().text


def test_an_officer_corrects_the_flight_in_the_stations_own_time(world: World) -> None:
    world.submit()
    held = phone(world, AGENT, PINS)
    held.send("vuelo", flight="YY 9", airline="Otra", destination="Lejos", departs_at="2026-11-21T06:00")
    corrected = world.view("J5TEST-000001").persons[0].person
    assert (corrected.flight, f"{corrected.departs_at:%H:%M}") == ("YY 9", "12:00")


def test_an_hour_that_is_none_is_refused_and_what_was_typed_is_kept(world: World) -> None:
    world.submit()
    answer = phone(world, AGENT, PINS).send("vuelo", flight="YY 9", departs_at="mañana")
    assert answer.status_code == 422
    assert 'value="YY 9"' in answer.text


def test_on_a_shared_phone_the_order_can_be_closed(world: World) -> None:
    world.submit()
    held = phone(world, AGENT, PINS)
    held.send("salir")
    assert PERSON.name not in held.get().text


def test_once_withdrawn_the_page_says_so_and_asks_for_nothing(world: World) -> None:
    world.submit()
    held = phone(world, AGENT, PINS)
    first, second = world.clerk("primera.ficticia"), world.clerk("segunda.ficticia")
    ending.ask(world.services, first, "J5TEST-000001", Ending.WITHDRAWAL, "error de captura", world.now)
    ending.confirm(world.services, second, "J5TEST-000001", world.now)
    page = held.get().text
    assert "El juzgado retiró esta orden" in page
    assert "Acuso de enterado" not in page


def test_a_colleague_sees_who_has_already_acknowledged(world: World) -> None:
    world.submit()
    world.advance(minutes=3)
    phone(world, CHIEF, PINS).acknowledge()
    assert "Jefatura de turno" in phone(world, AGENT, PINS).get().text
