"""One deadline for a whole call to a provider, however slowly it drips: looking up, connecting, sending, reading.

The clients' own timeouts bound a single read, so a server that sends a byte a second would hold a sender for ever and
outlive the lease of its notice. Here every wait on a socket asks how much is left of the call. Only the look-up of a
name cannot be cut short; one that takes too long ends the call before anything is sent.
"""

import http.client
import io
import math
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CONNECT = 4.0
"""Seconds for each address of a host, time for two SYNs to be repeated (RFC 6298): a dead IPv6 road must leave time
for the next address."""


class _Call(threading.local):
    until = math.inf


_call = _Call()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let what this thread does inside take so many seconds in all; one inside another ends with it at the latest."""
    outer = _call.until
    _call.until = min(outer, time.monotonic() + seconds)
    try:
        yield
    finally:
        _call.until = outer


def left() -> float:
    """Seconds left of this thread's call. Raises TimeoutError where none are."""
    seconds = _call.until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("the whole call took too long")
    return seconds


def connected(host: str, port: int) -> socket.socket:
    """Return a socket to the first address of a host that answers. Raises OSError: nothing was sent."""
    fault: OSError | None = None
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        try:
            return _joined(family, kind, protocol, address)
        except OSError as this:
            fault = this
    raise fault or OSError("a host without an address")


def _joined(family: int, kind: int, protocol: int, address: Any) -> socket.socket:
    wire = socket.socket(family, kind, protocol)
    try:
        wire.settimeout(min(left(), CONNECT))
        wire.connect(address)
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire.settimeout(left())
    except BaseException:
        wire.close()
        raise
    return wire


class _Reader(io.RawIOBase):
    """A socket's stream of which each read takes no longer than what is left."""

    def __init__(self, wire: socket.socket, stream: Any) -> None:
        self._wire, self._stream = wire, stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._wire.settimeout(left())
        taken: int | None = self._stream.readinto(buffer)
        return taken

    def close(self) -> None:
        self._stream.close()
        super().close()


def reader(wire: socket.socket) -> io.BufferedReader:
    """Return what `wire.makefile("rb")` returns, kept to the deadline."""
    return io.BufferedReader(_Reader(wire, wire.makefile("rb", buffering=0)))


class Answer(http.client.HTTPResponse):
    """An answer whose headers and body keep to the deadline: the `response_class` of a connection."""

    def __init__(self, sock: socket.socket, *arguments: Any, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        stream: Any = self.fp
        self.fp = io.BufferedReader(_Reader(sock, stream.detach()))
