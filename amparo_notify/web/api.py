"""The API for a court's own system: submit an order, ask how it goes, read what happened."""

import json
from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.datastructures import FileStorage

from amparo_notify.cases import manage, track
from amparo_notify.cases.reject import Rejected
from amparo_notify.cases.submission import MOST_BYTES, Submission
from amparo_notify.cases.submit import Accepted, submit
from amparo_notify.core.errors import Fault, Invalid, Refusal
from amparo_notify.core.order import OrderState
from amparo_notify.core.verdict import summary
from amparo_notify.web import order_page
from amparo_notify.web.api_json import order_of
from amparo_notify.web.auth import caller
from amparo_notify.web.context import now, services
from amparo_notify.web.errors import SENTENCES, problem
from amparo_notify.web.openapi import document
from amparo_notify.web.order_json import event_json, order_json
from amparo_notify.web.security import UPLOAD_BYTES, Audience, may

blueprint = Blueprint("api", __name__)

PARTS = frozenset({"document", "signature", "order"})
MOST_EVENTS = 500
EVENTS = 100


class Malformed(Refusal):
    """What was sent is not what it says it is: nothing in it was looked at further."""

    status = 400


class Unsupported(Refusal):
    status = 415


class TooLarge(Refusal):
    status = 413


@blueprint.post("/api/v1/orders")
@may(Audience.TOKEN, body=UPLOAD_BYTES)
def create() -> Response:
    """Submit an order: 201, 202 where it is held, 200 with the order that was there already."""
    if request.mimetype != "multipart/form-data":
        fault = Fault(
            "Content-Type", "No es multipart/form-data.", "Envíe las partes document, signature y order."
        )
        raise Unsupported(fault)
    _only_known_parts()
    fields = order_of(_object(_order_text()))
    made = Submission(
        document=_file("document") or b"",
        signature=_file("signature"),
        court=fields.pop("court", "") or _own_court(),
        idempotency_key=request.headers.get("Idempotency-Key"),
        **fields,
    )
    accepted = submit(services(), made, caller(), now())
    return _accepted(accepted)


def _only_known_parts() -> None:
    sent = [*request.form.items(multi=True), *request.files.items(multi=True)]
    names = [name for name, _ in sent]
    faults = [Fault(name, "No se conoce esta parte.", "Quítela.") for name in names if name not in PARTS]
    faults += [
        Fault(name, "Viene más de una vez.", "Envíela una sola vez.")
        for name in PARTS
        if names.count(name) > 1
    ]
    faults += [
        Fault(name, "No es un archivo.", "Envíela con filename.")
        for name in ("document", "signature")
        if name in request.form
    ]
    if faults:
        raise Malformed(*faults)


def _order_text() -> bytes:
    """The JSON of the part `order`, sent as a field or as a file."""
    if "order" in request.form:
        return request.form["order"].encode()
    if (text := _file("order")) is not None:
        return text
    raise Invalid(Fault("order", "Falta la parte order.", "Envíe los datos de la orden en JSON."))


def _object(text: bytes) -> Any:
    """The value of a JSON text. A key that stands twice is refused: two readers would understand two orders."""
    try:
        return json.loads(text.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        where = (
            f" (línea {error.lineno}, columna {error.colno})"
            if isinstance(error, json.JSONDecodeError)
            else ""
        )
        raise Malformed(Fault("order", f"No es JSON{where}.", "Revise comillas, comas y llaves.")) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise Malformed(Fault(key, "Este campo viene dos veces.", "Deje uno solo."))
        found[key] = value
    return found


def _no_constant(name: str) -> None:
    raise Malformed(Fault("order", f"{name} no es JSON.", "Use números o null."))


def _file(name: str) -> bytes | None:
    part: FileStorage | None = request.files.get(name)
    if part is None:
        return None
    body: bytes = part.read()
    if len(body) > MOST_BYTES:
        raise TooLarge(
            Fault(
                name, "El archivo pasa de 32 MiB.", "Genere el PDF con menor resolución y fírmelo de nuevo."
            )
        )
    return body


def _own_court() -> str:
    mine = caller().court
    return next((each.code for each in manage.courts(services()) if each.id == mine), "")


def _accepted(accepted: Accepted) -> Response:
    receipt = accepted.receipt
    status = 200 if not accepted.new else 202 if accepted.state is OrderState.HELD else 201
    path = f"/api/v1/orders/{accepted.folio}"
    response = jsonify(
        {
            "folio": accepted.folio,
            "state": accepted.state,
            "new": accepted.new,
            "added_stations": accepted.added,
            "hold_reason": accepted.hold_reason,
            "verdict": summary(accepted.verdict),
            "receipt": receipt.jws if receipt else None,
            "receipt_url": services().url(f"/v/{receipt.code}") if receipt else None,
            "tracking_url": services().url(f"/s/{accepted.tracking_code}"),
            "order_url": services().url(path),
        }
    )
    response.status_code = status
    response.headers["Location"] = path
    return response


@blueprint.get("/api/v1/orders/<folio>")
@may(Audience.TOKEN)
def state(folio: str) -> Response:
    """How an order goes; with If-None-Match, 304 while nothing has changed."""
    view = track.order_view(services(), caller(), folio, now())
    response = Response(status=304)
    tag = order_page.tag(view)
    if not request.if_none_match.contains(tag):
        response = jsonify(order_json(view))
    response.set_etag(tag)
    return response


@blueprint.get("/api/v1/orders/<folio>/events")
@may(Audience.TOKEN)
def events(folio: str) -> Response:
    """What happened to an order, oldest first, a page at a time: those after a number, `limit` at most."""
    view = track.order_view(services(), caller(), folio, now())
    after, limit = _whole("after", 0, 0, 2**53), _whole("limit", EVENTS, 1, MOST_EVENTS)
    later = [entry for entry in view.timeline if entry.seq > after]
    page = later[:limit]
    return jsonify(
        {
            "events": [event_json(entry) for entry in page],
            "next_after": page[-1].seq if page else after,
            "more": len(later) > limit,
        }
    )


def _whole(name: str, default: int, least: int, most: int) -> int:
    text = request.args.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 16 and least <= int(text) <= most):
        raise Malformed(Fault(name, f"«{text[:40]}» no sirve.", f"Use un entero de {least} a {most}."))
    return int(text)


@blueprint.get("/openapi.json")
@may(Audience.ANYONE)
def description() -> Response:
    """This API, described (OpenAPI 3.1)."""
    return jsonify(document(services().url("")))


@blueprint.errorhandler(Rejected)
def rejected(refusal: Rejected) -> Response:
    """The signature does not hold: the verdict says why."""
    title = "La firma no se pudo dar por buena: no se avisó a nadie"
    return problem(422, title, refusal.verdict.explanation, refusal.faults, verdict=summary(refusal.verdict))


@blueprint.errorhandler(Refusal)
def refused(refusal: Refusal) -> Response:
    """The API's own names for the fields that the cases name."""
    title = SENTENCES[refusal.status][0]
    return problem(refusal.status, title, faults=tuple(_renamed(fault) for fault in refusal.faults))


NAMES = {"station": "stations", "lawyer": "lawyers"}


def _renamed(fault: Fault) -> Fault:
    if fault.field.startswith("person "):
        return Fault(f"persons[{int(fault.field[7:]) - 1}]", fault.problem, fault.remedy)
    return Fault(
        "persons" if fault.field == "person" else NAMES.get(fault.field, fault.field),
        fault.problem,
        fault.remedy,
    )
