"""The court's desk: an order uploaded, followed, corrected, withdrawn by two, closed; every slip answered kindly."""

import re
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from werkzeug.test import TestResponse

from amparo_notify.cases import track
from amparo_notify.cases.services import OPERATOR
from amparo_notify.cases.track import OrderView
from amparo_notify.core.order import OrderState
from amparo_notify.demo import data
from amparo_notify.demo.order_pdf import DemoOrder, order_pdf
from tests.web.desk import Browser, Desk, order_fields

NEW = "/juzgado/ordenes/nueva"
FOLIO = "J5DEMO-000001"
ORDER = f"/juzgado/ordenes/{FOLIO}"


def upload(desk: Desk, browser: Browser, document: bytes | None = None, **changes: Any) -> TestResponse:
    return browser.post(NEW, order_fields(document or desk.pdf(), **changes), form=NEW)


def view(desk: Desk, folio: str = FOLIO) -> OrderView:
    return track.order_view(desk.services, OPERATOR, folio, desk.clock.now)


def count(desk: Desk) -> int:
    return len(track.order_list(desk.services, OPERATOR))


@pytest.fixture
def second(desk: Desk) -> Browser:
    """Somebody else of the same court."""
    return desk.browser("secretario")


@pytest.fixture
def order(desk: Desk, clerk: Browser) -> OrderView:
    """An order that is out."""
    upload(desk, clerk)
    return view(desk)


# -- uploading ----------------------------------------------------------------------------------------------


def test_a_clerk_uploads_an_order_and_lands_on_its_live_page(desk: Desk, clerk: Browser) -> None:
    answer = upload(desk, clerk)
    assert (answer.status_code, answer.location) == (303, f"{ORDER}?hecho=orden")
    page = clerk.get(answer.location).text
    assert "ya se está avisando" in page
    assert "Firma válida" in page
    assert "agente C1" in page  # on duty at three in the morning


def test_a_departure_is_read_in_the_zone_of_the_first_station_chosen(desk: Desk, clerk: Browser) -> None:
    upload(desk, clerk, station=["CUN-T3"])
    assert view(desk).persons[0].person.departs_at == datetime(2026, 11, 21, 14, 30, tzinfo=UTC)


def test_with_stations_in_two_zones_the_clerk_says_whose_hour_it_is(desk: Desk, clerk: Browser) -> None:
    upload(desk, clerk, station=["CUN-T3", "MEX-T1"], zone="America/Mexico_City")
    assert view(desk).persons[0].person.departs_at == datetime(2026, 11, 21, 15, 30, tzinfo=UTC)


def test_somebody_on_the_same_flight_as_the_first_is_given_it(desk: Desk, clerk: Browser) -> None:
    upload(desk, clerk, **{"person-3-name": "LUIS EJEMPLO", "person-3-same": "1"})
    first, second = (kept.person for kept in view(desk).persons)
    assert (second.flight, second.departs_at) == (first.flight, first.departs_at)


def test_a_flight_of_ones_own_is_kept_whatever_the_box_says(desk: Desk, clerk: Browser) -> None:
    upload(desk, clerk, **{"person-1-name": "LUIS EJEMPLO", "person-1-same": "1", "person-1-flight": "YY 9"})
    assert [kept.person.flight for kept in view(desk).persons] == ["ZZ 123", "YY 9"]


def test_lawyers_may_be_written_one_a_line_or_with_commas(desk: Desk, clerk: Browser) -> None:
    upload(desk, clerk, lawyers="uno@ejemplo.example,\ndos@ejemplo.example\n uno@ejemplo.example")
    assert view(desk).lawyers == 2


def test_the_same_upload_again_leads_to_the_order_that_is_there(desk: Desk, clerk: Browser) -> None:
    document = desk.pdf()
    upload(desk, clerk, document)
    assert upload(desk, clerk, document).location == f"{ORDER}?hecho=repetida"
    assert count(desk) == 1


def test_a_new_station_for_a_known_order_is_notified(desk: Desk, clerk: Browser) -> None:
    document = desk.pdf()
    upload(desk, clerk, document)
    assert upload(desk, clerk, document, station=["MEX-T1", "CUN-T3"]).location == f"{ORDER}?hecho=ampliada"
    assert [station.code for station in view(desk).stations] == ["MEX-T1", "CUN-T3"]


