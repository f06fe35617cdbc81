"""Dispatch: claim in a transaction, send with none open, record in batches. Senders write nothing."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from amparo_notify.cases import ringing
from amparo_notify.cases.compose import Desk, Envelope
from amparo_notify.cases.escalate import write_notices
from amparo_notify.cases.last_look import LastLook
from amparo_notify.cases.services import Services
from amparo_notify.cases.witness import Stream, witness_all
from amparo_notify.channels import deadline
from amparo_notify.channels.rendering import DoesNotFit
from amparo_notify.core.errors import ChannelError
from amparo_notify.core.escalation import Owed
from amparo_notify.core.events import Event, Grade
from amparo_notify.core.evidence import Actor, Fact
from amparo_notify.core.notice import Medium, Purpose, Status, rise
from amparo_notify.core.ports import Message, Provider, Sent
from amparo_notify.store import claims, escalations, outbox, people
from amparo_notify.store.database import lock_all
from amparo_notify.store.outbox import Attempt, Claimed

LEASE = timedelta(seconds=60)
"""Longer than the slowest call to a provider, with its retries inside the client."""

LONGEST_CALL = timedelta(seconds=25)
"""No call begins on a lease with less left than this, and every call is over after it: the longest, a session of SMTP,
ends after twenty seconds."""

WORD_WITHIN = {Medium.SMS: timedelta(seconds=60), Medium.VOICE: timedelta(seconds=120)}
"""How long we wait for a provider's callback before we ask for the message's fate. Mail's is never asked."""

BACKOFF = (1, 2, 4, 8, 15, 30)
"""Seconds before each next try of what a provider refused for now; the last holds from then on."""

ASKS = 3
"""How often a provider is asked about an attempt in doubt; if it cannot say by then, the message goes out again."""

BATCH = 64
"""Most outcomes that one transaction records, and notices of one medium that one claims: locks are held briefly."""

IN_DOUBT = (Status.ATTEMPTED, Status.UNKNOWN)
DISPATCHER = Actor("system:dispatch")

_log = structlog.get_logger()


@dataclass(frozen=True)
class Result:
    """What came of one envelope."""

    envelope: Envelope
    sent: Sent | None = None
    error: ChannelError | None = None
    unwanted: bool = False  # cancelled, or claimed by somebody else, just before the call
    not_found: bool = False  # the provider does not know the earlier attempt: send again


@dataclass(frozen=True)
class _Book:
    """One transaction of the dispatcher: what it reads, and the records that it will append at its end. The logs of its
    orders are locked."""

    services: Services
    tx: Connection
    now: datetime
    desk: Desk
    facts: list[tuple[Stream, Fact]] = field(default_factory=list)

    def note(
        self, claimed: Claimed, event: Event, details: Mapping[str, object], grade: Grade | None = None
    ) -> None:
        """Have a record of this notice appended."""
        fact = Fact(event, self.now, DISPATCHER, grade, {**self.desk.about(claimed), **details})
        self.facts.append((self.desk.stream(claimed.order), fact))

    def close(self) -> None:
        witness_all(self.services, self.tx, self.facts, self.now)


# -- claim --------------------------------------------------------------------------------------------------


def claim(
    services: Services,
    now: datetime,
    room: Mapping[Medium, int],
    stuck: Mapping[Medium, Collection[str]] = MappingProxyType({}),
) -> list[Envelope]:
    """Lease due notices, at most `room` of each medium, and write an attempt of each before any wire is touched.

    A provider that is `stuck` is passed over while its medium has another.
    """
    with services.database.read() as tx:
        candidates = claims.due(tx, now, room)
    if not candidates:
        return []
    with services.database.write() as tx:
        taken = claims.take(tx, candidates, now, now + LEASE)
        latest = claims.latest_attempts(tx, [each.id for each in taken])
        book = _Book(services, tx, now, Desk(services, tx, taken))
        book.desk.lay_out()
        calls = [each for each in taken if each.medium is Medium.VOICE and _new(each, latest.get(each.id))]
        waiting = ringing.take_turns(tx, calls, now)
        tried = [each for each in taken if each.id not in waiting]
        drafts = [draft for each in tried if (draft := _prepare(book, each, latest.get(each.id), stuck))]
        new = [each for each in drafts if each.previous is None]
        ids = claims.add_attempts(tx, [_attempt(services, each, now) for each in new])
        for each in new:
            said = {"reference": each.message.reference, "provider": _road(services, each)}
            book.note(each.claimed, Event.ATTEMPTED, said)
        for claimed in calls:
            if claimed.id not in waiting and claimed.id not in ids:  # could not be written
                ringing.give_back(services, tx, claimed.id, claimed.fence, now)
        book.close()
        return [each.envelope(ids, book.desk) for each in drafts]


