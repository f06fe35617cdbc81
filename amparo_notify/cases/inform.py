"""Telling people what became of an order: those who were told of it, its court, and its lawyers."""

from datetime import datetime

from sqlalchemy import Connection

from amparo_notify.cases.escalate import write_notices
from amparo_notify.cases.services import Services
from amparo_notify.core.escalation import Owed
from amparo_notify.core.notice import Cause, Medium, Purpose
from amparo_notify.core.roster import Officer
from amparo_notify.store import escalations, orders, outbox, people
from amparo_notify.store.escalations import Escalation
from amparo_notify.store.orders import Order

QUIET = (Medium.SMS, Medium.EMAIL)
"""What only informs does not ring."""


def inform(
    services: Services,
    tx: Connection,
    order: Order,
    cause: Cause,
    event: int,
    now: datetime,
    *,
    detail: str = "",
    only: int | None = None,
    but: str = "",
    lawyers: bool = True,
) -> None:
    """Write notices of `cause` to everyone with a notice of the order, to the court's contacts and to the lawyers.

    COMAR's desk, where it got a copy, gets another: it is told what became of the order and asked nothing.
    `event` is the record that it is about: the same event is told once. `only`: of one escalation. `but`: a badge that
    knows already. What informs always goes out, whoever has acknowledged.
    """
    stations = [each for each in escalations.of_order(tx, order.id) if not each.is_hold]
    chosen = [each for each in stations if only in (None, each.id)]
    court = people.officers(tx, court_id=order.court)
    told = {(escalation_id, badge) for escalation_id, _, badge in outbox.recipients(tx, order.id)}
    for escalation in chosen:
        everyone = people.everyone(
            tx, sorted({badge for where, badge in told if where == escalation.id} - {but})
        )
        for officer in (everyone | court).values():
            what = (Cause.COPY, str(cause)) if officer.desk else (cause, detail)
            _tell(services, tx, escalation, officer, *what, event, now)
    if lawyers and stations:
        tell_lawyers(
            tx, order, stations[0], cause, event, now, orders.lawyer_ids(tx, order.id), detail=detail
        )
    services.database.wake(tx)


def alarm_court(
    services: Services,
    tx: Connection,
    order: Order,
    escalation: Escalation,
    event: int,
    detail: str,
    now: datetime,
) -> None:
    """Tell the court's own duty contacts that something needs a person; by voice too."""
    for officer in people.officers(tx, court_id=order.court).values():
        _tell(services, tx, escalation, officer, Cause.ALARM, detail, event, now, (*QUIET, Medium.VOICE))
    services.database.wake(tx)


def alarm_headquarters(
    services: Services, tx: Connection, escalation: Escalation, event: int, detail: str, now: datetime
) -> None:
    """Tell headquarters what a station cannot settle; by voice too."""
    for officer in people.officers(tx).values():
        _tell(services, tx, escalation, officer, Cause.ALARM, detail, event, now, (*QUIET, Medium.VOICE))
    services.database.wake(tx)


def _tell(
    services: Services,
    tx: Connection,
    escalation: Escalation,
    officer: Officer,
    cause: Cause,
    detail: str,
    event: int,
    now: datetime,
    media: tuple[Medium, ...] = QUIET,
) -> None:
    places = {each.medium: each.position for each in reversed(officer.contacts) if each.usable}
    notices = [
        Owed(
            badge=officer.badge,
            medium=medium,
            contact=places[medium],
            purpose=Purpose.INFORM,
            cause=cause,
            round=event,
            level=escalation.state.level,
            first=False,
            due_at=now,
            detail=detail,
        )
        for medium in media
        if medium in places
    ]
    write_notices(services, tx, escalation, notices)


def tell_lawyers(
    tx: Connection,
    order: Order,
    escalation: Escalation,
    cause: Cause,
    event: int,
    now: datetime,
    lawyers: list[int],
    *,
    detail: str = "",
) -> None:
    """Write one mail to each of these lawyers."""
    rows = [
        {
            "orders": order.id,
            "officer": None,
            "lawyer": lawyer_id,
            "medium": str(Medium.EMAIL),
            "contact": 0,
            "purpose": str(Purpose.INFORM),
            "cause": str(cause),
            "round": event,
            "level": 0,
            "rank": 1,
            "detail": detail,
            "plan_key": f"lawyer:{lawyer_id}:{cause}:{event}:{detail}",
            "due_at": now,
        }
        for lawyer_id in lawyers
    ]
    outbox.write(tx, escalation.id, rows)


def announce(services: Services, tx: Connection, order: Order, now: datetime) -> None:
    """Mail the lawyers their tracking code."""
    lawyers = orders.lawyer_ids(tx, order.id)
    if lawyers:
        stations = [each for each in escalations.of_order(tx, order.id) if not each.is_hold]
        tell_lawyers(tx, order, stations[0], Cause.TRACKING, 0, now, lawyers)
        services.database.wake(tx)


def tracking_code(services: Services, order_id: int) -> str:
    """The lawyers' code of an order: always the same, and only its hash is kept."""
    return services.tokens.token("tracking", order_id)
