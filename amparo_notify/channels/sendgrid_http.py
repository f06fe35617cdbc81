"""The wire under SendGrid's SDK: a deadline for each call, and no following of redirects with our key in hand."""

import http.client
import ssl
from functools import cache
from typing import Any
from urllib.request import (
    AbstractHTTPHandler,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    Request,
    build_opener,
)

from python_http_client import Client

from amparo_notify.channels import deadline


class _Connection(http.client.HTTPConnection):
    """A connection of which every wait keeps to the deadline of its call."""

    response_class = deadline.Answer

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        # http.client's own seam for making the socket, which TLS and proxies then build upon.
        self._create_connection = lambda address, *_: deadline.connected(*address)

    def send(self, data: Any) -> None:
        """Send, for no longer than is left."""
        if self.sock is not None:
            self.sock.settimeout(deadline.left())
        super().send(data)


class _SecureConnection(_Connection, http.client.HTTPSConnection):
    """The same over TLS."""


class _Plain(HTTPHandler):
    def http_open(self, request: Request) -> Any:
        return self.do_open(_Connection, request)


@cache
def _trusted() -> ssl.SSLContext:
    """The system's authorities, read once a process: a mail should not load every one of them anew."""
    return ssl.create_default_context()


class _Secure(HTTPSHandler):
    def __init__(self) -> None:
        AbstractHTTPHandler.__init__(
            self
        )  # HTTPSHandler's own would read every authority for each client made

    def https_open(self, request: Request) -> Any:
        return self.do_open(_SecureConnection, request, context=_trusted())


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """A redirect is an answer like any other: the next host would be handed our key and lose the mail."""


class PunctualClient(Client):  # type: ignore[misc]  # the SDK is not typed
    """SendGrid's client within `deadline.within`, which the caller opens around a whole call."""

    def __init__(self, plain: Client, timeout: float, opener: Any = None) -> None:
        """In the place of a client that the SDK has made. `timeout` is in seconds, for any one wait."""
        super().__init__(
            host=plain.host,
            request_headers=plain.request_headers,
            version=plain._version,
            url_path=plain._url_path,
            timeout=timeout,
        )
        self._opener = opener or build_opener(_Plain, _Secure, _Stay)

    def _build_client(self, name: str | None = None) -> "PunctualClient":
        return PunctualClient(super()._build_client(name), self.timeout, self._opener)

    def _make_request(self, opener: Any, request: Request, timeout: float | None = None) -> Any:
        return super()._make_request(self._opener, request, timeout)
