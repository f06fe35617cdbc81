"""A fresh world for each story, on each database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from amparo_notify.pki.judge import Judge
from tests.world import World, telling, trusting


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


@pytest.fixture
def world(database_url: str, verifier: Judge, keys: Path) -> Iterator[World]:
    """A world of this story's own, on SQLite and on PostgreSQL."""
    with telling(database_url, verifier, keys) as told:
        yield told
