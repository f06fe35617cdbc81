"""Files of up to 32 MiB, handed from the service to the judging child and read there where they lie.

To copy a file into the child's own memory would cost as much as to hash it.
"""

import io
import mmap
import os
from typing import Any

Data = bytes | mmap.mmap
"""The bytes of a file. Both can be sliced, searched and hashed; compare slices, for a map equals nothing but itself."""


def in_memory(blob: bytes) -> io.FileIO:
    """Return a file in memory that holds the bytes; its descriptor crosses to the child without their being copied."""
    file = io.FileIO(os.memfd_create("upload"), "wb")
    view = memoryview(blob)
    while view:
        view = view[file.write(view) :]
    return file


def mapped(descriptor: int, size: int) -> Data:
    """Return what such a file holds. The descriptor may be closed afterwards."""
    return mmap.mmap(descriptor, size, prot=mmap.PROT_READ) if size else b""


class _Raw(io.RawIOBase):
    """Bytes as a file that can be read. Like `io.BytesIO`, one step back from the start stays at the start."""

    def __init__(self, data: Data) -> None:
        super().__init__()
        self._view = memoryview(data)
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_SET and offset < 0:
            raise ValueError("negative seek value")
        base = (0, self._place, len(self._view))[whence]
        self._place = max(0, base + offset)
        return self._place

    def readinto(self, buffer: Any) -> int:
        part = self._view[self._place : self._place + len(buffer)]
        buffer[: len(part)] = part
        self._place += len(part)
        return len(part)


def reading(data: Data) -> io.BufferedReader:
    """Return a file to read the bytes from, without a copy of them."""
    return io.BufferedReader(_Raw(data))
