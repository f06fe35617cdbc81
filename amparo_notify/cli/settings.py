"""Which installation a command speaks to: the environment, and what a demonstration left for other terminals."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from amparo_notify.config import VAR, Config

VERSIONS = Path(__file__).resolve().parents[2] / "migrations" / "versions"
MARK = "demo/made.json"
"""Under var/: written when a demonstration's data is complete: of which database, and the settings of its processes."""


def var() -> Path:
    """Where an embedded service keeps what it makes. AMPARO_VAR moves it, for a second installation or a test."""
    return Path(os.environ.get("AMPARO_VAR") or VAR).absolute()


def environment() -> dict[str, str]:
    """Return the environment. Where its database is a demonstration's, that one's settings fill the gaps, so that
    `amparo-notify order list` in another terminal needs none."""
    given = dict(os.environ)
    mark = read_mark(var())
    if given.get("PROVIDERS") == "live" or mark.get("database") != database_of(given, var()):
        return given
    return {**mark["environment"], **given}


def read_mark(var: Path) -> dict[str, Any]:
    """Return what a complete demonstration left, or nothing."""
    try:
        return dict(json.loads((var / MARK).read_text()))
    except FileNotFoundError:
        return {}


def database_of(environ: Mapping[str, str], var: Path) -> str:
    """Return a digest of the database's address: it may hold a password, and the mark is plain."""
    named = (
        environ.get("DATABASE_URL") or environ.get("DATABASE_URL_FILE") or f"sqlite:///{var / 'amparo.db'}"
    )
    return hashlib.sha256(named.encode()).hexdigest()


def configuration(*, uploads: bool = False, environ: Mapping[str, str] | None = None) -> Config:
    """Return the configuration. `uploads`: this process judges documents, so trust anchors matter to it.

    Raises Unfit with every fault.
    """
    return Config.from_environment(environment() if environ is None else environ, uploads=uploads, var=var())


def newest_tables() -> str:
    """Return the newest revision that this software knows: migrations are numbered by their files' names."""
    return max(path.name for path in VERSIONS.glob("[0-9]*.py")).partition("_")[0]
