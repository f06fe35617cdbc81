"""The API: what a court's own system sends, and what it is told."""

import json
from io import BytesIO
from typing import Any

import pytest
from werkzeug.test import TestResponse

from amparo_notify.cases import personnel
from amparo_notify.cases.services import OPERATOR
from amparo_notify.demo import data
from tests.web.desk import OTHER_COURT, Desk

ORDER: dict[str, Any] = {
    "expediente": "1234/2026",
    "stations": ["MEX-T1"],
    "persons": [{"name": "ANA EJEMPLO PEÑA", "flight": "ZZ 123", "departs_at": "2026-11-21T09:30:00-06:00"}],
}


class System:
    """A court's own system, with its token."""

    def __init__(self, desk: Desk, token: str = "") -> None:
        self.client = desk.app.test_client()
        self.headers = {"Authorization": f"Bearer {token or desk.ground.token}"}

    def submit(self, document: bytes, order: Any = ORDER, key: str = "", **parts: Any) -> TestResponse:
        text = order if isinstance(order, str) else json.dumps(order)
        fields = {"document": (BytesIO(document), "auto.pdf"), "order": text, **parts}
        headers = {**self.headers, **({"Idempotency-Key": key} if key else {})}
        return self.client.post("/api/v1/orders", data=fields, headers=headers)

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers={**self.headers, **headers})


@pytest.fixture
def system(desk: Desk) -> System:
    return System(desk)


def orders(desk: Desk) -> list[str]:
    """The court's list as its clerk sees it."""
    return [
        line
        for line in desk.browser("actuaria").get("/juzgado/ordenes?todas=1").text.split()
        if "ordenes/J5" in line
    ]


# -- submitting ---------------------------------------------------------------------------------------------


def test_a_signed_order_is_created_with_its_verdict_its_receipt_and_its_addresses(
    desk: Desk, system: System
) -> None:
    answer = system.submit(desk.pdf())
    body = answer.json
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/orders/{body['folio']}"
    assert (body["state"], body["verdict"]["verdict"]) == ("open", "PASSED")
    assert desk.services.sealer.open(body["receipt"])["folio"] == body["folio"]
    assert system.client.get(body["receipt_url"].removeprefix(desk.config.public_url)).status_code == 200
    assert system.client.get(body["tracking_url"].removeprefix(desk.config.public_url)).status_code == 200


def test_an_enveloping_signature_is_taken_too(desk: Desk, system: System) -> None:
    assert system.submit(desk.p7m()).json["verdict"]["format"] == "CAdES-enveloping"


def test_the_order_may_come_as_a_file_part(desk: Desk, system: System) -> None:
    order = (BytesIO(json.dumps(ORDER).encode()), "order.json", "application/json")
    answer = system.client.post(
        "/api/v1/orders",
        data={"document": (BytesIO(desk.pdf()), "a.pdf"), "order": order},
        headers=system.headers,
    )
    assert answer.status_code == 201


def test_the_same_again_is_answered_with_the_order_that_is_there(desk: Desk, system: System) -> None:
    document = desk.pdf()
    first, second = system.submit(document), system.submit(document)
    assert (second.status_code, second.json["folio"], second.json["new"]) == (200, first.json["folio"], False)


def test_a_repeated_key_is_answered_with_the_order_that_is_there(desk: Desk, system: System) -> None:
    document = desk.pdf()
    first, second = system.submit(document, key="k-1"), system.submit(document, key="k-1")
    assert (second.status_code, second.json["folio"]) == (200, first.json["folio"])


def test_a_key_used_with_other_fields_is_a_conflict(desk: Desk, system: System) -> None:
    document = desk.pdf()
    system.submit(document, key="k-1")
    answer = system.submit(document, {**ORDER, "expediente": "99/2026"}, key="k-1")
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (409, "Idempotency-Key")


def test_a_document_known_with_other_fields_is_a_conflict_that_says_how_to_correct(
    desk: Desk, system: System
) -> None:
    document = desk.pdf()
    system.submit(document)
    answer = system.submit(document, {**ORDER, "persons": [{"name": "OTRA EJEMPLO"}]})
    assert answer.status_code == 409
    assert answer.json["errors"][0]["remedy"]