def test_a_known_document_with_other_fields_is_answered_with_a_link_to_its_order(
    desk: Desk, clerk: Browser
) -> None:
    document = desk.pdf()
    upload(desk, clerk, document)
    answer = upload(desk, clerk, document, **{"person-0-name": "OTRA EJEMPLO"})
    assert answer.status_code == 409
    assert f'href="{ORDER}"' in answer.text


def test_an_unsigned_pdf_is_refused_kindly_and_nothing_is_sent(desk: Desk, clerk: Browser) -> None:
    answer = upload(desk, clerk, order_pdf(DemoOrder()))
    assert answer.status_code == 422
    assert "no se avisó a nadie" in answer.text
    assert "ANA EJEMPLO PEÑA" in answer.text
    assert "Elija el archivo otra vez" in answer.text
    assert count(desk) == 0


def test_every_slip_is_named_by_its_field_and_everything_typed_is_kept(desk: Desk, clerk: Browser) -> None:
    changes = {
        "expediente": "doce",
        "station": [],
        "lawyers": "no-es-correo",
        "instruction": "Espere órdenes.",
        "person-0-name": "",
        "person-0-nationality": "ficticia",
    }
    answer = upload(desk, clerk, **changes)
    assert answer.status_code == 422
    for anchor in ("expediente", "station-0", "lawyers", "person-0-name"):
        assert f'href="#{anchor}"' in answer.text
        assert f'id="{anchor}"' in answer.text
    for kept in ("doce", "no-es-correo", "Espere órdenes.", "ficticia", "2026-11-21T09:30"):
        assert kept in answer.text


@pytest.mark.parametrize(
    ("departs", "said"),
    [
        ("ayer", "no es una fecha"),
        ("0001-01-01T00:00", "no puede ser"),
        ("2026-13-45T99:99", "no es una fecha"),
    ],
)
def test_a_departure_that_cannot_be_is_refused_with_every_other_slip(
    desk: Desk, clerk: Browser, departs: str, said: str
) -> None:
    answer = upload(desk, clerk, expediente="doce", **{"person-0-departs": departs})
    assert answer.status_code == 422
    assert said in answer.text
    assert "no es un número de expediente" in answer.text
    assert count(desk) == 0


def test_no_file_and_an_empty_file_are_told_apart(desk: Desk, clerk: Browser) -> None:
    for name, said in (("", "Falta el archivo firmado"), ("auto.pdf", "El archivo está vacío")):
        assert said in clerk.post(NEW, order_fields(b"") | {"document": (BytesIO(), name)}, form=NEW).text


def test_a_document_over_the_limit_is_refused(desk: Desk, clerk: Browser) -> None:
    answer = upload(desk, clerk, b"x" * ((32 << 20) + 1))
    assert answer.status_code == 413
    assert "32 MiB" in answer.text


def test_what_cannot_be_read_is_guessed_as_nothing(clerk: Browser) -> None:
    answer = clerk.post("/juzgado/ordenes/leer", {"document": (BytesIO(b"no PDF"), "a.pdf")}, form=NEW)
    assert answer.json == {"expediente": "", "court": "", "persons": []}


def test_names_are_shown_as_they_were_typed_and_never_run(desk: Desk, clerk: Browser) -> None:
    upload(desk, clerk, **{"person-0-name": '<script>alert("x")</script>', "person-0-airline": "{{ 7 * 7 }}"})
    page = clerk.get(ORDER).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "{{ 7 * 7 }}" in page


def test_the_page_for_printing_holds_all_that_an_actuario_needs(clerk: Browser, order: OrderView) -> None:
    page = clerk.get(f"{ORDER}/imprimir").text
    for text in (
        order.order.expediente,
        "ANA EJEMPLO PEÑA",
        "ZZ 123",
        "+52 55 0000 0005",
        "Se negó a recibir",
    ):
        assert text in page


def test_the_document_is_saved_and_never_shown_by_the_browser(clerk: Browser, order: OrderView) -> None:
    answer = clerk.get(f"{ORDER}/documento/{order.documents[0].id}")
    assert answer.data.startswith(b"%PDF-")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"


# -- the live page ------------------------------------------------------------------------------------------


