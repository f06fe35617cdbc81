"""Messages: short, plain, complete without their link, and nothing personal in any of them."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from amparo_notify.channels.alarms import ALARMS, LANGUAGES
from amparo_notify.channels.gsm import is_gsm7, segments, to_gsm7
from amparo_notify.channels.rendering import (
    LONGEST_TWIML,
    TEMPLATES,
    DoesNotFit,
    Facts,
    keypad,
    render,
    reply_twiml,
    sms_answer,
)
from amparo_notify.channels.replies import parse_reply
from amparo_notify.core.follow_up import DONE, follow_up
from amparo_notify.core.notice import Cause, Medium
from amparo_notify.core.order import OutcomeCode
from amparo_notify.core.ports import Message
from tests.channels.conftest import ADDRESS, PHONE

TEXTED = [cause for cause in Cause if cause is not Cause.TRACKING]
CHASING = [Cause.ORDER, Cause.SHIFT, Cause.DISPLAY, Cause.OUTCOME]
KEYPAD = ["accepted", "unsigned", "wrong", "locked", "already", "heard", "noted", "closed"]
REPLIES = ["accepted", "unsigned", "heard", "wrong", "locked", "already", "refused", "closed"]
LONGEST = Facts(
    expediente="12345/2025-VIII-B",
    court="Juzgado Decimosegundo de Distrito en Materia Administrativa en la Ciudad de México",
    court_phone="+525500001122",
    station="Estación Migratoria La Burbuja, MEX T1",
    reply_code="K7QF9W",
    deadline="14:35",
    link="https://notificaciones.amparo.ejemplo.gob.mx/n/c2VjcmV0b3NlY3JldG9zZQ",
    post="Subjefatura de turno nocturno",
    detail="not_found",
    drill=True,
    marked=True,
    gather_url="https://notificaciones.amparo.ejemplo.gob.mx/callbacks/twilio/voice?ref=0123456789abcdef.12",
    waiting=("99/2025", "1001/2025-II"),
    waiting_in_all=2,
)
PERSONAL = re.compile(
    r"refug|asilo|asylum|nacionalidad|nationality|pasaporte|passport|COMAR|migrant|extranjer|foreign",
    re.IGNORECASE,
)


def text_of(cause: Cause, medium: Medium, facts: Facts, language: str = "es") -> str:
    message = render(cause, medium, facts, PHONE, "n1.2", 90, language=language)
    return "\n".join((message.subject, message.text, message.html))


def every_message(facts: Facts) -> Iterator[str]:
    for language in LANGUAGES:
        for cause, medium in itertools.product(TEXTED, Medium):
            yield text_of(cause, medium, facts, language)
        yield text_of(Cause.TRACKING, Medium.EMAIL, facts, language)


def every_answer(facts: Facts) -> Iterator[str]:
    for language in LANGUAGES:
        yield from (keypad(answer, facts, attempts=2, language=language) for answer in KEYPAD)
        yield from (sms_answer(answer, facts, attempts=2, language=language) for answer in REPLIES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("cause", TEXTED)
@pytest.mark.parametrize("detail", [*ALARMS, ""])
def test_a_text_is_gsm7_and_of_two_segments_at_most_for_the_longest_real_order(
    cause: Cause, detail: str, language: str
) -> None:
    longest = replace(LONGEST, detail=detail)
    text = render(cause, Medium.SMS, longest, PHONE, "n1.2", 90, language=language).text
    assert is_gsm7(text)
    assert segments(text) <= 2


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("answer", REPLIES)
def test_an_answer_to_a_text_is_gsm7_and_of_two_segments_at_most(answer: str, language: str) -> None:
    text = sms_answer(answer, LONGEST, attempts=2, language=language)
    assert is_gsm7(text)
    assert segments(text) <= 2


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("answer", ["unknown", "stopped", "help"])
def test_an_answer_to_a_stranger_fits_and_needs_no_facts(answer: str, language: str) -> None:
    assert segments(sms_answer(answer, language=language)) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_that_we_write_counts_as_an_answer_when_it_is_sent_back_to_us(language: str) -> None:
    """Forwarded, quoted, or echoed by a robot."""
    about = replace(LONGEST, drill=False, expediente="1234/2025", reply_code="K7QF9")
    ours = [render(cause, Medium.SMS, about, PHONE, "n1.2", 90, language=language).text for cause in TEXTED]
    ours += [sms_answer(answer, about, attempts=2, language=language) for answer in REPLIES]
    ours += [
        sms_answer("help", codes=("K7QF9",), language=language),
        sms_answer("unknown", language=language),
    ]
    assert {parse_reply(text).kind for text in ours} == {"help"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_names_the_codes_that_wait_and_fits(language: str) -> None:
    codes = ("K7QF9", "A3CDE", "W4XYR", "L6MNP", "T9UVA")
    text = sms_answer("help", codes=codes, language=language)
    assert "ENTERADO K7QF9" in text
    assert segments(text) == 1


@pytest.mark.parametrize(
    "template", sorted(TEMPLATES.rglob("*.txt")), ids=lambda path: str(path.relative_to(TEMPLATES))
)
def test_no_template_has_a_letter_that_cannot_be_made_plain(template: object) -> None:
    assert "?" not in to_gsm7(template.read_text().replace("?", ""))  # type: ignore[attr-defined]


@pytest.mark.parametrize("cause", CHASING)
def test_a_chasing_text_works_without_its_link(cause: Cause, facts: Facts) -> None:
    text = render(cause, Medium.SMS, replace(facts, link=""), PHONE, "n1.2", 90).text
    assert all(part in text for part in ("1234/2025", "La Burbuja MEX T1", "K7QF", "5500001122"))


@pytest.mark.parametrize("cause", TEXTED)
def test_every_text_names_the_order_the_station_and_whom_to_call(cause: Cause, facts: Facts) -> None:
    text = render(cause, Medium.SMS, replace(facts, link=""), PHONE, "n1.2", 90).text
    assert all(part in text for part in ("AMPARO 1234/2025", "La Burbuja MEX T1", "5500001122"))


def test_the_first_text_reads_as_agreed(facts: Facts) -> None:
    assert render(Cause.ORDER, Medium.SMS, facts, PHONE, "n1.2", 90).text == (
        "AMPARO 1234/2025 J5 DISTRITO. NO EJECUTAR RETORNO. La Burbuja MEX T1. Limite 14:35. Responda ENTERADO K7QF"
        " + su NIP, o abra https://amparo.example/n/c2VjcmV0b3NlY3JldG9zZQ Juzgado 5500001122"
    )


def test_a_text_that_does_not_fit_is_an_error_and_never_cut(facts: Facts) -> None:
    with pytest.raises(DoesNotFit):
        render(Cause.ORDER, Medium.SMS, replace(facts, station="x" * 300), PHONE, "n1.2", 90)


def test_a_call_that_does_not_fit_is_an_error_and_never_cut(facts: Facts) -> None:
    with pytest.raises(DoesNotFit):
        render(Cause.ORDER, Medium.VOICE, replace(facts, station="x" * 4000), PHONE, "n1.2", 90)


def test_a_long_name_of_a_court_gives_way_before_anything_else(facts: Facts) -> None:
    text = render(Cause.ORDER, Medium.SMS, LONGEST, PHONE, "n1.2", 90).text
    assert "Decimosegundo" not in text
    assert all(part in text for part in (LONGEST.expediente, LONGEST.reply_code, LONGEST.link, "5500001122"))


LONG_STATION = (
    "Delegación Local, Aeropuerto Internacional General Mariano Escobedo, Terminal A, segundo piso, sala 4"
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("cause", TEXTED)
def test_a_station_with_a_very_long_name_is_still_told_all_that_it_must_know(
    cause: Cause, language: str
) -> None:
    long = replace(LONGEST, station=LONG_STATION)
    text = render(cause, Medium.SMS, long, PHONE, "n1.2", 90, language=language).text
    assert segments(text) <= 2
    assert all(part in text for part in (LONGEST.expediente, to_gsm7(LONG_STATION), "5500001122"))
    assert cause not in CHASING or LONGEST.reply_code in text


@pytest.mark.parametrize("drill", [True, False])
def test_every_message_of_a_drill_says_so_and_no_other_does(drill: bool) -> None:
    messages = every_message(replace(LONGEST, drill=drill))
    assert {"simulacro" in message.lower() for message in messages} == {drill}


def test_a_drill_is_marked_at_the_head_of_text_and_subject(facts: Facts) -> None:
    drill = replace(facts, drill=True)
    assert render(Cause.ORDER, Medium.SMS, drill, PHONE, "n1.2", 90).text.startswith("SIMULACRO")
    assert render(Cause.ORDER, Medium.EMAIL, drill, ADDRESS, "n1.2", 90).subject.startswith("SIMULACRO")


def test_an_order_sent_without_its_revocation_consulted_says_so(facts: Facts) -> None:
    marked = replace(facts, marked=True)
    assert all("evocaci" in text_of(Cause.ORDER, medium, marked) for medium in Medium)


def test_no_message_speaks_of_refuge_or_of_who_the_person_is() -> None:
    assert not [
        message for message in (*every_message(LONGEST), *every_answer(LONGEST)) if PERSONAL.search(message)
    ]


def test_free_text_never_goes_out() -> None:
    canary = replace(LONGEST, detail="Canaria Palomares, 12345678")
    assert not [message for message in every_message(canary) if "Canaria" in message]


def test_facts_have_no_place_for_a_person() -> None:
    assert {one.name for one in fields(Facts)} == {
        "expediente", "court", "court_phone", "station", "reply_code", "deadline", "link", "post", "detail",
        "drill", "marked", "gather_url", "waiting", "waiting_in_all",
    }  # fmt: skip


@pytest.mark.parametrize("cause", TEXTED)
def test_a_call_says_everything_three_times_in_mexican_spanish(cause: Cause, facts: Facts) -> None:
    twiml = ElementTree.fromstring(render(cause, Medium.VOICE, facts, PHONE, "n1.2", 90).text)
    said = ["".join(one.itertext()) for one in twiml.iter("Say")]
    assert sum("1, 2, 3, 4, diagonal, 2, 0, 2, 5" in one for one in said) == 3
    assert {one.get("language") for one in twiml.iter("Say")} == {"es-MX"}


def test_a_call_asks_for_six_keys_and_sends_them_to_its_own_address(facts: Facts) -> None:
    twiml = ElementTree.fromstring(render(Cause.ORDER, Medium.VOICE, facts, PHONE, "n1.2", 90).text)
    (gather,) = twiml.iter("Gather")
    assert (gather.get("numDigits"), gather.get("finishOnKey"), gather.get("action")) == (
        "6",
        "#",
        facts.gather_url,
    )


def test_a_call_without_an_address_for_keys_asks_for_none(facts: Facts) -> None:
    twiml = render(Cause.ACKNOWLEDGED, Medium.VOICE, replace(facts, gather_url=""), PHONE, "n1.2", 90).text
    assert "Gather" not in twiml
    assert "marque" not in twiml


def test_a_call_on_a_bad_day_names_the_first_and_counts_the_rest(facts: Facts) -> None:
    twiml = render(
        Cause.ORDER,
        Medium.VOICE,
        replace(LONGEST, waiting=("1234/2025-III-A",) * 10, waiting_in_all=60),
        PHONE,
        "n1.2",
        90,
    )
    assert "Y otros 57." in twiml.text


@pytest.mark.parametrize("code", [code for code in OutcomeCode if follow_up(code) is not DONE])
def test_every_outcome_on_which_the_court_must_act_has_its_sentence(code: OutcomeCode) -> None:
    assert code in ALARMS


def test_a_call_announces_all_that_waits_for_this_officer(facts: Facts) -> None:
    twiml = render(
        Cause.ORDER, Medium.VOICE, replace(facts, waiting=("77/2025",), waiting_in_all=1), PHONE, "n1.2", 90
    ).text
    assert "7, 7, diagonal" in twiml


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("cause", CHASING)
@pytest.mark.parametrize("answer", ["accepted", "unsigned", "already", "closed", "noted"])
def test_an_answer_with_the_longest_next_order_after_it_fits_a_call(
    answer: str, cause: Cause, language: str
) -> None:
    longest = replace(
        LONGEST, waiting=(LONGEST.expediente,) * 10, waiting_in_all=60, station="Estación " * 11
    )
    said = keypad(answer, longest, after=(cause, longest), language=language)
    assert len(said) <= LONGEST_TWIML
    assert said.count("<Gather") == 1


def test_a_call_goes_on_with_all_that_the_next_orders_own_call_says_and_no_key_reaches_it_early(
    facts: Facts,
) -> None:
    following = replace(facts, expediente="77/2025", gather_url="https://amparo.ejemplo.gob.mx/other")
    said = keypad("accepted", facts, after=(Cause.ORDER, following))
    own = render(Cause.ORDER, Medium.VOICE, following, PHONE, "n1.2", 90).text
    assert said.endswith(own.removeprefix("<Response>"))
    assert said.index("Queda registrado") < said.index("No cuelgue todavía") < said.index("<Gather")


@pytest.mark.parametrize("answer", ["wrong", "heard"])
def test_a_key_that_is_not_the_pin_is_answered_and_asked_again(answer: str, facts: Facts) -> None:
    assert "<Gather" in keypad(answer, facts, attempts=2)


def test_a_mail_fetches_nothing_and_tracks_nothing(facts: Facts) -> None:
    html = render(Cause.ORDER, Medium.EMAIL, facts, ADDRESS, "n1.2", 90).html
    assert not re.search(r"<(img|script|link|iframe|object)|src=|url\(|@import", html)


def test_signs_in_a_name_are_escaped_where_they_matter(facts: Facts) -> None:
    odd = replace(facts, station='T1 <b> & "x"')
    assert "<b>" not in render(Cause.ORDER, Medium.EMAIL, odd, ADDRESS, "n1.2", 90).html
    ElementTree.fromstring(render(Cause.ORDER, Medium.VOICE, odd, PHONE, "n1.2", 90).text)


def test_a_subject_is_one_line_whatever_a_name_holds(facts: Facts) -> None:
    odd = replace(facts, station="T1\r\nBcc: x@y.example")
    assert "\n" not in render(Cause.ORDER, Medium.EMAIL, odd, ADDRESS, "n1.2", 90).subject


@pytest.mark.parametrize("medium", [Medium.SMS, Medium.VOICE])
def test_a_tracking_code_goes_by_mail_only(medium: Medium, facts: Facts) -> None:
    with pytest.raises(LookupError):
        render(Cause.TRACKING, medium, facts, PHONE, "n1.2", 90)


def test_a_fact_that_a_template_needs_and_has_not_got_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        sms_answer("accepted")


def test_a_message_keeps_its_reference_and_its_time(facts: Facts) -> None:
    message = render(Cause.ORDER, Medium.SMS, facts, PHONE, "n1.2", 90)
    assert (message.to, message.reference, message.valid_for) == (PHONE, "n1.2", 90)
    assert isinstance(message, Message)


@given(st.text())
def test_any_text_can_be_made_gsm7(text: str) -> None:
    assert is_gsm7(to_gsm7(text))


@pytest.mark.parametrize(
    ("given_text", "plain"),
    [
        ("ÁÍÓÚ áíóú", "AIOU aiou"), ("ñ Ñ é É ü Ü ¿ ¡", "ñ Ñ é É ü Ü ¿ ¡"), ("1º 2ª", "1o 2a"),
        ("«a» – “b”…", '"a" - "b"...'), ("e\u0301", "é"), ("漢", "?"),
    ],
)  # fmt: skip
def test_letters_are_made_plain_and_those_of_gsm7_kept(given_text: str, plain: str) -> None:
    assert to_gsm7(given_text) == plain


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("€" * 80, 1), ("a" + "€" * 152, 2),
        ("a" * 152 + "€" + "a" * 152, 3),
    ],
)  # fmt: skip
def test_segments_are_counted_as_a_handset_does(text: str, count: int) -> None:
    assert segments(text) == count


def test_a_switchboard_is_given_with_its_extension(facts: Facts) -> None:
    desk = replace(facts, court_phone="+52 55 5000 1122 ext. 4031")
    assert "5550001122 ext 4031" in render(Cause.ORDER, Medium.SMS, desk, PHONE, "n1.2", 90).text
    assert (
        "55, 50, 00, 11, 22, extensión 40, 31"
        in render(Cause.ORDER, Medium.VOICE, desk, PHONE, "n1.2", 90).text
    )


def test_an_answer_to_a_text_is_twiml_whatever_it_holds() -> None:
    assert ElementTree.fromstring(reply_twiml("a < b & c")).findtext("Message") == "a < b & c"


@pytest.mark.parametrize("cause", CHASING)
@pytest.mark.parametrize("medium", Medium)
def test_a_recipient_without_a_reply_code_is_not_asked_for_one(
    cause: Cause, medium: Medium, facts: Facts
) -> None:
    words = text_of(cause, medium, replace(facts, reply_code="", gather_url=""))
    assert not re.search("ENTERADO|Clave|marque", words)
    assert facts.link in words or medium is Medium.VOICE


def test_each_template_has_its_twin_in_the_other_language() -> None:
    names = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.*")}
    spanish = {name for name in names if ".en." not in name}
    assert names - spanish == {f"{name.rpartition('.')[0]}.en.{name.rpartition('.')[2]}" for name in spanish}


def test_a_call_in_english_spells_in_english(facts: Facts) -> None:
    twiml = render(Cause.ORDER, Medium.VOICE, facts, PHONE, "n1.2", 90, language="en").text
    assert "1, 2, 3, 4, slash, 2, 0, 2, 5" in twiml
    assert 'language="en-US"' in twiml


def test_a_language_without_texts_is_an_error(facts: Facts) -> None:
    with pytest.raises(LookupError, match="fr"):
        render(Cause.ORDER, Medium.SMS, facts, PHONE, "n1.2", 90, language="fr")