def test_a_new_station_for_a_known_order_is_added(desk: Desk, system: System) -> None:
    document = desk.pdf()
    system.submit(document)
    answer = system.submit(document, {**ORDER, "stations": ["MEX-T1", "CUN-T3"]})
    assert (answer.status_code, answer.json["added_stations"]) == (200, ["CUN-T3"])


def test_an_order_by_a_signer_nobody_registered_is_held(desk: Desk, system: System) -> None:
    answer = system.submit(desk.pdf(by=desk.ground.substitute))
    assert (answer.status_code, answer.json["state"], answer.json["hold_reason"]) == (
        202,
        "held",
        "unregistered",
    )


def test_an_unsigned_document_is_refused_with_its_verdict_and_nothing_is_sent(
    desk: Desk, system: System
) -> None:
    answer = system.submit(b"%PDF-1.4\n%nothing is signed here\n")
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert answer.json["verdict"]["verdict"] == "FAILED"
    assert orders(desk) == []


# -- bad input ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"expediente": "doce"}, "expediente"),
        ({"stations": []}, "stations"),
        ({"stations": ["XXX-T9"]}, "stations"),
        ({"stations": "MEX-T1"}, "stations"),
        ({"persons": []}, "persons"),
        ({"persons": [{}]}, "persons[0]"),
        ({"persons": [{"name": 7}]}, "persons[0].name"),
        ({"persons": [{"name": "A", "departs_at": "mañana"}]}, "persons[0].departs_at"),
        ({"persons": [{"name": "A", "departs_at": "2026-11-21T09:30:00"}]}, "persons[0].departs_at"),
        ({"persons": [{"name": "A", "departs_at": "0001-01-01T00:00:00+14:00"}]}, "persons[0].departs_at"),
        ({"persons": [{"name": "A\u0000B"}]}, "persons[0].name"),
        ({"persons": [{"name": "\ud800"}]}, "persons[0].name"),
        ({"persons": [{"name": "A" * 501}]}, "persons[0].name"),
        ({"persons": [{"nombre": "A"}]}, "persons[0].nombre"),
        ({"lawyers": ["no es correo"]}, "lawyers"),
        ({"suspension": "total"}, "suspension"),
        ({"drill": "si"}, "drill"),
        ({"court": "NADA"}, "court"),
        ({"vuelo": "ZZ 123"}, "vuelo"),
    ],
)
def test_a_bad_field_is_named_with_its_remedy(
    desk: Desk, system: System, change: dict[str, Any], field: str
) -> None:
    answer = system.submit(desk.pdf(), {**ORDER, **change})
    assert answer.status_code == 422
    error = answer.json["errors"][0]
    assert error["field"] == field
    assert error["problem"]
    assert error["remedy"]


def test_every_fault_of_a_form_is_said_at_once(desk: Desk, system: System) -> None:
    answer = system.submit(b"", {**ORDER, "expediente": "x", "stations": ["N"], "persons": [{}]})
    assert {error["field"] for error in answer.json["errors"]} == {
        "expediente",
        "stations",
        "persons[0]",
        "document",
    }


@pytest.mark.parametrize("text", ["{", "[1,2", "null null", '{"a": NaN}', "[" * 100_000, "", "\u0000"])
def test_what_is_no_json_is_malformed(desk: Desk, system: System, text: str) -> None:
    answer = system.submit(desk.pdf(), text)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (400, "order")


@pytest.mark.parametrize("text", ["[]", "null", "7", '"texto"'])
def test_json_that_is_no_object_is_refused(desk: Desk, system: System, text: str) -> None:
    assert system.submit(desk.pdf(), text).status_code == 422


def test_a_key_that_stands_twice_is_refused_for_two_readers_would_understand_two_orders(
    desk: Desk, system: System
) -> None:
    text = json.dumps(ORDER)[:-1] + ', "stations": ["CUN-T3"]}'
    answer = system.submit(desk.pdf(), text)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (400, "stations")


