"""Personal data at rest: data keys are rows, each wrapped under the master key; every value is bound to its row."""

import json
from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import Connection, delete, insert, select

from amparo_notify.store.tables import data_key


class DataKey(Protocol):
    """Encrypts for one place in the database: a ciphertext moved to another place does not open."""

    def encrypt(self, plaintext: bytes, place: str) -> bytes: ...
    def decrypt(self, ciphertext: bytes, place: str) -> bytes: ...


class Vault(Protocol):
    """Wraps data keys; `seal.envelope` is one."""

    def new_data_key(self, scope: str) -> bytes: ...
    def open_data_key(self, scope: str, wrapped: bytes) -> DataKey: ...


class Safe:
    """The data key of one scope ("order:12"), opened within one transaction."""

    def __init__(self, key: DataKey) -> None:
        self._key = key

    def seal(self, value: str, place: str) -> bytes:
        return self._key.encrypt(value.encode(), place)

    def open(self, sealed: bytes, place: str) -> str:
        return self._key.decrypt(sealed, place).decode()

    def seal_bytes(self, value: bytes, place: str) -> bytes:
        return self._key.encrypt(value, place)

    def open_bytes(self, sealed: bytes, place: str) -> bytes:
        return self._key.decrypt(sealed, place)

    def seal_json(self, value: Mapping[str, Any], place: str) -> bytes:
        return self.seal(json.dumps(value, ensure_ascii=False, sort_keys=True), place)

    def open_json(self, sealed: bytes, place: str) -> dict[str, Any]:
        return dict(json.loads(self.open(sealed, place)))


def create(tx: Connection, vault: Vault, scope: str) -> Safe:
    """Make the data key of a new scope."""
    wrapped = vault.new_data_key(scope)
    tx.execute(insert(data_key).values(scope=scope, wrapped=wrapped))
    return Safe(vault.open_data_key(scope, wrapped))


def unlock(tx: Connection, vault: Vault, scope: str) -> Safe:
    """Open the data key of a scope. Raises LookupError where it has been destroyed: the data is erased."""
    wrapped = tx.execute(select(data_key.c.wrapped).where(data_key.c.scope == scope)).scalar()
    if wrapped is None:
        raise LookupError(f"no data key for {scope}")
    return Safe(vault.open_data_key(scope, wrapped))


def destroy(tx: Connection, scope: str) -> None:
    """Erase all that was sealed under a scope."""
    tx.execute(delete(data_key).where(data_key.c.scope == scope))
