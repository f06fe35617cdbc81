"""The officer's passkey on the order's page: coming in by it, signing with it, adding and removing it."""

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from amparo_notify.cases import officer, sign
from amparo_notify.core.errors import Denied, Fault, Missing, Refusal
from amparo_notify.web.context import now, services
from amparo_notify.web.errors import answer
from amparo_notify.web.officer import again, cookie_of, door_page, gone, session_of, to_order
from amparo_notify.web.security import Audience, may, set_cookie

blueprint = Blueprint("officer_keys", __name__)

MOST = 8_000
"""Characters of a passkey's answer: some hundreds for a telephone's, a few thousand with a large RSA key."""
DEVICES = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Teléfono Android"),
    ("Windows", "Computadora Windows"),
    ("Macintosh", "Computadora Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Computadora Linux"),
)
"""What a browser calls its device, and what its owner does."""


def device() -> str:
    """What to call the device that asks, so that its owner can tell it from their others."""
    agent = request.headers.get("User-Agent", "")
    return next((name for mark, name in DEVICES if mark in agent), "Otro dispositivo")


def answered() -> tuple[str, str]:
    """The nonce and the answer of a passkey, as the form sends them."""
    return request.form.get("nonce", "")[:200], request.form.get("credential", "")[:MOST]


@blueprint.post("/n/<token>/llave")
@may(Audience.LINK)
def identify(token: str) -> Response:
    """Take the passkey in place of the PIN, and leave the same cookie."""
    try:
        session = sign.identify(services(), token, *answered(), now())
    except Denied as refusal:
        return door_page(token, officer.open_notice(services(), token, now()), refusal.faults, 403)
    response = to_order(token)
    set_cookie(response, cookie_of(token), session)
    return response


@blueprint.post("/n/<token>/firma")
@may(Audience.LINK)
def acknowledge(token: str) -> Response:
    """Acknowledge what was shown, by signature. A double tap is answered with the same receipt."""
    shown = request.form.get("statement_sha256", ""), request.form.get("document_sha256", "")
    try:
        sign.sign(services(), token, session_of(token), *shown, *answered(), now())
    except Refusal as refusal:
        return again(token, "enterado", refusal)
    return to_order(token, "acuse")


@blueprint.post("/n/<token>/llaves")
@may(Audience.LINK)
def add(token: str) -> Response:
    """Keep the passkey that this phone has made."""
    try:
        sign.add(services(), token, session_of(token), *answered(), device(), now())
    except Refusal as refusal:
        return again(token, "llaves", refusal)
    return to_order(token, "llaves")


@blueprint.post("/n/<token>/llaves/<int:passkey_id>/quitar")
@may(Audience.LINK)
def remove(token: str, passkey_id: int) -> Response:
    """Take a passkey away."""
    try:
        sign.remove(services(), token, session_of(token), passkey_id, now())
    except Denied as refusal:
        return again(token, "llaves", refusal)
    return to_order(token, "llaves")


# -- where the PIN is chosen --------------------------------------------------------------------------------


@blueprint.get("/nip/<token>/llave")
@may(Audience.LINK)
def enrol_page(token: str) -> Response:
    """Where an officer who has chosen a PIN may add the phone in their hand."""
    return _enrol_page(token)


def _enrol_page(
    token: str, *, faults: tuple[Fault, ...] = (), status: int = 200, **shown: object
) -> Response:
    own = sign.enrolling(services(), token, now())
    shown = {"adding": None, "added": False, **shown}
    page = render_template("pages/auth_key.html", own=own, token=token, faults=faults, **shown)
    return make_response(page, status)


@blueprint.post("/nip/<token>/llave")
@may(Audience.LINK)
def enrol_pin(token: str) -> Response:
    """Take the PIN: whoever sent the link has it too, and must not add a phone of their own."""
    try:
        adding = sign.at_enrolment(services(), token, request.form.get("pin", "").strip(), now())
    except Denied as refusal:
        return _enrol_page(token, faults=refusal.faults, status=refusal.status)
    return _enrol_page(token, adding=adding)


@blueprint.post("/nip/<token>/llave/agregar")
@may(Audience.LINK)
def enrol(token: str) -> Response:
    """Keep the passkey that the phone has made."""
    try:
        sign.add_at_enrolment(services(), token, *answered(), device(), now())
    except Missing:
        raise
    except Refusal as refusal:
        return _enrol_page(token, faults=refusal.faults, status=refusal.status)
    return _enrol_page(token, added=True)


@blueprint.get("/nip/<token>/llave/agregar")
@may(Audience.LINK)
def enrol_again(token: str) -> Response:
    """Somebody reloads the page that answered."""
    return redirect(f"/nip/{token}/llave", 303)


@blueprint.errorhandler(Missing)
def missing(refusal: Missing) -> Response:
    """A notice's link that leads nowhere says what to do instead; one for a PIN is answered like any other."""
    if request.path.startswith("/n/"):
        return gone(refusal)
    return answer(refusal.status, refusal.faults)
