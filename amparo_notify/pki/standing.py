"""What is known of one certificate's revocation: good, revoked or not consulted, from where, and how old."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

_NEVER = datetime(1, 1, 1, tzinfo=UTC)
STALE = "the answer is no longer in force"


class State(StrEnum):
    """Tri-state, in the words of the interface."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "not consulted"


@dataclass(frozen=True)
class Standing:
    """One answer. `source` says from where; `issued` and `revoked_at` are UTC."""

    state: State
    source: str = "none"
    issued: datetime | None = None
    revoked_at: datetime | None = None
    detail: str = ""

    @property
    def weight(self) -> tuple[bool, bool, datetime, bool]:
        """Revoked before good, good before nothing, the latest first, and a reason before none."""
        return (
            self.state is State.REVOKED,
            self.state is State.GOOD,
            self.issued or _NEVER,
            self.detail == STALE,
        )


NOBODY_ANSWERED = Standing(State.UNKNOWN, detail="no answer by this issuer")


def in_force(issued: datetime, until: datetime | None, moment: datetime) -> bool:
    """Whether an answer speaks for an instant: issued after it, or still in force at it."""
    return issued >= moment or (until is not None and moment <= until)


def aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
