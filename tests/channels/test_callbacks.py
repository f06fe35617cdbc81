"""Callbacks: signed by the provider or refused, whatever shape the forgery has; and then put into our words."""

import base64
import json
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from twilio.request_validator import RequestValidator

from amparo_notify.channels.callbacks import Malformed, SendGridCallbacks, TwilioCallbacks, sendgrid_events
from amparo_notify.channels.local import LocalAccount
from amparo_notify.core.notice import Status
from tests.channels.conftest import PUBLIC_URL

ACCOUNT = "AC" + "a" * 32
CALL = "CA" + "b" * 32
TEXT = "SM" + "c" * 32
TOKEN, OLD_TOKEN = "t" * 32, "o" * 32
TARGET = "/callbacks/twilio/status?ref=n1.2"
Pairs = list[tuple[str, str]]
PAIRS: Pairs = [
    ("AccountSid", ACCOUNT), ("ApiVersion", "2010-04-01"), ("CallSid", CALL), ("CallStatus", "in-progress"),
    ("Digits", "123456"), ("From", "+525500000001"), ("To", "+525500001234"),
]  # fmt: skip
CALLBACKS = TwilioCallbacks(PUBLIC_URL, (TOKEN, OLD_TOKEN), ACCOUNT)


def sign(target: str, pairs: Pairs, token: str = TOKEN, base: str = PUBLIC_URL) -> str:
    signature: str = RequestValidator(token).compute_signature(base + target, dict(pairs))
    return signature


GOOD = sign(TARGET, PAIRS)


def without(*names: str) -> Pairs:
    return [pair for pair in PAIRS if pair[0] not in names]


def changed(**values: str) -> Pairs:
    return [(name, values.get(name, value)) for name, value in PAIRS]


def moved(
    target: str = TARGET, pairs: Pairs | None = None, signature: str | None = GOOD
) -> tuple[str, Pairs, str | None]:
    return target, PAIRS if pairs is None else pairs, signature


FORGERIES: dict[str, tuple[str, Pairs, str | None]] = {
    "no signature": moved(signature=None),
    "an empty signature": moved(signature=""),
    "a signature of the right length": moved(signature="A" * len(GOOD)),
    "a signature that is no base64": moved(signature="ñ" * len(GOOD)),
    "a signature cut short": moved(signature=GOOD[:-1]),
    "a signature with a tail": moved(signature=GOOD + "="),
    "a signature in lower case": moved(signature=GOOD.lower()),
    "another account's token": moved(signature=sign(TARGET, PAIRS, "x" * 32)),
    "an empty token": moved(signature=sign(TARGET, PAIRS, "")),
    "signed for another host": moved(signature=sign(TARGET, PAIRS, base="https://evil.example")),
    "signed for http": moved(signature=sign(TARGET, PAIRS, base=PUBLIC_URL.replace("https", "http"))),
    "signed for another path": moved(signature=sign("/callbacks/twilio/voice?ref=n1.2", PAIRS)),
    "another path": moved("/callbacks/twilio/voice?ref=n1.2"),
    "another reference": moved("/callbacks/twilio/status?ref=n1.3"),
    "no reference": moved("/callbacks/twilio/status"),
    "a reference twice": moved("/callbacks/twilio/status?ref=n1.2&ref=n1.3"),
    "a signed reference twice": moved(TARGET + "&ref=n1.3", signature=sign(TARGET + "&ref=n1.3", PAIRS)),
    "an escaped reference": moved("/callbacks/twilio/status?ref=n1%2E2"),
    "a longer query": moved(TARGET + "&x=1"),
    "an absolute target": moved(PUBLIC_URL + TARGET),
    "a target of another host": moved("//evil.example" + TARGET),
    "an empty target": moved(""),
    "a target with a newline": moved(TARGET + "\n", signature=sign(TARGET + "\n", PAIRS)),
    "a signed reference of odd form": moved(
        "/c?ref=%3Cscript%3E", signature=sign("/c?ref=%3Cscript%3E", PAIRS)
    ),
    "no parameters": moved(pairs=[]),
    "a status changed": moved(pairs=changed(CallStatus="completed")),
    "digits changed": moved(pairs=changed(Digits="654321")),
    "a call changed": moved(pairs=changed(CallSid="CA" + "d" * 32)),
    "a phone changed": moved(pairs=changed(To="+525500009999")),
    "digits left out": moved(pairs=without("Digits")),
    "a parameter added": moved(pairs=[*PAIRS, ("ErrorCode", "0")]),
    "a parameter twice, the same": moved(pairs=[*PAIRS, ("CallStatus", "in-progress")]),
    "a parameter twice, otherwise": moved(pairs=[*PAIRS, ("CallStatus", "completed")]),
    "a parameter twice, first otherwise": moved(pairs=[("CallStatus", "completed"), *PAIRS]),
    "a name in another case": moved(pairs=[("callstatus", "completed"), *PAIRS]),
    "a value moved into the name before it": moved(pairs=[*without("Digits"), ("Digits1", "23456")]),
    "a name moved into its value": moved(pairs=[*without("Digits"), ("Digit", "s123456")]),
    "two parameters made one": moved(
        pairs=[*without("CallStatus", "CallSid"), ("CallSid", f"{CALL}CallStatusin-progress")]
    ),
    "the account moved into the reference": moved(
        f"{TARGET}AccountSid{ACCOUNT}", pairs=without("AccountSid")
    ),
    "the status moved out of sight": moved(
        pairs=[*without("CallStatus", "Digits"), ("CallStatus", "in-progressDigits123456")]
    ),
    "digits moved into the sender": moved(
        pairs=[*without("Digits", "CallStatus"), ("CallStatusin-progressDigits", "123456")]
    ),
    "signed, of another account": moved(
        pairs=changed(AccountSid="AC" + "e" * 32),
        signature=sign(TARGET, changed(AccountSid="AC" + "e" * 32)),
    ),
    "signed, of no account": moved(
        pairs=without("AccountSid"), signature=sign(TARGET, without("AccountSid"))
    ),
    "signed, of no call": moved(pairs=without("CallSid"), signature=sign(TARGET, without("CallSid"))),
    "signed, with digits that are none": moved(
        pairs=changed(Digits="12;34"), signature=sign(TARGET, changed(Digits="12;34"))
    ),
    "signed, with a call id that is none": moved(
        pairs=changed(CallSid="../../x"), signature=sign(TARGET, changed(CallSid="../../x"))
    ),
}


