"""From a certificate to an anchor of the operator's, at an instant.

Issuers are found by the meaning of their name and by their signature, never by key identifiers: Mexican certificates
lack them, and FIREL's intermediates carry one that no byte-wise comparison matches. Each path found is then validated
by pyHanko's RFC 5280 implementation, without network and without its own revocation checks: those are `revocation`'s.
"""

from collections.abc import Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from asn1crypto import algos, keys, x509
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.authority import CertTrustAnchor, TrustQualifiers
from pyhanko_certvalidator.errors import PathError, ValidationError
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import (
    NO_REVOCATION,
    AlgorithmUsageConstraint,
    AlgorithmUsagePolicy,
    CertRevTrustPolicy,
)
from pyhanko_certvalidator.validate import async_validate_path

from amparo_notify.core.verdict import Reason
from amparo_notify.pki import names
from amparo_notify.pki.crypto import digest_allowed, verifies, weakness_of_key, weakness_of_signature
from amparo_notify.pki.objection import Objection, doubtful, failed

_LONGEST = 8
_MOST_PATHS = 16
_MOST_STEPS = 64
"""A document may carry authorities that vouch for one another in circles; nobody follows them for ever."""


@dataclass(frozen=True)
class Path:
    """A chain that holds: the certificate first, the anchor last."""

    certificates: tuple[x509.Certificate, ...]

    def links(self) -> Iterator[tuple[x509.Certificate, x509.Certificate]]:
        """Yield (certificate, issuer) for all but the anchor."""
        yield from pairwise(self.certificates)


class AllowList(AlgorithmUsagePolicy):
    """Our allow-list, in the library's terms."""

    def digest_algorithm_allowed(
        self, algo: algos.DigestAlgorithm, moment: datetime | None
    ) -> AlgorithmUsageConstraint:
        return AlgorithmUsageConstraint(digest_allowed(algo["algorithm"].native))

    def signature_algorithm_allowed(
        self,
        algo: algos.SignedDigestAlgorithm,
        moment: datetime | None,
        public_key: keys.PublicKeyInfo | None,
    ) -> AlgorithmUsageConstraint:
        weakness = weakness_of_signature(algo) or (weakness_of_key(public_key) if public_key else None)
        return AlgorithmUsageConstraint(weakness is None, failure_reason=weakness)


@dataclass(frozen=True)
class Pool:
    """Certificates to build from: anchors by the operator, helpers by the operator or from the document."""

    anchors: tuple[x509.Certificate, ...]
    helpers: tuple[x509.Certificate, ...]

    @classmethod
    def of(cls, anchors: Iterable[x509.Certificate], helpers: Iterable[x509.Certificate]) -> "Pool":
        tops = {one.sha256: one for one in anchors}
        rest = {one.sha256: one for one in helpers if one.sha256 not in tops}
        return cls(tuple(tops.values()), tuple(rest.values()))

    def issuers(self, certificate: x509.Certificate) -> Iterator[tuple[x509.Certificate, bool]]:
        """Yield (issuer, whether it is an anchor) by name and by signature, anchors first."""
        wanted = names.normalised(certificate.issuer)
        for group, anchored in ((self.anchors, True), (self.helpers, False)):
            for candidate in group:
                if names.normalised(candidate.subject) == wanted and _signed(certificate, candidate):
                    yield candidate, anchored


