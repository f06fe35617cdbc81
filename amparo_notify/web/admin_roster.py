"""A station's roster: its calendar, and forms that change it. Every change is reviewed before it is saved."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

from flask import Blueprint, make_response, redirect, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from amparo_notify.cases import agenda, manage, roster_file, versions
from amparo_notify.core.coverage import Worry
from amparo_notify.core.errors import Conflict, Fault, Invalid, Refusal
from amparo_notify.core.roster import Roster
from amparo_notify.core.roster_change import changes, horizon
from amparo_notify.web import admin_calendar, admin_cycles, admin_roster_form, admin_roster_words
from amparo_notify.web import admin_rotation_form as rotations
from amparo_notify.web.admin import admin_page, roster_of, station_of
from amparo_notify.web.admin_roster_form import Form
from amparo_notify.web.auth import caller
from amparo_notify.web.context import now, services
from amparo_notify.web.security import Audience, may

blueprint = Blueprint("admin_roster", __name__, url_prefix="/admin/estaciones/<code>/rol")

Edit = Callable[[Roster], Roster]
MOST_SHOWN = 14
"""Changes of duty that a review lists; it says how many more there are."""
FILE_BYTES = 1 << 20
LONGEST = 150_000
"""Characters of a file: the review carries them in its form. A roster of a thousand shifts has half of it."""
OWN = ("csrf_token", "step", "version", "accepted")
"""Fields of the review itself; all others are the form that is reviewed."""


def roster_page(template: str, code: str, kept: Roster, **shown: Any) -> Response:
    """One of the roster's pages, with what all of them know."""
    return admin_page(
        template,
        station=station_of(code),
        roster=kept,
        base=f"/admin/estaciones/{code}/rol",
        say=admin_roster_words,
        cycle=admin_cycles.words,
        people=admin_roster_form.everybody(kept),
        **shown,
    )


# -- looking ------------------------------------------------------------------------------------------------


@blueprint.get("")
@may(Audience.ADMIN)
def show(code: str, **shown: Any) -> Response:
    """Who is on duty now, and a fortnight's calendar."""
    station_of(code)
    kept = roster_of(code)
    first = _first_day(kept)
    return roster_page(
        "roster",
        code,
        kept,
        calendar=admin_calendar.calendar(kept, first),
        duty=admin_calendar.on_duty(kept, now()),
        worries=admin_calendar.worries(kept, now()),
        earlier=first - admin_calendar.AHEAD,
        later=first + admin_calendar.AHEAD,
        coming=sorted((o for o in kept.overrides if o.end > now()), key=lambda o: o.start),
        key=admin_roster_form.key,
        **shown,
    )


def _first_day(kept: Roster) -> date:
    """The local day that is asked for, or today."""
    try:
        asked = date.fromisoformat(request.args.get("desde", ""))
        if asked.year in admin_roster_form.YEARS:
            return asked
    except ValueError:
        pass
    return now().astimezone(kept.zone).date()


# -- reviewing and saving -----------------------------------------------------------------------------------


def settle(code: str, edit: Edit, again: Callable[..., Response], typed: Form | None = None) -> Response:
    """Show what a form would change, or save it once that was seen; the form again where something is wrong."""
    typed = request.form if typed is None else typed
    step = request.form.get("step", "")
    if step == "correct":
        return again(code, typed=typed)
    try:
        if step != "save":
            return _review(code, edit, typed)
        new = edit(roster_of(code))
        over, accepted = _version(), request.form.get("accepted", "")
        manage.save_roster(services(), caller(), code, new, now(), over=over, accepted=accepted)
    except Conflict:
        return _review(code, edit, typed, status=409)
    except Refusal as refusal:
        return again(code, status=refusal.status, faults=refusal.faults, typed=typed)
    return redirect(f"/admin/estaciones/{code}/rol?hecho=1", 303)


def _version() -> int:
    """The version that a form was begun from. Raises Invalid where it does not say."""
    text = request.form.get("version", "")
    if not text.isdecimal():
        raise Invalid(Fault("version", "El formulario está incompleto.", "Recargue la página."))
    return int(text)


