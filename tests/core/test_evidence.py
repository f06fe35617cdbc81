"""What a record says: names of the standard, time in UTC, and nothing personal but its commitment."""

from datetime import datetime, timedelta, timezone

from amparo_notify.core.events import Event, Grade
from amparo_notify.core.evidence import Actor, Fact, commitment, instant, payload
from amparo_notify.core.order import OrderState

AT = datetime(2026, 11, 21, 3, 0, 0, 5, tzinfo=timezone(timedelta(hours=-6)))
PERSONAL = {"name": "ANA EJEMPLO PEÑA"}


def record(fact: Fact, **said: str) -> dict[str, object]:
    return payload(fact, log=7, seq=2, prev="ab", recorded_at=AT, software="x 1", **said)


def test_an_instant_is_written_in_utc_with_microseconds() -> None:
    assert instant(AT) == "2026-11-21T09:00:00.000005Z"


def test_an_event_bears_its_name_in_the_standard_or_none() -> None:
    assert (Event.SUBMITTED.etsi, Event.SKIPPED.etsi) == ("SubmissionAcceptance", "")


def test_a_record_says_only_what_there_is_to_say() -> None:
    assert {"grade", "order", "commitment", "authenticated_by"}.isdisjoint(record(Fact(Event.SKIPPED, AT)))


def test_a_record_names_who_did_it_how_they_were_known_and_its_grade() -> None:
    said = record(Fact(Event.ACKNOWLEDGED, AT, Actor("officer:1001", "pin"), Grade.A2), order="J5TEST-000001")
    assert [said[each] for each in ("actor", "authenticated_by", "grade", "order")] == [
        "officer:1001",
        "pin",
        "A2",
        "J5TEST-000001",
    ]


def test_a_record_holds_nothing_personal() -> None:
    assert "ANA" not in str(record(Fact(Event.SUBMITTED, AT, personal=PERSONAL)))


def test_a_commitment_is_the_same_for_the_same_letters_however_composed() -> None:
    decomposed = {"name": "ANA EJEMPLO PEN\u0303A"}
    assert commitment(b"salt", PERSONAL) == commitment(b"salt", decomposed) != commitment(b"other", PERSONAL)


def test_nobody_is_chased_for_an_order_that_was_withdrawn_or_closed() -> None:
    assert [each for each in OrderState if each.ended] == [OrderState.WITHDRAWN, OrderState.CLOSED]
