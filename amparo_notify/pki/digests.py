"""Hashes of large files, each taken once."""

import hashlib
import threading

from amparo_notify.pki.pdf import Document, Embedded


class InBackground:
    """SHA-256 of a whole file, taken while the rest of the verdict is made: hashing needs no interpreter."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._digest = ""
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        self._digest = hashlib.sha256(self.data).hexdigest()

    def hexdigest(self) -> str:
        self._thread.join()
        return self._digest


class Digests:
    """Hashes of one content, each computed once."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._known: dict[str, bytes] = {}

    def __call__(self, algorithm: str) -> bytes:
        if algorithm not in self._known:
            self._known[algorithm] = hashlib.new(algorithm, self._content).digest()
        return self._known[algorithm]


class RangeDigests:
    """Hashes of what one embedded signature covers."""

    def __init__(self, document: Document, signature: Embedded) -> None:
        self._document, self._signature = document, signature

    def __call__(self, algorithm: str) -> bytes:
        return self._document.digest(self._signature.ranges, algorithm)
