"""Records and receipts: canonical JSON (RFC 8785, after NFC normalisation, integers only) in a compact JWS (ES256)."""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import rfc8785
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.jws import deserialize_compact, serialize_compact

from amparo_notify.seal.keys import ALGORITHM, Generation, Keyring, Kind


class JwsSealer:
    """Signs with the record key in force; opens what any record key of the history signed."""

    def __init__(self, keyring: Keyring) -> None:
        self._use(keyring)

    def _use(self, keyring: Keyring) -> None:
        current = keyring.current(Kind.RECORD)
        self._keyring = keyring
        self._key = keyring.signing(Kind.RECORD)
        self._header = {"alg": ALGORITHM, "kid": current.id}
        self._public = {
            each.id: ECKey.import_key(dict(each.public or {})) for each in keyring.of(Kind.RECORD)
        }

    @property
    def key_id(self) -> str:
        """The id of the key that signs now."""
        return self._header["kid"]

    def seal(self, payload: Mapping[str, object]) -> tuple[bytes, str]:
        """Return the canonical bytes and the JWS over them. Raises ValueError for what has no canonical form."""
        content = canonical(payload)
        return content, serialize_compact(dict(self._header), content, self._key, algorithms=[ALGORITHM])

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
    try:
        return bytes(rfc8785.dumps(_normal(value)))
    except rfc8785.CanonicalizationError as error:
        raise ValueError(str(error)) from error


def _normal(value: object) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, Mapping):
        normal = {_normal(key): _normal(each) for key, each in value.items() if isinstance(key, str)}
        if len(normal) != len(value):
            raise ValueError("two names are the same once normalised, or one is not text")
        return normal
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_normal(each) for each in value]
    raise ValueError(f"a {type(value).__name__} has no canonical form: use text or an integer")
