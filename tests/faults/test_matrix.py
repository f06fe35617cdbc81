"""Every fault of a provider by every way in which its callbacks may come: a story each, on both databases.

Nothing is lost; nobody gets a message twice, but for one mail whose acceptance nobody told us of; and after the
acknowledgement nothing that is late can ring anybody again.
"""

from collections import Counter
from dataclasses import dataclass
from itertools import count

import pytest
from sqlalchemy import text

from amparo_notify.cases import ending
from amparo_notify.core.order import OutcomeCode
from amparo_notify.demo.carrier_post import Callbacks
from amparo_notify.demo.faults import Fault, Road, busy, garbage, hang, refuse, reset
from tests.world import AGENT, CHIEF, Somebody, World

ROADS: tuple[Road, ...] = ("sms", "voice", "email")


@dataclass(frozen=True)
class Day:
    """What the provider does to the first request on each road."""

    name: str
    fault: Fault | None = None
    line_down: bool = False
    dead: bool = False  # it refuses for good
    doubtful: bool = False  # it took the message and did not say so


DAYS = (
    Day("accepted"),
    Day("refused for good", refuse(), dead=True),
    Day("429 with Retry-After", busy(429, retry_after=7)),
    Day("503", busy(503)),
    Day("connection refused", line_down=True),
    Day("silent before acceptance", hang(accepted=False)),
    Day("silent after acceptance", hang(accepted=True), doubtful=True),
    Day("cut before acceptance", reset(accepted=False)),
    Day("cut after acceptance", reset(accepted=True), doubtful=True),
    Day("200 with garbage", garbage(), doubtful=True),
)
WORDS = (
    Callbacks.NONE,
    Callbacks.LATE,
    Callbacks.DUPLICATED,
    Callbacks.REORDERED,
    Callbacks.FORGED,
)
UNHEARD = (Callbacks.NONE, Callbacks.LATE, Callbacks.FORGED)
_number = count(1)


@pytest.mark.parametrize("words", WORDS, ids=str)
@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.name)
def test_nothing_is_lost_nobody_is_told_twice_and_what_is_late_rings_nobody(
    world: World, day: Day, words: Callbacks
) -> None:
    world.carrier.callbacks = words
    folio = order_on(world, day)
    world.advance(seconds=100)
    who = CHIEF if day.dead else AGENT
    assert reached(world) == expected(who, day, words)
    settle(world, who, folio)
    world.advance(hours=3)
    world.carrier.deliver(late=True)
    world.advance(minutes=30)
    world.expect_silence()


def test_forged_callbacks_leave_no_trace(world: World) -> None:
    before = events(world)
    world.carrier.callbacks = Callbacks.FORGED
    folio = order_on(world, DAYS[0])
    world.advance(seconds=10)
    assert events(world) == before
    settle(world, AGENT, folio)
    world.advance(minutes=5)  # no true word came of its call: until then the phone counts as ringing


def test_a_provider_that_asks_for_time_is_given_it(world: World) -> None:
    for road in ROADS:
        world.carrier.faults.add(road, busy(429, retry_after=7))
    folio = world.submit(expediente=f"{next(_number)}/2027").folio
    world.advance(seconds=6.5)
    early = reached(world)
    world.advance(seconds=3)
    assert (early, reached(world)) == (Counter(), once(AGENT))
    settle(world, AGENT, folio)


def order_on(world: World, day: Day) -> str:
    """Submit an order on a bad day whose weather clears after each road's first request; return its folio."""
    if day.line_down:
        world.line.refuse()
    for road in ROADS if day.fault else ():
        world.carrier.faults.add(road, day.fault or refuse())
    folio = world.submit(expediente=f"{next(_number)}/2026").folio
    world.carrier.faults.clear()
    if day.line_down:
        world.line.accept()
    return folio


def reached(world: World) -> Counter[str]:
    return world.arrived() - world.accounted


def once(who: Somebody) -> Counter[str]:
    return Counter({f"{road} {who.badge}": 1 for road in ROADS})


def expected(who: Somebody, day: Day, words: Callbacks) -> Counter[str]:
    """One of each; a mail in doubt that no callback speaks of is sent again, for nobody can be asked."""
    again = {f"email {who.badge}": 1} if day.doubtful and words in UNHEARD else {}
    return once(who) + Counter(again)


def settle(world: World, who: Somebody, folio: str) -> None:
    """Acknowledge, report and close."""
    world.acknowledge(who)
    world.report(who, OutcomeCode.HALTED)
    ending.close(world.services, world.clerk(), folio, world.now)
    world.work()
    world.forget()


def events(world: World) -> int:
    with world.services.database.read() as tx:
        return int(tx.execute(text("SELECT count(*) FROM provider_event")).scalar_one())
