"""SMS and calls through Twilio's SDK, against a configurable address, one kept-alive client for all senders."""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote

from requests.exceptions import RequestException
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.response import Response
from twilio.rest import Client

from amparo_notify.channels.twilio_http import PunctualHttp
from amparo_notify.channels.twilio_words import DEAD_ADDRESS, MESSAGE_STATUS, OURS_TO_MEND, call_status
from amparo_notify.channels.wire import TIMEOUT, check_phone, network_fault
from amparo_notify.core.errors import ChannelError
from amparo_notify.core.notice import Medium, Status
from amparo_notify.core.ports import Message, Sent

API_URL = "https://api.twilio.com"
SENDERS = 128
"""Connections kept alive: one for each sender of a worker."""
VALIDITY = (5, 36_000)
"""Seconds, least and most, that Twilio takes for ValidityPeriod (CreateMessage; the default is the most)."""
RING = 40
"""Seconds a phone rings before the call is given up; most voicemails pick up sooner."""
CALL_EVENTS = ["initiated", "ringing", "answered", "completed"]
CLOCKS_APART = timedelta(seconds=2)
"""Twilio's dates have whole seconds, and its clock is not ours."""
REMEMBERED = 10_000
"""Calls that a process knows it has placed."""
LOOK_BACK = 50
"""Messages to one recipient that `find` reads, newest first: one page."""

_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class TwilioAccount:
    """An account as its providers share it. Build with `connect`."""

    client: Client
    public_url: str  # ours, for callbacks; without a trailing slash

    def callback(self, reference: str) -> str:
        """The address at which Twilio reports on the attempt with this reference."""
        return f"{self.public_url}/callbacks/twilio/status?ref={quote(reference, safe='')}"


def connect(
    account_sid: str,
    auth_token: str,
    public_url: str,
    *,
    api_url: str = API_URL,
    timeout: float = TIMEOUT,
    senders: int = SENDERS,
) -> TwilioAccount:
    """Return an account for any number of threads. Nothing is sent; `timeout` is in seconds, for a
    whole call."""
    client = Client(account_sid, auth_token, http_client=PunctualHttp(timeout, senders))
    client.api.base_url = api_url.rstrip("/")
    return TwilioAccount(client, public_url.rstrip("/"))


class TwilioSms:
    """Text messages. Sent from a number or through a messaging service."""

    name = "twilio"

    def __init__(self, account: TwilioAccount, *, sender: str = "", messaging_service_sid: str = "") -> None:
        if not (sender or messaging_service_sid):
            raise ValueError("TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID is needed to send SMS")
        self._account = account
        self._messages = account.client.api.v2010.account.messages
        self._from = (
            {"messaging_service_sid": messaging_service_sid} if messaging_service_sid else {"from_": sender}
        )

    def send(self, message: Message) -> Sent:
        """Hand the text to Twilio; stale once `valid_for` has passed. Raises ChannelError."""
        check_phone(message.to)
        shortest, longest = VALIDITY
        taken = asked(
            lambda: self._messages.create(
                to=message.to,
                body=message.text,
                status_callback=self._account.callback(message.reference),
                validity_period=max(shortest, min(longest, message.valid_for)),
                **self._from,
            )
        )
        return _sent(taken, MESSAGE_STATUS.get(taken.status or "", Status.UNKNOWN))

    def find(self, message: Message, since: datetime) -> Sent | None:
        """The same text to the same phone, created since: the reply code in it makes it ours alone.
        (A trial account puts words of its own in front.)

        The list is not filtered by date, since what still waits has no date of sending. Raises ChannelError.
        """
        for one in asked(lambda: self._messages.list(to=message.to, limit=LOOK_BACK)):
            if (one.body or "").endswith(message.text) and _is_since(one.date_created, since):
                return _sent(one, MESSAGE_STATUS.get(one.status or "", Status.UNKNOWN))
        return None

    def status(self, provider_id: str, medium: Medium) -> Status | None:
        """What Twilio says now, or None for a message it does not know. Raises ChannelError."""
        found = _asked_for(lambda: self._account.client.api.v2010.account.messages(provider_id).fetch())
        return MESSAGE_STATUS.get(found.status or "", Status.UNKNOWN) if found else None


