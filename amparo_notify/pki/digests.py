"""Hashes of large files, each byte read once where that can be."""

import hashlib
import threading

from amparo_notify.pki.files import Data
from amparo_notify.pki.pdf import Embedded

_STEP = 1 << 18


class Whole:
    """SHA-256 of a whole file, taken while the rest of the verdict is made: hashing needs no interpreter.

    The states on the way are kept: what a signature in a PDF covers begins as the file does.
    """

    def __init__(self, data: Data) -> None:
        self.data = data
        self._states = [hashlib.sha256()]
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        view = memoryview(self.data)
        state = self._states[0].copy()
        for start in range(0, len(view), _STEP):
            state.update(view[start : start + _STEP])
            self._states.append(state.copy())

    def hexdigest(self) -> str:
        return self.upto(len(self.data)).hexdigest()

    def upto(self, end: int) -> "hashlib._Hash":
        """Return the state after the first `end` bytes, to go on from. Raises IndexError if hashing broke off."""
        self._thread.join()
        steps = end // _STEP
        state = self._states[steps].copy()
        state.update(memoryview(self.data)[steps * _STEP : end])
        return state


class Digests:
    """Hashes of one content, each computed once. `whole`: the file that it came in, or is."""

    def __init__(self, content: Data, whole: Whole) -> None:
        self._content, self._whole = content, whole
        self._known: dict[str, bytes] = {}

    def __call__(self, algorithm: str) -> bytes:
        if algorithm == "sha256" and self._content is self._whole.data:
            return self._whole.upto(len(self._content)).digest()
        if algorithm not in self._known:
            self._known[algorithm] = hashlib.new(algorithm, self._content).digest()
        return self._known[algorithm]


class RangeDigests:
    """Hashes of what one embedded signature covers."""

    def __init__(self, whole: Whole, signature: Embedded) -> None:
        self._whole = whole
        self._ranges = signature.ranges

    def __call__(self, algorithm: str) -> bytes:
        first, size, second, rest = self._ranges
        view = memoryview(self._whole.data)
        if algorithm == "sha256" and size > rest:
            state = self._whole.upto(size)
        else:
            state = hashlib.new(algorithm, view[first : first + size])
        state.update(view[second : second + rest])
        return state.digest()