def test_the_live_part_is_sent_once_and_then_304_until_something_happens(
    desk: Desk, clerk: Browser, order: OrderView
) -> None:
    first = clerk.get(f"{ORDER}/vivo")
    tag = {"If-None-Match": first.headers["ETag"]}
    desk.clock.pass_(seconds=5)
    assert clerk.get(f"{ORDER}/vivo", headers=tag).status_code == 304
    clerk.post(f"{ORDER}/abogados", {"lawyers": "otra@ejemplo.example"}, form=ORDER)
    assert clerk.get(f"{ORDER}/vivo", headers=tag).status_code == 200


def test_the_live_part_stops_asking_once_the_order_is_over(
    clerk: Browser, second: Browser, order: OrderView
) -> None:
    end(clerk, second)
    assert clerk.get(f"{ORDER}/vivo").status_code == 286  # htmx: swap, and poll no more


def test_a_live_page_whose_session_ended_is_told_so(desk: Desk, clerk: Browser, order: OrderView) -> None:
    desk.clock.pass_(hours=13)
    assert clerk.get(f"{ORDER}/vivo", headers={"HX-Request": "true"}).status_code == 401


def test_the_clocks_count_towards_the_next_level_and_the_limit(clerk: Browser, order: OrderView) -> None:
    page = clerk.get(f"{ORDER}/vivo").text
    assert order.stations[0].next_at is not None
    assert f'datetime="{order.stations[0].next_at.isoformat()}"' in page
    assert 'datetime="2026-11-21T14:45:00+00:00"' in page  # 45 minutes before 09:30 in Mexico City


def test_no_phone_and_no_name_of_an_officer_is_on_the_courts_page(clerk: Browser, order: OrderView) -> None:
    page = clerk.get(ORDER).text
    for officer in data.officers():
        assert officer.phone not in page
        assert officer.name not in page


# -- the list -----------------------------------------------------------------------------------------------


def test_the_list_begins_with_what_is_due_first(desk: Desk, clerk: Browser) -> None:
    for number, departs in (("1/2026", "2026-11-22T09:00"), ("2/2026", "2026-11-21T06:00"), ("3/2026", "")):
        upload(desk, clerk, desk.pdf(number), expediente=number, **{"person-0-departs": departs})
    listed = re.findall(r'class="big" href="[^"]+">([^<]+)<', clerk.get("/juzgado/ordenes").text)
    assert listed == ["2/2026", "1/2026", "3/2026"]


def test_the_list_finds_an_order_by_expediente_or_station(
    desk: Desk, clerk: Browser, order: OrderView
) -> None:
    for words, found in (
        ("1234", True),
        ("mex-t1", True),
        ("burbuja", True),
        ("999", False),
        ("%' OR 1", False),
    ):
        assert (FOLIO in clerk.get("/juzgado/ordenes", query_string={"q": words}).text) is found


# -- correcting ---------------------------------------------------------------------------------------------


def test_a_corrected_flight_is_kept_and_told(desk: Desk, clerk: Browser, order: OrderView) -> None:
    path = f"{ORDER}/vuelo/{order.persons[0].id}"
    fields = {"airline": "Otra", "flight": "YY 9", "destination": "Lejos", "departs": "2026-11-21T12:00"}
    assert clerk.post(path, fields, form=ORDER).location == f"{ORDER}?hecho=vuelo"
    person = view(desk).persons[0].person
    assert (person.flight, person.departs_at) == ("YY 9", datetime(2026, 11, 21, 18, 0, tzinfo=UTC))


def test_a_departure_in_the_hour_that_the_clocks_skip_is_refused_and_stays_in_its_field(
    desk: Desk, clerk: Browser, order: OrderView
) -> None:
    path = f"{ORDER}/vuelo/{order.persons[0].id}"
    answer = clerk.post(path, {"flight": "YY 9", "departs": "0026-11-21T12:00"}, form=ORDER)
    assert answer.status_code == 422
    assert 'value="YY 9"' in answer.text
    assert view(desk).persons[0].person.flight == "ZZ 123"


def test_stations_and_lawyers_are_added(desk: Desk, clerk: Browser, order: OrderView) -> None:
    clerk.post(f"{ORDER}/estaciones", {"station": ["CUN-T3"]}, form=ORDER)
    clerk.post(f"{ORDER}/abogados", {"lawyers": "otra@ejemplo.example"}, form=ORDER)
    assert ([station.code for station in view(desk).stations], view(desk).lawyers) == (
        ["MEX-T1", "CUN-T3"],
        1,
    )


