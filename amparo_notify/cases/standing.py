"""Whether stations have somebody to reach, as of less than a minute ago: `/readyz` and `/metrics` ask several times
a minute, and every roster's coming day is more than an answer should cost."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from amparo_notify.cases.services import Services
from amparo_notify.core.coverage import Worry, concerns
from amparo_notify.store import findings, people, rosters

SOON = timedelta(days=1)
"""How far ahead warnings look."""

LOOK_EVERY = 20
"""Seconds between two looks of each worker."""

YOUNG, GOOD_FOR = timedelta(seconds=15), timedelta(seconds=50)
"""What is this young nobody looks for again; what is older than that nobody goes by."""

_JOB = "standing"
_WARNED = (Worry.GAP, Worry.UNREACHABLE)


@dataclass(frozen=True)
class Standing:
    """Codes of stations that cannot work, and how many gaps and people out of reach the next day has, by kind."""

    without_policy: tuple[str, ...]
    without_people: tuple[str, ...]
    warnings: Mapping[str, int]


def look(services: Services, now: datetime) -> bool:
    """Look at every station and keep what is found; return whether it was this worker's turn."""
    with services.database.read() as tx:
        if findings.newest(tx, _JOB, now - YOUNG) is not None:
            return False
    found = _found(services, now)
    with services.database.write() as tx:
        findings.keep(tx, _JOB, now, asdict(found))
    return True


def standing(services: Services, now: datetime) -> Standing:
    """What a worker found last; where none has looked for a while, what there is to be found now."""
    with services.database.read() as tx:
        kept = findings.newest(tx, _JOB, now - GOOD_FOR)
    if kept is None:
        return _found(services, now)
    return Standing(tuple(kept["without_policy"]), tuple(kept["without_people"]), kept["warnings"])


def _found(services: Services, now: datetime) -> Standing:
    with services.database.read() as tx:
        every = people.stations(tx)
        unruled = [each.code for each in every if rosters.current_policy(tx, each) is None]
        found = {each.code: rosters.current_roster(tx, each) for each in every}
    unpeopled = [
        code
        for code, roster in found.items()
        if code not in unruled and not any(each.reachable for each in roster.officers.values())
    ]
    kinds = (each.kind for roster in found.values() for each in concerns(roster, now, now + SOON))
    warned = Counter(str(kind) for kind in kinds if kind in _WARNED)
    return Standing(tuple(unruled), tuple(unpeopled), dict(warned))
