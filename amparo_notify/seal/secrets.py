"""Passphrases and PINs: argon2id (RFC 9106), with the second recommended parameters for small machines."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=1)


class Argon2:
    """Satisfies `cases.services.Secrets`."""

    def hash(self, secret: str) -> str:
        """The argon2id hash of a secret, with its own salt."""
        return _HASHER.hash(secret)

    def matches(self, hashed: str, secret: str) -> bool:
        """Whether `secret` is the one behind `hashed`; in constant time for a given hash."""
        try:
            return _HASHER.verify(hashed, secret)
        except (VerificationError, InvalidHashError):
            return False
