"""Rosters change one version at a time: nobody writes over somebody else, and lost hours have a name beside them."""

import threading
from dataclasses import replace

import pytest

from amparo_notify.cases import manage, personnel, versions
from amparo_notify.cases.services import OPERATOR, Caller
from amparo_notify.cases.witness import CONFIGURATION, timeline
from amparo_notify.core.errors import Missing
from amparo_notify.core.roster import Roster
from tests.world import STATION, World


@pytest.fixture
def admin(world: World) -> Caller:
    """An administrator who is no shell."""
    personnel.add_staff(world.services, OPERATOR, "administradora", "Alma Ficticia", "admin", None, world.now)
    found = next(each for each in personnel.staff_list(world.services) if each.username == "administradora")
    return Caller(found.id, None, "admin", "passkey")


def kept(world: World) -> Roster:
    return manage.roster_of(world.services, STATION)


def without_chief(world: World) -> Roster:
    return replace(kept(world), rotations=kept(world).rotations[:1])


def renamed(world: World, number: int) -> Roster:
    """A change that costs nobody anything."""
    *others, last = kept(world).rotations
    return replace(kept(world), rotations=(*others, last, replace(last, name=f"otra {number}")))


def test_a_change_begun_over_an_older_version_is_refused_and_nothing_is_written(
    world: World, admin: Caller
) -> None:
    begun = kept(world).version
    manage.save_roster(world.services, OPERATOR, STATION, renamed(world, 1), world.now)
    with pytest.raises(versions.Stale):
        manage.save_roster(world.services, admin, STATION, renamed(world, 2), world.now, over=begun)
    assert kept(world).version == begun + 1


def test_of_many_who_save_over_one_version_at_once_exactly_one_does(world: World, admin: Caller) -> None:
    begun, outcomes = kept(world).version, []

    def save(number: int) -> None:
        try:
            manage.save_roster(world.services, admin, STATION, renamed(world, number), world.now, over=begun)
            outcomes.append("saved")
        except versions.Stale:
            outcomes.append("stale")

    hands = [threading.Thread(target=save, args=(number,)) for number in range(6)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert sorted(outcomes) == ["saved", *["stale"] * 5]
    assert kept(world).version == begun + 1


def test_hours_without_people_are_written_only_by_whoever_accepts_them_and_that_is_on_record(
    world: World, admin: Caller
) -> None:
    new = without_chief(world)
    with pytest.raises(versions.Uncovered) as refused:
        manage.save_roster(world.services, admin, STATION, new, world.now)
    assert "«jefatura» quedaría con 0 de 1 personas" in refused.value.faults[0].problem
    accepted = versions.acceptance(versions.lost_by(kept(world), new, world.now))
    version = manage.save_roster(world.services, admin, STATION, new, world.now, accepted=accepted)
    with world.services.database.read() as tx:
        record = timeline(world.services, tx, CONFIGURATION)[-1]
    assert record["actor"] == admin.actor.who
    assert record["details"]["version"] == version  # type: ignore[index]
    assert "«jefatura»" in record["details"]["accepted"][0]  # type: ignore[index]


def test_what_was_accepted_an_hour_ago_still_names_the_same_loss(world: World) -> None:
    new, before = without_chief(world), kept(world)
    earlier = versions.acceptance(versions.lost_by(before, new, world.now))
    world.advance(minutes=10)
    assert versions.acceptance(versions.lost_by(before, new, world.now)) == earlier != ""


def test_the_history_says_who_wrote_each_version_newest_first(world: World, admin: Caller) -> None:
    manage.save_roster(world.services, admin, STATION, renamed(world, 1), world.now)
    found = versions.history(world.services, STATION)
    assert [each.roster.version for each in found] == sorted(
        (each.roster.version for each in found), reverse=True
    )
    assert [found[0].by, found[-1].by] == ["administradora", "consola"]
    assert versions.history(world.services, STATION, before=2)[0].roster.version == 1


def test_a_station_that_is_not_there_has_no_history(world: World) -> None:
    with pytest.raises(Missing):
        versions.history(world.services, "NADIE")
