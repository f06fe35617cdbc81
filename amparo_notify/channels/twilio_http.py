"""The wire under Twilio's SDK: one kept-alive pool for all senders, a deadline for each call, and no log of phones."""

import logging
import socket
from typing import Any

from requests.adapters import HTTPAdapter
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from amparo_notify.channels import deadline
from amparo_notify.channels.wire import busy


class _Connection(HTTPConnection):
    """A connection of which every wait keeps to the deadline of the call that it serves."""

    response_class = deadline.Answer

    def _new_conn(self) -> socket.socket:
        try:
            return deadline.connected(self.host, self.port)
        except socket.gaierror as fault:
            raise NameResolutionError(self.host, self, fault) from fault
        except TimeoutError as fault:
            raise ConnectTimeoutError(self, "no connection in time") from fault
        except OSError as fault:
            raise NewConnectionError(self, f"no connection: {type(fault).__name__}") from fault

    def send(self, data: Any) -> None:
        """Send, for no longer than is left: a kept connection still has the patience of an earlier call."""
        if self.sock is not None:
            self.sock.settimeout(deadline.left())
        super().send(data)


class _SecureConnection(_Connection, HTTPSConnection):
    """The same over TLS. (A handshake takes no longer than its socket's timeout in all.)"""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS = {"http": _Pool, "https": _SecurePool}


class _Adapter(HTTPAdapter):
    """The transport of requests, with our connections, through a proxy too."""

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **named: Any) -> Any:
        """Return the manager of a proxy's connections."""
        manager = super().proxy_manager_for(proxy, **named)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class PunctualHttp(TwilioHttpClient):  # type: ignore[misc]  # the SDK is not typed
    """Twilio's client for any number of threads. `timeout` is in seconds, for a whole call."""

    def __init__(self, timeout: float, pool: int) -> None:
        # What it would log holds phone numbers.
        quiet = logging.Logger("twilio-wire", level=logging.CRITICAL + 1)
        super().__init__(timeout=timeout, logger=quiet)
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, _Adapter(pool_connections=4, pool_maxsize=pool))

    def request(self, *arguments: Any, **named: Any) -> Response:
        """Raise a refusal for 429 and 5xx here, where the headers still are: the SDK drops Retry-After."""
        with deadline.within(self.timeout):
            response = super().request(*arguments, **named)
        if response.status_code == 429 or response.status_code >= 500:
            raise busy("twilio", response.status_code, response.headers or {})
        return response
