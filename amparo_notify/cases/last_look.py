"""The last look before a call, shared: senders that ask while one look is under way are answered by the next."""

import threading
from concurrent.futures import Future
from datetime import datetime

from amparo_notify.store import claims
from amparo_notify.store.database import Database
from amparo_notify.store.outbox import Claimed


class LastLook:
    """For any number of threads. Every answer comes from a look that began after its question."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._asked: list[tuple[Claimed, datetime, Future[bool]]] = []
        self._asking, self._looking = threading.Lock(), threading.Lock()

    @property
    def asked(self) -> int:
        """How many wait for the next look."""
        return len(self._asked)

    def wanted(self, claimed: Claimed, until: datetime) -> bool:
        """Whether a notice is still to be sent, by this claim, leased until then. Raises what a read raises."""
        answer: Future[bool] = Future()
        with self._asking:
            self._asked.append((claimed, until, answer))
        with self._looking:
            if not answer.done():
                self._look()
        return answer.result()

    def _look(self) -> None:
        with self._asking:
            asked, self._asked = self._asked, []
        until = max(until for _, until, _ in asked)
        try:
            with self._database.look() as tx:
                wanted = claims.still_wanted(tx, [claimed for claimed, _, _ in asked], until)
        except Exception as error:  # noqa: BLE001 - it is raised where each answer is taken
            for _, _, answer in asked:
                answer.set_exception(error)
        else:
            for claimed, _, answer in asked:
                answer.set_result(claimed.id in wanted)
