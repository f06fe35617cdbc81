"""Escalations, the links that officers open, acknowledgements and outcomes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    func,
    insert,
    literal,
    select,
    update,
)

from amparo_notify.core.escalation import Phase, State
from amparo_notify.core.notice import Cause
from amparo_notify.core.order import OutcomeCode
from amparo_notify.store.tables import (
    OPEN_PHASES,
    acknowledgement,
    escalation,
    link,
    notice,
    officer,
    outcome,
    person,
    receipt,
    station,
)


@dataclass(frozen=True)
class Escalation:
    """One (order, station), or the hold of an order (no station)."""

    id: int
    order: int
    station: int | None
    policy: int | None
    state: State
    next_at: datetime | None

    @property
    def is_hold(self) -> bool:
        return self.station is None

    @property
    def is_open(self) -> bool:
        return self.state.phase in OPEN_PHASES


@dataclass(frozen=True)
class Brief:
    """What a message says of an escalation: where, until when, and when the next step makes the message stale."""

    station: int | None
    departs_at: datetime | None
    next_at: datetime | None


@dataclass(frozen=True)
class Link:
    id: int
    escalation: int
    officer: int
    badge: str
    reply_code: str
    expires_at: datetime
    displayed_at: datetime | None


@dataclass(frozen=True)
class Outcome:
    person: int
    position: int
    code: OutcomeCode
    at: datetime
    escalation: int
    post: str
    details_sealed: bytes
    nonce: str


def add(
    tx: Connection,
    order_id: int,
    station_id: int | None,
    policy_id: int | None,
    state: State,
    next_at: datetime | None,
) -> int:
    values = _columns(state) | {
        "orders": order_id,
        "station": station_id,
        "policy": policy_id,
        "next_at": next_at,
    }
    return int(tx.execute(insert(escalation).values(**values).returning(escalation.c.id)).scalar_one())


def save(tx: Connection, escalation_id: int, state: State, next_at: datetime | None) -> None:
    tx.execute(
        update(escalation).where(escalation.c.id == escalation_id).values(**_columns(state), next_at=next_at)
    )


def _columns(state: State) -> dict[str, object]:
    return {
        "phase": str(state.phase),
        "cause": str(state.cause),
        "opened_at": state.opened_at,
        "round": state.round,
        "level": state.level,
        "fired_at": state.fired_at,
        "display_due": state.display_due,
        "outcome_due": state.outcome_due,
    }


def hurry(tx: Connection, escalation_id: int, now: datetime) -> None:
    """Have an open escalation planned anew at once."""
    open_ = escalation.c.phase.in_(OPEN_PHASES)
    tx.execute(update(escalation).where(escalation.c.id == escalation_id, open_).values(next_at=now))


def postpone(tx: Connection, escalation_id: int, at: datetime) -> None:
    """Look at an escalation again later: it could not be planned now."""
    tx.execute(update(escalation).where(escalation.c.id == escalation_id).values(next_at=at))


def open_at(tx: Connection, station_id: int) -> list[tuple[int, int]]:
    """(escalation, order) of a station's open escalations."""
    which = (escalation.c.station == station_id) & escalation.c.phase.in_(OPEN_PHASES)
    rows = tx.execute(select(escalation.c.id, escalation.c.orders).where(which).order_by(escalation.c.orders))
    return [(row.id, row.orders) for row in rows]


def due(tx: Connection, now: datetime, limit: int = 100) -> list[tuple[int, int]]:
    """(escalation, order) of those to be planned, by order."""
    found = (
        select(escalation.c.id, escalation.c.orders)
        .where(escalation.c.next_at.is_not(None), escalation.c.next_at <= now)
        .order_by(escalation.c.next_at)
        .limit(limit)
    )
    return sorted(((row.id, row.orders) for row in tx.execute(found)), key=lambda pair: pair[1])


NEXT_DUE = select(func.min(escalation.c.next_at)).where(escalation.c.next_at.is_not(None)).scalar_subquery()
"""The next instant at which some escalation must be planned."""


def _settled(order_id: ColumnElement[int]) -> Select[tuple[int]]:
    """The persons of an order of whom some station's newest report asks nothing more."""
    later, of = outcome.alias(), escalation.alias()
    corrected = (
        select(later.c.id)
        .where(later.c.escalation == outcome.c.escalation, later.c.person == outcome.c.person)
        .where(later.c.id > outcome.c.id)
        .correlate(outcome)
    )
    return (
        select(outcome.c.person)
        .join(of, of.c.id == outcome.c.escalation)
        .where(of.c.orders == order_id, ~corrected.exists())
        .where(outcome.c.code.in_([code for code in OutcomeCode if code.settles]))
    )


