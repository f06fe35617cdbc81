"""Providers' callbacks: verified on the raw bytes before anything is read, then put into our words by tables."""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sendgrid.helpers.eventwebhook import EventWebhook
from twilio.request_validator import RequestValidator

from amparo_notify.channels.replies import Reply, parse_reply, redact
from amparo_notify.channels.sendgrid import DROPPED_FOR_ITS_ADDRESS, EVENT_STATUS, REFERENCE
from amparo_notify.channels.twilio_words import MESSAGE_STATUS, call_status
from amparo_notify.core.evidence import instant
from amparo_notify.core.notice import Status
from amparo_notify.core.ports import ProviderEvent, ReceivedText

_NAME = re.compile(r"[A-Za-z_]{1,64}|(MediaUrl|MediaContentType)\d")
SHAPES = {
    "AccountSid": re.compile(r"AC[0-9a-fA-F]{32}"),
    "CallSid": re.compile(r"CA[0-9a-fA-F]{32}"),
    "MessageSid": re.compile(r"(SM|MM)[0-9a-fA-F]{32}"),
    "MessageStatus": re.compile(r"[a-z_-]{1,32}"),
    "CallStatus": re.compile(r"[a-z-]{1,32}"),
    "AnsweredBy": re.compile(r"[a-z_]{1,32}"),
    "ErrorCode": re.compile(r"\d{0,8}"),
    "SipResponseCode": re.compile(r"\d{0,3}"),
    "Digits": re.compile(r"[0-9*#]{0,32}"),
    "From": re.compile(r"\+?[A-Za-z0-9]{3,20}"),
    "To": re.compile(r"\+?[A-Za-z0-9]{3,20}"),
}
"""Twilio's signature joins names and values without a separator, so a signed request could be cut anew at other
places. What we act on must therefore have its full shape, an account and a message must be named, and no name may be
the beginning or the continuation of one of these."""
_CONTINUED = re.compile(r"(From|To)(City|State|Zip|Country)")
_ACTED_ON = (*SHAPES, "Body")
_OLD_MOBILE = re.compile(r"\+521(?=[0-9]{10}$)")
"""A Mexican mobile as it was written until 2019; some carriers still do."""
_TARGET = re.compile(r"/[\x21-\x7e]*")
_REFERENCE = re.compile(r"[A-Za-z0-9._:-]{1,80}")
MAX_EVENTS = 10_000


class Malformed(ValueError):
    """A signed callback that is not of the provider's form. Answer 4xx and change nothing."""


