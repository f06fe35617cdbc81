"""The double of the outside world: phones, mailboxes, and carriers that sign their callbacks like the real ones.

The embedded default talks to it through the real SDKs over HTTP; so do the tests' stories. It is the only fake.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from amparo_notify.channels.local import LocalAccount
from amparo_notify.demo.carrier_book import Book, Call, Line, Mail, Pending, Text, new_id
from amparo_notify.demo.carrier_post import Callbacks, Post, Postman, post_over_http
from amparo_notify.demo.faults import Faults
from amparo_notify.demo.twiml import Heard, follow, messages

STOP_WORDS = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "ALTO", "BAJA"}
KEPT = 10_000
"""Requests remembered, for tests to look at."""
APOLOGY = Heard(("We are sorry, an application error has occurred. Goodbye.",))
"""What Twilio says when a webhook fails (errors 11200, 12100)."""


@dataclass(frozen=True)
class Phone:
    """One phone as its owner sees it, oldest first."""

    number: str
    texts: tuple[Text, ...]
    calls: tuple[Call, ...]


@dataclass(frozen=True)
class Mailbox:
    address: str
    mails: tuple[Mail, ...]


class Carrier:
    """Twilio and SendGrid in one. `clock` gives aware UTC; `post` carries callbacks to `public_url`."""

    def __init__(
        self,
        path: str = ":memory:",
        *,
        account_sid: str,
        auth_token: str,
        api_key: str,
        events_key: ec.EllipticCurvePrivateKey,
        public_url: str,
        clock: Callable[[], datetime],
        post: Post = post_over_http,
        number: str = "+525500000000",
        numbers: tuple[str, ...] = (),
    ) -> None:
        self.account_sid, self.auth_token, self.api_key = account_sid, auth_token, api_key
        self.clock, self.number, self.public_url = clock, number, public_url.rstrip("/")
        self.numbers = numbers or (number,)  # from which a messaging service sends
        self.book, self.faults = Book(path), Faults()
        events_url = f"{self.public_url}/callbacks/sendgrid/events"
        self.postman = Postman(self.book, auth_token, events_key, events_url, clock, post)
        self.requests: deque[tuple[str, str, Any]] = deque(
            maxlen=KEPT
        )  # (method, path, body) as the SDKs sent them
        self.door_open = True  # False: no text that comes in is posted
        self._not_posted: list[Text] = []
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    # --- what arrived

    def phones(self) -> tuple[Phone, ...]:
        """Every phone that was ever written to or called, in the order of the first time."""
        traffic: list[Text | Call] = sorted((*self.texts(), *self.calls()), key=lambda one: one.at)
        numbers = dict.fromkeys(one.phone for one in traffic)
        return tuple(Phone(one, self.texts(one), self.calls(one)) for one in numbers)

    def mailboxes(self) -> tuple[Mailbox, ...]:
        """Every address that was ever written to, in the order of the first time."""
        addresses = dict.fromkeys(mail.address for mail in self.mails())
        return tuple(Mailbox(one, self.mails(one)) for one in addresses)

    def texts(self, phone: str | None = None) -> tuple[Text, ...]:
        """Texts to and from a phone (or all), oldest first."""
        return self.book.all(Text, phone)

    def calls(self, phone: str | None = None) -> tuple[Call, ...]:
        return self.book.all(Call, phone)

    def mails(self, address: str | None = None) -> tuple[Mail, ...]:
        return self.book.all(Mail, address)

    def set_line(self, address: str, state: Line) -> None:
        """Say what is at the other end of a number or a mail address."""
        self.book.set_line(address, state)

    # --- what people do

    def reply(self, phone: str, body: str, to: str = "") -> tuple[str, ...]:
        """Send a text from a phone to the service; return the texts it answers with. Raises OSError.

        With the door shut Twilio keeps the text, and nobody answers; `post_late` posts it after all.
        """
        word = body.strip().upper()
        text = Text(
            new_id("SM"), phone, body, self.clock(), inbound=True, sender=to or self.number, status="received"
        )
        self.book.save(text)
        if word in STOP_WORDS:
            self.set_line(phone, Line.BLOCKED)
        elif word == "START":
            self.set_line(phone, Line.GOOD)
        if self.door_open:
            return self._post(text)
        self._not_posted.append(text)
        return ()

    def post_late(self) -> tuple[str, ...]:
        """Post the texts that came while the door was shut; return what they are answered with. Raises OSError."""
        late, self._not_posted = self._not_posted, []
        return tuple(answer for text in late for answer in self._post(text))

    def _post(self, text: Text) -> tuple[str, ...]:
        """Post an inbound text and deliver its answers."""
        form = {
            "MessageSid": text.sid, "SmsSid": text.sid, "SmsMessageSid": text.sid, "AccountSid": self.account_sid,
            "ApiVersion": "2010-04-01", "SmsStatus": "received", "From": text.phone, "To": text.sender,
            "Body": text.body, "NumSegments": "1", "NumMedia": "0", "FromCountry": "MX", "ToCountry": "MX",
        }  # fmt: skip
        answers = messages(self.postman.post_form(f"{self.public_url}/callbacks/twilio/inbound", form))
        if self.book.line(text.phone) is Line.BLOCKED:
            return ()
        for one in answers:
            sent = Text(new_id("SM"), text.phone, one, self.clock(), sender=text.sender, status="delivered")
            self.book.save(sent)
        return answers

    def answer(self, call_sid: str) -> Call:
        """Pick up a ringing call and hear what it says. Raises KeyError for a call that does not ring."""
        return self._picked_up(call_sid, "human")

    def press(self, call_sid: str, digits: str) -> Call:
        """Press keys where the call asks for them: they are posted and the answer followed. Raises KeyError."""
        call = self._asking(call_sid)
        keys = digits.split(call.finish)[0] if call.finish else digits
        keys = keys[: call.most_keys] if call.most_keys else keys
        action = call.action
        call = self.book.change(Call, call.sid, keys=(*call.keys, keys), action="")
        form = {**self._form(call), "Digits": keys, "FinishedOnKey": call.finish, "msg": "Gather End"}
        again = self.postman.mode is Callbacks.DUPLICATED  # as when an answer came too late, or was lost
        try:
            answers = [self.postman.post_form(action, form) for _ in range(2 if again else 1)]
            heard = follow(answers[-1].decode("utf-8"))
        except (OSError, ValueError):
            heard = APOLOGY
        return self._hears(call, heard)

    def wait_out(self, call_sid: str) -> Call:
        """Press nothing until the question lapses: the call goes on after it. Raises KeyError."""
        call = self._asking(call_sid)
        return self._hears(self.book.change(Call, call.sid, action=""), follow(call.rest))

    def hang_up(self, call_sid: str) -> Call:
        """End a call that was answered, or decline one that rings. Raises KeyError."""
        call = self.book.one(Call, call_sid)
        if call is None or not call.live:
            raise KeyError(call_sid)
        return self._ended(call, "completed" if call.status == "in-progress" else "busy")

    # --- what the carriers report

    @property
    def callbacks(self) -> Callbacks:
        return self.postman.mode

    @callbacks.setter
    def callbacks(self, mode: Callbacks) -> None:
        self.postman.mode = mode

    def deliver(self, *, late: bool = False) -> int:
        """Post the callbacks that are queued and return how many; in LATE mode only with `late`."""
        return self.postman.deliver(late=late)

    def tick(self) -> None:
        """What time brings: calls ring out, and failed callbacks are posted again."""
        for call in self.book.ringing():
            if self.clock() >= call.at + timedelta(seconds=call.ring):
                self._ended(call, "no-answer")
        self.postman.retry()
        self.deliver()

    def start(self, every: float = 0.5) -> None:
        """Report by itself from now on, every so many seconds (the demonstration's way)."""

        def loop() -> None:
            while not self._stopped.wait(every):
                self.tick()

        self._thread = threading.Thread(target=loop, name="carrier", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and close the book."""
        self._stopped.set()
        self.faults.release()
        if self._thread:
            self._thread.join(timeout=5)
        self.book.close()

    # --- what the API takes; called by its HTTP face

    def take_text(self, text: Text) -> Text:
        """Accept a text, and queue what the network will say of it."""
        self.book.save(text)
        off = self.book.line(text.phone) is Line.OFF
        words = ("sent", "undelivered" if off else "delivered")
        self._report_text(text, words, 30003 if off else None)
        return text

    def take_call(self, call: Call) -> Call:
        """Accept a call: it rings, until somebody answers or it rings out."""
        self.book.save(call)
        state = self.book.line(call.phone)
        self._report(call, "initiated", status="queued")
        rings = self._report(self.book.change(Call, call.sid, status="ringing"), "ringing")
        if state in (Line.OFF, Line.BUSY):
            self._ended(rings, "busy" if state is Line.BUSY else "no-answer")
        elif state is Line.VOICEMAIL:
            self._picked_up(call.sid, "machine_start")
        return call

    def take_mail(self, mail: Mail) -> Mail:
        """Accept a mail, and queue the events of its way."""
        bounces = self.book.line(mail.address) is Line.BOUNCE
        if not bounces:
            self.book.save(mail)
        last = {"event": "bounce", "type": "bounce", "status": "5.1.1"} if bounces else {"event": "delivered"}
        self.postman.queue(*(self._event(mail, word) for word in ({"event": "processed"}, last)))
        return mail

    # --- inside

    def _asking(self, call_sid: str) -> Call:
        call = self.book.one(Call, call_sid)
        if call is None or not call.asks:
            raise KeyError(call_sid)
        return call

    def _picked_up(self, call_sid: str, by: str) -> Call:
        call = self.book.one(Call, call_sid)
        if call is None or call.status not in ("queued", "ringing"):
            raise KeyError(call_sid)
        call = self.book.change(Call, call_sid, status="in-progress", answered_by=by)
        self._report(call, "answered")
        if call.machine_callback:
            form = {
                "CallSid": call.sid,
                "AccountSid": self.account_sid,
                "AnsweredBy": by,
                "MachineDetectionDuration": "2400",
            }
            self.postman.queue(Pending(call.machine_callback, "twilio", form))
        call = self._hears(call, follow(call.twiml))
        return call if by == "human" or not call.asks else self._ended(call, "completed")

    def _hears(self, call: Call, heard: Heard) -> Call:
        call = self.book.change(
            Call, call.sid, spoken=(*call.spoken, *heard.spoken), before=len(call.spoken), action=heard.action,
            most_keys=heard.most_keys, finish=heard.finish, rest=heard.rest,
        )  # fmt: skip
        return call if call.asks else self._ended(call, "completed")

    def _ended(self, call: Call, status: str) -> Call:
        return self._report(self.book.change(Call, call.sid, status=status, action=""), "completed")

    def _form(self, call: Call, status: str = "") -> dict[str, str]:
        return {
            "CallSid": call.sid, "AccountSid": self.account_sid, "ApiVersion": "2010-04-01",
            "CallStatus": status or call.status, "Direction": "outbound-api", "From": call.sender,
            "To": call.phone, "Caller": call.sender, "Called": call.phone,
        }  # fmt: skip

    def _report(self, call: Call, event: str, status: str = "") -> Call:
        """Queue a call's status where the caller asked for this event."""
        if event in (call.events or ("completed",)):
            word = "initiated" if event == "initiated" else status or call.status
            form = {**self._form(call, word), "CallbackSource": "call-progress-events"}
            self.postman.queue(Pending(call.callback, "twilio", form))
        return call

    def _report_text(self, text: Text, words: tuple[str, ...], error: int | None) -> None:
        forms = []
        for word in words:
            form = {
                "MessageSid": text.sid, "SmsSid": text.sid, "AccountSid": self.account_sid,
                "ApiVersion": "2010-04-01", "MessageStatus": word, "SmsStatus": word,
                "From": text.sender, "To": text.phone,
            }  # fmt: skip
            forms.append({**form, "ErrorCode": str(error)} if error and word == words[-1] else form)
        self.book.change(Text, text.sid, status=words[-1], error=error)
        self.postman.queue(*(Pending(text.callback, "twilio", form) for form in forms))

    def _event(self, mail: Mail, word: Mapping[str, str]) -> Pending:
        event = {
            "email": mail.address, "timestamp": int(self.clock().timestamp()), "sg_event_id": new_id(""),
            "sg_message_id": f"{mail.id}.recvd-0-0", "smtp-id": f"<{mail.id}@geopod>",
            "reference": mail.reference, **word,
        }  # fmt: skip
        return Pending(self.postman.events_url, "sendgrid", event)


def carrier_for(
    account: LocalAccount,
    *,
    public_url: str,
    clock: Callable[[], datetime],
    path: str = ":memory:",
    post: Post = post_over_http,
) -> Carrier:
    """Return the double that knows a local account; mount its `wsgi` at /demo/carrier and `start` it."""
    return Carrier(
        path,
        account_sid=account.account_sid,
        auth_token=account.auth_token,
        api_key=account.api_key,
        events_key=account.events_key,
        public_url=public_url,
        clock=clock,
        post=post,
        number=account.sms_from,
    )
