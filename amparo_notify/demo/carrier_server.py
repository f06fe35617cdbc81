"""Puts the double behind a real socket, so that tests can cut, refuse and delay real connections."""

import logging
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Any
from wsgiref.types import WSGIApplication

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from amparo_notify.demo.carrier import Carrier
from amparo_notify.demo.carrier_wsgi import CarrierApp


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # keep connections, as the providers do
    open: set[socket.socket]

    def setup(self) -> None:
        super().setup()
        self.open.add(self.connection)

    def finish(self) -> None:
        self.open.discard(self.connection)
        super().finish()

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing: paths hold phone numbers."""


class CarrierServer:
    """A context: `with CarrierServer(carrier) as server: server.url`."""

    def __init__(self, carrier: Carrier, port: int = 0, app: WSGIApplication | None = None) -> None:
        """`app`: a larger application that holds the double somewhere, in place of the double alone."""
        self._carrier, self._port, self._app = carrier, port, app or CarrierApp(carrier)
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None
        self._open: set[socket.socket] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> "CarrierServer":
        self.accept()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._carrier.faults.release()
        self.refuse()

    def accept(self) -> None:
        """Listen; after `refuse` on the same port again."""
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        handler = type("_Handler", (_Quiet,), {"open": self._open})
        server = make_server("127.0.0.1", self._port, self._app, threaded=True, request_handler=handler)
        self._server, self._port = server, server.server_port
        self._thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def refuse(self) -> None:
        """Cut the connections that stand, and refuse new ones from now on."""
        if self._server and self._thread:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join(timeout=5)
        for one in list(self._open):
            with suppress(OSError):  # it may have gone by itself
                one.shutdown(socket.SHUT_RDWR)
        self._server = None