@dataclass(frozen=True)
class TwilioCallbacks:
    """Twilio's callbacks to one public address. Tokens: the current one, then the previous one while rotating.

    With no token configured everything is refused. With an account, other accounts' callbacks are refused.
    """

    public_url: str
    tokens: tuple[str, ...]
    account_sid: str = ""

    def verify(self, target: str, pairs: Iterable[tuple[str, str]], signature: str | None) -> bool:
        """Whether Twilio signed this request and its parameters have their shapes.

        `target` is the raw request target (path and query as they came, REQUEST_URI or RAW_URI, never
        rebuilt); `pairs` are the decoded form parameters in order, duplicates and all.
        """
        parameters = list(pairs)
        names = [name for name, _ in parameters]
        if not signature or not _TARGET.fullmatch(target) or len(set(names)) != len(names):
            return False
        url = self.public_url.rstrip("/") + target
        given = dict(parameters)
        signed = any(
            RequestValidator(token).validate(url, given, signature) for token in self.tokens if token
        )
        return signed and _query_is_plain(target) and self._shapely(given)

    def _shapely(self, given: Mapping[str, str]) -> bool:
        if not all(_NAME.fullmatch(name) and not _is_cut(name) for name in given):
            return False
        if not all(shape.fullmatch(given[name]) for name, shape in SHAPES.items() if name in given):
            return False
        if self.account_sid and given.get("AccountSid") != self.account_sid:
            return False
        return "AccountSid" in given and ("MessageSid" in given or "CallSid" in given)

    def event(self, target: str, parameters: Mapping[str, str]) -> ProviderEvent:
        """Return a verified status or keypad callback in our words. Raises Malformed.

        A key pressed is HEARD. The event's key is a MAC, for a plain hash would give the PIN away.
        """
        given = dict(parameters)
        sid = given.get("MessageSid") or given.get("CallSid") or ""
        reference = reference_of(target)
        digits, error = given.get("Digits", ""), given.get("ErrorCode", "")
        answered_by = given.get("AnsweredBy", "")
        word = given.get("MessageStatus") or given.get("CallStatus", "")
        if digits:
            status = Status.HEARD
        elif "MessageStatus" in given:
            status = MESSAGE_STATUS.get(word, Status.UNKNOWN)
        elif "CallStatus" in given or answered_by:
            # The word of a machine detection comes alone, in the middle of an answered call.
            status = call_status(word or "in-progress", answered_by)
        else:
            raise Malformed("a Twilio callback without a status")
        sip = f"sip:{given['SipResponseCode']}" if given.get("SipResponseCode") else ""
        detail = " ".join(filter(None, (word, answered_by, error, sip, "keys" if digits else "")))
        key = self._key(sid, word, error, digits, answered_by, reference)
        return ProviderEvent("twilio", key, reference, sid, status, detail, redact(given))

    def inbound(self, parameters: Mapping[str, str]) -> "Inbound":
        """Return a verified inbound text. Raises Malformed where it names no sender or message."""
        sid, sender = parameters.get("MessageSid", ""), parameters.get("From", "")
        if not sid or not sender:
            raise Malformed("an inbound text without sender or id")
        stopped = parameters.get("OptOutType", "").upper() == "STOP"
        reply = Reply("stop") if stopped else parse_reply(parameters.get("Body", ""))
        return Inbound(modern(sender), reply, sid, redact(parameters))

    def _key(self, *parts: str) -> str:
        secret = next((token for token in self.tokens if token), "")
        return hmac.new(secret.encode(), "|".join(parts).encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Inbound:
    """A text that a phone sent us. The number may be forged: only code and PIN together say who it is."""

    sender: str
    reply: Reply = field(repr=False)  # holds a PIN
    provider_id: str
    raw: Mapping[str, str] = field(repr=False)  # redacted
    sent_at: datetime | None = None  # by the provider's clock, where we had to ask for it
    provider: str = "twilio"

    @property
    def key(self) -> str:
        """The event's key: the same whichever way the text came to us."""
        return f"inbound:{self.provider_id}"

    @property
    def said(self) -> dict[str, object]:
        """What a record says of a text that did not come by itself: it was sent before we learned of it."""
        return {"sent_at": instant(self.sent_at), "learned_by": "asking"} if self.sent_at else {}


def understood(text: ReceivedText) -> Inbound:
    """Return a text that a provider was asked for as one that it posts, its PIN kept out of what is stored."""
    raw = redact({**text.raw, "Body": text.body})
    reply = parse_reply(text.body)
    return Inbound(modern(text.sender), reply, text.provider_id, raw, text.sent_at, text.provider)


def modern(number: str) -> str:
    """A number as Mexico writes them since 2019."""
    return _OLD_MOBILE.sub("+52", number)


def _is_cut(name: str) -> bool:
    """Whether a parameter's name is one that we act on with its end cut off, or with more at its end."""
    if name in _ACTED_ON or _CONTINUED.fullmatch(name):
        return False
    return any(known.startswith(name) or name.startswith(known) for known in _ACTED_ON)


def _query_is_plain(target: str) -> bool:
    """Whether the query repeats no name and its reference, if any, has the form of ours."""
    query = parse_qsl(urlsplit(target).query, keep_blank_values=True)
    names = [name for name, _ in query]
    reference = dict(query).get("ref")
    return len(set(names)) == len(names) and (reference is None or bool(_REFERENCE.fullmatch(reference)))


def reference_of(target: str) -> str:
    """The attempt's reference in a callback's own address, or "" where there is none."""
    return dict(parse_qsl(urlsplit(target).query)).get("ref", "")


class SendGridCallbacks:
    """SendGrid's signed event webhook. `public_key` is base64 DER as the console shows it; none refuses everything."""

    def __init__(self, public_key: str) -> None:
        """Raises ValueError for a key that is none."""
        self._webhook = EventWebhook(public_key) if public_key else None

    def verify(self, body: bytes, signature: str | None, timestamp: str | None) -> bool:
        """Whether SendGrid signed exactly these bytes at this timestamp (header texts as they came)."""
        if not self._webhook or not signature or not re.fullmatch(r"[0-9]{1,16}", timestamp or ""):
            return False
        try:
            base64.b64decode(signature, validate=True)
            return bool(self._webhook.verify_signature(body.decode("utf-8"), signature, timestamp))
        except (UnicodeError, binascii.Error, ValueError):
            return False


def sendgrid_events(body: bytes) -> tuple[ProviderEvent, ...]:
    """Return a verified batch in our words. Raises Malformed for anything but a list of objects with an id."""
    try:
        batch = json.loads(body, object_pairs_hook=_no_duplicates)
    except (ValueError, RecursionError) as fault:
        raise Malformed("a batch that is not JSON") from fault
    if not isinstance(batch, list) or len(batch) > MAX_EVENTS:
        raise Malformed("a batch that is not a list")
    return tuple(_sendgrid_event(one) for one in batch)


def _sendgrid_event(one: Any) -> ProviderEvent:
    if not isinstance(one, dict) or not isinstance(one.get("sg_event_id"), str) or not one["sg_event_id"]:
        raise Malformed("an event without an id")
    word = str(one.get("event", ""))
    kind = str(one.get("type", "")) if word == "bounce" else ""
    if word == "dropped" and str(one.get("reason", "")).strip().lower() in DROPPED_FOR_ITS_ADDRESS:
        kind = "address"
    reference = one.get(REFERENCE)
    return ProviderEvent(
        provider="sendgrid",
        key=_plain(one["sg_event_id"]),
        reference=reference if isinstance(reference, str) and _REFERENCE.fullmatch(reference) else "",
        provider_id=_text(one.get("sg_message_id")),
        status=EVENT_STATUS.get(word, Status.UNKNOWN),
        # The provider's own sentence quotes the address, so only its words and codes are kept outside `raw`.
        detail=" ".join(filter(None, (_plain(word)[:32], _plain(kind)[:32], _code(one.get("status"))))),
        raw={_plain(name): _text(value) or "" for name, value in one.items()},
    )


def _code(value: object) -> str:
    """An enhanced status code such as 5.1.1 (RFC 3463), or nothing."""
    return value if isinstance(value, str) and re.fullmatch(r"\d(\.\d{1,3}){2}", value) else ""


def _text(value: object) -> str | None:
    if value is None:
        return None
    return _plain(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _plain(text: str) -> str:
    """A text without what no database takes: NUL, and halves of surrogate pairs, which JSON can hold."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found
