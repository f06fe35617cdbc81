"""A refused document: nothing is sent, and the refusal is on record in the court's own log."""

import hashlib
from datetime import datetime

from amparo_notify.cases.services import Caller, Services
from amparo_notify.cases.witness import Stream, witness
from amparo_notify.core.errors import Fault, Refusal
from amparo_notify.core.events import Event
from amparo_notify.core.evidence import Fact
from amparo_notify.core.verdict import Verdict
from amparo_notify.store.people import Court


class Rejected(Refusal):
    """The document is not what it must be: nothing is sent, and the refusal is on record."""

    status = 422

    def __init__(self, verdict: Verdict, remedy: str = "") -> None:
        super().__init__(Fault("document", verdict.explanation, remedy))
        self.verdict = verdict


def log_rejection(
    services: Services,
    court: Court,
    verdict: Verdict,
    document: bytes,
    expediente: str,
    caller: Caller,
    now: datetime,
    **details: object,
) -> None:
    """Leave a record of a refused upload in the court's own log."""
    said: dict[str, object] = {
        "verdict": str(verdict.conclusion),
        "reason": str(verdict.reason or ""),
        "upload_sha256": hashlib.sha256(document).hexdigest(),
        "expediente": expediente,
        **details,
    }
    with services.database.write(court.log) as tx:
        stream = Stream(court.log, f"court:{court.code}", document_sha256=verdict.document_sha256)
        witness(services, tx, stream, Fact(Event.REJECTED, now, caller.actor, details=said), now)
