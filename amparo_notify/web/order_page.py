"""What the court's live page says of an order: whom, how and how far; what happened, in a line each."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from amparo_notify.cases.track import Entry, OrderView, Reported, StationView
from amparo_notify.core.events import Event
from amparo_notify.core.follow_up import Answerer, Ends, follow_up
from amparo_notify.core.notice import Cause, Medium, Status
from amparo_notify.core.order import OutcomeCode
from amparo_notify.core.order import deadline as deadline
from amparo_notify.core.state import Phase
from amparo_notify.store.outbox import NoticeLine
from amparo_notify.web import words
from amparo_notify.web.present import seconds_words
from amparo_notify.web.words import word

ROUTINE = frozenset(
    {Event.ATTEMPTED, Event.ACCEPTED, Event.REFUSED, Event.DELIVERED, Event.UNDELIVERED, Event.RECEIPT}
)
"""What the table of notices says already, and says better."""


@dataclass(frozen=True)
class Cell:
    """The newest notice to one person by one medium."""

    tone: str
    text: str
    cause: str  # empty for the order itself
    at: datetime | None
    times: int  # how many notices of this medium were written for this person


@dataclass(frozen=True)
class Told:
    """One person and how they were told."""

    post: str
    badge: str  # empty for lawyers
    cells: Mapping[Medium, Cell]


@dataclass(frozen=True)
class Next:
    """What happens next at a station, and when."""

    sentence: str
    at: datetime | None
    past: str  # what the clock says once it has run out


def told(notices: Iterable[NoticeLine]) -> list[Told]:
    """Whom a list of notices reaches: a row a person, in the order in which they were first told."""
    people: dict[str, list[NoticeLine]] = {}
    for line in notices:
        people.setdefault(line.badge, []).append(line)
    return [
        Told(lines[0].post or "Abogadas y abogados", badge, _cells(lines)) for badge, lines in people.items()
    ]


def _cells(lines: list[NoticeLine]) -> dict[Medium, Cell]:
    cells: dict[Medium, Cell] = {}
    for medium in Medium:
        own = [line for line in lines if line.medium is medium]
        shown = [line for line in own if line.state != "cancelled"] or own
        if shown:
            cells[medium] = _cell(shown[-1], len(shown))
    return cells


def _cell(line: NoticeLine, times: int) -> Cell:
    at = line.at or line.due_at
    cause = "" if line.cause in (Cause.ORDER, Cause.HOLD) else words.CAUSES[line.cause]
    if line.state == "cancelled":
        return Cell("quiet", "Ya no hizo falta", cause, at, times)
    tone = words.STATUS_TONES[line.status] if line.status else "info"
    if line.medium is Medium.VOICE and line.status is Status.DELIVERED:
        tone = "warn"  # a voicemail answers too
    return Cell(tone, words.status_word(line.medium, line.status), cause, at, times)


def next_step(station: StationView) -> Next:
    """What a station's clock is running towards."""
    if station.phase is Phase.HELD:
        return Next("Saldrá en cuanto el juzgado la confirme.", None, "")
    if station.phase is Phase.PAUSED:
        return Next("Alguien debe abrir y leer la orden en", station.display_due, "se insiste ahora")
    if station.phase is Phase.ACKNOWLEDGED:
        return Next("Debe informarse el resultado en", station.outcome_due, "se insiste ahora")
    if station.phase is Phase.REPORTED:
        return Next("Hay resultado de cada persona. Falta que el juzgado cierre la orden.", None, "")
    if station.phase in (Phase.WITHDRAWN, Phase.CLOSED):
        return Next("No se avisa a nadie más.", None, "")
    if station.level < station.levels:
        sentence = f"Si nadie contesta, se avisa al nivel {station.level + 1} de {station.levels} en"
    else:
        sentence = f"Todos los niveles están avisados. La ronda {station.round + 1} empieza en"
    return Next(sentence, station.next_at, "avisando ahora")


def asked(view: OrderView, station: StationView) -> list[tuple[int, str]]:
    """What a station's newest reports ask of the court, person by person; nothing once the court has done it."""
    if view.order.state.ended:
        return []
    newest = {each.position: each for each in station.outcomes}
    steps = [(each, follow_up(each.code)) for each in newest.values()]
    return [
        (each.position, step.asks)
        for each, step in steps
        if step.of is Answerer.COURT
        and not (step.ends is Ends.NEW_STATION and _looked_after(view, station, each))
    ]


