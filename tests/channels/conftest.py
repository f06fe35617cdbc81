"""The double of the carriers behind a real socket, and the real adapters pointed at it."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from amparo_notify.channels.local import LocalAccount, local_account
from amparo_notify.channels.rendering import Facts, render
from amparo_notify.channels.roads import build_providers
from amparo_notify.core.notice import Cause, Medium
from amparo_notify.core.ports import Message, Provider
from amparo_notify.demo.carrier import Carrier, carrier_for
from amparo_notify.demo.carrier_server import CarrierServer
from amparo_notify.demo.carrier_wsgi import CarrierApp
from tests.channels.tap import Tap

PUBLIC_URL = "https://amparo.example"
PHONE = "+525500001234"
ADDRESS = "guardia@estacion.example"
NOW = datetime(2026, 11, 21, 9, 15, tzinfo=UTC)


class Clock:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Service:
    """Our service's end of the callbacks: what came in, and what it answers."""

    received: list[tuple[str, Mapping[str, str], bytes]]
    answer: bytes = b"<Response/>"
    down: bool = False
    heard: threading.Event = field(default_factory=threading.Event)

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> bytes:
        if self.down:
            raise ConnectionRefusedError
        self.received.append((url, headers, body))
        self.heard.set()
        return self.answer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def account() -> LocalAccount:
    return local_account(b"a secret of the tests")


@pytest.fixture
def service() -> Service:
    return Service([])


@pytest.fixture
def carrier(account: LocalAccount, service: Service, clock: Clock) -> Iterator[Carrier]:
    double = carrier_for(account, public_url=PUBLIC_URL, clock=clock, post=service)
    yield double
    double.stop()


@pytest.fixture
def server(carrier: Carrier) -> Iterator[CarrierServer]:
    with CarrierServer(carrier) as running:
        yield running


@pytest.fixture
def tap(carrier: Carrier) -> Tap:
    return Tap(CarrierApp(carrier))


@pytest.fixture
def tapped(tap: Tap, carrier: Carrier) -> Iterator[CarrierServer]:
    with CarrierServer(carrier, app=tap) as running:
        yield running


def first_roads(url: str, account: LocalAccount, timeout: float) -> Mapping[Medium, Provider]:
    built = build_providers(
        public_url=PUBLIC_URL,
        twilio_account_sid=account.account_sid,
        twilio_auth_token=account.auth_token,
        twilio_from=account.sms_from,
        twilio_voice_from=account.voice_from,
        twilio_api_url=url,
        sendgrid_api_key=account.api_key,
        sendgrid_from=account.mail_from,
        sendgrid_api_url=url,
        timeout=timeout,
    )
    return {medium: providers[0] for medium, providers in built.items()}


@pytest.fixture
def roads(server: CarrierServer, account: LocalAccount) -> Mapping[Medium, Provider]:
    """The first provider of each medium, as live configuration would build it."""
    return first_roads(server.url, account, timeout=10)


@pytest.fixture
def impatient(server: CarrierServer, account: LocalAccount) -> Mapping[Medium, Provider]:
    """The same, for a provider that will not answer."""
    return first_roads(server.url, account, timeout=0.2)


@pytest.fixture
def facts() -> Facts:
    return Facts(
        expediente="1234/2025",
        court="J5 DISTRITO",
        court_phone="+525500001122",
        station="La Burbuja MEX T1",
        reply_code="K7QF",
        deadline="14:35",
        link=f"{PUBLIC_URL}/n/c2VjcmV0b3NlY3JldG9zZQ",
        gather_url=f"{PUBLIC_URL}/callbacks/twilio/voice?ref=n1.2",
    )


@pytest.fixture
def order(facts: Facts) -> Mapping[Medium, Message]:
    """A first notice by each medium."""
    to = {Medium.SMS: PHONE, Medium.VOICE: PHONE, Medium.EMAIL: ADDRESS}
    return {medium: render(Cause.ORDER, medium, facts, to[medium], "n1.2", 90) for medium in Medium}
