"""The demonstration's files and settings: where they are, whether they are complete, and how to start over."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from amparo_notify.cli.settings import MARK, VERSIONS, database_of, read_mark
from amparo_notify.core.errors import Fault, Unfit
from amparo_notify.seal.keys import write_private

_BEGUN, _TOKEN = "demo/begun", "demo/token"


def environment(given: Mapping[str, str], var: Path, public_url: str) -> dict[str, str]:
    """Return the settings of a demonstration's processes. Raises Unfit where messages would reach people."""
    if given.get("PROVIDERS") == "live":
        problem = "a demonstration must reach nobody, and PROVIDERS=live reaches people."
        raise Unfit(Fault("PROVIDERS", problem, "Unset it, or leave --demo out."))
    own = {
        "PUBLIC_URL": public_url,
        "TRUST_ANCHORS": str(var / "demo" / "trust"),
        "CRL_SOURCES": str(var / "demo" / "crl"),
        "LOG_LEVEL": given.get("LOG_LEVEL") or "WARNING",
    }
    return {**given, **own}


def is_prepared(environ: Mapping[str, str], var: Path) -> bool:
    """Whether the demonstration's data is complete, of this database and of this software's tables."""
    complete = read_mark(var).get("revisions") == _revisions() and has_token(var)
    return is_made(environ, var) and complete


def begin(var: Path) -> None:
    """Note that a demonstration is being made here: if it stops half-way, the next start makes it anew."""
    (var / "demo").mkdir(mode=0o700, parents=True, exist_ok=True)
    (var / _BEGUN).touch()


def complete(environ: Mapping[str, str], var: Path) -> None:
    """Note that the data is complete, and the settings that other terminals need."""
    names = ("PUBLIC_URL", "TRUST_ANCHORS", "CRL_SOURCES")
    mark = {
        "database": database_of(environ, var),
        "revisions": _revisions(),
        "environment": {name: environ[name] for name in names},
    }
    (var / MARK).write_text(json.dumps(mark, indent=1))
    (var / _BEGUN).unlink(missing_ok=True)


def is_made(environ: Mapping[str, str], var: Path) -> bool:
    """Whether the database is one that a demonstration made and completed, by this software or an older one."""
    return read_mark(var).get("database") == database_of(environ, var)


def is_half_made(var: Path) -> bool:
    """Whether the making stopped half-way."""
    return (var / _BEGUN).exists()


def keep_token(var: Path, token: str) -> None:
    """Keep the bearer token of the demonstration court's own system."""
    write_private(var / _TOKEN, token.encode())


def has_token(var: Path) -> bool:
    """Whether the token was kept; demonstrations of older software have none."""
    return (var / _TOKEN).exists()


def token(var: Path) -> str:
    """Return the token that was kept."""
    return (var / _TOKEN).read_text()


def reset(environ: Mapping[str, str], var: Path) -> None:
    """Delete what a demonstration made: its database, keys and files. Raises Unfit for data that is not its own."""
    database = var / "amparo.db"
    if any(environ.get(name) for name in ("DATABASE_URL", "DATABASE_URL_FILE")):
        problem = "--reset deletes the demonstration's own database only, and DATABASE_URL names another."
        raise Unfit(Fault("DATABASE_URL", problem, "Empty that database by hand, or unset DATABASE_URL."))
    if database.exists() and not (is_made(environ, var) or is_half_made(var)):
        raise Unfit(not_ours(database))
    for file in (database, *var.glob("amparo.db-*")):
        file.unlink(missing_ok=True)
    if not environ.get("KEYS"):
        shutil.rmtree(var / "keys", ignore_errors=True)
    shutil.rmtree(var / "demo", ignore_errors=True)


def not_ours(database: Path | str) -> Fault:
    """The fault of a database that holds something else than a demonstration."""
    return Fault(
        "database",
        f"{database} holds data that no demonstration made.",
        "Set AMPARO_VAR to an empty directory.",
    )


def _revisions() -> list[str]:
    return sorted(path.name for path in VERSIONS.glob("*.py"))
