"""`amparo-notify db upgrade`: brings the tables up to date."""

import argparse

from sqlalchemy.exc import OperationalError

from amparo_notify.cli.common import GOOD, Commands, command, family, subcommands
from amparo_notify.cli.settings import configuration
from amparo_notify.core.errors import Fault, Unfit
from amparo_notify.store import migrations
from amparo_notify.store.database import Database


def add_parsers(commands: Commands) -> None:
    """Register `db`."""
    parser = family(commands, "db")
    upgrade_parser = command(
        subcommands(parser),
        "upgrade",
        "make or change the tables; safe to repeat, and on several hosts at once",
        "DATABASE_URL=postgresql://amparo@db.example/amparo amparo-notify db upgrade",
    )
    upgrade_parser.set_defaults(run=upgrade)


def upgrade(options: argparse.Namespace) -> int:
    """Bring the database to the newest revision, and say which."""
    config = configuration()
    if config.database_url.startswith("sqlite:///"):
        config.var.mkdir(parents=True, exist_ok=True)
    try:
        migrations.upgrade(config.database_url)
        database = Database(config.database_url, pool_size=1)
        print(f"The tables are at {migrations.current(database)}.")
        database.close()
    except OperationalError as error:
        problem = f"the database cannot be reached ({str(error.orig).splitlines()[0]})."
        raise Unfit(Fault("DATABASE_URL", problem, "Check the address, and that the server runs.")) from error
    return GOOD
