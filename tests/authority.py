"""The tests' certificate authority: the demonstration's, made once for a whole run."""

from datetime import UTC, datetime
from functools import cache

from amparo_notify.demo.authority import Authority, Identity
from amparo_notify.demo.order_pdf import order_pdf

NOW = datetime(2026, 11, 21, 9, 15, tzinfo=UTC)
"""The instant at which the tests' authority and its people came to be."""

CURP, RFC = "NUFX800101MDFXXX09", "NUFX800101AB1"


@cache
def authority() -> Authority:
    """The one authority that tests trust."""
    return Authority.create(NOW)


@cache
def judge() -> Identity:
    """A judge whose name breaks the usual libraries."""
    return authority().issue("JUEZA FICTICIA NÚÑEZ", CURP, RFC, now=NOW)


@cache
def time_stamper() -> Identity:
    return authority().time_stamper(NOW)


@cache
def order() -> bytes:
    """An unsigned order, as PDF."""
    return order_pdf()
