"""What a roster leaves to luck."""

from dataclasses import replace
from datetime import date, time

from amparo_notify.core.coverage import Concern, Worry, concerns
from amparo_notify.core.roster import Roster, Rotation, Shift
from tests.core.station import BURBUJA, EIGHT, NOON, after, guard, officer, without

PAIRS = replace(
    BURBUJA,
    officers={**BURBUJA.officers, **{badge: officer(badge, "jefatura") for badge in ("J-2", "A-4")}},
    rotations=(guard("agentes", ("A-1", "A-4"), ("A-2", "A-3")), guard("jefatura", ("J-1", "J-2"))),
)


def worries(roster: Roster, days: int = 4) -> list[Concern]:
    return list(concerns(roster, NOON, after(days=days)))


def kinds(roster: Roster) -> list[tuple[Worry, str]]:
    return [(concern.kind, concern.subject) for concern in worries(roster)]


def test_a_roster_with_two_people_always_within_reach_is_no_worry() -> None:
    assert worries(PAIRS) == []


def test_hours_with_too_few_people_are_one_gap_however_many_watches_they_span() -> None:
    short = replace(guard("agentes", ("A-1",), ("A-2",)), minimum=2)
    gaps = [concern for concern in worries(replace(PAIRS, rotations=(short,))) if concern.kind is Worry.GAP]
    assert [(gap.start, gap.end) for gap in gaps] == [(NOON, after(days=4))]


def test_a_gap_is_told_in_the_local_time_of_the_station() -> None:
    roster = replace(
        BURBUJA,
        rotations=(Rotation("agentes", date(2026, 1, 1), 1, (Shift(0, EIGHT, time(20), 0),), (("A-1",),)),),
    )
    assert worries(roster, 1)[0].sentence == (
        "«agentes» tiene 0 de 1 personas localizables desde el 01/03/2026 a las 20:00, durante 12 h."
    )


def test_somebody_without_a_working_contact_is_unreachable() -> None:
    assert (Worry.UNREACHABLE, "T-1") in kinds(without(PAIRS, "T-1"))


def test_somebody_who_confirmed_nothing_is_unverified() -> None:
    unsure = tuple(replace(contact, verified=False) for contact in officer("T-1").contacts)
    roster = replace(PAIRS, officers={**PAIRS.officers, "T-1": officer("T-1", "titular", unsure)})
    assert kinds(roster) == [(Worry.UNVERIFIED, "T-1")]


def test_a_rotation_that_hangs_on_one_person_names_them_once() -> None:
    found = [
        concern.sentence
        for concern in worries(replace(PAIRS, rotations=(guard("jefatura", ("J-1",), ("J-1", "J-2")),)))
    ]
    assert found == ["En «jefatura» hay turnos en que solo se puede avisar a J-1."]


def test_a_colleague_out_of_reach_does_not_help() -> None:
    assert (Worry.SINGLE, "jefatura") in kinds(without(PAIRS, "J-2"))


def test_a_badge_that_is_nobody_does_not_help() -> None:
    roster = replace(PAIRS, rotations=(guard("jefatura", ("J-1", "X-9")),))
    assert kinds(roster) == [(Worry.SINGLE, "jefatura")]


def test_one_person_in_two_rotations_at_once_is_a_worry_told_once() -> None:
    roster = replace(PAIRS, rotations=(PAIRS.rotations[0], guard("jefatura", ("J-1", "A-1"))))
    assert kinds(roster) == [(Worry.DOUBLE, "A-1")]


def test_one_person_in_two_rotations_at_different_times_is_none() -> None:
    roster = replace(PAIRS, rotations=(PAIRS.rotations[0], guard("jefatura", ("A-2", "J-2"), ("A-1", "J-1"))))
    assert kinds(roster) == []


def test_the_worst_comes_first() -> None:
    alone = without(replace(PAIRS, rotations=(guard("jefatura", ("J-1",), ("J-2",)),)), "J-2")
    found = [kind for kind, _ in kinds(alone)]
    assert list(dict.fromkeys(found)) == [Worry.GAP, Worry.UNREACHABLE, Worry.SINGLE]
