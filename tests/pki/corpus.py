"""The whole adversarial corpus, family by family."""

from tests.pki import (
    corpus_attacks,
    corpus_bytes,
    corpus_content,
    corpus_foreign,
    corpus_good,
    corpus_people,
    corpus_producers,
    corpus_revocation,
)
from tests.pki.cases import CORPUS

FAMILIES = (
    corpus_good,
    corpus_foreign,
    corpus_producers,
    corpus_attacks,
    corpus_bytes,
    corpus_people,
    corpus_revocation,
    corpus_content,
)
"""Importing a family enters its cases into the corpus."""

__all__ = ["CORPUS", "FAMILIES"]
