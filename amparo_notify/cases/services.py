"""What every case is given: the adapters behind one frozen value, and who is asking."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from amparo_notify.core.evidence import Actor
from amparo_notify.core.notice import Medium
from amparo_notify.core.ports import Lists, Provider, Sealer, Verifier
from amparo_notify.store.database import Database
from amparo_notify.store.vault import Vault


class Tokens(Protocol):
    """Secret names that can be rebuilt from a row's id, so that only their hash is stored."""

    def token(self, purpose: str, id: int | str) -> str: ...
    def blind_index(self, purpose: str, value: str) -> str: ...


class Secrets(Protocol):
    """Hashes of passphrases and PINs (argon2id)."""

    def hash(self, secret: str) -> str: ...
    def matches(self, hashed: str, secret: str) -> bool: ...


@dataclass(frozen=True)
class Services:
    """Everything outside that a case may touch."""

    database: Database
    vault: Vault
    sealer: Sealer
    verifier: Verifier
    lists: Lists
    tokens: Tokens
    secrets: Secrets
    providers: Mapping[Medium, tuple[Provider, ...]]
    clock: Callable[[], datetime]
    public_url: str
    software: str

    def url(self, path: str) -> str:
        return self.public_url.rstrip("/") + path


@dataclass(frozen=True)
class Caller:
    """Who asks, and for which court. `court` None is the operator (administrator, command line): every court."""

    staff: int | None
    court: int | None
    role: str  # clerk | admin | system | operator
    authenticated_by: str

    @property
    def actor(self) -> Actor:
        return Actor(f"staff:{self.staff}" if self.staff is not None else "operator", self.authenticated_by)


OPERATOR = Caller(None, None, "operator", "operator")
"""The person with a shell on the host."""
