"""What goes over the wire to the double and back, kept for whoever judges it."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from wsgiref.types import StartResponse, WSGIEnvironment

from amparo_notify.demo.carrier_wsgi import CarrierApp
from tests.channels import published
from tests.channels.published import Request


@dataclass
class Tap:
    """Keeps every request, byte for byte, and every answer on its way to the double and back."""

    inner: CarrierApp
    requests: list[Request] = field(default_factory=list)
    answers: list[tuple[str, bytes]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
        }
        path, _, query = environ["REQUEST_URI"].partition("?")
        with self.lock:
            self.requests.append(Request(environ["REQUEST_METHOD"], path, query, headers, body))
        environ["wsgi.input"] = _Again(body)
        content = b"".join(self.inner(environ, start_response))
        self.answers.append((environ["REQUEST_METHOD"], content))
        return [content]


class _Again:
    def __init__(self, body: bytes) -> None:
        self._left = body

    def read(self, size: int = -1) -> bytes:
        taken = self._left if size < 0 else self._left[:size]
        self._left = self._left[len(taken) :]
        return taken


def wrong(tap: Tap) -> list[str]:
    """Every fault of every request that went through; none at all is a fault too."""
    return [fault for one in tap.requests for fault in published.faults(one)] or (
        [] if tap.requests else ["nothing was sent"]
    )
