"""Services for one command: built, handed over, and put away. Imports everything that a case needs."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from sqlalchemy import inspect, text
from sqlalchemy.exc import OperationalError

from amparo_notify.bootstrap import NoJudge, build
from amparo_notify.cases.services import Services
from amparo_notify.cli.settings import configuration, newest_tables
from amparo_notify.config import Config
from amparo_notify.core.errors import Fault, Unfit
from amparo_notify.store.database import Database

_MIGRATE = "Run: amparo-notify db upgrade"


@contextmanager
def services(*, uploads: bool = False) -> Iterator[Services]:
    """Hand over the services of the configuration, on a database that is up to date. Raises Unfit."""
    config = configuration(uploads=uploads)
    with built(config, uploads=uploads) as made:
        require_tables(made.database)
        yield made


@contextmanager
def built(config: Config, *, uploads: bool) -> Iterator[Services]:
    """Hand over the services of `config`, and close their database afterwards."""
    made = build(config) if uploads else build(config, verifier=NoJudge())
    with closing(made.database):
        try:
            yield made
        except OperationalError as error:
            raise away(error) from error


def require_tables(database: Database) -> None:
    """Raise Unfit, with the remedy, where the database is away or its tables are not this software's."""
    revision = tables_at(database)
    if revision is None:
        raise Unfit(Fault("database", "it has no tables yet.", _MIGRATE))
    if revision != newest_tables():
        problem = f"its tables are at {revision}, this software is at {newest_tables()}."
        raise Unfit(Fault("database", problem, _MIGRATE))


def tables_at(database: Database) -> str | None:
    """Return the revision of the database, or None where it has no tables. Raises Unfit where it is away.

    Asked without Alembic, whose import costs every command a third of a second.
    """
    try:
        with database.read() as tx:
            if not inspect(tx).has_table("alembic_version"):
                return None
            return tx.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except OperationalError as error:
        raise away(error) from error


def away(error: OperationalError) -> Unfit:
    """The refusal for a database that cannot be reached. Names no address: it may hold a password."""
    problem = f"the database cannot be reached ({str(error.orig).splitlines()[0]})."
    return Unfit(Fault("DATABASE_URL", problem, "Check the address, and that the server runs."))
