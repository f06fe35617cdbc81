"""Connections and transactions. Readers begin plainly; writers begin with the one lock that they need."""

import threading
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import Connection, Engine, create_engine, event, select, text
from sqlalchemy.exc import DisconnectionError, InterfaceError, InternalError, OperationalError, TimeoutError

from amparo_notify.core.errors import Fault, Unfit
from amparo_notify.store import tables

_CHANNEL = "amparo_due"

AWAY = (OperationalError, InterfaceError, InternalError, DisconnectionError, TimeoutError)
"""What says that the database cannot be worked with now, as against what is wrong with one statement: no connection,
a lock not given in time, a disk that is full, a standby that only reads, a pool with nothing left."""

LISTEN_EVERY = 0.035
"""Seconds between two looks at SQLite's version number: a worker with nothing to do uses less than one percent of a
processor, all told (`scripts/bench dispatch`)."""

ANSWER_WITHIN = 15.0
"""Seconds that a database may say nothing at all in reply to a statement. It covers what no setting of a connection
does: a server that is frozen, or a line whose near end still confirms what it cannot deliver."""

LOCK_WITHIN = 10
"""Seconds that a statement waits for a lock, a writer for SQLite's one pen, and a thread for a connection of the pool.
Locks are held for milliseconds: longer than this, something is wrong, and whoever asks is told so while he waits.
And how long PostgreSQL lets a session that has fallen silent inside a transaction hold its locks: a host that freezes
there keeps its orders from the others for no longer."""

