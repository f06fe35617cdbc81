"""Drills: an invented order that goes the whole way, marked everywhere, counted apart, and over by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from amparo_notify.cases.docket import stations_of
from amparo_notify.cases.ending import shut
from amparo_notify.cases.escalate import gather
from amparo_notify.cases.manage import may
from amparo_notify.cases.services import Caller, Services
from amparo_notify.core.errors import Conflict, Fault, Missing
from amparo_notify.core.events import Grade
from amparo_notify.core.evidence import Actor
from amparo_notify.core.notice import Medium, Purpose, Status, receipt
from amparo_notify.core.policy import Policy
from amparo_notify.core.state import Phase
from amparo_notify.store import drills, escalations, orders, outbox, people
from amparo_notify.store.orders import Order
from amparo_notify.store.outbox import NoticeLine
from amparo_notify.store.people import Station

SHORTEST = timedelta(minutes=30)
"""A drill lasts this long, or one whole round of its policy where that is longer."""

END_EVERY = 10
"""Seconds between two looks for drills to be ended."""

CLOSED_BY = Actor("system:drill")


@dataclass(frozen=True)
class Answer:
    """One person in a drill. Instants are UTC."""

    badge: str
    post: str
    level: int
    told_at: datetime
    media: tuple[tuple[Medium, Status | None], ...]  # how far the first notice by each came
    reached: bool  # some medium's receipt says so
    acknowledged_at: datetime | None
    word: str  # answered | spared (somebody else had acknowledged) | silent

    @property
    def took(self) -> timedelta | None:
        """From the first notice to the acknowledgement."""
        return self.acknowledged_at - self.told_at if self.acknowledged_at else None


@dataclass(frozen=True)
class LevelResult:
    level: int
    told: int
    answered: int
    fastest: timedelta | None


@dataclass(frozen=True)
class DrillResult:
    """What a drill showed at one station."""

    order: Order
    station: Station
    phase: Phase
    over: bool
    ends_at: datetime
    first_answer: timedelta | None  # from the start to the first acknowledgement
    reported: timedelta | None  # from the start to the first report of the outcome
    people: tuple[Answer, ...]
    levels: tuple[LevelResult, ...]

    @property
    def silent(self) -> tuple[Answer, ...]:
        """Who was told, was not spared, and never answered."""
        return tuple(each for each in self.people if each.word == "silent")


# -- the end ------------------------------------------------------------------------------------------------


def end(services: Services, caller: Caller, folio: str, now: datetime) -> None:
    """End a drill before its time. Raises Missing for anything else than a drill, Conflict where it is over."""
    may(caller)
    order_id = _find(services, folio).id
    with services.database.write(order_id) as tx:
        order = orders.get(tx, order_id)
        if order.state.ended:
            raise Conflict(Fault("order", "El simulacro ya terminó.", "Vea sus resultados."))
        shut(services, tx, order, caller.actor, now)


def end_due(services: Services, now: datetime) -> int:
    """End the drills whose time is up, that have been reported, or whose station has a real order; return how many."""
    with services.database.read() as tx:
        due = [each for each in drills.open_ids(tx) if _is_due(tx, each, now)]
    for order_id in due:
        with services.database.write(order_id) as tx:
            order = orders.get(tx, order_id)
            if not order.state.ended:
                shut(services, tx, order, CLOSED_BY, now)
    return len(due)


def _is_due(tx: Connection, order_id: int, now: datetime) -> bool:
    order, stations = orders.get(tx, order_id), stations_of(tx, order_id)
    if now >= _ends_at(tx, order, stations):
        return True
    if stations and all(each.state.phase is Phase.REPORTED for each in stations):
        return True
    return drills.real_order_waits(tx, [each.station for each in stations if each.station is not None])


def _ends_at(tx: Connection, order: Order, stations: Sequence[escalations.Escalation]) -> datetime:
    rounds = [_round(gather(tx, order, each)[0]) for each in stations]
    return order.submitted_at + max([SHORTEST, *rounds])


def _round(policy: Policy) -> timedelta:
    """From an order to the first repeat of its last level's wait."""
    return timedelta(seconds=sum(level.delay for level in policy.levels) + policy.repeat_after)


