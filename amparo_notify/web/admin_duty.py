"""Stations and their policies: whom an order would reach."""

import json
from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from amparo_notify.cases import manage
from amparo_notify.core.errors import Fault, Invalid, Refusal
from amparo_notify.core.policy import DEFAULT_POLICY, policy_from_json, policy_to_json
from amparo_notify.web import roster_page
from amparo_notify.web.admin import admin_page, do, field, policy_of, roster_of, station_of
from amparo_notify.web.auth import caller
from amparo_notify.web.context import now, services
from amparo_notify.web.court_form import departure
from amparo_notify.web.present import PLACES
from amparo_notify.web.security import Audience, may

blueprint = Blueprint("admin_duty", __name__, url_prefix="/admin/estaciones")


@blueprint.get("")
@may(Audience.ADMIN)
def stations(**shown: Any) -> Response:
    """The stations."""
    return admin_page("stations", stations=manage.stations(services()), zones=PLACES, **shown)


@blueprint.post("")
@may(Audience.ADMIN)
def add_station() -> Response:
    """Add a station in its own zone."""

    def deed() -> None:
        fields = (field("code").upper(), field("name"), field("time_zone"), field("phone"))
        manage.add_station(services(), caller(), *fields, now())

    return do(stations, deed, "")


def _json(name: str) -> dict[str, object]:
    try:
        value = json.loads(request.form.get(name, ""))
    except (ValueError, RecursionError) as error:
        raise Invalid(Fault(name, f"No es JSON: {error}.", "Revise comillas, comas y llaves.")) from error
    if not isinstance(value, dict):
        raise Invalid(Fault(name, "No es un objeto.", "Escríbalo entre llaves."))
    return value


@blueprint.get("/<code>/politica")
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
    lines = roster_page.foreseen(kept, roster_of(code, of), at, departs) if kept else []
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
        target=roster_page.target_words,
        text=shown.pop("text", "")
        or json.dumps(policy_to_json(kept or DEFAULT_POLICY), ensure_ascii=False, indent=1),
        **shown,
    )


@blueprint.post("/<code>/politica")
@may(Audience.ADMIN)
def save_policy(code: str) -> Response:
    """Keep a new version of a policy; escalations under way keep theirs."""
    station_of(code)
    try:
        manage.save_policy(services(), caller(), code, policy_from_json(_json("policy")), now())
    except Refusal as refusal:
        return policy(code, status=refusal.status, faults=refusal.faults, text=request.form.get("policy", ""))
    return redirect(f"/admin/estaciones/{code}/politica?hecho=1", 303)
