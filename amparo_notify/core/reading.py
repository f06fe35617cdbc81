"""Strict reading of JSON: what does not fit is listed, every fault at once, with its place."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from amparo_notify.core.errors import Fault, Invalid

Parser = Callable[[Any, str, list[Fault]], Any]
"""Takes a JSON value, its place and the list to which it adds what is wrong; returns the value read."""


def read(parser: Parser, data: object) -> Any:
    """Return what `parser` makes of a JSON value. Raises Invalid with every fault."""
    faults: list[Fault] = []
    value = parser(data, "", faults)
    if faults:
        raise Invalid(*faults)
    return value


def text(value: Any, where: str, faults: list[Fault]) -> Any:
    """Any string."""
    if not isinstance(value, str):
        faults.append(Fault(where, "No es un texto.", "Escríbalo entre comillas."))
    return value


def whole(value: Any, where: str, faults: list[Fault]) -> Any:
    """A whole number; true and false are none."""
    if not isinstance(value, int) or isinstance(value, bool):
        faults.append(Fault(where, "No es un número entero.", "Escriba solo cifras."))
    return value


def one_of(words: type[StrEnum]) -> Parser:
    """A member of an enumeration, by its value."""

    def parse(value: Any, where: str, faults: list[Fault]) -> Any:
        try:
            return words(value)
        except ValueError:
            faults.append(Fault(where, f"«{value}» no se conoce.", f"Use uno de: {', '.join(words)}."))
            return value

    return parse


def _iso(make: Callable[[str], Any], example: str) -> Parser:
    def parse(value: Any, where: str, faults: list[Fault]) -> Any:
        try:
            return make(value)
        except (ValueError, TypeError):
            faults.append(Fault(where, f"«{value}» no se entiende.", f"Escríbalo así: {example}."))
            return value

    return parse


def _aware(value: str) -> datetime:
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is None:
        raise ValueError("an instant needs its offset")
    return instant


day = _iso(date.fromisoformat, "2026-01-31")
wall_time = _iso(time.fromisoformat, "08:00")
instant = _iso(_aware, "2026-01-31T08:00:00-06:00")


def each(parser: Parser) -> Parser:
    """A list of what `parser` reads, as a tuple."""

    def parse(value: Any, where: str, faults: list[Fault]) -> Any:
        if not isinstance(value, list):
            faults.append(Fault(where, "No es una lista.", "Escríbala entre corchetes."))
            return ()
        return tuple(parser(item, f"{where}[{number}]", faults) for number, item in enumerate(value))

    return parse


def record(
    make: Callable[..., Any], fields: Mapping[str, Parser], optional: Mapping[str, Parser] | None = None
) -> Parser:
    """An object with these fields and no others; `optional` ones may be left out and take their default."""
    known = {**fields, **(optional or {})}

    def parse(value: Any, where: str, faults: list[Fault]) -> Any:
        if not isinstance(value, dict):
            faults.append(Fault(where, "No es un objeto.", "Escríbalo entre llaves."))
            return None
        before = len(faults)
        place = f"{where}." if where else ""
        faults.extend(Fault(place + name, "Falta.", "Agréguelo.") for name in fields if name not in value)
        faults.extend(
            Fault(place + str(name), "No se conoce.", "Quítelo.") for name in value if name not in known
        )
        read = {
            name: known[name](item, place + name, faults) for name, item in value.items() if name in known
        }
        return make(**read) if len(faults) == before else None

    return parse
