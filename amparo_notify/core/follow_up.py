"""What follows from an outcome that is not the end: who is told, what is asked of whom, and when that is over.

The sentences are advice on the screen, not legal text; a litigator has to confirm what cites the Ley de Amparo.
"""

from dataclasses import dataclass
from enum import StrEnum

from amparo_notify.core.order import OutcomeCode


class Answerer(StrEnum):
    """Who has to do something now."""

    NOBODY = "nobody"
    STATION = "station"
    COURT = "court"


class Ends(StrEnum):
    """What ends a follow-up."""

    REPORT = "report"  # the report itself
    NEW_OUTCOME = "new_outcome"  # the station reports of this person again
    NEW_STATION = "new_station"  # the court adds the station where the person is
    COURT = "court"  # the court answers, or closes the order


@dataclass(frozen=True)
class FollowUp:
    """`asks` is one Spanish sentence to whom it concerns; `headquarters` are told besides the court."""

    of: Answerer
    ends: Ends
    asks: str
    headquarters: bool = False


DONE = FollowUp(Answerer.NOBODY, Ends.REPORT, "")

_TABLE = {
    OutcomeCode.TRANSFERRED: FollowUp(
        Answerer.COURT,
        Ends.NEW_STATION,
        "Agregue la estación migratoria a la que fue trasladada, para notificarla también ahí.",
        headquarters=True,
    ),
    OutcomeCode.DEPARTED: FollowUp(
        Answerer.COURT,
        Ends.COURT,
        "El vuelo ya salió: decida si ordena el retorno y a quién.",
        headquarters=True,
    ),
    OutcomeCode.IN_TRANSIT: FollowUp(
        Answerer.STATION,
        Ends.NEW_OUTCOME,
        "Pida a la aerolínea que la desembarque y vuelva a informar.",
        headquarters=True,
    ),
    OutcomeCode.NOT_FOUND: FollowUp(
        Answerer.STATION,
        Ends.NEW_OUTCOME,
        "Búsquela también con la aerolínea y en segunda revisión, y vuelva a informar.",
    ),
    OutcomeCode.IDENTITY_DOUBT: FollowUp(
        Answerer.COURT,
        Ends.COURT,
        "Aclare a la estación quién es la persona: otros nombres, fecha de nacimiento o pasaporte.",
    ),
    OutcomeCode.REFUSED: FollowUp(
        Answerer.COURT,
        Ends.COURT,
        "La estación se negó a recibir: asiente la razón actuarial y comuníquese con oficinas centrales.",
        headquarters=True,
    ),
    OutcomeCode.WRONG_STATION: FollowUp(
        Answerer.COURT,
        Ends.NEW_STATION,
        "Agregue la estación donde está la persona; oficinas centrales también lo sabe.",
        headquarters=True,
    ),
}


def follow_up(code: OutcomeCode) -> FollowUp:
    """Return what follows from an outcome; DONE where nothing does."""
    return _TABLE.get(code, DONE)
