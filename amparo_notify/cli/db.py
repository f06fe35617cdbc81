"""`amparo-notify db upgrade`: brings the tables up to date."""

import argparse

from amparo_notify.cli.common import GOOD, Commands, command, family, subcommands
from amparo_notify.cli.settings import configuration, newest_tables
from amparo_notify.cli.upgrading import bring_up_to_date


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
    bring_up_to_date(configuration())
    print(f"The tables are at {newest_tables()}.")
    return GOOD