def test_an_unknown_part_is_named(desk: Desk, system: System) -> None:
    answer = system.submit(desk.pdf(), adjunto="x")
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (400, "adjunto")


def test_a_missing_order_is_named(desk: Desk, system: System) -> None:
    answer = system.client.post(
        "/api/v1/orders", data={"document": (BytesIO(b"x"), "a.pdf")}, headers=system.headers
    )
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "order")


def test_another_content_type_is_not_supported(system: System) -> None:
    answer = system.client.post("/api/v1/orders", json=ORDER, headers=system.headers)
    assert (answer.status_code, answer.content_type) == (415, "application/problem+json")


def test_a_document_over_the_limit_is_refused_by_its_length_before_it_is_read(system: System) -> None:
    answer = system.client.post(
        "/api/v1/orders",
        environ_overrides={"CONTENT_LENGTH": str(50 << 20)},
        content_type="multipart/form-data; boundary=x",
        headers=system.headers,
    )
    assert (answer.status_code, answer.content_type) == (413, "application/problem+json")


def test_a_document_just_over_the_limit_is_refused_by_its_name(system: System) -> None:
    answer = system.submit(b"x" * ((32 << 20) + 1))
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (413, "document")


# -- who may ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nothing", "Basic YTpi", "bearer\tx"])
def test_nobody_without_a_token_gets_in(desk: Desk, header: str) -> None:
    answer = desk.app.test_client().post(
        "/api/v1/orders", headers={"Authorization": header} if header else {}
    )
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.content_type == "application/problem+json"


def test_a_session_of_a_clerk_opens_no_door_of_the_api(desk: Desk) -> None:
    assert desk.browser("actuaria").get("/api/v1/orders/J5DEMO-000001").status_code == 401


def test_a_token_submits_for_its_own_court_only(desk: Desk, system: System) -> None:
    assert system.submit(desk.pdf(), {**ORDER, "court": OTHER_COURT.code}).status_code == 403


def test_a_court_reads_its_own_order_and_another_court_finds_nothing(desk: Desk, system: System) -> None:
    folio = system.submit(desk.pdf()).json["folio"]
    stranger = System(
        desk, personnel.add_token(desk.services, OPERATOR, OTHER_COURT.code, "otro", desk.clock.now)
    )
    second = System(
        desk, personnel.add_token(desk.services, OPERATOR, data.THE_COURT.code, "mismo", desk.clock.now)
    )
    assert system.get(f"/api/v1/orders/{folio}").status_code == 200
    assert second.get(f"/api/v1/orders/{folio}").status_code == 200
    assert stranger.get(f"/api/v1/orders/{folio}").status_code == 404
    assert stranger.get(f"/api/v1/orders/{folio}/events").status_code == 404


def test_anothers_order_and_no_order_are_answered_alike(desk: Desk, system: System) -> None:
    folio = system.submit(desk.pdf()).json["folio"]
    stranger = System(
        desk, personnel.add_token(desk.services, OPERATOR, OTHER_COURT.code, "otro", desk.clock.now)
    )
    there, nowhere = (stranger.get(f"/api/v1/orders/{each}").text for each in (folio, "J5DEMO-000777"))
    assert there.replace(folio, "F") == nowhere.replace("J5DEMO-000777", "F")


# -- reading ------------------------------------------------------------------------------------------------


def test_the_state_says_who_was_told_and_names_nobody_protected(desk: Desk, system: System) -> None:
    folio = system.submit(desk.pdf()).json["folio"]
    answer = system.get(f"/api/v1/orders/{folio}")
    station = answer.json["stations"][0]
    assert (station["phase"], station["level"]) == ("chasing", 1)
    assert {notice["channel"] for notice in station["notices"]} == {"sms", "voice", "email"}
    assert "EJEMPLO" not in answer.text


def test_the_state_is_not_sent_again_while_nothing_changes(desk: Desk, system: System) -> None:
    folio = system.submit(desk.pdf()).json["folio"]
    tag = system.get(f"/api/v1/orders/{folio}").headers["ETag"]
    answer = system.get(f"/api/v1/orders/{folio}", **{"If-None-Match": tag})
    assert (answer.status_code, answer.data) == (304, b"")


