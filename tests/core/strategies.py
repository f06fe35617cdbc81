"""Random stations, policies and instants for the property tests."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import strategies as st

from amparo_notify.core.notice import Medium
from amparo_notify.core.policy import Level, Policy, Target
from amparo_notify.core.roster import Contact, Officer, Override, Roster, Rotation, Shift

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
"""Every zone of a Mexican airport (domain.md, section 4)."""

BADGES = tuple(f"A-{number}" for number in range(6))
CENTRAL, COURT, DESKS = ("N-1", "N-2"), ("C-1",), ("CO-1", "CO-2")
TITULAR = "T-1"

seconds = st.integers(0, 900)
zones = st.sampled_from(ZONES)
instants = st.datetimes(datetime(2026, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  # zone apart
walls = st.builds(time, st.integers(0, 23), st.sampled_from((0, 30)))
targets = st.sampled_from(
    (
        Target("rotation", "agentes"),
        Target("rotation", "jefatura"),
        Target("rotation", "nadie"),
        Target("post", "titular"),
        Target("headquarters"),
        Target("court"),
        Target("comar"),
    )
)
media = st.lists(st.sampled_from(Medium), min_size=1, max_size=3, unique=True).map(tuple)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """One to five levels of any targets; a quarter of them ask for a signature."""
    count = draw(st.integers(1, 5))
    levels = tuple(
        Level(
            tuple(draw(st.lists(targets, min_size=1, max_size=3))),
            draw(media),
            draw(seconds) if number else 0,
        )
        for number in range(count)
    )
    return Policy(
        levels, draw(st.integers(1, 3600)), required_grade=draw(st.sampled_from(("A2", "A2", "A2", "A3")))
    )


@st.composite
def rotations(draw: st.DrawFn, name: str) -> Rotation:
    """Any cycle of up to four days, with gaps and overlaps; not always one that would be accepted."""
    days = draw(st.integers(1, 4))
    slots = draw(st.lists(st.lists(st.sampled_from(BADGES), max_size=2).map(tuple), min_size=1, max_size=3))
    shift = st.builds(Shift, st.integers(0, days - 1), walls, walls, st.integers(0, len(slots) - 1))
    shifts = draw(st.lists(shift, max_size=5))
    starts_on = draw(st.dates(date(2025, 12, 1), date(2026, 2, 1)))
    return Rotation(name, starts_on, days, tuple(shifts), tuple(slots))


contacts = st.lists(
    st.builds(
        Contact,
        st.sampled_from(Medium),
        st.integers(0, 2),
        verified=st.booleans(),
        usable=st.sampled_from((True, True, False)),
    ),
    max_size=4,
    unique_by=lambda contact: (contact.medium, contact.position),
).map(tuple)


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    """A station with people of whom some cannot be reached, and perhaps nobody at all."""
    known = draw(st.lists(st.sampled_from((*BADGES, TITULAR, *CENTRAL, *COURT)), unique=True))
    officers = {
        badge: Officer(badge, "titular" if badge == TITULAR else "agente", draw(contacts)) for badge in known
    }
    return Roster(
        "XXX",
        draw(zones),
        officers=officers,
        rotations=(draw(rotations("agentes")), draw(rotations("jefatura"))),
        headquarters=tuple(badge for badge in CENTRAL if badge in officers),
        court=COURT,
        comar=tuple(
            Officer(badge, "COMAR", draw(contacts), desk=True)
            for badge in draw(st.lists(st.sampled_from(DESKS), unique=True))
        ),
    )


def overrides(at: datetime) -> st.SearchStrategy[Override]:
    """A change of a rotation that begins within a day of `at`."""
    return st.builds(
        lambda rotation, wait, length, officers, replaces: Override(
            rotation, at + timedelta(minutes=wait), at + timedelta(minutes=wait + length), officers, replaces
        ),
        st.sampled_from(("agentes", "jefatura")),
        st.integers(-600, 1440),
        st.integers(1, 3000),
        st.lists(st.sampled_from(BADGES), min_size=1, max_size=2, unique=True).map(tuple),
        st.lists(st.sampled_from(BADGES), max_size=2, unique=True).map(tuple),
    )


def broken(roster: Roster, badge: str, usable: bool) -> Roster:
    """The roster with every contact of one person failed, or mended."""
    if badge not in roster.officers:
        return roster
    officer = roster.officers[badge]
    now = replace(officer, contacts=tuple(replace(contact, usable=usable) for contact in officer.contacts))
    return replace(roster, officers={**roster.officers, badge: now})
