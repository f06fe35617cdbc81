"""What follows from an outcome."""

import pytest

from amparo_notify.core.follow_up import DONE, Ends, follow_up
from amparo_notify.core.order import OutcomeCode


@pytest.mark.parametrize("code", OutcomeCode)
def test_an_outcome_that_leaves_somebody_open_asks_something_of_somebody(code: OutcomeCode) -> None:
    assert code.settles or follow_up(code) != DONE


@pytest.mark.parametrize("code", OutcomeCode)
def test_what_is_asked_is_a_sentence_and_has_an_end_other_than_the_report(code: OutcomeCode) -> None:
    found = follow_up(code)
    assert found == DONE or (found.asks.endswith(".") and found.ends is not Ends.REPORT)


def test_a_return_that_was_halted_is_the_end() -> None:
    assert follow_up(OutcomeCode.HALTED) is DONE


def test_the_wrong_station_ends_when_the_right_one_is_added() -> None:
    assert follow_up(OutcomeCode.WRONG_STATION).ends is Ends.NEW_STATION