def test_events_are_paged_without_a_gap(desk: Desk, system: System) -> None:
    folio = system.submit(desk.pdf()).json["folio"]
    whole = system.get(f"/api/v1/orders/{folio}/events").json["events"]
    after, pages = 0, []
    while True:
        page = system.get(f"/api/v1/orders/{folio}/events?after={after}&limit=1").json
        pages += page["events"]
        after = page["next_after"]
        if not page["more"]:
            break
    assert pages == whole
    assert [event["seq"] for event in pages] == list(range(1, len(pages) + 1))


@pytest.mark.parametrize(
    "query", ["after=-1", "after=x", "limit=0", "limit=501", "limit=", "after=%EF%BC%91", "after=%00"]
)
def test_a_page_that_cannot_be_is_refused(desk: Desk, system: System, query: str) -> None:
    folio = system.submit(desk.pdf()).json["folio"]
    answer = system.get(f"/api/v1/orders/{folio}/events?{query}")
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")


@pytest.mark.parametrize("folio", ["nada", "J5DEMO-1x", "J5DEMO-9999999999999", "%00", "..", "J5DEMO-٣"])
def test_a_folio_of_no_order_is_not_found(system: System, folio: str) -> None:
    assert system.get(f"/api/v1/orders/{folio}").status_code in (400, 404)


# -- the description ----------------------------------------------------------------------------------------


def test_the_description_names_every_route_and_method_of_the_api(desk: Desk) -> None:
    described = {
        (path, method.upper())
        for path, item in desk.app.test_client().get("/openapi.json").json["paths"].items()
        for method in item
    }
    real = {
        (rule.rule.replace("<", "{").replace(">", "}"), method)
        for rule in desk.app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert described == real


def test_every_reference_of_the_description_leads_somewhere(desk: Desk) -> None:
    answer = desk.app.test_client().get("/openapi.json")
    schemas = answer.json["components"]["schemas"]
    named = {part.split('"')[0] for part in answer.text.split("#/components/schemas/")[1:]}
    assert named <= schemas.keys()


def fits(schema: dict[str, Any], value: Any, schemas: dict[str, Any], where: str = "") -> list[str]:
    """What of a value its schema does not describe: enough of JSON Schema for what we describe with it."""
    if "$ref" in schema:
        return fits(schemas[schema["$ref"].rpartition("/")[2]], value, schemas, where)
    if "anyOf" in schema:
        return min((fits(each, value, schemas, where) for each in schema["anyOf"]), key=len)
    kinds = {
        "string": str,
        "integer": int,
        "boolean": bool,
        "object": dict,
        "array": list,
        "null": type(None),
    }
    if "type" in schema and not isinstance(value, kinds[schema["type"]]):
        return [f"{where}: {value!r} is no {schema['type']}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where}: {value!r} is not in its list"]
    if isinstance(value, list):
        return [
            fault
            for n, each in enumerate(value)
            for fault in fits(schema["items"], each, schemas, f"{where}[{n}]")
        ]
    if isinstance(value, dict) and "properties" in schema:
        known = schema["properties"]
        faults = [f"{where}.{name} is missing" for name in schema.get("required", ()) if name not in value]
        faults += [f"{where}.{name} is not described" for name in value if name not in known]
        return faults + [
            fault
            for name in value.keys() & known.keys()
            for fault in fits(known[name], value[name], schemas, f"{where}.{name}")
        ]
    return []


def test_the_answers_are_as_described(desk: Desk, system: System) -> None:
    description = system.client.get("/openapi.json").json
    schemas = description["components"]["schemas"]
    created = system.submit(desk.pdf())
    folio = created.json["folio"]
    answers = {
        "Accepted": created,
        "State": system.get(f"/api/v1/orders/{folio}"),
        "Events": system.get(f"/api/v1/orders/{folio}/events"),
        "Problem": system.submit(b"%PDF-1.4 unsigned"),
    }
    assert {name: fits({"$ref": name}, answer.json, schemas) for name, answer in answers.items()} == {
        name: [] for name in answers
    }
