"""Migrations: they can be run again, and their end is what the code expects."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from amparo_notify.store.database import Database
from amparo_notify.store.migrations import current, head, upgrade
from amparo_notify.store.tables import metadata


def test_a_migrated_database_has_exactly_the_tables_of_the_code(database_url: str) -> None:
    database = Database(database_url)
    with database.read() as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
    database.close()
    assert differences == []


def test_migrating_again_changes_nothing(database_url: str) -> None:
    upgrade(database_url)
    database = Database(database_url)
    assert current(database) == head()
    database.close()
