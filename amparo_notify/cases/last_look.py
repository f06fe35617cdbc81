"""The last look before a call, shared: senders that ask while one look is under way are answered by the next."""

import threading
from dataclasses import dataclass, field
from datetime import datetime

from amparo_notify.store import claims
from amparo_notify.store.database import Database
from amparo_notify.store.outbox import Claimed


@dataclass
class _Batch:
    """Those who are answered by one look, and its answer."""

    asked: list[tuple[Claimed, datetime]] = field(default_factory=list)
    wanted: set[tuple[int, int]] = field(default_factory=set)
    fault: Exception | None = None


class LastLook:
    """For any number of threads. Every answer comes from a look that began after its question."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._next = _Batch()
        self._asking, self._looking = threading.Lock(), threading.Lock()

    @property
    def asked(self) -> int:
        """How many wait for the next look."""
        return len(self._next.asked)

    def wanted(self, claimed: Claimed, until: datetime) -> bool:
        """Whether a notice is still to be sent, by this claim, leased until then. Raises what a read raises."""
        with self._asking:
            batch = self._next
            batch.asked.append((claimed, until))
        with self._looking:
            if batch is self._next:
                self._look(batch)
        if batch.fault is not None:
            raise batch.fault
        return (claimed.id, claimed.fence) in batch.wanted

    def _look(self, batch: _Batch) -> None:
        with self._asking:
            self._next = _Batch()
        until = max(until for _, until in batch.asked)
        try:
            with self._database.look() as tx:
                batch.wanted = claims.still_wanted(tx, {claimed.id for claimed, _ in batch.asked}, until)
        except Exception as error:  # noqa: BLE001 - it is raised where each answer is taken
            batch.fault = error
