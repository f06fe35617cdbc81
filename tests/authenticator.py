"""A telephone that makes and uses passkeys, in software: what `navigator.credentials` would answer, as JSON."""

import hashlib
import html
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as make_key
from cryptography.hazmat.primitives.hashes import SHA256

from amparo_notify.seal.assertion import decoded, encoded

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """One device. It signs for any site it is told of, as no real one would: `origin` is what its browser says."""

    origin: str
    verifies: bool = True  # asks for finger, face or its own code
    counts: bool = True  # telephones mostly do not
    keys: dict[bytes, EllipticCurvePrivateKey] = field(default_factory=dict)
    count: int = 0

    def create(self, options: Mapping[str, Any]) -> str:
        """Make a passkey."""
        credential, key = secrets.token_bytes(16), make_key(SECP256R1())
        self.keys[credential] = key
        numbers = key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        described = b"\0" * 16 + len(credential).to_bytes(2, "big") + credential + cose
        data = self._data(options["rp"]["id"], ATTESTED) + described
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"])
        return self._answer(credential, clientDataJSON=client, attestationObject=attestation)

    def get(self, options: Mapping[str, Any]) -> str:
        """Sign with the passkey that is asked for, or with the newest."""
        wanted = [decoded(each["id"]) for each in options.get("allowCredentials", [])]
        credential = next((each for each in wanted if each in self.keys), next(reversed(self.keys)))
        return self.sign(credential, options)

    def sign(self, credential: bytes, options: Mapping[str, Any]) -> str:
        """Sign with this passkey, whoever was asked for."""
        data, client = self._data(options["rpId"], 0), self._client("webauthn.get", options["challenge"])
        signature = self.keys[credential].sign(data + hashlib.sha256(client).digest(), ECDSA(SHA256()))
        return self._answer(credential, clientDataJSON=client, authenticatorData=data, signature=signature)

    def _data(self, host: str, flags: int) -> bytes:
        self.count += self.counts
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _answer(self, credential: bytes, **response: bytes) -> str:
        spelled = {name: encoded(value) for name, value in response.items()}
        id_ = encoded(credential)
        return json.dumps({"id": id_, "rawId": id_, "type": "public-key", "response": spelled})


def asked(page: str, action: str) -> tuple[dict[str, Any], str]:
    """The options and the nonce in the form of a page that a device fills in."""
    form = re.search(
        rf'action="{action}[^>]*data-options="([^"]+)".*?name="nonce" value="([^"]+)"', page, re.S
    )
    assert form, f"no passkey is asked for at {action}"
    return json.loads(html.unescape(form[1])), form[2]
