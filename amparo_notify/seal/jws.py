"""Records and receipts: canonical JSON (RFC 8785, after NFC normalisation, integers only) in a compact JWS (ES256)."""

import json
import unicodedata
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import rfc8785
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.jws import deserialize_compact

from amparo_notify.seal.keys import ALGORITHM, Generation, Keyring, Kind

MOST = 2**53 - 1
"""The largest integer (RFC 7493, 2.2: I-JSON, which RFC 8785 demands)."""


class JwsSealer:
    """Signs with the record key in force; opens what any record key of the history signed."""

    def __init__(self, keyring: Keyring) -> None:
        self._use(keyring)

    def _use(self, keyring: Keyring) -> None:
        current = keyring.current(Kind.RECORD)
        self._keyring = keyring
        private = keyring.signing(Kind.RECORD).private_key
        assert private is not None
        self._key = private
        self._key_id = current.id
        self._header = _encoded(
            json.dumps({"alg": ALGORITHM, "kid": current.id}, separators=(",", ":")).encode()
        )
        self._public = {
            each.id: ECKey.import_key(dict(each.public or {})) for each in keyring.of(Kind.RECORD)
        }

    @property
    def key_id(self) -> str:
        """The id of the key that signs now."""
        return self._key_id

    def seal(self, payload: Mapping[str, object]) -> tuple[bytes, str]:
        """Return the canonical bytes and the JWS over them. Raises ValueError for what has no canonical form."""
        content = canonical(payload)
        signed = b".".join((self._header, _encoded(content)))
        r, s = decode_dss_signature(self._key.sign(signed, ec.ECDSA(hashes.SHA256())))
        return content, b".".join((signed, _encoded(r.to_bytes(32) + s.to_bytes(32)))).decode()

    def open(self, jws: str) -> dict[str, object]:
        """Return the payload of a JWS that one of our record keys signed; raises ValueError otherwise."""
        return self.open_dated(jws)[0]

    def open_dated(self, jws: str) -> tuple[dict[str, object], Generation]:
        """Return the payload and the key that signed it, with the window in which it was in force."""
        try:
            signature = deserialize_compact(jws, self._find, algorithms=[ALGORITHM])
        except (JoseError, UnicodeError) as error:
            raise ValueError(f"not signed by a record key of ours: {error}") from error
        header = signature.headers()
        if header.keys() != {"alg", "kid"}:
            raise ValueError("not a record: its header says something else")
        payload = json.loads(signature.payload)
        if not isinstance(payload, dict) or canonical(payload) != signature.payload:
            raise ValueError("the payload is not in canonical form")
        return payload, next(each for each in self._keyring.of(Kind.RECORD) if each.id == header["kid"])

    def public_keys(self) -> dict[str, object]:
        """A JWKS of every record key, for anyone."""
        return self._keyring.public_keys()

    def _find(self, signature: Any) -> ECKey:
        kid = str(signature.headers().get("kid"))
        if kid not in self._public:
            raise ValueError("not signed by a record key of ours: unknown key")
        return self._public[kid]

    def reload(self, now: datetime) -> None:
        """Read the keys again, after a rotation by another process."""
        self._use(Keyring.load(self._keyring.directory, now, create=False))


def canonical(value: object) -> bytes:
    """Return the one form in which a value is signed. Raises ValueError: floats, large integers, names that collide."""
    normal = _normal(value)
    text = json.dumps(normal, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if text.isascii():
        return text.encode()  # here json writes what RFC 8785 says, and many times as fast as what follows
    try:
        return bytes(rfc8785.dumps(normal))
    except rfc8785.CanonicalizationError as error:
        raise ValueError(str(error)) from error


def _normal(value: object) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if abs(value) > MOST:
            raise ValueError(f"{value} is more than every reader of JSON can hold")
        return value
    if isinstance(value, dict | Mapping):
        normal = {_normal(key): _normal(each) for key, each in value.items() if isinstance(key, str)}
        if len(normal) != len(value):
            raise ValueError("two names are the same once normalised, or one is not text")
        return normal
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_normal(each) for each in value]
    raise ValueError(f"a {type(value).__name__} has no canonical form: use text or an integer")


def _encoded(content: bytes) -> bytes:
    return urlsafe_b64encode(content).rstrip(b"=")
