"""What falls due without anybody asking: holds that end, providers that said nothing, blobs that nobody kept."""

from datetime import datetime, timedelta

from amparo_notify.cases.hold import open_held
from amparo_notify.cases.listen import settle_status
from amparo_notify.cases.services import Services
from amparo_notify.core.errors import ChannelError
from amparo_notify.core.order import OrderState
from amparo_notify.core.ports import ProviderEvent
from amparo_notify.store import blobs, orders, outbox, staff

ASK_AGAIN = timedelta(minutes=5)
ASK_FOR = timedelta(hours=1)
"""A message of which nothing is known after this long is left as it is, and says so."""


def release_due(services: Services, now: datetime) -> int:
    """Send out held orders whose limit has come, marked as such; return how many."""
    with services.database.read() as tx:
        due = orders.releasable(tx, now)
    for order_id in due:
        with services.database.write(order_id) as tx:
            order = orders.get(tx, order_id)
            if order.state is OrderState.HELD and order.release_at is not None and order.release_at <= now:
                open_held(services, tx, order, None, now)
    return len(due)


def ask_providers(services: Services, now: datetime) -> int:
    """Ask for the fate of messages of which no word came in time; return how many were asked for."""
    with services.database.read() as tx:
        unheard = outbox.unchecked(tx, now)
    for attempt in unheard:
        road = next(
            (each for each in services.providers[attempt.medium] if each.name == attempt.provider), None
        )
        try:
            status = (
                road.status(attempt.provider_id, attempt.medium) if road and attempt.provider_id else None
            )
        except ChannelError:
            status = None
        again = now + ASK_AGAIN if now - attempt.made_at < ASK_FOR else None
        with services.database.write(attempt.order) as tx:
            outbox.update_attempt(tx, attempt.id, check_at=again)
            if status is not None:
                event = ProviderEvent(
                    attempt.provider,
                    f"asked:{attempt.id}:{status}",
                    attempt.reference,
                    attempt.provider_id,
                    status,
                    "asked",
                )
                settle_status(services, tx, attempt, event, now)
    return len(unheard)


def sweep(services: Services, now: datetime) -> None:
    """Remove what nobody refers to: orphan blobs, ended sessions, forgotten throttles."""
    with services.database.write() as tx:
        blobs.sweep(tx, now)
        staff.sweep_sessions(tx, now)
