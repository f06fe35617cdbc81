"""What an order's text seems to say pre-fills a form; nothing depends on it."""

import pytest

from amparo_notify.pki.guess import Guess, from_text

ORDER = """PODER JUDICIAL DE LA FEDERACIÓN
Juzgado Ficticio Octavo de Distrito en Materia
Administrativa en la Ciudad de México
Expediente: 451/2024-II
Se concede la suspensión a favor de MARÍA EJEMPLO NÚÑEZ, JOSÉ EJEMPLO y ANA
DEL MAR EJEMPLO, de quienes se afirma
"""


def test_case_number_court_and_people_are_recognised() -> None:
    guess = from_text(ORDER)
    assert guess.expediente == "451/2024-II"
    assert (
        guess.court == "Juzgado Ficticio Octavo de Distrito en Materia Administrativa en la Ciudad de México"
    )
    assert guess.persons == ("MARÍA EJEMPLO NÚÑEZ", "JOSÉ EJEMPLO", "ANA DEL MAR EJEMPLO")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("amparo 451/2024", "451/2024"),
        ("EXPEDIENTE NÚMERO 12/2026", "12/2026"),
        ("juicio de amparo indirecto 1234/2025-III-A", "1234/2025-III-A"),
        ("oficio 12/2026", ""),
        ("", ""),
    ],
)
def test_case_numbers(text: str, number: str) -> None:
    assert from_text(text).expediente == number


@pytest.mark.parametrize(
    "text", ["", "\0" * 1000, "a favor de", "juzgado " * 5000, "a favor de " + "A" * 5000]
)
def test_nothing_is_guessed_from_noise_and_nothing_raises(text: str) -> None:
    assert from_text(text) == Guess()


def test_a_guess_travels_as_json() -> None:
    guess = from_text(ORDER)
    assert Guess.from_json(guess.as_json()) == guess
