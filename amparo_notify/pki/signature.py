"""Judges one SignerInfo: integrity first, then time, then the certificate, its path and its revocation."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from asn1crypto import cms, core, x509

from amparo_notify.core.verdict import Reason, Signer
from amparo_notify.pki import names
from amparo_notify.pki.crypto import (
    describe_key,
    digest_allowed,
    verifies,
    weakness_of_key,
    weakness_of_signature,
)
from amparo_notify.pki.der import tlv
from amparo_notify.pki.objection import Objection, doubtful, failed, malformed
from amparo_notify.pki.path import Path, Pool, find_path
from amparo_notify.pki.revocation import Index
from amparo_notify.pki.standing import Standing, State

CLOCK_SKEW = timedelta(minutes=5)
"""A time-stamp this far ahead of our clock is a clock's fault; further ahead it is a lie."""

LARGEST_CERTIFICATE = 64 * 1024
"""Bytes; no authority issues larger ones, and each would travel into the evidence."""

_SEALS = {"email_protection", "any_extended_key_usage", "1.3.6.1.5.5.7.3.36"}
_SEALS |= {
    "1.3.6.1.4.1.311.10.3.12",
    "1.2.840.113583.1.1.5",
    "document_signing",
    "microsoft_document_signing",
}
Digest = Callable[[str], bytes]


@dataclass(frozen=True)
class Context:
    """What a signature is judged against. `moment` is when the document reached us (UTC)."""

    pool: Pool
    tsa_pool: Pool
    index: Index
    moment: datetime
    revocation: str  # "required" | "when-available" | "off"

    def with_helpers(self, certificates: Sequence[x509.Certificate], index: Index) -> "Context":
        """Add what the document carries: certificates that help to build paths, never anchors; revocation data."""
        return replace(
            self,
            index=index,
            pool=Pool.of(self.pool.anchors, [*self.pool.helpers, *certificates]),
            tsa_pool=Pool.of(self.tsa_pool.anchors, [*self.tsa_pool.helpers, *certificates]),
        )


@dataclass(frozen=True)
class Stamp:
    """A time-stamp that holds."""

    moment: datetime
    authority: str
    certificate_sha256: str


@dataclass
class Judged:
    """What came out for one signer."""

    signer: Signer | None = None
    objections: list[Objection] = field(default_factory=list)
    report: dict[str, object] = field(default_factory=dict)


def certificates_in(data: cms.SignedData) -> list[x509.Certificate]:
    """Return the X.509 certificates inside a SignedData; other kinds are left out."""
    found = data["certificates"]
    if isinstance(found, core.Void):
        return []
    given = [choice.chosen for choice in found if choice.name == "certificate"]
    return [one for one in given if len(one.dump()) <= LARGEST_CERTIFICATE]


def _attributes(info: cms.SignerInfo, kind: str, signed: bool = True) -> list[core.Asn1Value]:
    attributes = info["signed_attrs" if signed else "unsigned_attrs"]
    if isinstance(attributes, core.Void):
        return []
    return [value for one in attributes if one["type"].native == kind for value in one["values"]]


def _single(info: cms.SignerInfo, kind: str) -> core.Asn1Value:
    values = _attributes(info, kind)
    if len(values) != 1:
        raise malformed(f"signed attribute {kind} occurs {len(values)} times")
    return values[0]


def _certificate_of(info: cms.SignerInfo, candidates: Sequence[x509.Certificate]) -> x509.Certificate:
    """Return the signer's certificate: by identifier, and by hash where the signature names one (ESS)."""
    sid = info["sid"]
    if sid.name == "issuer_and_serial_number":
        issuer, serial = names.normalised(sid.chosen["issuer"]), sid.chosen["serial_number"].native
        matching = [
            one
            for one in candidates
            if one.serial_number == serial and names.normalised(one.issuer) == issuer
        ]
    else:
        matching = [one for one in candidates if one.key_identifier == sid.chosen.native]
    matching = [one for one in matching if _named_by_hash(info, one)]
    if not matching:
        raise malformed(
            "no certificate inside matches the signer",
            "La firma no incluye el certificado de quien firma, o incluye el de otra persona; pida al juzgado que "
            "firme de nuevo el documento.",
        )
    return matching[0]