_DEPARTS_AT = (
    select(func.min(person.c.departs_at))
    .where(
        person.c.orders == escalation.c.orders,
        person.c.id.not_in(_settled(escalation.c.orders).correlate(escalation)),
    )
    .correlate(escalation)
    .scalar_subquery()
    .label("departs_at")
)
"""The earliest departure of a person of an escalation's order of whom nothing is settled yet."""

_WHOLE = select(escalation, _DEPARTS_AT)

_TOLD = (
    select(officer.c.badge)
    .join(notice, notice.c.officer == officer.c.id)
    .where(notice.c.escalation == bindparam("escalation"))
    .distinct()
)

_BRIEFS = select(escalation.c.id, escalation.c.station, escalation.c.next_at, _DEPARTS_AT).where(
    escalation.c.id.in_(bindparam("ids", expanding=True))
)


def get(tx: Connection, escalation_id: int) -> Escalation:
    return _kept(tx, tx.execute(_WHOLE.where(escalation.c.id == escalation_id)).one())


def of_order(tx: Connection, order_id: int) -> list[Escalation]:
    rows = tx.execute(_WHOLE.where(escalation.c.orders == order_id).order_by(escalation.c.id)).all()
    return [_kept(tx, row) for row in rows]


def _kept(tx: Connection, row: Row[tuple[object, ...]]) -> Escalation:
    told = tx.scalars(_TOLD, {"escalation": row.id})
    state = State(
        phase=Phase(row.phase),
        opened_at=row.opened_at,
        departs_at=row.departs_at,
        round=row.round,
        level=row.level,
        fired_at=row.fired_at,
        display_due=row.display_due,
        outcome_due=row.outcome_due,
        told=frozenset(told),
        adrift=row.phase == Phase.REPORTED and _adrift(tx, row.id, row.orders),
        cause=Cause(row.cause),
    )
    return Escalation(row.id, row.orders, row.station, row.policy, state, row.next_at)


def _adrift(tx: Connection, escalation_id: int, order_id: int) -> bool:
    """Whether every station has reported and somebody of the order is no station's.

    True of the order's last escalation alone: one of them calls the court.
    """
    stations = select(escalation.c.id, escalation.c.phase).where(
        escalation.c.orders == order_id, escalation.c.station.is_not(None)
    )
    phases = {row.id: row.phase for row in tx.execute(stations)}
    if escalation_id != max(phases) or set(phases.values()) != {Phase.REPORTED}:
        return False
    lost = select(person.c.id).where(
        person.c.orders == order_id, person.c.id.not_in(_settled(literal(order_id)))
    )
    return tx.execute(lost.limit(1)).first() is not None


def briefs(tx: Connection, escalation_ids: Iterable[int]) -> dict[int, Brief]:
    """What messages say of escalations, by id, in one look."""
    found = tx.execute(_BRIEFS, {"ids": list(escalation_ids)})
    return {row.id: Brief(row.station, row.departs_at, row.next_at) for row in found}


# -- links --------------------------------------------------------------------------------------------------


def link_of(tx: Connection, escalation_id: int, officer_id: int) -> Link | None:
    return _link(tx, (link.c.escalation == escalation_id) & (link.c.officer == officer_id))


def link_by_hash(tx: Connection, token_hash: str) -> Link | None:
    return _link(tx, link.c.token_hash == token_hash)


def link_by_code(tx: Connection, reply_code: str) -> Link | None:
    return _link(tx, link.c.reply_code == reply_code)


def get_link(tx: Connection, link_id: int) -> Link | None:
    return _link(tx, link.c.id == link_id)


def _link(tx: Connection, which: object) -> Link | None:
    row = tx.execute(
        select(link, officer.c.badge).join(officer, officer.c.id == link.c.officer).where(which)  # type: ignore[arg-type]
    ).first()
    return _link_of(row) if row else None


def _link_of(row: Row[tuple[object, ...]]) -> Link:
    return Link(
        row.id, row.escalation, row.officer, row.badge, row.reply_code, row.expires_at, row.displayed_at
    )


def add_link(
    tx: Connection, escalation_id: int, officer_id: int, reply_code: str, expires_at: datetime
) -> int:
    """Insert a link; its token's hash follows by `name_link`, for the token is made from the id."""
    added = insert(link).values(
        escalation=escalation_id,
        officer=officer_id,
        reply_code=reply_code,
        token_hash=f"unnamed:{reply_code}",
        expires_at=expires_at,
    )
    return int(tx.execute(added.returning(link.c.id)).scalar_one())


def name_link(tx: Connection, link_id: int, token_hash: str) -> None:
    tx.execute(update(link).where(link.c.id == link_id).values(token_hash=token_hash))


def code_taken(tx: Connection, reply_code: str) -> bool:
    return tx.execute(select(link.c.id).where(link.c.reply_code == reply_code)).first() is not None


