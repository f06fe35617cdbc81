"""The administrator's pages: courts, stations, people, signers, trust, rosters and policies."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from amparo_notify.cases import manage, personnel
from amparo_notify.cases.personnel import NewOfficer
from amparo_notify.core.errors import Fault, Invalid, Missing, Refusal
from amparo_notify.core.policy import Policy
from amparo_notify.core.roster import Roster
from amparo_notify.pki.anchors import Trust, read_certificates
from amparo_notify.pki.certificate import describe
from amparo_notify.store.people import Court, Station
from amparo_notify.web import admin_calendar
from amparo_notify.web.auth import caller
from amparo_notify.web.context import now, services
from amparo_notify.web.court_form import mails
from amparo_notify.web.present import PLACES
from amparo_notify.web.security import Audience, may

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


def admin_page(template: str, status: int = 200, **shown: Any) -> Response:
    shown = {"faults": (), "typed": {}, "made": "", "link": "", **shown}
    return make_response(render_template(f"pages/admin_{template}.html", **shown), status)


def do(
    show: Callable[..., Response], deed: Callable[[], str | None], done: str, *, back: str = ""
) -> Response:
    """Do something and show the page again: a one-time address that came of it, or what is wrong."""
    try:
        link = deed()
    except Refusal as refusal:
        return show(status=refusal.status, faults=refusal.faults, typed=request.form)
    if link:
        return show(made=done, link=link)  # shown once: nothing keeps it, so nothing can be redirected to
    return redirect(f"{back or request.path}?hecho=1", 303)


def field(name: str) -> str:
    return request.form.get(name, "").strip()


# -- the first page -----------------------------------------------------------------------------------------


@blueprint.get("")
@may(Audience.ADMIN)
def home() -> Response:
    """What there is, and what is not ready."""
    return admin_page(
        "home",
        stations=[(s, roster_of(s.code), policy_of(s.code)) for s in manage.stations(services())],
        courts=manage.courts(services()),
        trust=_trust(),
        worries=admin_calendar.worries,
    )


def station_of(code: str) -> Station:
    """A station, or the page that says that nothing is there."""
    return next((each for each in manage.stations(services()) if each.code == code), None) or nothing()


def roster_of(station: str, court: str | None = None) -> Roster:
    return manage.roster_of(services(), station, court)


def policy_of(station: str) -> Policy | None:
    try:
        return manage.policy_of(services(), station)
    except Missing:
        return None


def _trust() -> list[dict[str, object]]:
    """What the verifier trusts; nothing where this process judges no documents."""
    trust: Trust | None = getattr(services().verifier, "trust", None)
    return trust.describe(now()) if trust else []


# -- courts and their signers -------------------------------------------------------------------------------


@blueprint.get("/juzgados")
@may(Audience.ADMIN)
def courts(**shown: Any) -> Response:
    """The courts."""
    return admin_page("courts", courts=manage.courts(services()), zones=PLACES, **shown)


@blueprint.post("/juzgados")
@may(Audience.ADMIN)
def add_court() -> Response:
    """Add a court."""

    def deed() -> None:
        fields = (field("code").upper(), field("name"), field("phone"), field("time_zone"))
        manage.add_court(services(), caller(), *fields, now())

    return do(courts, deed, "")


@blueprint.get("/juzgados/<code>")
@may(Audience.ADMIN)
def court(code: str, **shown: Any) -> Response:
    """One court: who may sign for it, who is called when it must decide, and its systems."""
    found = _court(code)
    duty = [each for each in personnel.officers(services()) if each.where == code]
    staff = [each for each in personnel.staff_list(services()) if each.court_code == code]
    return admin_page(
        "court", court=found, signers=manage.signers(services(), code), duty=duty, staff=staff, **shown
    )


def _court(code: str) -> Court:
    return next((each for each in manage.courts(services()) if each.code == code), None) or nothing()


def nothing() -> Any:
    raise NotFound


@blueprint.post("/juzgados/<code>/firmantes")
@may(Audience.ADMIN, body=1 << 20)
def add_signer(code: str) -> Response:
    """Register who may sign for a court, by certificate, CURP or RFC."""
    _court(code)
    try:
        curp, rfc = field("curp").upper() or None, field("rfc").upper() or None
        manage.add_signer(services(), caller(), code, now(), certificate=_certificate(), curp=curp, rfc=rfc)
    except Refusal as refusal:
        return court(code, status=refusal.status, faults=refusal.faults, typed=request.form)
    return redirect(f"/admin/juzgados/{code}?hecho=1", 303)


def _certificate() -> bytes | None:
    """The uploaded certificate (DER), or None where none was chosen. Raises Invalid for what is no certificate."""
    file = request.files.get("certificate")
    if file is None or not file.filename:
        return None
    try:
        found = read_certificates(file.read())
    except (ValueError, TypeError, KeyError) as error:
        fault = Fault(
            "certificate", "No es un certificado que se pueda leer.", "Elija el archivo .cer de quien firma."
        )
        raise Invalid(fault) from error
    if len(found) != 1:
        raise Invalid(
            Fault("certificate", "El archivo tiene varios certificados.", "Elija solo el de quien firma.")
        )
    if describe(found[0])["kind"] in ("CA", "CSD"):
        raise Invalid(
            Fault(
                "certificate",
                "No es de una persona.",
                "Elija el de quien firma.",
            )
        )
    return bytes(found[0].dump())


@blueprint.post("/juzgados/<code>/tokens")
@may(Audience.ADMIN)
def add_token(code: str) -> Response:
    """Make a token for a court's own system, shown once."""
    _court(code)
    try:
        token = personnel.add_token(services(), caller(), code, field("label"), now())
    except Refusal as refusal:
        return court(code, status=refusal.status, faults=refusal.faults, typed=request.form)
    return court(
        code, made="Token para el sistema del juzgado. Cópielo ahora: no se vuelve a mostrar.", link=token
    )


