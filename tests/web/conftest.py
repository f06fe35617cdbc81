"""One installation for all tests of the pages, and a copy of it for each."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import sync_playwright

from amparo_notify.pki.judge import Judge
from tests.databases import SqliteHome
from tests.homes import keys, sqlite_home, verifier
from tests.web.desk import Browser, Desk, Ground, lay
from tests.world import World, telling

__all__ = ["keys", "sqlite_home", "verifier"]


@pytest.fixture
def world(sqlite_home: SqliteHome, verifier: Judge, keys: Path) -> Iterator[World]:
    """Everybody, carriers included, for pages that need somebody at the other end."""
    with telling(sqlite_home.fresh(), verifier, keys) as told:
        yield told
        told.forget()  # what arrived is the stories' matter


@pytest.fixture(scope="module")
def chrome() -> Iterator[Chromium]:
    """A real browser, one for all tests of a file."""
    if shutil.which("chromium") is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


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
