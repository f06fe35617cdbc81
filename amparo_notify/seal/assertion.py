"""A passkey's signature under exactly what was acknowledged, checked with `cryptography` alone by anybody, years later.

The checks are those of Web Authentication level 2, section 7.2 (https://www.w3.org/TR/webauthn-2/), that can be made
again at any time. What only the moment could tell (was the challenge ours, had it been used) was checked then.
"""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

PRESENT, VERIFIED = 0x01, 0x04
"""Flags of the authenticator's data: somebody was there; it was the owner, by finger, face or the phone's own code."""
_HEAD = 37
"""Bytes that every authenticator's data begins with: the hash of the host, the flags, the counter."""
_SHORTEST_RSA = 2048
ACKNOWLEDGE = "acknowledge"
"""The purpose of a signature that acknowledges; a passkey signs for others too, and none stands for another."""


@dataclass(frozen=True)
class Assertion:
    """What a passkey signed, with all that checking it takes."""

    signed: str  # the text whose SHA-256 was the challenge
    client_data: bytes  # what the browser says it asked for, JSON
    authenticator_data: bytes
    signature: bytes
    public_key: bytes  # SubjectPublicKeyInfo, DER: any tool reads it, and it says which algorithm

    @property
    def key_sha256(self) -> str:
        """The hash (hex) by which records name the passkey, when it is added and whenever it signs."""
        return hashlib.sha256(self.public_key).hexdigest()

    @property
    def sha256(self) -> str:
        """The hash (hex) that an acknowledgement's record carries."""
        return hashlib.sha256(text_of(self.as_json()).encode()).hexdigest()

    def as_json(self) -> dict[str, str]:
        """Return text that `from_json` reads back; bytes are base64url without padding."""
        return {
            "signed": self.signed,
            "client_data": encoded(self.client_data),
            "authenticator_data": encoded(self.authenticator_data),
            "signature": encoded(self.signature),
            "public_key": encoded(self.public_key),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> "Assertion":
        """Return the assertion kept as `data`. Raises ValueError."""
        names = ("signed", "client_data", "authenticator_data", "signature", "public_key")
        texts = [data.get(name) for name in names]
        if data.keys() != set(names) or not all(isinstance(text, str) for text in texts):
            raise ValueError("the signature is not kept whole")
        signed, *rest = map(str, texts)
        return cls(signed, *map(decoded, rest))


def encoded(content: bytes) -> str:
    """Return base64url without padding."""
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Return what `encoded` was given. Raises ValueError for any other spelling of it."""
    content = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encoded(content) != text:
        raise ValueError("it is not base64url")
    return content


def text_of(content: Mapping[str, object]) -> str:
    """Return the one text of a flat object of text and integers: RFC 8785, with every letter as it was shown."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def challenge_of(signed: str) -> bytes:
    """Return the challenge by which a passkey signs a text: its SHA-256."""
    return hashlib.sha256(signed.encode()).digest()


def check(assertion: Assertion) -> dict[str, Any]:
    """Return what was signed, an object that names at least its `origin`. Raises ValueError saying what is wrong."""
    content = _object(assertion.signed.encode(), "what was signed")
    if text_of(content) != assertion.signed:
        raise ValueError("what was signed is not in canonical form")
    origin = str(content.get("origin", ""))
    client = _object(assertion.client_data, "the browser's data")
    if client.get("type") != "webauthn.get":
        raise ValueError("the browser asked for something else than a signature")
    if client.get("challenge") != encoded(challenge_of(assertion.signed)):
        raise ValueError("another text was signed")
    if client.get("origin") != origin or client.get("crossOrigin"):
        raise ValueError("it was signed on another site")
    _check_authenticator(assertion.authenticator_data, origin)
    _check_signature(assertion)
    return content


def _object(content: bytes, what: str) -> dict[str, Any]:
    try:
        found = json.loads(content.decode())
    except RecursionError as error:
        raise ValueError(f"{what} is nested without end") from error
    if not isinstance(found, dict):
        raise ValueError(f"{what} is no object")
    return found


def _check_authenticator(data: bytes, origin: str) -> None:
    if len(data) < _HEAD:
        raise ValueError("the authenticator's data is cut short")
    host = urlsplit(origin).hostname or ""
    if data[:32] != hashlib.sha256(host.encode()).digest():
        raise ValueError("the passkey belongs to another site")
    if not data[32] & PRESENT or not data[32] & VERIFIED:
        raise ValueError("the authenticator did not verify who was there")


def _check_signature(assertion: Assertion) -> None:
    signed = assertion.authenticator_data + hashlib.sha256(assertion.client_data).digest()
    try:
        key = load_der_public_key(assertion.public_key)
        if key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != assertion.public_key:
            raise ValueError("the passkey's public key is not in its one form")
        if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
            key.verify(assertion.signature, signed, ECDSA(SHA256()))
        elif isinstance(key, Ed25519PublicKey):
            key.verify(assertion.signature, signed)
        elif isinstance(key, RSAPublicKey) and key.key_size >= _SHORTEST_RSA:
            key.verify(assertion.signature, signed, PKCS1v15(), SHA256())
        else:
            raise ValueError("the passkey's key is of a kind that is not accepted")
    except (InvalidSignature, UnsupportedAlgorithm) as error:
        raise ValueError("the signature does not match") from error


def check_acknowledgement(details: Mapping[str, object], kept: Mapping[str, object]) -> None:
    """Check an acknowledgement's record (its `details`) against the assertion `kept` sealed beside it.

    Raises ValueError saying what is wrong. That the passkey was this officer's own is told by the record of the
    configuration in which it was added: it names the officer and the hash of the key, as this one does.
    """
    assertion = Assertion.from_json(kept)
    content = check(assertion)
    shown = hashlib.sha256(str(content.get("statement")).encode()).hexdigest()
    said = {
        "escalation": content.get("escalation"),
        "officer": content.get("officer"),
        "statement_sha256": shown,
        "document_sha256": content.get("document_sha256"),
        "assertion_sha256": assertion.sha256,
        "passkey": assertion.key_sha256,
    }
    if content.get("purpose") != ACKNOWLEDGE:
        raise ValueError("it was signed for another purpose")
    for name, value in said.items():
        if details.get(name) != value:
            raise ValueError(f"the record has another {name}")
