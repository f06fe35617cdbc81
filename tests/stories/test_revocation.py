"""Doubt: orders held for want of revocation data, and verdicts that change when the data comes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from amparo_notify.cases import court, trust
from amparo_notify.cases.health import health
from amparo_notify.core.errors import Denied
from amparo_notify.core.events import Event
from amparo_notify.core.order import OrderState
from amparo_notify.core.ports import FetchedList
from amparo_notify.pki.current import CurrentJudge
from amparo_notify.pki.judge import Judge
from amparo_notify.store import crls, machines
from amparo_notify.store.database import Database
from tests.authority import NOW, authority, judge
from tests.world import AGENT, CHIEF, CLERK_ON_DUTY, HEADQUARTERS, World, telling, trusting


class Shelf:
    """The operator's sources, at the far end: empty until the story puts lists there."""

    def __init__(self) -> None:
        self.lists: dict[str, bytes] = {}

    def fetch(self) -> Iterator[FetchedList]:
        return (FetchedList(source, body) for source, body in self.lists.items())


@pytest.fixture(scope="module")
def blind() -> Iterator[Judge]:
    """A judge without any revocation list."""
    made = trusting(lists=False)
    yield made
    made.close()


@pytest.fixture
def doubtful(settled: Database, blind: Judge, keys: Path) -> Iterator[World]:
    """A world whose revocation lists have not come yet."""
    with telling(settled, blind, keys) as world:
        database = world.services.database

        def version() -> str:
            with database.read() as tx:
                return crls.version(tx)

        def lists() -> list[bytes]:
            with database.read() as tx:
                return crls.bodies(tx)

        blind.refresh(blind.trust.with_crls([]))
        current = CurrentJudge(blind, version, lists)
        world.services = replace(world.services, verifier=current, lists=Shelf())
        yield world


def arrive(world: World, revoked: tuple[object, ...] = ()) -> None:
    """The revocation lists come, and the worker judges anew."""
    shelf = world.services.lists
    assert isinstance(shelf, Shelf)
    shelf.lists = {f"list {n}": body for n, body in enumerate(authority().crls(NOW, revoked))}  # type: ignore[arg-type]
    assert trust.refresh_lists(world.services, world.now)
    trust.judge_anew(world.services, world.now)
    world.work()


def test_an_order_without_revocation_data_waits_for_its_court_and_goes_out_marked(doubtful: World) -> None:
    accepted = doubtful.submit()
    assert accepted.state is OrderState.HELD
    doubtful.expect_rung(CLERK_ON_DUTY)
    doubtful.advance(seconds=119)
    doubtful.expect_silence()
    doubtful.advance(seconds=1)
    doubtful.expect_rung(AGENT)
    assert doubtful.view(accepted.folio).order.marked


def test_inside_an_hour_and_a_half_of_departure_it_does_not_wait_at_all(doubtful: World) -> None:
    doubtful.submit(persons=doubtful.departing(minutes=89))
    doubtful.expect(AGENT, "sms", "voice", "email")
    doubtful.forget()


def test_lists_are_kept_all_at_once_so_that_nobody_judges_by_half_of_them(doubtful: World) -> None:
    seen: list[int] = []

    class Slow(Shelf):
        def fetch(self) -> Iterator[FetchedList]:
            for n, body in enumerate(authority().crls(NOW)):
                with doubtful.services.database.read() as tx:
                    seen.append(len(crls.bodies(tx)))
                yield FetchedList(f"list {n}", body)

    trust.refresh_lists(replace(doubtful.services, lists=Slow()), doubtful.now)
    assert seen == [0, 0]


def test_fresh_data_releases_a_held_order_unmarked(doubtful: World) -> None:
    folio = doubtful.submit().folio
    doubtful.expect_rung(CLERK_ON_DUTY)
    arrive(doubtful)
    doubtful.expect_rung(AGENT)
    assert not doubtful.view(folio).order.marked


def test_fresh_data_clears_the_mark_of_an_order_that_went_out_and_says_so(doubtful: World) -> None:
    folio = doubtful.submit().folio
    doubtful.advance(minutes=2)
    doubtful.forget()
    arrive(doubtful)
    doubtful.expect_told(AGENT, CLERK_ON_DUTY)
    assert not doubtful.view(folio).order.marked


def test_a_signer_revoked_before_signing_alarms_the_court_and_the_chase_goes_on(doubtful: World) -> None:
    folio = doubtful.submit().folio
    doubtful.advance(minutes=2)
    doubtful.forget()
    arrive(doubtful, revoked=((judge().x509.serial_number, NOW - timedelta(days=1)),))
    assert Event.REJUDGED in [entry.event for entry in doubtful.view(folio).timeline]
    assert "revocado" in " ".join(each.body for each in doubtful.carrier.texts(CLERK_ON_DUTY.phone))
    doubtful.forget()
    doubtful.advance(minutes=3)
    doubtful.expect_rung(CHIEF)


def test_a_held_order_whose_signer_is_revoked_never_goes_out_by_itself(doubtful: World) -> None:
    doubtful.submit()
    arrive(doubtful, revoked=((judge().x509.serial_number, NOW - timedelta(days=1)),))
    doubtful.forget()
    doubtful.advance(minutes=30)
    arrived = doubtful.arrived()
    assert not any(who.badge in key for key in arrived for who in (AGENT, CHIEF, HEADQUARTERS))
    doubtful.forget()


def test_judging_anew_with_nothing_new_changes_nothing(doubtful: World) -> None:
    doubtful.submit()
    doubtful.expect_rung(CLERK_ON_DUTY)
    assert trust.judge_anew(doubtful.services, doubtful.now) == 0


def test_whoever_submitted_an_order_cannot_confirm_it(doubtful: World) -> None:
    accepted = doubtful.submit()
    doubtful.expect_rung(CLERK_ON_DUTY)
    with pytest.raises(Denied):
        court.confirm(doubtful.services, doubtful.clerk(), accepted.folio, doubtful.now)


def test_hosts_that_trust_differently_raise_an_alarm(world: World) -> None:
    with world.services.database.write() as tx:
        machines.beat(tx, "otro anfitrión", world.now, "f" * 64)
    assert "trust" in [fault.field for fault in health(world.services, world.now).faults]


def test_a_revocation_list_that_ran_out_raises_an_alarm(doubtful: World) -> None:
    arrive(doubtful)
    with doubtful.services.database.write() as tx:
        crls.keep(tx, "list 0", b"otra", doubtful.now - timedelta(hours=1), doubtful.now)
    assert "revocation" in [fault.field for fault in health(doubtful.services, doubtful.now).faults]
