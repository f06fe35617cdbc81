"""The door's own rules: who may, what goes out with every answer, and what no safe method may do."""

import re
from pathlib import Path

import pytest
from flask import Blueprint

from amparo_notify.web import create_app
from amparo_notify.web.factory import UNSIGNED_FORMS
from amparo_notify.web.security import SAFE_METHODS, Audience, rule_of
from tests.web.desk import Desk, order_fields

LIVE = "https://amparo.example"


def test_every_route_says_who_may(desk: Desk) -> None:
    silent = {r.endpoint for r in desk.app.url_map.iter_rules() if rule_of(desk.app, r.endpoint) is None}
    assert silent == set()


def test_a_route_that_says_nothing_is_refused(desk: Desk) -> None:
    careless = Blueprint("careless", __name__)
    careless.get("/olvidada")(lambda: "everything")
    app = create_app(desk.services, desk.config, extra=[careless])
    assert app.test_client().get("/olvidada").status_code == 403


def test_only_programs_are_spared_the_token_of_a_form(desk: Desk) -> None:
    spared = {blueprint.name for blueprint in UNSIGNED_FORMS}
    rules = [r for r in desk.app.url_map.iter_rules() if r.methods - SAFE_METHODS]
    audiences = {rule_of(desk.app, r.endpoint).audience for r in rules if r.endpoint.split(".")[0] in spared}
    assert audiences <= {Audience.TOKEN, Audience.PROVIDER}


@pytest.mark.parametrize("path", ["/", "/entrar", "/nada", "/juzgado/ordenes", "/openapi.json", "/healthz"])
def test_every_answer_carries_the_headers(desk: Desk, path: str) -> None:
    headers = desk.browser().get(path).headers
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_scripts_carry_a_nonce_that_is_never_used_twice(desk: Desk) -> None:
    browser = desk.browser()
    nonces = set()
    for _ in range(2):
        answer = browser.get("/entrar")
        nonce = re.search(r"script-src 'nonce-([^']+)'", answer.headers["Content-Security-Policy"])
        assert nonce is not None
        assert set(re.findall(r'<script nonce="([^"]+)"', answer.text)) == {nonce[1]}
        nonces.add(nonce[1])
    assert len(nonces) == 2


def test_no_page_holds_script_or_style_of_its_own(desk: Desk) -> None:
    clerk, admin = desk.browser("actuaria"), desk.browser("administradora")
    clerk.post("/juzgado/ordenes/nueva", order_fields(desk.pdf()), form="/juzgado/ordenes/nueva")
    for browser, path in (
        (clerk, "/entrar"),
        (clerk, "/juzgado/ordenes"),
        (clerk, "/juzgado/ordenes/nueva"),
        (clerk, "/juzgado/ordenes/J5DEMO-000001"),
        (admin, "/admin"),
    ):
        page = browser.get(path).text
        assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
        assert re.findall(r"\son\w+=|\sstyle=|javascript:", page) == []
        assert re.findall(r'(?:src|href)="(?:https?:)?//', page.replace(desk.config.public_url, "")) == []


def test_a_form_without_its_token_changes_nothing(desk: Desk) -> None:
    browser = desk.browser("actuaria")
    assert browser.client.post("/salir").status_code == 400
    assert browser.get("/juzgado/ordenes").status_code == 200


def test_a_form_from_another_site_changes_nothing(desk: Desk) -> None:
    browser = desk.browser("actuaria")
    answer = browser.post("/salir", form="/juzgado/ordenes", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert browser.get("/juzgado/ordenes").status_code == 200


def test_over_https_cookies_are_bound_to_the_host_and_the_browser_is_told_to_stay(desk: Desk) -> None:
    desk.app = create_app(desk.services, desk.configured(public_url=LIVE))
    browser = desk.browser()
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.client.get("/entrar", base_url=LIVE).text)
    assert token is not None
    desk.clock.pass_(seconds=30)
    fields = {
        "csrf_token": token[1],
        "username": "actuaria",
        "passphrase": desk.passphrase,
        "code": desk.code("actuaria"),
    }
    answer = browser.client.post("/entrar", data=fields, base_url=LIVE)
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if "session" in c)
    assert cookie.startswith("__Host-session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_a_form_too_large_is_refused_before_it_is_read(desk: Desk) -> None:
    answer = desk.browser("actuaria").client.post(
        "/juzgado/ordenes/nueva",
        environ_overrides={"CONTENT_LENGTH": str(50 << 20)},
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 413
    assert "32 MiB" in answer.text


def test_a_sign_in_form_may_not_be_as_large_as_an_upload(desk: Desk) -> None:
    assert desk.browser().post("/entrar", {"username": "x" * (300 << 10)}).status_code == 413


def test_a_fault_of_ours_shows_no_trace(desk: Desk) -> None:
    desk.database.close()
    Path(desk.database.url.removeprefix("sqlite:///")).write_bytes(b"this is no database" * 100)
    browser = desk.browser()
    browser.client.set_cookie("session", "x")
    answer = browser.get("/juzgado/ordenes")
    assert answer.status_code == 500
    assert "Traceback" not in answer.text
    assert "sqlite" not in answer.text.lower()


@pytest.mark.parametrize("path", ["/%00", "/juzgado/ordenes?q=%00", "/n/%00"])
def test_an_address_with_a_null_byte_is_refused(desk: Desk, path: str) -> None:
    assert desk.browser("actuaria").get(path).status_code == 400


def test_safe_methods_leave_the_database_as_it_was(desk: Desk) -> None:
    """Every route a clerk can reach, by GET, HEAD and OPTIONS: not a row changes."""
    clerk = desk.browser("actuaria")
    clerk.post("/juzgado/ordenes/nueva", order_fields(desk.pdf()), form="/juzgado/ordenes/nueva")
    values = {
        "folio": "J5DEMO-000001",
        "document_id": 1,
        "person_id": 1,
        "token": "x",
        "code": "x",
        "filename": "app.css",
    }
    before = desk.rows()
    for rule in desk.app.url_map.iter_rules():
        if rule.endpoint.startswith("demo."):
            continue
        path = rule.rule
        for argument in rule.arguments:
            path = re.sub(rf"<(\w+:)?{argument}>", str(values.get(argument, "1")), path)
        for method in SAFE_METHODS:
            clerk.client.open(path, method=method)
    assert desk.rows() == before
