"""Chance without randomness: every draw is a hash of a seed and of what it is about.

The same question has the same answer whatever was asked before, so two policies can be tried on one and the same
world, and a run is repeated by its seed on any machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import log
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Chance:
    """Draws from one world."""

    seed: int

    def share(self, *about: object) -> float:
        """Return a number from 0 to below 1."""
        digest = blake2b(repr((self.seed, about)).encode(), digest_size=7).digest()
        return int.from_bytes(digest) / 2**56

    def happens(self, probability: float, *about: object) -> bool:
        return self.share(*about) < probability

    def between(self, low: float, high: float, *about: object) -> float:
        return low + (high - low) * self.share(*about)

    def wait(self, mean: float, *about: object) -> float:
        """Return a waiting time without memory (exponential), in the unit of its mean."""
        return -mean * log(1 - self.share(*about))

    def one_of(self, things: Sequence[T], *about: object) -> T:
        return things[int(self.share(*about) * len(things))]
