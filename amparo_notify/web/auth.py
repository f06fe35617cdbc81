"""Who is asking: the check before every view, signing in and out, and the one-time links by which people begin."""

from typing import cast
from urllib.parse import urlsplit

import segno
from flask import Blueprint, g, make_response, redirect, render_template, request
from markupsafe import Markup
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response

from amparo_notify.cases import signin, strong
from amparo_notify.cases.services import Caller
from amparo_notify.cases.signin import Who
from amparo_notify.core.errors import Denied, Fault, Invalid
from amparo_notify.web.context import now, services
from amparo_notify.web.errors import problem
from amparo_notify.web.security import (
    SAFE_METHODS,
    Audience,
    Rule,
    drop_cookie,
    may,
    read_cookie,
    set_cookie,
)

blueprint = Blueprint("auth", __name__)

ROLES = {Audience.CLERK: {"clerk"}, Audience.ADMIN: {"admin"}, Audience.STAFF: {"clerk", "admin"}}
HOMES = {"admin": "/admin", "clerk": "/juzgado/ordenes"}


def admit(rule: Rule) -> Response | None:
    """Find out who is asking, where a rule wants to know, and answer whoever it is not for."""
    if rule.audience is Audience.TOKEN:
        return _admit_token()
    if rule.audience not in ROLES:
        return None
    who = _who()
    if who is None:
        return _ask_to_sign_in()
    if who.caller.role not in ROLES[rule.audience]:
        raise Forbidden
    if rule.proved is not None and now() - who.proved_at > rule.proved:
        return _ask_to_confirm()
    return None


def _who() -> Who | None:
    """Who holds this browser's session. Known to the templates from here on."""
    token = read_cookie("session")
    who = g.who = signin.who(services(), token, now()) if token else None
    return who


def _admit_token() -> Response | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    g.caller = (
        signin.bearer(services(), token.strip(), now()) if scheme.lower() == "bearer" and token else None
    )
    if g.caller is not None:
        return None
    fault = Fault(
        "Authorization",
        "Falta el token o ya no sirve.",
        "Envíe «Authorization: Bearer …» con el de su juzgado.",
    )
    refusal = problem(401, "Hace falta identificarse", faults=(fault,))
    refusal.headers["WWW-Authenticate"] = 'Bearer realm="amparo_notify"'
    return refusal


def _ask_to_sign_in() -> Response:
    if request.headers.get("HX-Request"):
        return make_response("", 401)
    if request.method in SAFE_METHODS:
        return redirect(f"/entrar?sigue={request.path}", 303)
    # What was typed must not be lost: whoever signs in beside this page can send it again as it is.
    return make_response(render_template("pages/auth_again.html", confirm=False), 401)


def _ask_to_confirm() -> Response:
    """Before what counts, somebody who came in long ago says again who they are; what they typed waits for them."""
    if request.method in SAFE_METHODS:
        return redirect(f"/identidad?sigue={request.path}", 303)
    return make_response(render_template("pages/auth_again.html", confirm=True), 401)


def signed_in() -> Who:
    """Who is signed in, at a view for staff."""
    return cast(Who, g.who)


def caller() -> Caller:
    """Who the case is told that asks."""
    who: Who | None = g.get("who")
    return who.caller if who else g.caller


@blueprint.get("/")
@may(Audience.ANYONE)
def home() -> Response:
    """Everybody's first page."""
    who = _who()
    return redirect(HOMES[who.caller.role] if who else "/entrar", 303)


@blueprint.get("/entrar")
@may(Audience.ANYONE)
def sign_in_page() -> str:
    """The door."""
    return sign_in_page_of()


def sign_in_page_of(username: str = "", faults: tuple[Fault, ...] = ()) -> str:
    """The door, with what was wrong."""
    return render_template(
        "pages/auth_sign_in.html",
        username=username,
        faults=faults,
        onward=onward(request.values.get("sigue", "")),
        opening=strong.at_door(services(), now()),
        enrolled="alta" in request.args,
        left="salida" in request.args,
    )


