"""The lawyer's page and the public check of a receipt: live, without an account, and without anybody's name."""

import base64
import re
import secrets

import pytest
from flask.testing import FlaskClient
from joserfc.jwk import KeySet
from joserfc.jws import deserialize_compact
from playwright.sync_api import Browser
from sqlalchemy import insert, select

from amparo_notify.cases import ending
from amparo_notify.core.order import Ending, OutcomeCode
from amparo_notify.seal.envelope import hash_token
from amparo_notify.store.tables import receipt
from tests.web.scene import contents, flask_of, phone, served, window
from tests.world import AGENT, OTHER_STATION, PERSON, PINS, STATION, World

CANARIES = ("CANARIA", "QUIJOTE", "Nacionalidad Inventada", "XX0000001", AGENT.phone, AGENT.mail, AGENT.badge)
CANARIES += (f"Nombre Ficticio {AGENT.badge}",)


def lawyer(world: World, **order: object) -> tuple[FlaskClient, str]:
    """A lawyer's browser and the path of the page."""
    accepted = world.submit(lawyers=("defensa@despacho.example",), **order)  # type: ignore[arg-type]
    return flask_of(world).test_client(), f"/s/{accepted.tracking_code}"


def test_the_page_tells_of_the_reception_the_verdict_and_each_notice(world: World) -> None:
    client, path = lawyer(world)
    page = client.get(path).text
    for said in (
        "Orden recibida",
        "Firma válida",
        "Aviso a Agente de turno: orden por cumplir",
        "SMS: Entregado",
    ):
        assert said in page


def test_the_page_follows_the_order_to_its_outcome(world: World) -> None:
    client, path = lawyer(world)
    held = phone(world, AGENT, PINS)
    held.acknowledge()
    held.send("resultado", code="halted")
    page = client.get(path).text
    for said in (
        "Abrieron el enlace",
        "Leyeron la orden",
        "Acuse de enterado",
        "Localizada, retorno detenido",
    ):
        assert said in page


def test_nobody_is_named_and_no_phone_is_shown_at_any_stage(world: World) -> None:
    client, path = lawyer(world, persons=world.departing(minutes=180))
    pages = [client.get(path).text]
    world.acknowledge(AGENT)
    world.report(AGENT, OutcomeCode.NOT_FOUND, searched="CANARIA en la sala 4")
    pages += [client.get(path).text, client.get(f"{path}/vivo").text]
    assert not [canary for canary in CANARIES for page in pages if canary in page]


def test_times_are_the_stations_own_and_universal(world: World) -> None:
    client, path = lawyer(world, stations=(OTHER_STATION,))
    page = client.get(path).text
    assert "Hora de Cancún" in page
    assert "04:15:00" in page
    assert "09:15:00 UTC" in page


def test_each_station_has_its_own_state_and_next_step(world: World) -> None:
    client, path = lawyer(world, stations=(STATION, OTHER_STATION))
    world.acknowledge(AGENT)
    page = client.get(path).text
    assert "Enterado: se espera el resultado" in page
    assert "Avisando: nadie ha acusado de enterado" in page


def test_what_has_not_changed_is_not_sent_again(world: World) -> None:
    client, path = lawyer(world)
    tag = client.get(f"{path}/vivo").headers["ETag"]
    world.now = world.now.replace(second=30)
    answer = client.get(f"{path}/vivo", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.data) == (304, b"")


