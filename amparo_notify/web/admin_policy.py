"""A station's policy: whom an order would reach, and a form to change that, reviewed before it is saved."""

import json
from datetime import datetime, time, timedelta
from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from amparo_notify.cases import manage
from amparo_notify.core.errors import Conflict, Fault, Invalid, Refusal
from amparo_notify.core.policy import DEFAULT_POLICY, Policy, policy_from_json, policy_to_json
from amparo_notify.core.roster import Roster
from amparo_notify.web import admin_policy_form, admin_policy_words
from amparo_notify.web.admin import admin_page, policy_of, roster_of, station_of
from amparo_notify.web.admin_policy_form import Form
from amparo_notify.web.auth import caller
from amparo_notify.web.context import now, services
from amparo_notify.web.court_form import departure
from amparo_notify.web.security import Audience, may

blueprint = Blueprint("admin_policy", __name__, url_prefix="/admin/estaciones/<code>/politica")

OWN = ("csrf_token", "step", "version")
"""Fields of the review itself; all others are the form that is reviewed."""
WORST_HOUR = time(3, 15)
"""Of a Sunday: the hour at which a policy is tried first."""


@blueprint.get("")
@may(Audience.ADMIN)
def policy(code: str, **shown: Any) -> Response:
    """A station's policy, and whom an order would reach by it."""
    station, kept = station_of(code), policy_of(code)
    faults: list[Fault] = []
    zone = roster_of(code).zone
    at = departure(request.args.get("llega", ""), zone, "llega", faults) or now()
    departs = departure(request.args.get("sale", ""), zone, "sale", faults)
    known = manage.courts(services())
    of = request.args.get("juzgado") or (known[0].code if known else None)
    lines = admin_policy_words.foreseen(kept, roster_of(code, of), at, departs) if kept else []
    return admin_page(
        "policy",
        station=station,
        policy=kept,
        lines=lines,
        at=at,
        departs=departs,
        asked=faults,
        courts=known,
        of=of,
        say=admin_policy_words,
        text=shown.pop("text", "")
        or json.dumps(policy_to_json(kept or DEFAULT_POLICY), ensure_ascii=False, indent=1),
        **shown,
    )


@blueprint.post("")
@may(Audience.ADMIN)
def save_document(code: str) -> Response:
    """Keep a new version of a policy from JSON; escalations under way keep theirs."""
    station_of(code)
    text = request.form.get("policy", "")
    try:
        manage.save_policy(services(), caller(), code, policy_from_json(_json(text)), now())
    except Refusal as refusal:
        return policy(code, status=refusal.status, faults=refusal.faults, text=text)
    return _saved(code)


def _saved(code: str) -> Response:
    return redirect(f"/admin/estaciones/{code}/politica?hecho=1", 303)


def _json(text: str) -> dict[str, object]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid(Fault("policy", f"No es JSON: {error}.", "Revise comillas, comas y llaves.")) from error
    if not isinstance(value, dict):
        raise Invalid(Fault("policy", "No es un objeto.", "Escríbalo entre llaves."))
    return value


# -- the form -----------------------------------------------------------------------------------------------


@blueprint.get("/cambiar")
@may(Audience.ADMIN)
def change(code: str, **shown: Any) -> Response:
    """The form, with whom it would reach on a Sunday before dawn beside it."""
    kept, roster = policy_of(code), roster_of(code, _court())
    typed: Form = shown.pop("typed", None) or admin_policy_form.fields(kept or DEFAULT_POLICY)
    return _form_page(
        "policy_form",
        code,
        kept,
        typed=typed,
        numbers=admin_policy_form.numbers(typed, more=typed.get("step") == "more"),
        offered=admin_policy_form.offered(roster, typed),
        tried=_tried(typed, roster),
        **shown,
    )


@blueprint.post("/cambiar")
@may(Audience.ADMIN)
def save(code: str) -> Response:
    """Review or save what the form means; the form again where something is wrong or more is wanted."""
    station_of(code)
    step, typed = request.form.get("step", ""), request.form
    if step in ("more", "try", "correct"):
        return change(code, typed=typed)
    try:
        new = admin_policy_form.read(typed)
        if step == "save":
            manage.save_policy(services(), caller(), code, new, now(), over=_version())
            return _saved(code)
        return _review(code, new)
    except Conflict:
        return _review(code, new, status=409)
    except Refusal as refusal:
        return change(code, status=refusal.status, faults=refusal.faults, typed=typed)


def _review(code: str, new: Policy, status: int = 200) -> Response:
    """What would change, in words and in whom an order would reach."""
    kept, roster, at = policy_of(code), roster_of(code, _court()), _worst(roster_of(code))
    said = admin_policy_words.differences(kept, new)
    if not said:
        raise Invalid(Fault("", "No hay ningún cambio que guardar.", "Cambie algo, o regrese a la política."))
    overtaken = _version() != (kept.version if kept else 0)
    return _form_page(
        "policy_review",
        code,
        kept,
        status=409 if overtaken else status,
        said=said,
        overtaken=overtaken,
        before=admin_policy_words.foreseen(kept, roster, at, None) if kept else [],
        after=admin_policy_words.foreseen(new, roster, at, None),
        typed=[(name, value) for name, value in request.form.items(multi=True) if name not in OWN],
    )


def _form_page(template: str, code: str, kept: Policy | None, **shown: Any) -> Response:
    return admin_page(
        template,
        station=station_of(code),
        policy=kept,
        at=_worst(roster_of(code)),
        say=admin_policy_words,
        path=f"/admin/estaciones/{code}/politica",
        **shown,
    )


def _tried(typed: Form, roster: Roster) -> list[admin_policy_words.Line]:
    """Whom what was typed would reach; nothing while it is no policy yet."""
    try:
        return admin_policy_words.foreseen(admin_policy_form.read(typed), roster, _worst(roster), None)
    except Invalid:
        return []


def _worst(roster: Roster) -> datetime:
    """The coming Sunday's quarter past three, in the station's time."""
    today = now().astimezone(roster.zone).date()
    sunday = today + timedelta(days=(6 - today.weekday()) or 7)
    return datetime.combine(sunday, WORST_HOUR, roster.zone)


def _court() -> str | None:
    return next((court.code for court in manage.courts(services())), None)


def _version() -> int:
    text = request.form.get("version", "")
    if not text.isdecimal():
        raise Invalid(Fault("version", "El formulario está incompleto.", "Recargue la página."))
    return int(text)
