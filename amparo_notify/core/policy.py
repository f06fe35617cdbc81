"""Escalation policy: levels, their targets and delays. Immutable once used."""

from dataclasses import dataclass

from amparo_notify.core.notice import Medium


@dataclass(frozen=True)
class Target:
    """Whom a level reaches."""

    kind: str  # "rotation" (those on duty) | "post" | "headquarters" | "court"
    name: str = ""  # the rotation's or the post's


@dataclass(frozen=True)
class Level:
    targets: tuple[Target, ...]
    media: tuple[Medium, ...]  # all started at the same instant
    delay: int  # seconds after the level before it fired; 0 for the first


@dataclass(frozen=True)
class Policy:
    """Delays in seconds throughout."""

    levels: tuple[Level, ...]
    repeat_after: int  # from the last level to the next round
    display_within: int = 180  # from an acknowledgement by reply or keypad to somebody reading the order
    outcome_within: int = 900  # from the acknowledgement to the report of every person
    required_grade: str = "A2"
    version: int = 1