def _doubt(claimed: Claimed, latest: Attempt | None) -> Attempt | None:
    """The attempt that the provider is to be asked about; None where nothing is in doubt, or asking has not helped."""
    if latest is None or latest.unanswered:
        return None
    return latest if latest.status in IN_DOUBT and claimed.fence - latest.fence <= ASKS else None


def _done(latest: Attempt | None) -> bool:
    """Whether a callback said that a provider has it before the provider's own answer came."""
    return latest is not None and latest.status not in IN_DOUBT and not latest.status.failed


def _new(claimed: Claimed, latest: Attempt | None) -> bool:
    """Whether this claim is to make a new attempt."""
    return _doubt(claimed, latest) is None and not _done(latest)


@dataclass(frozen=True)
class _Draft:
    """An envelope whose attempt has no row yet."""

    claimed: Claimed
    message: Message
    provider: int
    previous: Attempt | None

    def envelope(self, ids: Mapping[int, int], desk: Desk) -> Envelope:
        attempt = self.previous.id if self.previous else ids[self.claimed.id]
        stream, recipient = desk.stream(self.claimed.order), desk.recipient(self.claimed)
        return Envelope(self.claimed, attempt, self.message, self.provider, self.previous, stream, recipient)


def _road(services: Services, draft: _Draft) -> str:
    return services.providers[draft.claimed.medium][draft.provider].name


def _attempt(services: Services, draft: _Draft, now: datetime) -> dict[str, object]:
    return {
        "notice": draft.claimed.id,
        "fence": draft.claimed.fence,
        "reference": draft.message.reference,
        "provider": _road(services, draft),
        "made_at": now,
    }


def _prepare(
    book: _Book, claimed: Claimed, latest: Attempt | None, stuck: Mapping[Medium, Collection[str]]
) -> _Draft | None:
    """What is to be sent, or None where nothing is. One notice that cannot be written never holds up the others."""
    if _done(latest):
        claims.mark_sent(book.tx, [claimed])
        return None
    try:
        return _drafted(book, claimed, _doubt(claimed, latest), stuck.get(claimed.medium, ()))
    except (DoesNotFit, LookupError) as error:
        _give_up(book, claimed, str(error))
    except SQLAlchemyError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever one text trips over, the others go out; its lease ends
        _log.error("notice cannot be written", notice=claimed.id, error=type(error).__name__)
    return None


def _drafted(
    book: _Book, claimed: Claimed, previous: Attempt | None, stuck: Collection[str]
) -> _Draft | None:
    roads = book.services.providers.get(claimed.medium, ())
    if not roads:
        _give_up(book, claimed, "no provider for this medium")
        return None
    reference = previous.reference if previous else secrets.token_hex(8)
    message = book.desk.message(claimed, reference, book.now)
    if message is None:
        _give_up(book, claimed, "no such address")
        return None
    road = claimed.failures % len(roads)
    if previous:
        road = next((n for n, each in enumerate(roads) if each.name == previous.provider), road)
    elif roads[road].name in stuck:
        road = next((n for n, each in enumerate(roads) if each.name not in stuck), road)
    return _Draft(claimed, message, road, previous)


