"""The adversarial corpus: what is genuine passes, what is not never does, and each says why."""

import pytest

from tests.pki import corpus_bytes, corpus_content, corpus_good, corpus_people, corpus_revocation  # noqa: F401 - fill the corpus
from tests.pki.cases import CORPUS, Case


@pytest.mark.parametrize("each", CORPUS, ids=lambda each: each.name)
def test_each_document_gets_its_verdict_and_reason(each: Case) -> None:
    verdict = each.examine().verdict
    assert (verdict.conclusion, verdict.reason) == (each.conclusion, each.reason), verdict.report
