"""The roster's doors: nothing changes unreviewed, nothing typed is lost, nobody writes over somebody else."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest

from amparo_notify.cases import manage, roster_file, versions
from amparo_notify.cases.services import OPERATOR
from amparo_notify.core.roster import Roster, roster_to_json
from tests.web.desk import Browser, Desk

BASE = "/admin/estaciones/MEX-T1/rol"
PAGES = (
    "",
    "/sustitucion",
    "/intercambio",
    "/rotacion",
    "/rotacion?nombre=agentes",
    "/historial",
    "/archivos",
)
COVER = {"whom": "agentes:1001", "who": "1003", "from": "2026-11-21T08:00", "until": "2026-11-22T08:00"}
THIN = COVER | {"whom": "agentes:", "who": "1003"}
"""One in place of two: less than the minimum."""
WEEKLY = {
    "name": "enlace",
    "cycle": "semanal",
    "starts_on": "2026-11-23",
    "handover": "09:00",
    "minimum": "1",
}
WEEKLY |= {"place-1008": "1", "place-1009": "2"}


@pytest.fixture
def admin(desk: Desk) -> Browser:
    """A browser of an administrator."""
    return desk.browser("administradora")


def kept(desk: Desk) -> Roster:
    return manage.roster_of(desk.services, "MEX-T1")


def send(admin: Browser, path: str, fields: dict[str, str], step: str = "review", version: int = 1):  # type: ignore[no-untyped-def]
    """Send one of the roster's forms."""
    return admin.post(BASE + path, fields | {"step": step, "version": str(version)}, form=BASE + "/rotacion")


def accepted(page: str) -> dict[str, str]:
    """What a review asks to be ticked."""
    ticked = re.search(r'name="accepted" value="(\w+)"', page)
    assert ticked
    return {"accepted": ticked[1]}


@pytest.mark.parametrize("page", PAGES)
def test_a_rosters_pages_are_the_administrators_alone(desk: Desk, admin: Browser, page: str) -> None:
    assert admin.get(BASE + page).status_code == 200
    assert desk.browser("actuaria").get(BASE + page).status_code == 403
    assert admin.get(BASE.replace("MEX-T1", "NADA") + page).status_code == 404


@pytest.mark.parametrize("path", ["/sustitucion", "/rotacion", "/archivos", "/historial/1/restaurar"])
def test_a_clerk_changes_no_roster(desk: Desk, path: str) -> None:
    clerk = desk.browser("actuaria")
    answer = clerk.post(BASE + path, COVER | {"step": "save", "version": "1"}, form="/juzgado/ordenes/nueva")
    assert answer.status_code == 403
    assert kept(desk).version == 1


def test_the_page_names_who_serves_now_and_a_fortnight(desk: Desk, admin: Browser) -> None:
    page = admin.get(BASE).text
    now = page.split("De turno ahora")[1].split("</section>")[0]
    assert all(f">{duty.badge}<" in now for duty in kept(desk).on_duty("agentes", desk.clock.now))
    assert "Del sábado 21 nov 2026 al viernes 4 dic 2026" in page


def test_one_walks_to_other_weeks(admin: Browser) -> None:
    page = admin.get(BASE + "?desde=2027-03-08").text
    assert "Del lunes 8 mar 2027" in page
    assert "?desde=2027-02-22" in page
    assert admin.get(BASE + "?desde=nunca").status_code == 200


# -- review, then save --------------------------------------------------------------------------------------


def test_a_review_shows_who_would_serve_and_changes_nothing(desk: Desk, admin: Browser) -> None:
    page = send(admin, "/sustitucion", COVER).text
    assert "agente A1 (1001), agente A2 (1002)" in page
    assert "agente A2 (1002), agente B1 (1003)" in page
    assert kept(desk).version == 1


