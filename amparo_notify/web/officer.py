"""The officer's page: a doorstep, the order behind the PIN, the acknowledgement, and what became of each person."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Answer

from amparo_notify.cases import flight, officer, outcome, passkeys, sign
from amparo_notify.cases.officer import NoticeView
from amparo_notify.cases.outcome import Report
from amparo_notify.cases.passkeys import Ceremony
from amparo_notify.cases.witness import signed_bytes
from amparo_notify.core.errors import Denied, Fault, Invalid, Missing, Refusal
from amparo_notify.core.follow_up import Answerer, follow_up
from amparo_notify.core.order import OutcomeCode, deadline
from amparo_notify.core.state import Phase
from amparo_notify.store.orders import KeptPerson
from amparo_notify.store.passkeys import Owner
from amparo_notify.web.context import now, services
from amparo_notify.web.outcomes import ASKED, GROUPS
from amparo_notify.web.security import Audience, drop_cookie, may, read_cookie, set_cookie

blueprint = Blueprint("officer", __name__, url_prefix="/n")

OVER = (Phase.WITHDRAWN, Phase.CLOSED, Phase.HELD)
"""Phases in which there is nothing to acknowledge or to report."""
PAGES = 12
"""Pages of a document shown as images; the rest is in the PDF."""
SCALE = 1.4
"""Pixels a point: an A4 page is then 833 wide, legible on a phone when turned, at some 60 kB."""
STEPS = "nip", "llave", "enterado", "firma", "resultado", "vuelo", "llaves", "salir"


@dataclass(frozen=True)
class Said:
    """What the page says back after something was sent: faults, and what had been typed."""

    step: str = ""
    faults: tuple[Fault, ...] = ()
    typed: MultiDict[str, str] = field(default_factory=MultiDict)

    def of(self, step: str, name: str = "") -> tuple[Fault, ...]:
        """The faults of one form, or of one of its fields."""
        if step != self.step:
            return ()
        return tuple(fault for fault in self.faults if not name or fault.field == name)


# -- reading ------------------------------------------------------------------------------------------------


@blueprint.get("/<token>")
@may(Audience.LINK)
def show(token: str) -> Answer:
    """The order for whoever has identified, the doorstep for anybody else who holds the link."""
    if "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", "")):
        return Response(status=503)  # a browser that guesses ahead has shown nothing to anybody
    doorstep = officer.open_notice(services(), token, now())
    try:
        view = officer.notice(services(), token, session_of(token), now())
    except Denied:
        return door_page(token, doorstep)
    return _order(token, view)


@blueprint.get(f"/<token>/<any({','.join(STEPS)}):_step>")
@may(Audience.LINK)
def back(token: str, _step: str) -> Answer:
    """Somebody reloads a page that answered a form: to the order."""
    return to_order(token)


@blueprint.get("/<token>/documento/<int:document_id>")
@may(Audience.LINK)
def document(token: str, document_id: int) -> Answer:
    """The PDF, to be saved: never opened inside this site."""
    content = _document(token, document_id)
    if content is None:
        return to_order(token)
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="orden-{document_id}.pdf"'
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@blueprint.get("/<token>/documento/<int:document_id>/paginas")
@may(Audience.LINK)
def pages(token: str, document_id: int) -> Answer:
    """The document as images, for a phone that opens no PDF."""
    content = _document(token, document_id)
    if content is None:
        return to_order(token)
    draw = getattr(services().verifier, "pages", None)
    images = draw(content, scale=SCALE, most=PAGES) if draw else []
    sources = [f"data:image/png;base64,{base64.b64encode(image).decode()}" for image in images]
    return make_response(
        render_template(
            "pages/officer_pages.html", token=token, document_id=document_id, images=sources, most=PAGES
        )
    )


def _document(token: str, document_id: int) -> bytes | None:
    """A document's bytes, or None where the PIN is still to be given."""
    try:
        return officer.notice_document(services(), token, session_of(token), document_id, now())
    except Denied:
        return None


# -- identifying --------------------------------------------------------------------------------------------


@blueprint.post("/<token>/nip")
@may(Audience.LINK)
def identify(token: str) -> Answer:
    """Take the PIN and leave a cookie that opens this one order."""
    try:
        session = officer.identify(services(), token, request.form.get("pin", "").strip(), now())
    except Denied as refusal:
        doorstep = officer.open_notice(services(), token, now())
        return door_page(token, doorstep, refusal.faults, 403)
    response = to_order(token)
    set_cookie(response, cookie_of(token), session)
    return response


