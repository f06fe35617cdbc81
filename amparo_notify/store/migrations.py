"""Migrations: `upgrade(url)` brings a database to head; `head()` and `current(database)` tell where it stands."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from amparo_notify.store.database import Database

_FOLDER = Path(__file__).resolve().parents[2] / "migrations"


def upgrade(url: str) -> None:
    """Bring the database at `url` to head, in one transaction. Safe to run again, and on several hosts at once."""
    database = Database(url, pool_size=1, answer_within=None)
    try:
        with database.write() as tx:
            if not database.sqlite:
                tx.exec_driver_sql(
                    "SELECT pg_advisory_xact_lock(7269746)"
                )  # one host migrates, the others wait
            config = Config()
            config.set_main_option("script_location", str(_FOLDER))
            config.attributes["connection"] = tx
            command.upgrade(config, "head")
    finally:
        database.close()


def head() -> str:
    """The newest revision that this software knows."""
    return str(ScriptDirectory(str(_FOLDER)).get_current_head())


def current(database: Database) -> str | None:
    """The revision that the database is at, or None where it has no tables yet."""
    with database.read() as tx:
        return MigrationContext.configure(tx).get_current_revision()