@pytest.mark.parametrize("how", FORGERIES)
def test_a_forged_twilio_callback_is_refused(how: str) -> None:
    assert not CALLBACKS.verify(*FORGERIES[how])


def test_a_twilio_callback_is_accepted_under_the_current_token() -> None:
    assert CALLBACKS.verify(TARGET, PAIRS, GOOD)


def test_a_twilio_callback_is_accepted_under_the_previous_token_while_rotating() -> None:
    assert CALLBACKS.verify(TARGET, PAIRS, sign(TARGET, PAIRS, OLD_TOKEN))


@pytest.mark.parametrize("tokens", [(), ("",), ("", "")])
def test_without_a_token_everything_is_refused(tokens: tuple[str, ...]) -> None:
    assert not TwilioCallbacks(PUBLIC_URL, tokens).verify(TARGET, PAIRS, sign(TARGET, PAIRS, ""))


@pytest.mark.parametrize(
    "target", ["/c?ref=n1.2&x=%7e%2F+%20", "/c?ref=n1.2&x=a%2fb", "/c?x=ñ".encode().decode("latin-1")]
)
def test_escapes_in_the_address_are_left_as_they_came(target: str) -> None:
    assert CALLBACKS.verify(target, PAIRS, sign(target, PAIRS)) == target.isascii()


def test_a_public_address_may_have_a_port_and_a_path() -> None:
    callbacks = TwilioCallbacks("https://amparo.example:8443/notify/", (TOKEN,))
    signature = sign(TARGET, PAIRS, base="https://amparo.example:8443/notify")
    assert callbacks.verify(TARGET, PAIRS, signature)


@pytest.mark.parametrize(
    "name",
    [
        "Called", "Caller", "CalledCity", "CallDuration", "CallToken", "CallbackSource", "Direction", "Duration",
        "FinishedOnKey", "ForwardedFrom", "FromCity", "FromCountry", "FromState", "FromZip", "ToCity", "ToZip", "msg",
        "MediaUrl0", "MessagingServiceSid", "NumMedia", "NumSegments", "OptOutType", "RawDlrDoneDate", "SequenceNumber",
        "SmsSid", "SmsStatus", "StirVerstat", "Timestamp", "ErrorMessage", "NewOneDay",
    ],
)  # fmt: skip
def test_a_parameter_that_twilio_sends_or_adds_one_day_does_no_harm(name: str) -> None:
    pairs = [*PAIRS, (name, "x")]
    assert CALLBACKS.verify(TARGET, pairs, sign(TARGET, pairs))


