"""The administrator's pages: everything is there, and nothing half-made is kept."""

import json
import re
from io import BytesIO

import pytest

from amparo_notify.cases import manage, personnel
from amparo_notify.cases.services import OPERATOR
from amparo_notify.core.policy import policy_to_json
from amparo_notify.demo import data
from tests.web.desk import Browser, Desk

PAGES = (
    "/admin",
    "/admin/juzgados",
    "/admin/juzgados/J5DEMO",
    "/admin/estaciones",
    "/admin/estaciones/MEX-T1/rol",
    "/admin/estaciones/MEX-T1/politica",
    "/admin/oficiales",
    "/admin/personal",
    "/admin/confianza",
)


@pytest.fixture
def admin(desk: Desk) -> Browser:
    """A browser of an administrator."""
    return desk.browser("administradora")


@pytest.mark.parametrize("path", PAGES)
def test_an_administrator_reads_every_page(admin: Browser, path: str) -> None:
    assert admin.get(path).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_nobody_else_reads_any(desk: Desk, path: str) -> None:
    assert desk.browser("actuaria").get(path).status_code == 403
    assert desk.browser().get(path).status_code == 303


def test_an_administrator_may_not_look_behind_a_courts_door(admin: Browser) -> None:
    assert admin.get("/juzgado/ordenes/nueva").status_code == 403


def test_the_trust_page_shows_each_anchors_fingerprint(desk: Desk, admin: Browser) -> None:
    page = admin.get("/admin/confianza").text.replace("<wbr>", "")
    for shown in desk.ground.trust.describe(desk.clock.now):
        assert str(shown["fingerprint_sha256"]) in page


def test_a_new_court_is_listed(desk: Desk, admin: Browser) -> None:
    fields = {
        "code": "j7nuevo",
        "name": "Juzgado Séptimo",
        "phone": "5500000007",
        "time_zone": "America/Tijuana",
    }
    assert admin.post("/admin/juzgados", fields, form="/admin/juzgados").status_code == 303
    assert "J7NUEVO" in [court.code for court in manage.courts(desk.services)]


def test_a_bad_court_is_refused_by_its_fields_with_what_was_typed(admin: Browser) -> None:
    answer = admin.post("/admin/juzgados", {"code": "¿?", "name": "Juzgado Séptimo"}, form="/admin/juzgados")
    assert answer.status_code == 422
    assert 'id="code-wrong"' in answer.text
    assert 'value="Juzgado Séptimo"' in answer.text


def test_a_new_station_needs_a_policy_before_it_counts_as_ready(desk: Desk, admin: Browser) -> None:
    fields = {"code": "TIJ-T1", "name": "Tijuana", "phone": "", "time_zone": "America/Tijuana"}
    admin.post("/admin/estaciones", fields, form="/admin/estaciones")
    assert "no tiene política" in admin.get("/admin/estaciones/TIJ-T1/politica").text


def test_a_new_officers_link_is_shown_once_and_opens_the_page_for_a_pin(desk: Desk, admin: Browser) -> None:
    fields = {
        "badge": "1099",
        "post": "agente Z",
        "name": "Zoe Ficticia",
        "where": "station:MEX-T1",
        "phones": "5500000099",
    }
    page = admin.post("/admin/oficiales", fields, form="/admin/oficiales").text
    link = re.search(r"http://localhost:8000(/nip/[\w-]+)", page)
    assert link is not None
    assert desk.browser().get(link[1]).status_code == 200
    assert "/nip/" not in re.sub(r"/oficiales/\w+/nip", "", admin.get("/admin/oficiales").text)


def test_an_officer_without_a_contact_is_refused_and_not_kept(desk: Desk, admin: Browser) -> None:
    fields = {"badge": "1099", "post": "agente Z", "name": "Zoe Ficticia", "where": "station:MEX-T1"}
    assert admin.post("/admin/oficiales", fields, form="/admin/oficiales").status_code == 422
    assert "1099" not in [officer.badge for officer in personnel.officers(desk.services)]


