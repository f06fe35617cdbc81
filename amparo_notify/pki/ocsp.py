"""OCSP answers, from the operator or from inside a document. Nothing is ever asked over the network from here.

The library ignores OCSP answers for certificates that name no responder, as Mexican ones; so checking them is ours.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from asn1crypto import core, ocsp, x509

from amparo_notify.pki import names
from amparo_notify.pki.crypto import verifies
from amparo_notify.pki.standing import STALE, Standing, State, aware, in_force

_HASHES = {"sha1", "sha256", "sha384", "sha512"}
"""SHA-1 only names the issuer here; it protects nothing."""


@dataclass(frozen=True)
class Answer:
    """What a responder says of one certificate (RFC 6960)."""

    serial: int
    state: State
    this_update: datetime
    next_update: datetime | None
    revoked_at: datetime | None
    _single: ocsp.SingleResponse = field(repr=False)
    _whole: ocsp.BasicOCSPResponse = field(repr=False)
    _helpers: Sequence[x509.Certificate] = field(repr=False)
    source: str = "OCSP"

    def signed_by(self, issuer: x509.Certificate) -> bool:
        """Whether the answer is about this issuer's certificates, by the issuer or by whom it appointed."""
        if not self._concerns(issuer):
            return False
        whole = self._whole
        signature, data = whole["signature"].native, whole["tbs_response_data"].dump()
        produced = aware(whole["tbs_response_data"]["produced_at"].native)
        return any(
            verifies(signer.public_key, signature, data, whole["signature_algorithm"])
            for signer in (issuer, *self._appointed(issuer, produced))
        )

    def _concerns(self, issuer: x509.Certificate) -> bool:
        mark = self._single["cert_id"]
        algorithm = mark["hash_algorithm"]["algorithm"].native
        if algorithm not in _HASHES:
            return False
        key = hashlib.new(algorithm, issuer.public_key["public_key"].contents[1:]).digest()
        return bool(mark["issuer_key_hash"].native == key)

    def _appointed(self, issuer: x509.Certificate, moment: datetime) -> list[x509.Certificate]:
        """Return the certificates that this issuer gave to a responder, valid when it answered.

        They are in the answer, or at hand: the tax authority's answers come without (its responder is published).
        """
        found = self._whole["certs"]
        return [
            one
            for one in (*(() if isinstance(found, core.Void) else found), *self._helpers)
            if names.normalised(one.issuer) == names.normalised(issuer.subject)
            and is_responder(one)
            and one.not_valid_before <= moment <= one.not_valid_after
            and verifies(
                issuer.public_key,
                one["signature_value"].native,
                one["tbs_certificate"].dump(),
                one["signature_algorithm"],
            )
        ]

    def standing(self, certificate: x509.Certificate, issuer: x509.Certificate, moment: datetime) -> Standing:
        """Return what the answer says at `moment` (UTC). A later revocation leaves an earlier moment good."""
        if self.state is State.REVOKED and self.revoked_at is not None and self.revoked_at <= moment:
            return Standing(State.REVOKED, self.source, self.this_update, self.revoked_at)
        if self.state is State.UNKNOWN:
            return Standing(State.UNKNOWN, detail="the responder does not know the certificate")
        if not in_force(self.this_update, self.next_update, moment):
            return Standing(State.UNKNOWN, detail=STALE)
        return Standing(State.GOOD, self.source, self.this_update)


def is_responder(certificate: x509.Certificate) -> bool:
    """Whether a certificate is for answering by OCSP (RFC 6960, 4.2.2.2)."""
    usage = certificate.extended_key_usage_value
    return not certificate.ca and usage is not None and "ocsp_signing" in usage.native


def is_answer(data: bytes) -> bool:
    """Whether these bytes (DER) are an OCSP response rather than a CRL."""
    try:
        return bool(read_answers(data))
    except (ValueError, TypeError, KeyError):
        return False


def read_answers(data: bytes, source: str = "OCSP", helpers: Iterable[x509.Certificate] = ()) -> list[Answer]:
    """Read an OCSPResponse or a BasicOCSPResponse (DER). Raises ValueError for what is neither.

    `helpers`: certificates among which a responder's may be, where the answer does not bring it.
    """
    whole, responders = _basic(data), [one for one in helpers if is_responder(one)]
    return [_answer(single, whole, source, responders) for single in whole["tbs_response_data"]["responses"]]


def _basic(data: bytes) -> ocsp.BasicOCSPResponse:
    try:
        response = ocsp.OCSPResponse.load(data, strict=True)
        status = response["response_status"].native
    except (ValueError, TypeError):
        return ocsp.BasicOCSPResponse.load(data, strict=True)
    if status != "successful":
        raise ValueError(f"the responder answered {status}")
    return response.basic_ocsp_response


def _answer(
    single: ocsp.SingleResponse,
    whole: ocsp.BasicOCSPResponse,
    source: str,
    responders: Sequence[x509.Certificate],
) -> Answer:
    status = single["cert_status"]
    states = {"good": State.GOOD, "revoked": State.REVOKED, "unknown": State.UNKNOWN}
    until = single["next_update"].native
    return Answer(
        serial=single["cert_id"]["serial_number"].native,
        state=states[status.name],
        this_update=aware(single["this_update"].native),
        next_update=aware(until) if until else None,
        revoked_at=aware(status.chosen["revocation_time"].native) if status.name == "revoked" else None,
        _single=single,
        _whole=whole,
        _helpers=responders,
        source=source,
    )
