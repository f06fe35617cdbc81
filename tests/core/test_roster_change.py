"""What a new version of a roster changes, and what it costs: said before it is written."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo_notify.core.notice import Medium
from amparo_notify.core.roster import Contact, Officer, Override, Roster, Rotation, Shift
from amparo_notify.core.roster_change import FAR, SOON, changes, horizon, losses

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)  # noon in Mexico City; A and B serve until eight in the morning
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
END = NOW + 14 * DAY
EIGHT = time(8)


def officer(badge: str, *, usable: bool = True, verified: bool = True) -> Officer:
    return Officer(badge, f"agente {badge}", (Contact(Medium.SMS, usable=usable, verified=verified),))


def roster(minimum: int = 2) -> Roster:
    """Three pairs, 24x48; Q can be called and has confirmed nothing, Z cannot be called at all."""
    people = {badge: officer(badge) for badge in "ABCDEF"}
    people |= {"Q": officer("Q", verified=False), "Z": officer("Z", usable=False)}
    guard = tuple(Shift(day, EIGHT, EIGHT, day) for day in range(3))
    pairs = (("A", "B"), ("C", "D"), ("E", "F"))
    cycle = Rotation("agentes", date(2026, 11, 21), 3, guard, pairs, minimum)
    return Roster("MEX-T1", "America/Mexico_City", 1, people, (cycle,))


def covered(by: tuple[str, ...], instead: tuple[str, ...] = (), start: datetime = NOW + HOUR) -> Roster:
    """The roster with a substitution of four hours."""
    return replace(roster(), overrides=(Override("agentes", start, start + 4 * HOUR, by, instead),))


def test_the_same_schedule_changes_nothing_and_costs_nothing() -> None:
    assert changes(roster(), roster(), NOW, END) == losses(roster(), roster(), NOW, END) == ()


def test_a_substitution_changes_who_serves_for_exactly_its_time() -> None:
    (change,) = changes(roster(), covered(("C",), ("A",)), NOW, END)
    assert (change.start, change.end) == (NOW + HOUR, NOW + 5 * HOUR)
    assert (change.before, change.after) == (("A", "B"), ("B", "C"))


def test_one_for_one_costs_nothing() -> None:
    assert losses(roster(), covered(("C",), ("A",)), NOW, END) == ()


@pytest.mark.parametrize(
    ("new", "left", "confirmed"),
    [
        (covered(("C",)), 1, False),  # one in place of two
        (covered(("Z",), ("A",)), 1, False),  # somebody whom no notice reaches
        (covered(("Q",), ("A",)), 1, True),  # somebody who has confirmed nothing
    ],
)
def test_fewer_than_the_minimum_is_a_loss_with_its_hours(new: Roster, left: int, confirmed: bool) -> None:
    (loss,) = losses(roster(), new, NOW, END)
    assert (loss.start, loss.end) == (NOW + HOUR, NOW + 5 * HOUR)
    assert (loss.before, loss.after, loss.minimum, loss.confirmed) == (2, left, 2, confirmed)


def test_a_loss_is_said_in_the_stations_time() -> None:
    (loss,) = losses(roster(), covered(("C",)), NOW, END)
    assert loss.sentence(roster()) == (
        "«agentes» quedaría con 1 de 2 personas localizables del 21/11/2026 13:00 al 21/11/2026 17:00; antes eran 2."
    )


def test_a_minimum_lowered_in_the_same_breath_hides_no_loss() -> None:
    thin = replace(roster(1).rotations[0], slots=(("A",), ("C",), ("E",)))
    found = losses(roster(2), replace(roster(), rotations=(thin,)), NOW, END)
    assert [(loss.start, loss.end, loss.after) for loss in found] == [(NOW, END, 1)]


def test_fewer_people_above_the_minimum_are_no_loss() -> None:
    assert losses(roster(1), replace(covered(("C",)), rotations=roster(1).rotations), NOW, END) == ()


def test_a_rotation_that_goes_is_lost_as_far_as_one_looks() -> None:
    (loss,) = losses(roster(), replace(roster(), rotations=()), NOW, END)
    assert (loss.start, loss.end, loss.after) == (NOW, END, 0)


def test_a_rotation_that_comes_costs_nothing() -> None:
    assert losses(replace(roster(), rotations=()), roster(), NOW, END) == ()


def test_what_was_uncovered_before_is_no_loss_of_this_change() -> None:
    before = covered(("C",))
    elsewhere = Override("agentes", NOW + 6 * HOUR, NOW + 7 * HOUR, ("C",), ("A",))
    assert losses(before, replace(before, overrides=(*before.overrides, elsewhere)), NOW, END) == ()


def test_one_looks_four_weeks_ahead_and_as_far_as_a_substitution_that_is_new_or_gone() -> None:
    far = covered(("C",), ("A",), start=NOW + 90 * DAY)
    assert horizon(roster(), roster(), NOW) == NOW + SOON
    assert horizon(roster(), far, NOW) == horizon(far, roster(), NOW) == NOW + 90 * DAY + 4 * HOUR
    assert horizon(far, far, NOW) == NOW + SOON


def test_one_looks_two_of_the_longest_cycles_ahead_and_never_more_than_a_year() -> None:
    long = replace(roster(), rotations=(replace(roster().rotations[0], days=42),))
    assert horizon(roster(), long, NOW) == NOW + 84 * DAY
    assert horizon(roster(), covered(("C",), start=NOW + 900 * DAY), NOW) == NOW + FAR


@given(
    st.lists(
        st.tuples(
            st.integers(-48, 300), st.integers(1, 60), st.sampled_from("ABCDEF"), st.sampled_from("ABCDEF")
        ),
        max_size=4,
    ),
    st.integers(0, 14 * 24 - 1),
)
def test_a_change_is_said_of_an_instant_if_and_only_if_other_people_serve(
    made: list[tuple[int, int, str, str]], hours: int
) -> None:
    overrides = tuple(
        Override("agentes", NOW + start * HOUR, NOW + (start + length) * HOUR, (by,), (instead,))
        for start, length, by, instead in made
    )
    new, at = replace(roster(), overrides=overrides), NOW + hours * HOUR
    said = [change for change in changes(roster(), new, NOW, END) if change.start <= at < change.end]
    was, will = ({duty.badge for duty in each.on_duty("agentes", at)} for each in (roster(), new))
    assert len(said) == (was != will)
    assert all((set(change.before), set(change.after)) == (was, will) for change in said)


def test_a_rotation_that_nobody_ever_relieves_is_compared_too() -> None:
    alone = Rotation("titular", date(2026, 11, 1), 1, (Shift(0, EIGHT, EIGHT, 0),), (("A",),))
    other = replace(alone, slots=(("B",),))
    before, after = (replace(roster(), rotations=(each,)) for each in (alone, other))
    (change,) = changes(before, after, NOW, END)
    assert (change.start, change.end, change.before, change.after) == (NOW, END, ("A",), ("B",))