# -- people -------------------------------------------------------------------------------------------------


@blueprint.get("/oficiales")
@may(Audience.ADMIN)
def officers(**shown: Any) -> Response:
    """Everybody who can be reached, with their contacts."""
    lines = personnel.officers(services())
    stations, courts = manage.stations(services()), manage.courts(services())
    names = {each.code: each.name for each in stations} | {each.code: each.name for each in courts}
    groups = {
        place: [line for line in lines if line.where == place]
        for place in dict.fromkeys(x.where for x in lines)
    }
    return admin_page("officers", groups=groups, where=names, stations=stations, courts=courts, **shown)


@blueprint.post("/oficiales")
@may(Audience.ADMIN)
def add_officer() -> Response:
    """Add an officer; the page shows the address at which they choose a PIN."""
    kind, _, code = field("where").partition(":")

    def deed() -> str:
        new = NewOfficer(
            badge=field("badge").upper(),
            post=field("post"),
            name=field("name"),
            phones=tuple(line for line in map(str.strip, field("phones").splitlines()) if line),
            mails=tuple(mails(field("mails"))),
            station=code if kind == "station" else None,
            court=code if kind == "court" else None,
            comar="comar" in request.form,
        )
        return personnel.add_officer(services(), caller(), new, now())

    return do(
        officers, deed, f"{field('badge').upper()} está de alta. Envíele este enlace para que elija su NIP."
    )


@blueprint.post("/oficiales/<badge>/nip")
@may(Audience.ADMIN)
def invite_officer(badge: str) -> Response:
    """A fresh address for a PIN; the old PIN works until the new one is chosen."""
    done = f"Enlace nuevo para {badge}. Sirve una vez; el NIP anterior vale hasta que elija otro."
    return do(officers, lambda: personnel.invite_officer(services(), caller(), badge, now()), done)


@blueprint.post("/oficiales/<badge>/contactos")
@may(Audience.ADMIN)
def change_contacts(badge: str) -> Response:
    """Replace the phones and mails of an officer."""

    def deed() -> None:
        phones = [line for line in map(str.strip, field("phones").splitlines()) if line]
        personnel.change_contacts(services(), caller(), badge, phones, mails(field("mails")), now())

    return do(officers, deed, "", back="/admin/oficiales")


@blueprint.post("/oficiales/<badge>/baja")
@may(Audience.ADMIN)
def set_active(badge: str) -> Response:
    """Retire an officer, or take them back."""
    active = field("active") == "1"
    return do(
        officers,
        lambda: personnel.set_active(services(), caller(), badge, active, now()),
        "",
        back="/admin/oficiales",
    )


@blueprint.post("/personal/<username>/baja")
@may(Audience.ADMIN)
def retire_staff(username: str) -> Response:
    """End an account: its sessions and tokens stop at once."""
    return do(
        staff,
        lambda: personnel.retire_staff(services(), caller(), username, now()),
        "",
        back="/admin/personal",
    )


@blueprint.get("/personal")
@may(Audience.ADMIN)
def staff(**shown: Any) -> Response:
    """Clerks, administrators and systems."""
    return admin_page(
        "staff", staff=personnel.staff_list(services()), courts=manage.courts(services()), **shown
    )


@blueprint.post("/personal")
@may(Audience.ADMIN)
def add_staff() -> Response:
    """Add somebody; the page shows the address at which they enrol."""
    role = field("role")
    court_code = field("court") if role == "clerk" else None

    def deed() -> str:
        fields = (field("username").lower(), field("name"), role, court_code or None)
        return personnel.add_staff(services(), caller(), *fields, now())

    return do(
        staff,
        deed,
        "La cuenta está creada. Envíe este enlace a su titular: sirve una vez, durante 7 días.",
    )


@blueprint.get("/confianza")
@may(Audience.ADMIN)
def trust() -> Response:
    """The certificates on which every verdict rests."""
    return admin_page("trust", trust=_trust())
