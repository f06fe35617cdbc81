"""A passkey's signature: what the offline check takes, and what it refuses."""

import hashlib
import json
from dataclasses import replace

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from amparo_notify.seal.assertion import (
    Assertion,
    challenge_of,
    check,
    check_acknowledgement,
    decoded,
    encoded,
    text_of,
)

ORIGIN = "https://amparo.example"
CONTENT: dict[str, object] = {
    "v": 1,
    "purpose": "acknowledge",
    "origin": ORIGIN,
    "folio": "J5TEST-000001",
    "escalation": 7,
    "officer": "MEX-A1",
    "statement": "Quedo enterada o enterado: Ñandú «inventado»",
    "document_sha256": "ab" * 32,
    "nonce": "n",
}
KEYS = {
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    "RS256": rsa.generate_private_key(65537, 2048),
}


def signed(
    kind: str = "ES256",
    *,
    flags: int = 0x05,
    host: str = "amparo.example",
    client: dict[str, object] | None = None,
    **changes: object,
) -> Assertion:
    """What a passkey makes of a text; with `changes`, of another."""
    key, text = KEYS[kind], text_of({**CONTENT, **changes})
    asked = {"type": "webauthn.get", "challenge": encoded(challenge_of(text)), "origin": ORIGIN}
    client_data = json.dumps({**asked, "crossOrigin": False, **(client or {})}).encode()
    data = hashlib.sha256(host.encode()).digest() + bytes([flags]) + b"\0\0\0\0"
    message = data + hashlib.sha256(client_data).digest()
    if isinstance(key, ec.EllipticCurvePrivateKey):
        signature = key.sign(message, ec.ECDSA(SHA256()))
    elif isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(message, padding.PKCS1v15(), SHA256())
    else:
        signature = key.sign(message)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Assertion(text, client_data, data, signature, public)


def details(assertion: Assertion) -> dict[str, object]:
    """The record of an acknowledgement, as far as its signature is concerned."""
    return {
        "escalation": 7,
        "officer": "MEX-A1",
        "post": "Agente",
        "statement_sha256": hashlib.sha256(str(CONTENT["statement"]).encode()).hexdigest(),
        "document_sha256": "ab" * 32,
        "assertion_sha256": assertion.sha256,
        "passkey": assertion.key_sha256,
    }


@pytest.mark.parametrize("kind", KEYS)
def test_what_a_passkey_signed_is_read_back(kind: str) -> None:
    assertion = signed(kind)
    assert check(Assertion.from_json(json.loads(json.dumps(assertion.as_json())))) == CONTENT


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("part", ["client_data", "authenticator_data", "signature", "public_key"])
def test_no_byte_of_it_can_be_another(kind: str, part: str) -> None:
    assertion = signed(kind)
    whole = getattr(assertion, part)
    for place in range(len(whole)):
        for bit in range(8):
            altered = bytearray(whole)
            altered[place] ^= 1 << bit
            with pytest.raises(ValueError, match=r"."):
                check(replace(assertion, **{part: bytes(altered)}))


def test_no_letter_of_what_was_signed_can_be_another() -> None:
    assertion = signed()
    for place, letter in enumerate(assertion.signed):
        altered = assertion.signed[:place] + chr(ord(letter) ^ 1) + assertion.signed[place + 1 :]
        with pytest.raises(ValueError, match=r"."):
            check(replace(assertion, signed=altered))


@pytest.mark.parametrize(
    ("made", "fault"),
    [
        ({"flags": 0x01}, "did not verify"),
        ({"flags": 0x04}, "did not verify"),
        ({"host": "amparo.example.evil.example"}, "another site"),
        ({"client": {"type": "webauthn.create"}}, "something else"),
        ({"client": {"origin": "https://evil.example"}}, "another site"),
        ({"client": {"crossOrigin": True}}, "another site"),
        ({"client": {"challenge": encoded(b"\0" * 32)}}, "another text"),
    ],
)
def test_a_good_signature_over_the_wrong_thing_is_refused(made: dict[str, object], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        check(signed(**made))


def test_a_signature_by_another_key_is_refused() -> None:
    with pytest.raises(ValueError, match="does not match"):
        check(replace(signed(), public_key=signed("EdDSA").public_key))


def test_a_key_of_a_kind_that_no_passkey_has_is_refused() -> None:
    public = ec.generate_private_key(ec.SECP384R1()).public_key()
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(ValueError, match="not accepted"):
        check(replace(signed(), public_key=spki))


def test_a_record_and_its_signature_belong_together() -> None:
    assertion = signed()
    check_acknowledgement(details(assertion), assertion.as_json())


@pytest.mark.parametrize(
    "name",
    ["escalation", "officer", "statement_sha256", "document_sha256", "assertion_sha256", "passkey"],
)
def test_a_record_that_says_something_else_than_was_signed_is_refused(name: str) -> None:
    assertion = signed()
    with pytest.raises(ValueError, match=name):
        check_acknowledgement({**details(assertion), name: "other"}, assertion.as_json())


def test_a_signature_for_another_purpose_acknowledges_nothing() -> None:
    assertion = signed(purpose="identify")
    with pytest.raises(ValueError, match="purpose"):
        check_acknowledgement(details(assertion), assertion.as_json())


@pytest.mark.parametrize("missing", ["signed", "client_data", "signature", "public_key"])
def test_a_signature_that_is_not_kept_whole_is_refused(missing: str) -> None:
    kept = signed().as_json()
    del kept[missing]
    with pytest.raises(ValueError, match="whole"):
        Assertion.from_json(kept)


@given(
    st.dictionaries(
        st.sampled_from(["a", "z1", "Zb"]), st.text(st.characters(codec="utf-8")) | st.integers(0, 2**40)
    )
)
def test_the_text_is_the_canonical_form_of_the_standard(content: dict[str, object]) -> None:
    assert text_of(content).encode() == rfc8785.dumps(content)


@given(st.binary(max_size=40))
def test_bytes_survive_their_spelling(content: bytes) -> None:
    assert decoded(encoded(content)) == content
