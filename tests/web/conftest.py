"""One installation for all tests of the pages, and a copy of it for each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from amparo_notify.pki.judge import Judge
from tests.web.desk import Browser, Desk, Ground, lay
from tests.world import World, telling, trusting


@pytest.fixture(scope="session")
def verifier() -> Iterator[Judge]:
    """One warm verifier for all worlds."""
    judge = trusting()
    yield judge
    judge.close()


@pytest.fixture
def world(sqlite_url: str, verifier: Judge, tmp_path: Path) -> Iterator[World]:
    """Everybody, carriers included, for pages that need somebody at the other end."""
    with telling(sqlite_url, verifier, tmp_path / "keys") as told:
        yield told
        told.forget()  # what arrived is the stories' matter


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    made = lay(tmp_path_factory.mktemp("ground"))
    yield made
    made.verifier.close()


@pytest.fixture
def desk(ground: Ground, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(ground, tmp_path)
    yield made
    made.close()


@pytest.fixture
def clerk(desk: Desk) -> Browser:
    """A browser of somebody of the court."""
    return desk.browser("actuaria")
