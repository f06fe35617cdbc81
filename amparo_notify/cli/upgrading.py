"""Brings a database's tables up to date, or says why it cannot."""

from contextlib import closing

from sqlalchemy.exc import OperationalError

from amparo_notify.cli.desk import away, tables_at
from amparo_notify.cli.settings import newest_tables
from amparo_notify.config import Config
from amparo_notify.core.errors import Fault, Unfit
from amparo_notify.store import migrations
from amparo_notify.store.database import Database


def bring_up_to_date(config: Config) -> None:
    """Migrate the database of `config`. Raises Unfit where it is away, or newer than this software."""
    if config.database_url.startswith("sqlite:///"):
        config.var.mkdir(parents=True, exist_ok=True)
    with closing(Database(config.database_url, pool_size=1)) as database:
        revision = tables_at(database)
    if revision is not None and revision > newest_tables():
        problem = f"its tables are at {revision}, newer than this software ({newest_tables()})."
        raise Unfit(Fault("database", problem, "Install the newer software, or restore an older database."))
    try:
        migrations.upgrade(config.database_url)
    except OperationalError as error:
        raise away(error) from error
