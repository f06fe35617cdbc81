"""Signs documents as court staff do: inside a PDF, around it (.p7m) or beside it (.p7s)."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from asn1crypto import cms, core, tsp, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import cms_embedder
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp, SignatureObject

from amparo_notify.demo.authority import Identity, raw_signature, signature_algorithm

_TSA_POLICY = "1.3.6.1.4.1.99999.1"
PADES, ADOBE = SigSeedSubFilter.PADES, SigSeedSubFilter.ADOBE_PKCS7_DETACHED


@dataclass(frozen=True)
class Stamp:
    """A time-stamping authority in this process, and the instant it will state (UTC)."""

    identity: Identity
    moment: datetime
    imprint: str = "sha256"  # the hash of what is stamped
    digest: str = "sha256"  # by which the stamper signs


@dataclass(frozen=True)
class Style:
    """How a signature is made. The defaults are what a court's system does today."""

    signing_time: datetime | None = None
    stamp: Stamp | None = None
    digest: str = "sha256"
    pss: bool = False
    signed_attributes: bool = True
    ess: bool = True  # the signing-certificate-v2 attribute
    chain: bool = True  # put the issuers' certificates in
    extra_unsigned: tuple[cms.CMSAttribute, ...] = ()


PLAIN = Style()


def _attribute(kind: str, value: core.Asn1Value | str | bytes) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": cms.CMSAttributeType(kind), "values": (value,)})


def _signing_certificate(certificate: x509.Certificate) -> tsp.SigningCertificateV2:
    return tsp.SigningCertificateV2({"certs": [tsp.ESSCertIDv2({"cert_hash": certificate.sha256})]})


def signer_info(
    identity: Identity, digest: bytes, style: Style, content_type: str = "data"
) -> cms.SignerInfo:
    """Build one SignerInfo over a content whose hash is `digest`."""
    own = identity.x509
    attributes = [_attribute("content_type", content_type), _attribute("message_digest", digest)]
    if style.signing_time:
        moment = core.UTCTime(style.signing_time.replace(microsecond=0))
        attributes.append(_attribute("signing_time", cms.Time({"utc_time": moment})))
    if style.ess:
        attributes.append(_attribute("signing_certificate_v2", _signing_certificate(own)))
    signed = cms.CMSAttributes(attributes)
    signature = raw_signature(identity.key, signed.dump(), style.digest, style.pss)
    info: dict[str, object] = {
        "version": "v1",
        "sid": cms.SignerIdentifier(
            "issuer_and_serial_number",
            cms.IssuerAndSerialNumber({"issuer": own.issuer, "serial_number": own.serial_number}),
        ),
        "digest_algorithm": {"algorithm": style.digest},
        "signed_attrs": signed,
        "signature_algorithm": signature_algorithm(identity.key, style.digest, style.pss),
        "signature": signature,
    }
    unsigned = list(style.extra_unsigned)
    if style.stamp:
        imprint = hashlib.new(style.stamp.imprint, signature).digest()
        token = cms.ContentInfo.load(time_stamp(imprint, style.stamp))
        unsigned.append(_attribute("signature_time_stamp_token", token))
    if unsigned:
        info["unsigned_attrs"] = cms.CMSAttributes(unsigned)
    return cms.SignerInfo(info)


def signed_data(
    content: bytes | None,
    identities: Sequence[Identity],
    infos: Sequence[cms.SignerInfo],
    *,
    digest: str = "sha256",
    content_type: str = "data",
    chain: bool = True,
) -> bytes:
    """Wrap SignerInfos into a ContentInfo (DER), with the content inside unless it is None."""
    certificates = [item for one in identities for item in (one.certificate, *(one.chain if chain else ()))]
    encapsulated: dict[str, object] = {"content_type": content_type}
    if content is not None:
        octets = core.OctetString if content_type == "data" else core.ParsableOctetString
        encapsulated["content"] = octets(content)
    body = {
        "version": "v1" if content_type == "data" else "v3",
        "digest_algorithms": [{"algorithm": digest}],
        "encap_content_info": encapsulated,
        "certificates": [x509.Certificate.load(der) for der in dict.fromkeys(certificates)],
        "signer_infos": list(infos),
    }
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(body)}).dump())


def time_stamp(imprint: bytes, stamp: Stamp) -> bytes:
    """Return an RFC 3161 token (DER) over a hash."""
    statement = tsp.TSTInfo(
        {
            "version": "v1",
            "policy": _TSA_POLICY,
            "message_imprint": {"hash_algorithm": {"algorithm": stamp.imprint}, "hashed_message": imprint},
            "serial_number": secrets.randbits(63),
            "gen_time": stamp.moment.replace(microsecond=0),
        }
    ).dump()
    digest = hashlib.new(stamp.digest, statement).digest()
    info = signer_info(stamp.identity, digest, Style(digest=stamp.digest), "tst_info")
    return signed_data(statement, [stamp.identity], [info], digest=stamp.digest, content_type="tst_info")


def sign_cms(
    pdf: bytes, identity: Identity | Sequence[Identity], detached: bool = False, style: Style = PLAIN
) -> bytes:
    """Return a .p7m around the document, or a .p7s beside it (DER); a SignerInfo for each identity."""
    signers = [identity] if isinstance(identity, Identity) else list(identity)
    digest = hashlib.new(style.digest, pdf).digest()
    infos = [signer_info(one, digest, style) for one in signers]
    return signed_data(None if detached else pdf, signers, infos, digest=style.digest, chain=style.chain)


def sign_pdf(
    pdf: bytes,
    identity: Identity,
    style: Style = PLAIN,
    *,
    subfilter: SigSeedSubFilter = PADES,
    field: str = "Firma1",
    certify: MDPPerm | None = None,
    reserved: int = 24_000,
) -> bytes:
    """Return the PDF with a signature embedded. `certify` makes it a certification signature."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf), strict=False)
    steps = cms_embedder.PdfCMSEmbedder(new_field_spec=SigFieldSpec(field)).write_cms(field, writer)
    next(steps)
    mdp = cms_embedder.SigMDPSetup(style.digest, certify=True, docmdp_perms=certify) if certify else None
    holder = SignatureObject(timestamp=style.signing_time, subfilter=subfilter, bytes_reserved=reserved)
    steps.send(cms_embedder.SigObjSetup(sig_placeholder=holder, mdp_setup=mdp))
    prepared, output = steps.send(cms_embedder.SigIOSetup(md_algorithm=style.digest))
    info = signer_info(identity, prepared.document_digest, style)
    steps.send(signed_data(None, [identity], [info], digest=style.digest, chain=style.chain))
    return bytes(output.getvalue())


def stamp_pdf(pdf: bytes, stamp: Stamp, field: str = "Sello1", reserved: int = 24_000) -> bytes:
    """Return the PDF with a document time-stamp added."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    steps = cms_embedder.PdfCMSEmbedder(new_field_spec=SigFieldSpec(field)).write_cms(field, writer)
    next(steps)
    steps.send(cms_embedder.SigObjSetup(sig_placeholder=DocumentTimestamp(reserved)))
    prepared, output = steps.send(cms_embedder.SigIOSetup(md_algorithm="sha256"))
    steps.send(time_stamp(prepared.document_digest, stamp))
    return bytes(output.getvalue())