def test_what_has_changed_is_sent_at_the_next_look(world: World) -> None:
    client, path = lawyer(world)
    tag = client.get(f"{path}/vivo").headers["ETag"]
    world.acknowledge(AGENT)
    answer = client.get(f"{path}/vivo", headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert "Enterado: se espera el resultado" in answer.text


def test_wrong_codes_are_answered_alike_whatever_they_look_like(world: World) -> None:
    client, path = lawyer(world)
    good = path.rpartition("/")[2]
    wrong = [secrets.token_urlsafe(16) for _ in range(20)] + [good[:-1] + ("A" if good[-1] != "A" else "B")]
    answers = {(client.get(f"/s/{code}").status_code, len(client.get(f"/s/{code}").data)) for code in wrong}
    assert len(answers) == 1
    assert answers.pop()[0] == 404


def test_looking_changes_nothing(world: World) -> None:
    client, path = lawyer(world)
    before = contents(world)
    for each in (path, f"{path}/vivo", "/seguimiento", "/v/", "/v/keys.json"):
        for method in ("GET", "HEAD", "OPTIONS"):
            assert client.open(each, method=method).status_code < 400
    assert contents(world) == before


@pytest.mark.parametrize(
    "typed", ["{code}", "  {code} ", "http://amparo.example/s/{code}", "https://x/s/{code}/"]
)
def test_a_code_can_be_typed_or_pasted_with_its_address(world: World, typed: str) -> None:
    client, path = lawyer(world)
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/seguimiento").text)
    assert token
    code = path.rpartition("/")[2]
    fields = {"csrf_token": token[1], "code": typed.format(code=code)}
    assert client.post("/seguimiento", data=fields).location == path


def test_a_withdrawn_order_is_shown_as_withdrawn(world: World) -> None:
    client, path = lawyer(world)
    one, other = world.clerk("una.ficticia"), world.clerk("otra.ficticia")
    ending.ask(world.services, one, "J5TEST-000001", Ending.WITHDRAWAL, "error de captura", world.now)
    ending.confirm(world.services, other, "J5TEST-000001", world.now)
    page = client.get(path).text
    assert "El juzgado retiró la orden" in page
    assert "error de captura" not in page


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_renews_itself_while_it_is_open(world: World, chrome: Browser, width: int) -> None:
    _, path = lawyer(world)
    with served(world) as address, window(chrome, width) as page:
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        world.acknowledge(AGENT)
        page.wait_for_selector("text=Enterado: se espera el resultado", timeout=10_000)
        assert page.evaluate("document.documentElement.scrollWidth") == width


# -- receipts -----------------------------------------------------------------------------------------------


def receipt_path(world: World) -> str:
    world.submit()
    return f"/v/{world.acknowledge(AGENT).code}"


def test_a_receipt_says_what_was_signed_and_what_it_does_not_prove(world: World) -> None:
    page = flask_of(world).test_client().get(receipt_path(world)).text
    for said in ("auténtico", "1234/2026", "A2: con clave personal", "Qué no prueba", "09:15:00 UTC"):
        assert said in page


def test_a_receipt_names_no_protected_person(world: World) -> None:
    page = flask_of(world).test_client().get(receipt_path(world)).text
    assert PERSON.name not in page
    assert AGENT.phone not in page


def test_a_receipt_verifies_with_nothing_but_what_its_page_gives(world: World) -> None:
    stranger = flask_of(world).test_client()
    page = stranger.get(receipt_path(world)).text
    jws = re.search(r"<textarea[^>]*>([^<]+)</textarea>", page)
    assert jws
    keys = KeySet.import_key_set(stranger.get("/v/keys.json").json)  # type: ignore[arg-type]
    assert b"1234/2026" in deserialize_compact(jws[1], keys, algorithms=["ES256"]).payload


def test_a_receipt_whose_text_was_changed_is_called_false(world: World) -> None:
    receipt_path(world)
    with world.services.database.write() as tx:
        row = tx.execute(select(receipt)).mappings().first()
        assert row
        forged = {**row, "id": 9999, "code_hash": hash_token("forged"), "jws": _altered(row["jws"])}
        tx.execute(insert(receipt).values(forged))
    assert "no es auténtico" in flask_of(world).test_client().get("/v/forged").text


def _altered(jws: str) -> str:
    """The same signature under another text."""
    head, middle, signature = jws.split(".")
    body = base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)).replace(b"1234/2026", b"9999/2026")
    return f"{head}.{base64.urlsafe_b64encode(body).decode().rstrip('=')}.{signature}"


def test_a_code_of_no_receipt_says_not_to_trust_it(world: World) -> None:
    answer = flask_of(world).test_client().get(f"/v/{secrets.token_urlsafe(16)}")
    assert answer.status_code == 404
    assert "no confíe" in answer.text


def test_an_outcomes_receipt_says_what_was_reported(world: World) -> None:
    world.submit()
    held = phone(world, AGENT, PINS)
    held.acknowledge()
    code = held.send("resultado", code="halted").location.partition("recibo=")[2].partition("#")[0]
    assert "retorno detenido" in held.client.get(f"/v/{code}").text
