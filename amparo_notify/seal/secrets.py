"""Passphrases and PINs: argon2id (RFC 9106), with the second recommended parameters for small machines."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Argon2:
    """Satisfies `cases.services.Secrets`. `memory` in KiB."""

    def __init__(self, *, rounds: int = 3, memory: int = 65536) -> None:
        self._hasher = PasswordHasher(time_cost=rounds, memory_cost=memory, parallelism=1)

    def hash(self, secret: str) -> str:
        """The argon2id hash of a secret, with its own salt."""
        return self._hasher.hash(secret)

    def matches(self, hashed: str, secret: str) -> bool:
        """Whether `secret` is the one behind `hashed`; in constant time for a given hash."""
        try:
            return self._hasher.verify(hashed, secret)
        except (VerificationError, InvalidHashError):
            return False