def _named_by_hash(info: cms.SignerInfo, certificate: x509.Certificate) -> bool:
    """Check the signing-certificate attributes (RFC 5035), where there are any: the first entry is the signer."""
    for kind in ("signing_certificate", "signing_certificate_v2"):
        values = _attributes(info, kind)
        if len(values) > 1:
            raise malformed(f"signed attribute {kind} occurs {len(values)} times")
        for value in values:
            entry = value["certs"][0]
            algorithm = (
                "sha1" if kind == "signing_certificate" else entry["hash_algorithm"]["algorithm"].native
            )
            if hashlib.new(algorithm, certificate.dump()).digest() != entry["cert_hash"].native:
                return False
    return True


def check_integrity(
    info: cms.SignerInfo, certificate: x509.Certificate, digest: Digest, content_type: str
) -> str:
    """Raise an Objection unless content, attributes and signature belong together; return the hash's name."""
    if isinstance(info["signed_attrs"], core.Void) or not len(info["signed_attrs"]):
        raise malformed("no signed attributes")
    algorithm = info["digest_algorithm"]["algorithm"].native
    weakness = (
        (None if digest_allowed(algorithm) else f"resumen {algorithm}")
        or weakness_of_signature(info["signature_algorithm"], algorithm)
        or weakness_of_key(certificate.public_key)
    )
    if weakness:
        raise failed(
            Reason.CRYPTO_CONSTRAINTS_FAILURE,
            f"La firma usa un algoritmo que ya no es seguro ({weakness}); pida al juzgado que firme de nuevo con "
            "SHA-256 y una clave RSA de al menos 2048 bits.",
            weakness,
        )
    if _single(info, "content_type").native != content_type:
        raise malformed("the content-type attribute differs from the content")
    if _single(info, "message_digest").native != digest(algorithm):
        raise failed(
            Reason.HASH_FAILURE,
            "El documento cambió después de firmarse: no es el que la persona juzgadora firmó; pida al juzgado el "
            "archivo original.",
        )
    _check_protection(info)
    signed = _as_signed(info["signed_attrs"].contents)
    if not verifies(
        certificate.public_key, info["signature"].native, signed, info["signature_algorithm"], algorithm
    ):
        raise failed(
            Reason.SIG_CRYPTO_FAILURE,
            "La firma no corresponde al certificado que la acompaña; pida al juzgado el archivo original.",
        )
    return str(algorithm)


def _as_signed(contents: bytes) -> bytes:
    """Signed attributes are signed as a SET, though they travel under another tag (RFC 5652, 5.4).

    The bytes are taken as they came: to write parsed values again would sort them, and judge what nobody signed.
    """
    return tlv(0x31, contents)


def _check_protection(info: cms.SignerInfo) -> None:
    """CMSAlgorithmProtection (RFC 6211), where it is present, must repeat the algorithms."""
    for value in _attributes(info, "cms_algorithm_protection"):
        same = value["digest_algorithm"].native == info["digest_algorithm"].native
        if not same or value["signature_algorithm"].native != info["signature_algorithm"].native:
            raise malformed("the algorithm protection attribute differs")


