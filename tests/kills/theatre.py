"""An order from beginning to end on a service whose processes die: submitted, sent, reported on, acknowledged."""

import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from sqlalchemy import text

from amparo_notify.demo.carrier import Carrier
from tests.stage import PIN, Process, Stage, mail, phone, until

RUNNER = str(Path(__file__).with_name("runner.py"))
PATIENCE = 60
"""Seconds for anything to happen; most takes two."""


@dataclass(frozen=True)
class Ending:
    """What became of an order: how many messages came by each road, orders made, acknowledgements on record."""

    came: Counter[str]
    orders: int
    acknowledged: int
    late: int  # messages of the chase that left after the acknowledgement

    @property
    def lost(self) -> int:
        return sum(self.came[road] == 0 for road in ("sms", "voice", "email")) + (self.acknowledged == 0)

    @property
    def doubled(self) -> int:
        return sum(max(0, number - 1) for number in self.came.values()) + max(0, self.acknowledged - 1)


class Theatre:
    """A stage, the carriers, and a web and a worker of the moment. Every order has a station and a phone of its own."""

    def __init__(self, stage: Stage, carrier: Carrier) -> None:
        self.stage, self.carrier = stage, carrier
        self.web: Process
        self.worker: Process
        self._orders = count()

    def open(self) -> None:
        self.stage.settle(stations=0)
        self.web = self._start("web")
        self.worker = self._start("worker")
        self.carrier.start(every=0.1)

    def close(self) -> None:
        self.stage.close()
        self.carrier.stop()

    def play(self, victim: str, point: str) -> Ending:
        """Live through one order with a process that dies at a point, and comes back. Fails if it never dies."""
        n = next(self._orders)
        self.stage.found(n)
        self._replace(victim, KILL_AT=point)
        document = self.stage.signed(n + 1)
        self._submit(n, document)
        self._revive(victim)
        until(lambda: self._told(n), PATIENCE, "three messages")
        with suppress(AssertionError):  # callbacks that came while the web was dead are not posted for ever
            until(lambda: not getattr(self, victim).alive or self._settled(n), 5, "outcomes and callbacks")
        self._revive(victim)
        self._acknowledge(n)
        until(lambda: self._acknowledged(n), PATIENCE, "an acknowledgement")
        with suppress(AssertionError):  # a seed puts the end off, and a quick story is over by then
            until(lambda: self._died or not getattr(self, victim).alive, 5, "the end of a process")
        self._revive(victim)
        died = self._died
        self._died = False
        assert died, f"never came to: {point}"
        came = self._came(n)
        return Ending(came, self._count("orders", n), self._count("acknowledgement", n), self._late(n))

    _died = False

    # -- processes ------------------------------------------------------------------------------------------

    def _start(self, name: str, **changes: str) -> Process:
        return self.stage.start(name, script=[RUNNER], **changes)

    def _replace(self, victim: str, **changes: str) -> None:
        old = getattr(self, victim)
        if old.alive:
            old.stop()
        setattr(self, victim, self._start(victim, **changes))

    def _revive(self, victim: str) -> None:
        """Start again what has died, as a supervisor would."""
        if not getattr(self, victim).alive:
            self._died = True
            setattr(self, victim, self._start(victim))

    # -- what people do -------------------------------------------------------------------------------------

    def _submit(self, n: int, document: bytes) -> None:
        """Until it is answered: whoever got no answer sends it again."""

        def answered() -> bool:
            self._revive("web")
            try:
                status, _ = self.stage.submit(self.web, n + 1, document, [f"S{n:03}"])
            except OSError:
                return False
            return status in (200, 201)

        until(answered, PATIENCE, "an answer to the order")

    def _told(self, n: int) -> bool:
        self._revive("web")
        self._revive("worker")
        return len(+self._came(n)) == 3

    def _acknowledge(self, n: int) -> None:
        code = re.search(r"ENTERADO ([A-Z0-9]{5})", self.carrier.texts(phone(n))[0].body)
        assert code

        def heard() -> bool:
            self._revive("web")
            try:
                return bool(self.carrier.reply(phone(n), f"ENTERADO {code[1]} {PIN}"))
            except (OSError, ValueError):
                return False

        until(heard, PATIENCE, "an answer to the text")

    # -- what came of it ------------------------------------------------------------------------------------

    def _came(self, n: int) -> Counter[str]:
        texts = [
            each for each in self.carrier.texts(phone(n)) if not each.inbound and "ENTERADO " in each.body
        ]
        return Counter(
            sms=len([each for each in texts if f" {n + 1}/2026" in each.body and "/n/" in each.body]),
            voice=len(self.carrier.calls(phone(n))),
            email=len(self.carrier.mails(mail(n))),
        )

    def _acknowledged(self, n: int) -> bool:
        return self._count("acknowledgement", n) > 0

    def _settled(self, n: int) -> bool:
        """Everything that was sent is on record, and each provider has spoken."""
        return self._count("open", n) == 0 and self._count("events", n) >= 3

    def _count(self, what: str, n: int) -> int:
        joined = {
            "orders": "SELECT count(*) FROM orders o WHERE o.expediente = :which",
            "acknowledgement": "SELECT count(*) FROM acknowledgement a JOIN escalation e ON e.id = a.escalation "
            "JOIN orders o ON o.id = e.orders WHERE o.expediente = :which",
            "open": "SELECT count(*) FROM notice n JOIN orders o ON o.id = n.orders "
            "WHERE o.expediente = :which AND n.state = 'open'",
            "events": "SELECT count(*) FROM provider_event p JOIN attempt t ON t.id = p.attempt "
            "JOIN notice n ON n.id = t.notice JOIN orders o ON o.id = n.orders WHERE o.expediente = :which",
        }
        with self.stage.services.database.read() as tx:
            return int(tx.execute(text(joined[what]), {"which": f"{n + 1}/2026"}).scalar_one())

    def _late(self, n: int) -> int:
        """Attempts at a chase made after the acknowledgement was committed."""
        late = (
            "SELECT count(*) FROM attempt t JOIN notice n ON n.id = t.notice JOIN orders o ON o.id = n.orders "
            "JOIN acknowledgement a ON a.escalation = n.escalation "
            "WHERE o.expediente = :which AND n.purpose = 'chase' AND t.made_at > a.at AND n.cause = 'order'"
        )
        with self.stage.services.database.read() as tx:
            return int(tx.execute(text(late), {"which": f"{n + 1}/2026"}).scalar_one())
