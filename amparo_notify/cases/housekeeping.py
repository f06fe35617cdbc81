"""What falls due without anybody asking: holds that end, providers that said nothing, blobs that nobody kept."""

from datetime import datetime, timedelta

from amparo_notify.cases.hold import open_held
from amparo_notify.cases.listen import settle_status
from amparo_notify.cases.services import Services
from amparo_notify.core.errors import ChannelError
from amparo_notify.core.notice import Status
from amparo_notify.core.order import OrderState
from amparo_notify.core.ports import ProviderEvent
from amparo_notify.store import blobs, claims, inbound, machines, orders, outbox, passkeys, ringing, staff
from amparo_notify.store.outbox import Attempt

ASK_AGAIN = timedelta(minutes=5)
ASK_FOR = timedelta(hours=1)
"""A message of which nothing is known after this long is left as it is, and says so."""

QUESTIONS = 50
"""Most that one round asks."""


def release_due(services: Services, now: datetime) -> int:
    """Send out held orders whose limit has come, marked as such; return how many."""
    with services.database.read() as tx:
        due = orders.releasable(tx, now)
    for order_id in due:
        with services.database.write(order_id) as tx:
            order = orders.get(tx, order_id)
            if order.state is OrderState.HELD and order.release_at is not None and order.release_at <= now:
                open_held(services, tx, order, None, now, marked=True)
    return len(due)


def ask_providers(services: Services, now: datetime) -> int:
    """Ask for the fate of messages of which no word came in time; return how many were asked for.

    A provider that does not answer one question is not asked another until the next round.
    """
    with services.database.read() as tx:
        unheard = claims.unheard(tx, now, QUESTIONS)
    silent: set[str] = set()
    for attempt in unheard:
        again = now + ASK_AGAIN if now - attempt.made_at < ASK_FOR else None
        if attempt.provider in silent:
            continue
        with services.database.write(attempt.order) as tx:
            mine = claims.take_question(tx, attempt.id, now, again)
        if not mine:
            continue  # another worker asks
        try:
            status = _asked(services, attempt)
        except ChannelError:
            silent.add(attempt.provider)
            continue
        if status is not None:
            _heard(services, attempt.id, attempt.order, status, now)
    return len(unheard)


def _asked(services: Services, attempt: Attempt) -> Status | None:
    road = next((each for each in services.providers[attempt.medium] if each.name == attempt.provider), None)
    return road.status(attempt.provider_id, attempt.medium) if road and attempt.provider_id else None


def _heard(services: Services, attempt_id: int, order_id: int, status: Status, now: datetime) -> None:
    with services.database.write(order_id) as tx:
        attempt = outbox.attempt_by_id(tx, attempt_id)  # as it is now: a callback may have come meanwhile
        assert attempt is not None
        key = f"asked:{attempt.id}:{status}"
        event = ProviderEvent(
            attempt.provider, key, attempt.reference, attempt.provider_id, status, detail="asked"
        )
        settle_status(services, tx, attempt, event, now)


def sweep(services: Services, now: datetime) -> None:
    """Remove what nobody refers to: orphan blobs, ended sessions, forgotten throttles. Once an hour on all hosts."""
    with services.database.write() as tx:
        if machines.take_slot(tx, "sweep", now.replace(minute=0, second=0, microsecond=0)):
            blobs.sweep(tx, now)
            staff.sweep_sessions(tx, now)
            passkeys.sweep(tx, now)
            ringing.sweep(tx, now - timedelta(days=1))
            inbound.sweep(tx, now)
            machines.sweep(tx, now)
