"""Detects the format of a signature from its bytes, never from a name, and opens CMS strictly."""

import base64
import binascii
import re
from dataclasses import dataclass

from asn1crypto import cms, core, parser

from amparo_notify.core.verdict import Reason
from amparo_notify.pki.der import content_apart
from amparo_notify.pki.files import Data
from amparo_notify.pki.objection import failed, malformed

MOST_SIGNERS = 8
MOST_CERTIFICATES = 40
_PEM = re.compile(
    rb"-----BEGIN (PKCS7|CMS|PKCS #7 SIGNED DATA)-----\s*([A-Za-z0-9+/=\s]+?)-----END \1-----\s*\Z"
)
_BASE64 = re.compile(rb"[A-Za-z0-9+/\s]+={0,2}\s*\Z")
OFFICE = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How word processors' files begin: ZIP and OLE."""


def looks_like_pdf(data: Data) -> bool:
    return data[:5] == b"%PDF-"


def _unarmoured(data: Data) -> Data:
    """Return the binary form: PEM and bare base64 are undone."""
    if data[:1] == b"\x30" and not _BASE64.match(data[:64]):
        return data
    text = data[:].lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"-----BEGIN"):
        found = _PEM.match(text)
        if not found:
            raise malformed("not a PEM of PKCS #7")
        text = found.group(2)
    elif not _BASE64.match(text):
        return data
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except binascii.Error as problem:
        raise malformed(f"base64: {problem}") from problem


def is_cms(data: Data) -> bool:
    """Whether the bytes look like CMS in any of its armours."""
    head = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    return data[:1] == b"\x30" or head.startswith((b"-----BEGIN PKCS", b"-----BEGIN CMS", b"MI"))


@dataclass(frozen=True)
class Envelope:
    """A SignedData, and the content inside it (None: detached)."""

    data: cms.SignedData
    content: bytes | None


def open_cms(raw: Data, padded: bool = False) -> Envelope:
    """Open one CMS SignedData (DER or BER); zero bytes may follow, and an editor's line end.

    `padded`: it stood inside a PDF's /Contents, as bytes without armour.
    """
    binary = raw if padded else _unarmoured(raw)
    apart = content_apart(binary)
    data, content = _signed_data(apart[0] if apart else binary[:], padded)
    return Envelope(data, apart[1] if apart else content)


def _signed_data(binary: bytes, padded: bool) -> tuple[cms.SignedData, bytes | None]:
    try:
        size = parser.peek(binary)
        rest = binary[size:]
        if rest.strip(b"\0" if padded else b"\0\r\n"):
            raise malformed(f"{len(rest)} bytes follow the signature")
        info = cms.ContentInfo.load(binary[:size], strict=True)
        if info["content_type"].native != "signed_data":
            raise malformed(f"content type {info['content_type'].native}")
        data = info["content"]
        _check_elements(info)
        _check_shape(data)
        content = data["encap_content_info"]["content"]
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as problem:
        raise malformed(f"CMS: {problem}") from problem
    return data, None if isinstance(content, core.Void) else _octets(content)


def _check_elements(info: cms.ContentInfo) -> None:
    """Refuse what the parser would pass over: elements that RFC 5652 does not know, after those that it does."""
    data = info["content"]
    around = data["encap_content_info"]
    explicit = around.contents[parser.peek(around.contents) :]
    inside = parser.parse(explicit)[4] if explicit else b""
    for raw, form in (
        (info.contents, rb"\x06\xa0"),
        (data.contents, rb"\x02\x31\x30\xa0?\xa1?\x31"),
        (around.contents, rb"\x06\xa0?"),
        (inside, rb"[\x04\x24\x30]?"),
    ):
        if not re.fullmatch(form, _tags(raw)):
            raise malformed(f"elements {_tags(raw).hex(' ')} in the signature")


def _tags(raw: bytes) -> bytes:
    """Return the first byte of each element, one after another."""
    found, place = bytearray(), 0
    while place < len(raw):
        found.append(raw[place])
        place += parser.peek(raw[place:])
    return bytes(found)


def _check_shape(data: cms.SignedData) -> None:
    if data["encap_content_info"]["content_type"].native not in {"data", "tst_info"}:
        raise malformed(f"encapsulated type {data['encap_content_info']['content_type'].native}")
    certificates = data["certificates"]
    if not isinstance(certificates, core.Void) and len(certificates) > MOST_CERTIFICATES:
        raise malformed(f"{len(certificates)} certificates")
    if not 1 <= len(data["signer_infos"]) <= MOST_SIGNERS:
        count = len(data["signer_infos"])
        if not count:
            raise failed(
                Reason.NOT_SIGNED,
                "El archivo .p7m no contiene ninguna firma; pida al juzgado el archivo firmado.",
            )
        raise malformed(f"{count} signers")


def _octets(content: core.Asn1Value) -> bytes:
    native = content.native
    return native if isinstance(native, bytes) else bytes(content)


def check_inner(content: bytes) -> None:
    """Refuse what is inside an envelope unless it is a PDF, with advice for what people usually put there."""
    if looks_like_pdf(content):
        return
    if content[:4] in OFFICE:
        raise malformed(
            "an office document inside",
            "El documento firmado es de Word u otro formato editable; guárdelo como PDF, fírmelo y súbalo de nuevo.",
        )
    raise malformed(
        "not a PDF inside",
        "El documento dentro del archivo firmado no es un PDF; convierta el acuerdo a PDF, fírmelo y súbalo de nuevo.",
    )
