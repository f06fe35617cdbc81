"""The public check of a receipt: what was signed, by which key, what it proves and what it does not."""

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from amparo_notify.cases.track import receipt_view
from amparo_notify.core.errors import Missing
from amparo_notify.web import words
from amparo_notify.web.context import services
from amparo_notify.web.present import local
from amparo_notify.web.security import Audience, may

blueprint = Blueprint("verify", __name__, url_prefix="/v")

KINDS = {
    "submission": "Acuse de recepción de una orden",
    "acknowledgement": "Acuse de enterado de la autoridad",
    "outcome": "Informe de resultado de la autoridad",
}
NAMES = {
    "folio": "Folio",
    "court": "Órgano jurisdiccional",
    "expediente": "Expediente",
    "received_at": "Recibida",
    "acknowledged_at": "Enterada",
    "reported_at": "Informado",
    "issued_at": "Recibo emitido",
    "grade": "Certeza",
    "verdict": "Firma del documento",
    "stations": "Estaciones",
    "outcomes": "Resultado",
    "officer": "Número de oficial",
    "post": "Cargo",
    "document_sha256": "Documento (SHA-256)",
    "statement_sha256": "Texto del que se acusó (SHA-256)",
    "upload_sha256": "Archivo enviado (SHA-256)",
}
"""What a receipt says, in the order in which it is shown. The rest is in the signed text itself."""


@blueprint.get("/")
@may(Audience.ANYONE)
def ask() -> Answer:
    """A form to type the code of a receipt."""
    return make_response(render_template("pages/verify_ask.html"))


@blueprint.post("/")
@may(Audience.ANYONE)
def go() -> Answer:
    """To the page of the code, or of the whole address, that somebody pasted."""
    typed = "".join(request.form.get("code", "").split())
    code = urlsplit(typed).path.rstrip("/").rpartition("/")[2][:200]
    return redirect(url_for("verify.receipt", code=code) if code else url_for("verify.ask"), 303)


@blueprint.get("/keys.json")
@may(Audience.ANYONE)
def keys() -> Answer:
    """The public keys of records and receipts, as a JWK set (RFC 7517), old ones too."""
    response = jsonify(services().sealer.public_keys())
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@blueprint.get("/<code>")
@may(Audience.LINK)
def receipt(code: str) -> Answer:
    """Whether a receipt is genuine, and what it says. It holds no personal data."""
    found = receipt_view(services(), code)
    header = _header(found.jws)
    page = render_template(
        "pages/verify_receipt.html",
        receipt=found,
        title=KINDS.get(found.kind, "Recibo"),
        facts=list(_facts(found.content)),
        key_id=header.get("kid", ""),
        hashes=("document_sha256", "statement_sha256", "upload_sha256"),
    )
    return make_response(page)


@blueprint.errorhandler(Missing)
def unknown(_refusal: Missing) -> Answer:
    """The same answer for every code that is none of ours."""
    return make_response(render_template("pages/verify_unknown.html"), 404)


def _header(jws: str) -> dict[str, Any]:
    """The protected header of a compact JWS; it is shown, nothing is decided by it."""
    head = jws.partition(".")[0]
    return dict(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))))


def _facts(content: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(name in the code, name on the screen, value) of what a receipt says."""
    for name, label in NAMES.items():
        if content.get(name):
            yield name, label, _said(name, content[name])


def _said(name: str, value: Any) -> str:
    if name.endswith("_at"):
        instant = datetime.fromisoformat(value)
        return f"{local(instant, seconds=True)} · {instant.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    if name == "grade":
        return f"{value}: {words.word(words.GRADES, value)}"
    if name == "verdict":
        return words.word(words.VERDICTS, value)
    if name == "outcomes":
        return "; ".join(
            f"persona {each['person']}: {words.word(words.OUTCOMES, each['code'])}" for each in value
        )
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
