"""Putting a change of the configuration on record."""

from datetime import datetime

from sqlalchemy import Connection

from amparo_notify.cases.services import Services
from amparo_notify.cases.witness import CONFIGURATION, Stream, witness
from amparo_notify.core.events import Event
from amparo_notify.core.evidence import Actor, Fact
from amparo_notify.store.database import lock


def note(
    services: Services, tx: Connection, actor: Actor, what: str, now: datetime, **details: object
) -> None:
    """Append to the configuration's log. Details name codes and badges, never people."""
    lock(tx, CONFIGURATION)
    fact = Fact(Event.CONFIGURED, now, actor, details={"what": what, **details})
    witness(services, tx, Stream(CONFIGURATION, "config"), fact, now)
