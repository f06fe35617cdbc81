"""Mail over SMTP: the second road, when SendGrid does not take it."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

from amparo_notify.channels import deadline
from amparo_notify.channels.wire import carried_nothing, check_address
from amparo_notify.core.errors import ChannelError
from amparo_notify.core.notice import Medium, Status
from amparo_notify.core.ports import Message, Sent

TIMEOUT = 20.0
"""Seconds for a whole session. A server may make a stranger wait for its greeting, and there are nine answers to wait
for; still under the shortest lease on which a call may begin (cases/dispatch.LONGEST_CALL)."""
REFERENCE_HEADER = "X-Amparo-Reference"
PORTS = {"smtp": 587, "smtps": 465}
"""Submission (RFC 8314): STARTTLS on 587, TLS from the first byte on 465."""
DEAD_MAILBOX = {550, 551, 553}
"""Permanent replies to RCPT that speak of the mailbox (RFC 5321, 4.2.3)."""


class _Dialogue(smtplib.SMTP):
    """A session of which every wait keeps to the deadline; over TLS from the first byte where a context is given."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        self._tls, self._name = tls, host
        super().__init__(host, port, timeout=deadline.left())

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        wire = deadline.connected(host, port)
        return self._tls.wrap_socket(wire, server_hostname=self._name) if self._tls else wire

    def send(self, s: Any) -> None:
        if self.sock is not None:
            self.sock.settimeout(deadline.left())
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = deadline.reader(self.sock)
        return super().getreply()


class SmtpEmail:
    """Mail through one server. `url` is smtp://user:password@host:587 (STARTTLS) or smtps://… (TLS).

    smtp:// insists on STARTTLS unless the host is this machine itself.
    """

    name = "smtp"

    def __init__(self, url: str, *, sender: str, sender_name: str = "", timeout: float = TIMEOUT) -> None:
        """`timeout` is in seconds, for a whole session. Raises ValueError for an address that is no SMTP server."""
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname or not sender:
            raise ValueError("SMTP_URL must be smtp://user:password@host:587 or smtps://…, with a sender")
        self._tls = parts.scheme == "smtps"
        self._host, self._port = parts.hostname, parts.port or PORTS[parts.scheme]
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender, self._sender_name, self._timeout = sender, sender_name, timeout
        self._domain = sender.rpartition("@")[2]

    def send(self, message: Message) -> Sent:
        """Hand the mail to the server. Raises ChannelError; `unknown` only once the text was on its way."""
        check_address(message.to)
        mail = self._mail(message)
        with deadline.within(self._timeout), self._session() as server:
            try:
                server.send_message(mail)
            except smtplib.SMTPRecipientsRefused as refusal:
                code = next(iter(refusal.recipients.values()))[0]
                raise ChannelError(f"smtp: recipient {code}", permanent=code in DEAD_MAILBOX) from refusal
            except smtplib.SMTPResponseException as refusal:
                raise ChannelError(f"smtp: {refusal.smtp_code}") from refusal
            except smtplib.SMTPNotSupportedError as refusal:
                raise ChannelError("smtp: the server cannot carry this address") from refusal
            except (smtplib.SMTPException, OSError) as fault:
                raise ChannelError(f"smtp: no answer ({type(fault).__name__})", unknown=True) from fault
        return Sent(self.name, str(mail["Message-ID"]))

    def find(self, message: Message, since: datetime) -> Sent | None:
        """None: a mail server cannot be asked. The same Message-ID lets mailboxes drop a second copy."""
        return None

    def status(self, provider_id: str, medium: Medium) -> Status | None:
        """None: a mail server cannot be asked."""
        return None

    def _mail(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        mail["From"] = Address(self._sender_name, addr_spec=self._sender)
        mail["To"] = message.to
        mail["Subject"] = message.subject
        mail["Message-ID"] = f"<{message.reference}@{self._domain}>"
        mail[REFERENCE_HEADER] = message.reference
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices back
        mail.set_content(message.text)
        if message.html:
            mail.add_alternative(message.html, subtype="html")
        return mail

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        """A signed-in session. Whatever fails before the mail itself has carried nothing."""
        try:
            server = self._connected()
        except smtplib.SMTPResponseException as refusal:
            raise ChannelError(f"smtp: {refusal.smtp_code}") from refusal
        except (smtplib.SMTPException, OSError) as fault:
            kind = "no connection" if carried_nothing(fault) else "no session"
            raise ChannelError(f"smtp: {kind} ({type(fault).__name__})") from fault
        try:
            yield server
        finally:
            server.close()

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        server = _Dialogue(self._host, self._port, context if self._tls else None)
        if not self._tls and self._host not in ("localhost", "127.0.0.1", "::1"):
            server.starttls(context=context)
        if self._user:
            server.login(self._user, self._password)
        return server
