"""Finds what an order must not carry: scripts, launches, forms that compute, executables, content from elsewhere.

A quick look at the raw dictionaries decides in the common case that there is nothing; only where a suspicious name
occurs is every object parsed and looked at.
"""

import re
from collections.abc import Iterator

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.misc import PdfError

from amparo_notify.pki.objection import Objection, malformed
from amparo_notify.pki.pdf import Document

_ACTIONS = {
    "/JavaScript",
    "/Launch",
    "/SubmitForm",
    "/ImportData",
    "/GoToE",
    "/GoToR",
    "/Hide",
    "/SetOCGState",
    "/Movie",
    "/Sound",
    "/RichMediaExecute",
    "/Rendition",
}
_KEYS = {"/JS", "/JavaScript", "/XFA", "/RichMediaContent", "/RichMediaSettings", "/OnInstantiate"}
_EMBEDDED = {"/EmbeddedFile", "/EmbeddedFiles", "/EF"}
_OUTSIDE = {"/F", "/Ref"}
"""In a stream: its data or the page it shows is another file, unsigned (ISO 32000-2, 7.3.8 and 8.10.4)."""
_ADDRESS = "/URI"
_SCHEMES = ("file:", "javascript:", "vbscript:", "data:", "smb:", "\\\\", "//")
_WATCHED = {name.encode() for name in _ACTIONS | _KEYS | _EMBEDDED | {"/ByteRange"}}
_ESCAPED = _WATCHED | {name.encode() for name in _OUTSIDE | {_ADDRESS}}
_REGULAR = rb"[^\x00\t\n\f\r ()<>\[\]{}/%]"
_NAME = re.compile(
    rb"/(?:"
    + rb"|".join(re.escape(name[1:]) for name in sorted(_WATCHED))
    + rb")(?!"
    + _REGULAR
    + rb")|/(?:"
    + _REGULAR
    + rb")*?#[0-9A-Fa-f]{2}(?:"
    + _REGULAR
    + rb")*"
)
_BLANK = rb"(?:[\x00\s]|%[^\r\n]*[\r\n])*"
_VALUE = re.compile(
    rb"/(?:F|Ref)%b(?:[(<]|\d+\s+\d+\s+R)|/URI%b(?:[<\d]|\((?!(?i:https?:|mailto:|www\.|tel:)))"
    % (_BLANK, _BLANK)
)
"""Names too common to be watched, with values that are worth a look."""
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_PROGRAMS = (
    b"MZ",
    b"\x7fELF",
    b"#!",
    b"\xca\xfe\xba\xbe",
    b"\xcf\xfa\xed\xfe",
    b"\xfe\xed\xfa",
    b"L\0\0\0\x01\x14\x02",
)
_SUFFIXES = re.compile(
    r"\.(exe|dll|com|scr|pif|bat|cmd|ps1|vbs|vbe|js|jse|wsf|wsh|hta|jar|msi|msp|apk|app|dmg|sh|lnk|reg|cpl|docm|xlsm|"
    r"pptm|iso|img)\s*\Z",
    re.IGNORECASE,
)


def suspicious_names(document: Document) -> dict[bytes, set[int]]:
    """Return the watched names that occur in dictionaries, with the numbers of the objects they occur in."""
    found: dict[bytes, set[int]] = {}
    for numbers, raw in _dictionaries(document):
        for match in _NAME.finditer(raw):
            name = _ESCAPE.sub(lambda hit: bytes((int(hit.group(1), 16),)), match.group())
            if name in (_ESCAPED if b"#" in match.group() else _WATCHED):
                found.setdefault(name, set()).update(numbers)
        if _VALUE.search(raw):
            found.setdefault(b"/F", set()).update(numbers)
    return found


def _dictionaries(document: Document) -> Iterator[tuple[set[int], bytes]]:
    """Yield (object numbers, bytes) of everything in the file that is not the data of a stream."""
    data, starts = document.data, sorted(document.offsets)
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        cut = data.find(b"stream", start, end)
        if cut < 0:
            yield document.offsets[start], data[start:end]
            continue
        head = data[start:cut]
        if b"(" in head or b"%" in head or not head.rstrip().endswith(b">>"):
            # The word may stand inside a string or a comment: then look at everything, data and all.
            head = data[start:end]
        yield document.offsets[start], head
    for number, revision in _object_streams(document):
        stream = document.reader.get_object(generic.Reference(number, 0, document.reader), revision=revision)
        if isinstance(stream, generic.StreamObject):
            yield set(), stream.read_data(DecodePurpose.OBJECT_STREAM)


