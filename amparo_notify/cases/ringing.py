"""One call at a time on each phone: the others wait until it is over, or until it counts as over.

Phones are shared by officers and by orders, so what counts is the number. Texts and mail wait for nothing. Calls wait
in one line for each phone, first notices before repeats, then by age, and each is either rung or said in the call that
is under way (`same_call`). What else the officer has waiting is said in each.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection

from amparo_notify.cases.services import Services
from amparo_notify.channels.twilio_words import CALL_OVER
from amparo_notify.core.notice import Medium
from amparo_notify.core.ports import ProviderEvent
from amparo_notify.store import ringing
from amparo_notify.store.outbox import Attempt, Claimed
from amparo_notify.store.ringing import Turn

SILENCE = timedelta(seconds=120)
"""How long after the last word of a call its phone still counts as taken: it rings for 40 s, and is said in 60."""

LONGEST = timedelta(seconds=300)
"""The longest that one order keeps a phone, whatever is heard of its call. So a first notice waits for no more than
this, and as much for each first notice that came before it to the same phone."""


def take_turns(tx: Connection, calls: Collection[Claimed], now: datetime) -> set[int]:
    """Let the first of these calls to each free phone ring; return the notices of the others, which now wait."""
    numbers = ringing.numbers(tx, {each.officer for each in calls if each.officer is not None})
    turns = [
        Turn(each.id, each.fence, number)
        for each in sorted(calls, key=lambda each: (each.rank, each.due_at, each.id))
        if each.officer is not None and (number := numbers.get((each.officer, each.contact)))
    ]
    first = {turn.number: turn for turn in reversed(turns)}
    ring = ringing.take(tx, list(first.values()), now, now + SILENCE)
    late = [turn for turn in turns if turn.notice not in ring]
    ringing.wait(tx, late, now)
    return {turn.notice for turn in late}


def give_back(services: Services, tx: Connection, notice: int, fence: int, now: datetime) -> None:
    """The call of a claim is over, or was never made: whoever waits for its phone goes next, at once."""
    if ringing.give_back(tx, notice, fence, now):
        services.database.wake(tx)


def heard(services: Services, tx: Connection, attempt: Attempt, event: ProviderEvent, now: datetime) -> None:
    """What a provider's word on an attempt means for the phone that it rings. The caller holds the lock."""
    if attempt.medium is not Medium.VOICE:
        return
    words = set(event.detail.split())
    if words & CALL_OVER or ("asked" in words and event.status.final):
        give_back(services, tx, attempt.notice, attempt.fence, now)
    elif "in-progress" in words:
        until = min(now + SILENCE, attempt.made_at + LONGEST)
        ringing.keep(tx, attempt.notice, attempt.fence, attempt.provider_id, until)