def test_a_substitution_saved_changes_who_is_on_duty(desk: Desk, admin: Browser) -> None:
    assert send(admin, "/sustitucion", COVER, "save").status_code == 303
    at = desk.clock.now + timedelta(hours=6)
    assert {duty.badge for duty in kept(desk).on_duty("agentes", at)} == {"1002", "1003"}
    assert kept(desk).version == 2


def test_all_that_is_wrong_stands_by_its_field_and_what_was_typed_stays(desk: Desk, admin: Browser) -> None:
    answer = send(admin, "/sustitucion", COVER | {"who": "", "until": "2026-11-20T08:00"})
    assert answer.status_code == 422
    assert 'id="who-wrong"' in answer.text
    assert 'id="until-wrong"' in answer.text
    assert 'value="2026-11-20T08:00"' in answer.text
    assert re.search(r'value="agentes:1001" selected', answer.text)
    assert kept(desk).version == 1


def test_from_the_review_one_goes_back_to_what_was_typed(admin: Browser) -> None:
    answer = send(admin, "/rotacion", WEEKLY, "correct")
    assert answer.status_code == 200
    assert 'value="enlace"' in answer.text
    assert re.search(r'name="place-1009"[^>]*value="2"', answer.text)


def test_nothing_to_save_is_said(admin: Browser) -> None:
    answer = send(admin, "/historial/1/restaurar", {})
    assert answer.status_code == 422
    assert "No hay ningún cambio" in answer.text


def test_a_form_that_does_not_say_from_which_version_it_was_begun_is_refused(
    desk: Desk, admin: Browser
) -> None:
    answer = admin.post(BASE + "/sustitucion", COVER | {"step": "save"}, form=BASE + "/rotacion")
    assert answer.status_code == 422
    assert kept(desk).version == 1


# -- somebody else, and fewer people ------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["review", "save"])
def test_whoever_was_overtaken_sees_what_the_other_changed_and_writes_nothing(
    desk: Desk, admin: Browser, step: str
) -> None:
    send(admin, "/rotacion", WEEKLY, "save")
    answer = send(admin, "/sustitucion", COVER, step)
    assert answer.status_code == 409
    assert "administradora" in answer.text
    assert "Rotación nueva «enlace»" in answer.text
    assert 'name="version" value="2"' in answer.text
    assert kept(desk).overrides == ()


def test_having_seen_it_one_saves_over_it(desk: Desk, admin: Browser) -> None:
    send(admin, "/rotacion", WEEKLY, "save")
    assert send(admin, "/sustitucion", COVER, "save", version=2).status_code == 303
    assert (len(kept(desk).rotations), len(kept(desk).overrides)) == (3, 1)


def test_fewer_people_than_the_minimum_have_to_be_accepted_by_their_hours(desk: Desk, admin: Browser) -> None:
    answer = send(admin, "/sustitucion", THIN, "save")
    assert answer.status_code == 409
    assert "quedaría con 1 de 2 personas localizables del 21/11/2026 08:00 al 22/11/2026 08:00" in answer.text
    assert kept(desk).version == 1
    assert send(admin, "/sustitucion", THIN | accepted(answer.text), "save").status_code == 303
    assert kept(desk).version == 2


def test_accepting_one_loss_accepts_no_other(desk: Desk, admin: Browser) -> None:
    known = accepted(send(admin, "/sustitucion", THIN).text)
    other = THIN | {"until": "2026-11-23T08:00"} | known
    assert send(admin, "/sustitucion", other, "save").status_code == 409
    assert kept(desk).version == 1


def test_what_was_accepted_is_on_record(desk: Desk, admin: Browser) -> None:
    page = send(admin, "/sustitucion", THIN).text
    send(admin, "/sustitucion", THIN | accepted(page), "save")
    newest, _ = versions.history(desk.services, "MEX-T1")
    assert (newest.roster.version, newest.by) == (2, "administradora")


def test_the_command_line_is_warned_and_not_stopped(desk: Desk) -> None:
    empty = replace(kept(desk), rotations=())
    assert manage.save_roster(desk.services, OPERATOR, "MEX-T1", empty, desk.clock.now) == 2


