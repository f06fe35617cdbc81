"""Documents that try to eat the machine: each is small for what it costs to open."""

import zlib

from tests.authority import order
from tests.pki.craft import CATALOG, last_startxref, update


def deflate_bomb(megabytes: int = 200) -> bytes:
    """An object stream of 200 kB that unfolds to 200 MB."""
    data = zlib.compress(b"30 0 " + b" " * (megabytes * 1024 * 1024), 9)
    head = b"<< /Type /ObjStm /N 1 /First 5 /Filter /FlateDecode /Length %d >>\nstream\n" % len(data)
    base = update(order(), {29: head + data + b"\nendstream"})
    table = b"\x02" + (29).to_bytes(4, "big") + b"\0\0" + b"\x01" + len(base).to_bytes(4, "big") + b"\0\0"
    head = b"<< /Type /XRef /Size 41 /Index [30 1 40 1] /W [1 4 2] /Root 30 0 R /Prev %d /Length 14 >>"
    section = b"40 0 obj\n" + head % last_startxref(base) + b"\nstream\n" + table + b"\nendstream\nendobj\n"
    return base + section + b"startxref\n%d\n%%%%EOF\n" % len(base)


def huge_table(entries: int = 1_500_000) -> bytes:
    """A cross-reference table with over a million entries."""
    pdf = order()
    table = b"xref\n41 %d\n" % entries + b"0000000001 00000 n \n" * entries
    trailer = b"trailer\n<< /Size %d /Root 6 0 R /Prev %d >>\n" % (41 + entries, last_startxref(pdf))
    return pdf + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(pdf)


def deep_nest(levels: int = 100_000) -> bytes:
    return update(order(), {6: CATALOG % (b"/A " + b"[" * levels + b"]" * levels)})


def long_hex(megabytes: int = 12, last: bytes = b"4g") -> bytes:
    """A hex string with one digit that is none: the library reads it byte by byte, a second for each megabyte."""
    return update(order(), {6: CATALOG % (b"/A <" + b"41 " * (megabytes * 1024 * 1024 // 3) + last + b">")})


def long_name() -> bytes:
    return update(order(), {6: CATALOG % (b"/A" + b"#41" * 9_000_000 + b" 1")})


def circle() -> bytes:
    """A table whose predecessor is itself."""
    pdf = order()
    return update(pdf, {6: CATALOG % b""}).replace(b"/Prev %d" % last_startxref(pdf), b"/Prev %d" % len(pdf))


def endless_lengths() -> bytes:
    return b"\x30\x80" * 8_000_000


QUICK = [deflate_bomb, deep_nest, circle, endless_lengths]
SLOW = [huge_table, long_hex, long_name]
