"""Statuses only rise, whatever the order in which words of an attempt arrive."""

import functools
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo_notify.core.notice import Medium, Status, receipt, rise

statuses = st.sampled_from(list(Status))


@given(st.lists(statuses, min_size=1), st.randoms())
def test_order_and_repetition_do_not_matter(words: list[Status], random: object) -> None:
    shuffled = [*words, *words]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert functools.reduce(rise, words) is functools.reduce(rise, shuffled)


@pytest.mark.parametrize(("old", "new"), list(itertools.product(Status, Status)))
def test_a_status_never_falls(old: Status, new: Status) -> None:
    assert rise(rise(old, new), old) is rise(old, new)


def test_mail_that_bounces_after_it_was_delivered_did_not_arrive() -> None:
    assert rise(Status.DELIVERED, Status.UNDELIVERED) is Status.UNDELIVERED


def test_a_call_that_a_machine_took_stays_unreached_when_it_is_completed() -> None:
    assert rise(rise(Status.DELIVERED, Status.UNDELIVERED), Status.DELIVERED) is Status.UNDELIVERED


def test_a_key_pressed_outranks_everything() -> None:
    assert {rise(one, Status.HEARD) for one in Status} == {Status.HEARD}


def test_a_word_in_no_table_moves_nothing_that_is_known() -> None:
    assert rise(Status.SENT, Status.UNKNOWN) is Status.SENT


def test_an_answered_call_is_no_receipt_and_a_key_is() -> None:
    assert [receipt(Medium.VOICE, one) for one in (Status.DELIVERED, Status.HEARD)] == [False, True]


def test_a_delivered_text_is_a_receipt() -> None:
    assert receipt(Medium.SMS, Status.DELIVERED)


def test_what_failed_or_arrived_is_final() -> None:
    assert {one for one in Status if one.final} == {
        Status.REFUSED, Status.UNDELIVERED, Status.DELIVERED, Status.HEARD,
    }  # fmt: skip
