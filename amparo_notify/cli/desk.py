"""Services for one command: built, handed over, and put away. Imports everything that a case needs."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime

from sqlalchemy.exc import OperationalError

from amparo_notify.bootstrap import build
from amparo_notify.cases.services import Services
from amparo_notify.cli.settings import configuration
from amparo_notify.config import Config
from amparo_notify.core.errors import Fault, Unfit
from amparo_notify.core.verdict import Examination
from amparo_notify.store import migrations
from amparo_notify.store.database import Database

_MIGRATE = "Run: amparo-notify db upgrade"


class NoJudge:
    """The verifier of a process that judges no uploads: a bad trust anchor must not stop it."""

    def examine(self, document: bytes, signature: bytes | None, moment: datetime) -> Examination:
        """Never called by a command that reads or manages. Raises Unfit."""
        raise Unfit(Fault("verifier", "this process judges no documents.", "Use amparo-notify submit."))


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
        yield made


def require_tables(database: Database) -> None:
    """Raise Unfit, with the remedy, where the database is away or its tables are not this software's."""
    try:
        revision = migrations.current(database)
    except OperationalError as error:
        problem = f"the database cannot be reached ({str(error.orig).splitlines()[0]})."
        raise Unfit(Fault("DATABASE_URL", problem, "Check the address, and that the server runs.")) from error
    if revision is None:
        raise Unfit(Fault("database", "it has no tables yet.", _MIGRATE))
    if revision != migrations.head():
        raise Unfit(
            Fault("database", f"its tables are at {revision}, this software is at {migrations.head()}.", _MIGRATE)
        )
