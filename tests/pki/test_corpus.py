"""The adversarial corpus: what is genuine passes, what is not never does, and each says why."""

import pytest

from tests.pki.cases import Case
from tests.pki.corpus import CORPUS


@pytest.mark.parametrize("each", CORPUS, ids=lambda each: each.name)
def test_each_document_gets_its_verdict_and_reason(each: Case) -> None:
    verdict = each.examine().verdict
    assert (verdict.conclusion, verdict.reason) == (each.conclusion, each.reason), verdict.report
