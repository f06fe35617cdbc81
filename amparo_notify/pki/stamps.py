"""RFC 3161 time-stamps: what they prove, and by whose word."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import cms, x509

from amparo_notify.core.verdict import Reason
from amparo_notify.pki import names
from amparo_notify.pki.context import Context
from amparo_notify.pki.crypto import digest_allowed
from amparo_notify.pki.integrity import Digest, certificate_of, certificates_in, check_integrity
from amparo_notify.pki.objection import Objection, doubtful, failed, malformed
from amparo_notify.pki.path import Pool, find_path
from amparo_notify.pki.standing import State

CLOCK_SKEW = timedelta(minutes=5)
"""A time-stamp this far ahead of our clock is a clock's fault; further ahead it is a lie."""


@dataclass(frozen=True)
class Stamp:
    """A time-stamp that holds."""

    moment: datetime
    authority: str
    certificate_sha256: str
    proves: bool = True
    """False where it rests on SHA-1: then it is set aside, and the moment is the time of receipt."""


_OUTDATED = "sha1"
"""Tokens of the federal judiciary hold SHA-1 imprints ("datos estampillados" of twenty bytes). They prove no time, but
a genuine order must not be refused for what its court's time-stamper does (ETSI EN 319 102-1, 5.4: not a proof)."""


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
    certificate = certificate_of(info, candidates)
    mark = statement["message_imprint"]
    algorithm = mark["hash_algorithm"]["algorithm"].native
    proves = _OUTDATED not in {algorithm, info["digest_algorithm"]["algorithm"].native}
    if proves:
        check_integrity(info, certificate, lambda name: hashlib.new(name, raw).digest(), "tst_info")
    if not digest_allowed(algorithm) and algorithm != _OUTDATED:
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
    if proves:
        _check_stamper(certificate, candidates, moment, context)
    return Stamp(moment, names.readable(certificate.subject), certificate.sha256.hex(), proves)


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
