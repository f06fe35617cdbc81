"""Duty: drills, what rosters leave to luck, replays, an officer's contacts and calendar."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from amparo_notify.cases import agenda, contacts, coverage, drill, drill_start, manage, personnel
from amparo_notify.cases.replay import replayed
from amparo_notify.core.errors import Fault, Refusal
from amparo_notify.web import words
from amparo_notify.web.auth import caller
from amparo_notify.web.context import now, services
from amparo_notify.web.security import Audience, may

blueprint = Blueprint("duty", __name__)

CALENDAR = "text/calendar; charset=utf-8"
ANSWERS = {
    "answered": ("ok", "Acusó de enterado"),
    "spared": ("quiet", "Ya no hizo falta"),
    "waiting": ("warn", "Aún no contesta"),
    "silent": ("bad", "No contestó"),
}
"""What a person did in a drill: a tone of the style sheet, and the words."""
DIFFERENCES = {
    "": ("ok", "igual"),
    "missing": ("bad", "no se hizo"),
    "unplanned": ("warn", "no estaba previsto"),
    "late": ("bad", "más tarde"),
    "early": ("warn", "más temprano"),
    "recipients": ("warn", "a otras personas"),
}
"""How a step as recorded differs from the same as planned."""


# -- the administrator --------------------------------------------------------------------------------------


def _page(template: str, status: int = 200, **shown: Any) -> Response:
    """A page in the administrator's frame."""
    shown = {"faults": (), "made": "", "link": "", **shown}
    return make_response(render_template(f"pages/duty_{template}.html", **shown), status)


@blueprint.get("/admin/guardia")
@may(Audience.ADMIN)
def home() -> Response:
    """Station by station, what the coming week leaves to luck; whose contacts nobody has confirmed."""
    states = contacts.states(services(), caller())
    people = [line for line in personnel.officers(services()) if line.active]
    return _page(
        "home",
        found=coverage.everywhere(services(), now()),
        said=coverage.sentences,
        stations=manage.stations(services()),
        people=[(line, states.get(line.badge, ())) for line in people],
        calendar=lambda badge: agenda.address(services(), badge),
    )


@blueprint.get("/admin/simulacros")
@may(Audience.ADMIN)
def drills() -> Response:
    """The drills so far, and a button for the next."""
    return _drills()


def _drills(faults: tuple[Fault, ...] = (), status: int = 200) -> Response:
    return _page(
        "drills",
        status,
        drills=drill.listing(services()),
        took=took,
        stations=manage.stations(services()),
        faults=faults,
        chosen=request.form.get("station", ""),
    )


@blueprint.post("/admin/simulacros")
@may(Audience.ADMIN)
def start_drill() -> Response:
    """Send a drill to a station."""
    try:
        started = drill_start.start(services(), caller(), request.form.get("station", ""), now())
    except Refusal as refusal:
        return _drills(refusal.faults, refusal.status)
    return redirect(f"/admin/simulacros/{started.folio}", 303)


@blueprint.get("/admin/simulacros/<folio>")
@may(Audience.ADMIN)
def drill_results(folio: str) -> Response:
    """What a drill has shown so far."""
    return _page("drill", **_shown(folio))


@blueprint.get("/admin/simulacros/<folio>/vivo")
@may(Audience.ADMIN)
def live(folio: str) -> Response:
    """The live part alone; 286 tells the page to stop asking."""
    shown = _shown(folio)
    return make_response(
        render_template("pages/duty_drill_live.html", **shown), 286 if shown["over"] else 200
    )


def _shown(folio: str) -> dict[str, Any]:
    results = drill.results(services(), folio)
    over = all(each.over for each in results)
    return {"folio": folio, "results": results, "over": over, "took": took, "answers": ANSWERS}


def took(span: timedelta | None) -> str:
    """«40 s», «1 min 10 s», or a dash."""
    if span is None:
        return "—"
    minutes, seconds = divmod(round(span.total_seconds()), 60)
    parts = [f"{minutes} min" if minutes else "", f"{seconds} s" if seconds or not minutes else ""]
    return " ".join(filter(None, parts))


@blueprint.post("/admin/simulacros/<folio>/terminar")
@may(Audience.ADMIN)
def end_drill(folio: str) -> Response:
    """End a drill before its time; one that is over stays so."""
    try:
        drill.end(services(), caller(), folio, now())
    except Refusal as refusal:
        if refusal.status != 409:
            raise
    return redirect(f"/admin/simulacros/{folio}", 303)


# -- replays ------------------------------------------------------------------------------------------------


@blueprint.get("/juzgado/ordenes/<folio>/repaso")
@may(Audience.STAFF)
def replay(folio: str) -> str:
    """What was planned beside what was done, for the court and for the administrator."""
    found = replayed(services(), caller(), folio, now())
    return render_template(
        "pages/duty_replay.html", folio=folio, stations=found, differences=DIFFERENCES, word=words.word
    )


# -- officers -----------------------------------------------------------------------------------------------


@blueprint.get("/nip/<token>/contactos")
@may(Audience.LINK)
def own_contacts(token: str) -> Response:
    """Where an officer who has just chosen a PIN confirms phone and mail, and finds their calendar."""
    return _own_contacts(token)


def _own_contacts(token: str, faults: tuple[Fault, ...] = (), status: int = 200) -> Response:
    own = contacts.own_contacts(services(), token, now())
    page = render_template(
        "pages/duty_contacts.html",
        own=own,
        token=token,
        faults=faults,
        sent=request.args.get("enviado", ""),
        chosen="nip" in request.args,
        added="medios" in request.args,
        calendar=agenda.address(services(), own.badge),
    )
    return make_response(page, status)


@blueprint.post("/nip/<token>/contactos/<int:contact>/enviar")
@may(Audience.LINK)
def send_code(token: str, contact: int) -> Response:
    """Send a code to one contact."""
    try:
        contacts.send_code(services(), token, contact, now(), call="call" in request.form)
    except Refusal as refusal:
        return _refused(token, refusal)
    return redirect(f"/nip/{token}/contactos?enviado={contact}#contacto-{contact}", 303)


@blueprint.post("/nip/<token>/contactos/<int:contact>/confirmar")
@may(Audience.LINK)
def confirm(token: str, contact: int) -> Response:
    """Take the code that came."""
    typed = request.form.get("code", "").replace(" ", "")
    try:
        contacts.confirm(services(), token, contact, typed, now())
    except Refusal as refusal:
        return _refused(token, refusal)
    return redirect(f"/nip/{token}/contactos", 303)


@blueprint.post("/nip/<token>/contactos/medios")
@may(Audience.LINK)
def choose_media(token: str) -> Response:
    """Take the media that an officer adds to those of the policy."""
    try:
        contacts.choose_media(services(), token, request.form.getlist("also"), now())
    except Refusal as refusal:
        return _refused(token, refusal)
    return redirect(f"/nip/{token}/contactos?medios=1#medios", 303)


def _refused(token: str, refusal: Refusal) -> Response:
    if refusal.status == 404:
        raise refusal
    return _own_contacts(token, refusal.faults, refusal.status)


@blueprint.get("/agenda/<badge>/<token>.ics")
@may(Audience.LINK)
def calendar(badge: str, token: str) -> Response:
    """An officer's watches, for a telephone to subscribe to. No login: the address is the secret."""
    response = make_response(agenda.calendar(services(), badge, token, now()))
    response.headers["Content-Type"] = CALENDAR
    response.headers["Content-Disposition"] = f'inline; filename="turnos-{badge}.ics"'
    return response
