"""Keys: one for each purpose, in files that nobody else can read, with a history that the record keys sign.

`keys.json` is a chain of compact JWS, one for each key ever made. Each is signed by the record key in force before it
(the first by itself) and names the digest of the one before: whoever knows the first key can check all the rest.
It holds public keys alone; a private key is a file of its own, and an old record key's may be destroyed.
"""

import json
import os
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.jws import deserialize_compact, serialize_compact

from amparo_notify.core.errors import Fault, Unfit

HISTORY = "keys.json"
ALGORITHM = "ES256"
TYPE = "amparo-key+jws"
OVERLAP = timedelta(days=1)
"""How long a key stays valid after its successor's first instant: time to restart every process on every host."""


class Kind(StrEnum):
    """What a key is for. None serves two purposes."""

    RECORD = "record"  # ES256: records and receipts
    CHECKPOINT = "checkpoint"  # ES256: checkpoints of the Merkle log
    PDF = "pdf"  # P-256: the seal of a constancia
    LINK = "link"  # HMAC-SHA-256: tokens in links
    DATA = "data"  # AES-256-GCM: wraps the orders' data keys

    @property
    def symmetric(self) -> bool:
        return self in {Kind.LINK, Kind.DATA}


@dataclass(frozen=True)
class Generation:
    """One key of a kind, and when it was in force (aware UTC; None: still)."""

    kind: Kind
    id: str  # RFC 7638 thumbprint; for a symmetric key, of a digest that does not reveal it
    not_before: datetime
    not_after: datetime | None = None
    public: Mapping[str, str] | None = None  # JWK; None for a symmetric key

    def covers(self, moment: datetime) -> bool:
        """Whether the key was in force at `moment` (aware)."""
        return self.not_before <= moment and (self.not_after is None or moment < self.not_after)

    @property
    def file(self) -> str:
        return f"{self.kind}-{self.id[:16]}.{'key' if self.kind.symmetric else 'pem'}"


@dataclass(frozen=True)
class Keyring:
    """All keys, oldest first. Private ones are read when asked for, and kept."""

    directory: Path
    generations: tuple[Generation, ...]
    history: tuple[str, ...]

    @classmethod
    def load(cls, directory: Path, now: datetime, *, create: bool = True) -> "Keyring":
        """Return the keys in `directory`; with `create`, make them where there are none, in force from `now` (UTC).

        Raises Unfit, all faults at once: no keys, files that others can read, a history that does not verify.
        """
        if not (directory / HISTORY).exists():
            if not create:
                raise Unfit(
                    Fault("KEYS", f"no hay llaves en {directory}.", "Copie ahí las llaves del servicio.")
                )
            _make(directory, now)
        if faults := _exposed(directory):
            raise Unfit(*faults)
        try:
            history = tuple(json.loads((directory / HISTORY).read_text())["history"])
            keyring = cls(directory, read_history(history), history)
        except (OSError, ValueError, KeyError, TypeError) as error:
            problem = f"{directory / HISTORY} no se puede comprobar ({error})."
            raise Unfit(Fault("KEYS", problem, "Recupérelo de un respaldo.")) from error
        needed = [keyring.current(kind) for kind in Kind] + list(keyring.of(Kind.DATA))
        missing = sorted({each.file for each in needed if not (directory / each.file).exists()})
        if missing:
            raise Unfit(
                *(
                    Fault("KEYS", f"falta {directory / file}.", "Recupérela de un respaldo.")
                    for file in missing
                )
            )
        return keyring

    def current(self, kind: Kind) -> Generation:
        """The newest key of a kind."""
        return next(each for each in reversed(self.generations) if each.kind is kind)

    def of(self, kind: Kind) -> tuple[Generation, ...]:
        """Every key of a kind, oldest first."""
        return tuple(each for each in self.generations if each.kind is kind)

    @cached_property
    def _opened(self) -> dict[str, ECKey | bytes]:
        return {}

    def signing(self, kind: Kind) -> ECKey:
        """The private key now in force, for a kind that signs."""
        key = self._private(self.current(kind))
        assert isinstance(key, ECKey)
        return key

    def secret(self, generation: Generation) -> bytes:
        """The 32 bytes of a symmetric key."""
        key = self._private(generation)
        assert isinstance(key, bytes)
        return key

    def _private(self, generation: Generation) -> ECKey | bytes:
        if generation.id not in self._opened:
            self._opened[generation.id] = _read(self.directory / generation.file, generation)
        return self._opened[generation.id]

    def rotate(self, kind: Kind, now: datetime) -> "Keyring":
        """Return the keys with a new one of `kind`, in force from `now`, written to the directory.

        Links are rebuilt from their key whenever a notice is sent again, so that key stays. Raises Unfit for it.
        """
        if kind is Kind.LINK:
            raise Unfit(
                Fault(
                    "kind",
                    "la llave de los enlaces no se renueva.",
                    "Los enlaces vigentes dejarían de servir.",
                )
            )
        generation = _write_new(self.directory, kind, now)
        signer = self.current(Kind.RECORD)
        statement = _state(generation, self.history[-1], signer.id, self.signing(Kind.RECORD))
        history = (*self.history, statement)
        _replace(self.directory / HISTORY, _dump(history))
        return Keyring(self.directory, read_history(history), history)

    def public_keys(self, kind: Kind = Kind.RECORD) -> dict[str, object]:
        """A JWKS of every key of a kind that ever signed, for anyone."""
        keys = [
            {**(each.public or {}), "kid": each.id, "use": "sig", "alg": ALGORITHM} for each in self.of(kind)
        ]
        return {"keys": keys}


