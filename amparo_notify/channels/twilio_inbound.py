"""Texts that people sent to our numbers, as Twilio lists them: what its webhook could not bring us is still there."""

import time
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from typing import Any

import structlog

from amparo_notify.channels.callbacks import SHAPES, modern
from amparo_notify.channels.twilio import TwilioAccount, TwilioSms, asked
from amparo_notify.core.errors import ChannelError
from amparo_notify.core.evidence import instant
from amparo_notify.core.ports import ReceivedText

PAGE = 500
"""Texts of one page (50 by default, 1,000 at most): more than come in on a bad day."""
MOST_PAGES = 200
"""No list of ours is so long: it leads in a circle."""
SENDERS_GOOD_FOR = 3_600.0
"""Seconds before a messaging service is asked again which numbers it has."""

_log = structlog.get_logger()


class TwoWaySms(TwilioSms):
    """Text messages, and those that people send to the numbers from which ours come."""

    def __init__(self, account: TwilioAccount, *, sender: str = "", messaging_service_sid: str = "") -> None:
        super().__init__(account, sender=sender, messaging_service_sid=messaging_service_sid)
        self._sender, self._service = sender, messaging_service_sid
        self._senders: tuple[float, tuple[str, ...]] = (0.0, ())  # of the service, good until then
        if messaging_service_sid:
            own = account.client.api.base_url
            account.client.messaging.base_url = own.replace("://api.", "://messaging.", 1)

    def received(self, since: datetime) -> list[ReceivedText]:
        """Every text that reached one of our numbers since (UTC), oldest first. Raises ChannelError."""
        found = [asked(partial(self._listed, number, since)) for number in self._numbers()]
        return sorted(chain(*found), key=lambda text: text.sent_at)

    def _numbers(self) -> tuple[str, ...]:
        """The numbers that people answer: the sender, and whatever the messaging service sends from."""
        until, senders = self._senders
        if self._service and time.monotonic() >= until:
            service = self._account.client.messaging.v1.services(self._service)
            senders = tuple(
                [each.phone_number for each in asked(lambda: service.phone_numbers.list())]
                + [each.short_code for each in asked(lambda: service.short_codes.list())]
            )
            self._senders = time.monotonic() + SENDERS_GOOD_FOR, senders
        return tuple(dict.fromkeys(filter(None, (self._sender, *senders))))

    def _listed(self, number: str, since: datetime) -> list[ReceivedText]:
        """What reached one number. The list begins with the newest; a filter by date knows whole days (GMT).

        (https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources)
        """
        day = since.astimezone(UTC).date().isoformat()
        page = self._messages.page(to=number, date_sent_after=day, page_size=PAGE)
        found: list[ReceivedText] = []
        for _ in range(MOST_PAGES):
            every = list(page)
            found += [text for one in every if (text := self._text(one, number)) and text.sent_at >= since]
            page = None if _is_past(every, since) else page.next_page()
            if page is None:
                return found
        raise ChannelError("twilio: a list without end")

    def _text(self, one: Any, number: str) -> ReceivedText | None:
        """One resource as a text to us; None for what we sent, what is somebody else's, and what makes no sense."""
        account = self._account.client.account_sid
        if (one.direction, one.status, one.account_sid) != ("inbound", "received", account):
            return None
        raw = {"MessageSid": one.sid, "From": one.from_, "To": one.to, "AccountSid": one.account_sid}
        shapely = all(isinstance(text, str) and SHAPES[name].fullmatch(text) for name, text in raw.items())
        if not shapely or not isinstance(one.date_sent, datetime) or not isinstance(one.body or "", str):
            _log.warning("a text that cannot be read", provider=self.name)
            return None
        if modern(one.to) != modern(number):
            return None
        sent_at = one.date_sent.astimezone(UTC)
        raw |= {"SmsStatus": one.status, "DateSent": instant(sent_at)}
        return ReceivedText(self.name, one.sid, one.from_, one.body or "", sent_at, raw)


def _is_past(page: list[Any], since: datetime) -> bool:
    """Whether a page holds nothing that is new, so that the next ones cannot either."""
    return bool(page) and all(isinstance(one.date_sent, datetime) and one.date_sent < since for one in page)