def _looked_after(view: OrderView, station: StationView, report: Reported) -> bool:
    """Whether another station has come since a report, or had the person all along and does not deny it."""
    for other in view.stations:
        codes = [each.code for each in other.outcomes if each.position == report.position]
        denies = codes[-1:] == [OutcomeCode.WRONG_STATION]
        there = other.opened_at > report.at or report.code is OutcomeCode.WRONG_STATION
        if other is not station and there and not denies:
            return True
    return False


def milestones(view: OrderView) -> list[Entry]:
    """What happened, the newest first, without what the table of notices says."""
    return [entry for entry in reversed(view.timeline) if entry.event not in ROUTINE]


def posts(view: OrderView) -> dict[str, str]:
    """Badge to post, of everybody who was told."""
    lines = [line for station in view.stations for line in station.notices]
    return {line.badge: line.post for line in (*lines, *view.hold_notices) if line.badge}


def title(entry: Entry) -> str:
    """The name of an event, with its level where it has one."""
    if entry.event is Event.ESCALATED and entry.details.get("level"):
        return f"Se avisó al nivel {entry.details['level']}" if entry.station else "Se avisó al juzgado"
    return words.EVENTS[entry.event]


def sentence(entry: Entry, known: Mapping[str, str]) -> str:
    """What a line of the timeline adds to the name of its event; empty where the name says it all."""
    details = entry.details
    parts = [_who(entry, known)]
    if medium := details.get("medium"):
        parts.append(word(words.MEDIA, str(medium)))
    if entry.event in (Event.ESCALATED, Event.SKIPPED, Event.COPIED, Event.SHIFT_CHANGED):
        parts.append(_recipients(details, known))
    if verdict := details.get("verdict"):
        parts.append(word(words.VERDICTS, str(verdict)).lower())
    if (reason := str(details.get("reason") or "")) and reason != "opened":
        parts.append(words.REASONS.get(reason, reason if entry.event in ROUTINE else ""))
    if entry.event is Event.STATION_ADDED:
        parts.append(str(details.get("station", "")))
    if grade := details.get("grade"):
        parts.append(word(words.GRADES, str(grade)))
    if outcomes := details.get("outcomes"):
        parts.extend(_outcome(each) for each in outcomes)
    if kind := details.get("kind"):
        parts.append(word(words.DOCUMENTS, str(kind)))
    if sent := details.get("sent_at"):
        late = entry.at - datetime.fromisoformat(str(sent))
        parts.append(f"enviado {seconds_words(int(late.total_seconds()))} antes, leído tarde")
    if details.get("refused"):
        parts.append("no se aceptó: la orden sigue")
    return " · ".join(filter(None, parts))


def _who(entry: Entry, known: Mapping[str, str]) -> str:
    to = str(entry.details.get("to") or entry.details.get("officer") or "")
    badge = to.removeprefix("officer:")
    if badge.startswith("lawyer:"):
        return f"abogada/o {badge.removeprefix('lawyer:')}"
    post = str(entry.details.get("post") or known.get(badge, ""))
    return f"{post} ({badge})" if post and badge else post or badge


def _recipients(details: Mapping[str, object], known: Mapping[str, str]) -> str:
    recipients = details.get("recipients")
    badges = [str(each["officer"]) for each in recipients] if isinstance(recipients, list) else []
    return ", ".join(dict.fromkeys(f"{known.get(badge, 'oficial')} ({badge})" for badge in badges))


def _outcome(each: object) -> str:
    if not isinstance(each, Mapping):
        return str(each)
    return f"persona {each.get('person', '')}: {word(words.OUTCOMES, str(each.get('code', ''))).lower()}"


def earliest(view: OrderView) -> datetime | None:
    """The earliest departure of the order's persons (UTC)."""
    return min((each.person.departs_at for each in view.persons if each.person.departs_at), default=None)


def closing(view: OrderView) -> datetime | None:
    """The instant by which the first return must be stopped (UTC)."""
    return deadline(earliest(view))


def tag(view: OrderView) -> str:
    """An entity tag: the same while nothing of the order has changed, on any host. The clocks run in the page."""
    return hashlib.sha256(repr(view).encode()).hexdigest()[:32]