def mark_link(tx: Connection, link_id: int, **columns: object) -> None:
    tx.execute(update(link).where(link.c.id == link_id).values(**columns))


def forget_displays(tx: Connection, escalation_id: int) -> None:
    """Nobody has read this escalation's order as it is now: a document came that must be read too."""
    tx.execute(update(link).where(link.c.escalation == escalation_id).values(displayed_at=None))


def opened_at(tx: Connection, link_id: int) -> datetime | None:
    return tx.execute(select(link.c.opened_at).where(link.c.id == link_id)).scalar()


# -- acknowledgements, outcomes, receipts -------------------------------------------------------------------


def add_acknowledgement(tx: Connection, **columns: object) -> None:
    tx.execute(insert(acknowledgement).values(**columns))


def acknowledgements(tx: Connection, escalation_id: int) -> list[Row[tuple[object, ...]]]:
    """Rows with the officer's badge and post, oldest first."""
    found = (
        select(acknowledgement, officer.c.badge, officer.c.post)
        .join(officer, officer.c.id == acknowledgement.c.officer)
        .where(acknowledgement.c.escalation == escalation_id)
        .order_by(acknowledgement.c.id)
    )
    return list(tx.execute(found).all())


def add_outcome(tx: Connection, **columns: object) -> None:
    tx.execute(insert(outcome).values(**columns))


def outcome_seen(tx: Connection, nonce: str) -> bool:
    return tx.execute(select(outcome.c.id).where(outcome.c.nonce == nonce)).first() is not None


def outcomes(tx: Connection, order_id: int) -> list[Outcome]:
    """Every report about the persons of an order, oldest first."""
    rows = tx.execute(
        select(outcome, person.c.position, officer.c.post)
        .join(person, person.c.id == outcome.c.person)
        .join(officer, officer.c.id == outcome.c.officer)
        .where(person.c.orders == order_id)
        .order_by(outcome.c.id)
    )
    return [
        Outcome(
            row.person,
            row.position,
            OutcomeCode(row.code),
            row.at,
            row.escalation,
            row.post,
            row.details_sealed,
            row.nonce,
        )
        for row in rows
    ]


def add_receipt(tx: Connection, order_id: int, code_hash: str, kind: str, jws: str, now: datetime) -> int:
    added = insert(receipt).values(orders=order_id, code_hash=code_hash, kind=kind, jws=jws, made_at=now)
    return int(tx.execute(added.returning(receipt.c.id)).scalar_one())


def find_receipt(tx: Connection, code_hash: str) -> tuple[str, str, int] | None:
    """(kind, JWS, order) of a receipt."""
    row = tx.execute(select(receipt).where(receipt.c.code_hash == code_hash)).first()
    return (row.kind, row.jws, row.orders) if row else None


def newest_receipt(tx: Connection, order_id: int, kind: str) -> tuple[int, str] | None:
    """(id, JWS) of the newest receipt of a kind about an order."""
    which = (receipt.c.orders == order_id) & (receipt.c.kind == kind)
    row = tx.execute(
        select(receipt.c.id, receipt.c.jws).where(which).order_by(receipt.c.id.desc()).limit(1)
    ).first()
    return (row.id, row.jws) if row else None


def receipt_by_id(tx: Connection, receipt_id: int) -> str:
    """The JWS of a receipt."""
    return str(tx.execute(select(receipt.c.jws).where(receipt.c.id == receipt_id)).scalar_one())


def links(tx: Connection, escalation_ids: Iterable[int]) -> dict[tuple[int, int], Link]:
    """(escalation, officer) to that officer's way there, in one look."""
    found = (
        select(link, officer.c.badge)
        .join(officer, officer.c.id == link.c.officer)
        .where(link.c.escalation.in_(list(escalation_ids)))
    )
    return {(row.escalation, row.officer): _link_of(row) for row in tx.execute(found)}


def links_of(tx: Connection, escalation_id: int) -> list[Link]:
    """Every officer's way to an escalation."""
    rows = tx.execute(
        select(link, officer.c.badge)
        .join(officer, officer.c.id == link.c.officer)
        .where(link.c.escalation == escalation_id)
        .order_by(link.c.id)
    )
    return [_link_of(row) for row in rows]


def summary(tx: Connection, order_ids: list[int]) -> dict[int, list[tuple[str, Phase]]]:
    """Order to (station code, phase) of each of its stations, for lists."""
    found: dict[int, list[tuple[str, Phase]]] = {}
    rows = tx.execute(
        select(escalation.c.orders, station.c.code, escalation.c.phase)
        .join(station, station.c.id == escalation.c.station)
        .where(escalation.c.orders.in_(order_ids))
        .order_by(escalation.c.id)
    )
    for row in rows:
        found.setdefault(row.orders, []).append((row.code, Phase(row.phase)))
    return found