def read_history(history: tuple[str, ...]) -> tuple[Generation, ...]:
    """Return the keys that a history states, oldest first. Raises ValueError at the first one that does not verify."""
    known: dict[str, ECKey] = {}
    generations: list[Generation] = []
    previous = ""
    for number, statement in enumerate(history):
        payload = _verify(statement, known, first=number == 0)
        if payload["previous"] != (sha256(previous.encode()).hexdigest() if previous else None):
            raise ValueError(f"statement {number} does not follow the one before")
        generation = _parse(payload)
        predecessor = next(
            (i for i in reversed(range(number)) if generations[i].kind is generation.kind), None
        )
        if predecessor is not None:
            retired = replace(generations[predecessor], not_after=generation.not_before + OVERLAP)
            generations[predecessor] = retired
        if generation.kind is Kind.RECORD:
            known = {generation.id: ECKey.import_key(dict(generation.public or {}))}
        generations.append(generation)
        previous = statement
    if absent := set(Kind) - {each.kind for each in generations}:
        raise ValueError(f"no key for {', '.join(sorted(absent))}")
    return tuple(generations)


def read_private(path: Path) -> bytes:
    """The content of a file that its owner alone can read. Raises Unfit, with the remedy, where others can."""
    if faults := tuple(_open_to_others(path, "600")):
        raise Unfit(*faults)
    return path.read_bytes()


def write_private(path: Path, content: bytes) -> None:
    """Write a new file with mode 0600, whole or not at all. Raises FileExistsError where somebody else was first."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent) as file:  # made with mode 0600
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        os.link(file.name, path)


def _replace(path: Path, content: bytes) -> None:
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    write_private(fresh, content)
    fresh.replace(path)


def _make(directory: Path, now: datetime) -> None:
    """A key of every kind. The history is written last: of two processes that start at once, the first one's stay."""
    record = _write_new(directory, Kind.RECORD, now)
    signer = _read(directory / record.file, record)
    assert isinstance(signer, ECKey)
    made, history = [record], [_state(record, None, record.id, signer)]
    for kind in Kind:
        if kind is not Kind.RECORD:
            made.append(_write_new(directory, kind, now))
            history.append(_state(made[-1], history[-1], record.id, signer))
    try:
        write_private(directory / HISTORY, _dump(tuple(history)))
    except FileExistsError:
        for generation in made:
            (directory / generation.file).unlink()


def _write_new(directory: Path, kind: Kind, now: datetime) -> Generation:
    if kind.symmetric:
        content = os.urandom(32)
        generation = Generation(kind, _symmetric_id(content), now)
    else:
        key = ECKey.generate_key("P-256")
        content = key.as_pem(private=True)
        generation = Generation(kind, key.thumbprint(), now, public=_public(key))
    write_private(directory / generation.file, content)
    return generation


def _read(path: Path, generation: Generation) -> ECKey | bytes:
    content = read_private(path)
    if generation.kind.symmetric and _symmetric_id(content) == generation.id:
        return content
    if not generation.kind.symmetric:
        with suppress(ValueError, JoseError):
            key = ECKey.import_key(content)
            if key.thumbprint() == generation.id:
                return key
    raise Unfit(Fault("KEYS", f"{path} no es la llave {generation.id}.", "Recupérela de un respaldo."))


def _symmetric_id(secret: bytes) -> str:
    return sha256(b"amparo_notify key id\0" + secret).hexdigest()[:43]


def _public(key: ECKey) -> dict[str, str]:
    return {
        name: str(value)
        for name, value in key.as_dict(private=False).items()
        if name in {"kty", "crv", "x", "y"}
    }


def _state(generation: Generation, previous: str | None, signer_id: str, signer: ECKey) -> str:
    payload = {
        "kind": generation.kind,
        "kid": generation.id,
        "not_before": generation.not_before.astimezone(UTC).isoformat(),
        "public": generation.public,
        "previous": sha256(previous.encode()).hexdigest() if previous else None,
    }
    header = {"alg": ALGORITHM, "kid": signer_id, "typ": TYPE}
    return serialize_compact(header, json.dumps(payload, sort_keys=True), signer, algorithms=[ALGORITHM])


def _verify(statement: str, known: Mapping[str, ECKey], *, first: bool) -> dict[str, Any]:
    """The payload of a statement; the first one is signed by the very key that it introduces."""

    def find(signature: Any) -> ECKey:
        header = signature.headers()
        if header.get("typ") != TYPE:
            raise ValueError("not a statement about a key")
        if first:
            key = ECKey.import_key(dict(json.loads(signature.payload)["public"]))
            if key.thumbprint() == header.get("kid"):
                return key
        return known[header["kid"]]

    try:
        return dict(json.loads(deserialize_compact(statement, find, algorithms=[ALGORITHM]).payload))
    except (JoseError, KeyError) as error:
        raise ValueError(f"a statement is not signed by the record key before it: {error}") from error


def _parse(payload: Mapping[str, Any]) -> Generation:
    kind, public = Kind(payload["kind"]), payload["public"]
    if not kind.symmetric and ECKey.import_key(dict(public)).thumbprint() != payload["kid"]:
        raise ValueError("a key is not the one that its id names")
    return Generation(kind, payload["kid"], datetime.fromisoformat(payload["not_before"]), public=public)


def _dump(history: tuple[str, ...]) -> bytes:
    return json.dumps({"history": history}, indent=1).encode()


def _exposed(directory: Path) -> list[Fault]:
    faults = _open_to_others(directory, "700")
    for path in sorted(directory.iterdir()):
        with suppress(FileNotFoundError):  # another process, making its own, took it away
            faults += _open_to_others(path, "600")
    return faults


def _open_to_others(path: Path, mode: str) -> list[Fault]:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return [Fault("KEYS", f"otros usuarios pueden leer {path}.", f"Ejecute: chmod {mode} {path}")]
    return []