@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ({"MessageSid": TEXT, "MessageStatus": "queued"}, Status.ACCEPTED),
        ({"MessageSid": TEXT, "MessageStatus": "sent"}, Status.SENT),
        ({"MessageSid": TEXT, "MessageStatus": "delivered"}, Status.DELIVERED),
        ({"MessageSid": TEXT, "MessageStatus": "read"}, Status.DELIVERED),
        ({"MessageSid": TEXT, "MessageStatus": "undelivered", "ErrorCode": "30003"}, Status.UNDELIVERED),
        ({"MessageSid": TEXT, "MessageStatus": "teleported"}, Status.UNKNOWN),
        ({"CallSid": CALL, "CallStatus": "ringing"}, Status.SENT),
        ({"CallSid": CALL, "CallStatus": "in-progress"}, Status.DELIVERED),
        ({"CallSid": CALL, "CallStatus": "no-answer"}, Status.UNDELIVERED),
        ({"CallSid": CALL, "CallStatus": "completed", "AnsweredBy": "machine_start"}, Status.UNDELIVERED),
        ({"CallSid": CALL, "AnsweredBy": "machine_start"}, Status.UNDELIVERED),
        ({"CallSid": CALL, "AnsweredBy": "human"}, Status.DELIVERED),
        ({"CallSid": CALL, "CallStatus": "in-progress", "Digits": "1"}, Status.HEARD),
    ],
)
def test_twilios_words_become_ours_by_the_table(parameters: dict[str, str], status: Status) -> None:
    event = CALLBACKS.event(TARGET, parameters)
    assert (event.reference, event.status) == ("n1.2", status)


def test_a_failed_call_says_what_the_network_answered() -> None:
    event = CALLBACKS.event(TARGET, {"CallSid": CALL, "CallStatus": "failed", "SipResponseCode": "503"})
    assert event.detail == "failed sip:503"


def test_the_same_callback_twice_has_the_same_key() -> None:
    assert CALLBACKS.event(TARGET, dict(PAIRS)).key == CALLBACKS.event(TARGET, dict(PAIRS)).key


def test_another_status_of_the_same_call_has_another_key() -> None:
    ringing = CALLBACKS.event(TARGET, dict(changed(CallStatus="ringing")))
    assert ringing.key != CALLBACKS.event(TARGET, dict(PAIRS)).key


def test_a_pin_is_nowhere_in_an_event() -> None:
    event = CALLBACKS.event(TARGET, dict(PAIRS))
    assert "123456" not in repr(event)


def test_a_callback_without_a_status_is_malformed() -> None:
    with pytest.raises(Malformed):
        CALLBACKS.event(TARGET, {"CallSid": CALL})


def test_an_inbound_text_is_understood_and_its_pin_kept_out_of_what_is_stored() -> None:
    body = "Enterado k7qf 123456"
    inbound = CALLBACKS.inbound({"MessageSid": TEXT, "From": "+525500001234", "Body": body})
    assert (inbound.reply.pin, inbound.raw["Body"]) == ("123456", "Enterado k7qf [NIP]")
    assert "123456" not in repr(inbound)


def test_an_opt_out_that_twilio_has_recognised_is_a_stop() -> None:
    parameters = {"MessageSid": TEXT, "From": "+525500001234", "Body": "ya no", "OptOutType": "STOP"}
    assert CALLBACKS.inbound(parameters).reply.kind == "stop"


def test_an_inbound_text_from_nobody_is_malformed() -> None:
    with pytest.raises(Malformed):
        CALLBACKS.inbound({"MessageSid": TEXT, "Body": "hola"})


# --- SendGrid

BODY = json.dumps([{"sg_event_id": "e1", "event": "delivered", "reference": "n1.2"}]).encode()
STAMP = "1795000000"


def signed(key: ec.EllipticCurvePrivateKey, data: bytes) -> str:
    return base64.b64encode(key.sign(data, ec.ECDSA(hashes.SHA256()))).decode()


