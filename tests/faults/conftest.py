"""One world for each kind of database, in which every bad day is lived through after the other."""

from collections.abc import Iterator

import pytest

from amparo_notify.store.database import Database
from tests.databases import DATABASES, migrated
from tests.homes import settle
from tests.world import World, telling, trusting

TIMEOUT = 0.6
"""Seconds that a provider may stay silent here; ten in the service."""


@pytest.fixture(scope="module", params=DATABASES)
def country(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world that lasts for a whole module."""
    folder = tmp_path_factory.mktemp("faults")
    judge = trusting(revocation="off")  # weeks pass here, and lists are fresh for days
    database = Database(migrated(request, request.param, folder))
    settle(database, judge, folder / "keys")
    with telling(database, judge, folder / "keys", TIMEOUT) as told:
        yield told
        told.forget()
    judge.close()


@pytest.fixture
def world(country: World) -> Iterator[World]:
    """The world on the morning of one bad day: good weather, and nothing to account for."""
    country.forget()
    country.errors.clear()
    yield country
    country.line.refuse()
    country.line.accept()
    country.carrier.faults.clear()
