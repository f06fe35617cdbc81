"""Passkeys of court staff and administrators: the door, the proof before what counts, and one's own list."""

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from amparo_notify.cases import passkeys, strong
from amparo_notify.core.errors import Denied, Fault, Refusal
from amparo_notify.web.auth import caller, let_in, onward, sign_in_page_of, signed_in
from amparo_notify.web.context import now, services
from amparo_notify.web.officer_keys import answered, device
from amparo_notify.web.security import Audience, may, read_cookie, set_cookie

blueprint = Blueprint("staff_keys", __name__)


@blueprint.post("/entrar/llave")
@may(Audience.ANYONE)
def sign_in() -> Response:
    """A passkey for a session of a new name."""
    try:
        token = strong.sign_in(services(), *answered(), now())
    except Denied as denied:
        return make_response(sign_in_page_of(faults=denied.faults), denied.status)
    return let_in(token)


@blueprint.get("/entrar/llave")
@may(Audience.ANYONE)
def sign_in_again() -> Response:
    """Somebody reloads the page that answered: to the door."""
    return redirect("/entrar", 303)


# -- again, before what counts ------------------------------------------------------------------------------


@blueprint.get("/identidad")
@may(Audience.STAFF)
def confirm_page() -> Response:
    """Where somebody signed in proves again who they are."""
    return _confirm_page()


def _confirm_page(faults: tuple[Fault, ...] = (), status: int = 200) -> Response:
    page = render_template(
        "pages/auth_confirm.html",
        faults=faults,
        asked=strong.asks(services(), signed_in(), now()),
        onward=onward(request.values.get("sigue", "")),
    )
    return make_response(page, status)


@blueprint.post("/identidad")
@may(Audience.STAFF)
def confirm_by_code() -> Response:
    """A fresh code from the application."""
    code = request.form.get("code", "").replace(" ", "")
    try:
        token = strong.confirm_by_code(services(), signed_in(), read_cookie("session"), code, now())
    except Denied as denied:
        return _confirm_page(denied.faults, denied.status)
    return _confirmed(token)


@blueprint.post("/identidad/llave")
@may(Audience.STAFF)
def confirm() -> Response:
    """Their passkey."""
    try:
        token = strong.confirm(services(), signed_in(), read_cookie("session"), *answered(), now())
    except Denied as denied:
        return _confirm_page(denied.faults, denied.status)
    return _confirmed(token)


def _confirmed(token: str) -> Response:
    """On to where they wanted to go; where a form waits in another tab, back to it."""
    place = onward(request.form.get("sigue", ""))
    response = redirect(place or "/identidad/listo", 303)
    set_cookie(response, "session", token)
    return response


@blueprint.get("/identidad/llave")
@may(Audience.STAFF)
def confirm_again() -> Response:
    """Somebody reloads the page that answered."""
    return redirect("/identidad", 303)


@blueprint.get("/identidad/listo")
@may(Audience.STAFF)
def confirmed() -> str:
    """It was them."""
    return render_template("pages/auth_confirmed.html")


# -- one's own ----------------------------------------------------------------------------------------------


@blueprint.get("/cuenta/llaves")
@may(Audience.STAFF, proved=strong.TO_BEGIN)
def keys() -> Response:
    """One's own passkeys."""
    return _keys()


def _keys(faults: tuple[Fault, ...] = (), status: int = 200) -> Response:
    who = signed_in()
    page = render_template(
        "pages/auth_keys.html",
        faults=faults,
        keys=passkeys.of(services(), strong.owner_of(who)),
        adding=strong.to_add(services(), who, now()),
    )
    return make_response(page, status)


@blueprint.post("/cuenta/llaves")
@may(Audience.STAFF, proved=strong.TO_FINISH)
def add() -> Response:
    """Keep the passkey that this device has made."""
    try:
        strong.add(services(), signed_in(), *answered(), device(), now())
    except Refusal as refusal:
        return _keys(refusal.faults, refusal.status)
    return redirect("/cuenta/llaves", 303)


@blueprint.post("/cuenta/llaves/<int:passkey_id>/quitar")
@may(Audience.STAFF, proved=strong.TO_FINISH)
def remove(passkey_id: int) -> Response:
    """Take one of one's own passkeys away."""
    strong.remove(services(), signed_in(), passkey_id, now())
    return redirect("/cuenta/llaves", 303)


# -- everybody's --------------------------------------------------------------------------------------------


@blueprint.get("/admin/llaves")
@may(Audience.ADMIN)
def everyones() -> Response:
    """Every passkey: an administrator takes one away when its device is lost, and adds none."""
    held = passkeys.everyones(services(), caller())
    return make_response(render_template("pages/admin_keys.html", held=held, faults=(), made="", link=""))


@blueprint.post("/admin/llaves/<int:passkey_id>/quitar")
@may(Audience.ADMIN)
def revoke(passkey_id: int) -> Response:
    """Take somebody's passkey away."""
    passkeys.revoke(services(), caller(), passkey_id, now())
    return redirect("/admin/llaves?hecho=1", 303)
