"""What can be held against the certificate of who signs: its purpose, its time, its revocation."""

from collections.abc import Sequence
from datetime import datetime

from asn1crypto import x509

from amparo_notify.core.verdict import Reason
from amparo_notify.pki import names
from amparo_notify.pki.objection import Objection, doubtful, failed
from amparo_notify.pki.standing import Standing, State

_SEALS = {"email_protection", "any_extended_key_usage", "1.3.6.1.5.5.7.3.36"}
_SEALS |= {
    "1.3.6.1.4.1.311.10.3.12",
    "1.2.840.113583.1.1.5",
    "document_signing",
    "microsoft_document_signing",
}


def profile_objections(certificate: x509.Certificate) -> list[Objection]:
    if certificate.ca:
        return [
            failed(
                Reason.CHAIN_CONSTRAINTS_FAILURE,
                "Quien firma usó el certificado de una autoridad certificadora, que no sirve para firmar documentos.",
            )
        ]
    usage, extended = names.usages(certificate)
    if names.kind(certificate) is names.Kind.CSD:
        sentence = (
            "El documento trae un sello digital para facturas (CSD), que no es la firma de una persona juzgadora; "
            "pida que se firme con FIREL o e.firma."
        )
        return [failed(Reason.SIG_CONSTRAINTS_FAILURE, sentence, "CSD")]
    if "non_repudiation" not in usage or (extended is not None and not extended & _SEALS):
        sentence = (
            "El certificado de quien firma no fue emitido para firmar documentos; pida que se firme con FIREL o "
            "e.firma."
        )
        detail = f"key usage {sorted(usage)}, extended {sorted(extended) if extended is not None else None}"
        return [failed(Reason.SIG_CONSTRAINTS_FAILURE, sentence, detail)]
    return []


def validity_objections(
    certificate: x509.Certificate, moment: datetime, proven: bool, claimed: datetime | None
) -> list[Objection]:
    start, end = certificate.not_valid_before, certificate.not_valid_after
    if moment < start:
        sentence = (
            "El certificado de quien firma aún no estaba en vigor al firmarse; pida que se firme de nuevo."
        )
        return [failed(Reason.NOT_YET_VALID, sentence, f"valid from {start.isoformat()}")]
    if moment <= end:
        return []
    if proven or (claimed and claimed > end):
        sentence = (
            "El certificado de quien firma ya había vencido cuando firmó; pida que se firme de nuevo con un "
            "certificado vigente."
        )
        return [failed(Reason.EXPIRED, sentence, f"valid until {end.isoformat()}")]
    sentence = (
        "El certificado de quien firma ya venció y el documento no trae un sello de tiempo que pruebe que se firmó "
        "antes; pida que se firme de nuevo con un certificado vigente."
    )
    return [doubtful(Reason.OUT_OF_BOUNDS_NO_POE, sentence, f"valid until {end.isoformat()}")]


def revocation_objections(
    standings: Sequence[Standing], proven: bool, claimed: datetime | None, mode: str
) -> list[Objection]:
    revoked = next((one for one in standings if one.state is State.REVOKED), None)
    if revoked:
        detail = f"revoked {revoked.revoked_at.isoformat() if revoked.revoked_at else ''}"
        if not proven and claimed and revoked.revoked_at and claimed < revoked.revoked_at:
            sentence = (
                "El certificado de quien firma fue revocado y el documento no trae un sello de tiempo que pruebe que "
                "se firmó antes; pida que se firme de nuevo con un certificado vigente."
            )
            return [doubtful(Reason.REVOKED_NO_POE, sentence, detail)]
        sentence = (
            "El certificado de quien firma, o el de su autoridad, estaba revocado; la firma no vale. Avise de "
            "inmediato a la persona titular del juzgado."
        )
        return [failed(Reason.REVOKED, sentence, detail)]
    unknown = next((one for one in standings if one.state is State.UNKNOWN), None)
    if unknown and mode == "required":
        sentence = (
            "La firma es correcta, pero no se pudo consultar si el certificado fue revocado; otra persona autorizada "
            "del juzgado puede confirmarla, o inténtelo de nuevo en unos minutos."
        )
        return [doubtful(Reason.TRY_LATER, sentence, unknown.detail)]
    return []