def _give_up(book: _Book, claimed: Claimed, why: str) -> None:
    """A notice that cannot be sent at all: on record, and the escalation goes on without it at once."""
    outbox.settle(book.tx, claimed.id, claimed.fence, state="failed", next_at=None)
    book.note(claimed, Event.REFUSED, {"reason": why})
    next_contact(book.services, book.tx, claimed, book.now)


# -- send ---------------------------------------------------------------------------------------------------


def send(services: Services, look: LastLook, envelope: Envelope, now: datetime) -> Result:
    """Hand one message to its provider, after a last look. No transaction is open and nothing is written.

    The time for the call begins before the look: a process that freezes between the two and wakes when its lease is
    another's, finds the time over and puts nothing on the wire.
    """
    with deadline.within(LONGEST_CALL / timedelta(seconds=1)):
        if not look.wanted(envelope.claimed, now + LONGEST_CALL):
            return Result(envelope, unwanted=True)
        return _hand_over(services.providers[envelope.claimed.medium][envelope.provider], envelope)


def _hand_over(provider: Provider, envelope: Envelope) -> Result:
    try:
        if envelope.previous is None:
            return Result(envelope, sent=provider.send(envelope.message))
        found = provider.find(envelope.message, envelope.previous.made_at)
        return Result(envelope, sent=found, not_found=found is None)
    except ChannelError as error:
        return Result(envelope, error=error)
    except Exception as error:  # noqa: BLE001 - an adapter that breaks its word may have sent: in doubt
        _log.error("provider broke", provider=provider.name, error=type(error).__name__)
        return Result(envelope, error=ChannelError(f"{provider.name}: {type(error).__name__}", unknown=True))


# -- record -------------------------------------------------------------------------------------------------


def record(services: Services, results: Sequence[Result], now: datetime) -> None:
    """Commit what came of a batch: the attempt always, the notice only if its claim is still the newest."""
    if not results:
        return
    with services.database.write() as tx:
        lock_all(tx, {each.envelope.claimed.order for each in results})
        kept = claims.attempts(tx, [each.envelope.attempt for each in results])
        book = _Book(services, tx, now, Desk(services, tx, [each.envelope.claimed for each in results]))
        book.desk.remember([each.envelope for each in results])
        taken = [each for each in results if each.sent is not None]
        _accepted(book, taken, kept)
        for result in results:
            if result.unwanted:
                _not_made(book, result.envelope)
            elif result.not_found:
                _not_found(book, result.envelope, kept[result.envelope.attempt])
            elif result.error is not None:
                _refused(book, result.envelope, kept[result.envelope.attempt], result.error)
        book.close()


def _accepted(book: _Book, results: Sequence[Result], kept: Mapping[int, Attempt]) -> None:
    changes = []
    for result in results:
        envelope, sent = result.envelope, result.sent
        assert sent is not None
        word = WORD_WITHIN.get(envelope.claimed.medium)
        # A callback may have come before the provider's own answer.
        status = rise(kept[envelope.attempt].status, sent.status)
        changes.append(
            {
                "of": envelope.attempt,
                "status": str(status),
                "provider": sent.provider,
                "provider_id": (sent.provider_id or kept[envelope.attempt].provider_id or "")[:80] or None,
                "check_at": book.now + word if word and not status.final else None,
            }
        )
        said = {
            "reference": envelope.message.reference,
            "provider": sent.provider,
            "provider_id": sent.provider_id or "",
        }
        book.note(envelope.claimed, Event.ACCEPTED, said, Grade.A0)
    claims.change_attempts(book.tx, changes)
    claims.mark_sent(book.tx, [each.envelope.claimed for each in results])


def _not_made(book: _Book, envelope: Envelope) -> None:
    """The last look said no. A new attempt was never made; an earlier one in doubt stays in doubt."""
    claimed = envelope.claimed
    if envelope.previous is None:
        why = "cancelled before the call"
        outbox.update_attempt(book.tx, envelope.attempt, status=str(Status.REFUSED), detail=why)
        book.note(claimed, Event.REFUSED, {"reference": envelope.message.reference, "reason": why})
        ringing.give_back(book.services, book.tx, claimed.id, claimed.fence, book.now)
    outbox.settle(book.tx, claimed.id, claimed.fence, next_at=book.now)  # still open: its lease was too short


