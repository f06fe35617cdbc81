"""What the double of the carriers remembers: phones, mailboxes, and callbacks still to be posted."""

import json
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar


class Line(StrEnum):
    """What is at the other end of a number or an address."""

    GOOD = "good"
    OFF = "off"  # texts undelivered (30003), calls unanswered
    BUSY = "busy"
    VOICEMAIL = "voicemail"  # a machine picks up every call
    LANDLINE = "landline"  # 21614 for texts
    INVALID = "invalid"  # 21211
    BLOCKED = "blocked"  # 21610: the person answered STOP
    BOUNCE = "bounce"  # mail comes back


@dataclass(frozen=True)
class Text:
    """A text message between the service and a phone. `at` is aware UTC."""

    sid: str
    phone: str
    body: str
    at: datetime
    inbound: bool = False  # from the person to the service
    sender: str = ""
    status: str = "queued"
    error: int | None = None
    callback: str = ""
    service: str = ""
    validity: int = 36_000  # seconds

    @property
    def to(self) -> str:
        return self.sender if self.inbound else self.phone

    @property
    def from_(self) -> str:
        return self.phone if self.inbound else self.sender


@dataclass(frozen=True)
class Call:
    """A call to a phone: what was said so far, and whether it waits for keys. `at` is aware UTC."""

    sid: str
    phone: str
    twiml: str
    at: datetime
    sender: str = ""
    status: str = "queued"
    callback: str = ""
    events: tuple[str, ...] = ()
    machine_callback: str = ""
    ring: int = 60  # seconds
    spoken: tuple[str, ...] = ()
    before: int = 0  # how much of that was said before the last key
    keys: tuple[str, ...] = ()  # what was pressed, as it was posted
    action: str = ""  # where keys go now; empty: none are asked for
    most_keys: int = 0
    finish: str = "#"
    rest: str = ""  # TwiML after the Gather
    answered_by: str = ""

    @property
    def live(self) -> bool:
        return self.status in ("queued", "ringing", "in-progress")

    @property
    def newest(self) -> tuple[str, ...]:
        """What was said since the last key."""
        return self.spoken[self.before :]

    @property
    def asks(self) -> bool:
        return self.status == "in-progress" and bool(self.action)


@dataclass(frozen=True)
class Mail:
    """A mail in somebody's mailbox. `at` is aware UTC."""

    id: str
    address: str
    subject: str
    text: str
    html: str
    at: datetime
    reference: str = ""


@dataclass(frozen=True)
class Pending:
    """A callback that the provider has still to post."""

    url: str
    kind: str  # "twilio" | "sendgrid"
    payload: Any  # form parameters, or one event
    tries: int = 0
    number: int = 0


Item = Text | Call | Mail
_Kind = TypeVar("_Kind", Text, Call, Mail)

_TABLES = """
CREATE TABLE IF NOT EXISTS item (number INTEGER PRIMARY KEY, kind TEXT, id TEXT UNIQUE, address TEXT, data TEXT);
CREATE INDEX IF NOT EXISTS item_address ON item (kind, address);
CREATE INDEX IF NOT EXISTS item_status ON item (kind, json_extract(data, '$.status'));
CREATE TABLE IF NOT EXISTS pending (number INTEGER PRIMARY KEY, data TEXT);
CREATE TABLE IF NOT EXISTS line (address TEXT PRIMARY KEY, state TEXT);
"""


class Book:
    """The state in one SQLite database, for any number of threads. `path` is a file or ":memory:"."""

    def __init__(self, path: str) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=OFF")  # a demonstration may lose its last second
        self._db.executescript(_TABLES)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def _turn(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            yield self._db

    def save(self, item: Item) -> None:
        """Write an item anew, or in place of what it was."""
        kind, key, address = type(item).__name__, _id(item), _address(item)
        with self._turn() as db:
            db.execute(
                "INSERT INTO item (kind, id, address, data) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET data = excluded.data",
                (kind, key, address, json.dumps(asdict(item), default=datetime.isoformat)),
            )

    def change(self, kind: type[_Kind], key: str, **values: Any) -> _Kind:
        """Replace some fields of an item and return it. Raises KeyError."""
        with self._turn():
            found = self.one(kind, key)
            if found is None:
                raise KeyError(key)
            changed = replace(found, **values)
            self.save(changed)
            return changed

    def one(self, kind: type[_Kind], key: str) -> _Kind | None:
        with self._turn() as db:
            row = db.execute(
                "SELECT data FROM item WHERE kind = ? AND id = ?", (kind.__name__, key)
            ).fetchone()
        return _read(kind, row[0]) if row else None

    def all(self, kind: type[_Kind], address: str | None = None) -> tuple[_Kind, ...]:
        """Items of a kind, oldest first, for one address or for all."""
        query = "SELECT data FROM item WHERE kind = ? AND address = coalesce(?, address) ORDER BY number"
        with self._turn() as db:
            rows = db.execute(query, (kind.__name__, address)).fetchall()
        return tuple(_read(kind, data) for (data,) in rows)

    def ringing(self) -> tuple[Call, ...]:
        """Calls that nobody has answered yet."""
        query = "SELECT data FROM item WHERE kind = 'Call' AND json_extract(data, '$.status') = 'ringing'"
        with self._turn() as db:
            rows = db.execute(query).fetchall()
        return tuple(_read(Call, data) for (data,) in rows)

    def put_off(self, *callbacks: Pending) -> None:
        """Queue callbacks, in this order."""
        with self._turn() as db:
            for one in callbacks:
                data = {"url": one.url, "kind": one.kind, "payload": one.payload, "tries": one.tries}
                db.execute("INSERT INTO pending (data) VALUES (?)", (json.dumps(data),))

    def take(self) -> tuple[Pending, ...]:
        """Return what is queued, oldest first, and forget it."""
        with self._turn() as db:
            rows = db.execute("DELETE FROM pending RETURNING number, data").fetchall()
        return tuple(Pending(number=number, **json.loads(data)) for number, data in sorted(rows))

    def line(self, address: str) -> Line:
        with self._turn() as db:
            row = db.execute("SELECT state FROM line WHERE address = ?", (address,)).fetchone()
        return Line(row[0]) if row else Line.GOOD

    def set_line(self, address: str, state: Line) -> None:
        with self._turn() as db:
            db.execute("INSERT OR REPLACE INTO line VALUES (?, ?)", (address, state.value))


def _id(item: Item) -> str:
    return item.id if isinstance(item, Mail) else item.sid


def _address(item: Item) -> str:
    return item.address if isinstance(item, Mail) else item.phone


def _read(kind: type[_Kind], data: str) -> _Kind:
    values = json.loads(data)
    values["at"] = datetime.fromisoformat(values["at"])
    for one in fields(kind):
        if isinstance(values[one.name], list):
            values[one.name] = tuple(values[one.name])
    return kind(**values)


def new_id(prefix: str) -> str:
    """A random id in a provider's form: a prefix and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)
