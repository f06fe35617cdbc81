"""What a verdict means for those who act on it."""

import json

import pytest

from amparo_notify.core.verdict import Conclusion, Reason, RegisteredSigner, restrict
from amparo_notify.pki.wire import verdict_from_json, verdict_to_json
from tests.authority import CURP, judge
from tests.pki.cases import INDETERMINATE, Case
from tests.pki.corpus import CORPUS

_MENDABLE = {
    Reason.NO_CERTIFICATE_CHAIN_FOUND,
    Reason.OUT_OF_BOUNDS_NO_POE,
    Reason.TRY_LATER,
    Reason.REVOKED_NO_POE,
}
_SEEN = {}


def _verdict(name: str):
    if name not in _SEEN:
        _SEEN[name] = next(case for case in CORPUS if case.name == name).examine().verdict
    return _SEEN[name]


def test_the_corpus_is_large_and_says_each_thing_once() -> None:
    names = [case.name for case in CORPUS]
    assert len(names) == len(set(names))
    assert len(names) >= 250


def test_indeterminate_is_only_what_more_information_could_mend() -> None:
    assert {case.reason for case in CORPUS if case.conclusion is INDETERMINATE} == _MENDABLE


@pytest.mark.parametrize("case", CORPUS[::12], ids=lambda case: case.name)
def test_every_refusal_is_one_spanish_sentence_for_a_clerk(case: Case) -> None:
    sentence = case.examine().verdict.explanation
    assert sentence.endswith(".")
    assert 30 < len(sentence) < 330
    assert not any(word in sentence for word in ("None", "Error", "CMS", "DER", "bytes", "<", "{"))


@pytest.mark.parametrize("name", ["pades", "plain_pdf", "revoked", "p7m_judge_and_secretary", "empty"])
def test_a_verdict_travels_as_json_unchanged(name: str) -> None:
    verdict = _verdict(name)
    assert verdict_from_json(json.loads(json.dumps(verdict_to_json(verdict)))) == verdict


def test_only_fresh_data_is_missing_where_no_list_was_there() -> None:
    verdict = _verdict("no_list_at_all")
    assert verdict.awaits_data
    assert verdict.confirmable
    assert not verdict.revocation_consulted


@pytest.mark.parametrize(
    "name",
    ["revoked", "self_signed_person", "revoked_after_the_claimed_time_without_a_time_stamp", "invoice_seal"],
)
def test_nobody_may_let_through_whom_nobody_vouches_for(name: str) -> None:
    assert not _verdict(name).confirmable


def test_a_registered_signer_passes() -> None:
    verdict = _verdict("pades")
    assert restrict(verdict, [RegisteredSigner(certificate_sha256=judge().sha256)]) == verdict


def test_a_signer_whom_nobody_registered_needs_a_person() -> None:
    verdict = restrict(_verdict("pades"), [])
    assert (verdict.conclusion, verdict.reason) == (Conclusion.INDETERMINATE, Reason.SIG_CONSTRAINTS_FAILURE)
    assert verdict.confirmable
    assert not verdict.awaits_data


def test_every_signer_must_be_registered() -> None:
    verdict = restrict(_verdict("p7m_judge_and_secretary"), [RegisteredSigner(curp=CURP)])
    assert verdict.reason is Reason.SIG_CONSTRAINTS_FAILURE
    assert "SECRETARIO" in verdict.explanation


def test_a_registration_without_anything_covers_nobody() -> None:
    assert not restrict(_verdict("pades"), [RegisteredSigner()]).passed


def test_what_has_failed_stays_failed() -> None:
    assert restrict(_verdict("revoked"), []).reason is Reason.REVOKED


def test_a_stranger_without_revocation_data_waits_for_a_person_and_never_goes_out_by_itself() -> None:
    verdict = restrict(_verdict("no_list_at_all"), [])
    assert verdict.reason is Reason.SIG_CONSTRAINTS_FAILURE
    assert not verdict.awaits_data
