"""Starting a drill: an invented order with a paper that says so, through the same path as a real one."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import Connection

from amparo_notify.cases.drill_paper import drill_pdf
from amparo_notify.cases.manage import may
from amparo_notify.cases.services import Caller, Services
from amparo_notify.cases.settings_log import note
from amparo_notify.cases.submission import Submission
from amparo_notify.cases.submit import Accepted, commit_drill
from amparo_notify.cases.witness import CONFIGURATION
from amparo_notify.core.errors import Conflict, Fault, Missing
from amparo_notify.core.order import Person
from amparo_notify.core.verdict import Conclusion, Reason, Verdict
from amparo_notify.store import drills, people
from amparo_notify.store import vault as vaults
from amparo_notify.store.database import lock
from amparo_notify.store.people import DRILL_COURT, Station

_PHONE = "+525500000000"
"""Nobody's: a drill's notices must name a number, and no real court may be rung for one."""

_SENTENCE = "SIMULACRO: el documento es inventado y no lleva firma."


def start(services: Services, caller: Caller, station: str, now: datetime) -> Accepted:
    """Send an invented order to a station. Raises Missing, and Conflict where it is no time for a drill."""
    may(caller)
    with services.database.read() as tx:
        found = people.find_station(tx, code=station)
        if found is None:
            raise Missing(Fault("station", f"No existe la estación «{station}».", "Revise la lista."))
        _free(tx, found)
    number = _court(services, caller, now)
    person = Person(
        name="PERSONA INVENTADA SIMULACRO",
        nationality="Inventada",
        passport="SIMULACRO",
        airline="Aerolínea inventada",
        flight="SIM 000",
        destination="Ninguno",
        departs_at=_departure(now),
    )
    expediente = f"{number}/{now.year}"
    document = drill_pdf(expediente, person, found, now)
    digest = hashlib.sha256(document).hexdigest()
    verdict = Verdict(Conclusion.FAILED, Reason.NOT_SIGNED, _SENTENCE, "none", digest)
    submission = Submission(
        court=DRILL_COURT,
        expediente=expediente,
        stations=(station,),
        persons=(person,),
        document=document,
        instruction="SIMULACRO. Acuse de enterado e informe un resultado. No busque a nadie ni detenga ningún vuelo.",
        drill=True,
    )
    return commit_drill(services, submission, verdict, caller, now)


def _free(tx: Connection, station: Station) -> None:
    if drills.open_ids(tx, station.id):
        raise Conflict(
            Fault("station", "Ya hay un simulacro en curso aquí.", "Espere a que termine o termínelo.")
        )
    if drills.real_order_waits(tx, [station.id]):
        raise Conflict(
            Fault(
                "station",
                "La estación atiende una orden real.",
                "Haga el simulacro cuando haya informado el resultado.",
            )
        )


def _court(services: Services, caller: Caller, now: datetime) -> int:
    """Make the invented court the first time; return the number of its next expediente."""
    with services.database.write() as tx:
        lock(tx, CONFIGURATION)  # the first two drills may begin at once
        court = people.find_court(tx, code=DRILL_COURT)
        if court is None:
            court = people.add_court(
                tx, DRILL_COURT, "SIMULACRO, juzgado inventado", _PHONE, "America/Mexico_City"
            )
            vaults.create(tx, services.vault, f"court:{DRILL_COURT}")
            note(services, tx, caller.actor, "drill court made", now, court=DRILL_COURT)
        return people.next_folio(tx, court.id)


def _departure(now: datetime) -> datetime:
    """Three hours ahead, on a full five minutes, as timetables have it."""
    later = now + timedelta(hours=3)
    return later.replace(minute=later.minute - later.minute % 5, second=0, microsecond=0)
