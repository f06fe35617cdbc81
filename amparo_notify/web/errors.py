"""Refusals and faults, answered calmly: a Spanish page for people, problem+json (RFC 9457) for programs."""

import errno
import logging
from contextlib import suppress

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError  # type: ignore[import-untyped]
from werkzeug.exceptions import HTTPException

from amparo_notify.core.errors import Fault, Refusal
from amparo_notify.store.database import AWAY

_log = logging.getLogger(__name__)

SENTENCES = {
    400: ("La solicitud no se entiende", "Vuelva a la página anterior e inténtelo de nuevo."),
    401: ("Hace falta entrar", "Entre con su cuenta para ver esta página."),
    403: (
        "Esta página no es para su cuenta",
        "Si debería poder verla, hable con quien administra el servicio.",
    ),
    404: (
        "Aquí no hay nada",
        "La dirección está incompleta o dejó de servir. Revise que la copió entera.",
    ),
    405: ("Eso no se puede hacer aquí", "Vuelva a la página anterior e inténtelo de nuevo."),
    409: ("Ya existe, con otros datos", "Revise lo que ya está registrado antes de volver a enviarlo."),
    410: ("Este enlace ya no sirve", "Pida uno nuevo a quien se lo envió."),
    413: (
        "El archivo es demasiado grande",
        "El límite es 32 MiB. Genere el PDF con menor resolución y fírmelo de nuevo.",
    ),
    415: ("El tipo de contenido no se admite", "Revise el formato de lo que envía."),
    422: ("Falta corregir algo", "Revise los datos señalados."),
    429: ("Demasiados intentos", "Espere un momento y vuelva a intentarlo."),
    500: (
        "Algo falló de nuestro lado",
        "Ninguna orden recibida se ha perdido. Inténtelo de nuevo o avise por teléfono.",
    ),
    503: (
        "El servicio no puede hacer esto ahora",
        "Inténtelo de nuevo en un momento; si urge, avise por teléfono.",
    ),
}
TOO_LARGE = (
    Fault("document", "El archivo pasa de 32 MiB.", "Genere el PDF con menor resolución y fírmelo de nuevo."),
)
STALE_FORM = (
    "Esta página llevaba mucho tiempo abierta",
    "Recárguela y envíe sus datos otra vez. No se ha cambiado nada.",
)

AWAY_TITLE = "El servicio no responde en este momento"
UNSENT = (
    "Sin acuse con folio, una orden no está recibida y nadie ha sido avisado. Vuelva a enviarla en un minuto: "
    "enviarla dos veces no la duplica. Si el vuelo está por salir, no espere: llame a la estación por teléfono "
    "y lleve la orden impresa."
)
UNHEARD = (
    "Lo que acaba de hacer aquí puede no haberse registrado: vuelva a intentarlo en un minuto. La orden judicial "
    "sigue en pie aunque esta página no responda; ante la duda, llame al juzgado."
)
UNSEEN = (
    "Vuelva a intentarlo en un minuto. Las órdenes que ya tienen acuse están guardadas; los avisos pendientes "
    "salen en cuanto el servicio vuelve. Si urge, use el teléfono."
)
RETRY_AFTER = 15
"""Seconds: a restart of the database takes a few, a standby's promotion about so many."""
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG})


def install(app: Flask) -> None:
    """Answer every refusal and every fault; nobody ever sees a trace."""
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(CSRFError, lambda error: answer(400, sentence=STALE_FORM))
    app.register_error_handler(HTTPException, _http)
    for each in AWAY:
        app.register_error_handler(each, _away)
    app.register_error_handler(OSError, _no_room)
    app.register_error_handler(Exception, _broken)
    app.after_request(_hear_out)
    app.after_request(_say_when)


def answer(status: int, faults: tuple[Fault, ...] = (), sentence: tuple[str, str] | None = None) -> Response:
    """The page or the problem document of a status."""
    title, remedy = sentence or SENTENCES.get(status, SENTENCES[400 if status < 500 else 500])
    if for_program():
        return problem(status, title, remedy if not faults else "", faults)
    page = render_template("pages/error.html", status=status, title=title, remedy=remedy, faults=faults)
    return make_response(page, status)


def problem(
    status: int, title: str, detail: str = "", faults: tuple[Fault, ...] = (), **more: object
) -> Response:
    """A problem document (RFC 9457) with `errors`, each with its field, what is wrong and the remedy."""
    body: dict[str, object] = {"type": "about:blank", "title": title, "status": status}
    if detail:
        body["detail"] = detail
    if faults:
        body["errors"] = [{"field": f.field, "problem": f.problem, "remedy": f.remedy} for f in faults]
    response = jsonify(body | more)
    response.status_code = status
    response.content_type = "application/problem+json"
    return response


def for_program() -> bool:
    """Whether the caller is a program rather than a person."""
    return request.path.startswith(("/api/", "/openapi.json", "/callbacks/"))


def _refused(refusal: Refusal) -> Response:
    return answer(refusal.status, refusal.faults)


def _http(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.response)
    given = answer(error.code or 500, TOO_LARGE if error.code == 413 and for_program() else ())
    if error.code == 405 and (methods := getattr(error, "valid_methods", None)):
        given.headers["Allow"] = ", ".join(methods)
    return given


def _away(error: Exception) -> Response:
    """The database cannot be worked with now: who asks is told what to do until it can, and programs when to retry."""
    reason = str(getattr(error, "orig", error) or error).partition("\n")[0]
    _log.error("database away at %s: %s", request.endpoint, reason)
    g.pop("who", None)
    return answer(503, sentence=(AWAY_TITLE, _meanwhile()))


def _meanwhile() -> str:
    """What to do while the service is away, for those whom this page is for."""
    if request.blueprint in ("officer", "officer_keys"):
        return UNHEARD
    return UNSENT if request.method == "POST" or request.path.endswith("/nueva") else UNSEEN


def _hear_out(response: Response) -> Response:
    """Let whoever is refused during an upload finish: cut off, a browser shows a broken line and not our answer."""
    if response.status_code >= 400 and request.content_length:
        with suppress(HTTPException, OSError):
            while request.stream.read(1 << 16):
                pass
    return response


def _say_when(response: Response) -> Response:
    """Whoever cannot be served now is told when to come back."""
    if response.status_code == 503:
        response.headers.setdefault("Retry-After", str(RETRY_AFTER))
    return response


def _no_room(error: OSError) -> Response:
    """An upload that finds no room on the disk is as good as no database; any other fault is our own."""
    return _away(error) if error.errno in NO_ROOM else _broken(error)


def _broken(error: Exception) -> Response:
    """Whatever nobody foresaw: recorded with its trace, shown without it."""
    _log.error("request failed at %s", request.endpoint, exc_info=error)
    g.pop("who", None)
    return answer(500)
