"""The lawyer's page: what became of an order, live, for whoever holds its tracking code. It names nobody."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from amparo_notify.cases.track import Entry, OrderView, StationView, lawyer_view
from amparo_notify.core.errors import Missing
from amparo_notify.core.events import Event
from amparo_notify.core.notice import receipt
from amparo_notify.core.order import deadline
from amparo_notify.core.verdict import Conclusion
from amparo_notify.store.outbox import NoticeLine
from amparo_notify.web import words
from amparo_notify.web.context import now, services
from amparo_notify.web.live import fragment
from amparo_notify.web.order_page import next_step
from amparo_notify.web.present import DEFAULT_ZONE
from amparo_notify.web.security import Audience, may

blueprint = Blueprint("lawyer", __name__)

EVERY = 3
"""Seconds between two looks of an open page."""

_TOLD_ELSEWHERE = frozenset(
    {
        Event.ATTEMPTED,
        Event.ACCEPTED,
        Event.REFUSED,
        Event.DELIVERED,
        Event.UNDELIVERED,
        Event.RECEIPT,
        Event.CONFIGURED,
    }
)
"""A notice is one line that changes as it travels, not five."""
_SENTENCES = {
    "held": "El juzgado debe confirmarla antes de que salga.",
    "chasing": "Se está avisando a quienes están de turno. Nadie ha acusado de enterado todavía.",
    "paused": "Alguien contestó por mensaje o llamada. Falta que lea en la página a quién protege la orden.",
    "acknowledged": "La autoridad ya quedó enterada. Se espera que informe qué pasó.",
    "overdue": "La autoridad quedó enterada y no ha informado el resultado a tiempo: se insiste.",
    "reported": "La autoridad informó el resultado.",
    "withdrawn": "El juzgado retiró la orden.",
    "closed": "El juzgado cerró la orden.",
}


@dataclass(frozen=True)
class Moment:
    """One line of the timeline, in Spanish."""

    at: datetime
    title: str
    more: str
    tone: str
    station: str
    zone: str


@blueprint.get("/seguimiento")
@may(Audience.ANYONE)
def ask() -> Answer:
    """A form to type a tracking code."""
    return make_response(render_template("pages/lawyer_ask.html"))


@blueprint.post("/seguimiento")
@may(Audience.ANYONE)
def go() -> Answer:
    """To the page of the code, or of the whole address, that somebody pasted."""
    typed = "".join(request.form.get("code", "").split())
    code = urlsplit(typed).path.rstrip("/").rpartition("/")[2][:200]
    if not code:
        return redirect(url_for("lawyer.ask"), 303)
    return redirect(url_for("lawyer.show", code=code), 303)


@blueprint.get("/s/<code>")
@may(Audience.LINK)
def show(code: str) -> Answer:
    """The order's progress."""
    view = lawyer_view(services(), code, now())
    return make_response(render_template("pages/lawyer_track.html", code=code, every=EVERY, **_shown(view)))


@blueprint.get("/s/<code>/vivo")
@may(Audience.LINK)
def live(code: str) -> Answer:
    """The part that changes, asked for every few seconds."""
    view = lawyer_view(services(), code, now())
    return fragment(render_template("pages/lawyer_live.html", **_shown(view)))


@blueprint.errorhandler(Missing)
def wrong(_refusal: Missing) -> Answer:
    """The same answer for every code that opens nothing."""
    return make_response(render_template("pages/lawyer_wrong.html"), 404)


def _shown(view: OrderView) -> dict[str, object]:
    zone = view.stations[0].time_zone if view.stations else DEFAULT_ZONE
    return {
        "view": view,
        "zone": zone,
        "moments": sorted(_moments(view, zone), key=lambda each: each.at)[::-1],
        "sentences": _SENTENCES,
        "deadline": deadline,
        "next_step": next_step,
    }


# -- the timeline -------------------------------------------------------------------------------------------


def _moments(view: OrderView, zone: str) -> Iterator[Moment]:
    by_code = {station.code: station for station in view.stations}
    posts = {line.badge: line.post for station in view.stations for line in station.notices if line.badge}
    for entry in view.timeline:
        if entry.event in _TOLD_ELSEWHERE:
            continue
        station = by_code.get(entry.station)
        where, there = (station.name, station.time_zone) if station else ("", zone)
        begins = entry.event is Event.ESCALATED and entry.details.get("reason") == "opened"
        title = "Se empezó a avisar" if begins else words.EVENTS[entry.event]
        tone = words.EVENT_TONES.get(entry.event, "")
        yield Moment(entry.at, title, _more(entry, posts), tone, where, there)
        if entry.event is Event.SUBMITTED:
            verdict = Conclusion(entry.details["verdict"])
            yield Moment(entry.at, words.VERDICTS[verdict], "", words.VERDICT_TONES[verdict], "", there)
    for station in view.stations:
        yield from _notices(station)


def _notices(station: StationView) -> Iterator[Moment]:
    """One line for all that was sent to one person at once: SMS, call and mail, each with how far it came."""
    together: dict[tuple[str, str, datetime], list[NoticeLine]] = {}
    for line in station.notices:
        if line.state != "cancelled":
            key = line.badge or "defensa", words.CAUSES[line.cause], line.due_at
            together.setdefault(key, []).append(line)
    for (_, cause, due_at), lines in together.items():
        ways = (
            f"{words.MEDIA[each.medium]}: {words.status_word(each.medium, each.status)}" for each in lines
        )
        title = f"Aviso a {lines[0].post or 'la defensa'}: {cause[0].lower()}{cause[1:]}"
        yield Moment(due_at, title, " · ".join(ways), _tone(lines), station.name, station.time_zone)


def _tone(lines: Iterable[NoticeLine]) -> str:
    """Good as soon as one of them arrived; bad once every one has failed."""
    known = [line for line in lines if line.status]
    if any(receipt(line.medium, line.status) for line in known if line.status):
        return "ok"
    return "bad" if known and all(line.status and line.status.failed for line in known) else ""


def _more(entry: Entry, posts: dict[str, str]) -> str:
    """What a record adds to its title: by whom (their post, never a name), why, and how sure it is."""
    details = entry.details
    parts = [str(details.get("post") or posts.get(str(details.get("officer", "")), ""))]
    reason = str(details.get("reason", ""))
    if entry.event is not Event.SUBMITTED and reason != "opened":
        parts.append(words.REASONS.get(reason, ""))
    if entry.event is Event.ESCALATED and details.get("level"):
        parts.append(f"nivel {details['level']}")
    if entry.event is Event.ACKNOWLEDGED and details.get("medium"):
        parts.append(words.GRADES["A1"])  # type: ignore[index]
    if entry.event is Event.REPORTED:
        parts += [words.word(words.OUTCOMES, str(each["code"])) for each in details.get("outcomes", ())]
    return " · ".join(filter(None, parts))
