"""What a PDF's own structure says: its signatures, which bytes they cover, and what happened after them.

The library's verdict on coverage compares lengths, not places, and can be fooled; the byte ranges are ours to check.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodeLimits, DocumentDecodeBudget, StreamDecodeLimits
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import ObjStreamRef, XRefSectionData
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from amparo_notify.core.verdict import Reason
from amparo_notify.pki import hexstrings  # noqa: F401 - mends a slow reader
from amparo_notify.pki.changes import ONLY_MORE_SIGNATURES, ONLY_VALIDATION_DATA, VALIDATION_DATA
from amparo_notify.pki.files import Data, reading
from amparo_notify.pki.objection import Objection, failed, malformed

MIB = 1024 * 1024
LIMITS = DecodeLimits(
    per_stream=StreamDecodeLimits(max_output_size=32 * MIB),
    document_budget=DocumentDecodeBudget(base_allowance=64 * MIB, max_ratio=1),
)
SIGNATURES = {"/ETSI.CAdES.detached", "/adbe.pkcs7.detached"}
TIME_STAMP = "/ETSI.RFC3161"
SHA1_FORMATS = {"/adbe.pkcs7.sha1", "/adbe.x509.rsa_sha1"}
_HEX = re.compile(rb"<([0-9A-Fa-f\s]*)>\Z")
_STREAM_END = re.compile(rb"\s*endobj")
_NEAR = 64
"""Bytes before the gap among which its key is looked for."""
_TAIL_NOISE = re.compile(rb"(?:\s|%%EOF|(?:%[ -~]{1,80}[\r\n]+)?startxref\s+\d+)*\Z")
"""What may stand between objects; a program may sign its name before it says where its table is (iText does)."""


@dataclass(frozen=True)
class Embedded:
    """One signature dictionary whose place in the file has been checked."""

    name: str
    subfilter: str
    contents: bytes
    ranges: tuple[int, int, int, int]
    handle: EmbeddedPdfSignature = field(repr=False)

    @property
    def end(self) -> int:
        return self.ranges[2] + self.ranges[3]

    @property
    def is_time_stamp(self) -> bool:
        return self.subfilter == TIME_STAMP

    @property
    def claimed(self) -> datetime | None:
        """The signing time that the dictionary states (/M), where it can be read with its zone."""
        try:
            moment = self.handle.self_reported_timestamp
        except (PdfError, ValueError, TypeError, AttributeError):
            return None
        return moment if isinstance(moment, datetime) and moment.tzinfo else None


class Document:
    """A PDF, read once. Raises Objection for what cannot be read or must not be in an order."""

    def __init__(self, data: Data, *, lenient: bool = False) -> None:
        self.data = data
        self.reader, self.strict = (_leniently(data), False) if lenient else _read(data)
        if self.reader.trailer.flatten().get("/Encrypt") is not None or self.reader.encrypt_dict is not None:
            raise malformed(
                "encrypted",
                "El PDF está cifrado o protegido con contraseña; quite la protección, fírmelo de nuevo y súbalo.",
            )

    @cached_property
    def offsets(self) -> dict[int, set[int]]:
        """Byte offset → object numbers at it, in any revision."""
        found: dict[int, set[int]] = {}
        for section in _sections(self.reader):
            for number, (_, offset) in section.standard_xrefs.items():
                found.setdefault(offset, set()).add(number)
        return found

    @cached_property
    def signatures(self) -> list[Embedded]:
        """All filled signature fields, by the end of what they cover. Raises Objection if any is out of place."""
        found = [self._embedded(name, reference) for name, _, reference in self._fields()]
        return sorted(found, key=lambda one: one.end)

    def _fields(self) -> Iterator[tuple[str, object, generic.IndirectObject]]:
        yield from enumerate_sig_fields(self.reader, filled_status=True)

    def _embedded(self, name: str, reference: generic.IndirectObject) -> Embedded:
        holder = reference.get_object()
        value = holder.raw_get("/V")
        if not isinstance(value, generic.IndirectObject):
            raise malformed(f"signature {name} is not an object of its own")
        dictionary = value.get_object()
        subfilter = str(dictionary["/SubFilter"]) if "/SubFilter" in dictionary else ""
        if subfilter in SHA1_FORMATS:
            raise failed(
                Reason.CRYPTO_CONSTRAINTS_FAILURE,
                "El PDF fue firmado con un formato antiguo que usa SHA-1, que ya no es seguro; pida al juzgado que lo "
                "firme de nuevo.",
                subfilter,
            )
        if subfilter not in SIGNATURES | {TIME_STAMP}:
            raise malformed(
                f"SubFilter {subfilter}",
                "El PDF trae una firma de un tipo que no se puede verificar; pida al juzgado que firme con FIREL o "
                "e.firma en formato PAdES.",
            )
        if ((str(dictionary["/Type"]) if "/Type" in dictionary else "/Sig") == "/DocTimeStamp") is not (
            subfilter == TIME_STAMP
        ):
            raise malformed(f"signature {name}: /Type and /SubFilter disagree")
        handle = EmbeddedPdfSignature(self.reader, holder, name)
        ranges = self._ranges(handle, value.reference.idnum)
        return Embedded(name, subfilter, handle.pkcs7_content, ranges, handle)

    def _ranges(self, handle: EmbeddedPdfSignature, number: int) -> tuple[int, int, int, int]:
        """Check the byte range by places: the gap must be this very dictionary's /Contents, and nothing else."""
        raw = [int(item) for item in handle.byte_range]
        if len(raw) != 4 or raw[0] != 0 or min(raw) < 0:
            raise malformed(f"byte range {raw}")
        _, size, second, rest = raw
        if not (0 < size < second and second + rest <= len(self.data) and rest > 0):
            raise malformed(f"byte range {raw} in a file of {len(self.data)} bytes")
        gap = _HEX.match(self.data[size:second])
        if gap is None or not self.data[max(0, size - _NEAR) : size].rstrip().endswith(b"/Contents"):
            raise malformed("the gap is not the signature")
        if bytes.fromhex(gap.group(1).decode("ascii")) != handle.pkcs7_content:
            raise malformed("the gap holds another signature")
        start = max((offset for offset in self.offsets if offset < size), default=-1)
        if number not in self.offsets.get(start, ()):
            raise malformed("the gap lies in another object")
        if any(size < offset < second for offset in self.offsets):
            raise malformed("an object hides in the gap")
        return raw[0], size, second, rest

    @property
    def _is_closed(self) -> bool:
        """Whether the last signature is a person's, and covers all there is."""
        last = self.signatures[-1]
        return not last.is_time_stamp and last.end == len(self.data)

    def check_later_changes(self, signature: Embedded) -> str:
        """Raise unless what follows this signature is harmless; return a word on it for the report."""
        if signature.end == len(self.data):
            return "none"
        if not self.strict and not self._is_closed:
            raise _changed("bytes follow the last person's signature in a file that needs a lenient reading")
        handle = signature.handle
        if handle.signed_revision == self.reader.xrefs.total_revisions - 1:
            raise _changed("bytes follow the last signature that are no update")
        followed = any(one.end > signature.end and not one.is_time_stamp for one in self.signatures)
        # Also asks the library, whose check of the cross-reference sections complements the one by places.
        coverage = handle.evaluate_signature_coverage()
        if coverage.name not in {"ENTIRE_REVISION", "ENTIRE_FILE"}:
            raise _changed(f"coverage {coverage.name}")
        # A document time-stamp vouches for nobody: whoever changes a file can have the result stamped.
        policy = ONLY_MORE_SIGNATURES if followed else ONLY_VALIDATION_DATA
        review = policy.review_file(
            self.reader,
            handle.signed_revision,
            field_mdp_spec=handle.fieldmdp,
            doc_mdp=handle.docmdp_level,
        )
        if not isinstance(review, DiffResult):
            raise _changed(str(review))
        allowed = {one.name for one in self.signatures} if followed else set()
        level, most = (
            review.modification_level,
            ModificationLevel.FORM_FILLING if followed else VALIDATION_DATA,
        )
        if level > most or review.changed_form_fields - allowed:
            raise _changed(f"{level.name}: {sorted(review.changed_form_fields)}")
        permitted = handle.docmdp_level
        if permitted is not None and level.value > permitted.value:
            raise _changed(f"{level.name} although the signer allowed {permitted.name}")
        if signature is self.signatures[-1]:
            self._check_tail(signature.end)
        return "further signatures" if followed else "validation data"

    def _check_tail(self, start: int) -> None:
        """Every byte after the last signature belongs to an object or section that the cross-reference reaches."""
        spans: list[tuple[int, int]] = []
        tables: set[int] = set()
        for revision in range(self.reader.xrefs.total_revisions):
            section, info = (
                self.reader.xrefs.get_xref_data(revision),
                self.reader.xrefs.get_xref_container_info(revision),
            )
            if info.end_location > start:
                # A table's location is counted after its keyword, where the pointer is right.
                pointed, end = info.declared_startxref, info.end_location
                if self.data[pointed : info.start_location].strip() == b"xref":
                    spans.append((pointed, end))
                    tables.add(end)
                else:
                    closing = _STREAM_END.match(self.data[end : end + _NEAR])
                    spans.append((info.start_location, end + (closing.end() if closing else 0)))
            for number, (generation, offset) in section.standard_xrefs.items():
                if offset >= start:
                    reference = generic.Reference(number, generation, self.reader)
                    self.reader.get_object(reference, revision=revision)
                    spans.append((offset, self.reader.stream.tell()))
        place = start
        for begin, end in sorted(spans):
            if begin > place:
                self._check_noise(place, begin, place in tables)
            place = max(place, end)
        self._check_noise(place, len(self.data), place in tables)

    def _check_noise(self, start: int, end: int, after_table: bool) -> None:
        """Between spans only white space, end marks, and the trailer that follows a classic table."""
        raw = self.data[start:end].lstrip()
        if after_table and raw.startswith(b"<<"):
            stream = BytesIO(raw)
            generic.DictionaryObject.read_from_stream(stream, generic.TrailerReference(self.reader))
            raw = raw[stream.tell() :]
        if not _TAIL_NOISE.match(raw):
            raise _changed(f"bytes {start} to {end} belong to nothing")