@blueprint.post("/<token>/salir")
@may(Audience.LINK)
def leave(token: str) -> Answer:
    """Close the order on a phone that several people use."""
    response = to_order(token)
    drop_cookie(response, cookie_of(token))
    return response


def cookie_of(token: str) -> str:
    """A cookie for each order, so that two orders can be open side by side. Only the link's hash is in its name."""
    return f"officer-{hashlib.sha256(token.encode()).hexdigest()[:12]}"


def session_of(token: str) -> str:
    """The session that this browser holds for a link, or an empty string."""
    return read_cookie(cookie_of(token))


# -- answering ----------------------------------------------------------------------------------------------


@blueprint.post("/<token>/enterado")
@may(Audience.LINK)
def acknowledge(token: str) -> Answer:
    """Acknowledge what was shown. A double tap is answered with the same receipt."""
    statement, shown = request.form.get("statement_sha256", ""), request.form.get("document_sha256", "")
    try:
        officer.acknowledge(services(), token, session_of(token), statement, shown, now())
    except Refusal as refusal:
        return again(token, "enterado", refusal)
    return to_order(token, "acuse")


@blueprint.post("/<token>/resultado")
@may(Audience.LINK)
def report(token: str) -> Answer:
    """Take what became of one person or several. The same form sent twice is one report."""
    try:
        view = officer.notice(services(), token, session_of(token), now())
        reports = _reports(view)
        receipt = outcome.report(
            services(), token, session_of(token), request.form.get("nonce", "")[:32], reports, now()
        )
    except Refusal as refusal:
        return again(token, "resultado", refusal)
    return to_order(token, "resultados", recibo=receipt.code)


@blueprint.post("/<token>/vuelo")
@may(Audience.LINK)
def correct_flight(token: str) -> Answer:
    """An officer who knows better corrects a flight."""
    given = request.form
    try:
        view = officer.notice(services(), token, session_of(token), now())
        departs_at = _instant("departs_at", given.get("departs_at", ""), view.time_zone)
        for person_id in _persons(view):
            flight.correct_flight(
                services(),
                token,
                session_of(token),
                person_id,
                given.get("airline", "")[:80],
                given.get("flight", "")[:20],
                given.get("destination", "")[:80],
                departs_at,
                now(),
            )
    except Refusal as refusal:
        return again(token, "vuelo", refusal)
    return to_order(token, "personas")


def _persons(view: NoticeView) -> list[int]:
    """The persons that a form is about; where there is but one, nobody has to choose."""
    known = [each.id for each in view.persons]
    if len(known) == 1:
        return known
    chosen = [each for each in known if str(each) in request.form.getlist("person")]
    if not chosen:
        raise Invalid(Fault("person", "Falta indicar de quién informa.", "Marque a una persona o a varias."))
    return chosen


def _reports(view: NoticeView) -> list[Report]:
    """The reports in the form. Raises Invalid with every fault."""
    word = request.form.get("code", "")
    if word not in set(OutcomeCode):
        raise Invalid(Fault("code", "Falta el resultado.", "Elija uno de la lista."))
    code = OutcomeCode(word)
    faults, details = [], {}
    for asked in ASKED[code]:
        text = request.form.get(f"{code}-{asked.name}", "").strip()[:500]
        if text and asked.kind == "datetime-local":
            text = str(_instant(f"{code}-{asked.name}", text, view.time_zone))
        if text:
            details[asked.name] = text
        elif asked.required:
            problem = f"Falta: {asked.label.lower()}."
            faults.append(Fault(f"{code}-{asked.name}", problem, "Escríbalo y vuelva a enviar."))
    if faults:
        raise Invalid(*faults)
    return [Report(person_id, code, details) for person_id in _persons(view)]


def _instant(name: str, text: str, zone: str) -> datetime | None:
    """A local date and time of the form, as aware UTC; None where none was given. Raises Invalid."""
    if not text.strip():
        return None
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    except ValueError as fault:
        problem = "La fecha y la hora no se entienden."
        raise Invalid(Fault(name, problem, "Escríbalas así: 2026-11-21 14:35.")) from fault