def onward(path: str) -> str:
    """A page of ours to go on to; anything else is dropped, for an address may come from anybody."""
    parts = urlsplit(path)
    inside = (
        path.startswith(("/juzgado/", "/admin", "/cuenta/"))
        and not (parts.scheme or parts.netloc)
        and "\\" not in path
    )
    return path if inside else ""


@blueprint.post("/entrar")
@may(Audience.ANYONE)
def sign_in() -> Response:
    """Passphrase and code for a session of a new name; whoever held one before holds it no more."""
    username = request.form.get("username", "").strip()
    passphrase, code = request.form.get("passphrase", ""), request.form.get("code", "").replace(" ", "")
    try:
        token = signin.sign_in(services(), username, passphrase, code, now())
    except Denied as denied:
        return make_response(sign_in_page_of(username, denied.faults), denied.status)
    return let_in(token)


def let_in(token: str) -> Response:
    """Take somebody on with a new session; whatever this browser held before, it holds no more."""
    if earlier := read_cookie("session"):
        signin.sign_out(services(), earlier, now())
    response = redirect(onward(request.form.get("sigue", "")) or "/", 303)
    set_cookie(response, "session", token)
    return response


@blueprint.post("/salir")
@may(Audience.ANYONE)
def sign_out() -> Response:
    """End the session, here and in the database."""
    if token := read_cookie("session"):
        signin.sign_out(services(), token, now())
    response = redirect("/entrar?salida=1", 303)
    drop_cookie(response, "session")
    return response


# -- one-time links -----------------------------------------------------------------------------------------


@blueprint.get("/alta/<token>")
@may(Audience.LINK)
def enrolment(token: str) -> str:
    """What somebody new needs: their name, a code for their phone, a place for a passphrase."""
    return _enrolment(token)


def _enrolment(token: str, faults: tuple[Fault, ...] = ()) -> str:
    invitation = signin.staff_invitation(services(), token, now())
    drawing = segno.make(invitation.totp_uri, error="m").svg_inline(omitsize=True, border=2, dark="#16222b")
    qr = Markup(drawing)  # noqa: S704 - made of black squares, a line above
    return render_template("pages/auth_enrol.html", invitation=invitation, qr=qr, faults=faults)


@blueprint.post("/alta/<token>")
@may(Audience.LINK)
def enrol(token: str) -> Response:
    """Set passphrase and code; the link has then done its work."""
    passphrase, code = request.form.get("passphrase", ""), request.form.get("code", "").replace(" ", "")
    try:
        signin.enrol(services(), token, passphrase, code, now())
    except Invalid as invalid:
        return make_response(_enrolment(token, invalid.faults), invalid.status)
    return redirect("/entrar?alta=1", 303)


@blueprint.get("/nip/listo")
@may(Audience.ANYONE)
def pin_chosen() -> str:
    """The PIN is kept."""
    return render_template("pages/auth_pin_done.html")


@blueprint.get("/nip/<token>")
@may(Audience.LINK)
def pin_page(token: str) -> str:
    """Where an officer chooses the PIN that only they know."""
    return _pin_page(token)


def _pin_page(token: str, faults: tuple[Fault, ...] = ()) -> str:
    invitation = signin.pin_invitation(services(), token, now())
    return render_template("pages/auth_pin.html", invitation=invitation, faults=faults)


@blueprint.post("/nip/<token>")
@may(Audience.LINK)
def choose_pin(token: str) -> Response:
    """Keep the PIN; typed twice, for a slip would lock its owner out at the worst moment."""
    pin = request.form.get("pin", "")
    try:
        if pin != request.form.get("again", ""):
            raise Invalid(Fault("again", "Los dos NIP no son iguales.", "Escríbalo otra vez, despacio."))
        signin.choose_pin(services(), token, pin, now())
    except Invalid as invalid:
        return make_response(_pin_page(token, invalid.faults), invalid.status)
    return redirect(f"/nip/{token}/contactos?nip=1", 303)
