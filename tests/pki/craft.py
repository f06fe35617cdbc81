"""Tools of a forger: raw edits of PDFs and CMS that no library would make."""

import hashlib
import io
import re
from collections.abc import Mapping, Sequence

from asn1crypto import cms, core, x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec
from pyhanko.sign.signers import cms_embedder
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp

from amparo_notify.demo.authority import Identity, raw_signature
from amparo_notify.demo.signing import PLAIN, Stamp, Style, signed_data, signer_info, time_stamp
from amparo_notify.pki.der import tlv
from tests.authority import NOW, judge, order, time_stamper

CATALOG = b"<< /Type /Catalog /Pages 8 0 R %s >>"
PAGE = b"<< /Type /Page /Parent 8 0 R /MediaBox [0 0 612 792] /Contents %d 0 R /Resources << /Font 1 0 R >> %s >>"
FORGED = b"BT /F1 18 Tf 72 700 Td (ORDEN FALSA: PUEDE VOLAR) Tj ET"


def stream(data: bytes, extra: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), extra, data)


def last_startxref(pdf: bytes) -> int:
    return int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])


def update(
    pdf: bytes,
    objects: Mapping[int, bytes],
    *,
    root: int = 6,
    free: Sequence[int] = (),
    trailer: bytes = b"",
    listed: Sequence[int] | None = None,
) -> bytes:
    """Append an incremental update with a classic cross-reference table; `listed`: which objects it admits to."""
    out = bytearray(pdf if pdf.endswith(b"\n") else pdf + b"\n")
    places: dict[int, int] = {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n"
    for number in sorted({*(objects if listed is None else listed), *free}):
        place, kind = (0, b"f") if number in free else (places[number], b"n")
        out += b"%d 1\n%010d %05d %s \n" % (number, place, 1 if number in free else 0, kind)
    size = max([*objects, 40]) + 1
    previous = last_startxref(pdf)
    out += b"trailer\n<< /Size %d /Root %d 0 R /Prev %d %s >>\n" % (size, root, previous, trailer)
    out += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def gap(pdf: bytes, which: int = -1) -> tuple[int, int]:
    """Return where the signature's hex string starts and ends, as its byte range says."""
    found = re.findall(rb"/ByteRange \[\s*0 (\d+) (\d+) (\d+)\s*\]", pdf)[which]
    return int(found[0]), int(found[1])


def contents(pdf: bytes, which: int = -1) -> bytes:
    start, end = gap(pdf, which)
    return bytes.fromhex(pdf[start + 1 : end - 1].decode())


def with_contents(pdf: bytes, raw: bytes, which: int = -1) -> bytes:
    """Put other bytes into the signature's place, padded with zeros."""
    start, end = gap(pdf, which)
    room = (end - start - 2) // 2
    assert len(raw) <= room
    return pdf[: start + 1] + (raw + bytes(room - len(raw))).hex().encode() + pdf[end - 1 :]


def resigned(pdf: bytes, identity: Identity, style: Style = PLAIN, infos: int = 1) -> bytes:
    """Sign again after an edit of the same length, over the ranges that the file states."""
    start, end = gap(pdf)
    digest = hashlib.new(style.digest, pdf[:start] + pdf[end:]).digest()
    return with_contents(
        pdf,
        signed_data(
            None,
            [identity],
            [signer_info(identity, digest, style) for _ in range(infos)],
            digest=style.digest,
            chain=style.chain,
        ),
    )


def cut_eof(pdf: bytes) -> bytes:
    return pdf[: pdf.rstrip().rindex(b"%%EOF") - 40]


def edited_cms(raw: bytes, change) -> bytes:
    """Parse a ContentInfo, let `change(signed_data)` alter it, and write it again."""
    info = cms.ContentInfo.load(raw)
    data = info["content"]
    change(data)
    again = cms.ContentInfo({"content_type": "signed_data", "content": data.copy()})
    return again.dump(force=True)


def to_ber(raw: bytes) -> bytes:
    """Rewrite the outer layers of a DER SignedData with indefinite lengths and a chunked content, as streams are."""
    info = cms.ContentInfo.load(raw)
    data = info["content"]
    content = data["encap_content_info"]["content"].native
    chunks = b"".join(tlv(0x04, content[i : i + 1000]) for i in range(0, len(content), 1000))
    inner = _indefinite(0xA0, _indefinite(0x24, chunks))
    encapsulated = _indefinite(0x30, data["encap_content_info"]["content_type"].dump() + inner)
    body = (
        data["version"].dump()
        + data["digest_algorithms"].dump()
        + encapsulated
        + data["certificates"].dump()
        + data["signer_infos"].dump()
    )
    return _indefinite(0x30, info["content_type"].dump() + _indefinite(0xA0, _indefinite(0x30, body)))


def raw_info(
    identity: Identity, content: bytes, attributes: Sequence[bytes], value: bytes | None = None
) -> bytes:
    """A SignerInfo with signed attributes in the order given; the signature stands over just that, unless given."""
    model = signer_info(identity, hashlib.sha256(content).digest(), PLAIN)
    joined = b"".join(attributes)
    signature = value if value is not None else raw_signature(identity.key, tlv(0x31, joined))
    before = b"".join(model[name].dump() for name in ("version", "sid", "digest_algorithm"))
    after = model["signature_algorithm"].dump() + core.OctetString(signature).dump()
    return tlv(0x30, before + tlv(0xA0, joined) + after)


def around(
    info: bytes,
    by: Identity | None = None,
    besides: bytes = b"",
    pieces: int = 0,
    behind: tuple[bytes, bytes, bytes] = (b"", b"", b""),
) -> bytes:
    """A .p7m of the order with this one SignerInfo as it is.

    `besides` goes in with the certificates, `behind` at the end of the content's wrapper, the SignedData and the whole;
    `pieces`: how many bytes the pieces of the content have.
    """
    identity, inside = by or judge(), order()
    certificates = b"".join((identity.certificate, *identity.chain)) + besides
    cut = (
        [tlv(0x04, inside[place : place + pieces]) for place in range(0, len(inside), pieces)]
        if pieces
        else []
    )
    content = tlv(0x24, b"".join(cut)) if cut else tlv(0x04, inside)
    encapsulated = core.ObjectIdentifier("1.2.840.113549.1.7.1").dump() + tlv(0xA0, content + behind[0])
    digests = tlv(0x31, tlv(0x30, core.ObjectIdentifier("2.16.840.1.101.3.4.2.1").dump()))
    body = (
        core.Integer(1).dump() + digests + tlv(0x30, encapsulated) + tlv(0xA0, certificates) + tlv(0x31, info)
    )
    signed = core.ObjectIdentifier("1.2.840.113549.1.7.2").dump() + tlv(0xA0, tlv(0x30, body + behind[1]))
    return tlv(0x30, signed + behind[2])


def stream_update(pdf: bytes, objects: Mapping[int, bytes], *, root: int, number: int = 60) -> bytes:
    """Append an update whose cross-reference stream lists itself as free, as iText writes it."""
    out = bytearray(pdf if pdf.endswith(b"\n") else pdf + b"\n")
    places: dict[int, int] = {}
    for each, body in objects.items():
        places[each] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (each, body)
    start = len(out)
    table = b"".join(b"\1" + place.to_bytes(4, "big") + b"\0\0" for place in places.values())
    table += b"\0" + bytes(4) + b"\xff\xff"
    index = b" ".join(b"%d 1" % each for each in (*places, number))
    extra = b"/Type /XRef /Size %d /W [1 4 2] /Index [%s] /Root %d 0 R /Prev %d" % (
        number + 1,
        index,
        root,
        last_startxref(pdf),
    )
    out += b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (number, stream(table, extra), start)
    return bytes(out)


def stamped_visibly(pdf: bytes, look: bytes, box: tuple[int, int, int, int], field: str = "Sello1") -> bytes:
    """Add a document time-stamp in a field with an appearance."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    shown = generic.StreamObject(stream_data=look)
    shown[generic.NameObject("/Type")] = generic.NameObject("/XObject")
    shown[generic.NameObject("/Subtype")] = generic.NameObject("/Form")
    shown[generic.NameObject("/BBox")] = generic.ArrayObject(map(generic.NumberObject, (0, 0, 612, 792)))
    normal = generic.DictionaryObject({generic.NameObject("/N"): writer.add_object(shown)})
    steps = cms_embedder.PdfCMSEmbedder(new_field_spec=SigFieldSpec(field, box=box)).write_cms(field, writer)
    next(steps).get_object()[generic.NameObject("/AP")] = normal
    steps.send(cms_embedder.SigObjSetup(sig_placeholder=DocumentTimestamp(24_000)))
    prepared, output = steps.send(cms_embedder.SigIOSetup(md_algorithm="sha256"))
    steps.send(time_stamp(prepared.document_digest, Stamp(time_stamper(), NOW)))
    return bytes(output.getvalue())


def _indefinite(tag: int, content: bytes) -> bytes:
    return bytes((tag, 0x80)) + content + b"\0\0"


def raw_name(*parts: tuple[str, int, bytes]) -> x509.Name:
    """Build a name from (attribute, string tag, bytes), as no careful authority would write it."""
    relative = b""
    for oid, tag, raw in parts:
        relative += tlv(0x31, tlv(0x30, core.ObjectIdentifier(oid).dump() + tlv(tag, raw)))
    return x509.Name.load(tlv(0x30, relative))