# -- what it showed -----------------------------------------------------------------------------------------


def listing(services: Services, limit: int = 50) -> list[DrillResult]:
    """The results of the latest drills, newest first; a court's own drill at several stations gives several."""
    with services.database.read() as tx:
        newest = orders.newest(tx, limit=limit, drills=True)
        return [each for order in newest for each in _results(tx, order)]


def results(services: Services, folio: str) -> tuple[DrillResult, ...]:
    """What a drill has shown so far, station by station. Raises Missing for anything else than a drill."""
    order = _find(services, folio)
    with services.database.read() as tx:
        return _results(tx, orders.get(tx, order.id))


def _find(services: Services, folio: str) -> Order:
    with services.database.read() as tx:
        order = orders.find(tx, folio)
    if order is None or not order.drill:
        raise Missing(Fault("folio", f"No existe el simulacro {folio}.", "Revise la lista de simulacros."))
    return order


def _results(tx: Connection, order: Order) -> tuple[DrillResult, ...]:
    stations, lines = stations_of(tx, order.id), outbox.lines(tx, order.id)
    ends_at = _ends_at(tx, order, stations)
    return tuple(_result(tx, order, each, lines, ends_at) for each in stations)


def _result(
    tx: Connection,
    order: Order,
    escalation: escalations.Escalation,
    lines: list[NoticeLine],
    ends_at: datetime,
) -> DrillResult:
    assert escalation.station is not None
    station = people.find_station(tx, id=escalation.station)
    assert station is not None
    heard: dict[str, datetime] = {}
    for row in escalations.acknowledgements(tx, escalation.id):
        if row.grade >= Grade.A2:
            heard.setdefault(row.badge, row.at)
    outcomes = [each.at for each in escalations.outcomes(tx, order.id) if each.escalation == escalation.id]
    chased = [x for x in lines if x.escalation == escalation.id and x.purpose is Purpose.CHASE and x.badge]
    answers = _answers(chased, heard, order.state.ended)
    begun = escalation.state.opened_at
    return DrillResult(
        order=order,
        station=station,
        phase=escalation.state.phase,
        over=order.state.ended,
        ends_at=ends_at,
        first_answer=min(heard.values()) - begun if heard else None,
        reported=min(outcomes) - begun if outcomes else None,
        people=answers,
        levels=_levels(answers),
    )


def _answers(chased: list[NoticeLine], heard: dict[str, datetime], over: bool) -> tuple[Answer, ...]:
    first = min(heard.values(), default=None)
    people_: dict[str, list[NoticeLine]] = {}
    for line in chased:
        people_.setdefault(line.badge, []).append(line)
    answers = []
    for badge, own in people_.items():
        media: dict[Medium, Status | None] = {}
        for line in own:
            media.setdefault(line.medium, line.status)
        word = "answered" if badge in heard else "spared" if first else "silent" if over else "waiting"
        answers.append(
            Answer(
                badge=badge,
                post=own[0].post,
                level=own[0].level,
                told_at=own[0].due_at,
                media=tuple(media.items()),
                reached=any(line.status is not None and receipt(line.medium, line.status) for line in own),
                acknowledged_at=heard.get(badge),
                word=word,
            )
        )
    return tuple(sorted(answers, key=lambda each: (each.told_at, each.level, each.badge)))


def _levels(answers: tuple[Answer, ...]) -> tuple[LevelResult, ...]:
    return tuple(
        LevelResult(
            level,
            len(own := [each for each in answers if each.level == level]),
            sum(each.acknowledged_at is not None for each in own),
            min((each.took for each in own if each.took is not None), default=None),
        )
        for level in sorted({each.level for each in answers})
    )