def check_stamp(token: cms.ContentInfo, imprint: Digest, context: Context) -> Stamp:
    """Return what an RFC 3161 token proves, or raise: a broken or future token is a refusal, not a missing one."""
    if token["content_type"].native != "signed_data":
        raise malformed("the time-stamp is not a SignedData")
    data = token["content"]
    content = data["encap_content_info"]
    if content["content_type"].native != "tst_info" or len(data["signer_infos"]) != 1:
        raise malformed("the time-stamp is not a TSTInfo by one signer")
    statement = content["content"].parsed
    raw = (
        content["content"].native
        if isinstance(content["content"].native, bytes)
        else bytes(content["content"])
    )
    info = data["signer_infos"][0]
    candidates = [*certificates_in(data), *context.tsa_pool.helpers]
    certificate = _certificate_of(info, candidates)
    check_integrity(info, certificate, lambda name: hashlib.new(name, raw).digest(), "tst_info")
    mark = statement["message_imprint"]
    algorithm = mark["hash_algorithm"]["algorithm"].native
    if not digest_allowed(algorithm):
        raise failed(
            Reason.CRYPTO_CONSTRAINTS_FAILURE,
            "El sello de tiempo usa un algoritmo que ya no es seguro; pida al juzgado que selle de nuevo.",
            f"time-stamp imprint by {algorithm}",
        )
    if mark["hashed_message"].native != imprint(algorithm):
        raise failed(
            Reason.HASH_FAILURE,
            "El sello de tiempo pertenece a otra firma; el archivo fue manipulado. Pida al juzgado el original.",
            "time-stamp imprint differs",
        )
    moment = statement["gen_time"].native
    if moment > context.moment + CLOCK_SKEW:
        raise failed(
            Reason.TIMESTAMP_ORDER_FAILURE,
            "El sello de tiempo dice una hora que aún no llega; no es confiable. Pida al juzgado que firme de nuevo.",
            f"time-stamp of {moment.isoformat()}",
        )
    _check_stamper(certificate, candidates, moment, context)
    return Stamp(moment, names.readable(certificate.subject), certificate.sha256.hex())


def _check_stamper(
    certificate: x509.Certificate, candidates: Sequence[x509.Certificate], moment: datetime, context: Context
) -> None:
    usage = certificate.extended_key_usage_value
    if usage is None or "time_stamping" not in usage.native:
        raise failed(
            Reason.CHAIN_CONSTRAINTS_FAILURE,
            "El sello de tiempo lo puso alguien sin facultad para sellar tiempo; pida al juzgado que firme de nuevo.",
            "the stamper's certificate lacks timeStamping",
        )
    if not certificate.not_valid_before <= moment <= certificate.not_valid_after:
        raise failed(
            Reason.CHAIN_CONSTRAINTS_FAILURE,
            "El certificado de la autoridad de sellado no estaba vigente; pida al juzgado que firme de nuevo.",
            "the stamper's certificate was not valid at its own time",
        )
    pool = Pool.of(context.tsa_pool.anchors, [*context.tsa_pool.helpers, *candidates])
    try:
        path = find_path(certificate, pool, moment, proven=True)
    except Objection as problem:
        if problem.reason is not Reason.NO_CERTIFICATE_CHAIN_FOUND:
            raise
        raise doubtful(
            problem.reason,
            "El sello de tiempo es de una autoridad que este servicio no conoce; pida a quien administra que cargue "
            "su certificado entre las anclas de sellado de tiempo.",
            f"time-stamp: {problem.detail}",
        ) from problem
    for one, issuer in path.links():
        if context.index.standing(one, issuer, moment).state is State.REVOKED and context.revocation != "off":
            raise failed(
                Reason.REVOKED,
                "El certificado de la autoridad de sellado de tiempo está revocado; pida al juzgado que firme de "
                "nuevo.",
            )