def _changed(detail: str) -> Objection:
    return failed(
        Reason.FORMAT_FAILURE,
        "Alguien añadió o cambió algo en el PDF después de que se firmó; pida al juzgado el archivo original.",
        detail,
    )


def _sections(reader: PdfFileReader) -> Iterator[XRefSectionData]:
    for revision in range(reader.xrefs.total_revisions):
        section = reader.xrefs.get_xref_data(revision)
        yield section
        if section.hybrid is not None:
            yield section.hybrid.xref_data


class _Reader(PdfFileReader):
    """Knows that a reference to what the file never defines is a reference to null (ISO 32000-2, 7.3.10).

    What only a later revision defines stays an error: a page may have been signed with a hole in it.
    """

    def _read_object(
        self,
        ref: generic.Reference,
        marker: int | ObjStreamRef | None,
        never_decrypt: bool = False,
        as_metadata_stream: bool = False,
    ) -> Any:
        if marker is None and ref.idnum not in self._numbers:
            nothing = generic.NullObject()
            nothing.container_ref = ref
            return nothing
        return super()._read_object(ref, marker, never_decrypt, as_metadata_stream)

    @cached_property
    def _numbers(self) -> set[int]:
        """The numbers of all objects that any revision defines."""
        return {
            number
            for section in _sections(self)
            for number in (*section.standard_xrefs, *section.xrefs_in_objstm)
        }