def _review(code: str, edit: Edit, typed: Form, status: int = 200) -> Response:
    """What would change: in words, in who serves when, in what it leaves uncovered. Raises Refusal."""
    kept = roster_of(code)
    new = edit(kept).checked()
    said, over = admin_roster_words.differences(kept, new), _version()
    if not said:
        raise Invalid(Fault("", "No hay ningún cambio que guardar.", "Cambie algo, o regrese al rol."))
    served = changes(kept, new, now(), horizon(kept, new, now()))
    known = {concern.sentence for concern in admin_calendar.worries(kept, now())}
    lost = versions.lost_by(kept, new, now())
    return roster_page(
        "roster_review",
        code,
        kept,
        status=409 if over != kept.version else status,
        said=said,
        served=served[:MOST_SHOWN],
        more=len(served[MOST_SHOWN:]),
        lost=[loss.sentence(new) for loss in lost],
        acceptance=versions.acceptance(lost),
        luck=[
            each.sentence
            for each in admin_calendar.worries(new, now())
            if each.sentence not in known and not (lost and each.kind is Worry.GAP)
        ],
        meanwhile=_meanwhile(code, over, kept),
        typed=[(name, value) for name, value in typed.items(multi=True) if name not in OWN],
    )


def _meanwhile(code: str, over: int, kept: Roster) -> list[tuple[versions.Kept, list[str]]]:
    """The versions that others wrote after the one that a form was begun from, oldest first, each in words."""
    if over >= kept.version:
        return []
    since = versions.history(services(), code, limit=kept.version - over + 1)[::-1]
    return _in_words(since)


def _in_words(kept: list[versions.Kept]) -> list[tuple[versions.Kept, list[str]]]:
    """Each version but the oldest, with what it changed."""
    return [
        (each, admin_roster_words.differences(before.roster, each.roster)) for before, each in pairwise(kept)
    ]


# -- substitutions and swaps --------------------------------------------------------------------------------


@blueprint.get("/sustitucion")
@may(Audience.ADMIN)
def substitution(code: str, **shown: Any) -> Response:
    """The form for somebody to serve in somebody's place; the address may fill it in."""
    typed = shown.pop("typed", request.args)
    return roster_page("roster_cover", code, roster_of(code), typed=typed, **shown)


@blueprint.post("/sustitucion")
@may(Audience.ADMIN)
def substitute(code: str) -> Response:
    """Review or save a substitution."""
    return settle(code, lambda kept: admin_roster_form.substituted(request.form, kept, now()), substitution)


@blueprint.post("/sustitucion/terminar")
@may(Audience.ADMIN)
def end_substitution(code: str) -> Response:
    """Review or do the end of a substitution; one that has not begun disappears."""
    return settle(code, lambda kept: admin_roster_form.ended(request.form, kept, now()), _show_again)


def _show_again(code: str, typed: Form, **shown: Any) -> Response:
    return show(code, **shown)


@blueprint.get("/intercambio")
@may(Audience.ADMIN)
def exchange(code: str, **shown: Any) -> Response:
    """Two people to choose, then a turn of each."""
    kept, typed = roster_of(code), shown.pop("typed", request.args)
    chosen = [typed.get(name, "") for name in ("one", "other")]
    ahead = {badge: admin_roster_form.turns_ahead(kept, badge, now()) for badge in chosen if badge}
    return roster_page(
        "roster_swap", code, kept, typed=typed, ahead=ahead, turn_key=admin_roster_form.turn_key, **shown
    )


@blueprint.post("/intercambio")
@may(Audience.ADMIN)
def swap(code: str) -> Response:
    """Review or save a swap."""
    return settle(code, lambda kept: admin_roster_form.swapped(request.form, kept, now()), exchange)


# -- rotations ----------------------------------------------------------------------------------------------


@blueprint.get("/rotacion")
@may(Audience.ADMIN)
def rotation(code: str, **shown: Any) -> Response:
    """The form of a rotation: a new one, or the one that is named."""
    kept = roster_of(code)
    named = next((each for each in kept.rotations if each.name == request.args.get("nombre")), None)
    today = now().astimezone(kept.zone).date()
    typed: Form = shown.pop("typed", None) or (
        rotations.rotation_fields(named) if named else rotations.fresh_rotation(today)
    )
    return roster_page(
        "roster_rotation",
        code,
        kept,
        typed=typed,
        presets=admin_cycles.PRESETS.values(),
        other=admin_cycles.OTHER,
        lines=rotations.shift_lines(typed, more=typed.get("step") == "more"),
        **shown,
    )


