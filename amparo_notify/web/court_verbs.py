"""What a court's staff may do to an order that is out, each verb with its own form on the order's page."""

from collections.abc import Callable
from functools import partial
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from amparo_notify.cases import court, ending, track
from amparo_notify.cases.reject import Rejected
from amparo_notify.cases.strong import TO_FINISH
from amparo_notify.core.errors import Conflict, Denied, Fault, Invalid
from amparo_notify.core.order import DocumentKind, Ending
from amparo_notify.web import court_form
from amparo_notify.web.auth import caller
from amparo_notify.web.context import now, services
from amparo_notify.web.court import order_page_of, refuse_large
from amparo_notify.web.security import UPLOAD_BYTES, Audience, may

blueprint = Blueprint("court_verbs", __name__, url_prefix="/juzgado/ordenes/<folio>")


def _do(folio: str, done: str, at: str, deed: Callable[[], object]) -> Response:
    """Do something to an order and show it; or show the same form again with what is wrong."""
    try:
        deed()
    except Rejected as rejected:
        return order_page_of(folio, rejected.faults, at, verdict=rejected.verdict, status=rejected.status)
    except (Invalid, Conflict, Denied) as refusal:
        return order_page_of(folio, refusal.faults, at, status=refusal.status)
    return redirect(f"/juzgado/ordenes/{folio}?hecho={done}", 303)


@blueprint.post("/confirmar")
@may(Audience.CLERK)
def confirm(folio: str) -> Response:
    """The second person of a held order."""
    return _do(folio, "confirmada", "espera", lambda: court.confirm(services(), caller(), folio, now()))


@blueprint.post("/vuelo/<int:person_id>")
@may(Audience.CLERK)
def correct_flight(folio: str, person_id: int) -> Response:
    """Correct a person's flight or departure."""

    def deed() -> None:
        view = track.order_view(services(), caller(), folio, now())
        faults: list[Fault] = []
        zone = ZoneInfo(view.stations[0].time_zone)
        departs = court_form.departure(request.form.get("departs", "").strip(), zone, "departs", faults)
        if faults:
            raise Invalid(*faults)
        airline, flight, destination = (
            request.form.get(name, "") for name in ("airline", "flight", "destination")
        )
        court.correct_flight(
            services(), caller(), folio, person_id, airline, flight, destination, departs, now()
        )

    return _do(folio, "vuelo", f"vuelo-{person_id}", deed)


@blueprint.post("/abogados")
@may(Audience.CLERK)
def add_lawyers(folio: str) -> Response:
    """Send the tracking code to more lawyers."""

    def deed() -> None:
        mails = court_form.mails(request.form.get("lawyers", ""))
        if not mails:
            raise Invalid(Fault("lawyer", "Falta el correo.", "Escriba al menos uno."))
        court.add_lawyers(services(), caller(), folio, mails, now())

    return _do(folio, "abogados", "abogados", deed)


@blueprint.post("/estaciones")
@may(Audience.CLERK)
def add_stations(folio: str) -> Response:
    """Notify more stations."""

    def deed() -> None:
        codes = request.form.getlist("station")
        if not codes:
            raise Invalid(Fault("station", "Falta la estación.", "Elija al menos una."))
        court.add_stations(services(), caller(), folio, codes, now())

    return _do(folio, "estaciones", "estaciones", deed)


@blueprint.post("/documento")
@may(Audience.CLERK, body=UPLOAD_BYTES, proved=TO_FINISH)
def add_document(folio: str) -> Response:
    """Add an extension or a modification; a revocation withdraws the order."""
    kind = request.form.get("kind", "")
    paper, beside = request.files.get("document"), request.files.get("signature")
    refuse_large(paper, beside)

    def deed() -> None:
        if kind not in set(DocumentKind):
            raise Invalid(Fault("kind", "Falta decir qué es el documento.", "Elija una opción."))
        body = paper.read() if paper else b""
        signature = beside.read() if beside and beside.filename else None
        court.add_document(services(), caller(), folio, DocumentKind(kind), body, signature or None, now())

    done = "revocada" if kind == DocumentKind.REVOCATION else "documento"
    return _do(folio, done, "documento", deed)


@blueprint.post("/retiro")
@may(Audience.CLERK, proved=TO_FINISH)
def ask_withdrawal(folio: str) -> Response:
    """The first of two people to withdraw an order that was a slip of the pen."""
    return _ask(folio, Ending.WITHDRAWAL, "retiro")


@blueprint.post("/cierre")
@may(Audience.CLERK, proved=TO_FINISH)
def ask_closing(folio: str) -> Response:
    """The first of two people to close an order before every station has reported."""
    return _ask(folio, Ending.CLOSING, "cerrar")


def _ask(folio: str, what: Ending, at: str) -> Response:
    reason = request.form.get("reason", "")
    return _do(folio, "pedida", at, partial(ending.ask, services(), caller(), folio, what, reason, now()))


@blueprint.post("/fin/confirmar")
@may(Audience.CLERK, proved=TO_FINISH)
def confirm_ending(folio: str) -> Response:
    """The second person: the order ends as the first one asked."""
    return _do(folio, "terminada", "", partial(ending.confirm, services(), caller(), folio, now()))


@blueprint.post("/fin/rechazar")
@may(Audience.CLERK)
def refuse_ending(folio: str) -> Response:
    """The order goes on."""
    return _do(folio, "sigue", "", partial(ending.refuse, services(), caller(), folio, now()))


@blueprint.post("/cerrar")
@may(Audience.CLERK, proved=TO_FINISH)
def close(folio: str) -> Response:
    """Every outcome is known, and somebody of the court says that nothing more is asked."""

    def deed() -> None:
        if "sure" not in request.form:
            raise Invalid(Fault("sure", "Falta marcar la casilla.", "Márquela si ya no se espera nada más."))
        ending.close(services(), caller(), folio, now())

    return _do(folio, "cerrada", "cerrar", deed)
