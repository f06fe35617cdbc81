"""The court's side: the upload, the list, the live page of an order, and what its staff may do to it."""

import re
from collections.abc import Callable
from dataclasses import replace

import segno
from flask import Blueprint, jsonify, make_response, redirect, render_template, request
from markupsafe import Markup
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from amparo_notify.cases import manage, track
from amparo_notify.cases.reject import Rejected
from amparo_notify.cases.strong import TO_BEGIN, TO_FINISH
from amparo_notify.cases.submission import MOST_BYTES, Submission
from amparo_notify.cases.submit import submit
from amparo_notify.cases.track import OrderView
from amparo_notify.core.errors import Conflict, Fault, Invalid, Refusal
from amparo_notify.core.order import DocumentKind, OrderState
from amparo_notify.core.verdict import Verdict
from amparo_notify.pki.guess import Guess
from amparo_notify.store.people import Court, Station
from amparo_notify.web import court_form, order_page
from amparo_notify.web.auth import caller, signed_in
from amparo_notify.web.context import now, services
from amparo_notify.web.court_form import Typed
from amparo_notify.web.security import UPLOAD_BYTES, Audience, may

blueprint = Blueprint("court", __name__, url_prefix="/juzgado")

DONE = {
    "orden": "La orden está registrada y ya se está avisando. Esta página se actualiza sola.",
    "espera": "La orden está registrada, en espera de una segunda persona de su juzgado.",
    "repetida": "Esta orden ya estaba registrada: es la misma que usted subió antes. No se duplicó ningún aviso.",
    "ampliada": "La orden ya estaba registrada; se agregaron las estaciones que faltaban y ya se les está avisando.",
    "vuelo": "Vuelo corregido. Se avisa a quienes ya conocían la orden y los plazos se calculan de nuevo.",
    "abogados": "Se les envía por correo el código de seguimiento.",
    "estaciones": "Estaciones agregadas. Ya se les está avisando.",
    "documento": "Documento verificado y agregado. Se avisa a quienes ya conocían la orden.",
    "revocada": "La revocación quedó verificada y la orden, retirada. Se avisa a todas las personas que la conocían.",
    "pedida": "Solicitud registrada. La orden sigue en curso hasta que otra persona del juzgado la confirme.",
    "terminada": "Solicitud confirmada: la orden terminó y ya no se llama a nadie por ella.",
    "sigue": "La solicitud no se aceptó. La orden sigue en curso.",
    "confirmada": "Orden confirmada. Ya se está avisando.",
    "cerrada": "Orden cerrada. No se avisa a nadie más.",
}


# -- the list -----------------------------------------------------------------------------------------------


@blueprint.get("/ordenes")
@may(Audience.CLERK)
def orders() -> str:
    """The court's orders, the most pressing first."""
    words, everything = request.args.get("q", "").strip()[:100], "todas" in request.args
    drills = "simulacros" in request.args
    lines = track.order_list(services(), caller(), words, not (everything or words or drills), drills)
    return render_template(
        "pages/court_orders.html",
        lines=lines,
        q=words,
        everything=everything,
        drills=drills,
        zone=_court().time_zone,
    )


# -- the upload ---------------------------------------------------------------------------------------------


@blueprint.get("/ordenes/nueva")
@may(Audience.CLERK, proved=TO_BEGIN)
def new_order() -> str:
    """An empty form."""
    return _form(Typed())


def _form(
    typed: Typed, faults: tuple[Fault, ...] = (), verdict: Verdict | None = None, existing: str = ""
) -> str:
    return render_template(
        "pages/court_new.html",
        typed=typed,
        faults=faults,
        verdict=verdict,
        existing=existing,
        court=_court(),
        stations=_grouped(manage.stations(services())),
        most_bytes=MOST_BYTES,
    )


def _grouped(stations: list[Station]) -> dict[str, list[Station]]:
    """Stations by zone: whoever types a departure must know in whose time."""
    groups: dict[str, list[Station]] = {}
    for station in stations:
        groups.setdefault(station.time_zone, []).append(station)
    return groups


def _court() -> Court:
    """The court of whoever is signed in."""
    mine = caller().court
    return next(each for each in manage.courts(services()) if each.id == mine)


@blueprint.post("/ordenes/nueva")
@may(Audience.CLERK, body=UPLOAD_BYTES, proved=TO_FINISH)
def upload() -> Response:
    """Submit an order; the clerk lands on its live page, or back on the form with all that was typed."""
    typed = court_form.read(request.form)
    document, signature = request.files.get("document"), request.files.get("signature")
    refuse_large(document, signature)
    made, faults = court_form.submission(
        typed, _court().code, manage.stations(services()), document, signature
    )
    try:
        if faults:
            raise Invalid(*faults, *_further(made))
        accepted = submit(services(), made, caller(), now())
    except Rejected as rejected:
        return make_response(_form(typed, rejected.faults, rejected.verdict), rejected.status)
    except (Invalid, Conflict) as refusal:
        return make_response(_form(typed, refusal.faults, existing=_existing(refusal)), refusal.status)
    if accepted.new:
        done = "espera" if accepted.state is OrderState.HELD else "orden"
    else:
        done = "ampliada" if accepted.added else "repetida"
    return redirect(f"/juzgado/ordenes/{accepted.folio}?hecho={done}", 303)


