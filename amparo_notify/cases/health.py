"""Whether the service could notify somebody now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from amparo_notify.cases.services import Services
from amparo_notify.cases.standing import standing
from amparo_notify.cases.watch import UNREAD_AFTER
from amparo_notify.core.errors import Fault
from amparo_notify.core.notice import Medium
from amparo_notify.store import crls, inbound, machines, outbox

SILENT_AFTER = timedelta(seconds=30)
"""A worker that has not been heard of for this long is not there."""

LATE_AFTER = timedelta(seconds=60)


@dataclass(frozen=True)
class Health:
    database: bool
    worker_seen_at: datetime | None
    overdue_notices: int
    faults: tuple[Fault, ...]
    warnings: Mapping[str, int]  # gaps and people out of reach in the coming day; never a fault

    @property
    def ready(self) -> bool:
        return self.database and not self.faults


def health(services: Services, now: datetime) -> Health:
    """Every fault at once. For alarms: a gap in a roster must never take uploads away."""
    faults = [
        Fault(str(medium), "No hay proveedor para este medio.", "Configure sus credenciales.")
        for medium in Medium
        if not services.providers.get(medium)
    ]
    try:
        with services.database.read() as tx:
            seen, overdue = outbox.last_beat(tx), outbox.overdue(tx, now - LATE_AFTER)
            faults += _trust_faults(services, tx, now)
            faults += [
                Fault("texts", f"No se leen los textos que recibe {provider}.", "Revise el proveedor.")
                for provider in inbound.unread(tx, now - UNREAD_AFTER)
            ]
        found = standing(services, now)
    except SQLAlchemyError as error:
        away = Fault("database", f"No responde ({type(error).__name__}).", "Revise la base.")
        return Health(False, None, 0, (away,), {})
    faults += [Fault(code, "No tiene política.", "Guarde una.") for code in found.without_policy]
    faults += [
        Fault(code, "No hay a quién avisar.", "Dé de alta oficiales con contacto.")
        for code in found.without_people
    ]
    if seen is None or now - seen > SILENT_AFTER:
        faults.append(Fault("worker", "No da señales.", "Inicie amparo-notify worker."))
    if overdue:
        faults.append(
            Fault(
                "notices", f"{overdue} avisos llevan más de un minuto sin salir.", "Revise los proveedores."
            )
        )
    return Health(True, seen, overdue, tuple(faults), found.warnings)


def _trust_faults(services: Services, tx: Connection, now: datetime) -> list[Fault]:
    """What is wrong with what verdicts rest on: hosts that differ, lists that ran out."""
    own = {services.verifier.fingerprint} - {""}
    faults = [
        Fault("revocation", f"La lista {each.source} venció.", "Revise CRL_SOURCES y la conexión.")
        for each in crls.kept(tx)
        if each.next_update is not None and each.next_update < now
    ]
    if len(machines.trusts(tx, now - SILENT_AFTER) | own) > 1:
        faults.append(
            Fault(
                "trust", "Los servidores confían en anclas distintas.", "Ponga las mismas en TRUST_ANCHORS."
            )
        )
    return faults
