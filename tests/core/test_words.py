"""Judgements that the core's values make of themselves."""

from dataclasses import replace

import pytest

from amparo_notify.core.errors import ChannelError, Conflict, Denied, Fault, Invalid, Missing, Refusal, Unfit
from amparo_notify.core.notice import Medium, Status, receipt, rise
from amparo_notify.core.order import OutcomeCode, Person, deadline
from amparo_notify.core.verdict import Conclusion, Reason, RegisteredSigner, Signer, Verdict, restrict
from tests.core.station import NOON, after

NUNEZ = Signer("Ana Núñez", "NUXA800101MDFXXX01", None, "01", "ACI", "ab12", None, "none", "good")
PASSED = Verdict(Conclusion.PASSED, None, "Firma válida.", "PAdES", "00", (NUNEZ,))


def test_a_refusal_says_every_fault_with_its_remedy() -> None:
    refusal = Invalid(Fault("vuelo", "Falta.", "Escríbalo."), Fault("sede", "No existe."))
    assert str(refusal) == "vuelo: Falta. Escríbalo.; sede: No existe."


@pytest.mark.parametrize(
    ("kind", "status"),
    [(Refusal, 400), (Denied, 403), (Missing, 404), (Conflict, 409), (Invalid, 422), (Unfit, 503)],
)
def test_each_refusal_has_its_status(kind: type[Refusal], status: int) -> None:
    assert kind().status == status


def test_a_channel_error_says_what_the_dispatcher_must_decide() -> None:
    error = ChannelError("429", retry_after=30.0)
    assert (error.permanent, error.unknown, error.retry_after, str(error)) == (False, False, 30.0, "429")


@pytest.mark.parametrize("status", Status)
def test_an_attempt_is_final_when_it_failed_or_arrived(status: Status) -> None:
    assert status.final == (status in {"refused", "undelivered", "delivered", "heard"})


@pytest.mark.parametrize("status", Status)
def test_no_word_moves_an_attempt_down_from_heard(status: Status) -> None:
    assert rise(status, Status.HEARD) is rise(Status.HEARD, status) is Status.HEARD


def test_an_answered_call_counts_only_when_somebody_pressed_a_key() -> None:
    assert [receipt(medium, Status.DELIVERED) for medium in (Medium.VOICE, Medium.SMS)] == [False, True]


@pytest.mark.parametrize("code", OutcomeCode)
def test_what_settles_a_person_ends_with_the_station_that_reports_it(code: OutcomeCode) -> None:
    assert code.ends_here or not code.settles


def test_the_wrong_station_is_done_but_the_person_is_not() -> None:
    assert (OutcomeCode.WRONG_STATION.ends_here, OutcomeCode.WRONG_STATION.settles) == (True, False)


@pytest.mark.parametrize("person", [Person(name="N"), Person(aliases="A"), Person(passport="P")])
def test_any_one_field_identifies_a_person(person: Person) -> None:
    assert person.identified


def test_a_flight_alone_identifies_nobody() -> None:
    assert not Person(flight="XX 100", nationality="—").identified


def test_the_deadline_is_forty_five_minutes_before_departure_if_there_is_one() -> None:
    assert (deadline(after(minutes=45)), deadline(None)) == (NOON, None)


def test_a_verdict_has_consulted_revocation_when_every_signer_is_good() -> None:
    unsure = replace(NUNEZ, revocation="not consulted")
    found = [
        replace(PASSED, signers=signers).revocation_consulted for signers in ((NUNEZ,), (NUNEZ, unsure), ())
    ]
    assert found == [True, False, False]


@pytest.mark.parametrize(
    ("conclusion", "reason", "awaits", "confirmable"),
    [
        (Conclusion.INDETERMINATE, Reason.TRY_LATER, True, True),
        (Conclusion.INDETERMINATE, Reason.SIG_CONSTRAINTS_FAILURE, False, True),
        (Conclusion.INDETERMINATE, Reason.NO_CERTIFICATE_CHAIN_FOUND, False, False),
        (Conclusion.FAILED, Reason.HASH_FAILURE, False, False),
        (Conclusion.PASSED, None, False, False),
    ],
)
def test_who_can_let_a_doubtful_document_through(
    conclusion: Conclusion, reason: Reason | None, awaits: bool, confirmable: bool
) -> None:
    verdict = replace(PASSED, conclusion=conclusion, reason=reason)
    assert (verdict.awaits_data, verdict.confirmable) == (awaits, confirmable)
    assert (verdict.passed, verdict.failed) == (conclusion == "PASSED", conclusion == "FAILED")


@pytest.mark.parametrize(
    ("registered", "kept"),
    [
        (RegisteredSigner(certificate_sha256="AB12"), True),
        (RegisteredSigner(curp=" nuxa800101mdfxxx01"), True),
        (RegisteredSigner(rfc="NUXA800101XX1"), False),
        (RegisteredSigner(), False),
    ],
)
def test_a_signer_is_known_by_certificate_or_by_a_number_that_the_court_confirmed(
    registered: RegisteredSigner, kept: bool
) -> None:
    assert (restrict(PASSED, [registered]) is PASSED) == kept


def test_a_good_signature_by_a_stranger_waits_for_a_person_and_says_who_signed() -> None:
    verdict = restrict(PASSED, [])
    assert (verdict.conclusion, verdict.reason) == (Conclusion.INDETERMINATE, Reason.SIG_CONSTRAINTS_FAILURE)
    assert "Ana Núñez" in verdict.explanation


def test_a_failed_verdict_keeps_its_reason_whoever_signed() -> None:
    failed = replace(PASSED, conclusion=Conclusion.FAILED, reason=Reason.HASH_FAILURE)
    assert restrict(failed, []) is failed
