"""The API's JSON as it comes in: orders read strictly, every fault at once."""

import unicodedata
from datetime import UTC
from typing import Any

from amparo_notify.core.errors import Fault
from amparo_notify.core.order import Person
from amparo_notify.core.reading import Parser, each, instant, read, record

LONGEST = 500
"""Characters of one text."""
LONGEST_INSTRUCTION = 2_000
MOST = 200
"""Persons, stations or lawyers of one order: more is a slip, and an order that nobody could carry out."""
YEARS = range(2000, 2101)


def _text(longest: int) -> Parser:
    def parse(value: Any, where: str, faults: list[Fault]) -> Any:
        if not isinstance(value, str):
            faults.append(Fault(where, "No es un texto.", "Escríbalo entre comillas."))
            return ""
        if len(value) > longest:
            faults.append(Fault(where, f"Pasa de {longest} caracteres.", "Acórtelo."))
        if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in value):
            faults.append(Fault(where, "Tiene caracteres de control.", "Quítelos."))
        return value.strip()

    return parse


def _truth(value: Any, where: str, faults: list[Fault]) -> Any:
    if not isinstance(value, bool):
        faults.append(Fault(where, "No es verdadero ni falso.", "Use true o false."))
    return value


def _maybe(parser: Parser) -> Parser:
    def parse(value: Any, where: str, faults: list[Fault]) -> Any:
        return None if value is None else parser(value, where, faults)

    return parse


def _departure(value: Any, where: str, faults: list[Fault]) -> Any:
    before = len(faults)
    found = instant(value, where, faults)
    if len(faults) > before:
        return None
    if found.year not in YEARS:
        faults.append(Fault(where, f"El año {found.year} no puede ser.", "Revise la fecha."))
        return None
    return found.astimezone(UTC)


def _few(parser: Parser) -> Parser:
    many = each(parser)

    def parse(value: Any, where: str, faults: list[Fault]) -> Any:
        if isinstance(value, list) and len(value) > MOST:
            faults.append(Fault(where, f"Son más de {MOST}.", "Divida la orden en varias."))
            return ()
        return many(value, where, faults)

    return parse


_short = _text(LONGEST)
_PERSON = record(
    Person,
    {},
    {
        "name": _short,
        "aliases": _short,
        "nationality": _short,
        "born": _short,
        "passport": _short,
        "held_at": _short,
        "airline": _short,
        "flight": _short,
        "destination": _short,
        "departs_at": _maybe(_departure),
    },
)
_ORDER = record(
    dict,
    {"expediente": _short, "stations": _few(_short), "persons": _few(_PERSON)},
    {
        "court": _short,
        "suspension": _short,
        "lawyers": _few(_short),
        "instruction": _text(LONGEST_INSTRUCTION),
        "drill": _truth,
        "copy_comar": _truth,
    },
)


def order_of(data: Any) -> dict[str, Any]:
    """Return the fields of a submission from JSON values. Raises Invalid with every fault of its form."""
    fields: dict[str, Any] = read(_ORDER, data)
    return fields
