"""What the providers publish of their own APIs, as far as we use them, and a judge of raw requests against it.

Written down by hand, in our own form, from the providers' OpenAPI documents:
  twilio/twilio-oai    spec/json/twilio_api_v2010.json  at 00c8d36829d67333c14bef357affd57851408ad7
  twilio/twilio-oai    spec/json/twilio_messaging_v1.json  at the same commit
  twilio/sendgrid-oai  spec/json/tsg_mail_v3.json       at 2a6ae1824abb462e3903687a9188df2270475ffa
Every parameter of each operation stands here with its type, so that a name in no document is a fault. Limits that the
documents give only in sentences ("Max 4000 characters") are checked too.
"""

import json
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree


@dataclass(frozen=True)
class Request:
    """One request as it stood on the wire. Header names are in lower case; `query` and `body` are raw."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Field:
    """One parameter of a form or property of an answer."""

    kind: str = "string"
    many: bool = False  # may stand several times
    pattern: str = ""
    allowed: tuple[str, ...] = ()
    least: int = 0
    most: int = 10**12  # of an integer
    longest: int = 10**6  # characters
    null: bool = False


def sid(*prefixes: str, null: bool = False) -> Field:
    return Field(pattern=f"({'|'.join(prefixes)})[0-9a-fA-F]{{32}}", null=null)


TEXT, FLAG, WHOLE, URI, PHONE = Field(), Field("boolean"), Field("integer"), Field("uri"), Field("phone")
METHOD = Field(allowed=("GET", "POST"))
MAYBE = Field(null=True)
DATE = Field("date", null=True)

MESSAGE_STATUSES = (
    "queued", "sending", "sent", "failed", "delivered", "undelivered", "receiving", "received", "accepted",
    "scheduled", "read", "partially_delivered", "canceled",
)  # fmt: skip
CALL_STATUSES = (
    "queued", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled",
)  # fmt: skip
PAGING = {
    "PageSize": Field("integer", least=1, most=1000),
    "Page": WHOLE,
    "PageToken": TEXT,
}

CREATE_MESSAGE = {
    "To": PHONE, "StatusCallback": URI, "ApplicationSid": sid("AP"), "MaxPrice": Field("number"),
    "ProvideFeedback": FLAG, "Attempt": WHOLE, "ValidityPeriod": Field("integer", least=1, most=36_000),
    "ForceDelivery": FLAG, "ContentRetention": Field(allowed=("retain", "discard")),
    "AddressRetention": Field(allowed=("retain", "obfuscate")), "SmartEncoded": FLAG,
    "PersistentAction": Field(many=True), "ShortenUrls": FLAG, "ScheduleType": Field(allowed=("fixed",)),
    "SendAt": TEXT, "SendAsMms": FLAG, "ContentVariables": TEXT,
    "RiskCheck": Field(allowed=("enable", "disable")), "From": PHONE, "MessagingServiceSid": sid("MG"),
    "Body": Field(longest=1_600), "MediaUrl": Field("uri", many=True), "ContentSid": sid("HX"),
}  # fmt: skip
CREATE_CALL = {
    "To": PHONE, "From": PHONE, "Method": METHOD, "FallbackUrl": URI, "FallbackMethod": METHOD,
    "StatusCallback": URI,
    "StatusCallbackEvent": Field(many=True, allowed=("initiated", "ringing", "answered", "completed")),
    "StatusCallbackMethod": METHOD, "SendDigits": Field(pattern="[0-9#*wW]*", longest=32),
    "Timeout": Field("integer", least=1, most=600), "Record": FLAG,
    "RecordingChannels": Field(allowed=("mono", "dual")), "RecordingStatusCallback": TEXT,
    "RecordingStatusCallbackMethod": METHOD, "SipAuthUsername": TEXT, "SipAuthPassword": TEXT,
    "MachineDetection": Field(allowed=("Enable", "DetectMessageEnd")), "MachineDetectionTimeout": WHOLE,
    "RecordingStatusCallbackEvent": Field(many=True), "Trim": Field(allowed=("trim-silence", "do-not-trim")),
    "CallerId": TEXT, "MachineDetectionSpeechThreshold": Field("integer", least=1000, most=6000),
    "MachineDetectionSpeechEndThreshold": Field("integer", least=500, most=5000),
    "MachineDetectionSilenceTimeout": Field("integer", least=2000, most=10_000),
    "AsyncAmd": FLAG, "AsyncAmdStatusCallback": URI, "AsyncAmdStatusCallbackMethod": METHOD,
    "Byoc": sid("BY"), "CallReason": TEXT, "CallToken": TEXT,
    "RecordingTrack": Field(allowed=("inbound", "outbound", "both")), "TimeLimit": WHOLE, "Url": URI,
    "Twiml": Field("twiml", longest=4_000), "ApplicationSid": sid("AP"),
}  # fmt: skip
LIST_MESSAGES = {
    "To": PHONE, "From": PHONE, "DateSent": TEXT, "DateSent<": TEXT, "DateSent>": TEXT, **PAGING,
}  # fmt: skip
LIST_CALLS = {
    "To": PHONE, "From": PHONE, "ParentCallSid": sid("CA"), "Status": Field(allowed=CALL_STATUSES),
    "StartTime": TEXT, "StartTime<": TEXT, "StartTime>": TEXT, "EndTime": TEXT, "EndTime<": TEXT, "EndTime>": TEXT,
    **PAGING,
}  # fmt: skip

MESSAGE = {
    "body": MAYBE, "num_segments": MAYBE, "from": MAYBE, "to": MAYBE, "date_updated": DATE, "price": MAYBE,
    "direction": Field(allowed=("inbound", "outbound-api", "outbound-call", "outbound-reply"), null=True),
    "error_message": MAYBE, "uri": MAYBE, "account_sid": sid("AC", null=True), "num_media": MAYBE,
    "status": Field(allowed=MESSAGE_STATUSES, null=True), "messaging_service_sid": sid("MG", null=True),
    "sid": sid("SM", "MM", null=True), "date_sent": DATE, "date_created": DATE,
    "error_code": Field("integer", null=True), "price_unit": MAYBE, "api_version": MAYBE,
    "subresource_uris": Field("object", null=True),
}  # fmt: skip
CALL = {
    "sid": sid("CA", null=True), "date_created": DATE, "date_updated": DATE,
    "parent_call_sid": sid("CA", null=True), "account_sid": sid("AC", null=True), "to": MAYBE, "to_formatted": MAYBE,
    "from": MAYBE, "from_formatted": MAYBE, "phone_number_sid": sid("PN", null=True),
    "status": Field(allowed=CALL_STATUSES, null=True), "start_time": DATE, "end_time": DATE, "duration": MAYBE,
    "price": MAYBE, "price_unit": MAYBE, "direction": MAYBE, "answered_by": MAYBE, "api_version": MAYBE,
    "forwarded_from": MAYBE, "group_sid": sid("GP", null=True), "caller_name": MAYBE, "queue_time": MAYBE,
    "trunk_sid": sid("TK", null=True), "uri": MAYBE, "subresource_uris": Field("object", null=True),
}  # fmt: skip
PAGE = {
    "end": WHOLE, "first_page_uri": TEXT, "next_page_uri": MAYBE, "page": WHOLE, "page_size": WHOLE,
    "previous_page_uri": MAYBE, "start": WHOLE, "uri": TEXT,
}  # fmt: skip

PHONE_NUMBER = {
    "sid": sid("PN", null=True), "account_sid": sid("AC", null=True), "service_sid": sid("MG", null=True),
    "date_created": MAYBE, "date_updated": MAYBE, "phone_number": MAYBE, "country_code": MAYBE,
    "capabilities": Field("list", null=True), "url": MAYBE,
}  # fmt: skip
META = {
    "first_page_url": URI, "next_page_url": MAYBE, "page": WHOLE, "page_size": WHOLE, "previous_page_url": MAYBE,
    "url": URI, "key": TEXT,
}  # fmt: skip


@dataclass(frozen=True)
class Operation:
    """One operation: where it is, what it takes, and of each group of `one_of` at least one."""

    name: str
    method: str
    path: str  # a regular expression
    takes: Mapping[str, Field]
    required: tuple[str, ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()


_ACCOUNT = "/2010-04-01/Accounts/AC[0-9a-fA-F]{32}"
OPERATIONS = (
    Operation(
        "CreateMessage", "POST", f"{_ACCOUNT}/Messages.json", CREATE_MESSAGE, ("To",),
        (("From", "MessagingServiceSid"), ("Body", "MediaUrl", "ContentSid")),
    ),
    Operation("ListMessage", "GET", f"{_ACCOUNT}/Messages.json", LIST_MESSAGES),
    Operation("ListPhoneNumber", "GET", "/v1/Services/MG[0-9a-fA-F]{32}/PhoneNumbers", PAGING),
    Operation("ListShortCode", "GET", "/v1/Services/MG[0-9a-fA-F]{32}/ShortCodes", PAGING),
    Operation("FetchMessage", "GET", f"{_ACCOUNT}/Messages/(SM|MM)[0-9a-fA-F]{{32}}.json", {}),
    Operation(
        "CreateCall", "POST", f"{_ACCOUNT}/Calls.json", CREATE_CALL, ("To", "From"),
        (("Url", "Twiml", "ApplicationSid"),),
    ),
    Operation("ListCall", "GET", f"{_ACCOUNT}/Calls.json", LIST_CALLS),
    Operation("FetchCall", "GET", f"{_ACCOUNT}/Calls/CA[0-9a-fA-F]{{32}}.json", {}),
)  # fmt: skip

# --- SendGrid: an object is a mapping of names to what they hold, a list has one element.

_ADDRESS = {"email!": "address", "name": "string"}
_SWITCH = {"enable": "boolean"}
MAIL: dict[str, Any] = {
    "personalizations!": [
        {
            "from": _ADDRESS, "to!": [_ADDRESS], "cc": [_ADDRESS], "bcc": [_ADDRESS], "subject": "filled",
            "headers": "object", "substitutions": "object", "dynamic_template_data": "object",
            "custom_args": "object", "send_at": "integer",
        }
    ],
    "from!": _ADDRESS, "reply_to": _ADDRESS, "reply_to_list": [_ADDRESS], "subject": "filled",
    "content": [{"type!": "filled", "value!": "filled"}],
    "attachments": [
        {
            "content!": "filled", "type": "filled", "filename!": "string", "disposition": "string",
            "content_id": "string",
        }
    ],
    "template_id": "string", "headers": "object", "categories": ["string"], "custom_args": "string",
    "send_at": "integer", "batch_id": "string",
    "asm": {"group_id!": "integer", "groups_to_display": ["integer"]}, "ip_pool_name": "string",
    "mail_settings": {
        "bypass_list_management": _SWITCH, "bypass_spam_management": _SWITCH, "bypass_bounce_management": _SWITCH,
        "bypass_unsubscribe_management": _SWITCH, "footer": {**_SWITCH, "text": "string", "html": "string"},
        "sandbox_mode": _SWITCH,
    },
    "tracking_settings": {
        "click_tracking": {**_SWITCH, "enable_text": "boolean"},
        "open_tracking": {**_SWITCH, "substitution_tag": "string"},
        "subscription_tracking": {
            **_SWITCH, "text": "string", "html": "string", "substitution_tag": "string",
        },
        "ganalytics": {
            **_SWITCH, "utm_source": "string", "utm_medium": "string", "utm_term": "string",
            "utm_content": "string", "utm_campaign": "string",
        },
    },
}  # fmt: skip
MAIL_ERROR: dict[str, Any] = {
    "errors": [{"message": "string", "field": "nullable", "help": "object"}],
    "id": "string",
}
LARGEST_ARGUMENTS = 10_000
"""Bytes of all custom arguments together."""
LONGEST_LINE = 998
"""RFC 5322, 2.1.1: SendGrid refers to it for subjects."""
EMAIL = re.compile(r"[^@\s<>,;]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def faults(request: Request) -> list[str]:
    """Everything in which a request departs from the published documents."""
    if request.path == "/v3/mail/send":
        return list(_mail_faults(request))
    operation = operation_of(request)
    if operation is None:
        return [f"no operation {request.method} {request.path}"]
    return list(_form_faults(operation, request))


def operation_of(request: Request) -> Operation | None:
    """The published operation that a request addresses."""
    fits = (one for one in OPERATIONS if one.method == request.method)
    return next((one for one in fits if re.fullmatch(one.path, request.path)), None)


def _form_faults(operation: Operation, request: Request) -> Iterator[str]:
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme != "Basic" or not re.fullmatch(rb"AC[0-9a-f]{32}:.+", b64decode(credentials)):
        yield "no basic authorization"
    raw = request.query
    if operation.method == "POST":
        raw = request.body.decode("ascii")
        if request.headers.get("content-type") != "application/x-www-form-urlencoded":
            yield f"content type {request.headers.get('content-type')}"
        if request.query:
            yield "parameters in the query of a POST"
    pairs = parse_qsl(raw, keep_blank_values=True, strict_parsing=bool(raw), errors="strict")
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    yield from (f"{name} is required" for name in operation.required if name not in given)
    yield from (f"one of {group}" for group in operation.one_of if not set(group) & set(given))
    for name, values in given.items():
        field = operation.takes.get(name)
        if field is None:
            yield f"{operation.name} has no {name}"
            continue
        if len(values) > 1 and not field.many:
            yield f"{name} stands {len(values)} times"
        yield from (f"{name}: {fault}" for value in values for fault in _value_faults(field, value))


def _value_faults(field: Field, value: str) -> Iterator[str]:
    if not value:
        yield "is empty"
    if len(value) > field.longest:
        yield f"is {len(value)} characters long"
    if field.allowed and value not in field.allowed:
        yield f"is {value!r}"
    if field.pattern and not re.fullmatch(field.pattern, value):
        yield f"is not {field.pattern}"
    if field.kind == "integer" and not (
        re.fullmatch("[0-9]+", value) and field.least <= int(value) <= field.most
    ):
        yield f"is {value}, not from {field.least} to {field.most}"
    if field.kind == "boolean" and value not in ("true", "false"):
        yield f"is {value!r}, no boolean"
    if field.kind == "phone" and not re.fullmatch(r"\+[1-9][0-9]{7,14}", value):
        yield "is not E.164"
    if field.kind == "uri":
        url = urlsplit(value)
        if url.scheme not in ("http", "https") or not url.hostname or "_" in url.hostname or " " in value:
            yield f"is not a URI that Twilio takes: {value}"
    if field.kind == "twiml":
        yield from _twiml_faults(value)


TWIML = {
    "Response": set(),
    "Say": {"voice", "language", "loop"},
    "prosody": {"rate", "pitch", "volume"},
    "Pause": {"length"},
    "Gather": {"input", "numDigits", "finishOnKey", "timeout", "action", "method"},
}
"""The verbs and attributes that we use (https://www.twilio.com/docs/voice/twiml)."""


def _twiml_faults(twiml: str) -> Iterator[str]:
    for element in ElementTree.fromstring(twiml).iter():
        if element.tag not in TWIML or set(element.keys()) - TWIML[element.tag]:
            yield f"has <{element.tag} {element.attrib}>"
        if element.tag == "Say" and not "".join(element.itertext()).strip():
            yield "says nothing"
        if element.tag == "Gather" and not urlsplit(element.get("action", "")).hostname:
            yield "gathers for no address"


def _mail_faults(request: Request) -> Iterator[str]:
    if request.method != "POST" or request.query:
        yield "not a plain POST"
    if not re.fullmatch(r"Bearer SG\.\S+", request.headers.get("authorization", "")):
        yield "no bearer authorization"
    if request.headers.get("content-type") != "application/json":
        yield f"content type {request.headers.get('content-type')}"
    body = json.loads(request.body)
    yield from _json_faults(MAIL, body, "mail")
    if not 1 <= len(body.get("personalizations", ())) <= 1000:
        yield "one to 1,000 personalizations"
    for one in body.get("personalizations", ()):
        arguments = one.get("custom_args", {})
        if len(json.dumps(arguments).encode()) > LARGEST_ARGUMENTS:
            yield "custom arguments of over 10,000 bytes"
        if not all(isinstance(value, str) for value in arguments.values()):
            yield "a custom argument that is no string"
    kinds = [part.get("type") for part in body.get("content", ())]
    if kinds != sorted(kinds, key=["text/plain", "text/html"].index):
        yield "text/plain comes first"
    if re.search(r"[\r\n]", body.get("subject", "")) or len(body.get("subject", "").encode()) > LONGEST_LINE:
        yield "a subject that is no line"


def _json_faults(shape: Any, value: Any, at: str) -> Iterator[str]:
    if isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{at} is no list"
            return
        for number, one in enumerate(value):
            yield from _json_faults(shape[0], one, f"{at}[{number}]")
    elif isinstance(shape, dict):
        if not isinstance(value, dict):
            yield f"{at} is no object"
            return
        known = {name.rstrip("!"): inner for name, inner in shape.items()}
        yield from (
            f"{at}.{name[:-1]} is required" for name in shape if name[-1] == "!" and name[:-1] not in value
        )
        yield from (f"{at} has no {name}" for name in value.keys() - known.keys())
        for name in value.keys() & known.keys():
            yield from _json_faults(known[name], value[name], f"{at}.{name}")
    elif not _is(shape, value):
        yield f"{at} is not {shape}: {value!r}"


def _is(kind: str, value: Any) -> bool:
    match kind:
        case "filled":
            return isinstance(value, str) and bool(value)
        case "address":
            return isinstance(value, str) and bool(EMAIL.fullmatch(value))
        case "nullable":
            return value is None or isinstance(value, str)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, {"string": str, "boolean": bool, "object": dict}[kind])


def answer_faults(fields: Mapping[str, Field], answer: Mapping[str, Any]) -> list[str]:
    """Everything in which an answer of Twilio's double departs from the published resource."""
    found = [f"no {name} in the document" for name in answer.keys() - fields.keys()]
    for name, value in answer.items():
        field = fields.get(name)
        if field is None or (value is None and field.null):
            continue
        kinds = {"integer": int, "object": dict, "list": list}
        if not isinstance(value, kinds.get(field.kind, str)):
            found.append(f"{name} is {value!r}")
        elif field.kind == "date":
            found += [] if parsedate_to_datetime(value).tzinfo else [f"{name} has no zone"]
        elif isinstance(value, str):
            found += [f"{name} {fault}" for fault in _value_faults(field, value)]
    return found


def mail_error_faults(answer: Any) -> list[str]:
    """Everything in which a refusal of SendGrid's double departs from the published ErrorResponse."""
    return list(_json_faults(MAIL_ERROR, answer, "error"))
