"""An order: what a court submits, in the words of the Ley de Amparo."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

DOOR_MARGIN = timedelta(minutes=45)
"""Doors can close half an hour before the slot: the working deadline is departure less this."""

LEGAL_GROUND = "artículos 15, 126, 136 y 160 de la Ley de Amparo"


class Suspension(StrEnum):
    """Kind of suspension (Ley de Amparo, arts. 126, 127-128 and 139)."""

    DE_PLANO = "de_plano"
    PROVISIONAL = "provisional"
    DEFINITIVA = "definitiva"


class OrderState(StrEnum):
    """Where an order as a whole stands; each (order, station) has a phase of its own besides."""

    HELD = "held"  # waits for a second authorised person of the court
    OPEN = "open"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"

    @property
    def ended(self) -> bool:
        """Whether nobody is chased for it any more."""
        return self in (OrderState.WITHDRAWN, OrderState.CLOSED)


class Ending(StrEnum):
    """What a person of the court asks for and a second one confirms: one alone silences no order."""

    WITHDRAWAL = "withdrawal"  # a clerical mistake: whoever was told is told again
    CLOSING = "closing"  # before every station has reported


class DocumentKind(StrEnum):
    INITIAL = "initial"
    EXTENSION = "extension"
    MODIFICATION = "modification"
    REVOCATION = "revocation"


class OutcomeCode(StrEnum):
    """What an officer can report of one person (domain.md, section 3)."""

    HALTED = "halted"
    HELD_NO_FLIGHT = "held_no_flight"
    DISEMBARKED = "disembarked"
    DEPARTED = "departed"
    IN_TRANSIT = "in_transit"
    NOT_FOUND = "not_found"
    ADMITTED = "admitted"
    TRANSFERRED = "transferred"
    COMAR = "comar"
    OTHER_AUTHORITY = "other_authority"
    IDENTITY_DOUBT = "identity_doubt"
    REFUSED = "refused"
    WRONG_STATION = "wrong_station"

    @property
    def settles(self) -> bool:
        """Whether nothing more is asked of any station about this person."""
        return self in {
            OutcomeCode.HALTED,
            OutcomeCode.HELD_NO_FLIGHT,
            OutcomeCode.DISEMBARKED,
            OutcomeCode.ADMITTED,
            OutcomeCode.TRANSFERRED,
            OutcomeCode.COMAR,
            OutcomeCode.OTHER_AUTHORITY,
            OutcomeCode.DEPARTED,
        }

    @property
    def ends_here(self) -> bool:
        """Whether nothing more is asked of the station that reports it."""
        return self.settles or self is OutcomeCode.WRONG_STATION


@dataclass(frozen=True)
class Person:
    """A protected person. Any one identity field is enough (Ley de Amparo, art. 15); all may be misspelt."""

    name: str = ""
    aliases: str = ""
    nationality: str = ""
    born: str = ""
    passport: str = ""
    held_at: str = ""
    airline: str = ""
    flight: str = ""
    destination: str = ""
    departs_at: datetime | None = None

    @property
    def identified(self) -> bool:
        return any((self.name, self.aliases, self.passport))


def deadline(departs_at: datetime | None) -> datetime | None:
    """The instant by which the return must be stopped (UTC), or None with no departure known."""
    return departs_at - DOOR_MARGIN if departs_at else None
