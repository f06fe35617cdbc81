"""Tools of a forger: raw edits of PDFs and CMS that no library would make."""

import hashlib
import re
from collections.abc import Mapping, Sequence

from asn1crypto import cms, core, x509

from amparo_notify.demo.authority import Identity
from amparo_notify.demo.signing import PLAIN, Style, signed_data, signer_info
from amparo_notify.pki.der import tlv

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


def _indefinite(tag: int, content: bytes) -> bytes:
    return bytes((tag, 0x80)) + content + b"\0\0"


def raw_name(*parts: tuple[str, int, bytes]) -> x509.Name:
    """Build a name from (attribute, string tag, bytes), as no careful authority would write it."""
    relative = b""
    for oid, tag, raw in parts:
        relative += tlv(0x31, tlv(0x30, core.ObjectIdentifier(oid).dump() + tlv(tag, raw)))
    return x509.Name.load(tlv(0x30, relative))
