"""Which words of a carrier condemn an address for the rest of an order, and which leave it to be tried again."""

import pytest

from amparo_notify.cases.listen import dead
from amparo_notify.channels.twilio_words import DEAD_ADDRESS, OURS_TO_MEND
from amparo_notify.core.notice import Medium


@pytest.mark.parametrize("code", DEAD_ADDRESS)
def test_a_text_to_a_number_that_cannot_take_one_condemns_it(code: str) -> None:
    assert dead(Medium.SMS, f"undelivered {code}")


@pytest.mark.parametrize("code", [*OURS_TO_MEND, "30001", "30003", "30004", "30008", "30022", "30410", ""])
def test_a_phone_that_is_off_or_a_fault_of_ours_condemns_no_number(code: str) -> None:
    assert not dead(Medium.SMS, f"undelivered {code}")


@pytest.mark.parametrize("detail", ["failed", "failed sip:404", "failed sip:484", "failed 13224 sip:604"])
def test_a_call_to_a_number_that_is_none_condemns_it(detail: str) -> None:
    assert dead(Medium.VOICE, detail)


@pytest.mark.parametrize(
    "detail", ["busy", "no-answer", "canceled", "completed machine_start", "failed sip:503", "failed sip:408",
               "failed sip:486", "failed sip:500", "completed"],
)  # fmt: skip
def test_a_call_that_failed_on_its_way_or_met_a_machine_condemns_no_number(detail: str) -> None:
    assert not dead(Medium.VOICE, detail)


@pytest.mark.parametrize(
    "detail", ["bounce bounce 5.1.1", "bounce bounce 5.1.10", "bounce bounce 5.2.1", "bounce bounce", "bounce",
               "dropped address", "bounce bounce 5.0.0"],
)  # fmt: skip
def test_a_mailbox_that_is_none_is_condemned(detail: str) -> None:
    assert dead(Medium.EMAIL, detail)


@pytest.mark.parametrize(
    "detail", ["bounce blocked 5.7.1", "bounce blocked", "bounce bounce 4.2.2", "bounce bounce 5.2.2",
               "bounce bounce 5.7.1", "bounce bounce 5.4.4", "bounce bounce 5.3.0", "dropped", "deferred",
               "spamreport", "open"],
)  # fmt: skip
def test_a_full_mailbox_a_policy_or_our_quota_condemns_no_mailbox(detail: str) -> None:
    assert not dead(Medium.EMAIL, detail)


def test_no_code_is_both_the_addresss_and_ours() -> None:
    assert not DEAD_ADDRESS.keys() & OURS_TO_MEND.keys()
