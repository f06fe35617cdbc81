"""Where one escalation stands, and what a plan answers: flat values that a store can keep as columns."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from amparo_notify.core.notice import Cause, Medium, Purpose


class Phase(StrEnum):
    """Where one escalation, (order, station), stands."""

    HELD = "held"  # the order is held; nothing is owed to this station yet
    CHASING = "chasing"  # nobody has acknowledged
    PAUSED = "paused"  # acknowledged by reply or keypad; somebody must read the order by `display_due`
    ACKNOWLEDGED = "acknowledged"  # the outcome's clock runs until `outcome_due`
    OVERDUE = "overdue"  # the outcome is late: the chase goes on, one level up
    REPORTED = "reported"  # every person's outcome is known; the court closes
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


SILENT = frozenset({Phase.HELD, Phase.WITHDRAWN, Phase.CLOSED})
"""Nothing is owed to the station."""

CHASES = frozenset({Phase.CHASING, Phase.OVERDUE})
"""Somebody is being called."""


@dataclass(frozen=True)
class State:
    """All that the plan needs to know of an escalation. Instants are aware UTC."""

    phase: Phase
    opened_at: datetime
    departs_at: datetime | None = None  # the earliest departure of a person not yet settled
    round: int = 1
    level: int = 0  # the last level fired in this round; 0 before the first
    fired_at: datetime | None = None  # when it was due to fire: the next delay counts from here
    display_due: datetime | None = None
    outcome_due: datetime | None = None
    told: frozenset[str] = frozenset()  # badges with a notice of this escalation, of any kind
    adrift: bool = (
        False  # everybody was reported, and somebody is no station's: only the court can say where they are
    )
    cause: Cause = Cause.ORDER  # of the chase; HOLD for the escalation of a held order to its own court


@dataclass(frozen=True)
class Owed:
    """One notice that is owed now."""

    badge: str
    medium: Medium
    contact: int
    purpose: Purpose
    cause: Cause
    round: int
    level: int
    first: bool  # of the first round: goes out before any repeat
    due_at: datetime  # when it was owed; lateness is evidence
    detail: str = ""

    @property
    def key(self) -> str:
        """Unique within an escalation: planning the same twice writes one notice."""
        parts = (
            self.purpose,
            self.cause,
            self.round,
            self.level,
            self.badge,
            self.medium,
            self.contact,
            self.detail,
        )
        return ":".join(map(str, parts))


@dataclass(frozen=True)
class Step:
    """One thing that the plan did, for the log: a level fired or skipped, an alarm, a deadline passed.

    Events: escalated, skipped, copied (COMAR's desk got its copy, or has no contact), exhausted (the last level passed
    unanswered), alarm, display_overdue, outcome_overdue, shift_changed, reminded. Reasons of a level: opened,
    unacknowledged, departure_near, nobody_on_duty, all_contacts_failed, display_overdue, outcome_overdue; of an alarm
    or reminder, which is also the detail of its notices: nobody, exhausted, outcome_overdue, adrift, close.
    """

    event: str
    reason: str
    round: int
    level: int
    due_at: datetime
    recipients: tuple[
        tuple[str, str], ...
    ] = ()  # (badge, "rotation agentes" | "override agentes" | "post …" | "fallback …")
    left_out: tuple[tuple[str, str], ...] = ()  # (badge, why)


@dataclass(frozen=True)
class Plan:
    """What is owed now. Apply it, and planning again at the same instant owes nothing."""

    state: State
    notices: tuple[Owed, ...]
    steps: tuple[Step, ...]
    next_at: datetime | None  # None only when withdrawn, closed or held
