"""The verdict on a signed order: PASSED, INDETERMINATE or FAILED, with a reason from ETSI EN 319 102-1."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
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

    @property
    def awaits_data(self) -> bool:
        """Whether only fresh revocation data is missing: held, and sent marked once the hold has run out."""
        return self.conclusion is Conclusion.INDETERMINATE and self.reason is Reason.TRY_LATER

    @property
    def confirmable(self) -> bool:
        """Whether a second authorised person of the court may let this document through.

        Never where nobody whom the operator trusts vouches for the signer, nor where the signer is revoked.
        """
        return self.conclusion is Conclusion.INDETERMINATE and self.reason in {
            Reason.TRY_LATER,
            Reason.OUT_OF_BOUNDS_NO_POE,
            Reason.SIG_CONSTRAINTS_FAILURE,  # a good signature by somebody not registered: see restrict
        }


@dataclass(frozen=True)
class Examination:
    """What a verifier returns: the verdict, and the PDF to show (None when there is none)."""

    verdict: Verdict
    document: bytes | None


@dataclass(frozen=True)
class RegisteredSigner:
    """Somebody whom a court has registered: by certificate, or by a CURP or RFC that the court confirmed."""

    certificate_sha256: str | None = None
    curp: str | None = None
    rfc: str | None = None

    def is_by(self, signer: Signer) -> bool:
        """Whether this registration covers the signer. An empty registration covers nobody."""
        return any(
            mine is not None and theirs is not None and mine.strip().casefold() == theirs.casefold()
            for mine, theirs in (
                (self.certificate_sha256, signer.certificate_sha256),
                (self.curp, signer.curp),
                (self.rfc, signer.rfc),
            )
        )


def restrict(verdict: Verdict, registered: Sequence[RegisteredSigner]) -> Verdict:
    """Return the verdict where every signer is on the list; otherwise a PASSED one becomes INDETERMINATE.

    What only waits for data becomes a matter for a person too, lest a stranger's order go out when the wait ends.
    Everything else keeps its reason.
    """
    strangers = [s for s in verdict.signers if not any(each.is_by(s) for each in registered)]
    if not strangers or not (verdict.passed or verdict.awaits_data):
        return verdict
    names = " y ".join(signer.name for signer in strangers)
    explanation = (
        f"La firma es correcta, pero {names} no está entre las personas registradas para firmar; otra persona "
        "autorizada del juzgado debe confirmarla."
    )
    return replace(
        verdict,
        conclusion=Conclusion.INDETERMINATE,
        reason=Reason.SIG_CONSTRAINTS_FAILURE,
        explanation=explanation,
    )


def summary(verdict: Verdict) -> dict[str, object]:
    """The verdict in the shape of `amparo-notify verify --json`, as every door tells it."""
    return {
        "verdict": str(verdict.conclusion),
        "reason": str(verdict.reason) if verdict.reason else None,
        "explanation": verdict.explanation,
        "format": verdict.format,
        "document_sha256": verdict.document_sha256,
        "signers": [
            {**asdict(signer), "signed_at": signer.signed_at.isoformat() if signer.signed_at else None}
            for signer in verdict.signers
        ],
    }