class TwilioVoice:
    """Calls that speak the TwiML they carry. Machines are told apart in the background, without silence."""

    name = "twilio"

    def __init__(self, account: TwilioAccount, *, sender: str) -> None:
        if not sender:
            raise ValueError("TWILIO_VOICE_FROM (or TWILIO_FROM) is needed to call")
        self._account = account
        self._from = sender
        self._calls = account.client.api.v2010.account.calls
        self._placed: deque[str] = deque(maxlen=REMEMBERED)

    def send(self, message: Message) -> Sent:
        """Place the call. Raises ChannelError."""
        check_phone(message.to)
        callback = self._account.callback(message.reference)
        taken = asked(
            lambda: self._calls.create(
                to=message.to,
                from_=self._from,
                twiml=message.text,
                status_callback=callback,
                status_callback_event=CALL_EVENTS,
                status_callback_method="POST",
                timeout=RING,
                machine_detection="Enable",
                async_amd="true",
                async_amd_status_callback=callback,
                async_amd_status_callback_method="POST",
            )
        )
        self._placed.append(taken.sid)
        return _sent(taken, call_status(taken.status or "", taken.answered_by or ""))

    def find(self, message: Message, since: datetime) -> Sent | None:
        """A call of ours to the same phone since, which no `send` here is known to have placed. Raises ChannelError.

        Twilio lists nothing of a call that could hold a reference (its callbacks bring it), so one that this
        process placed for another attempt is never taken for this one: better a call twice than none.
        """
        for one in asked(lambda: self._calls.list(to=message.to, limit=LOOK_BACK)):
            ours = one.direction == "outbound-api" and one.sid not in self._placed
            if ours and _is_since(one.date_created, since):
                return _sent(one, call_status(one.status or "", one.answered_by or ""))
        return None

    def status(self, provider_id: str, medium: Medium) -> Status | None:
        """What Twilio says now, or None for a call it does not know. Raises ChannelError."""
        found = _asked_for(lambda: self._account.client.api.v2010.account.calls(provider_id).fetch())
        return call_status(found.status or "", found.answered_by or "") if found else None


def _sent(resource: Any, status: Status) -> Sent:
    return Sent("twilio", resource.sid, status)


def _is_since(created: datetime | None, since: datetime) -> bool:
    return created is not None and created.astimezone(UTC) >= since - CLOCKS_APART


def asked(question: Callable[[], _Answer]) -> _Answer:
    """Ask Twilio, and turn whatever goes wrong into a ChannelError. A 2xx without a sid is garbage."""
    try:
        answer = question()
    except TwilioRestException as refusal:
        raise _refused(str(refusal.code or refusal.status)) from refusal
    except TwilioServiceException as refusal:
        raise _refused(str(refusal.code)) from refusal
    except RequestException as fault:
        raise network_fault("twilio", fault) from fault
    except (TwilioException, ValueError, TypeError, KeyError, AttributeError) as fault:
        if code := _refused_page(fault):
            raise _refused(code) from fault
        # The SDK parses a 2xx that is not Twilio's JSON into any of these: it may have been taken.
        raise ChannelError(f"twilio: unreadable answer ({type(fault).__name__})", unknown=True) from fault
    if not isinstance(answer, list) and not getattr(answer, "sid", None):
        raise ChannelError("twilio: an answer without an id", unknown=True)
    return answer


def _asked_for(question: Callable[[], _Answer]) -> _Answer | None:
    """Ask for one thing by its id: 404 is an answer (20404, not found)."""
    try:
        return asked(question)
    except ChannelError as refusal:
        if refusal.reason.startswith(("twilio: 20404", "twilio: 404")):
            return None
        raise


def _refused_page(fault: Exception) -> str:
    """The code of a refused list, or "": of a page that it could not have, the SDK keeps nothing but the answer."""
    answer = fault.args[-1] if fault.args else None
    if not isinstance(answer, Response) or answer.status_code < 400:
        return ""
    try:
        return str(json.loads(answer.text)["code"])
    except (ValueError, TypeError, KeyError):
        return str(answer.status_code)


def _refused(code: str) -> ChannelError:
    """A refusal by code. Only the table condemns an address; the provider's sentence may quote it: left out."""
    meaning = DEAD_ADDRESS.get(code) or OURS_TO_MEND.get(code, "")
    return ChannelError(f"twilio: {code} {meaning}".strip(), permanent=code in DEAD_ADDRESS)
