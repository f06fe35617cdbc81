"""How long a doubtful order waits."""

from datetime import timedelta

import pytest

from amparo_notify.core.hold import release_at
from amparo_notify.core.verdict import Reason
from tests.core.station import NOON, after


def test_an_order_that_lacks_revocation_data_waits_two_minutes() -> None:
    assert release_at(Reason.TRY_LATER, True, NOON, None) == after(seconds=120)


def test_an_order_that_lacks_a_time_stamp_waits_two_minutes() -> None:
    assert release_at(Reason.OUT_OF_BOUNDS_NO_POE, True, NOON, after(hours=5)) == after(seconds=120)


def test_an_order_goes_out_at_once_inside_ninety_minutes_of_departure() -> None:
    assert release_at(Reason.TRY_LATER, True, NOON, after(minutes=89)) == NOON


def test_the_wait_ends_ninety_minutes_before_departure() -> None:
    assert release_at(Reason.TRY_LATER, True, NOON, after(minutes=91)) == NOON + timedelta(minutes=1)


def test_an_order_after_its_departure_goes_out_at_once() -> None:
    assert release_at(Reason.TRY_LATER, True, NOON, after(minutes=-5)) == NOON


def test_an_unregistered_signer_waits_for_a_person() -> None:
    assert release_at(None, False, NOON, after(minutes=5)) is None


@pytest.mark.parametrize("reason", sorted(set(Reason) - {Reason.TRY_LATER, Reason.OUT_OF_BOUNDS_NO_POE}))
def test_any_other_doubt_waits_for_a_person(reason: Reason) -> None:
    assert release_at(reason, True, NOON, None) is None