def _read(data: Data) -> tuple[PdfFileReader, bool]:
    """Parse strictly; where that fails, or the file has hybrid references, leniently. Returns (reader, strict)."""
    if data[:5] != b"%PDF-":
        raise malformed("no PDF header at the first byte")
    try:
        reader = _Reader(reading(data), strict=True, decode_limits=LIMITS)
        if not reader.xrefs.hybrid_xrefs_present:
            _touch(reader)
            return reader, True
    except PdfError:
        pass
    return _leniently(data), False


def _leniently(data: Data) -> PdfFileReader:
    reader = PdfFileReader(reading(data), strict=False, decode_limits=LIMITS)
    _touch(reader)
    return reader


def check_later_changes(document: Document) -> tuple[Document, dict[str, str]]:
    """Raise unless what follows each signature is harmless; return the document as read, and a word for each.

    A careless program's slip in some font is met first when revisions are compared: then the file is read again,
    leniently, and a person's signature must cover all of it.
    """
    try:
        return document, {one.name: document.check_later_changes(one) for one in document.signatures}
    except PdfError:
        if not document.strict:
            raise
    again = Document(document.data, lenient=True)
    return again, {one.name: again.check_later_changes(one) for one in again.signatures}


def _touch(reader: PdfFileReader) -> None:
    """Read what every order needs, so that a broken file is found before anything is believed of it."""
    kids = reader.root["/Pages"]["/Kids"]
    if not isinstance(kids, generic.ArrayObject) or not len(kids):
        raise malformed("no pages")