def test_a_new_clerks_link_opens_the_page_to_enrol(desk: Desk, admin: Browser) -> None:
    fields = {"username": "nueva", "name": "Nueva Ficticia", "role": "clerk", "court": data.THE_COURT.code}
    link = re.search(
        r"http://localhost:8000(/alta/[\w-]+)",
        admin.post("/admin/personal", fields, form="/admin/personal").text,
    )
    assert link is not None
    assert "Nueva Ficticia" in desk.browser().get(link[1]).text


def test_a_signer_is_registered_by_the_certificate_that_was_uploaded(desk: Desk, admin: Browser) -> None:
    path = "/admin/juzgados/J5DEMO"
    file = (BytesIO(desk.ground.substitute.certificate), "suplente.cer")
    assert admin.post(f"{path}/firmantes", {"certificate": file}, form=path).status_code == 303
    known = manage.signers(desk.services, data.THE_COURT.code)
    assert ("certificate_sha256", desk.ground.substitute.sha256) in known


@pytest.mark.parametrize("fields", [{}, {"curp": "X"}, {"curp": data.JUDGE_CURP, "rfc": "XAXX010101000"}])
def test_a_signer_is_named_in_one_way_that_can_be_read(
    desk: Desk, admin: Browser, fields: dict[str, str]
) -> None:
    path = "/admin/juzgados/J5DEMO"
    before = manage.signers(desk.services, data.THE_COURT.code)
    assert admin.post(f"{path}/firmantes", fields, form=path).status_code == 422
    assert manage.signers(desk.services, data.THE_COURT.code) == before


def test_what_is_no_certificate_is_refused(admin: Browser) -> None:
    path = "/admin/juzgados/J5DEMO"
    answer = admin.post(f"{path}/firmantes", {"certificate": (BytesIO(b"nothing"), "a.cer")}, form=path)
    assert answer.status_code == 422
    assert "No es un certificado" in answer.text


def test_a_token_is_shown_once_and_opens_the_api(desk: Desk, admin: Browser) -> None:
    path = "/admin/juzgados/J5DEMO"
    page = admin.post(f"{path}/tokens", {"label": "sistema"}, form=path).text
    token = re.search(r'class="mono">([\w-]{43})<', page)
    assert token is not None
    headers = {"Authorization": f"Bearer {token[1]}"}
    assert desk.app.test_client().get("/api/v1/orders/J5DEMO-000001", headers=headers).status_code == 404
    assert token[1] not in admin.get(path).text


def test_a_policy_saved_is_the_stations_next_version(desk: Desk, admin: Browser) -> None:
    path = "/admin/estaciones/MEX-T1/politica"
    text = json.dumps(policy_to_json(data.POLICY) | {"repeat_after": 999})
    assert admin.post(path, {"policy": text}, form=path).status_code == 303
    assert manage.policy_of(desk.services, "MEX-T1").repeat_after == 999


@pytest.mark.parametrize("text", ["{", "[]", "[" * 50_000, '{"levels": []}', "null"])
def test_a_policy_that_is_none_is_refused(desk: Desk, admin: Browser, text: str) -> None:
    path = "/admin/estaciones/MEX-T1/politica"
    assert admin.post(path, {"policy": text}, form=path).status_code == 422
    assert manage.policy_of(desk.services, "MEX-T1").repeat_after == data.POLICY.repeat_after


def test_the_preview_reaches_the_courts_own_people_at_the_last_level(admin: Browser) -> None:
    page = admin.get("/admin/estaciones/MEX-T1/politica?llega=2026-11-22T03:15").text
    assert "domingo 22 nov 2026, 03:15" in page
    assert "secretaria de guardia" in page


def test_an_officers_name_is_seen_by_administrators_only(desk: Desk, admin: Browser) -> None:
    officer = personnel.officers(desk.services)[0]
    assert officer.name in admin.get("/admin/oficiales").text
    assert personnel.invite_officer(desk.services, OPERATOR, officer.badge, desk.clock.now)
    assert officer.name not in desk.browser("actuaria").get("/juzgado/ordenes").text