@blueprint.post("/rotacion")
@may(Audience.ADMIN)
def save_rotation(code: str) -> Response:
    """Review or save a rotation."""
    if request.form.get("step") == "more":
        return rotation(code, typed=request.form)
    return settle(code, lambda kept: rotations.rotated(request.form, kept), rotation)


@blueprint.post("/rotacion/quitar")
@may(Audience.ADMIN)
def remove_rotation(code: str) -> Response:
    """Review or do away with a rotation."""
    return settle(code, lambda kept: rotations.unrotated(request.form, kept), _show_again)


# -- versions -----------------------------------------------------------------------------------------------


@blueprint.get("/historial")
@may(Audience.ADMIN)
def history(code: str, **shown: Any) -> Response:
    """Who changed what, newest first; and what differs between any two versions."""
    kept = roster_of(code)
    before = request.args.get("antes", type=int)
    found = versions.history(services(), code, before, limit=MOST_SHOWN + 1)
    return roster_page(
        "roster_history",
        code,
        kept,
        first=[found[-1]] if found and len(found) <= MOST_SHOWN else [],
        listed=_in_words(found[::-1])[::-1],
        compared=_compared(code),
        **shown,
    )


def _compared(code: str) -> tuple[int, int, list[str]] | None:
    """The two versions that are asked for, and what differs; None where they are not there."""
    asked = [request.args.get(name, type=int) for name in ("de", "a")]
    found = [_kept(code, number) for number in asked if number]
    if len(found) < 2 or not all(found):
        return None
    one, other = (each.roster for each in found if each)
    return one.version, other.version, admin_roster_words.differences(one, other)


def _kept(code: str, version: int) -> versions.Kept | None:
    newest = versions.history(services(), code, before=version + 1, limit=1)
    return next((each for each in newest if each.roster.version == version), None)


@blueprint.post("/historial/<int:version>/restaurar")
@may(Audience.ADMIN)
def restore(code: str, version: int) -> Response:
    """Review or write an older version again, as a new one."""

    def edit(kept: Roster) -> Roster:
        old = _kept(code, version)
        if old is None:
            raise Invalid(Fault("version", f"No existe la versión {version}.", "Elija otra."))
        return old.roster

    return settle(code, edit, _history_again)


def _history_again(code: str, typed: Form, **shown: Any) -> Response:
    return history(code, **shown)


# -- files and calendars ------------------------------------------------------------------------------------


@blueprint.get("/archivos")
@may(Audience.ADMIN)
def files(code: str, **shown: Any) -> Response:
    """The roster as files, a form to import one, and the address of each person's calendar."""
    typed: Form = shown.pop("typed", MultiDict())
    return roster_page(
        "roster_files",
        code,
        roster_of(code),
        text=typed.get("text", ""),
        kinds=roster_file.KINDS,
        calendar=lambda badge: agenda.address(services(), badge),
        **shown,
    )


@blueprint.get("/archivos/<any(csv, ics, json):kind>")
@may(Audience.ADMIN)
def export(code: str, kind: str) -> Response:
    """The roster as a file."""
    station_of(code)
    response = make_response(roster_file.written(roster_of(code), kind, now()))
    response.headers["Content-Type"] = f"{roster_file.KINDS[kind]}; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="rol-{code}.{kind}"'
    return response


@blueprint.post("/archivos")
@may(Audience.ADMIN, body=FILE_BYTES)
def take_file(code: str) -> Response:
    """Review or save the roster of a file. Its text stays in the form, to be put right there."""
    file = request.files.get("file")
    text = roster_file.text_of(file.read()) if file and file.filename else request.form.get("text", "")
    typed = MultiDict([*request.form.items(multi=True)])
    typed["text"] = text

    def edit(kept: Roster) -> Roster:
        if not text.strip():
            raise Invalid(Fault("file", "Falta el archivo.", "Elija uno, o pegue su texto."))
        if len(text) > LONGEST:
            raise Invalid(Fault("file", "El archivo es demasiado grande.", "Impórtelo desde la consola."))
        found = roster_file.read(text, kept)
        whole = replace(
            found.roster, station=kept.station, time_zone=kept.time_zone, officers=kept.officers, court=()
        )
        if faults := whole.faults():
            raise Invalid(*found.located(faults))
        return whole

    return settle(code, edit, files, typed)
