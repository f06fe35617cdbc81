"""What makes a roster or a policy unfit: every fault at once, each with its remedy."""

from dataclasses import replace
from datetime import date, datetime, time

import pytest

from amparo_notify.core.errors import Invalid
from amparo_notify.core.notice import Medium
from amparo_notify.core.policy import DEFAULT_POLICY, HOLD_POLICY, Level, Policy, Target
from amparo_notify.core.roster import Override, Roster, Rotation, Shift
from tests.core.station import BURBUJA, EIGHT, NOON, after, covered, guard, levels

ONE = guard("agentes", ("A-1",), ("A-2",))


def wrong(roster: Roster) -> list[str]:
    return [f"{fault.field} {fault.problem}" for fault in roster.faults()]


def rotated(rotation: Rotation) -> Roster:
    return replace(BURBUJA, rotations=(rotation,))


def cover(**changes: object) -> Override:
    return replace(Override("agentes", NOON, after(hours=1), ("A-1",), ("A-3",)), **changes)  # type: ignore[arg-type]


def test_a_good_roster_has_no_fault() -> None:
    assert BURBUJA.checked() is BURBUJA


def test_a_roster_with_faults_is_refused_with_all_of_them() -> None:
    roster = replace(BURBUJA, time_zone="Mexico/Luna", headquarters=("X-1", "X-2"))
    with pytest.raises(Invalid) as refusal:
        roster.checked()
    assert [fault.field for fault in refusal.value.faults] == ["time_zone", "headquarters", "headquarters"]


def test_every_fault_has_a_remedy() -> None:
    roster = replace(
        covered(rotated(replace(ONE, days=0, slots=((),), minimum=0)), cover(officers=())), time_zone=""
    )
    assert all(fault.remedy for fault in roster.faults())


@pytest.mark.parametrize("zone", ["Mexico/Luna", "../../etc/passwd", "", "America"])
def test_an_unknown_zone_is_a_fault(zone: str) -> None:
    assert "huso horario" in wrong(replace(BURBUJA, time_zone=zone))[0]


BAD_ROTATIONS = {
    "no ciclo": (replace(ONE, days=0), "ni un día"),
    "no turnos": (replace(ONE, shifts=()), "No tiene turnos"),
    "vacía": (replace(ONE, slots=(("A-1",), ())), "no tiene a nadie"),
    "sin mínimo": (replace(ONE, minimum=0), "menor que uno"),
    "fuera del ciclo": (replace(ONE, shifts=(Shift(2, EIGHT, EIGHT, 0),)), "no está en un ciclo de 2"),
    "antes del ciclo": (replace(ONE, shifts=(Shift(-1, EIGHT, EIGHT, 0),)), "no está en un ciclo de 2"),
    "sin guardia": (replace(ONE, shifts=(Shift(0, EIGHT, EIGHT, 2),)), "La guardia 2 no existe"),
    "con huso": (
        replace(ONE, shifts=(Shift(0, EIGHT.replace(tzinfo=NOON.tzinfo), EIGHT, 0),)),
        "son locales",
    ),
    "desconocida": (replace(ONE, slots=(("A-1",), ("X-9",))), "«X-9» no es de nadie"),
    "sin nombre": (replace(ONE, name=""), "no tiene nombre"),
}


@pytest.mark.parametrize(("rotation", "problem"), BAD_ROTATIONS.values(), ids=BAD_ROTATIONS)
def test_a_rotation_that_cannot_be_served_is_a_fault(rotation: Rotation, problem: str) -> None:
    assert problem in " ".join(fault.problem for fault in rotated(rotation).faults())


def test_two_rotations_of_one_name_are_a_fault() -> None:
    assert "se llaman igual" in wrong(replace(BURBUJA, rotations=(ONE, ONE)))[0]


@pytest.mark.parametrize(
    "shifts",
    [
        (Shift(0, EIGHT, EIGHT, 0), Shift(0, time(20), time(23), 0)),
        (Shift(1, EIGHT, time(9), 0), Shift(0, time(20), time(19), 0)),
        (Shift(0, time(1), time(2), 0), Shift(1, time(20), time(8), 0)),
    ],
    ids=["the same day", "into the next day", "over the end of the cycle"],
)
def test_watches_that_overlap_for_one_person_are_a_fault(shifts: tuple[Shift, ...]) -> None:
    (fault,) = rotated(replace(ONE, shifts=shifts)).faults()
    assert "se enciman para A-1" in fault.problem