# -- the other forms ----------------------------------------------------------------------------------------


def test_a_substitution_is_taken_back(desk: Desk, admin: Browser) -> None:
    send(admin, "/sustitucion", COVER, "save")
    which = re.search(r'name="which" value="(\w+)"', admin.get(BASE).text)
    assert which
    page = send(admin, "/sustitucion/terminar", {"which": which[1]}, version=2).text
    assert "Se quita la sustitución" in page
    send(admin, "/sustitucion/terminar", {"which": which[1]}, "save", version=2)
    assert kept(desk).overrides == ()


def test_a_substitution_that_is_gone_cannot_be_taken_back(admin: Browser) -> None:
    answer = send(admin, "/sustitucion/terminar", {"which": "otra"})
    assert answer.status_code == 404
    assert "ya no está" in answer.text


def test_two_people_swap_a_turn_that_they_chose_from_a_list(desk: Desk, admin: Browser) -> None:
    page = admin.get(BASE + "/intercambio?one=1001&other=1003").text
    turns = dict(re.findall(r'<select id="(turn-\w+)".*?<option value="([^"]+ agentes)"', page, re.S))
    fields = {"one": "1001", "other": "1003"} | turns
    assert send(admin, "/intercambio", fields).status_code == 200
    assert send(admin, "/intercambio", fields, "save").status_code == 303
    assert [o.officers for o in kept(desk).overrides] == [("1003",), ("1001",)]


def test_a_rotation_is_added_changed_and_removed(desk: Desk, admin: Browser) -> None:
    assert send(admin, "/rotacion", WEEKLY, "save").status_code == 303
    changed = WEEKLY | {"was": "enlace", "name": "delegación", "minimum": "1"}
    page = send(admin, "/rotacion", changed, "review", version=2).text
    assert "«enlace» se llamará «delegación»" in page
    assert send(admin, "/rotacion", changed | accepted(page), "save", version=2).status_code == 303
    assert [each.name for each in kept(desk).rotations] == ["agentes", "jefatura", "delegación"]
    gone = {"was": "delegación"}
    page = send(admin, "/rotacion/quitar", gone, version=3).text
    assert send(admin, "/rotacion/quitar", gone | accepted(page), "save", version=3).status_code == 303
    assert len(kept(desk).rotations) == 2


def test_more_lines_for_shifts_come_without_a_script_and_keep_what_was_typed(admin: Browser) -> None:
    fields = WEEKLY | {"cycle": "otro", "days": "2", "shift-0-day": "1", "shift-0-start": "07:15"}
    page = send(admin, "/rotacion", fields, "more").text
    assert 'value="07:15"' in page
    assert page.count('class="shift"') == 7


# -- versions -----------------------------------------------------------------------------------------------


def test_the_history_says_who_changed_what(admin: Browser) -> None:
    send(admin, "/rotacion", WEEKLY, "save")
    page = admin.get(BASE + "/historial").text
    assert re.search(r"administradora</p>\s*<h2>Versión 2", page)
    assert re.search(r"consola</p>\s*<h2>Versión 1", page)
    assert "Rotación nueva «enlace»" in page


def test_any_two_versions_are_compared(admin: Browser) -> None:
    send(admin, "/rotacion", WEEKLY, "save")
    send(admin, "/sustitucion", COVER, "save", version=2)
    page = admin.get(BASE + "/historial?de=3&a=1").text.split("De la 3 a la 1")[1].split("</form>")[0]
    assert "Se quita la rotación «enlace»." in page
    assert "Se quita la sustitución" in page


def test_a_long_history_is_read_in_pages(desk: Desk, admin: Browser) -> None:
    for minutes in range(20):
        first, *others = kept(desk).rotations
        new = replace(kept(desk), rotations=(replace(first, minimum=1 + minutes % 2), *others))
        manage.save_roster(desk.services, OPERATOR, "MEX-T1", new, desk.clock.now)
    page = admin.get(BASE + "/historial").text
    older = re.search(r'href="(\?antes=\d+)"', page)
    assert "Versión 21" in page
    assert "Versión 1<" not in page
    assert older
    assert "Versión 1<" in admin.get(BASE + "/historial" + older[1]).text


