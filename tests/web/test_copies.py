"""The doors through which a court allows COMAR a copy, and the administrator keeps COMAR's desk."""

import json
from io import BytesIO
from typing import Any

from amparo_notify.cases import manage, personnel
from amparo_notify.cases.services import OPERATOR
from tests.web.desk import Desk, order_fields

CLERK, ADMIN = "actuaria", "administradora"
POLICY = {
    "levels": [
        {
            "targets": [{"kind": "rotation", "name": "agentes"}, {"kind": "headquarters"}, {"kind": "comar"}],
            "media": ["sms"],
            "delay": 0,
        }
    ],
    "repeat_after": 300,
}
WHO = {"badge": "COMAR-N", "post": "COMAR", "name": "Oficina Ficticia", "where": "", "comar": "1"}


def add_desk(desk: Desk, **changes: str) -> int:
    fields = {**WHO, "phones": "", "mails": "guardia@comar.example", **changes}
    return desk.browser(ADMIN).post("/admin/oficiales", fields, form="/admin/oficiales").status_code


def follow(desk: Desk) -> Any:
    page = "/admin/estaciones/MEX-T1/politica"
    return desk.browser(ADMIN).post(page, {"policy": json.dumps(POLICY)}, form=page)


def api(desk: Desk, **order: Any) -> dict[str, Any]:
    """Submit by the API and read the order back."""
    client, headers = desk.app.test_client(), {"Authorization": f"Bearer {desk.ground.token}"}
    asked = {"expediente": "1234/2026", "stations": ["MEX-T1"], "persons": [{"name": "ANA EJEMPLO"}], **order}
    fields = {"document": (BytesIO(desk.pdf()), "auto.pdf"), "order": json.dumps(asked)}
    answer = client.post("/api/v1/orders", data=fields, headers=headers)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = client.get(answer.headers["Location"], headers=headers).json
    return body


def test_a_clerk_allows_the_copy_on_the_form_and_sees_on_the_orders_page_that_it_went_out(desk: Desk) -> None:
    add_desk(desk)
    follow(desk)
    answer = desk.browser(CLERK).post("/juzgado/ordenes/nueva", order_fields(desk.pdf(), copy_comar="1"))
    page = desk.browser(CLERK).get(answer.location.partition("?")[0]).text
    assert "Copia a COMAR" in page
    assert "COMAR-N" in page


def test_an_order_says_by_the_api_whether_it_allows_the_copy(desk: Desk) -> None:
    assert api(desk, copy_comar=True)["copy_comar"] is True


def test_an_order_that_says_nothing_of_a_copy_allows_none(desk: Desk) -> None:
    assert api(desk)["copy_comar"] is False


def test_the_administrator_keeps_comars_desk_apart_from_headquarters(desk: Desk) -> None:
    add_desk(desk)
    assert "solo copia" in desk.browser(ADMIN).get("/admin/oficiales").text
    assert "COMAR-N" not in manage.roster_of(desk.services, "MEX-T1").headquarters
    assert [each.comar for each in personnel.officers(desk.services) if each.badge == "COMAR-N"] == [True]


def test_a_desk_without_a_mail_address_is_refused_on_the_page(desk: Desk) -> None:
    assert add_desk(desk, mails="", phones="55 0000 0999") == 422


def test_a_policy_with_a_copy_and_nowhere_to_send_it_is_refused_on_the_page(desk: Desk) -> None:
    answer = follow(desk)
    assert answer.status_code == 422
    assert "no hay una oficina de COMAR" in answer.text


def test_a_preview_names_comars_desk(desk: Desk) -> None:
    add_desk(desk)
    follow(desk)
    page = desk.browser(ADMIN).get("/admin/estaciones/MEX-T1/politica").text
    assert "Copia a COMAR, si la orden lo permite" in page
    assert "COMAR-N" in page


def test_a_desk_that_was_retired_is_no_desk_to_copy(desk: Desk) -> None:
    add_desk(desk)
    personnel.set_active(desk.services, OPERATOR, "COMAR-N", False, desk.services.clock())
    assert follow(desk).status_code == 422
