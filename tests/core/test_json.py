"""Rosters and policies as JSON documents."""

import json
from dataclasses import replace
from typing import Any

import pytest

from amparo_notify.core.errors import Invalid
from amparo_notify.core.policy import DEFAULT_POLICY, HOLD_POLICY, Policy, policy_from_json, policy_to_json
from amparo_notify.core.roster import Override, roster_from_json, roster_to_json, with_people
from tests.core.station import BURBUJA, NOON, after, covered

WRITTEN = covered(BURBUJA, Override("agentes", NOON, after(hours=1), ("A-1",), ("A-3",)))


def roster_json() -> Any:
    return json.loads(json.dumps(roster_to_json(WRITTEN)))


def policy_json() -> Any:
    return json.loads(json.dumps(policy_to_json(DEFAULT_POLICY)))


def refused(data: Any) -> list[str]:
    with pytest.raises(Invalid) as refusal:
        roster_from_json(data)
    assert all(fault.remedy for fault in refusal.value.faults)
    return [fault.field for fault in refusal.value.faults]


@pytest.mark.parametrize(
    "policy", [DEFAULT_POLICY, HOLD_POLICY, replace(DEFAULT_POLICY, version=7, required_grade="A3")]
)
def test_a_policy_comes_back_as_it_was(policy: Policy) -> None:
    assert policy_from_json(json.loads(json.dumps(policy_to_json(policy)))) == policy


def test_a_roster_comes_back_as_it_was_with_its_people() -> None:
    assert with_people(roster_from_json(roster_json()), WRITTEN.officers, WRITTEN.court) == WRITTEN


def test_the_document_of_a_roster_holds_no_people() -> None:
    assert set(roster_json()) == {"station", "time_zone", "version", "rotations", "overrides", "headquarters"}


def test_fields_with_a_default_may_be_left_out() -> None:
    assert roster_from_json({"station": "MEX-T1", "time_zone": "America/Mexico_City"}).rotations == ()


def test_an_unknown_field_is_a_fault() -> None:
    assert refused({**roster_json(), "oficiales": []}) == ["oficiales"]


def test_a_missing_field_is_a_fault() -> None:
    data = roster_json()
    del data["rotations"][1]["days"]
    assert refused(data) == ["rotations[1].days"]


def test_every_fault_is_listed_with_its_place() -> None:
    data = roster_json()
    data["rotations"][0] |= {"days": "tres", "starts_on": "mañana", "minimum": True}
    data["rotations"][1]["shifts"][0] |= {"start": "25:00"}
    data["overrides"][0] |= {"start": "2026-03-01T12:00:00", "officers": "A-1", "replaces": [7]}
    assert refused(data) == [
        "rotations[0].starts_on",
        "rotations[0].days",
        "rotations[0].minimum",
        "rotations[1].shifts[0].start",
        "overrides[0].start",
        "overrides[0].officers",
        "overrides[0].replaces[0]",
    ]


@pytest.mark.parametrize("data", [[], None, "rol", 3])
def test_anything_but_an_object_is_a_fault(data: object) -> None:
    assert refused(data) == [""]


def test_an_unknown_medium_is_a_fault() -> None:
    data = policy_json()
    data["levels"][2]["media"].append("paloma")
    with pytest.raises(Invalid, match=r"levels\[2\].media\[3\]: «paloma» no se conoce"):
        policy_from_json(data)


def test_a_number_is_no_instant() -> None:
    data = roster_json()
    data["overrides"][0]["end"] = 1_772_000_000
    assert refused(data) == ["overrides[0].end"]
