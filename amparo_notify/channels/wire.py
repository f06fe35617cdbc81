"""What happened on the wire: sorts network faults into 'never sent' (safe to repeat) and 'may have arrived'.

A refused connection or an unknown host has carried nothing. A reset or a silence after the connection stood may
have carried the message: that is unknown, and the dispatcher reconciles before it sends again.
"""

import errno
import logging
import re
import socket
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from requests import exceptions as requests_errors
from urllib3 import exceptions as urllib3_errors

from amparo_notify.core.errors import ChannelError

TIMEOUT = 10.0
"""Seconds that a whole call to a provider's API may take; neither SDK has a limit of its own. What has not been
answered by then is in doubt. Well under the shortest lease on which a call may begin (cases/dispatch.LONGEST_CALL)."""

MAX_RETRY_AFTER = 300.0
"""Seconds: a provider that asks for more is treated as down, since a departure will not wait for it."""

_NEVER_SENT_ERRNO = {errno.ECONNREFUSED, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL}


# Below WARNING these write addresses and query strings, which hold phone numbers, into the log.
for _talkative in ("urllib3", "python_http_client"):
    logging.getLogger(_talkative).setLevel(logging.WARNING)

_PHONE = re.compile(r"\+52[0-9]{10}")
_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]+")


def check_address(address: str) -> None:
    """Raise a permanent ChannelError for what is no mail address: the SDKs fail over it in ways of their own."""
    if not _ADDRESS.fullmatch(address):
        raise ChannelError("not a mail address", permanent=True)


def check_phone(number: str) -> None:
    """Raise a permanent ChannelError for anything but a Mexican number: no fault elsewhere may call the world."""
    if not _PHONE.fullmatch(number):
        raise ChannelError("not a Mexican number (+52 and ten digits)", permanent=True)


def carried_nothing(fault: BaseException | None) -> bool:
    """Whether this network fault proves that no byte of the request reached the provider."""
    if isinstance(fault, requests_errors.ConnectTimeout):
        return True
    if isinstance(fault, (socket.gaierror, ssl.SSLCertVerificationError)):
        return True
    if isinstance(fault, (urllib3_errors.NewConnectionError, urllib3_errors.ConnectTimeoutError)):
        return True
    if isinstance(fault, OSError) and fault.errno in _NEVER_SENT_ERRNO:
        return True
    inner = _inner(fault)
    return inner is not None and carried_nothing(inner)


def _inner(fault: BaseException | None) -> BaseException | None:
    """The fault inside a fault: `reason` (urllib, urllib3) or the exception that requests wrapped."""
    reason = getattr(fault, "reason", None)
    if isinstance(reason, BaseException):
        return reason
    arguments = getattr(fault, "args", ())
    return next((one for one in arguments if isinstance(one, BaseException) and one is not fault), None)


def network_fault(provider: str, fault: BaseException) -> ChannelError:
    """Return what the dispatcher must know of a network fault. The reason names no address."""
    kind = type(_innermost(fault)).__name__
    if carried_nothing(fault):
        return ChannelError(f"{provider}: no connection ({kind})")
    return ChannelError(f"{provider}: no answer ({kind})", unknown=True)


def _innermost(fault: BaseException) -> BaseException:
    inner = _inner(fault)
    return fault if inner is None else _innermost(inner)


GATEWAY_GAVE_UP = {502, 504}
"""A gateway that lost its own server (RFC 9110, 15.6.3 and 15.6.5): the message may be on the other side."""


def busy(provider: str, status: int, headers: Mapping[str, str]) -> ChannelError:
    """Return the error for an answer of 429 or 5xx: not now, with the wait that the provider asks for."""
    return ChannelError(
        f"{provider}: HTTP {status}", unknown=status in GATEWAY_GAVE_UP, retry_after=retry_after(headers)
    )


def retry_after(headers: Mapping[str, str] | None, now: datetime | None = None) -> float | None:
    """Seconds that a `Retry-After` header asks for (RFC 9110, 10.2.3: seconds or a date), or None.

    A date needs `now` (aware); without one the answer's own `Date` header serves.
    """
    wanted = (headers or {}).get("Retry-After")
    if not wanted:
        return None
    if wanted.strip().isdigit():
        return min(float(wanted), MAX_RETRY_AFTER)
    instant, since = _date(wanted), now or _date((headers or {}).get("Date"))
    if instant is None or since is None:
        return None
    return min(max(0.0, (instant - since).total_seconds()), MAX_RETRY_AFTER)


def _date(text: str | None) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
