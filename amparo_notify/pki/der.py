"""One line of DER: what is put together from bytes as they came, without writing parsed values anew."""


def tlv(tag: int, content: bytes) -> bytes:
    """Return tag, length and content, with a definite length."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content
