"""A fresh world for each story, on each database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from amparo_notify.pki.judge import Judge
from amparo_notify.store.database import Database
from tests.homes import keys, postgresql_home, settled, sqlite_home, verifier
from tests.world import World, telling

__all__ = ["keys", "postgresql_home", "settled", "sqlite_home", "verifier"]


@pytest.fixture
def world(settled: Database, verifier: Judge, keys: Path) -> Iterator[World]:
    """A world of this story's own, on SQLite and on PostgreSQL."""
    with telling(settled, verifier, keys) as told:
        yield told


@pytest.fixture
def only_calls(world: World) -> Iterator[None]:
    """For stories about calls; what else arrives is the other stories' matter."""
    yield
    world.forget()
