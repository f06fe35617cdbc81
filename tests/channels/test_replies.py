"""What officers text back, as people write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo_notify.channels.replies import Reply, parse_reply, redact


@pytest.mark.parametrize(
    "body",
    [
        "ENTERADO K7QF 123456", "enterado k7qf 123456", "Enterada K7QF 123456", "  ENTERADO   K7QF   123456  ",
        "ENTERADO, K7QF, 123456.", "¡Enterado! K7QF / 123456", "ENTERADO K7QF NIP 123456", "ENTERADO K7QF + 123456",
        "Enterádo k7qf 123456", "ENTERADO\nK7QF\n123456", "ENTERADO K7QF 123-456", "ENTERADO K7QF 123 456",
        "ENTERADO clave K7QF, mi NIP es 123456", "ENTERADO K7QF123456", "ENTERADOK7QF 123456",
        "ＥＮＴＥＲＡＤＯ K7QF １２３４５６",
        "ENTERADO K7QF 123456 gracias", "\u201cENTERADO\u201d K7QF: 123456",
    ],
)  # fmt: skip
def test_a_code_and_a_pin_acknowledge_however_they_are_written(body: str) -> None:
    assert parse_reply(body) == Reply("acknowledge", "K7QF", "123456")


@pytest.mark.parametrize(
    "body", ["ENTERADO K7QF", "enterado. k7qf.", "Enterado clave K7QF", "enterada k7qf gracias"]
)
def test_a_code_without_a_pin_is_an_acknowledgement_without_a_secret(body: str) -> None:
    assert parse_reply(body) == Reply("acknowledge", "K7QF")


@pytest.mark.parametrize("pin", ["12345", "1234567", "1"])
def test_a_pin_of_the_wrong_length_is_handed_on_as_typed(pin: str) -> None:
    assert parse_reply(f"ENTERADO K7QF {pin}") == Reply("acknowledge", "K7QF", pin)


@pytest.mark.parametrize("body", ["NO K7QF", "no, k7qf", "No  K7QF."])
def test_no_and_a_code_refuse(body: str) -> None:
    assert parse_reply(body) == Reply("refuse", "K7QF")


@pytest.mark.parametrize("body", ["STOP", "alto", "Baja.", "¡ALTO!", "unsubscribe"])
def test_a_word_that_blocks_us_is_a_stop(body: str) -> None:
    assert parse_reply(body) == Reply("stop")


@pytest.mark.parametrize(
    "body",
    [
        "", "   ", "hola", "NO", "ENTERADO", "enterado 123456", "K7QF 123456", "no estoy enterado K7QF",
        "alto ahí K7QF",
        "?", "🙂", "NO K7QF 123456", "ENTER", "\x00", "ENTERADO !",
    ],
)  # fmt: skip
def test_anything_else_asks_for_help(body: str) -> None:
    assert parse_reply(body).kind == "help"


@given(st.text())
def test_no_text_at_all_makes_the_parser_fail(body: str) -> None:
    assert parse_reply(body).kind in {"acknowledge", "refuse", "stop", "help"}


@given(st.from_regex(r"[0-9]{6}", fullmatch=True), st.sampled_from(["", " ", "-", ".", " . "]))
def test_a_pin_is_never_stored(pin: str, gap: str) -> None:
    body = "ENTERADO K7QF " + gap.join(pin)
    assert redact({"Body": body})["Body"] == "ENTERADO K7QF [NIP]"


def test_a_pin_glued_to_its_code_is_never_stored() -> None:
    assert "123456" not in redact({"Body": "enterado K7QF123456"})["Body"]


def test_keys_pressed_are_never_stored() -> None:
    assert redact({"Digits": "123456", "CallSid": "CA1"}) == {"Digits": "******", "CallSid": "CA1"}
