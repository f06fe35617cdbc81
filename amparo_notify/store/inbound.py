"""Texts from people: whose turn it is to act on one, what was decided to answer, and which are done with.

What is kept of a text here is the provider's id of it. What it said is in its order's annex.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.elements import ColumnElement

from amparo_notify.store import findings
from amparo_notify.store.tables import inbound

KEPT = timedelta(days=4)
"""Longer than anybody looks back (cases/missed_texts.LOOK_BACK)."""


READING = "texts "
"""Before a provider's name: the job that reads what its webhook did not bring."""


@dataclass(frozen=True)
class Turn:
    """A text is ours to act on or, where `answer` is not None, was acted on and perhaps not yet answered."""

    answer: str | None


def take(tx: Connection, provider: str, provider_id: str, now: datetime, until: datetime) -> Turn | None:
    """Take a text's turn until an instant; None where another process has it, or where the text is done with."""
    free = and_(_is(provider, provider_id), inbound.c.state != "done", inbound.c.until <= now)
    taken = update(inbound).where(free).values(until=until).returning(inbound.c.state, inbound.c.answer)
    if row := tx.execute(taken).one_or_none():
        return Turn(row.answer if row.state == "acted" else None)
    try:
        with tx.begin_nested():
            tx.execute(
                insert(inbound).values(provider=provider, provider_id=provider_id, state="taken", until=until)
            )
    except IntegrityError:
        return None
    return Turn(None)


def acted(tx: Connection, provider: str, provider_id: str, answer: str, until: datetime) -> None:
    """What a text says was done; the answer is owed, and for as long as the turn lasts it is ours to give."""
    tx.execute(
        update(inbound).where(_is(provider, provider_id)).values(state="acted", answer=answer, until=until)
    )


def finish(tx: Connection, provider: str, provider_id: str, now: datetime) -> None:
    """Nothing remains to be done about a text."""
    tx.execute(update(inbound).where(_is(provider, provider_id)).values(state="done", answer="", until=now))


def finished(tx: Connection, provider: str) -> set[str]:
    """The provider's ids of the texts that are done with."""
    done = and_(inbound.c.provider == provider, inbound.c.state == "done")
    return set(tx.scalars(select(inbound.c.provider_id).where(done)))


def unread(tx: Connection, before: datetime) -> list[str]:
    """The providers whose texts nobody could read since an instant."""
    return [job.removeprefix(READING) for job in findings.stale(tx, READING, before)]


def sweep(tx: Connection, now: datetime) -> None:
    """Forget what no provider is asked for any more."""
    tx.execute(delete(inbound).where(inbound.c.until < now - KEPT))


def _is(provider: str, provider_id: str) -> ColumnElement[bool]:
    return and_(inbound.c.provider == provider, inbound.c.provider_id == provider_id)
