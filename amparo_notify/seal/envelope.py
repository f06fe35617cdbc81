"""What is kept secret: personal data and documents at rest, and the tokens in links.

Each order has a data key, wrapped by the master key; destroying the row that holds it erases the order's secrets.
A ciphertext is bound to its place ("person:12:3"): moved to another row, it does not open (AES-256-GCM).
"""

import hmac
import os
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from amparo_notify.seal.keys import Keyring, Kind

_VERSION = b"\x01"
_ID = 8  # bytes of a master key's id that a wrapped key carries
_NONCE = 12


class Tampered(Exception):
    """A ciphertext was altered, belongs to another place, or another key made it. Nothing of it is revealed."""


@dataclass(frozen=True)
class DataKey:
    """One order's key. Random nonces: safe for 2^32 values, and an order has thousands at most."""

    _key: AESGCM = field(repr=False)

    def encrypt(self, plaintext: bytes, place: str) -> bytes:
        """Return nonce and ciphertext, bound to `place`; 28 bytes longer than the plaintext."""
        nonce = os.urandom(_NONCE)
        return nonce + self._key.encrypt(nonce, plaintext, place.encode())

    def decrypt(self, ciphertext: bytes, place: str) -> bytes:
        """Return the plaintext. Raises Tampered, also for a ciphertext of another place."""
        try:
            return self._key.decrypt(ciphertext[:_NONCE], ciphertext[_NONCE:], place.encode())
        except (InvalidTag, ValueError) as error:
            raise Tampered(f"what is kept at {place} does not open") from error


class Vault:
    """Wraps data keys with the newest master key, and opens those of any older one."""

    def __init__(self, masters: Mapping[str, bytes], current: str) -> None:
        self._masters = {_tag(name): AESGCM(secret) for name, secret in masters.items()}
        self._current = _tag(current)

    @classmethod
    def of(cls, keyring: Keyring) -> "Vault":
        masters = {each.id: keyring.secret(each) for each in keyring.of(Kind.DATA)}
        return cls(masters, keyring.current(Kind.DATA).id)

    def new_data_key(self, scope: str) -> bytes:
        """Return a new data key, wrapped and bound to `scope` ("order:12")."""
        return self._wrap(scope, AESGCM.generate_key(256))

    def open_data_key(self, scope: str, wrapped: bytes) -> DataKey:
        """Return the key that `new_data_key` wrapped for the same scope. Raises Tampered."""
        return DataKey(AESGCM(self._unwrap(scope, wrapped)))

    def rewrap(self, scope: str, wrapped: bytes) -> bytes:
        """Return the same data key under the newest master key; what it encrypted stays as it is. Raises Tampered."""
        return self._wrap(scope, self._unwrap(scope, wrapped))

    def is_current(self, wrapped: bytes) -> bool:
        """Whether the newest master key wrapped it."""
        return wrapped[1 : 1 + _ID] == self._current

    def _wrap(self, scope: str, key: bytes) -> bytes:
        head, nonce = _VERSION + self._current, os.urandom(_NONCE)
        return head + nonce + self._masters[self._current].encrypt(nonce, key, head + scope.encode())

    def _unwrap(self, scope: str, wrapped: bytes) -> bytes:
        head, nonce, ciphertext = wrapped[: 1 + _ID], wrapped[1 + _ID :][:_NONCE], wrapped[1 + _ID + _NONCE :]
        try:
            return self._masters[head[1:]].decrypt(nonce, ciphertext, head + scope.encode())
        except (KeyError, InvalidTag, ValueError) as error:
            raise Tampered(f"the data key of {scope} does not open with any master key") from error


@dataclass(frozen=True)
class LinkKey:
    """Tokens that are rebuilt, never stored: the database keeps their hashes alone."""

    _key: bytes = field(repr=False)

    @classmethod
    def of(cls, keyring: Keyring) -> "LinkKey":
        return cls(keyring.secret(keyring.current(Kind.LINK)))

    def token(self, purpose: str, id: int | str) -> str:
        """Return the 128-bit token of one link, URL-safe, 22 characters; always the same for the same link."""
        return urlsafe_b64encode(self._mac("token", purpose, str(id))[:16]).rstrip(b"=").decode()

    def blind_index(self, purpose: str, value: str) -> str:
        """Return a keyed hash (hex) under which a guessable value, such as a phone, can be looked up."""
        return self._mac("index", purpose, value).hex()

    def _mac(self, *parts: str) -> bytes:
        framed = b"".join(len(part.encode()).to_bytes(4) + part.encode() for part in parts)
        return hmac.digest(self._key, framed, "sha256")


def hash_token(token: str) -> str:
    """Return what the database keeps of a token: its SHA-256, hex. Enough, for a token has 128 bits."""
    return sha256(token.encode()).hexdigest()


def _tag(name: str) -> bytes:
    return sha256(name.encode()).digest()[:_ID]
