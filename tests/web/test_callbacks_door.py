"""The carriers' door: signature first, an empty answer to whatever is not theirs, and no trace of it."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr
from sqlalchemy import select
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from amparo_notify.bootstrap import account
from amparo_notify.config import Providers
from amparo_notify.store.tables import attempt, metadata
from amparo_notify.web.callbacks import signatures
from tests.web.scene import contents, flask_of
from tests.world import AGENT, PINS, World

SID = "SM" + "0" * 32
STATUS, VOICE, INBOUND = "/callbacks/twilio/status", "/callbacks/twilio/voice", "/callbacks/twilio/inbound"
EVENTS = "/callbacks/sendgrid/events"
BATCH = b'[{"sg_event_id":"e1","event":"delivered"}]'


@dataclass(frozen=True)
class Carrier:
    """Somebody who can sign as the carriers do."""

    world: World

    def form(self, **more: str) -> dict[str, str]:
        sid = account(self.world.config).account_sid
        return {"AccountSid": sid, "MessageSid": SID, "MessageStatus": "delivered", **more}

    def signature(self, target: str, form: Mapping[str, str], token: str = "") -> str:
        url = self.world.config.public_url + target
        return str(
            RequestValidator(token or account(self.world.config).auth_token).compute_signature(
                url, dict(form)
            )
        )

    def posts(
        self, target: str, form: Mapping[str, str], *, body: bytes | None = None, **headers: str
    ) -> TestResponse:
        """Post a form as Twilio does, signed unless the headers say otherwise."""
        given = {"X-Twilio-Signature": self.signature(target, form), **_named(headers)}
        return self.raw(target, urlencode(form).encode() if body is None else body, given)

    def raw(self, target: str, body: bytes, headers: Mapping[str, str]) -> TestResponse:
        client = flask_of(self.world).test_client()
        kind = "application/json" if target == EVENTS else "application/x-www-form-urlencoded"
        return client.post(
            target,
            data=body,
            headers=dict(headers),
            content_type=kind,
            environ_overrides={"REQUEST_URI": target},
        )

    def batch(
        self,
        signed: bytes = BATCH,
        *,
        sent: bytes | None = None,
        key: ec.EllipticCurvePrivateKey | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> TestResponse:
        """Post a batch of events, signed as SendGrid does unless the arguments say otherwise."""
        stamp = "1795252500"
        signer = key or account(self.world.config).events_key
        signature = base64.b64encode(signer.sign(stamp.encode() + signed, ec.ECDSA(hashes.SHA256()))).decode()
        usual = {
            "X-Twilio-Email-Event-Webhook-Signature": signature,
            "X-Twilio-Email-Event-Webhook-Timestamp": stamp,
        }
        return self.raw(EVENTS, signed if sent is None else sent, usual if headers is None else headers)

    def reference(self, medium: str) -> str:
        """The reference of an attempt under way."""
        with self.world.services.database.read() as tx:
            references = tx.scalars(select(attempt.c.reference).order_by(attempt.c.id)).all()
        return references[{"sms": 0, "voice": 1, "email": 2}[medium]]


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture
def carrier(world: World) -> Carrier:
    world.submit()
    return Carrier(world)


def everything(world: World) -> dict[str, list[object]]:
    """Every row of every table, access records too."""
    with world.services.database.read() as tx:
        return {name: list(tx.execute(table.select()).all()) for name, table in metadata.tables.items()}


def test_a_signed_status_is_taken_and_answered_with_nothing(carrier: Carrier) -> None:
    target = f"{STATUS}?ref={carrier.reference('sms')}"
    answer = carrier.posts(target, carrier.form())
    assert (answer.status_code, answer.data) == (204, b"")


def test_a_signed_batch_of_events_is_taken(carrier: Carrier) -> None:
    event = {"sg_event_id": "e1", "event": "delivered", "reference": carrier.reference("email")}
    answer = carrier.batch(json.dumps([event]).encode())
    assert (answer.status_code, answer.data) == (204, b"")


def test_keys_pressed_are_answered_with_what_the_call_says_next(carrier: Carrier) -> None:
    ref = next(
        each
        for each in (carrier.reference(medium) for medium in ("sms", "voice", "email"))
        if _asks_keys(carrier, each)
    )
    target = f"{VOICE}?ref={ref}"
    form = carrier.form(CallSid="CA" + "0" * 32, CallStatus="in-progress", Digits="1")
    del form["MessageSid"], form["MessageStatus"]
    answer = carrier.posts(target, form)
    assert answer.mimetype == "text/xml"
    assert answer.text.startswith("<Response>")


def _asks_keys(carrier: Carrier, reference: str) -> bool:
    calls = carrier.world.carrier.calls(AGENT.phone)
    return any(f"ref={reference}" in call.twiml for call in calls)


def test_a_text_with_code_and_pin_is_answered_with_a_text(carrier: Carrier) -> None:
    code = carrier.world.code_of(AGENT)
    form = {**carrier.form(), "From": AGENT.phone, "To": "+525500000000", "Body": f"enterado {code} {PINS}"}
    answer = carrier.posts(INBOUND, form)
    assert answer.mimetype == "text/xml"
    assert "<Message>" in answer.text


def test_the_same_status_twice_leaves_what_the_first_left(carrier: Carrier) -> None:
    target = f"{STATUS}?ref={carrier.reference('sms')}"
    carrier.posts(target, carrier.form())
    before = everything(carrier.world)
    carrier.posts(target, carrier.form())
    assert everything(carrier.world) == before


Bad = Callable[[Carrier], TestResponse]
TARGET = f"{STATUS}?ref=n1.1"


def _sent_elsewhere(carrier: Carrier) -> TestResponse:
    """Signed for one attempt and sent to another."""
    form = carrier.form()
    return carrier.posts(
        f"{STATUS}?ref=n1.2", form, X_Twilio_Signature=carrier.signature(f"{STATUS}?ref=n1.1", form)
    )


BAD: dict[str, Bad] = {
    "no signature": lambda c: c.raw(TARGET, urlencode(c.form()).encode(), {}),
    "an empty signature": lambda c: c.posts(TARGET, c.form(), X_Twilio_Signature=""),
    "a signature of something else": lambda c: c.posts(TARGET, c.form(), X_Twilio_Signature="AAAA"),
    "somebody else's token": lambda c: c.posts(
        TARGET, c.form(), X_Twilio_Signature=c.signature(TARGET, c.form(), "forger")
    ),
    "a changed body": lambda c: c.posts(TARGET, c.form(), body=urlencode(c.form(ErrorCode="1")).encode()),
    "a parameter twice": lambda c: c.posts(
        TARGET, c.form(), body=urlencode(c.form()).encode() + b"&MessageStatus=failed"
    ),
    "another attempt's address": _sent_elsewhere,
    "an address with other escapes": lambda c: c.posts(
        f"{STATUS}?ref=n1%2E1", c.form(), X_Twilio_Signature=c.signature(TARGET, c.form())
    ),
    "another account": lambda c: c.posts(TARGET, c.form(AccountSid="AC" + "f" * 32)),
    "no message": lambda c: c.posts(TARGET, {"AccountSid": c.form()["AccountSid"]}),
    "a message that is none": lambda c: c.posts(TARGET, c.form(MessageSid="x")),
    "no status": lambda c: c.posts(
        TARGET, {name: value for name, value in c.form().items() if name != "MessageStatus"}
    ),
    "a reference twice": lambda c: c.posts(f"{TARGET}&ref=n1.2", c.form()),
    "a reference that is none": lambda c: c.posts(f"{STATUS}?ref=%27%3B--", c.form()),
    "bytes that are no text": lambda c: c.posts(TARGET, c.form(), body=b"\xff\xfe\x00"),
    "a broken escape": lambda c: c.posts(TARGET, c.form(), body=b"MessageStatus=%FF%FE"),
    "an empty body": lambda c: c.posts(TARGET, c.form(), body=b""),
    "ten thousand fields": lambda c: c.posts(TARGET, c.form(), body=b"&".join([b"a=1"] * 10_000)),
    "a body of a megabyte": lambda c: c.posts(TARGET, c.form(), body=b"a" * (1 << 20)),
    "JSON where a form belongs": lambda c: c.posts(TARGET, c.form(), body=b'{"MessageStatus":"delivered"}'),
    "keys without a signature": lambda c: c.raw(VOICE, urlencode(c.form(Digits=PINS)).encode(), {}),
    "keys signed for the status address": lambda c: c.posts(
        VOICE, c.form(Digits="1"), X_Twilio_Signature=c.signature(TARGET, c.form(Digits="1"))
    ),
    "a text without a signature": lambda c: c.raw(
        INBOUND,
        urlencode(c.form(From=AGENT.phone, Body=f"ENTERADO {c.world.code_of(AGENT)} {PINS}")).encode(),
        {},
    ),
    "a text without a sender": lambda c: c.posts(INBOUND, c.form(Body="ENTERADO")),
    "a batch without a signature": lambda c: c.batch(headers={}),
    "a batch by another key": lambda c: c.batch(key=ec.generate_private_key(ec.SECP256R1())),
    "a changed batch": lambda c: c.batch(sent=b'[{"sg_event_id":"e2","event":"delivered"}]'),
    "a batch that is no list": lambda c: c.batch(b'{"event":"delivered"}'),
    "a batch that is no JSON": lambda c: c.batch(b"[{"),
    "a batch with a name twice": lambda c: c.batch(b'[{"sg_event_id":"a","sg_event_id":"b"}]'),
    "a batch of two megabytes": lambda c: c.batch(b"[" + b" " * (2 << 20) + b"]"),
    "a batch nested without end": lambda c: c.batch(b"[" * 100_000),
    "an event without an id": lambda c: c.batch(b'[{"event":"delivered"}]'),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_callback_is_refused_with_an_empty_answer_and_changes_nothing(
    carrier: Carrier, kind: str
) -> None:
    before = everything(carrier.world)
    answer = BAD[kind](carrier)
    assert 400 <= answer.status_code < 500
    assert answer.data == b""
    assert everything(carrier.world) == before


@pytest.mark.parametrize("path", [STATUS, VOICE, INBOUND, EVENTS])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_callbacks_take_nothing_but_posts(carrier: Carrier, path: str, method: str) -> None:
    before = contents(carrier.world)
    answer = flask_of(carrier.world).test_client().open(path, method=method)
    assert answer.status_code == 405
    assert contents(carrier.world) == before


def test_while_a_token_is_rotated_the_previous_one_is_still_believed(carrier: Carrier) -> None:
    rotating = replace(
        carrier.world.config,
        providers=Providers.LIVE,
        twilio_account_sid=carrier.form()["AccountSid"],
        twilio_auth_token=SecretStr("the new one"),
        twilio_auth_token_previous=SecretStr("the old one"),
    )
    form = carrier.form()
    signature = carrier.signature(TARGET, form, "the old one")
    assert signatures(rotating).twilio.verify(TARGET, form.items(), signature)


def test_live_with_no_key_for_events_every_batch_is_refused(carrier: Carrier) -> None:
    live = replace(carrier.world.config, providers=Providers.LIVE, sendgrid_webhook_public_key="")
    assert not signatures(live).sendgrid.verify(b"[]", "AAAA", "1")
