"""A provider that drips: no call outlives its deadline, and what may have been taken is in doubt, not refused."""

import socketserver
import threading
import time
from collections.abc import Callable, Iterator, Mapping

import pytest

from amparo_notify.channels import deadline
from amparo_notify.channels.local import LocalAccount
from amparo_notify.channels.smtp import SmtpEmail
from amparo_notify.core.errors import ChannelError
from amparo_notify.core.notice import Medium
from amparo_notify.core.ports import Message, Provider
from amparo_notify.demo.carrier_server import CarrierServer
from tests.channels.conftest import first_roads
from tests.channels.tap import Tap

PATIENCE = 0.2
"""Seconds for a whole call in these tests."""
BETWEEN = 0.05
"""Seconds between two drops: each well within what a single read would have been given."""

Order = Mapping[Medium, Message]
HEAD = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
DRIPS: dict[str, tuple[bytes, bytes]] = {
    "a body, a byte at a time": (HEAD, b"{"),
    "a header without an end": (b"HTTP/1.1 201 Created\r\nX-Endless: ", b"a"),
    "one header after another": (b"HTTP/1.1 201 Created\r\n", b"X: 1\r\n"),
    "a status line without an end": (b"HTTP/1.1 2", b"0"),
    "chunks without an end": (b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n{\r\n"),
    "interim answers without an end": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a refusal whose body never ends": (HEAD.replace(b"201 Created", b"400 Bad Request"), b"{"),
    "nothing at all": (b"", b""),
}
GREETINGS: dict[str, tuple[bytes, bytes]] = {
    "a greeting without an end": (b"220 ", b"a"),
    "greeting after greeting": (b"", b"220-wait\r\n"),
}


class Drip(socketserver.BaseRequestHandler):
    """Say how it begins, and then the same again and again until the other side has gone or the test is over."""

    def handle(self) -> None:
        server: DrippingServer = self.server  # type: ignore[assignment]
        if server.listens:
            self.request.recv(65_536)
        self.request.sendall(server.head)
        try:
            while not server.over.wait(BETWEEN):
                self.request.sendall(server.drop)
        except OSError:
            return


class DrippingServer(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, head: bytes, drop: bytes, *, listens: bool = True) -> None:
        super().__init__(("127.0.0.1", 0), Drip)
        self.head, self.drop, self.listens = head, drop, listens
        self.over = threading.Event()

    @property
    def port(self) -> int:
        return int(self.server_address[1])


Serve = Callable[..., DrippingServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[DrippingServer] = []

    def start(head: bytes, drop: bytes, *, listens: bool = True) -> DrippingServer:
        server = DrippingServer(head, drop, listens=listens)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.over.set()
        server.shutdown()
        server.server_close()


def refused_within_the_deadline(call: Callable[[], object], patience: float = PATIENCE) -> ChannelError:
    began = time.monotonic()
    with pytest.raises(ChannelError) as caught:
        call()
    assert time.monotonic() - began < patience + 3  # the drip has no end; a busy machine may be late
    return caught.value


def road(serve: Serve, account: LocalAccount, how: str, medium: Medium) -> Provider:
    head, drop = DRIPS[how]
    return first_roads(f"http://127.0.0.1:{serve(head, drop).port}", account, timeout=PATIENCE)[medium]


@pytest.mark.parametrize("medium", Medium)
@pytest.mark.parametrize("how", DRIPS)
def test_a_provider_that_drips_is_left_in_doubt_at_the_deadline(
    how: str, medium: Medium, serve: Serve, account: LocalAccount, order: Order
) -> None:
    provider = road(serve, account, how, medium)
    error = refused_within_the_deadline(lambda: provider.send(order[medium]))
    assert (error.permanent, error.unknown) == (False, True)


@pytest.mark.parametrize("medium", [Medium.SMS, Medium.VOICE])
def test_asking_for_the_fate_of_a_message_keeps_to_the_deadline_too(
    medium: Medium, serve: Serve, account: LocalAccount
) -> None:
    provider = road(serve, account, "a body, a byte at a time", medium)
    refused_within_the_deadline(lambda: provider.status("SM" + "0" * 32, medium))


@pytest.mark.parametrize("how", GREETINGS)
def test_a_mail_server_that_drips_its_greeting_has_taken_nothing(
    how: str, serve: Serve, order: Order
) -> None:
    head, drop = GREETINGS[how]
    port = serve(head, drop, listens=False).port
    mail = SmtpEmail(f"smtp://127.0.0.1:{port}", sender="avisos@x.example", timeout=PATIENCE)
    error = refused_within_the_deadline(lambda: mail.send(order[Medium.EMAIL]))
    assert (error.permanent, error.unknown) == (False, False)


class Slow(socketserver.StreamRequestHandler):
    """A mail server that takes everything, and drips the one answer that counts."""

    def handle(self) -> None:
        server: DrippingServer = self.server  # type: ignore[assignment]
        self.wfile.write(b"220 mail.example\r\n")
        while line := self.rfile.readline():
            if line.upper().startswith(b"DATA"):
                self.wfile.write(b"354 go on\r\n")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                self.drip(server)
                return
            self.wfile.write(b"250 yes\r\n")

    def drip(self, server: DrippingServer) -> None:
        try:
            while not server.over.wait(BETWEEN):
                self.wfile.write(b"250-wait\r\n")
        except OSError:
            return


def test_a_mail_server_that_drips_its_last_answer_leaves_it_in_doubt(serve: Serve, order: Order) -> None:
    server = serve(b"", b"")
    server.RequestHandlerClass = Slow
    patience = 2.0  # the text must have gone by then, on a busy machine too
    mail = SmtpEmail(f"smtp://127.0.0.1:{server.port}", sender="avisos@x.example", timeout=patience)
    assert refused_within_the_deadline(lambda: mail.send(order[Medium.EMAIL]), patience).unknown


def test_a_name_that_took_too_long_to_look_up_ends_the_call_before_anything_is_sent(serve: Serve) -> None:
    with deadline.within(-1), pytest.raises(TimeoutError):
        deadline.connected("127.0.0.1", serve(b"", b"").port)


def test_a_host_is_tried_at_each_of_its_addresses(serve: Serve) -> None:
    with deadline.within(PATIENCE):  # "localhost" is ::1 too, where nobody listens
        deadline.connected("localhost", serve(b"", b"").port).close()


def test_a_call_whose_time_began_before_it_ends_with_that_time(serve: Serve, order: Order) -> None:
    server = serve(b"HTTP/1.1 201 Created\r\n", b"X: 1\r\n")
    patient = SmtpEmail(f"smtp://127.0.0.1:{server.port}", sender="avisos@x.example", timeout=60)
    with deadline.within(PATIENCE):
        refused_within_the_deadline(lambda: patient.send(order[Medium.EMAIL]))


@pytest.mark.parametrize("medium", Medium)
def test_nothing_is_put_on_a_wire_once_the_time_is_over(
    medium: Medium, tap: Tap, tapped: CarrierServer, account: LocalAccount, order: Order
) -> None:
    provider = first_roads(tapped.url, account, timeout=10)[medium]
    provider.send(order[medium])  # Twilio's connection is kept
    with deadline.within(-1), pytest.raises(ChannelError):
        provider.send(order[medium])
    assert len(tap.requests) == 1
