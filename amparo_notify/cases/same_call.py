"""A call under way goes on with the next order that waits for its phone, for the officer who has just answered.

The next order is an attempt of its own, at its own notice, with its own reference in the address of its keys, written
before its words leave us. It keeps its place in the phone's line: only a key pressed for it proves that somebody heard
it. When the call ends without one, its phone is free, and it rings like any other.
"""

import hashlib
from datetime import datetime
from typing import NamedTuple

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from amparo_notify.cases.compose import Desk
from amparo_notify.cases.ringing import SILENCE
from amparo_notify.cases.services import Services
from amparo_notify.cases.witness import witness
from amparo_notify.channels.rendering import Facts, render
from amparo_notify.core.events import Event, Grade
from amparo_notify.core.evidence import Actor, Fact
from amparo_notify.core.notice import Cause, Medium, Status
from amparo_notify.store import claims, outbox, ringing
from amparo_notify.store.database import lock_all
from amparo_notify.store.outbox import Attempt, Claimed

TRIES = 5
"""How often the first in the line is looked for, where somebody else always takes it first; then it rings instead."""

SPEAKER = Actor("system:call")
UNANSWERED = "the call ended before an answer"

_log = structlog.get_logger()


class Next(NamedTuple):
    """What the call says next."""

    cause: Cause
    facts: Facts


def go_on(services: Services, attempt: Attempt, call: str, now: datetime) -> Next | None:
    """What a provider's `call` goes on with after the answer to `attempt`, or None where it ends as calls do.

    That is whoever stands first in the line of its phone, where it is for the same officer and asks for keys: nobody is
    passed over. Asked again about the same attempt, the answer is the same.
    """
    for _ in range(TRIES):
        with services.database.read() as tx:
            found = _found(tx, attempt, call)
        if found is None:
            return None
        with services.database.write() as tx:
            lock_all(tx, {attempt.order, found.order})
            if _found(tx, attempt, call) == found:
                return _said_already(services, tx, attempt, found) or _say(
                    services, tx, attempt, call, found, now
                )
    return None


def _after(attempt: Attempt) -> str:
    """The reference of what a call says after an attempt: always the same, and unique in its table, so that an answer
    that is delivered twice never leads to two orders."""
    return hashlib.sha256(f"after {attempt.reference}".encode()).hexdigest()[:16]


def _found(tx: Connection, attempt: Attempt, call: str) -> Claimed | None:
    """The notice that the call went on with already, or the first in the line if it is the same officer's."""
    if said := outbox.attempt_by_reference(tx, _after(attempt)):
        return outbox.claimed(tx, said.notice) if said.provider_id == call else None
    phone = ringing.of_call(tx, call)
    first = ringing.first_in_line(tx, phone.number) if phone else None
    if phone is None or first is None:
        return None
    officer, waiting = outbox.claimed(tx, attempt.notice).officer, outbox.claimed(tx, first)
    theirs = ringing.numbers(tx, [officer] if officer else []).get((officer or 0, waiting.contact))
    return waiting if waiting.officer == officer and theirs == phone.number else None


def _said_already(services: Services, tx: Connection, attempt: Attempt, found: Claimed) -> Next | None:
    said = outbox.attempt_by_reference(tx, _after(attempt))
    return Next(found.cause, Desk(services, tx, [found]).facts(found, said.reference)) if said else None


def _say(
    services: Services, tx: Connection, attempt: Attempt, call: str, waiting: Claimed, now: datetime
) -> Next | None:
    """Write the attempt that the call makes with its next words. None where it asks for no keys, or cannot be said."""
    phone = ringing.of_call(tx, call)
    reference = _after(attempt)
    facts = _facts(services, tx, waiting, reference)
    if phone is None or facts is None:
        return None
    fence = ringing.go_on(tx, phone, waiting.id, now + SILENCE)
    if fence is None:
        return None
    row: dict[str, object] = {
        "notice": waiting.id,
        "fence": fence,
        "reference": reference,
        "provider": attempt.provider,
        "provider_id": call,
        "made_at": now,
    }
    claims.add_attempts(tx, [row])
    _note(services, tx, reference, Event.ATTEMPTED, now)
    return Next(waiting.cause, facts)


def _facts(services: Services, tx: Connection, waiting: Claimed, reference: str) -> Facts | None:
    """What is said of a notice; None where its call asks for no keys, or cannot be written: its own claim says why."""
    try:
        facts = Desk(services, tx, [waiting]).facts(waiting, reference)
        render(waiting.cause, Medium.VOICE, facts, "", reference, 0)
    except SQLAlchemyError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it trips over, the PIN that was given has its answer
        _log.error("notice cannot be said", notice=waiting.id, error=type(error).__name__)
        return None
    return facts if facts.gather_url else None


def answered(services: Services, tx: Connection, attempt: Attempt, now: datetime) -> None:
    """A key was pressed for what a call went on with: somebody heard it. It is sent. The caller holds the lock."""
    claimed = outbox.claimed(tx, attempt.notice)
    outbox.settle(tx, claimed.id, claimed.fence, state="sent", next_at=None, waits_for=None)
    _note(services, tx, attempt.reference, Event.ACCEPTED, now)


def ended(services: Services, attempt: Attempt, now: datetime) -> None:
    """A call is over: what it went on with last, if nobody answered, was not told. It waits in the line still."""
    last = attempt
    with services.database.read() as tx:
        while after := outbox.attempt_by_reference(tx, _after(last)):
            last = after
    if not last.unanswered:
        return
    with services.database.write(last.order) as tx:
        current = outbox.attempt_by_id(tx, last.id)
        if current is not None and current.unanswered:
            outbox.update_attempt(tx, last.id, status=str(Status.UNDELIVERED), detail=UNANSWERED)
            _note(services, tx, last.reference, Event.UNDELIVERED, now, reason=UNANSWERED)


def _note(
    services: Services, tx: Connection, reference: str, event: Event, now: datetime, **more: object
) -> None:
    """Append a record of an attempt that was made in a call under way. The caller holds the lock."""
    attempt = outbox.attempt_by_reference(tx, reference)
    assert attempt is not None
    claimed = outbox.claimed(tx, attempt.notice)
    desk = Desk(services, tx, [claimed])
    said: dict[str, object] = {
        **desk.about(claimed),
        "reference": reference,
        "provider": attempt.provider,
        "provider_id": attempt.provider_id or "",
        "call": "already under way",
    }
    grade = None if event is Event.ATTEMPTED else Grade.A0
    fact = Fact(event, now, SPEAKER, grade, {**said, **more})
    witness(services, tx, desk.stream(claimed.order), fact, now)