def test_watches_that_only_meet_are_no_fault() -> None:
    assert rotated(replace(ONE, slots=(("A-1",), ("A-1",)))).faults() == ()


def test_watches_of_two_people_may_overlap() -> None:
    shifts = (Shift(0, EIGHT, EIGHT, 0), Shift(0, time(20), time(23), 1))
    assert rotated(replace(ONE, shifts=shifts)).faults() == ()


BAD_OVERRIDES = {
    "rotation": (cover(rotation="delegación"), "no existe"),
    "length": (cover(end=NOON), "no dura nada"),
    "backwards": (cover(end=after(hours=-1)), "no dura nada"),
    "naive": (cover(end=datetime(2026, 3, 1)), "Falta el huso"),  # noqa: DTZ001  # the fault itself
    "nobody": (cover(officers=()), "no dice quién"),
    "stranger": (cover(officers=("X-9",)), "«X-9» no es de nadie"),
    "self": (cover(officers=("A-3",)), "se cubre a sí misma"),
}


@pytest.mark.parametrize(("override", "problem"), BAD_OVERRIDES.values(), ids=BAD_OVERRIDES)
def test_an_override_that_cannot_be_served_is_a_fault(override: Override, problem: str) -> None:
    (fault,) = covered(BURBUJA, override).faults()
    assert (fault.field, problem in fault.problem) == ("overrides[0]", True)


def test_a_cyclic_swap_is_a_fault_of_each_of_its_parts() -> None:
    circle = [("A-1", "A-3"), ("A-2", "A-1"), ("A-3", "A-2")]
    roster = covered(BURBUJA, *(cover(officers=(one,), replaces=(other,)) for one, other in circle))
    assert [fault.field for fault in roster.faults()] == ["overrides[0]", "overrides[1]", "overrides[2]"]


def test_a_swap_at_two_different_times_is_no_circle() -> None:
    back = Override("agentes", after(hours=1), after(hours=2), ("A-3",), ("A-1",))
    assert covered(BURBUJA, cover(), back).faults() == ()


def test_a_chain_of_covers_is_no_circle() -> None:
    assert covered(BURBUJA, cover(), cover(officers=("A-2",), replaces=("A-1",))).faults() == ()


@pytest.mark.parametrize("policy", [DEFAULT_POLICY, HOLD_POLICY, levels(0, 180, 300, 300)])
def test_a_good_policy_has_no_fault(policy: Policy) -> None:
    assert policy.checked() is policy


TARGETS = (Target("court"),)
BAD_POLICIES = {
    "empty": (Policy((), 300), "no tiene niveles"),
    "dead-ended": (levels(0, 180), "no tiene salida"),
    "nobody": (
        Policy((Level((), (Medium.SMS,), 0), Level(TARGETS, (Medium.SMS,), 0)), 300),
        "no avisa a nadie",
    ),
    "no medium": (Policy((Level(TARGETS, (), 0),), 300), "no tiene medios"),
    "twice": (Policy((Level(TARGETS, (Medium.SMS, Medium.SMS), 0),), 300), "repetido"),
    "first waits": (Policy((Level(TARGETS, (Medium.SMS,), 5),), 300), "no puede esperar"),
    "negative": (
        replace(DEFAULT_POLICY, levels=(*DEFAULT_POLICY.levels, Level(TARGETS, (Medium.SMS,), -1))),
        "espera",
    ),
    "kind": (Policy((Level((*TARGETS, Target("consulado")), (Medium.SMS,), 0),), 300), "no es un destino"),
    "nameless": (Policy((Level((*TARGETS, Target("post")), (Medium.SMS,), 0),), 300), "Falta el nombre"),
    "repeat": (replace(DEFAULT_POLICY, repeat_after=0), "plazo"),
    "display": (replace(DEFAULT_POLICY, display_within=90_000), "plazo"),
    "outcome": (replace(DEFAULT_POLICY, outcome_within=-1), "plazo"),
    "grade": (replace(DEFAULT_POLICY, required_grade="A1"), "no basta"),
}


@pytest.mark.parametrize(("policy", "problem"), BAD_POLICIES.values(), ids=BAD_POLICIES)
def test_a_policy_that_could_leave_an_order_waiting_is_refused(policy: Policy, problem: str) -> None:
    with pytest.raises(Invalid) as refusal:
        policy.checked()
    assert [problem in fault.problem for fault in refusal.value.faults] == [True]


def test_a_rotation_begins_on_a_day_of_its_own() -> None:
    assert rotated(replace(ONE, starts_on=date(2028, 2, 29))).faults() == ()
