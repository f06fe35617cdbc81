"""What waits for an officer's answer, for messages that say so."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from amparo_notify.store.tables import escalation, link, orders


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
    waiting = (
        select(link.c.officer, escalation.c.orders)
        .join(escalation, escalation.c.id == link.c.escalation)
        .where(
            link.c.officer.in_(officer_ids), escalation.c.next_at.is_not(None)
        )  # its index holds the live ones
        .where(escalation.c.phase.in_(["chasing", "overdue"]))
        .distinct()
        .subquery()
    )
    of = waiting.c.officer
    counted = select(
        waiting,
        func.row_number().over(partition_by=of, order_by=waiting.c.orders).label("place"),
        func.count().over(partition_by=of).label("number"),
    ).subquery()
    named = (
        select(counted, orders.c.expediente)
        .join(orders, orders.c.id == counted.c.orders)
        .where((counted.c.place <= most + 1) | counted.c.orders.in_(order_ids))
        .order_by(counted.c.place)
    )
    found: dict[int, Unanswered] = {}
    for row in tx.execute(named):
        kept = found.setdefault(row.officer, Unanswered(row.number, {}))
        kept.expedientes[row.orders] = row.expediente
    return found
