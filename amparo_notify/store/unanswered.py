"""What waits for an officer's answer, for messages that say so."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select

from amparo_notify.store.tables import escalation, link, orders

_WAITING = (
    select(link.c.officer, escalation.c.orders)
    .join(escalation, escalation.c.id == link.c.escalation)
    .where(link.c.officer.in_(bindparam("officers", expanding=True)))
    .where(escalation.c.next_at.is_not(None))  # its index holds the live ones
    .where(escalation.c.phase.in_(["chasing", "overdue"]))
    .distinct()
    .subquery()
)
_OF = _WAITING.c.officer
_COUNTED = select(
    _WAITING,
    func.row_number().over(partition_by=_OF, order_by=_WAITING.c.orders).label("place"),
    func.count().over(partition_by=_OF).label("number"),
).subquery()
_NAMED = (
    select(_COUNTED, orders.c.expediente)
    .join(orders, orders.c.id == _COUNTED.c.orders)
    .where(
        (_COUNTED.c.place <= bindparam("places")) | _COUNTED.c.orders.in_(bindparam("also", expanding=True))
    )
    .order_by(_COUNTED.c.place)
)


@dataclass(frozen=True)
class Unanswered:
    """The orders that wait for an officer's answer: how many, and the expedientes of the oldest."""

    number: int
    expedientes: dict[int, str]  # by order, oldest first

    def besides(self, order_id: int, most: int) -> tuple[tuple[str, ...], int]:
        """The oldest `most` of the others, and how many others there are."""
        others = [each for order, each in self.expedientes.items() if order != order_id]
        return tuple(others[:most]), self.number - (order_id in self.expedientes)


def unanswered(
    tx: Connection, officer_ids: Collection[int], order_ids: Collection[int], most: int
) -> dict[int, Unanswered]:
    """Officer to the orders that they were told of and nobody has acknowledged: the oldest, and any of `order_ids`.

    There are as many on a bad day as one likes; no more are read than can be named.
    """
    asked = {"officers": list(officer_ids), "also": list(order_ids), "places": most + 1}
    found: dict[int, Unanswered] = {}
    for row in tx.execute(_NAMED, asked):
        kept = found.setdefault(row.officer, Unanswered(row.number, {}))
        kept.expedientes[row.orders] = row.expediente
    return found
