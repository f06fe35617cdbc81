"""Dispatch: claim in a transaction, send with none open, record in batches. Senders write nothing."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from amparo_notify.cases.compose import Envelope, message_for
from amparo_notify.cases.escalate import write_notice
from amparo_notify.cases.services import Services
from amparo_notify.cases.witness import stream_of, witness
from amparo_notify.channels.rendering import DoesNotFit
from amparo_notify.core.errors import ChannelError
from amparo_notify.core.escalation import Owed
from amparo_notify.core.events import Event, Grade
from amparo_notify.core.evidence import Actor, Fact, instant
from amparo_notify.core.notice import Medium, Purpose, Status, rise
from amparo_notify.core.ports import Sent
from amparo_notify.store import escalations, orders, outbox, people
from amparo_notify.store.database import lock
from amparo_notify.store.outbox import Claimed

LEASE = timedelta(seconds=60)
"""Longer than the slowest call to a provider, with its retries inside the client."""

WORD_WITHIN = {Medium.SMS: timedelta(seconds=60), Medium.VOICE: timedelta(seconds=120)}
"""How long we wait for a provider's callback before we ask for the message's fate. Mail's is never asked."""

BACKOFF = (1, 2, 4, 8, 15, 30)
"""Seconds before each next try of what a provider refused for now; the last holds from then on."""

BATCH = 64
DISPATCHER = Actor("system:dispatch")


@dataclass(frozen=True)
class Result:
    """What came of one envelope."""

    envelope: Envelope
    sent: Sent | None = None
    error: ChannelError | None = None
    unwanted: bool = False  # cancelled, or claimed by somebody else, just before the call
    not_found: bool = False  # the provider does not know the earlier attempt: send again


def claim(services: Services, now: datetime, limit: int = BATCH) -> list[Envelope]:
    """Lease up to `limit` due notices and write an attempt of each, before any wire is touched."""
    with services.database.write() as tx:
        claimed = outbox.claim(tx, now, now + LEASE, limit)
        envelopes = [_prepare(services, tx, each, now) for each in claimed]
        return [each for each in envelopes if each is not None]


def _prepare(services: Services, tx: Connection, claimed: Claimed, now: datetime) -> Envelope | None:
    previous = outbox.unresolved(tx, claimed)
    reference = previous.reference if previous else secrets.token_hex(8)
    roads = services.providers[claimed.medium]
    road = claimed.failures % len(roads)
    if previous:
        road = next((n for n, each in enumerate(roads) if each.name == previous.provider), road)
    try:
        message = message_for(services, tx, claimed, reference, now)
    except DoesNotFit as error:
        _give_up(services, tx, claimed, str(error), now)
        return None
    if message is None:
        _give_up(services, tx, claimed, "no such address", now)
        return None
    if previous:
        return Envelope(claimed, previous.id, message, road, previous)
    attempt = outbox.add_attempt(tx, claimed, reference, roads[road].name, now)
    _witness(services, tx, claimed, Event.ATTEMPTED, now, reference=reference, provider=roads[road].name)
    return Envelope(claimed, attempt, message, road, None)


def _give_up(services: Services, tx: Connection, claimed: Claimed, why: str, now: datetime) -> None:
    """A notice that cannot be sent at all: on record, and the escalation goes on without it at once."""
    outbox.settle(tx, claimed.id, claimed.fence, state="failed", next_at=None)
    _witness(services, tx, claimed, Event.REFUSED, now, reason=why)
    next_contact(services, tx, claimed, now)


def send(services: Services, envelope: Envelope, now: datetime) -> Result:
    """Hand one message to its provider, after a last look. No transaction is open and nothing is written."""
    provider = services.providers[envelope.claimed.medium][envelope.provider]
    with services.database.read() as tx:
        if not outbox.still_wanted(tx, envelope.claimed):
            return Result(envelope, unwanted=True)
    try:
        if envelope.previous is None:
            return Result(envelope, sent=provider.send(envelope.message))
        found = provider.find(envelope.message, envelope.previous.made_at)
        return Result(envelope, sent=found, not_found=found is None)
    except ChannelError as error:
        return Result(envelope, error=error)


def record(services: Services, results: Sequence[Result], now: datetime) -> None:
    """Commit what came of a batch: the attempt always, the notice only if its claim is still the newest."""
    ordered = sorted(results, key=lambda each: each.envelope.claimed.order)
    with services.database.write() as tx:
        for order_id in dict.fromkeys(each.envelope.claimed.order for each in ordered):
            lock(tx, order_id)
        for result in ordered:
            _record(services, tx, result, now)
        services.database.wake(tx)


def _record(services: Services, tx: Connection, result: Result, now: datetime) -> None:
    envelope, claimed = result.envelope, result.envelope.claimed
    if result.unwanted:
        _withdraw_attempt(tx, envelope)
    elif result.not_found:
        outbox.update_attempt(
            tx, envelope.attempt, status=str(Status.UNDELIVERED), detail="not found at the provider"
        )
        outbox.settle(tx, claimed.id, claimed.fence, next_at=now)
        _witness(
            services,
            tx,
            claimed,
            Event.REFUSED,
            now,
            reference=envelope.message.reference,
            reason="not found",
        )
    elif result.sent is not None:
        _accepted(services, tx, envelope, result.sent, now)
    elif result.error is not None:
        _refused(services, tx, envelope, result.error, now)