@blueprint.post("/ordenes/leer")
@may(Audience.CLERK, body=UPLOAD_BYTES)
def guess() -> Response:
    """What a document seems to say, to fill in what is still empty. Nothing is kept, and nothing of it is verified."""
    document = request.files.get("document")
    refuse_large(document)
    reader: Callable[[bytes], Guess] | None = getattr(services().verifier, "guess", None)
    found = reader(document.read()) if reader and document else Guess()
    return jsonify(found.as_json())


def refuse_large(*files: FileStorage | None) -> None:
    """Answer 413 where one of these files is larger than a document may be."""
    for file in files:
        if file is not None and _length(file) > MOST_BYTES:
            raise RequestEntityTooLarge


def _length(file: FileStorage) -> int:
    end = file.stream.seek(0, 2)
    file.stream.seek(0)
    return end


def _further(made: Submission) -> list[Fault]:
    """What the case finds wrong besides what the form's reader found, so that everything is said at once.

    Without its document a submission is refused before anything is judged or written.
    """
    try:
        submit(services(), replace(made, document=b""), caller(), now())
    except Invalid as invalid:
        return [fault for fault in invalid.faults if fault.field != "document"]
    return []


def _existing(refusal: Refusal) -> str:
    """The folio of the order that a conflict is about, to be linked to."""
    found = re.search(r"\b[A-Z0-9-]+-\d{6}\b", str(refusal)) if isinstance(refusal, Conflict) else None
    return found[0] if found else ""


# -- one order ----------------------------------------------------------------------------------------------


@blueprint.get("/ordenes/<folio>")
@may(Audience.CLERK)
def order(folio: str) -> Response:
    """The live page of one order."""
    return order_page_of(folio, done=DONE.get(request.args.get("hecho", ""), ""))


def order_page_of(
    folio: str,
    faults: tuple[Fault, ...] = (),
    at: str = "",
    done: str = "",
    verdict: Verdict | None = None,
    status: int = 200,
) -> Response:
    """The order's page; `at` is the form that was refused, which is shown again as it was typed."""
    view = track.order_view(services(), caller(), folio, now())
    there = {each.code for each in view.stations}
    page = render_template(
        "pages/court_order.html",
        **_shown(view),
        faults=faults,
        at=at,
        done=done,
        refused=verdict,
        typed=request.form,
        others=[each for each in manage.stations(services()) if each.code not in there],
        over=view.order.state.ended,
        fresh=now() - signed_in().proved_at <= TO_BEGIN,
        kinds=[each for each in DocumentKind if each is not DocumentKind.INITIAL],
        most_bytes=MOST_BYTES,
    )
    return make_response(page, status)


def _shown(view: OrderView) -> dict[str, object]:
    """What the live part of the page, and the packet, show of an order."""
    return {
        "view": view,
        "page": order_page,
        "known": order_page.posts(view),
        "zone": view.stations[0].time_zone,  # of the flights
        "home": _court().time_zone,  # of what the court did
        "mine": view.order.submitted_by == caller().staff,
        "asked": view.order.ending_by == caller().staff,
    }


@blueprint.get("/ordenes/<folio>/vivo")
@may(Audience.CLERK)
def live(folio: str) -> Response:
    """The live part alone, or 304 where nothing has changed; 286 tells the page to stop asking."""
    view = track.order_view(services(), caller(), folio, now())
    response = make_response()
    response.set_etag(order_page.tag(view))
    if request.if_none_match.contains(order_page.tag(view)):
        response.status_code = 304
        return response
    response.set_data(render_template("pages/court_live.html", **_shown(view)))
    response.status_code = 286 if view.order.state.ended else 200
    return response


@blueprint.get("/ordenes/<folio>/imprimir")
@may(Audience.CLERK)
def packet(folio: str) -> str:
    """What an actuario carries to the airport, to be printed."""
    view = track.order_view(services(), caller(), folio, now())
    address = services().url(f"/v/{view.receipt.code}") if view.receipt else ""
    drawing = segno.make(address, error="m").svg_inline(omitsize=True, border=2) if address else ""
    phones = {each.code: each.phone for each in manage.stations(services())}
    qr = Markup(drawing)  # noqa: S704 - made of black squares, a line above
    return render_template("pages/court_packet.html", **_shown(view), address=address, qr=qr, phones=phones)


@blueprint.get("/ordenes/<folio>/documento/<int:document_id>")
@may(Audience.CLERK)
def document(folio: str, document_id: int) -> Response:
    """The PDF, to be saved: never shown inside a page of ours."""
    response = make_response(track.document(services(), caller(), folio, document_id, now()))
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{folio}-{document_id}.pdf"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
