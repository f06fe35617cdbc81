"""Phone numbers as people write them, and as carriers want them."""

import re

import phonenumbers

from amparo_notify.core.errors import Fault

MEXICO, DIGITS = 52, 10
"""Messages go nowhere else: a number abroad is a slip of the pen, or somebody's toll fraud."""

_FIXED = re.compile(r"\s*fijo\b:?\s*", re.IGNORECASE)


def phone(text: str) -> tuple[str, str] | Fault:
    """(kind, E.164) of a phone, or what is wrong. "fijo 55…" is a landline, which takes no SMS.

    The numbering plan no longer tells landlines from mobiles, so somebody has to say it. The old mobile `1` of +521 is
    dropped (numbering plan of 2019).
    """
    said_fixed = bool(_FIXED.match(text))
    text = _FIXED.sub("", text)
    try:
        parsed = phonenumbers.parse(
            re.sub(r"^\+?521(\d{10})$", r"+52\1", re.sub(r"[\s().-]", "", text)), "MX"
        )
    except phonenumbers.NumberParseException:
        return Fault("phone", f"«{text}» no es un teléfono.", "Escríbalo con diez dígitos o como +52…")
    if parsed.extension:
        return Fault(
            "phone",
            f"«{text}» tiene una extensión, y nadie la marcaría.",
            "Dé un número directo, sin extensión.",
        )
    if not phonenumbers.is_possible_number(parsed):
        return Fault(
            "phone",
            f"«{text}» no tiene los dígitos de un teléfono.",
            "Escríbalo con diez dígitos o como +52…",
        )
    if parsed.country_code != MEXICO or len(str(parsed.national_number)) != DIGITS:
        return Fault(
            "phone", f"«{text}» no es un número de México.", "Los avisos solo salen a +52 y diez dígitos."
        )
    landline = said_fixed or phonenumbers.number_type(parsed) is phonenumbers.PhoneNumberType.FIXED_LINE
    return ("landline" if landline else "mobile"), phonenumbers.format_number(
        parsed, phonenumbers.PhoneNumberFormat.E164
    )