def _withdraw_attempt(tx: Connection, envelope: Envelope) -> None:
    """The last look said no: the attempt was never made. Where an earlier one is in doubt, it stays so."""
    if envelope.previous is None:
        outbox.update_attempt(
            tx, envelope.attempt, status=str(Status.REFUSED), detail="cancelled before the call"
        )


def _accepted(services: Services, tx: Connection, envelope: Envelope, sent: Sent, now: datetime) -> None:
    claimed = envelope.claimed
    kept = outbox.attempt_by_id(tx, envelope.attempt)
    assert kept is not None
    word = WORD_WITHIN.get(claimed.medium)
    status = rise(kept.status, sent.status)  # a callback may have come before the provider's own answer
    check_at = now + word if word and not status.final else None
    outbox.update_attempt(
        tx,
        envelope.attempt,
        status=str(status),
        provider_id=sent.provider_id,
        provider=sent.provider,
        check_at=check_at,
    )
    outbox.settle(tx, claimed.id, claimed.fence, state="sent", next_at=None)
    reference = envelope.message.reference
    details = {"reference": reference, "provider": sent.provider, "provider_id": sent.provider_id or ""}
    _witness(services, tx, claimed, Event.ACCEPTED, now, grade=Grade.A0, **details)


def _refused(
    services: Services, tx: Connection, envelope: Envelope, error: ChannelError, now: datetime
) -> None:
    claimed = envelope.claimed
    status = Status.UNKNOWN if error.unknown else Status.REFUSED
    outbox.update_attempt(tx, envelope.attempt, status=str(status), detail=error.reason[:120])
    _witness(
        services,
        tx,
        claimed,
        Event.REFUSED,
        now,
        reference=envelope.message.reference,
        reason=error.reason[:200],
    )
    if error.permanent:
        if outbox.settle(tx, claimed.id, claimed.fence, state="failed", next_at=None):
            next_contact(services, tx, claimed, now)
        return
    wait = error.retry_after or BACKOFF[min(claimed.failures, len(BACKOFF) - 1)]
    wait += secrets.randbelow(1000) / 2000 * min(wait, 2)  # jitter: hosts must not come back in step
    next_at = now + timedelta(seconds=min(wait, BACKOFF[-1]))
    outbox.settle(tx, claimed.id, claimed.fence, failures=claimed.failures + 1, next_at=next_at)


def next_contact(services: Services, tx: Connection, claimed: Claimed, now: datetime) -> None:
    """After a permanent failure: the officer's next address of this medium at once, and the plan anew."""
    escalation = escalations.get(tx, claimed.escalation)
    kept = outbox.get(tx, claimed.id)
    if claimed.officer is not None:
        officer = people.find_officer(tx, id=claimed.officer)
        assert officer is not None
        dead = outbox.dead_contacts(tx, claimed.escalation)
        contacts = people.everyone(tx, [officer.badge]).get(officer.badge)
        for contact in contacts.contacts if contacts else ():
            if (
                contact.medium is claimed.medium
                and (officer.badge, contact.medium, contact.position) not in dead
            ):
                owed = Owed(
                    badge=officer.badge,
                    medium=claimed.medium,
                    contact=contact.position,
                    purpose=claimed.purpose,
                    cause=claimed.cause,
                    round=kept.round,
                    level=kept.level,
                    first=kept.rank == 0,
                    due_at=now,
                    detail=claimed.detail,
                )
                write_notice(services, tx, escalation, owed)
                break
    if claimed.purpose is Purpose.CHASE:
        escalations.hurry(tx, claimed.escalation, now)
    services.database.wake(tx)


def _witness(
    services: Services,
    tx: Connection,
    claimed: Claimed,
    event: Event,
    now: datetime,
    *,
    grade: Grade | None = None,
    **details: object,
) -> None:
    order = orders.get(tx, claimed.order)
    said: dict[str, object] = {
        "notice": claimed.id,
        "escalation": claimed.escalation,
        "medium": str(claimed.medium),
        "cause": str(claimed.cause),
        "purpose": str(claimed.purpose),
        "due_at": instant(claimed.due_at),
        "to": _recipient(tx, claimed),
        **details,
    }
    witness(services, tx, stream_of(tx, order), Fact(event, now, DISPATCHER, grade, said), now)


def _recipient(tx: Connection, claimed: Claimed) -> str:
    if claimed.lawyer is not None:
        return f"lawyer:{outbox.lawyer_order(tx, claimed.lawyer)[1]}"
    officer = people.find_officer(tx, id=claimed.officer)
    assert officer is not None
    return f"officer:{officer.badge}"


def dispatch_due(services: Services, now: datetime) -> int:
    """Claim, send and record one batch in this thread; return how many. The worker does the same side by side."""
    envelopes = claim(services, now)
    record(services, [send(services, each, now) for each in envelopes], now)
    return len(envelopes)
