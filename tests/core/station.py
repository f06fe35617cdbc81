"""An invented station: three agents in 24x48, a chief, the head of the station, headquarters and a court."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from amparo_notify.core.notice import Medium
from amparo_notify.core.policy import ALL_MEDIA, Level, Policy, Target
from amparo_notify.core.roster import Contact, Officer, Override, Roster, Rotation, Shift
from amparo_notify.core.state import Plan

EVERY_WAY = (Contact(Medium.SMS), Contact(Medium.VOICE), Contact(Medium.EMAIL))
EIGHT = time(8)


def officer(badge: str, post: str = "agente", contacts: tuple[Contact, ...] = EVERY_WAY) -> Officer:
    return Officer(badge, post, contacts)


def unreachable(badge: str, post: str = "agente") -> Officer:
    return Officer(badge, post, tuple(replace(contact, usable=False) for contact in EVERY_WAY))


def people(*officers: Officer) -> dict[str, Officer]:
    return {one.badge: one for one in officers}


def guard(name: str, *slots: tuple[str, ...], starts_on: date = date(2026, 1, 1)) -> Rotation:
    """One day on for each slot in turn, handed over at 08:00 local."""
    shifts = tuple(Shift(day, EIGHT, EIGHT, day) for day in range(len(slots)))
    return Rotation(name, starts_on, len(slots), shifts, slots)


PEOPLE = people(
    officer("A-1"),
    officer("A-2"),
    officer("A-3"),
    officer("J-1", "jefatura"),
    officer("T-1", "Titular"),
    officer("N-1", "oficinas centrales"),
    officer("C-1", "guardia del juzgado"),
)

BURBUJA = Roster(
    station="MEX-T1",
    time_zone="America/Mexico_City",
    officers=PEOPLE,
    rotations=(guard("agentes", ("A-1",), ("A-2",), ("A-3",)), guard("jefatura", ("J-1",))),
    headquarters=("N-1",),
    court=("C-1",),
)

NOON = datetime(2026, 3, 1, 18, tzinfo=UTC)
"""1 March 2026, 12:00 in Mexico City: day 59 of the cycle, so slot 2 (A-3) has served since 08:00."""


def after(**span: float) -> datetime:
    return NOON + timedelta(**span)


def without(roster: Roster, *badges: str) -> Roster:
    """The same roster, with these people out of reach."""
    gone = {badge: unreachable(badge, roster.officers[badge].post) for badge in badges}
    return replace(roster, officers={**roster.officers, **gone})


def covered(roster: Roster, *overrides: Override) -> Roster:
    return replace(roster, overrides=overrides)


def levels(*delays: int, media: tuple[Medium, ...] = ALL_MEDIA, repeat_after: int = 300) -> Policy:
    """Agents, chief, head of station, court: as many of them as there are delays."""
    targets = (
        Target("rotation", "agentes"),
        Target("rotation", "jefatura"),
        Target("post", "titular"),
        Target("court"),
    )
    chosen = zip(targets[: len(delays)], delays, strict=True)
    return Policy(tuple(Level((target,), media, delay) for target, delay in chosen), repeat_after)


def called(plan: Plan) -> list[str]:
    """Who is chased, once each, in order."""
    return list(dict.fromkeys(owed.badge for owed in plan.notices if owed.purpose == "chase"))


def informed(plan: Plan) -> list[str]:
    return list(dict.fromkeys(owed.badge for owed in plan.notices if owed.purpose == "inform"))


def events(plan: Plan) -> list[tuple[str, str, int]]:
    return [(step.event, step.reason, step.level) for step in plan.steps]
