"""People who change: new phones, and those who leave. Every change is on record and the plan is made anew."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Row

from amparo_notify.cases.escalate import plan_station_anew
from amparo_notify.cases.manage import NewOfficer, may, note, read_contacts
from amparo_notify.cases.services import Caller, Services
from amparo_notify.core.errors import Conflict, Fault, Invalid, Missing
from amparo_notify.store import people, staff


def change_contacts(
    services: Services, caller: Caller, badge: str, phones: Sequence[str], mails: Sequence[str], now: datetime
) -> None:
    """Give an officer these phones and mails in place of the former, first choice first. Raises Invalid, Missing.

    An address that stays keeps its confirmation; a new one has to be confirmed.
    """
    may(caller)
    faults: list[Fault] = []
    contacts = read_contacts(services, NewOfficer(badge, "", "", phones, mails), faults)
    if not contacts and not faults:
        faults.append(
            Fault(
                "phone", "Falta a dónde avisarle.", "Indique al menos un teléfono o un correo, o dé de baja."
            )
        )
    if faults:
        raise Invalid(*faults)
    with services.database.write() as tx:
        officer = _officer(tx, badge)
        people.replace_contacts(tx, services.vault, badge, contacts)
        note(services, tx, caller, "contacts changed", now, officer=badge, contacts=len(contacts))
    _plan_anew(services, officer, now)


def set_active(services: Services, caller: Caller, badge: str, active: bool, now: datetime) -> None:
    """Retire an officer, or take them back. Whoever has left is called no more, whatever the roster says."""
    may(caller)
    with services.database.write() as tx:
        officer = _officer(tx, badge)
        people.set_active(tx, badge, active)
        note(services, tx, caller, "officer back" if active else "officer retired", now, officer=badge)
    _plan_anew(services, officer, now)


def retire_staff(services: Services, caller: Caller, username: str, now: datetime) -> None:
    """Let a clerk, an administrator or a system go: sessions and tokens end at once. Raises Missing, Conflict."""
    may(caller)
    with services.database.write() as tx:
        found = staff.find(tx, username=username)
        if found is None:
            raise Missing(Fault("username", f"No existe «{username}».", "Revise la lista de cuentas."))
        if found.id == caller.staff:
            raise Conflict(
                Fault("username", "Es su propia cuenta.", "Pida a otra persona que la dé de baja.")
            )
        staff.retire(tx, found.id)
        note(services, tx, caller, "staff retired", now, staff=found.id)


def _officer(tx: Connection, badge: str) -> Row[tuple[object, ...]]:
    found = people.find_officer(tx, badge=badge)
    if found is None:
        raise Missing(Fault("badge", f"No existe {badge}.", "Revise la lista de oficiales."))
    return found


def _plan_anew(services: Services, officer: Row[tuple[object, ...]], now: datetime) -> None:
    if officer.station is not None:
        plan_station_anew(services, officer.station, now)
