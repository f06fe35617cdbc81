"""What rosters leave to luck: said when one is written, told to headquarters every day after, and never in the way."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from amparo_notify.cases.direct import post
from amparo_notify.cases.services import Services
from amparo_notify.cases.settings_log import note
from amparo_notify.cases.witness import CONFIGURATION
from amparo_notify.core.coverage import Concern, Worry, concerns
from amparo_notify.core.events import Grade
from amparo_notify.core.evidence import Actor
from amparo_notify.core.notice import Medium
from amparo_notify.store import machines, passkeys, people, rosters
from amparo_notify.store.people import Station

AHEAD = timedelta(days=7)
"""How far ahead a roster is looked at."""

WATCH_EVERY = 3600
"""Seconds between two looks; the first one after six in the morning of central Mexico (UTC-6) does the day's work."""

MOST = 12
"""Sentences of one station that a mail holds; it says how many more there are."""

_SIX = timedelta(hours=12)
_GOOD_FOR = 86_400
WATCHMAN = Actor("system:coverage")
_log = structlog.get_logger()


def concerns_of(services: Services, station: str, now: datetime) -> tuple[Concern, ...]:
    """What should worry a station about its roster in the coming week, the worst first."""
    with services.database.read() as tx:
        found = people.find_station(tx, code=station)
        if found is None:
            return ()
        roster, unsigned = rosters.current_roster(tx, found), _unsigned(tx, found)
    return unsigned + concerns(roster, now, now + AHEAD)


def everywhere(services: Services, now: datetime) -> dict[str, tuple[Concern, ...]]:
    """Station code to its concerns in the coming week, for those that have any."""
    with services.database.read() as tx:
        every = [
            (each.code, rosters.current_roster(tx, each), _unsigned(tx, each)) for each in people.stations(tx)
        ]
    found = {code: unsigned + concerns(roster, now, now + AHEAD) for code, roster, unsigned in every}
    return {code: own for code, own in found.items() if own}


def _unsigned(tx: Connection, station: Station) -> tuple[Concern, ...]:
    """What to say where a policy asks for signatures and the last passkey of the station is gone."""
    version = rosters.current_policy(tx, station)
    if version is None or version.policy.required_grade != Grade.A3 or passkeys.can_sign(tx, station.id):
        return ()
    sentence = (
        "La política pide acuses firmados y nadie de la estación puede firmar: ninguno detendría los avisos."
    )
    return (Concern(Worry.UNSIGNED, station.code, sentence),)


def sentences(own: Sequence[Concern]) -> list[str]:
    """What to say of a station's concerns, the worst first; who has confirmed nothing is named in one sentence."""
    unconfirmed = [each.subject for each in own if each.kind is Worry.UNVERIFIED]
    said = [each.sentence for each in own if each.kind is not Worry.UNVERIFIED]
    if len(unconfirmed) == 1:
        said += [each.sentence for each in own if each.kind is Worry.UNVERIFIED]
    elif unconfirmed:
        said.append(
            f"{len(unconfirmed)} personas no han confirmado ningún contacto: {', '.join(unconfirmed)}."
        )
    return said


def watch(services: Services, now: datetime) -> int:
    """Once a day on all hosts: put the concerns on record and mail them to headquarters; return how many mails went."""
    day = (now - _SIX).replace(hour=0, minute=0, second=0, microsecond=0) + _SIX
    found = everywhere(services, now)
    if not found:
        return 0
    counts = {code: dict(Counter(str(each.kind) for each in own)) for code, own in found.items()}
    with services.database.write(CONFIGURATION) as tx:
        if machines.take_slot(tx, "coverage", day):
            note(services, tx, WATCHMAN, "coverage", now, stations=counts)
        told = [
            badge for badge in people.officers(tx) if machines.take_slot(tx, f"coverage {badge}"[:40], day)
        ]
    return sum(_mail(services, badge, found, day) for badge in told)


def _mail(services: Services, badge: str, found: Mapping[str, tuple[Concern, ...]], day: datetime) -> int:
    """Mail one person; what no provider takes now is tried again at the next look."""
    with services.database.read() as tx:
        to = people.address(tx, services.vault, badge, Medium.EMAIL, 0)
    if to is None:
        return 0
    stations = [
        (code, [each.sentence for each in own[:MOST]], len(own[MOST:])) for code, own in found.items()
    ]
    link = services.url("/admin/guardia")
    if post(services, "coverage", Medium.EMAIL, to, _GOOD_FOR, stations=stations, link=link):
        return 1
    with services.database.write() as tx:
        machines.give_slot(tx, f"coverage {badge}"[:40], day)
    return 0
