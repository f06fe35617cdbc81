"""What the real SDKs send for every channel and purpose, and what the double answers: as the providers publish it."""

import inspect
import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs
from urllib.request import HTTPError, urlopen
from urllib.request import Request as Ask

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twilio.rest.api.v2010.account.call import CallList
from twilio.rest.api.v2010.account.message import MessageList

from amparo_notify.channels.alarms import ALARMS, LANGUAGES
from amparo_notify.channels.rendering import Facts, note, render
from amparo_notify.channels.roads import build_providers
from amparo_notify.channels.twilio import TwilioSms, connect
from amparo_notify.core.notice import Cause, Medium
from amparo_notify.core.ports import Message, Provider
from amparo_notify.demo import faults as scripted
from amparo_notify.demo.carrier import Carrier
from amparo_notify.demo.carrier_book import Line
from amparo_notify.demo.carrier_server import CarrierServer
from tests.channels import published
from tests.channels.conftest import ADDRESS, PHONE, PUBLIC_URL, Clock, first_roads
from tests.channels.tap import Tap, wrong
from tests.channels.test_rendering import LONGEST

BY_MAIL_ONLY = (Cause.TRACKING,)
TO = {Medium.SMS: PHONE, Medium.VOICE: PHONE, Medium.EMAIL: ADDRESS}


@pytest.fixture
def wires(tapped: CarrierServer, account: Any) -> Mapping[Medium, Provider]:
    return first_roads(tapped.url, account, timeout=10)


def every_purpose(facts: Facts, language: str, medium: Medium) -> Iterator[Message]:
    """One message of each cause, and of each detail of an alarm."""
    for cause, detail in itertools.product(Cause, (*ALARMS, "")):
        if (cause in BY_MAIL_ONLY and medium is not Medium.EMAIL) or (cause is not Cause.ALARM and detail):
            continue
        about = replace(facts, detail=detail)
        yield render(cause, medium, about, TO[medium], f"{cause}.{detail or 0}", 90, language=language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("medium", Medium)
def test_what_goes_out_for_every_purpose_is_as_published(
    medium: Medium, language: str, wires: Mapping[Medium, Provider], tap: Tap, facts: Facts
) -> None:
    for about in (LONGEST, facts, replace(facts, link="", reply_code="", deadline="", gather_url="")):
        for message in every_purpose(about, language, medium):
            wires[medium].send(message)
    assert wrong(tap) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("medium", Medium)
def test_a_code_goes_out_as_published(
    medium: Medium, language: str, wires: Mapping[Medium, Provider], tap: Tap
) -> None:
    wires[medium].send(note("code", medium, TO[medium], "code.1", 600, language=language, code="012345"))
    assert wrong(tap) == []


@pytest.mark.parametrize("medium", [Medium.SMS, Medium.VOICE])
def test_what_is_asked_of_twilio_is_as_published(
    medium: Medium, wires: Mapping[Medium, Provider], tap: Tap, order: Mapping[Medium, Message], clock: Clock
) -> None:
    sent = wires[medium].send(order[medium])
    wires[medium].find(order[medium], clock())
    wires[medium].status(sent.provider_id or "", medium)
    assert wrong(tap) == []
    assert len(tap.requests) == 3


def test_a_messaging_service_is_named_as_published(tapped: CarrierServer, tap: Tap, carrier: Carrier) -> None:
    service = connect(carrier.account_sid, carrier.auth_token, PUBLIC_URL, api_url=tapped.url)
    TwilioSms(service, messaging_service_sid="MG" + "0" * 32).send(Message(Medium.SMS, PHONE, "n1.2", "hola"))
    assert wrong(tap) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    reference=st.from_regex(r"[A-Za-z0-9._:-]{1,40}", fullmatch=True),
    valid_for=st.integers(-5, 10**7),
    words=st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=300),
)
def test_whatever_a_message_says_it_goes_out_as_published(
    reference: str, valid_for: int, words: str, wires: Mapping[Medium, Provider], tap: Tap
) -> None:
    tap.requests.clear()
    said = words.strip() or "x"
    wires[Medium.SMS].send(Message(Medium.SMS, PHONE, reference, said, valid_for=valid_for))
    wires[Medium.EMAIL].send(Message(Medium.EMAIL, ADDRESS, reference, said, said[:90], f"<p>{said}"))
    assert wrong(tap) == []


def test_what_was_said_arrives_as_it_was_said(
    wires: Mapping[Medium, Provider], tap: Tap, carrier: Carrier
) -> None:
    said = "¿Ñandú & Co.? 100 % + «ü» = \U0001f6ec; a=b&To=%2B52"
    wires[Medium.SMS].send(Message(Medium.SMS, PHONE, "n1.2", said))
    assert parse_qs(tap.requests[0].body.decode("ascii"))["Body"] == [said]


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\u2028", "\x0b"])
def test_no_break_in_a_subject_becomes_a_header(
    break_: str, wires: Mapping[Medium, Provider], tap: Tap, facts: Facts
) -> None:
    odd = replace(facts, station=f"T1{break_}Bcc: x@y.example")
    wires[Medium.EMAIL].send(render(Cause.ORDER, Medium.EMAIL, odd, ADDRESS, "n1.2", 90))
    assert wrong(tap) == []


# --- the judge itself must be able to say no

SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "a name in another case": lambda body: body.replace(b"To=", b"to="),
    "a name in no document": lambda body: body + b"&Priority=1",
    "an empty value": lambda body: body + b"&ContentSid=",
    "a name twice": lambda body: body + b"&To=%2B525500001234",
    "no recipient": lambda body: body.replace(b"To=%2B525500001234&", b""),
    "no sender": lambda body: re.sub(rb"&?From=[^&]*", b"", body),
    "no words": lambda body: re.sub(rb"&?Body=[^&]*", b"", body),
    "a number without its plus": lambda body: body.replace(b"To=%2B52", b"To=52"),
    "a validity of a day": lambda body: re.sub(rb"ValidityPeriod=\d+", b"ValidityPeriod=86400", body),
    "a validity of none": lambda body: re.sub(rb"ValidityPeriod=\d+", b"ValidityPeriod=0", body),
    "an address without a host": lambda body: re.sub(rb"StatusCallback=[^&]*", b"StatusCallback=%2Fx", body),
    "a host with an underscore": lambda body: body.replace(b"amparo.example", b"am_paro.example"),
    "too many words": lambda body: re.sub(rb"Body=[^&]*", b"Body=" + b"x" * 1601, body),
}


@pytest.mark.parametrize("how", SPOILT)
def test_the_judge_of_forms_sees(
    how: str, wires: Mapping[Medium, Provider], tap: Tap, order: Mapping[Medium, Message]
) -> None:
    wires[Medium.SMS].send(order[Medium.SMS])
    (one,) = tap.requests
    assert published.faults(replace(one, body=SPOILT[how](one.body)))


SPOILT_MAIL: dict[str, Callable[[dict[str, Any]], object]] = {
    "no recipient": lambda mail: mail["personalizations"][0].pop("to"),
    "no sender": lambda mail: mail.pop("from"),
    "a name in no document": lambda mail: mail.update(priority=1),
    "an argument that is a number": lambda mail: mail["personalizations"][0]["custom_args"].update(n=1),
    "arguments without end": lambda mail: mail["personalizations"][0]["custom_args"].update(n="x" * 10_000),
    "a part without words": lambda mail: mail["content"][0].update(value=""),
    "an empty subject": lambda mail: mail.update(subject=""),
    "the page before the text": lambda mail: mail["content"].reverse(),
    "an address that is none": lambda mail: mail["from"].update(email="x"),
    "a switch in words": lambda mail: mail["tracking_settings"]["open_tracking"].update(enable="false"),
}


@pytest.mark.parametrize("how", SPOILT_MAIL)
def test_the_judge_of_mails_sees(
    how: str, wires: Mapping[Medium, Provider], tap: Tap, order: Mapping[Medium, Message]
) -> None:
    wires[Medium.EMAIL].send(order[Medium.EMAIL])
    (one,) = tap.requests
    mail = json.loads(one.body)
    SPOILT_MAIL[how](mail)
    assert published.faults(replace(one, body=json.dumps(mail).encode()))


@pytest.mark.parametrize(
    ("written_down", "asked"),
    [
        (published.CREATE_MESSAGE, MessageList.create),
        (published.CREATE_CALL, CallList.create),
    ],
)
def test_every_parameter_written_down_is_one_of_the_sdks(
    written_down: Mapping[str, object], asked: Callable[..., object]
) -> None:
    """The SDK is generated from the same documents, so a slip of the hand shows here."""
    known = {
        "".join(word.capitalize() for word in name.strip("_").split("_"))
        for name in inspect.signature(asked).parameters
    }
    assert set(written_down) <= known


# --- the double

STATES = [None, Line.OFF, Line.VOICEMAIL, Line.BUSY]


@pytest.mark.parametrize("line", STATES)
@pytest.mark.parametrize("medium", [Medium.SMS, Medium.VOICE])
def test_the_double_answers_as_published(
    medium: Medium,
    line: Line | None,
    wires: Mapping[Medium, Provider],
    tap: Tap,
    order: Mapping[Medium, Message],
    carrier: Carrier,
    clock: Clock,
) -> None:
    if line:
        carrier.set_line(PHONE, line)
    sent = wires[medium].send(order[medium])
    wires[medium].status(sent.provider_id or "", medium)
    wires[medium].find(order[medium], clock())
    name, fields = {Medium.SMS: ("messages", published.MESSAGE), Medium.VOICE: ("calls", published.CALL)}[
        medium
    ]
    taken, now, page = (json.loads(answer) for _, answer in tap.answers)
    one = page.pop(name)
    assert [published.answer_faults(fields, each) for each in (taken, now, *one)] == [[]] * 3
    assert published.answer_faults(published.PAGE, page) == []


def test_the_double_refuses_a_mail_as_published(
    wires: Mapping[Medium, Provider], tap: Tap, tapped: CarrierServer
) -> None:
    with pytest.raises(HTTPError):
        urlopen(Ask(f"{tapped.url}/v3/mail/send", data=b"{}", headers={"Authorization": "Bearer x"}))
    assert published.mail_error_faults(json.loads(tap.answers[-1][1])) == []


def test_nothing_is_sent_beside_the_published_operations(
    tapped: CarrierServer, tap: Tap, account: Any, order: Mapping[Medium, Message], carrier: Carrier
) -> None:
    carrier.faults.add("email", scripted.busy(503))
    roads = build_providers(
        public_url=PUBLIC_URL, sendgrid_api_key=account.api_key, sendgrid_from=account.mail_from,
        sendgrid_api_url=tapped.url,
    )  # fmt: skip
    with pytest.raises(Exception, match="503"):
        roads[Medium.EMAIL][0].send(order[Medium.EMAIL])
    assert len(tap.requests) == 1
