"""Whose signature an order may carry: the court's registered signers, and how a new one comes to be registered."""

from dataclasses import replace
from datetime import datetime

from amparo_notify.cases.services import Services
from amparo_notify.core.hold import WANTING
from amparo_notify.core.verdict import Conclusion, Reason, Signer, Verdict
from amparo_notify.store import people
from amparo_notify.store.people import Court, RegisteredSigner

UNREGISTERED = "unregistered"
REVOCATION = "revocation"


def judge(services: Services, court: Court, verdict: Verdict, now: datetime) -> tuple[Verdict, str | None]:
    """Return the verdict with the court's signers considered, and why the order must be held, or None.

    A good signature by another court's judge fails; one by nobody registered is held for a second person; one that
    only lacks revocation data or a time-stamp is held for a while.
    """
    wanting = verdict.conclusion is Conclusion.INDETERMINATE and verdict.reason in WANTING
    if not (verdict.passed or wanting):
        return verdict, None
    with services.database.read() as tx:
        values = [value for signer in verdict.signers for value in _names(signer).values()]
        registered = people.signers(tx, values, now)
    unknown = [signer for signer in verdict.signers if not _is_of(signer, registered, court.id)]
    for signer in unknown:
        if elsewhere := _where(signer, registered):
            return _failed(verdict, signer, elsewhere), None
    if unknown:
        return _unregistered(verdict, unknown), UNREGISTERED
    return verdict, REVOCATION if wanting else None


def _names(signer: Signer) -> dict[str, str]:
    """What a signer can be registered by."""
    names = {"certificate_sha256": signer.certificate_sha256, "curp": signer.curp, "rfc": signer.rfc}
    return {kind: value for kind, value in names.items() if value}


def _is_of(signer: Signer, registered: list[RegisteredSigner], court_id: int) -> bool:
    return any(each.court == court_id and _names(signer).get(each.kind) == each.value for each in registered)


def _where(signer: Signer, registered: list[RegisteredSigner]) -> str | None:
    return next((each.court_name for each in registered if _names(signer).get(each.kind) == each.value), None)


def _failed(verdict: Verdict, signer: Signer, elsewhere: str) -> Verdict:
    return replace(
        verdict,
        conclusion=Conclusion.FAILED,
        reason=Reason.SIG_CONSTRAINTS_FAILURE,
        explanation=f"La firma es válida, pero {signer.name} firma por otro órgano jurisdiccional ({elsewhere}); "
        "suba la orden desde ese juzgado o pida que la firme quien titula el suyo.",
    )


def _unregistered(verdict: Verdict, unknown: list[Signer]) -> Verdict:
    names = ", ".join(signer.name for signer in unknown)
    return replace(
        verdict,
        conclusion=Conclusion.INDETERMINATE,
        reason=Reason.SIG_CONSTRAINTS_FAILURE,
        explanation=f"La firma de {names} es válida, pero su certificado no está registrado en este juzgado; "
        "una segunda persona autorizada debe confirmarlo.",
    )
