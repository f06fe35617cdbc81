"""The second road for mail, against a server that speaks just enough SMTP."""

import socketserver
import threading
from collections.abc import Iterator, Mapping

import pytest

from amparo_notify.channels.smtp import SmtpEmail
from amparo_notify.core.errors import ChannelError
from amparo_notify.core.notice import Medium, Status
from amparo_notify.core.ports import Message

Order = Mapping[Medium, Message]


class Dialogue(socketserver.StreamRequestHandler):
    """One SMTP session; what it answers to RCPT and after the text is the server's to say."""

    def handle(self) -> None:
        server: MailServer = self.server  # type: ignore[assignment]
        self.say("220 mail.example")
        while line := self.rfile.readline().decode().strip():
            verb = line.split(" ")[0].upper()
            if verb == "DATA":
                self.say("354 go on")
                server.mails.append("".join(iter(lambda: self.rfile.readline().decode(), ".\r\n")))
                if server.after_text is None:
                    return
                self.say(server.after_text)
            else:
                self.say(server.to_recipient if verb == "RCPT" else "250 yes")

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    to_recipient = "250 yes"
    after_text: str | None = "250 taken"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Dialogue)
        self.mails: list[str] = []


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def road(mail_server: MailServer) -> SmtpEmail:
    return SmtpEmail(
        f"smtp://127.0.0.1:{mail_server.server_address[1]}", sender="avisos@x.example", timeout=1
    )


def refusal(road: SmtpEmail, message: Message) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        road.send(message)
    return caught.value


def test_a_mail_arrives_with_its_reference_in_a_header(
    road: SmtpEmail, mail_server: MailServer, order: Order
) -> None:
    sent = road.send(order[Medium.EMAIL])
    assert sent.status is Status.ACCEPTED
    assert "X-Amparo-Reference: n1.2" in mail_server.mails[0]


def test_a_second_copy_has_the_same_id_so_that_mailboxes_can_tell(
    road: SmtpEmail, mail_server: MailServer, order: Order
) -> None:
    assert road.send(order[Medium.EMAIL]).provider_id == road.send(order[Medium.EMAIL]).provider_id


@pytest.mark.parametrize(("answer", "permanent"), [("550 no such user", True), ("450 try later", False)])
def test_only_a_refusal_of_the_mailbox_is_permanent(
    answer: str, permanent: bool, road: SmtpEmail, mail_server: MailServer, order: Order
) -> None:
    mail_server.to_recipient = answer
    assert refusal(road, order[Medium.EMAIL]).permanent is permanent


def test_a_text_that_the_server_refuses_was_not_taken(
    road: SmtpEmail, mail_server: MailServer, order: Order
) -> None:
    mail_server.after_text = "451 local error"
    error = refusal(road, order[Medium.EMAIL])
    assert (error.permanent, error.unknown) == (False, False)


def test_a_server_that_goes_away_after_the_text_leaves_it_in_doubt(
    road: SmtpEmail, mail_server: MailServer, order: Order
) -> None:
    mail_server.after_text = None
    assert refusal(road, order[Medium.EMAIL]).unknown


def test_an_address_with_a_line_break_reaches_no_server(road: SmtpEmail, mail_server: MailServer) -> None:
    assert refusal(road, Message(Medium.EMAIL, "a@b.example\r\nBcc: c@d.example", "n1.2", "x", "y")).permanent
    assert mail_server.mails == []
