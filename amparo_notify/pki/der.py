"""DER by hand: put together and taken apart as bytes, without writing parsed values anew."""

from dataclasses import dataclass

from amparo_notify.pki.files import Data


def tlv(tag: int, content: bytes) -> bytes:
    """Return tag, length and content, with a definite length."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


@dataclass(frozen=True)
class _Element:
    tag: int
    place: int
    start: int
    end: int


def _element(data: Data, place: int) -> _Element | None:
    """Return the element that begins at `place`; None where its length is not definite, or is more than there is."""
    head = data[place : place + 6]
    if len(head) < 2:
        return None
    size, length = 2, head[1]
    if length >= 0x80:
        size += length - 0x80
        if not 2 < size <= len(head):
            return None
        length = int.from_bytes(head[2:size], "big")
    end = place + size + length
    return _Element(head[0], place, place + size, end) if end <= len(data) else None


_LAYERS = (
    (0x30, True),  # ContentInfo
    (0x06, False),
    (0xA0, True),
    (0x30, True),  # SignedData (RFC 5652, 5.1)
    (0x02, False),
    (0x31, False),
    (0x30, True),  # EncapsulatedContentInfo
    (0x06, False),
    (0xA0, True),
    (0x04, True),  # the content, in one piece or (constructed) in several
)
_CONSTRUCTED = 0x24
"""Tags on the way to the content of a SignedData, and whether the way leads into the element or past it."""


def content_apart(data: Data) -> tuple[bytes, bytes] | None:
    """Return (a SignedData without its content, its content); None for any form but the simplest.

    A parser copies the content once for each of the layers around it. The lengths of the layers are all that is
    written anew; none of them is signed.
    """
    way: list[_Element] = []
    place = 0
    for tag, into in _LAYERS:
        found = _element(data, place)
        if found is None or found.tag not in ({tag} if tag != 0x04 else {tag, _CONSTRUCTED}):
            return None
        way.append(found)
        place = found.start if into else found.end
    whole, _, wrapped, signed, _, _, encapsulated, _, explicit, content = way
    if not (len(data) == whole.end == wrapped.end == signed.end):
        return None
    if not (encapsulated.end == explicit.end == content.end <= signed.end):
        return None
    detached = tlv(0x30, data[encapsulated.start : explicit.place])
    inner = data[signed.start : encapsulated.place] + detached + data[encapsulated.end : signed.end]
    left = tlv(0x30, data[whole.start : wrapped.place] + tlv(0xA0, tlv(0x30, inner)))
    joined = _joined(data, content)
    return None if joined is None else (left, joined)


def _joined(data: Data, string: _Element) -> bytes | None:
    """Return an octet string's bytes; of a constructed one those of its pieces (X.690, 8.7.3), each in one piece."""
    if string.tag != _CONSTRUCTED:
        return data[string.start : string.end]
    pieces, place = [], string.start
    while place < string.end:
        piece = _element(data, place)
        if piece is None or piece.tag != 0x04 or piece.end > string.end:
            return None
        pieces.append(data[piece.start : piece.end])
        place = piece.end
    return b"".join(pieces)