_PATIENCE: dict[str, Any] = {
    "connect_timeout": 3,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""How long a PostgreSQL host that vanished without a word is believed in, and, where the address names several hosts,
how soon the next is tried (https://www.postgresql.org/docs/current/libpq-connect.html; seconds, the last in
milliseconds)."""

_SESSION = (
    f"-c timezone=UTC -c idle_in_transaction_session_timeout={LOCK_WITHIN}s -c lock_timeout={LOCK_WITHIN}s"
)


class Database:
    """One SQLite file or one PostgreSQL, with the same transactions on both."""

    def __init__(self, url: str, *, pool_size: int = 20, answer_within: float | None = ANSWER_WITHIN) -> None:
        """`answer_within` None: wait for ever for an answer, as migrations do."""
        self.url = normalised(url)
        self.sqlite = self.url.startswith("sqlite")
        self._writer = threading.Lock()
        self._engine = (
            _sqlite(self.url, pool_size) if self.sqlite else _postgresql(self.url, pool_size, answer_within)
        )

    @property
    def engine(self) -> Engine:
        """For migrations and for tests that tamper; everything else uses `read` and `write`."""
        return self._engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A short transaction that writes nothing."""
        with self._engine.connect() as tx, tx.begin():
            yield tx

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """For one statement that reads: a transaction of its own, without the asking and answering of one."""
        if self.sqlite:
            with self.read() as tx:
                yield tx
        else:
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as tx:
                yield tx

    @contextmanager
    def write(self, log: int | None = None) -> Iterator[Connection]:
        """A transaction that writes. With `log` it first locks that log's row, the mutex of its order."""
        if self.sqlite:
            # One writer at a time inside a process keeps the tails short: SQLite's own waiting is by polling.
            with self._pen(), self._engine.connect().execution_options(immediate=True) as tx, tx.begin():
                yield tx
        else:
            with self._engine.connect() as tx, tx.begin():
                if log is not None:
                    lock(tx, log)
                yield tx

    @contextmanager
    def _pen(self) -> Iterator[None]:
        if not self._writer.acquire(timeout=LOCK_WITHIN):
            raise TimeoutError("another thread has been writing for too long")
        try:
            yield
        finally:
            self._writer.release()

    def wake(self, tx: Connection) -> None:
        """Tell every worker that there is due work once `tx` commits. SQLite's own version number does so."""
        if not self.sqlite:
            tx.execute(text(f"NOTIFY {_CHANNEL}"))

    def bell(self) -> "Bell":
        """A waiter for `wake`, with a connection of its own. For one thread."""
        return _SqliteBell(self._engine) if self.sqlite else _PostgresBell(self.url)

    def close(self) -> None:
        self._engine.dispose()


class Bell:
    """Waits until another connection committed due work."""

    def wait(self, seconds: float) -> bool:
        """Return True when rung, False when `seconds` passed. May ring for nothing; never sleeps through a ring."""
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


class _SqliteBell(Bell):
    def __init__(self, engine: Engine) -> None:
        self._connection = engine.raw_connection()
        self._cursor = self._connection.cursor()
        self._seen = self._version()

    def _version(self) -> int:
        return int(self._cursor.execute("PRAGMA data_version").fetchone()[0])

    def wait(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while (version := self._version()) == self._seen:
            left = end - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(LISTEN_EVERY, left))
        self._seen = version
        return True

    def close(self) -> None:
        self._connection.close()


class _PostgresBell(Bell):
    def __init__(self, url: str) -> None:
        # LISTEN needs an autocommit connection of its own, and not one behind a transaction pooler.
        self._connection = psycopg.connect(_conninfo(url), autocommit=True)
        self._connection.execute(f"LISTEN {_CHANNEL}")

    def wait(self, seconds: float) -> bool:
        return any(True for _ in self._connection.notifies(timeout=seconds, stop_after=1))

    def close(self) -> None:
        self._connection.close()


def lock(tx: Connection, log: int) -> None:
    """Lock one log row. The weaker row lock, so that foreign-key checks do not wait for it."""
    lock_all(tx, [log])


def lock_all(tx: Connection, logs: Iterable[int]) -> None:
    """Lock several log rows, in ascending order, so that no two transactions wait for each other."""
    rows = select(tables.log.c.id).where(tables.log.c.id.in_(list(logs))).order_by(tables.log.c.id)
    tx.execute(rows.with_for_update(key_share=True))


def normalised(url: str) -> str:
    """The URL as SQLAlchemy wants it; refuses another database than the two that are tested."""
    if url.startswith(("postgres://", "postgresql://")):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise Unfit(_address_fault())
    return url


def _address_fault() -> Fault:
    return Fault(
        "DATABASE_URL",
        "no es una dirección de SQLite ni de PostgreSQL.",
        "Use sqlite:///ruta o postgresql://…",
    )


def _sqlite(url: str, pool_size: int) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=LOCK_WITHIN,
        pool_use_lifo=True,
        connect_args={"timeout": LOCK_WITHIN},
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: object) -> None:
        connection.isolation_level = None  # the driver emits no BEGIN of its own
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _postgresql(url: str, pool_size: int, answer_within: float | None) -> Engine:
    address = _conninfo(url)

    def connect() -> _Connection:
        connection = _Connection.connect(address)
        connection.patience = answer_within
        return connection

    return create_engine(
        "postgresql+psycopg://",
        creator=connect,  # libpq reads the address: it knows several hosts, and which of them is wanted
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=LOCK_WITHIN,
        pool_use_lifo=True,  # the connection used last has its plans ready, at both of its ends
        pool_pre_ping=True,
    )


def _conninfo(url: str) -> str:
    """The address as libpq takes it, with our patience where it says nothing else. Raises Unfit."""
    try:
        given = conninfo_to_dict(url.replace("+psycopg", "", 1))
    except psycopg.ProgrammingError as error:
        raise Unfit(_address_fault()) from error
    options = f"{_SESSION} {given.get('options') or ''}".strip()
    return make_conninfo(**(_PATIENCE | given | {"options": options}))


class _Connection(psycopg.Connection[Any]):
    """Waits for an answer no longer than `patience` seconds of silence; then it closes itself and says so."""

    patience: float | None = None

    def wait(self, gen: PQGen[RV], *arguments: Any, **named: Any) -> RV:
        try:
            return super().wait(_unless_silent(gen, self.patience), *arguments, **named)
        except _Silent:
            self.close()
            raise


class _Silent(psycopg.OperationalError):
    """The database has said nothing for too long."""


def _unless_silent(work: PQGen[RV], seconds: float | None) -> Generator[Any, Any, RV]:
    """The same work for psycopg's waiting, which comes by ten times a second while nothing happens."""
    heard = time.monotonic()
    try:
        wanted = next(work)
        while True:
            if ready := (yield wanted):
                heard = time.monotonic()
            elif seconds is not None and time.monotonic() - heard > seconds:
                raise _Silent(f"no answer within {seconds:.0f} s")
            wanted = work.send(ready)
    except StopIteration as end:
        answer: RV = end.value
        return answer
