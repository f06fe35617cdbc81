"""Scripted faults of a provider: what its address does to the next requests, in place of a good answer."""

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

Road = Literal["sms", "voice", "email", "inbox"]
"""Where faults happen: messages handed in by medium, and the list of texts that came in."""


@dataclass(frozen=True)
class Fault:
    """One fault. Build with `refuse`, `busy`, `hang`, `reset` or `garbage`."""

    kind: Literal["refuse", "hang", "reset", "garbage"]
    accepted: bool = False  # whether the provider had taken the message when it went wrong
    http: int = 400
    code: int = 0  # Twilio's error code
    retry_after: int | None = None  # seconds
    field: str = "personalizations.0.to"  # what SendGrid finds fault with


def refuse(code: int = 21211, http: int = 400, *, field: str = "personalizations.0.to") -> Fault:
    """A refusal for good: 4xx with the provider's own code, or a redirect. `field` is what SendGrid speaks of."""
    return Fault("refuse", http=http, code=code, field=field)


def busy(http: int = 429, retry_after: int | None = None) -> Fault:
    """429 with Retry-After, or any 5xx."""
    return Fault("refuse", http=http, code=20429 if http == 429 else 20500, retry_after=retry_after)


def hang(*, accepted: bool) -> Fault:
    """No answer, until `Faults.release`."""
    return Fault("hang", accepted)


def reset(*, accepted: bool) -> Fault:
    """The connection is cut instead of an answer."""
    return Fault("reset", accepted)


def garbage(*, accepted: bool = True) -> Fault:
    """200 and a web page."""
    return Fault("garbage", accepted)


@dataclass
class Faults:
    """Which faults are due on which road."""

    _due: dict[Road, deque[Fault]] = field(default_factory=dict)
    _always: dict[Road, Fault] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _released: threading.Event = field(default_factory=threading.Event)

    def add(self, road: Road, fault: Fault, times: int | None = 1) -> None:
        """Let the next `times` requests on a road meet this fault; None: all, until `clear`."""
        with self._lock:
            if times is None:
                self._always[road] = fault
            else:
                self._due.setdefault(road, deque()).extend([fault] * times)

    def clear(self) -> None:
        """Good weather again."""
        with self._lock:
            self._due.clear()
            self._always.clear()

    def next(self, road: Road) -> Fault | None:
        with self._lock:
            due = self._due.get(road)
            return due.popleft() if due else self._always.get(road)

    def wait(self, seconds: float) -> None:
        """Hang until released."""
        self._released.wait(seconds)

    def release(self) -> None:
        """Let every hanging request go."""
        self._released.set()
