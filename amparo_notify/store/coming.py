"""When something falls due next, all of it in one look: the worker asks at every bell."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from amparo_notify.store import claims, escalations, orders, outbox


@dataclass(frozen=True)
class Coming:
    """The next instant of each kind of work; None where none is ahead."""

    plan: datetime | None  # of an escalation
    notice: datetime | None  # or the end of a lease
    release: datetime | None  # of a held order
    question: datetime | None  # to a provider that has said nothing

    def work(self) -> datetime | None:
        """The first instant of the worker's loop; questions are asked by a job of their own."""
        return min((each for each in (self.plan, self.notice, self.release) if each), default=None)


_COMING = select(
    escalations.NEXT_DUE.label("plan"),
    claims.NEXT_DUE.label("notice"),
    orders.NEXT_RELEASE.label("release"),
    outbox.NEXT_CHECK.label("question"),
)


def coming(tx: Connection) -> Coming:
    row = tx.execute(_COMING).one()
    return Coming(row.plan, row.notice, row.release, row.question)