def test_a_bad_mail_is_refused_and_stays_in_its_field(clerk: Browser, order: OrderView) -> None:
    answer = clerk.post(f"{ORDER}/abogados", {"lawyers": "no es correo"}, form=ORDER)
    assert answer.status_code == 422
    assert ">no es correo</textarea>" in answer.text


def test_an_extension_is_added_once_it_is_verified(desk: Desk, clerk: Browser, order: OrderView) -> None:
    fields = {"kind": "extension", "document": (BytesIO(desk.pdf("1234/2026", persons=("OTRA",))), "a.pdf")}
    assert clerk.post(f"{ORDER}/documento", fields, form=ORDER).location == f"{ORDER}?hecho=documento"
    assert [document.kind for document in view(desk).documents] == ["initial", "extension"]


def test_an_extension_by_a_substitute_judge_changes_nothing_and_says_where_it_can_be_confirmed(
    desk: Desk, clerk: Browser, order: OrderView
) -> None:
    paper = desk.pdf("1234/2026", persons=("OTRA",), by=desk.ground.substitute)
    answer = clerk.post(
        f"{ORDER}/documento", {"kind": "extension", "document": (BytesIO(paper), "a.pdf")}, form=ORDER
    )
    assert answer.status_code == 422
    assert "Súbalo como orden nueva" in answer.text
    assert len(view(desk).documents) == 1


def test_an_unsigned_extension_changes_nothing_and_says_why(
    desk: Desk, clerk: Browser, order: OrderView
) -> None:
    fields = {"kind": "extension", "document": (BytesIO(order_pdf(DemoOrder())), "a.pdf")}
    answer = clerk.post(f"{ORDER}/documento", fields, form=ORDER)
    assert answer.status_code == 422
    assert "la orden no cambió" in answer.text
    assert len(view(desk).documents) == 1


# -- two people ---------------------------------------------------------------------------------------------


def test_one_person_asks_and_another_withdraws(
    desk: Desk, clerk: Browser, second: Browser, order: OrderView
) -> None:
    clerk.post(f"{ORDER}/retiro", {"reason": "expediente equivocado"}, form=ORDER)
    assert view(desk).order.state is OrderState.OPEN
    assert "expediente equivocado" in second.get(ORDER).text
    assert second.post(f"{ORDER}/fin/confirmar", form=ORDER).location == f"{ORDER}?hecho=terminada"
    assert view(desk).order.state is OrderState.WITHDRAWN


def test_nobody_withdraws_alone(desk: Desk, clerk: Browser, order: OrderView) -> None:
    clerk.post(f"{ORDER}/retiro", {"reason": "error"}, form=ORDER)
    assert clerk.post(f"{ORDER}/fin/confirmar", form=ORDER).status_code == 403
    assert view(desk).order.state is OrderState.OPEN


def test_a_second_person_may_say_no(desk: Desk, clerk: Browser, second: Browser, order: OrderView) -> None:
    clerk.post(f"{ORDER}/retiro", {"reason": "error"}, form=ORDER)
    second.post(f"{ORDER}/fin/rechazar", form=ORDER)
    assert view(desk).ending is None


def test_a_verified_revocation_withdraws_at_once(desk: Desk, clerk: Browser, order: OrderView) -> None:
    fields = {"kind": "revocation", "document": (BytesIO(desk.pdf("1234/2026", persons=("NADIE",))), "r.pdf")}
    assert clerk.post(f"{ORDER}/documento", fields, form=ORDER).location == f"{ORDER}?hecho=revocada"
    assert view(desk).order.state is OrderState.WITHDRAWN


def test_a_held_order_goes_out_when_somebody_else_confirms_it(
    desk: Desk, clerk: Browser, second: Browser
) -> None:
    assert upload(desk, clerk, desk.pdf(by=desk.ground.substitute)).location == f"{ORDER}?hecho=espera"
    assert "Confirmar y avisar ahora" not in clerk.get(ORDER).text
    assert "Confirmar y avisar ahora" in second.get(ORDER).text
    assert second.post(f"{ORDER}/confirmar", form=ORDER).location == f"{ORDER}?hecho=confirmada"
    assert view(desk).order.state is OrderState.OPEN