Forgery = Callable[[str], tuple[bytes, str | None, str | None]]
MAIL_FORGERIES: dict[str, Forgery] = {
    "no signature": lambda good: (BODY, None, STAMP),
    "an empty signature": lambda good: (BODY, "", STAMP),
    "no timestamp": lambda good: (BODY, good, None),
    "an empty timestamp": lambda good: (BODY, good, ""),
    "another timestamp": lambda good: (BODY, good, "1795000001"),
    "a body changed": lambda good: (BODY.replace(b"delivered", b"bounce"), good, STAMP),
    "a body with a space more": lambda good: (BODY + b" ", good, STAMP),
    "an empty body": lambda good: (b"", good, STAMP),
    "the body's first letter moved into the timestamp": lambda good: (BODY[1:], good, STAMP + "["),
    "a timestamp's digit moved into the body": lambda good: (b"0" + BODY, good, STAMP[:-1] + "1"),
    "a signature that is no base64": lambda good: (BODY, "%%%" + good, STAMP),
    "a signature that is no DER": lambda good: (BODY, base64.b64encode(b"nothing").decode(), STAMP),
    "a signature cut short": lambda good: (BODY, good[:-8], STAMP),
    "another key's signature": lambda good: (
        BODY,
        signed(ec.generate_private_key(ec.SECP256R1()), STAMP.encode() + BODY),
        STAMP,
    ),
    "a body that is no UTF-8": lambda good: (b"\xff" + BODY, good, STAMP),
    "a timestamp in words": lambda good: (BODY, good, "today"),
    "a timestamp in other digits": lambda good: (BODY, good, "١٧٩٥"),
}


@pytest.mark.parametrize("how", MAIL_FORGERIES)
def test_a_forged_sendgrid_callback_is_refused(how: str, account: LocalAccount) -> None:
    good = signed(account.events_key, STAMP.encode() + BODY)
    assert not SendGridCallbacks(account.events_public_key).verify(*MAIL_FORGERIES[how](good))


def test_a_sendgrid_callback_is_accepted_as_it_came(account: LocalAccount) -> None:
    good = signed(account.events_key, STAMP.encode() + BODY)
    assert SendGridCallbacks(account.events_public_key).verify(BODY, good, STAMP)


def test_without_a_public_key_every_sendgrid_callback_is_refused(account: LocalAccount) -> None:
    good = signed(account.events_key, STAMP.encode() + BODY)
    assert not SendGridCallbacks("").verify(BODY, good, STAMP)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("processed", Status.ACCEPTED),
        ("deferred", Status.SENT),
        ("delivered", Status.DELIVERED),
        ("bounce", Status.UNDELIVERED),
        ("dropped", Status.UNDELIVERED),
        ("open", Status.ACCEPTED),
        ("click", Status.ACCEPTED),
        ("abducted", Status.UNKNOWN),
    ],
)
def test_sendgrids_words_become_ours_and_opens_and_clicks_prove_nothing(word: str, status: Status) -> None:
    (event,) = sendgrid_events(
        json.dumps([{"sg_event_id": "e1", "event": word, "reference": "n1.2"}]).encode()
    )
    assert (event.key, event.reference, event.status) == ("e1", "n1.2", status)


@pytest.mark.parametrize(
    ("reason", "detail"),
    [("Bounced Address", "dropped address"), ("Invalid", "dropped address"), ("Spam Content", "dropped"),
     ("Recipient List over Package Quota", "dropped"), (None, "dropped"), (["Invalid"], "dropped")],
)  # fmt: skip
def test_a_dropped_mail_says_whether_its_address_is_at_fault(reason: object, detail: str) -> None:
    (event,) = sendgrid_events(
        json.dumps([{"sg_event_id": "e1", "event": "dropped", "reason": reason}]).encode()
    )
    assert event.detail == detail


def test_a_bounce_keeps_its_code_and_leaves_the_address_to_the_annex() -> None:
    one = {
        "sg_event_id": "e1",
        "event": "bounce",
        "type": "bounce",
        "status": "5.1.1",
        "email": "ana@x.example",
    }
    (event,) = sendgrid_events(json.dumps([one]).encode())
    assert event.detail == "bounce bounce 5.1.1"


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[1]", b"[{}]", b"null", b'[{"sg_event_id":1}]', b'[{"sg_event_id":""}]', b"\xff",
     b'[{"sg_event_id":"a","sg_event_id":"b"}]', b"[" * 100_000],
)  # fmt: skip
def test_a_batch_that_is_not_sendgrids_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        sendgrid_events(body)


def test_a_reference_that_is_not_ours_is_none() -> None:
    (event,) = sendgrid_events(b'[{"sg_event_id":"e1","event":"delivered","reference":{"a":1}}]')
    assert event.reference == ""


def test_the_matrix_has_forty_kinds_at_least() -> None:
    assert len(FORGERIES) + len(MAIL_FORGERIES) >= 40
