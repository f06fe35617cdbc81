"""One installation for all tests of the pages, and a copy of it for each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.desk import Browser, Desk, Ground, lay


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return lay(tmp_path_factory.mktemp("ground"))


@pytest.fixture
def desk(ground: Ground, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(ground, tmp_path)
    yield made
    made.close()


@pytest.fixture
def clerk(desk: Desk) -> Browser:
    """A browser of somebody of the court."""
    return desk.browser("actuaria")