def _object_streams(document: Document) -> Iterator[tuple[int, int]]:
    """Yield (object number, revision) of the streams that hold objects, each in the state that its revision sees."""
    xrefs = document.reader.xrefs
    for revision in range(xrefs.total_revisions):
        section = xrefs.get_xref_data(revision)
        used = set(section.obj_streams_used)
        if section.hybrid is not None:
            used |= section.hybrid.xref_data.obj_streams_used
        yield from ((number, revision) for number in used)


def check_content(document: Document) -> dict[bytes, set[int]]:
    """Raise an Objection for active content; return the watched names that occur (`/ByteRange` among them)."""
    occurring = suspicious_names(document)
    if set(occurring) - {b"/ByteRange"}:
        for each in _everything(document):
            _check_dictionary(each)
    return occurring


def _everything(document: Document) -> Iterator[generic.DictionaryObject]:
    """Yield every dictionary of every object, in its latest state and in those it had."""
    xrefs = document.reader.xrefs
    for revision in range(xrefs.total_revisions):
        for reference in xrefs.explicit_refs_in_revision(revision):
            try:
                yield from _nested(document.reader.get_object(reference, revision=revision))
            except PdfError:
                continue  # what cannot be read cannot run; structure is judged elsewhere


def _nested(top: object) -> Iterator[generic.DictionaryObject]:
    pending = [top]
    while pending:
        value = pending.pop()
        if isinstance(value, generic.DictionaryObject):
            yield value
            pending.extend(value.raw_get(key) for key in value)
        elif isinstance(value, generic.ArrayObject):
            pending.extend(value.raw_get(index) for index in range(len(value)))


def _entry(each: generic.DictionaryObject, key: str) -> object:
    """Return an entry with references followed (`get` does not follow them), or None."""
    return each[key] if key in each else None  # noqa: SIM401 - see above


def _check_dictionary(each: generic.DictionaryObject) -> None:
    action = str(_entry(each, "/S"))
    if action in _ACTIONS:
        raise _refused(f"action {action}")
    for key in _KEYS & set(each):
        raise _refused(f"entry {key}")
    if action == _ADDRESS and _address(each).startswith(_SCHEMES):
        raise _refused(f"address {_address(each)[:40]}")
    if isinstance(each, generic.StreamObject) and _OUTSIDE & set(each):
        raise malformed(
            f"content outside the file: {sorted(_OUTSIDE & set(each))}",
            "El PDF muestra contenido que no está dentro del archivo, y la firma no lo cubre; guárdelo como PDF simple "
            "(PDF/A), fírmelo de nuevo y súbalo.",
        )
    if "/EF" in each:
        _check_attachment(each)


def _address(each: generic.DictionaryObject) -> str:
    """Return where a link leads, as a program would understand it."""
    address = _entry(each, _ADDRESS)
    text = address.decode("latin-1") if isinstance(address, bytes) else str(address)
    return "".join(text.split()).lower()


def _check_attachment(each: generic.DictionaryObject) -> None:
    names = [str(_entry(each, key)) for key in ("/F", "/UF") if key in each]
    if any(_SUFFIXES.search(name) for name in names):
        raise _refused(f"attachment {names}")
    files = each["/EF"]
    for key in files if isinstance(files, generic.DictionaryObject) else ():
        stream = files[key]
        if isinstance(stream, generic.StreamObject) and stream.data.lstrip().startswith(_PROGRAMS):
            raise _refused(f"attachment {names} is a program")


def _refused(detail: str) -> Objection:
    return malformed(
        f"active content: {detail}",
        "El PDF contiene programas o formularios activos, que un acuerdo no debe traer; guárdelo como PDF simple "
        "(PDF/A), fírmelo de nuevo y súbalo.",
    )