def test_whoever_uploaded_a_held_order_does_not_confirm_it(desk: Desk, clerk: Browser) -> None:
    upload(desk, clerk, desk.pdf(by=desk.ground.substitute))
    answer = clerk.post(f"{ORDER}/confirmar", form=ORDER)
    assert answer.status_code == 403
    assert "Debe confirmarla otra persona" in answer.text
    assert view(desk).order.state is OrderState.HELD


def end(clerk: Browser, second: Browser) -> None:
    clerk.post(f"{ORDER}/cierre", {"reason": "se supo por teléfono"}, form=ORDER)
    assert second.post(f"{ORDER}/fin/confirmar", form=ORDER).location == f"{ORDER}?hecho=terminada"


def test_an_order_without_its_outcome_is_closed_by_two(
    desk: Desk, clerk: Browser, second: Browser, order: OrderView
) -> None:
    end(clerk, second)
    assert view(desk).order.state is OrderState.CLOSED


def test_nobody_closes_alone_an_order_without_its_outcome(
    desk: Desk, clerk: Browser, order: OrderView
) -> None:
    answer = clerk.post(f"{ORDER}/cerrar", {"sure": "1"}, form=ORDER)
    assert answer.status_code == 409
    assert "Falta el resultado" in answer.text
    clerk.post(f"{ORDER}/cierre", {"reason": "prisa"}, form=ORDER)
    assert clerk.post(f"{ORDER}/fin/confirmar", form=ORDER).status_code == 403
    assert view(desk).order.state is OrderState.OPEN


def test_closing_asks_for_its_box_to_be_ticked(clerk: Browser, order: OrderView) -> None:
    assert clerk.post(f"{ORDER}/cerrar", form=ORDER).status_code == 422


def test_what_is_over_cannot_be_changed_from_a_page_left_open(
    desk: Desk, clerk: Browser, second: Browser, order: OrderView
) -> None:
    end(clerk, second)
    answer = clerk.post(f"{ORDER}/estaciones", {"station": ["CUN-T3"]}, form=NEW)
    assert answer.status_code == 409
    assert len(view(desk).stations) == 1


# -- who may ------------------------------------------------------------------------------------------------

READS = ("", "/vivo", "/imprimir", "/documento/1")
DEEDS = (
    "/confirmar",
    "/vuelo/1",
    "/abogados",
    "/estaciones",
    "/documento",
    "/retiro",
    "/cierre",
    "/fin/confirmar",
    "/fin/rechazar",
    "/cerrar",
)


@pytest.mark.parametrize("path", READS)
def test_the_court_reads_its_order_and_another_court_and_a_stranger_do_not(
    desk: Desk, clerk: Browser, second: Browser, order: OrderView, path: str
) -> None:
    assert clerk.get(ORDER + path).status_code == 200
    assert second.get(ORDER + path).status_code == 200
    assert desk.browser("ajena").get(ORDER + path).status_code == 404
    assert desk.browser().get(ORDER + path).status_code == 303


@pytest.mark.parametrize("path", DEEDS)
def test_nobody_of_another_court_does_anything_to_an_order(desk: Desk, order: OrderView, path: str) -> None:
    stranger = desk.browser("ajena")
    fields = {
        "station": ["CUN-T3"],
        "lawyers": "a@b.example",
        "reason": "x",
        "sure": "1",
        "kind": "extension",
        "document": (BytesIO(b"x"), "a.pdf"),
    }
    before = desk.rows()
    assert stranger.post(ORDER + path, fields, form=NEW).status_code == 404
    desk_rows = desk.rows()
    assert {name for name in before if before[name] != desk_rows[name]} == set()


def test_another_courts_list_holds_nothing_of_ours(desk: Desk, order: OrderView) -> None:
    stranger = desk.browser("ajena")
    for query in ("", "?todas=1", "?q=1234"):
        assert FOLIO not in stranger.get(f"/juzgado/ordenes{query}").text


def test_no_order_and_anothers_order_look_the_same(desk: Desk, order: OrderView) -> None:
    stranger = desk.browser("ajena")

    def said(folio: str) -> str:
        return re.sub(
            rf'{folio}|nonce="[^"]+"|value="[^"]+"', "", stranger.get(f"/juzgado/ordenes/{folio}").text
        )

    assert said(FOLIO) == said("J5DEMO-000777")
