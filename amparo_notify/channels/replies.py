"""What an officer's text message says. Case, accents, punctuation and spacing do not matter."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ReplyKind = Literal["acknowledge", "refuse", "stop", "help"]

_CODE = re.compile(r"[A-Z0-9]{3,12}")
_GLUED = re.compile(r"([A-Z0-9]{3,6}?)(\d{6})")  # code and PIN written without a space
_FILLERS = {"CLAVE", "CODIGO", "MI", "NIP", "PIN", "CON", "ES", "DE", "Y", "EL", "LA", "A"}
_ACKNOWLEDGE = {"ENTERADO", "ENTERADA", "ENTERADOS"}
_STOP = {"STOP", "STOPALL", "ALTO", "BAJA", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE"}
"""Twilio's own words (https://help.twilio.com/articles/223134027) and the Spanish ones of domain.md, section 6."""
_NUMBER = re.compile(r"\d(?:[^\w\n]{0,3}\d){3,}")
REDACTED = "[NIP]"


@dataclass(frozen=True)
class Reply:
    """A reply understood. `code` is upper case; `pin` holds the digits as typed, or nothing (grade A1)."""

    kind: ReplyKind
    code: str = ""
    pin: str = ""


HELP = Reply("help")


def parse_reply(body: str) -> Reply:
    """Return what a text says: ENTERADO CODE PIN, ENTERADO CODE, NO CODE, STOP/ALTO/BAJA, or help for the rest."""
    words = _words(body)
    if not words:
        return HELP
    first, rest = words[0], words[1:]
    if first in _STOP and len(words) == 1:
        return Reply("stop")
    if first.startswith("ENTERAD") and first not in _ACKNOWLEDGE:
        first, rest = first[:8], [first[8:], *rest]  # ENTERADOK7QF
    if first in _ACKNOWLEDGE:
        return _acknowledgement([word for word in rest if word not in _FILLERS])
    if first == "NO" and len(rest) == 1 and _CODE.fullmatch(rest[0]):
        return Reply("refuse", rest[0])
    return HELP


def _acknowledgement(words: list[str]) -> Reply:
    if not words:
        return HELP
    code, *rest = words
    pin = "".join(word for word in rest if word.isdigit())
    glued = _GLUED.fullmatch(code)
    if glued and not pin:
        code, pin = glued.groups()
    if not _CODE.fullmatch(code) or (code.isdigit() and len(code) == 6 and not pin):
        return HELP  # a PIN alone names no order, and no reply means "the latest"
    return Reply("acknowledge", code, pin)


def _words(body: str) -> list[str]:
    folded = unicodedata.normalize("NFKD", body).upper()
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return re.findall(r"[A-Z0-9]+", plain)


def redact(raw: Mapping[str, str]) -> dict[str, str]:
    """Return a raw event without PINs: keys pressed, and every run of four digits or more in a text."""
    clean = dict(raw)
    if clean.get("Digits"):
        clean["Digits"] = "*" * len(clean["Digits"])
    if clean.get("Body"):
        clean["Body"] = _NUMBER.sub(REDACTED, unicodedata.normalize("NFKC", clean["Body"]))
    return clean
