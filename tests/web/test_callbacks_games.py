"""More games with the carriers' door: hosts, escapes, encodings, keys and junk. What is odd but genuine is taken."""

import base64
import gzip
import hashlib
import hmac
import io
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from sqlalchemy import func, select
from sqlalchemy.event import listen
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from amparo_notify.bootstrap import account
from amparo_notify.channels.callbacks import sendgrid_events
from amparo_notify.pki.judge import Judge
from amparo_notify.store.database import Database
from amparo_notify.store.tables import attempt, provider_event
from tests.homes import settle
from tests.web.scene import flask_of
from tests.web.test_callbacks_door import (
    BAD,
    BATCH,
    EVENTS,
    INBOUND,
    STATUS,
    TARGET,
    VOICE,
    Carrier,
    everything,
)
from tests.world import AGENT, World, telling

STAMP = "1795252500"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def world(
    sqlite_template: Path, verifier: Judge, keys: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """One world for all games: each leaves it as it was."""
    folder = tmp_path_factory.mktemp("games")
    database = Database(f"sqlite:///{shutil.copy(sqlite_template, folder / 'amparo.db')}")
    settle(database, verifier, keys)
    with telling(database, verifier, keys) as told:
        told.submit()
        yield told
        told.forget()


@pytest.fixture(scope="module")
def carrier(world: World) -> Carrier:
    return Carrier(world)


def posted(
    carrier: Carrier, target: str, body: bytes, headers: dict[str, str], kind: str = FORM, **environ: object
) -> TestResponse:
    client = flask_of(carrier.world).test_client()
    usual: dict[str, object] = {"REQUEST_URI": target}
    return client.post(
        target, data=body, headers=headers, content_type=kind, environ_overrides={**usual, **environ}
    )


def form_with(carrier: Carrier, **more: str) -> TestResponse:
    """A signed form as another kind of request: `kind`, or headers of our choosing."""
    kind = more.pop("kind", FORM)
    form = carrier.form()
    headers = {"X-Twilio-Signature": carrier.signature(TARGET, form), **more}
    return posted(carrier, TARGET, urlencode(form).encode(), headers, kind)


def as_told_by_headers(carrier: Carrier, base: str, **headers: str) -> TestResponse:
    """Signed for the address that headers of the request claim to be ours."""
    form = carrier.form()
    token = account(carrier.world.config).auth_token
    signature = RequestValidator(token).compute_signature(base + TARGET, form)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return posted(carrier, TARGET, urlencode(form).encode(), {"X-Twilio-Signature": signature, **named})


def all_in_the_query(carrier: Carrier) -> TestResponse:
    """Parameters in a query that Twilio signed, and an empty form."""
    target = f"{TARGET}&{urlencode(carrier.form())}"
    return posted(carrier, target, b"", {"X-Twilio-Signature": carrier.signature(target, {})})


def signed_by_another_algorithm(carrier: Carrier) -> TestResponse:
    form = carrier.form()
    text = carrier.world.config.public_url + TARGET + "".join(f"{name}{form[name]}" for name in sorted(form))
    key = account(carrier.world.config).auth_token.encode()
    signature = base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()
    headers = {
        "X-Twilio-Signature": signature,
        "X-Twilio-Webhooks-Signature-Settings": "algorithm=HMAC_SHA256",
    }
    return posted(carrier, TARGET, urlencode(form).encode(), headers)


def with_body_hash(carrier: Carrier) -> TestResponse:
    """JSON, signed by its hash in the address, as Twilio's Conversations do."""
    body = json.dumps(carrier.form()).encode()
    target = f"{TARGET}&bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = {"X-Twilio-Signature": carrier.signature(target, {})}
    return posted(carrier, target, body, headers, "application/json")


def without_end(carrier: Carrier, target: str, size: int) -> TestResponse:
    """A body whose length is not told, as chunks are."""
    client = flask_of(carrier.world).test_client()
    environ = {"REQUEST_URI": target, "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    kind = "application/json" if target == EVENTS else FORM
    return client.post(
        target, input_stream=io.BytesIO(b"a" * size), content_type=kind, environ_overrides=environ
    )


def batch_signed(carrier: Carrier, make: Callable[[ec.EllipticCurvePrivateKey, bytes], str]) -> TestResponse:
    signature = make(account(carrier.world.config).events_key, STAMP.encode() + BATCH)
    headers = {
        "X-Twilio-Email-Event-Webhook-Signature": signature,
        "X-Twilio-Email-Event-Webhook-Timestamp": STAMP,
    }
    return posted(carrier, EVENTS, BATCH, headers, "application/json")


def der(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def halves(key: ec.EllipticCurvePrivateKey, data: bytes) -> str:
    """The two numbers side by side, as a JWS has them."""
    return base64.b64encode(
        b"".join(one.to_bytes(32) for one in decode_dss_signature(der(key, data)))
    ).decode()


def of_zero(key: ec.EllipticCurvePrivateKey, data: bytes) -> str:
    return base64.b64encode(encode_dss_signature(0, 0)).decode()


def broken_in_lines(key: ec.EllipticCurvePrivateKey, data: bytes) -> str:
    plain = base64.b64encode(der(key, data)).decode()
    return f"{plain[:40]} {plain[40:]}"


GAMES: dict[str, Callable[[Carrier], TestResponse]] = {
    "signed for another Host": lambda c: as_told_by_headers(c, "https://evil.example", Host="evil.example"),
    "signed for a forwarded host": lambda c: as_told_by_headers(
        c, "https://evil.example", X_Forwarded_Host="evil.example", X_Forwarded_Proto="https"
    ),
    "signed for the forwarded standard": lambda c: as_told_by_headers(
        c, "https://evil.example", Forwarded="host=evil.example;proto=https"
    ),
    "signed for an original address": lambda c: as_told_by_headers(
        c, "", X_Original_URL=TARGET, X_Rewrite_URL=TARGET
    ),
    "everything in the query": all_in_the_query,
    "two signatures": lambda c: posted(
        c, TARGET, urlencode(c.form()).encode(),
        {"X-Twilio-Signature": "AAAA," + c.signature(TARGET, c.form())},
    ),
    "signed by another algorithm": signed_by_another_algorithm,
    "JSON signed by its hash": with_body_hash,
    "said to be text": lambda c: form_with(c, kind="text/plain"),
    "said to be JSON": lambda c: form_with(c, kind="application/json"),
    "said to be a form in parts": lambda c: form_with(c, kind="multipart/form-data; boundary=x"),
    "said to be XML": lambda c: form_with(c, kind="application/xml"),
    "pressed together": lambda c: posted(
        c, TARGET, gzip.compress(urlencode(c.form()).encode()),
        {"X-Twilio-Signature": c.signature(TARGET, c.form()), "Content-Encoding": "gzip"},
    ),
    "escaped twice": lambda c: c.posts(TARGET, c.form(), body=quote(urlencode(c.form())).encode()),
    "names escaped otherwise": lambda c: c.posts(
        TARGET, c.form(), body=urlencode(c.form()).replace("MessageStatus", "Message%00Status").encode()
    ),
    "half a character": lambda c: c.posts(TARGET, c.form(), body=b"MessageStatus=%ED%A0%80"),
    "a semicolon between parameters": lambda c: c.posts(
        TARGET, c.form(), body=urlencode(c.form()).replace("&", ";").encode()
    ),
    "a NUL in a status": lambda c: c.posts(TARGET, c.form(MessageStatus="delivered\0")),
    "a line break in a status": lambda c: c.posts(TARGET, c.form(MessageStatus="delivered\n")),
    "an id with a line break": lambda c: c.posts(TARGET, c.form(MessageSid="SM" + "0" * 32 + "\n")),
    "a status of a thousand letters": lambda c: c.posts(TARGET, c.form(MessageStatus="a" * 1000)),
    "a name of a thousand letters": lambda c: c.posts(TARGET, c.form(**{"A" * 1000: "1"})),
    "a name with brackets": lambda c: c.posts(TARGET, c.form(**{"MessageStatus[]": "delivered"})),
    "an error code that is none": lambda c: c.posts(TARGET, c.form(ErrorCode="30003 OR 1=1")),
    "a sender with a schema": lambda c: c.posts(INBOUND, c.form(From="whatsapp:+525500001234", Body="hola")),
    "a text without an id": lambda c: c.posts(INBOUND, {
        "AccountSid": c.form()["AccountSid"], "From": AGENT.phone, "Body": "ENTERADO",
    }),
    "keys that are none": lambda c: c.posts(VOICE, c.form(CallSid="CA" + "0" * 32, Digits="1;2")),
    "a reference of a thousand letters": lambda c: c.posts(f"{STATUS}?ref={'a' * 1000}", c.form()),
    "a reference with a NUL": lambda c: c.posts(f"{STATUS}?ref=n1%00", c.form()),
    "chunks without end": lambda c: without_end(c, TARGET, 1 << 20),
    "a batch in chunks without end": lambda c: without_end(c, EVENTS, 2 << 20),
    "a batch said to be a form": lambda c: posted(c, EVENTS, BATCH, {}, FORM),
    "a batch signed with SHA-1": lambda c: batch_signed(
        c, lambda key, data: base64.b64encode(key.sign(data, ec.ECDSA(hashes.SHA1()))).decode()
    ),
    "a batch signed with SHA-512": lambda c: batch_signed(
        c, lambda key, data: base64.b64encode(key.sign(data, ec.ECDSA(hashes.SHA512()))).decode()
    ),
    "a batch signed on another curve": lambda c: batch_signed(
        c, lambda _, data: base64.b64encode(der(ec.generate_private_key(ec.SECP384R1()), data)).decode()
    ),
    "a batch signed without its timestamp": lambda c: batch_signed(
        c, lambda key, _: base64.b64encode(der(key, BATCH)).decode()
    ),
    "a batch signed in halves": lambda c: batch_signed(c, halves),
    "a batch signed with zeros": lambda c: batch_signed(c, of_zero),
    "a batch signed in another alphabet": lambda c: batch_signed(
        c, lambda key, data: "-_" + base64.urlsafe_b64encode(der(key, data)).decode()[2:]
    ),
    "a batch signed over two lines": lambda c: batch_signed(c, broken_in_lines),
    "a batch signed in hexadecimal": lambda c: batch_signed(c, lambda key, data: der(key, data).hex()),
    "a batch of more events than a batch has": lambda c: c.batch(
        b"[" + b",".join([b'{"sg_event_id":"e"}'] * 10_001) + b"]"
    ),
    "a batch with a number of ten thousand digits": lambda c: c.batch(
        b'[{"sg_event_id":"e","timestamp":' + b"1" * 10_000 + b"}]"
    ),
    "a batch of nothing but null": lambda c: c.batch(b"[null]"),
    "a batch of lists": lambda c: c.batch(b"[[[]]]"),
    "a batch of a word": lambda c: c.batch(b'"delivered"'),
    "a batch in UTF-16": lambda c: c.batch(BATCH.decode().encode("utf-16")),
    "a batch with a tail": lambda c: c.batch(BATCH + b"]"),
}  # fmt: skip


@pytest.mark.parametrize("kind", GAMES)
def test_a_game_is_refused_with_an_empty_answer_and_changes_nothing(carrier: Carrier, kind: str) -> None:
    before = everything(carrier.world)
    answer = GAMES[kind](carrier)
    assert 400 <= answer.status_code < 500
    assert answer.data == b""
    assert everything(carrier.world) == before


def test_the_door_knows_forty_kinds_at_least() -> None:
    assert len(GAMES.keys() | BAD.keys()) >= 40


@pytest.mark.parametrize(
    "path",
    [f"{STATUS}/", f"{EVENTS}/", "/callbacks/twilio/../twilio/status",
     "/callbacks/twilio/status%2f", "/callbacks/twilio/STATUS", "/callbacks/", "/callbacks/twilio/status;x=1"],
)  # fmt: skip
def test_nothing_is_behind_a_path_beside_the_doors(carrier: Carrier, path: str) -> None:
    before = everything(carrier.world)
    answer = carrier.posts(path, carrier.form())
    assert 400 <= answer.status_code < 500
    assert everything(carrier.world) == before


@pytest.mark.parametrize("path", [STATUS, VOICE, INBOUND, EVENTS])
def test_what_is_refused_is_refused_before_the_database_is_touched(carrier: Carrier, path: str) -> None:
    asked: list[object] = []
    engine = carrier.world.services.database.engine
    listen(engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    posted(carrier, path, b"MessageStatus=delivered", {}, "")
    assert asked == []


# --- odd, and genuine


def status_of(world: World, reference: str) -> str:
    with world.services.database.read() as tx:
        return str(tx.execute(select(attempt.c.status).where(attempt.c.reference == reference)).scalar_one())


GENUINE: dict[str, Callable[[dict[str, str]], bytes]] = {
    "in any order": lambda form: urlencode(dict(reversed(form.items()))).encode(),
    "with %20 for a space": lambda form: urlencode(form, quote_via=quote).encode(),
    "with every letter escaped": lambda form: "&".join(
        f"{name}={''.join(f'%{byte:02x}' for byte in value.encode())}" for name, value in form.items()
    ).encode(),
    "with empty parameters": lambda form: urlencode(form).encode() + b"&",
}


@pytest.mark.parametrize("how", GENUINE)
def test_a_genuine_status_is_taken_however_it_is_written(carrier: Carrier, how: str) -> None:
    ref = carrier.reference("sms")
    form = carrier.form(ErrorMessage="Unknown error & more + ñ")
    target = f"{STATUS}?ref={ref}"
    assert carrier.posts(target, form, body=GENUINE[how](form)).status_code == 204
    assert status_of(carrier.world, ref) == "delivered"


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix"])
def test_a_proxys_headers_do_not_spoil_a_genuine_status(carrier: Carrier, header: str) -> None:
    form = carrier.form()
    headers = {"X-Twilio-Signature": carrier.signature(TARGET, form), header: "internal.example"}
    assert posted(carrier, TARGET, urlencode(form).encode(), headers).status_code == 204


def test_a_status_of_an_attempt_that_nobody_knows_is_taken_and_changes_nothing(carrier: Carrier) -> None:
    before = everything(carrier.world)
    assert carrier.posts(f"{STATUS}?ref=0123456789abcdef", carrier.form()).status_code == 204
    assert everything(carrier.world) == before


def test_the_reference_in_the_signed_address_says_whose_word_it_is_and_not_the_message(
    carrier: Carrier,
) -> None:
    """A message's own id never moves another attempt."""
    mine, other = carrier.reference("sms"), carrier.reference("voice")
    before = status_of(carrier.world, other)
    carrier.posts(f"{STATUS}?ref={mine}", carrier.form(MessageSid="SM" + "f" * 32))
    assert status_of(carrier.world, other) == before


def test_a_batch_posted_again_much_later_changes_nothing(carrier: Carrier) -> None:
    """There is no window of freshness: a signed batch may come late, and its events are known by their ids."""
    event = {"sg_event_id": "once", "event": "delivered", "reference": carrier.reference("email")}
    carrier.batch(json.dumps([event]).encode())
    carrier.world.now += timedelta(days=30)
    before = everything(carrier.world)
    assert carrier.batch(json.dumps([event]).encode()).status_code == 204
    assert everything(carrier.world) == before


POISON = [
    {"event": "deliv\0ered", "type": "\0"}, {"event": "delivered", "sg_message_id": "m\0\ud800"},
    {"event": "bounce", "type": "\ud800", "status": "5.1.1\n"}, {"event": {"a": ["b"] * 50}},
    {"event": "delivered", "sg_message_id": "m" * 5_000}, {"event": "delivered", "sg_message_id": {"a": None}},
    {"event": "delivered", "\ud800": "\udfff", "nested": [[[[]]]], "n": float("inf")},
    {"sg_event_id": "e\0", "event": "open"}, {"sg_event_id": "e\ud800", "event": "open"},
    {"sg_event_id": "e" * 5_000, "event": "open"},
]  # fmt: skip


def test_events_with_junk_in_them_do_not_stop_the_one_after_them(carrier: Carrier) -> None:
    common = {"reference": carrier.reference("sms")}
    poison = [{"sg_event_id": f"poison {number}", **common, **one} for number, one in enumerate(POISON)]
    good = {"sg_event_id": "good", "event": "delivered", "reference": carrier.reference("email")}
    assert carrier.batch(json.dumps([*poison, good]).encode()).status_code == 204
    with carrier.world.services.database.read() as tx:
        assert tx.scalar(select(func.count()).where(provider_event.c.event_key == "good")) == 1


@pytest.mark.parametrize("number", range(len(POISON)))
def test_no_junk_that_a_database_refuses_comes_through(number: int) -> None:
    (event,) = sendgrid_events(json.dumps([{"sg_event_id": "e", **POISON[number]}]).encode())
    texts = [event.key, event.detail, event.provider_id or "", *event.raw, *event.raw.values()]
    assert "\0" not in "".join(texts)
    assert "".join(texts).encode().decode() == "".join(texts)


def test_a_text_with_junk_in_it_is_answered(carrier: Carrier) -> None:
    form = {**carrier.form(), "From": AGENT.phone, "To": "+525500000000", "Body": "\0\u202e\U0001f6ec\x1b[2J"}
    assert carrier.posts(INBOUND, form).status_code == 200