def test_an_older_version_comes_back_as_a_new_one(desk: Desk, admin: Browser) -> None:
    before = roster_to_json(kept(desk))
    send(admin, "/rotacion", WEEKLY, "save")
    page = send(admin, "/historial/1/restaurar", {}, version=2).text
    assert "Se quita la rotación «enlace»" in page
    assert send(admin, "/historial/1/restaurar", accepted(page), "save", version=2).status_code == 303
    assert roster_to_json(kept(desk)) == before | {"version": 3}


def test_a_version_that_never_was_cannot_be_restored(admin: Browser) -> None:
    assert send(admin, "/historial/77/restaurar", {}).status_code == 422


# -- files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", roster_file.KINDS)
def test_what_is_downloaded_is_read_back_as_the_same_schedule(desk: Desk, admin: Browser, kind: str) -> None:
    answer = admin.get(f"{BASE}/archivos/{kind}")
    assert answer.mimetype == roster_file.KINDS[kind]
    back = roster_file.read(answer.text, kept(desk)).roster
    for hours in range(0, 24 * 14, 5):
        at = desk.clock.now + timedelta(hours=hours)
        assert [duty.badge for duty in back.on_duty("agentes", at)] == [
            duty.badge for duty in kept(desk).on_duty("agentes", at)
        ]


def test_a_file_is_reviewed_and_its_text_carried_to_the_save(desk: Desk, admin: Browser) -> None:
    csv = (
        admin.get(BASE + "/archivos/csv")
        .text.replace("1001 1002", "1001 1002 1003")
        .replace("1003 1004", "1004 1003")
    )
    fields = {"step": "review", "version": "1", "file": (BytesIO(csv.encode()), "rol.csv")}
    page = admin.post(BASE + "/archivos", fields, form=BASE + "/archivos").text
    assert "grupo 1: entra agente B1 (1003)" in page
    assert send(admin, "/archivos", {"text": csv}, "save").status_code == 303
    assert kept(desk).version == 2


def test_a_file_with_faults_names_its_lines_all_at_once_and_its_text_stays(
    desk: Desk, admin: Browser
) -> None:
    lines = admin.get(BASE + "/archivos/csv").text.replace("1004", "9999").replace("1008", "8888")
    fields = {"step": "review", "version": "1", "file": (BytesIO(lines.encode()), "rol.csv")}
    answer = admin.post(BASE + "/archivos", fields, form=BASE + "/archivos")
    assert answer.status_code == 422
    assert "«9999» no es de nadie" in answer.text
    assert "«8888» no es de nadie" in answer.text
    assert "línea 3" in answer.text
    assert "1003 9999" in answer.text.split("<textarea")[1]
    assert kept(desk).version == 1


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 50_000, "x" * 200_000, json.dumps({"rotations": 1, "dueño": 2})]
)
def test_what_is_no_roster_is_refused(desk: Desk, admin: Browser, text: str) -> None:
    assert send(admin, "/archivos", {"text": text}).status_code == 422
    assert kept(desk).version == 1


def test_each_persons_calendar_has_its_address(desk: Desk, admin: Browser) -> None:
    address = re.search(r'href="[^"]*(/agenda/1001/[^"]+)"', admin.get(BASE + "/archivos").text)
    assert address
    assert desk.browser().get(address[1]).mimetype == "text/calendar"


def test_what_people_are_called_never_becomes_markup(desk: Desk, admin: Browser) -> None:
    payload = '"><img src=x onerror=alert(1)>{{7*7}}'
    send(admin, "/rotacion", WEEKLY | {"name": payload}, "save")
    for page in PAGES:
        assert "<img src=x" not in admin.get(BASE + page).text
    assert kept(desk).rotations[-1].name == payload