# -- pages --------------------------------------------------------------------------------------------------


def again(token: str, step: str, refusal: Refusal) -> Answer:
    """The same page with what is wrong; the doorstep where the session has ended; 404 for a dead link."""
    if isinstance(refusal, Missing):
        raise refusal
    doorstep = officer.open_notice(services(), token, now())
    try:
        view = officer.notice(services(), token, session_of(token), now())
    except Denied as denied:
        return door_page(token, doorstep, denied.faults, 403)
    return _order(token, view, Said(step, refusal.faults, request.form), refusal.status)


def door_page(
    token: str, doorstep: officer.Doorstep, faults: tuple[Fault, ...] = (), status: int = 200
) -> Answer:
    """The doorstep, with the two ways in: the officer's passkey, if they have one, and their PIN."""
    over = doorstep.phase in OVER
    page = render_template(
        "pages/officer_door.html",
        token=token,
        door=doorstep,
        faults=faults,
        over=over,
        opening=sign.at_door(services(), token, now()),
    )
    return make_response(page, status)


def _order(token: str, view: NoticeView, said: Said | None = None, status: int = 200) -> Answer:
    """The order. Once its last byte has left, and not before, it is on record that it was displayed."""
    page = render_template(
        "pages/officer_order.html",
        token=token,
        view=view,
        said=said or Said(),
        current=_current(view),
        settled=_settled(view),
        over=view.phase in OVER,
        signing=_signing(token, view),
        adding=sign.to_add(services(), view, now()),
        keys=passkeys.of(services(), Owner(officer=view.officer)),
        pending=_pending(view),
        groups=GROUPS,
        asked=ASKED,
        images=hasattr(services().verifier, "pages"),
        outcome_receipt=_receipt_code(),
        deadline=deadline,
        local_input=_local_input,
    ).encode()
    made, session = services(), session_of(token)
    sent = False

    def body() -> Iterator[bytes]:
        nonlocal sent
        yield page
        sent = True

    def closed() -> None:
        if sent:
            officer.displayed(made, token, session, made.clock())

    response = Response(body(), status, mimetype="text/html")
    response.content_length = len(page)
    response.call_on_close(closed)
    return response


def _pending(view: NoticeView) -> list[tuple[KeptPerson, str]]:
    """The persons of whom something is still asked here, and what. What the court must decide is not asked here."""
    newest = {each.person: each.code for each in view.outcomes}
    owed = []
    for each in view.persons:
        if each.id not in newest:
            owed.append((each, "informe qué pasó."))
        elif (next_step := follow_up(newest[each.id])).of is Answerer.STATION:
            owed.append((each, next_step.asks))
    return owed


def _local_input(instant: datetime | None, zone: str) -> str:
    """An instant as a browser's field for local date and time takes it."""
    return instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M") if instant else ""


def _receipt_code() -> str:
    """The receipt that a report was just answered with, or an empty string."""
    code = request.args.get("recibo", "")
    return code if re.fullmatch(r"[\w-]{1,64}", code) else ""


def _current(view: NoticeView) -> bool:
    """Whether this officer's own acknowledgement is of the newest document."""
    return _mine(view).get("document_sha256") == view.document_sha256


def _settled(view: NoticeView) -> bool:
    """Whether this officer's own acknowledgement is all that the station's policy asks for."""
    return _current(view) and str(_mine(view).get("grade")) >= view.required


def _mine(view: NoticeView) -> dict[str, object]:
    """What the receipt of this officer's own acknowledgement says; nothing where there is none."""
    if view.mine is None:
        return {}
    return dict(json.loads(signed_bytes(view.mine.jws)))


def _signing(token: str, view: NoticeView) -> Ceremony | None:
    """What has the officer sign, where there is something to sign and they have a passkey."""
    if view.phase in OVER or _settled(view):
        return None
    return sign.to_sign(services(), token, session_of(token), view, now())


def to_order(token: str, anchor: str = "", recibo: str | None = None) -> Answer:
    """Back to the order's page."""
    return redirect(url_for("officer.show", token=token, recibo=recibo, _anchor=anchor or None), 303)


@blueprint.errorhandler(Missing)
def gone(_refusal: Missing) -> Answer:
    """A link that leads nowhere: what to do instead. The same for every such link."""
    return make_response(render_template("pages/officer_gone.html"), 404)
