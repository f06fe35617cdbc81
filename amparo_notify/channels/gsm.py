"""The alphabet of an SMS: one letter outside GSM-7 turns 160 characters into 70 (3GPP TS 23.038, 6.2.1)."""

import unicodedata
from functools import lru_cache

_BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = set("^{}\\[~]|€\f")  # two septets each
_PLAIN = {
    "º": "o", "ª": "a", "°": "o", "«": '"', "»": '"', "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'",
    "´": "'", "`": "'", "–": "-", "—": "-", "−": "-", "‑": "-", "…": "...", "•": "-", "·": "-", "ç": "c",
    "\u00a0": " ", "\u202f": " ", "\t": " ", "\u200b": "", "\u00ad": "", "\ufeff": "",
}  # fmt: skip

ONE_SEGMENT, EACH_SEGMENT = 160, 153
"""Septets in a single message, and in each part of a joined one (6 octets go to the header)."""


def to_gsm7(text: str) -> str:
    """Return the text in GSM-7: á í ó ú and typographic signs made plain, ñ é ü ¿ ¡ kept.

    A letter with no plain form becomes "?", for a notice must not fail over a stray sign in a name of a place.
    """
    return "".join(map(_letter, unicodedata.normalize("NFC", text)))


@lru_cache(maxsize=1024)
def _letter(letter: str) -> str:
    if letter in _BASIC or letter in _EXTENDED:
        return letter
    if letter in _PLAIN:
        return _PLAIN[letter]
    bare = "".join(c for c in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(c))
    return bare if bare and all(c in _BASIC or c in _EXTENDED for c in bare) else "?"


def is_gsm7(text: str) -> bool:
    """Whether a handset shows this text without switching to Unicode."""
    return all(letter in _BASIC or letter in _EXTENDED for letter in text)


def segments(text: str) -> int:
    """How many messages this GSM-7 text takes. A two-septet sign is never split over two of them."""
    sizes = [2 if letter in _EXTENDED else 1 for letter in text]
    if sum(sizes) <= ONE_SEGMENT:
        return 1
    count, room = 1, EACH_SEGMENT
    for size in sizes:
        if size > room:
            count, room = count + 1, EACH_SEGMENT
        room -= size
    return count
