"""The world of the simulator: stations, sleepy people, dead telephones, providers that fail.

Every number here is an assumption to argue about and to change, not a measurement. The planner is the real one.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from amparo_notify.core.chance import Chance
from amparo_notify.core.notice import Medium
from amparo_notify.core.policy import (
    ALL_MEDIA,
    COURT,
    DEFAULT_POLICY,
    HEADQUARTERS,
    POST,
    ROTATION,
    Level,
    Policy,
    Target,
)
from amparo_notify.core.roster import Contact, Officer, Override, Roster, Rotation, Shift

BEGINS = datetime(2026, 3, 1, tzinfo=UTC)
"""The border's clocks change on 8 March."""

WEEKS = 4

POLICIES = {
    "de fábrica": DEFAULT_POLICY,
    "rápida": replace(
        DEFAULT_POLICY,
        levels=tuple(replace(level, delay=level.delay // 3) for level in DEFAULT_POLICY.levels),
        repeat_after=180,
    ),
    "solo SMS": replace(
        DEFAULT_POLICY, levels=tuple(replace(level, media=(Medium.SMS,)) for level in DEFAULT_POLICY.levels)
    ),
    "sin jefatura": Policy(
        (
            Level((Target(ROTATION, "agentes"),), ALL_MEDIA, 0),
            Level((Target(POST, "titular"), Target(HEADQUARTERS), Target(COURT)), ALL_MEDIA, 600),
        ),
        repeat_after=600,
    ),
}

ZONES = (
    "America/Mexico_City",
    "America/Monterrey",
    "America/Merida",
    "America/Cancun",
    "America/Chihuahua",
    "America/Ciudad_Juarez",
    "America/Matamoros",
    "America/Tijuana",
    "America/Hermosillo",
    "America/Mazatlan",
)
STATIONS = 40

NOTICES = {Medium.SMS: (0.45, 150.0), Medium.VOICE: (0.55, 25.0), Medium.EMAIL: (0.12, 900.0)}
"""By medium: how likely somebody awake and on duty notices a message, and after how many seconds on average."""

NIGHT = (0.55, range(6))
"""How much less likely at night, and the local hours that are night."""

ASLEEP = (0.12, 0.1)
"""Share of people who sleep through a watch, and how much less likely these notice anything."""

DEAD = 0.05
"""Share of contacts that no longer work; a provider says so after a few seconds."""

OUTAGES = (2, 90.0)
"""Outages of each medium's provider in a week, and their mean length in minutes."""


@dataclass(frozen=True)
class Outage:
    start: datetime
    end: datetime


@dataclass(frozen=True)
class World:
    """One drawn world."""

    chance: Chance
    stations: tuple[Roster, ...]
    outages: dict[Medium, tuple[Outage, ...]]

    def handed_over(self, medium: Medium, at: datetime) -> datetime:
        """Return when a provider takes a message offered at `at`: at once, or when its outage ends."""
        for outage in self.outages[medium]:
            if outage.start <= at < outage.end:
                return outage.end
        return at

    def noticed(
        self, roster: Roster, badge: str, medium: Medium, at: datetime, about: object
    ) -> datetime | None:
        """Return when somebody notices a message that arrives at `at`, or None."""
        probability, mean = NOTICES[medium]
        if self.chance.happens(ASLEEP[0], "asleep", badge, at.toordinal()):
            probability *= ASLEEP[1]
        if at.astimezone(roster.zone).hour in NIGHT[1]:
            probability *= NIGHT[0]
        if not self.chance.happens(probability, "notices", about):
            return None
        return at + timedelta(seconds=5 + self.chance.wait(mean, "after", about))

    def is_dead(self, badge: str, medium: Medium, about: object) -> bool:
        return self.chance.happens(DEAD, "dead", badge, medium, about)


def draw_world(seed: int) -> World:
    """Return the world of a seed."""
    chance = Chance(seed)
    stations = tuple(_station(chance, number) for number in range(STATIONS))
    return World(chance, stations, {medium: _outages(chance, medium) for medium in Medium})


def _station(chance: Chance, number: int) -> Roster:
    """A third keep guards of a day, the others of half a day or of office hours, with a night that nobody covers."""
    code = f"S{number:02}"
    agents, chiefs = [f"{code}-A{n}" for n in range(6)], [f"{code}-J{n}" for n in range(2)]
    pairs = tuple(tuple(agents[n : n + 2]) for n in (0, 2, 4))
    eight, twenty = time(8), time(20)
    cycles = {
        "24x48": (3, tuple(Shift(day, eight, eight, day) for day in range(3)), pairs),
        "12x24": (
            3,
            tuple(
                Shift(n // 2, *((eight, twenty) if n % 2 == 0 else (twenty, eight)), n % 3) for n in range(6)
            ),
            pairs,
        ),
        "office": (7, tuple(Shift(day, time(7), time(23), day % 3) for day in range(7)), pairs),
    }
    days, shifts, slots = cycles[chance.one_of(tuple(cycles), "cycle", number)]
    first = date(2026, 1, 1 + number % 7)
    rotations = (
        Rotation("agentes", first, days, shifts, slots),
        Rotation(
            "jefatura",
            first,
            2,
            tuple(Shift(day, eight, eight, day) for day in range(2)),
            ((chiefs[0],), (chiefs[1],)),
        ),
    )
    posts = dict.fromkeys(agents, "agente") | dict.fromkeys(chiefs, "jefatura") | {f"{code}-T": "titular"}
    posts |= {"INM-1": "oficinas centrales", "INM-2": "oficinas centrales", "JUZ-1": "guardia del juzgado"}
    ways = tuple(Contact(medium) for medium in Medium)
    officers = {badge: Officer(badge, post, ways) for badge, post in posts.items()}
    zone = ZONES[number % len(ZONES)]
    swaps = tuple(_swap(chance, number, week, agents) for week in range(WEEKS))
    return Roster(code, zone, 1, officers, rotations, swaps, ("INM-1", "INM-2"), ("JUZ-1",))


def _swap(chance: Chance, number: int, week: int, agents: list[str]) -> Override:
    """Once a week somebody covers for somebody else."""
    start = BEGINS + timedelta(weeks=week, hours=chance.between(0, 160, "swap", number, week))
    absent = int(chance.share("absent", number, week) * len(agents))
    cover = agents[(absent + 2) % len(agents)]
    return Override("agentes", start, start + timedelta(days=1), (cover,), (agents[absent],))


def _outages(chance: Chance, medium: Medium) -> tuple[Outage, ...]:
    count, mean = OUTAGES
    starts = [
        BEGINS + timedelta(weeks=week, hours=chance.between(0, 168, "outage", medium, week, n))
        for week in range(WEEKS)
        for n in range(count)
    ]
    return tuple(
        Outage(start, start + timedelta(minutes=chance.wait(mean, "lasts", medium, n)))
        for n, start in enumerate(sorted(starts))
    )
