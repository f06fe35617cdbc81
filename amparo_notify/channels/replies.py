"""What an officer's text message says. Case, accents, punctuation, spacing and order do not matter.

Written for somebody tired at four in the morning, and for evidence: a word of courtesy or a slip of the keyboard is
forgiven; "no estoy enterado", a forwarded notice or "no entiendo" is never taken for an acknowledgement or a refusal.
"""

import difflib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ReplyKind = Literal["acknowledge", "refuse", "stop", "help"]

_CODE = re.compile(r"[A-Z0-9]{3,12}")
_GLUED = re.compile(r"([A-Z0-9]{3,6})(\d{6})")  # code and PIN written without a space
_PIN_DIGITS = 6
_MOST_CODES = 8
"""Words of one text that are looked up as codes."""
_OURS = re.compile(r"[ACDEFHJKLMNPQRTUVWXY34679]{5}")
"""What our codes look like (cases/escalate.py): such words are looked up first."""
_EXPEDIENTE = re.compile(r"\b\d{1,6}/\d{4}(-[A-Z0-9]{1,6})*\b")
_COURTESY = {
    "AMPARO", "BUEN", "BUENA", "BUENAS", "BUENOS", "COPIADO", "DIA", "DIAS", "DOY", "ESTOY", "HOLA", "ME", "NOCHES",
    "NOS", "DAMOS", "ESTAMOS", "OK", "OKEY", "POR", "QUEDAMOS", "QUEDO", "RECIBIDA", "RECIBIDO", "SI", "SOY", "TARDES",
    "YA", "MUY", "DE", "LA", "EL", "ORDEN", "SENOR", "SENORA", "LIC", "JEFE", "JEFA",
}  # fmt: skip
"""What may stand before ENTERADO. Above all not NO, nor anything of our own notice, which may come back forwarded."""
_UNWILLING = {
    "PUEDO", "PODEMOS", "PODRE", "CUMPLIR", "CUMPLIRE", "CUMPLO", "ACEPTO", "ACEPTAMOS", "RECIBO", "RECIBIRE",
    "RECIBIMOS", "VOY", "A", "LO", "LA", "EL", "ORDEN", "AMPARO",
}  # fmt: skip
"""What may stand between NO and the code of a refusal. "NO ENTIENDO K7QF9" asks for help."""
_FILLERS = {
    "CLAVE",
    "CODIGO",
    "MI",
    "NIP",
    "PIN",
    "CON",
    "ES",
    "DE",
    "DEL",
    "LA",
    "EL",
    "A",
    "SU",
    "MAS",
    "ORDEN",
    "GRACIAS",
}
_ENTERADO = "ENTERADO"
_ALIKE = 0.8
"""Of 1: ENTERDO, ENTREADA, ENTRADA (a phone's own correction) are taken for it; ENTIENDO is not."""
_STOP = {"STOP", "STOPALL", "ALTO", "BAJA", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE"}
"""Twilio's own words (https://help.twilio.com/articles/223134027) and the Spanish ones of domain.md, section 6."""
_MISREAD = str.maketrans("01IO", "QLLQ")
"""Our codes have none of 0, O, 1 and I: whoever types one has misread another letter."""
_NUMBER = re.compile(r"\d(?:\W{0,3}\d){3,}")
_ALONE = re.compile(r"(?<![A-Za-z\d])\d+(?![A-Za-z\d])")
REDACTED = "[NIP]"


@dataclass(frozen=True)
class Reply:
    """A reply understood. `codes`: upper case, the likeliest first, not yet looked up; `pin` holds the digits as typed,
    or nothing (grade A1)."""

    kind: ReplyKind
    codes: tuple[str, ...] = ()
    pin: str = ""


HELP = Reply("help")


def parse_reply(body: str) -> Reply:
    """Return what a text says: ENTERADO CODE PIN, ENTERADO CODE, NO CODE, STOP/ALTO/BAJA, or help for the rest."""
    words = _words(body)
    if len(words) == 1 and words[0] in _STOP:
        return Reply("stop")
    if words[:1] == ["NO"]:
        return _refusal(words[1:])
    while words and words[0] in _COURTESY:
        words = words[1:]
    if not words:
        return HELP
    first, rest = words[0], words[1:]
    if first.startswith("ENTERAD") and len(first) > len("ENTERADOS"):
        first, rest = first[:8], [first[8:], *rest]  # ENTERADOK7QF9
    return _acknowledgement(rest) if _is_enterado(first) else HELP


def _is_enterado(word: str) -> bool:
    return difflib.SequenceMatcher(None, word, _ENTERADO).ratio() >= _ALIKE


def _acknowledgement(words: list[str]) -> Reply:
    pin, others = _pin_of([word for word in words if word not in _FILLERS])
    codes = _codes(others)
    if not codes or ("NO" in words and not pin):
        return HELP  # a PIN alone names no order, and no reply means "the latest"
    return Reply("acknowledge", codes, pin)


def _refusal(words: list[str]) -> Reply:
    pin, others = _pin_of([word for word in words if word not in _UNWILLING | _FILLERS])
    sure = len(others) == 1 and not pin and _OURS.fullmatch(others[0])
    return Reply("refuse", (others[0],)) if sure else HELP


def _pin_of(words: list[str]) -> tuple[str, list[str]]:
    """The PIN and the other words. It is the one number of six digits, or all numbers, or what is glued to the code."""
    numbers = [word for word in words if word.isdigit()]
    whole = [word for word in numbers if len(word) == _PIN_DIGITS]
    if len(whole) == 1:
        at = words.index(whole[0])
        return whole[0], words[:at] + words[at + 1 :]
    others = [word for word in words if not word.isdigit()]
    if numbers:
        return "".join(numbers), others
    for at, word in enumerate(others):
        if glued := _GLUED.fullmatch(word):
            return glued[2], [*others[:at], glued[1], *others[at + 1 :]]
    return "", others


def _codes(words: list[str]) -> tuple[str, ...]:
    """What could be the code, likeliest first: each word, then all of them joined ("K7-QF9"), then as misread."""
    joined = "".join(words)
    guesses = [word for word in (*words, joined) if _CODE.fullmatch(word)]
    guesses.sort(key=lambda guess: not _OURS.fullmatch(guess))
    misread = [guess.translate(_MISREAD) for guess in guesses]
    return tuple(dict.fromkeys((*guesses, *misread)))[:_MOST_CODES]


def _words(body: str) -> list[str]:
    folded = unicodedata.normalize("NFKD", body).upper()
    plain = "".join(
        one for one in folded if not unicodedata.combining(one) and unicodedata.category(one) != "Cf"
    )
    return re.findall(r"[A-Z0-9]+", _EXPEDIENTE.sub(" ", plain))


def redact(raw: Mapping[str, str]) -> dict[str, str]:
    """Return a raw event without PINs: keys pressed, every number of a text, and every run of four digits or more."""
    clean = dict(raw)
    if clean.get("Digits"):
        clean["Digits"] = "*" * len(clean["Digits"])
    if clean.get("Body"):
        text = _NUMBER.sub(REDACTED, unicodedata.normalize("NFKC", clean["Body"]))
        clean["Body"] = _ALONE.sub(REDACTED, text)
    return clean
