"""Alembic's door: the connection is handed over by `amparo_notify.store.migrations`."""

from alembic import context

from amparo_notify.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
