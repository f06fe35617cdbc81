"""What one record of the log says. No name, phone or address: those stay in the annex behind a salted commitment."""

import hashlib
import hmac
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from amparo_notify.core.events import Event, Grade

SCHEMA = 1


@dataclass(frozen=True)
class Actor:
    """Who did it and how they proved who they are. `who` is a badge, a staff number or a part of the system."""

    who: str  # "officer:MEX-T1-03" | "staff:7" | "system:escalation" | "provider:twilio" | "anyone"
    authenticated_by: str = ""  # "pin" | "passphrase+totp" | "token" | "signature" | "operator" …


SYSTEM = Actor("system")


@dataclass(frozen=True)
class Fact:
    """An event to be witnessed. `details` hold JSON values, integers but no floats; `personal` goes to the annex."""

    event: Event
    at: datetime
    actor: Actor = SYSTEM
    grade: Grade | None = None
    details: Mapping[str, object] = field(default_factory=dict)
    personal: Mapping[str, object] = field(default_factory=dict)


def instant(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds, as every record writes time."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def commitment(salt: bytes, personal: Mapping[str, object]) -> str:
    """HMAC-SHA-256 of the personal data under a random salt: proves it while the annex exists, and nothing after."""
    text = json.dumps(personal, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hmac.new(salt, unicodedata.normalize("NFC", text).encode(), hashlib.sha256).hexdigest()


def payload(
    fact: Fact,
    *,
    log: int,
    seq: int,
    prev: str,
    recorded_at: datetime,
    software: str,
    order: str = "",
    document_sha256: str = "",
    commitment: str = "",
) -> dict[str, object]:
    """The record of `fact` as the `seq`-th of its log. `prev` is the hash of the record before it."""
    body: dict[str, object] = {
        "v": SCHEMA,
        "log": log,
        "seq": seq,
        "prev": prev,
        "event": str(fact.event),
        "etsi": fact.event.etsi,
        "at": instant(fact.at),
        "recorded_at": instant(recorded_at),
        "actor": fact.actor.who,
        "software": software,
        "details": dict(fact.details),
    }
    optional = {
        "order": order,
        "document_sha256": document_sha256,
        "authenticated_by": fact.actor.authenticated_by,
        "grade": str(fact.grade) if fact.grade else "",
        "commitment": commitment,
    }
    return body | {name: value for name, value in optional.items() if value}
