"""Guesses from the text of an order, to pre-fill a form. Unverified: a person checks every field. Never blocks."""

import re
from dataclasses import asdict, dataclass
from typing import Any

_EXPEDIENTE = re.compile(
    r"(?:expediente|juicio de amparo(?: indirecto)?|amparo(?: indirecto)?|cuaderno)"
    r"[^\d\n]{0,40}?(\d{1,5}/(?:19|20)\d{2}(?:-[IVXLC]{1,5})?(?:-[A-Z0-9]{1,3})?)",
    re.IGNORECASE,
)
_COURT = re.compile(
    r"((?:juzgado|tribunal)\s+(?:(?!\n\s*\n|juicio|expediente|amparo)[^.;,]){3,140}?\bdistrito\b"
    r"(?:(?!\n\s*\n|juicio|expediente|amparo|suspensi)[^.;,]){0,120})",
    re.IGNORECASE,
)
_NAMES = re.compile(
    r"(?:a favor de|persona quejosa|quejos[oa]s?|promovido por|en favor de)[:\s]+"
    r"((?:[A-ZÁÉÍÓÚÜÑ][A-ZÁÉÍÓÚÜÑ'.-]+(?:\s+[ye]\s+|\s*,\s*|\s+)?){2,24})"
)
_WORD = "[A-ZÁÉÍÓÚÜÑ][A-ZÁÉÍÓÚÜÑ'.-]+"


@dataclass(frozen=True)
class Guess:
    """What an order seems to say. Empty strings and tuples where nothing was recognised."""

    expediente: str = ""
    court: str = ""
    persons: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> "Guess":
        return cls(str(plain["expediente"]), str(plain["court"]), tuple(map(str, plain["persons"])))


def from_text(text: str) -> Guess:
    """Return what the text of an order seems to say."""
    joined = re.sub(r"[ \t]+", " ", text.replace("\r", ""))
    expediente = _EXPEDIENTE.search(joined)
    court = _COURT.search(joined)
    people = _NAMES.search(joined)
    return Guess(
        expediente=expediente.group(1).upper() if expediente else "",
        court=" ".join(court.group(1).split()).rstrip(" .,;") if court else "",
        persons=_people(people.group(1)) if people else (),
    )


def _people(text: str) -> tuple[str, ...]:
    parts = re.split(r"\s*,\s*|\s+[ye]\s+", " ".join(text.split()))
    found = [part.strip(" .,") for part in parts]
    return tuple(name for name in found if re.fullmatch(rf"{_WORD}(?: {_WORD})+", name))[:20]
