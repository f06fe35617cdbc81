"""The verdict on a signed order: PASSED, INDETERMINATE or FAILED, with a reason from ETSI EN 319 102-1."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Conclusion(StrEnum):
    PASSED = "PASSED"
    INDETERMINATE = "INDETERMINATE"
    FAILED = "FAILED"


class Reason(StrEnum):
    """Sub-indications of ETSI EN 319 102-1 (table 5), and two of our own for what it leaves out."""

    NOT_SIGNED = "NOT_SIGNED"  # ours: there is no signature to judge
    FORMAT_FAILURE = "FORMAT_FAILURE"
    HASH_FAILURE = "HASH_FAILURE"
    SIG_CRYPTO_FAILURE = "SIG_CRYPTO_FAILURE"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"
    NOT_YET_VALID = "NOT_YET_VALID"
    SIG_CONSTRAINTS_FAILURE = "SIG_CONSTRAINTS_FAILURE"
    CHAIN_CONSTRAINTS_FAILURE = "CHAIN_CONSTRAINTS_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE = "CRYPTO_CONSTRAINTS_FAILURE"
    NO_CERTIFICATE_CHAIN_FOUND = "NO_CERTIFICATE_CHAIN_FOUND"
    OUT_OF_BOUNDS_NO_POE = "OUT_OF_BOUNDS_NO_POE"
    REVOKED_NO_POE = "REVOKED_NO_POE"
    TRY_LATER = "TRY_LATER"  # no fresh revocation data
    TIMESTAMP_ORDER_FAILURE = "TIMESTAMP_ORDER_FAILURE"
    GENERIC = "GENERIC"


@dataclass(frozen=True)
class Signer:
    """One signer as the certificate names them."""

    name: str
    curp: str | None
    rfc: str | None
    serial: str
    issuer: str
    certificate_sha256: str
    signed_at: datetime | None
    signed_at_source: str  # "timestamp" | "claimed" | "none"
    revocation: str  # "good" | "revoked" | "not consulted"


@dataclass(frozen=True)
class Verdict:
    """A judgement that carries its reason. `explanation` is one Spanish sentence for the person at the screen."""

    conclusion: Conclusion
    reason: Reason | None
    explanation: str
    format: str  # "PAdES" | "CAdES-enveloping" | "CAdES-detached" | "none"
    document_sha256: str  # of the PDF that people read: inside the envelope for a .p7m
    signers: tuple[Signer, ...] = ()
    report: Mapping[str, object] = field(default_factory=dict)  # JSON values only; kept as evidence

    @property
    def passed(self) -> bool:
        return self.conclusion is Conclusion.PASSED

    @property
    def failed(self) -> bool:
        return self.conclusion is Conclusion.FAILED

    @property
    def revocation_consulted(self) -> bool:
        return bool(self.signers) and all(signer.revocation == "good" for signer in self.signers)


@dataclass(frozen=True)
class Examination:
    """What a verifier returns: the verdict, and the PDF to show (None when there is none)."""

    verdict: Verdict
    document: bytes | None