def _not_found(book: _Book, envelope: Envelope, attempt: Attempt) -> None:
    """The provider does not know the attempt in doubt: send again at once, unless a callback spoke of it meanwhile."""
    claimed = envelope.claimed
    if attempt.status in IN_DOUBT:
        why = "not found at the provider"
        outbox.update_attempt(book.tx, attempt.id, status=str(Status.UNDELIVERED), detail=why)
        book.note(claimed, Event.REFUSED, {"reference": attempt.reference, "reason": why})
        ringing.give_back(book.services, book.tx, attempt.notice, attempt.fence, book.now)
    elif not attempt.status.failed:
        claims.mark_sent(book.tx, [claimed])
        return
    outbox.settle(book.tx, claimed.id, claimed.fence, next_at=book.now)


def _refused(book: _Book, envelope: Envelope, attempt: Attempt, error: ChannelError) -> None:
    claimed, asking = envelope.claimed, envelope.previous is not None
    status = Status.UNKNOWN if error.unknown or asking else Status.REFUSED
    detail = error.reason[:120]
    outbox.update_attempt(book.tx, attempt.id, status=str(rise(attempt.status, status)), detail=detail)
    said: dict[str, object] = {"reference": attempt.reference, "provider": attempt.provider}
    book.note(claimed, Event.REFUSED, {**said, "asking": asking, "reason": error.reason[:200]})
    if status is Status.REFUSED:
        ringing.give_back(book.services, book.tx, attempt.notice, attempt.fence, book.now)
    if error.permanent and not asking:
        if outbox.settle(book.tx, claimed.id, claimed.fence, state="failed", next_at=None):
            next_contact(book.services, book.tx, claimed, book.now)
        return
    wait = error.retry_after or BACKOFF[min(claimed.failures, len(BACKOFF) - 1)]
    wait += secrets.randbelow(1000) / 2000 * min(wait, 2)  # jitter: hosts must not come back in step
    next_at = book.now + timedelta(seconds=min(wait, BACKOFF[-1]))
    outbox.settle(book.tx, claimed.id, claimed.fence, failures=claimed.failures + 1, next_at=next_at)


def next_contact(services: Services, tx: Connection, claimed: Claimed, now: datetime) -> None:
    """After a permanent failure: the officer's next address of this medium at once, and the plan anew."""
    if claimed.officer is not None:
        officer = people.find_officer(tx, id=claimed.officer)
        assert officer is not None
        dead = outbox.dead_contacts(tx, claimed.escalation)
        contacts = people.everyone(tx, [officer.badge]).get(officer.badge)
        for contact in contacts.contacts if contacts else ():
            address = (officer.badge, contact.medium, contact.position)
            if contact.medium is claimed.medium and address not in dead:
                owed = _elsewhere(claimed, officer.badge, contact.position, now)
                write_notices(services, tx, escalations.get(tx, claimed.escalation), [owed])
                break
    if claimed.purpose is Purpose.CHASE:
        escalations.hurry(tx, claimed.escalation, now)
    services.database.wake(tx)


def _elsewhere(claimed: Claimed, badge: str, position: int, now: datetime) -> Owed:
    """The same notice at another address."""
    return Owed(
        badge=badge,
        medium=claimed.medium,
        contact=position,
        purpose=claimed.purpose,
        cause=claimed.cause,
        round=claimed.round,
        level=claimed.level,
        first=claimed.rank == 0,
        due_at=now,
        detail=claimed.detail,
    )


def dispatch_due(services: Services, now: datetime) -> int:
    """Claim, send and record one batch in this thread; return how many. The worker does the same side by side."""
    envelopes = claim(services, now, dict.fromkeys(Medium, BATCH))
    look = LastLook(services.database)
    record(services, [send(services, look, each, now) for each in envelopes], now)
    return len(envelopes)
