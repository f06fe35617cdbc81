"""Mail over SMTP: the second road, when SendGrid does not take it."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from amparo_notify.channels.wire import TIMEOUT, carried_nothing, check_address
from amparo_notify.core.errors import ChannelError
from amparo_notify.core.notice import Medium, Status
from amparo_notify.core.ports import Message, Sent

REFERENCE_HEADER = "X-Amparo-Reference"
PORTS = {"smtp": 587, "smtps": 465}
"""Submission (RFC 8314): STARTTLS on 587, TLS from the first byte on 465."""
DEAD_MAILBOX = {550, 551, 553}
"""Permanent replies to RCPT that speak of the mailbox (RFC 5321, 4.2.3)."""


class SmtpEmail:
    """Mail through one server. `url` is smtp://user:password@host:587 (STARTTLS) or smtps://… (TLS).

    smtp:// insists on STARTTLS unless the host is this machine itself.
    """

    name = "smtp"

    def __init__(self, url: str, *, sender: str, sender_name: str = "", timeout: float = TIMEOUT) -> None:
        """`timeout` is in seconds, per read. Raises ValueError for an address that is no SMTP server."""
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
        with self._session() as server:
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
        server: smtplib.SMTP
        if self._tls:
            server = smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout, context=context)
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
            if self._host not in ("localhost", "127.0.0.1", "::1"):
                server.starttls(context=context)
        if self._user:
            server.login(self._user, self._password)
        return server
