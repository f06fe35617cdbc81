"""How the double of the carriers posts its callbacks: queued, signed like the real ones, on good and bad days."""

import base64
import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from twilio.request_validator import RequestValidator

from amparo_notify.demo.carrier_book import Book, Pending

Post = Callable[[str, Mapping[str, str], bytes], bytes]
TRIES = 3
TIMEOUT = 15
"""Seconds that Twilio waits for the answer to a webhook (https://www.twilio.com/docs/usage/webhooks)."""
KEPT = 10_000
FORGER = "a token that is not the account's"


class Callbacks(StrEnum):
    """How the carriers report, for stories about bad days."""

    PROMPT = "prompt"
    NONE = "none"
    LATE = "late"  # kept until deliver(late=True)
    DUPLICATED = "duplicated"
    REORDERED = "reordered"
    FORGED = "forged"  # signed by somebody else
    EARLY = "early"  # posted before the API answers


def post_over_http(url: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """Post a callback and return the answer's body. Raises OSError, also for an answer of 4xx or 5xx."""
    request = Request(url, data=body, headers=dict(headers), method="POST")  # noqa: S310 (our own address)
    with urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
        content: bytes = answer.read()
        return content


@dataclass
class Postman:
    """Posts what is queued in the book. `mode` may be changed at any time."""

    book: Book
    auth_token: str
    events_key: ec.EllipticCurvePrivateKey
    events_url: str
    clock: Callable[[], datetime]
    post: Post
    mode: Callbacks = Callbacks.PROMPT
    posted: deque[str] = field(
        default_factory=lambda: deque(maxlen=KEPT)
    )  # "url body" of each callback that was taken
    failed: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT))
    _held: list[Pending] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def queue(self, *callbacks: Pending) -> None:
        """Queue callbacks to our service; without an address there is nobody to tell."""
        if self.mode is Callbacks.NONE:
            return
        self.book.put_off(*(one for one in callbacks if one.url))
        if self.mode is Callbacks.EARLY:
            self.deliver()

    def deliver(self, *, late: bool = False) -> int:
        """Post what is queued, and what that causes, until nothing is left; return how many were posted.

        In LATE mode they are held until asked for with `late`.
        """
        count = 0
        with self._lock:
            while batch := list(self.book.take()) + (self._released() if late else []):
                if self.mode is Callbacks.LATE and not late:
                    self._held += batch
                    continue
                if self.mode is Callbacks.REORDERED:
                    batch.reverse()
                for one in batch * 2 if self.mode is Callbacks.DUPLICATED else batch:
                    self._deliver_one(one)
                    count += 1
        return count

    def _released(self) -> list[Pending]:
        held, self._held = self._held, []
        return held

    def _deliver_one(self, one: Pending) -> None:
        try:
            if one.kind == "sendgrid":
                self._post_events([one.payload])
            else:
                self.post_form(one.url, one.payload)
        except OSError as fault:
            self.failed.append(f"{one.url} {one.payload}: {fault}")
            if one.tries + 1 < TRIES and self.mode is not Callbacks.FORGED:
                self._held.append(replace(one, tries=one.tries + 1))
        else:
            self.posted.append(f"{one.url} {one.payload}")

    def retry(self) -> None:
        """Queue again what failed, as a real carrier does after a while."""
        with self._lock:
            if self.mode is not Callbacks.LATE:
                self.book.put_off(*self._released())

    def post_form(self, url: str, form: Mapping[str, str]) -> bytes:
        """Post a webhook as Twilio does, signed (https://www.twilio.com/docs/usage/security). Raises OSError."""
        token = FORGER if self.mode is Callbacks.FORGED else self.auth_token
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "User-Agent": "TwilioProxy/1.1",
            "X-Twilio-Signature": RequestValidator(token).compute_signature(url, dict(form)),
        }
        return self.post(url, headers, urlencode(form).encode())

    def _post_events(self, events: list[Any]) -> None:
        """Post a batch as SendGrid does: ECDSA over the timestamp and the raw body."""
        body = json.dumps(events).encode()
        stamp = str(int(self.clock().timestamp()))
        key = ec.generate_private_key(ec.SECP256R1()) if self.mode is Callbacks.FORGED else self.events_key
        signature = key.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "SendGrid Event API",
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": stamp,
        }
        self.post(self.events_url, headers, body)
