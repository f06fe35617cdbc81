"""Replies by SMS: forgiving in form, strict in what they mean, and no PIN in what is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo_notify.cases.escalate import REPLY_ALPHABET
from amparo_notify.channels.replies import Reply, parse_reply, redact

CODE, PIN = "K7QF9", "482916"


@pytest.mark.parametrize(
    "body",
    [
        "ENTERADO K7QF9 482916", "enterado k7qf9 482916", "Enterada K7QF9 482916", "  ENTERADO   K7QF9   482916  ",
        "ENTERADO, K7QF9, 482916.", "ENTERADO: K7QF9, 482916.", "¡Enterado! K7QF9 / 482916",
        "ENTERADO K7QF9 NIP 482916",
        "ENTERADO K7QF9 + 482916", "Enterádo k7qf9 482916", "ENTERADO\nK7QF9\n482916", "ENTERADO K7QF9 482-916",
        "ENTERADO K7QF9 482 916", "ENTERADO K7QF9 48 29 16", "ENTERADO clave K7QF9, mi NIP es 482916",
        "ENTERADO K7QF9482916", "ENTERADOK7QF9 482916", "ENTERADOK7QF9482916", "enteradak7qf9 482916",
        "ＥＮＴＥＲＡＤＯ K7QF9 ４８２９１６", "ENTERADO K7QF9 482916 gracias", "“ENTERADO” K7QF9: 482916",
        "<ENTERADO> [K7QF9] (482916)", "ENTERADO_K7QF9_482916", "Enterados k7qf9 482916", "👍 Enterado k7qf9 482916 🙏",
        "ENTERADO 482916 K7QF9", "enterado nip 482916 clave k7qf9", "ENTERADO 482916, K7QF9",
        "ENTERADO K7-QF9 482916", "ENTERADO K 7 Q F 9 482916", "ENTERADO K7 QF9 482916", "ENTERADO K7\u200bQF9 482916",
        "ENTERADO K7QF9 4️⃣8️⃣2️⃣9️⃣1️⃣6️⃣", "enterado\tk7qf9\t482916", "ENTERADO.K7QF9.482916",
        "enterado 1234/2025 k7qf9 482916", "Enterado exp 1234/2025-III-A, k7qf9 482916",
        "ENTERADO K7QF9 482916 Tel 5512345678", "enterado k7qf9 482916 Agente Pérez T1",
    ],
)  # fmt: skip
def test_a_code_and_a_pin_acknowledge_however_they_are_written(body: str) -> None:
    reply = parse_reply(body)
    assert (reply.kind, reply.pin) == ("acknowledge", PIN)
    assert CODE in reply.codes


@pytest.mark.parametrize(
    "body",
    [
        "Me doy por enterado k7qf9 482916", "Quedo enterada, K7QF9 482916", "Estoy enterado K7QF9 482916",
        "ya estoy enterado k7qf9 482916", "Buenas noches, enterado k7qf9 482916", "Hola. Enterado K7QF9 482916",
        "Ok enterado k7qf9 482916", "sí, enterado k7qf9 482916", "Recibido, enterado k7qf9 482916",
        "Buenos días jefe enterado k7qf9 482916", "Nos damos por enterados k7qf9 482916",
        "Enterdo k7qf9 482916", "entreado k7qf9 482916", "ENTERAO K7QF9 482916", "Entrada K7QF9 482916",
        "eenterado k7qf9 482916", "Enterrado k7qf9 482916", "interado k7qf9 482916", "ENTERAD0 K7QF9 482916",
        "ENTERADO de la orden k7qf9 482916", "Enterado por favor confirmen k7qf9 482916",
        "ENTERADO K7QF9 482916 pero no lo encuentro",
    ],
)  # fmt: skip
def test_courtesy_and_slips_of_the_keyboard_are_forgiven(body: str) -> None:
    reply = parse_reply(body)
    assert (reply.kind, reply.pin) == ("acknowledge", PIN)
    assert CODE in reply.codes


@pytest.mark.parametrize(
    ("body", "code"),
    [("ENTERADO K7OF9 482916", "K7QF9"), ("enterado k70f9 482916", "K7QF9"), ("enterado A1CDE 482916", "ALCDE"),
     ("enterado AiCDE 482916", "ALCDE")],
)  # fmt: skip
def test_a_letter_that_no_code_has_is_read_as_the_one_it_looks_like(body: str, code: str) -> None:
    assert code in parse_reply(body).codes


@pytest.mark.parametrize(
    "body",
    ["ENTERADO K7QF9", "enterado. k7qf9.", "Enterado clave K7QF9", "enterada k7qf9 gracias", "ENTERADOK7QF9",
     "ENTERADO K7QF9 + su NIP", "Enterado 1234/2025 K7QF9"],
)  # fmt: skip
def test_a_code_without_a_pin_is_an_acknowledgement_without_a_secret(body: str) -> None:
    reply = parse_reply(body)
    assert (reply.kind, reply.pin) == ("acknowledge", "")
    assert CODE in reply.codes


@pytest.mark.parametrize("pin", ["12345", "1234567", "1"])
def test_a_pin_of_the_wrong_length_is_handed_on_as_typed(pin: str) -> None:
    assert parse_reply(f"ENTERADO K7QF9 {pin}").pin == pin


@pytest.mark.parametrize(
    "body",
    ["NO K7QF9", "no, k7qf9", "No  K7QF9.", "no puedo k7qf9", "No puedo cumplir K7QF9", "NO ACEPTO K7QF9",
     "no puedo cumplir con la orden k7qf9", "NO\nK7QF9", "nó k7qf9", "NO la recibo, clave K7QF9"],
)  # fmt: skip
def test_no_and_a_code_refuse(body: str) -> None:
    assert parse_reply(body) == Reply("refuse", (CODE,))


@pytest.mark.parametrize("body", ["STOP", "alto", "Baja.", "¡ALTO!", "unsubscribe", " stop ", "ALTO 🛑"])
def test_a_word_that_blocks_us_is_a_stop(body: str) -> None:
    assert parse_reply(body) == Reply("stop")


@pytest.mark.parametrize(
    "body",
    [
        # nothing, or next to nothing
        "", "   ", "\n", "?", "👍", "🙂", "\x00", ".", "a" * 1600, "1" * 1600, "ok", "Ok.", "si", "Sí", "sí señor",
        "va",
        "recibido", "Recibido, gracias", "copiado", "entendido", "de acuerdo", "hola", "Quién es?", "10-4", "ya voy",
        "AYUDA", "help", "INFO", "START", "INICIO", "buenas noches",
        # the word alone, or no order named
        "ENTERADO", "Enterada.", "enterado!!!", "enterado 482916", "ENTERADO !", "ENTERADO CLAVE NIP", "quedo enterado",
        "me doy por enterado", "ENTER", "enterado, gracias", "ENTERADO 1234/2025",
        # the order named, and no word
        "K7QF9 482916", "K7QF9", "482916", "482916 K7QF9", "recibido K7QF9 482916",
        # the opposite, or something else
        "NO", "No.", "no estoy enterado K7QF9", "No me doy por enterado K7QF9", "NO ENTERADO K7QF9", "no entiendo",
        "no entiendo K7QF9", "No soy yo K7QF9", "no estoy de turno K7QF9", "no me toca k7qf9", "NO K7QF9 482916",
        "no puedo", "no tengo el NIP", "enterado K7QF9 pero no tengo NIP", "ENTERADO K7QF9 pero NO voy",
        "no se ha localizado K7QF9", "No abre el enlace K7QF9", "nos avisan K7QF9", "nota K7QF9",
        # a robot that answers
        "Estoy conduciendo. Le llamo en cuanto pueda.", "En reunión", "Auto-reply: K7QF9",
        # not the word that blocks
        "alto ahí K7QF9", "baja por favor", "dar de baja", "ALTO K7QF9", "no me manden más mensajes",
        # our own notice, sent on or sent back
        "AMPARO 1234/2025 J5 DISTRITO. NO EJECUTAR RETORNO. La Burbuja MEX T1. Limite 14:35. Responda ENTERADO K7QF9 + "
        "su NIP, o abra https://amparo.example/n/c2VjcmV0b3NlY3JldG9zZQ Juzgado 5500001122",
        "Fwd: Responda ENTERADO K7QF9 + su NIP", "> dice ENTERADO K7QF9",
        "Responda ENTERADO K7QF9 482916",
    ],
)  # fmt: skip
def test_anything_else_asks_for_help(body: str) -> None:
    assert parse_reply(body).kind == "help"


@given(st.text())
def test_no_text_at_all_makes_the_parser_fail(body: str) -> None:
    assert parse_reply(body).kind in {"acknowledge", "refuse", "stop", "help"}


@given(st.text(max_size=200))
def test_no_text_asks_for_more_than_a_few_looks(body: str) -> None:
    assert len(parse_reply(f"ENTERADO {body}").codes) <= 8


@pytest.mark.parametrize(
    "body", ["enterado " + "k7qf9 " * 300, "NO " * 500, "ENTERADO" * 200, "1/2025-A" * 200]
)
def test_a_long_text_is_read_at_once(body: str) -> None:
    parse_reply(body[:1600])


@given(
    st.from_regex(r"[0-9]{6}", fullmatch=True),
    st.sampled_from(["", " ", "-", ".", " . ", "\n", "\r\n", " y ", "*"]),
)
def test_a_pin_is_never_stored(pin: str, gap: str) -> None:
    kept = redact({"Body": f"ENTERADO KQFXY {gap.join(pin)}"})["Body"]
    assert not set(kept) & set("0123456789")


def test_what_looks_like_a_code_is_what_codes_are_made_of() -> None:
    assert {one for one in map(chr, range(48, 91)) if parse_reply(f"NO ACDE{one}").codes} == set(
        REPLY_ALPHABET
    )


@pytest.mark.parametrize(
    "body",
    ["enterado K7QF9482916", "482916K7QF9", "K7QF9\n482\n916", "nip:482916.", "４８２９１６", "4️⃣8️⃣2️⃣9️⃣1️⃣6️⃣"],
)
def test_a_pin_is_not_stored_however_it_was_written(body: str) -> None:
    kept = redact({"Body": body})["Body"]
    assert "482" not in kept
    assert "916" not in kept


def test_keys_pressed_are_never_stored() -> None:
    assert redact({"Digits": "482916", "CallSid": "CA1"}) == {"Digits": "******", "CallSid": "CA1"}
