"""Whether content, signed attributes and signature belong together, and whose certificate it is."""

import hashlib
from collections.abc import Callable, Sequence

from asn1crypto import cms, core, x509

from amparo_notify.core.verdict import Reason
from amparo_notify.pki import names
from amparo_notify.pki.crypto import digest_allowed, verifies, weakness_of_key, weakness_of_signature
from amparo_notify.pki.der import tlv
from amparo_notify.pki.objection import failed, malformed

LARGEST_CERTIFICATE = 64 * 1024
"""Bytes; no authority issues larger ones, and each would travel into the evidence."""

Digest = Callable[[str], bytes]
"""From the name of a hash algorithm to the hash of what was signed."""


def certificates_in(data: cms.SignedData) -> list[x509.Certificate]:
    """Return the X.509 certificates inside a SignedData; other kinds are left out."""
    found = data["certificates"]
    if isinstance(found, core.Void):
        return []
    given = [choice.chosen for choice in found if choice.name == "certificate"]
    return [one for one in given if len(one.dump()) <= LARGEST_CERTIFICATE]


def attributes(info: cms.SignerInfo, kind: str, signed: bool = True) -> list[core.Asn1Value]:
    """Return the values of one kind of attribute, as copies.

    Looking for what is left out (the default hash of an ESS entry) makes the parser write it all anew, sorted: what is
    signed would then be judged as other bytes than came.
    """
    group = info["signed_attrs" if signed else "unsigned_attrs"]
    if isinstance(group, core.Void):
        return []
    return [value.copy() for one in group if one["type"].native == kind for value in one["values"]]


def _single(info: cms.SignerInfo, kind: str) -> core.Asn1Value:
    values = attributes(info, kind)
    if len(values) != 1:
        raise malformed(f"signed attribute {kind} occurs {len(values)} times")
    return values[0]


def certificate_of(info: cms.SignerInfo, candidates: Sequence[x509.Certificate]) -> x509.Certificate:
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
        matching = [one for one in candidates if sid.chosen.native in _key_identifiers(one)]
    matching = [one for one in matching if _named_by_hash(info, one)]
    if not matching:
        raise malformed(
            "no certificate inside matches the signer",
            "La firma no incluye el certificado de quien firma, o incluye el de otra persona; pida al juzgado que "
            "firme de nuevo el documento.",
        )
    return matching[0]


def _key_identifiers(certificate: x509.Certificate) -> set[bytes]:
    """What a signature may call this key: what the certificate says, and the SHA-1 that stands in for silence.

    RFC 5280, 4.2.1.2 (1). Mexican certificates say nothing; BouncyCastle and .NET then compute it.
    """
    computed = hashlib.sha1(certificate.public_key["public_key"].contents[1:], usedforsecurity=False).digest()
    return {computed, certificate.key_identifier or computed}


def _named_by_hash(info: cms.SignerInfo, certificate: x509.Certificate) -> bool:
    """Check the signing-certificate attributes (RFC 5035), where there are any: the first entry is the signer."""
    for kind in ("signing_certificate", "signing_certificate_v2"):
        values = attributes(info, kind)
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
    value, how = info["signature"].native, info["signature_algorithm"]
    encodings = _as_signed(info["signed_attrs"])
    if not any(verifies(certificate.public_key, value, signed, how, algorithm) for signed in encodings):
        raise failed(
            Reason.SIG_CRYPTO_FAILURE,
            "La firma no corresponde al certificado que la acompaña; pida al juzgado el archivo original.",
        )
    return str(algorithm)


def _check_protection(info: cms.SignerInfo) -> None:
    """CMSAlgorithmProtection (RFC 6211), where it is present, must repeat the algorithms."""
    for value in attributes(info, "cms_algorithm_protection"):
        same = value["digest_algorithm"].native == info["digest_algorithm"].native
        if not same or value["signature_algorithm"].native != info["signature_algorithm"].native:
            raise malformed("the algorithm protection attribute differs")


def _as_signed(group: cms.CMSAttributes) -> list[bytes]:
    """Return the encodings over which the signature may stand: the attributes as they came, and in DER's order.

    They are signed as a SET, though they travel under another tag, and by the DER of it whatever the order they travel
    in (RFC 5652, 5.4); not every program sorts what it signs.
    """
    came = tlv(0x31, group.contents)
    ordered = tlv(0x31, b"".join(sorted(one.dump() for one in group)))
    return [came] if ordered == came else [came, ordered]
