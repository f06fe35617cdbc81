"""Drills among the orders: which are open, and whether a real order waits at their stations."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from amparo_notify.core.order import OrderState
from amparo_notify.core.state import Phase
from amparo_notify.store.tables import escalation, orders

_OPEN = [str(OrderState.OPEN), str(OrderState.HELD)]
_WAITS = [str(phase) for phase in (Phase.CHASING, Phase.PAUSED, Phase.ACKNOWLEDGED, Phase.OVERDUE)]


def open_ids(tx: Connection, station_id: int | None = None) -> list[int]:
    """Orders that are drills under way, everywhere or at one station, oldest first."""
    found = select(orders.c.id).where(orders.c.drill, orders.c.state.in_(_OPEN)).order_by(orders.c.id)
    if station_id is not None:
        there = select(escalation.c.orders).where(escalation.c.station == station_id)
        found = found.where(orders.c.id.in_(there))
    return list(tx.scalars(found))


def real_order_waits(tx: Connection, station_ids: Iterable[int]) -> bool:
    """Whether a real order at one of these stations still wants something of its officers."""
    found = (
        select(orders.c.id)
        .join(escalation, escalation.c.orders == orders.c.id)
        .where(orders.c.drill.is_(False), orders.c.state.in_(_OPEN))
        .where(escalation.c.station.in_(list(station_ids)), escalation.c.phase.in_(_WAITS))
    )
    return tx.execute(found.limit(1)).first() is not None
