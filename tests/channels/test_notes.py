"""Messages that are about no order: a code, and what rosters leave to luck."""

from xml.etree import ElementTree

import pytest

from amparo_notify.channels.alarms import LANGUAGES
from amparo_notify.channels.gsm import is_gsm7, segments
from amparo_notify.channels.rendering import note
from amparo_notify.core.notice import Medium
from tests.channels.conftest import ADDRESS, PHONE

STATIONS = [("MEX-T1", ["«agentes» tiene 0 de 2 personas <localizables>."], 3)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_code_fits_one_text_and_begins_it(language: str) -> None:
    text = note("code", Medium.SMS, PHONE, "r", 600, language=language, code="012345").text
    assert text.startswith("012345")
    assert is_gsm7(text)
    assert segments(text) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_code_is_said_digit_by_digit_three_times(language: str) -> None:
    twiml = note("code", Medium.VOICE, PHONE, "r", 600, language=language, code="012345").text
    assert ElementTree.fromstring(twiml).tag == "Response"
    assert twiml.count("0, 1, 2, 3, 4, 5") == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mailed_code_stands_in_subject_text_and_page(language: str) -> None:
    mail = note("code", Medium.EMAIL, ADDRESS, "r", 600, language=language, code="012345")
    assert all("012345" in part for part in (mail.subject, mail.text, mail.html))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_on_rosters_names_the_station_and_how_much_more_there_is(language: str) -> None:
    said = {"stations": STATIONS, "link": "https://amparo.example/admin/guardia"}
    mail = note("coverage", Medium.EMAIL, ADDRESS, "r", 600, language=language, **said)
    assert "MEX-T1" in mail.text
    assert "«agentes»" in mail.html
    assert "&lt;localizables&gt;" in mail.html
    assert " 3 " in mail.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_new_passkey_is_told_in_two_texts_at_most_and_without_a_name(language: str) -> None:
    said = {"device": "Computadora Windows", "at": "21/11/2026 03:00 h"}
    text = note("passkey", Medium.SMS, PHONE, "r", 600, language=language, **said).text
    assert is_gsm7(text)
    assert segments(text) <= 2
    assert all(
        each in note("passkey", Medium.EMAIL, ADDRESS, "r", 600, **said).html for each in said.values()
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phone_that_takes_no_texts_is_told_of_by_its_post_in_two_texts_at_most(language: str) -> None:
    said = {"station": "MEX-T1", "post": "jefatura de turno, noche"}
    text = note("blocked", Medium.SMS, PHONE, "r", 600, language=language, **said).text
    assert is_gsm7(text)
    assert segments(text) <= 2
    assert all(
        each in note("blocked", Medium.EMAIL, ADDRESS, "r", 600, **said).html for each in said.values()
    )


def test_rosters_are_not_told_by_text() -> None:
    with pytest.raises(LookupError):
        note("coverage", Medium.SMS, PHONE, "r", 600, stations=STATIONS, link="")