def judge_signer(
    info: cms.SignerInfo,
    candidates: Sequence[x509.Certificate],
    digest: Digest,
    context: Context,
    stamps: Sequence[Stamp] = (),
    claimed: datetime | None = None,
) -> Judged:
    """Judge one SignerInfo over data. `stamps` are document time-stamps around it; `claimed` is the PDF's /M.

    Every check runs that can, so that the report is whole; the objections come worst-knowledge first.
    """
    judged = Judged()
    try:
        certificate = _certificate_of(info, candidates)
        algorithm = check_integrity(info, certificate, digest, "data")
        stamp = _earliest(info, context, stamps)
    except Objection as objection:
        judged.objections.append(objection)
        judged.signer = _unproven(info, candidates)
        return judged
    claimed = _claimed(info) or claimed
    moment = stamp.moment if stamp else context.moment
    path, standings = _check_certificate(certificate, moment, bool(stamp), claimed, context, judged)
    signed_at, source = (stamp.moment, "timestamp") if stamp else (claimed, "claimed" if claimed else "none")
    judged.signer = _signer(certificate, signed_at, source, _together(standings))
    judged.report = {
        "certificate": base64.b64encode(certificate.dump()).decode(),
        "chain": [one.sha256.hex() for one in path.certificates] if path else [],
        "chain_names": [names.readable(one.subject) for one in path.certificates] if path else [],
        "digest_algorithm": algorithm,
        "signature_algorithm": info["signature_algorithm"]["algorithm"].native,
        "key": describe_key(certificate.public_key),
        "judged_at": moment.isoformat(),
        "time_source": source,
        "claimed_at": claimed.isoformat() if claimed else None,
        "time_stamp": {"at": stamp.moment.isoformat(), "authority": stamp.authority} if stamp else None,
        "revocation": [_standing_report(one, context.moment) for one in standings],
    }
    return judged


def _earliest(info: cms.SignerInfo, context: Context, stamps: Sequence[Stamp]) -> Stamp | None:
    signature = info["signature"].native
    own = [
        check_stamp(
            cms.ContentInfo.load(token.dump()), lambda name: hashlib.new(name, signature).digest(), context
        )
        for token in _attributes(info, "signature_time_stamp_token", signed=False)
    ]
    return min((*own, *stamps), key=lambda stamp: stamp.moment, default=None)


def _claimed(info: cms.SignerInfo) -> datetime | None:
    values = _attributes(info, "signing_time")
    return values[0].native if len(values) == 1 else None


def _check_certificate(
    certificate: x509.Certificate,
    moment: datetime,
    proven: bool,
    claimed: datetime | None,
    context: Context,
    judged: Judged,
) -> tuple[Path | None, list[Standing]]:
    judged.objections += _profile_objections(certificate)
    judged.objections += _validity_objections(certificate, moment, proven, claimed)
    within = min(max(moment, certificate.not_valid_before), certificate.not_valid_after)
    try:
        path = find_path(certificate, context.pool, within, proven=proven)
    except Objection as objection:
        judged.objections.append(objection)
        return None, []
    standings = [context.index.standing(one, issuer, moment) for one, issuer in path.links()]
    if context.revocation == "off":
        return path, [Standing(State.UNKNOWN, detail="off") for _ in standings]
    judged.objections += _revocation_objections(standings, proven, claimed, context.revocation)
    return path, standings


def _profile_objections(certificate: x509.Certificate) -> list[Objection]:
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


def _validity_objections(
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


def _revocation_objections(
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


def _together(standings: Sequence[Standing]) -> State:
    states = {one.state for one in standings}
    if State.REVOKED in states:
        return State.REVOKED
    return State.GOOD if states == {State.GOOD} else State.UNKNOWN


def _standing_report(standing: Standing, now: datetime) -> dict[str, object]:
    return {
        "state": str(standing.state),
        "source": standing.source,
        "issued": standing.issued.isoformat() if standing.issued else None,
        "age_seconds": int((now - standing.issued).total_seconds()) if standing.issued else None,
        "revoked_at": standing.revoked_at.isoformat() if standing.revoked_at else None,
        "detail": standing.detail,
    }


def _signer(
    certificate: x509.Certificate, signed_at: datetime | None, source: str, standing: State = State.UNKNOWN
) -> Signer:
    who = names.holder(certificate)
    return Signer(
        name=who.name,
        curp=who.curp,
        rfc=who.rfc,
        serial=who.serial,
        issuer=who.issuer,
        certificate_sha256=certificate.sha256.hex(),
        signed_at=signed_at,
        signed_at_source=source,
        revocation=str(standing),
    )


def _unproven(info: cms.SignerInfo, candidates: Sequence[x509.Certificate]) -> Signer | None:
    """Name whom a broken signature claims to be by, where that can be read."""
    try:
        certificate = _certificate_of(info, candidates)
    except Objection:
        return None
    return _signer(certificate, None, "none")