def _signed(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the key matches; weak algorithms pass here, so that the refusal can say that they are weak."""
    algorithm = certificate["signature_algorithm"]
    if weakness_of_signature(algorithm) or weakness_of_key(issuer.public_key):
        return True
    return verifies(
        issuer.public_key,
        certificate["signature_value"].native,
        certificate["tbs_certificate"].dump(),
        algorithm,
    )


def _paths(leaf: x509.Certificate, pool: Pool) -> Iterator[tuple[x509.Certificate, ...]]:
    """Yield chains from the certificate to an anchor, depth first, each certificate at most once."""
    stack: list[tuple[x509.Certificate, ...]] = [(leaf,)]
    for _ in range(_MOST_STEPS):
        if not stack:
            return
        chain = stack.pop()
        further: list[tuple[x509.Certificate, ...]] = []
        for issuer, anchored in pool.issuers(chain[-1]):
            if any(issuer.sha256 == one.sha256 for one in chain):
                continue
            if anchored:
                yield (*chain, issuer)
            elif len(chain) < _LONGEST:
                further.append((*chain, issuer))
        stack += reversed(further)  # what the operator loaded goes before what a document brings


def find_path(leaf: x509.Certificate, pool: Pool, moment: datetime, *, proven: bool) -> Path:
    """Return a chain valid at `moment` (UTC), or raise the Objection that says best why there is none.

    `proven`: the moment is a time-stamp's, so that a certificate that had ended by then had certainly ended.
    """
    if any(leaf.sha256 == anchor.sha256 for anchor in pool.anchors):
        raise failed(
            Reason.CHAIN_CONSTRAINTS_FAILURE,
            "Quien firma usó el certificado de una autoridad certificadora, que no sirve para firmar documentos.",
            "the signer's certificate is itself an anchor",
        )
    objections: list[Objection] = []
    for count, chain in enumerate(_paths(leaf, pool)):
        if count >= _MOST_PATHS:
            break
        objection = _objection_to(chain, moment, proven)
        if objection is None:
            return Path(chain)
        objections.append(objection)
    if objections:
        raise objections[0]
    raise doubtful(
        Reason.NO_CERTIFICATE_CHAIN_FOUND,
        "El certificado de quien firma no fue emitido por ninguna autoridad en la que este servicio confía; "
        "si es de FIREL o de la e.firma, pida a quien administra que cargue a su autoridad certificadora.",
        f"no path from issuer {names.readable(leaf.issuer)!r}",
    )


def _objection_to(chain: Sequence[x509.Certificate], moment: datetime, proven: bool) -> Objection | None:
    for authority in chain[1:]:
        objection = _validity_of_authority(authority, moment, proven)
        if objection:
            return objection
    for certificate, issuer in pairwise(chain):
        weakness = weakness_of_signature(certificate["signature_algorithm"]) or weakness_of_key(
            issuer.public_key
        )
        if weakness:
            return failed(
                Reason.CRYPTO_CONSTRAINTS_FAILURE,
                "La cadena de certificados usa un algoritmo que ya no es seguro; la firma no puede aceptarse y el "
                "documento debe firmarse con un certificado vigente.",
                f"{weakness}: {names.readable(certificate.subject)!r}",
            )
    return _library_objection(chain, moment)


def _validity_of_authority(authority: x509.Certificate, moment: datetime, proven: bool) -> Objection | None:
    if authority.not_valid_before <= moment <= authority.not_valid_after:
        return None
    detail = f"{names.readable(authority.subject)!r} is valid until {authority.not_valid_after.isoformat()}"
    if proven or moment < authority.not_valid_before:
        return failed(
            Reason.CHAIN_CONSTRAINTS_FAILURE,
            "La autoridad que emitió el certificado no estaba vigente al firmarse el documento; pida al juzgado que "
            "firme con un certificado vigente.",
            detail,
        )
    return doubtful(
        Reason.OUT_OF_BOUNDS_NO_POE,
        "La autoridad que emitió el certificado ya venció y el documento no trae un sello de tiempo que pruebe que "
        "se firmó antes; pida al juzgado que lo firme de nuevo con un certificado vigente.",
        detail,
    )


def _library_objection(chain: Sequence[x509.Certificate], moment: datetime) -> Objection | None:
    context = ValidationContext(
        trust_roots=[chain[-1]],
        moment=moment,
        allow_fetching=False,
        revinfo_policy=CertRevTrustPolicy(NO_REVOCATION),
        algorithm_usage_policy=AllowList(),
    )
    # The path runs from the anchor down; the library names the certificates between anchor and leaf "interm".
    anchor = CertTrustAnchor(
        chain[-1], TrustQualifiers(max_path_length=chain[-1].max_path_length)
    )  # RFC 5937, 3.2
    path = ValidationPath(anchor, list(reversed(chain[1:-1])), chain[0])
    try:
        _finish(async_validate_path(context, path))
    except (ValidationError, PathError) as problem:
        return failed(
            Reason.CHAIN_CONSTRAINTS_FAILURE,
            "La cadena de certificados no cumple con las reglas de las autoridades que la emitieron; la firma no "
            "puede aceptarse.",
            str(problem),
        )
    return None


def _finish(coroutine: Coroutine[Any, Any, object]) -> None:
    """Run a coroutine that never waits: with nothing to fetch the library's does not, and needs no event loop."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
    raise RuntimeError("path validation wanted to wait for something")
