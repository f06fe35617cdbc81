"""Mexican certificates are read as they are, with Ñ, accents, RFC, CURP and twenty digits."""

import pytest
from asn1crypto import x509

from amparo_notify.demo.authority import BITS, PRINTABLE, TELETEX, UTF8, distinguished_name
from amparo_notify.pki import names
from amparo_notify.pki.names import Kind, holder, kind, normalised, serial_text
from tests.authority import CURP, RFC, authority, judge, time_stamper
from tests.pki import people
from tests.pki.craft import raw_name

IA5, BMP, VISIBLE, OCTETS = 0x16, 0x1E, 0x1A, 0x04


def test_a_judge_named_nunez_is_read_with_curp_and_rfc() -> None:
    who = holder(judge().x509)
    assert (who.name, who.curp, who.rfc) == ("JUEZA FICTICIA NÚÑEZ", CURP, RFC)


@pytest.mark.parametrize("person", [people.teletex, people.printable], ids=["teletex", "printable"])
def test_latin1_letters_in_old_string_types_are_read(person) -> None:
    assert holder(person().x509).name in {"ÑEVES FICTICIA NÚÑEZ", "JOSÉ FICTICIO ÁVILA"}


@pytest.mark.parametrize(
    ("tag", "raw"),
    [
        (UTF8, "NÚÑEZ".encode("latin-1")),
        (PRINTABLE, "NÚÑEZ".encode()),
        (TELETEX, "NÚÑEZ".encode()),
        (IA5, "NÚÑEZ".encode("latin-1")),
        (BMP, "NÚÑEZ".encode("utf-16-be")),
        (VISIBLE, "NÚÑEZ".encode("latin-1")),
        (OCTETS, "NÚÑEZ".encode()),
        (BITS, b"\0" + "NÚÑEZ".encode()),
    ],
)
def test_a_name_is_read_whatever_string_type_and_encoding_an_authority_chose(tag: int, raw: bytes) -> None:
    name = raw_name(("2.5.4.3", tag, raw))
    assert names.readable(name) == "NÚÑEZ"
    assert normalised(name) == normalised(distinguished_name(("CN", "Núñez")))


def test_a_letter_that_the_authority_lost_leaves_the_name_readable() -> None:
    name = raw_name(("2.5.4.3", UTF8, "NU\ufffdEZ".encode()), ("1.2.3.4", 0x02, b"\x05"))
    assert names.readable(name) == "NU\ufffdEZ"
    assert normalised(name) != normalised(distinguished_name(("CN", "NUÑEZ")))


def test_an_rfc_may_hold_n_tilde_and_ampersand() -> None:
    assert holder(people.teletex().x509).rfc == "ÑEF&800101AB1"


def test_of_a_company_and_its_representative_the_person_counts() -> None:
    assert holder(people.company().x509).rfc == "NUFX800101AB1"


def test_an_rfc_in_a_bit_string_is_read() -> None:
    assert holder(authority().intermediate.x509).rfc == "CJF950204TL0"


def test_the_serial_number_is_twenty_digits() -> None:
    serial = holder(judge().x509).serial
    assert len(serial) == 20
    assert serial.isdigit()


@pytest.mark.parametrize(("number", "text"), [(0x706A66, "706a66"), (1, "1"), (0, "0"), (255, "ff")])
def test_any_other_serial_is_hexadecimal(number: int, text: str) -> None:
    assert serial_text(number) == text


def test_one_name_in_four_encodings_is_one_name() -> None:
    spellings = [distinguished_name(("CN", "Autoridad  de Núñez", tag)) for tag in (UTF8, PRINTABLE, TELETEX)]
    spellings.append(distinguished_name(("CN", "AUTORIDAD DE NÚÑEZ")))
    assert len({normalised(name) for name in spellings}) == 1


def test_nearly_the_same_name_is_another_name() -> None:
    first, second = (
        distinguished_name(("CN", "Autoridad de Nuñez")),
        distinguished_name(("CN", "Autoridad de Núñez")),
    )
    assert normalised(first) != normalised(second)


def test_the_issuer_differs_from_the_roots_subject_in_bytes_only() -> None:
    known = authority()
    issuer, subject = known.intermediate.x509.issuer, known.root.x509.subject
    assert issuer.dump() != subject.dump()
    assert normalised(issuer) == normalised(subject)


@pytest.mark.parametrize(
    ("who", "what"),
    [
        (lambda: judge().x509, Kind.FIREL),
        (lambda: people.csd().x509, Kind.CSD),
        (lambda: authority().root.x509, Kind.CA),
        (lambda: authority().intermediate.x509, Kind.CA),
        (lambda: people.with_profile("servereku").x509, Kind.FIREL),
        (lambda: people.nobody().x509, Kind.OTHER),
    ],
    ids=["judge", "seal", "root", "intermediate", "server", "nobody"],
)
def test_what_a_certificate_is_for(who, what: Kind) -> None:
    assert kind(who()) is what


def test_an_efirma_is_known_by_its_profile() -> None:
    person = people.below_too_deep().x509
    assert holder(person).serial == "00001000000999999999"
    assert kind(person) is Kind.EFIRMA


def test_an_old_root_without_extensions_is_no_invoice_seal() -> None:
    """Banco de México's first root has an OU and an RFC, and no extension that says what it is."""
    assert kind(people.bare_root().x509) is Kind.OTHER


def test_an_office_in_the_name_makes_no_invoice_seal_of_what_the_judiciary_issued() -> None:
    assert kind(people.with_an_office().x509) is Kind.FIREL


def test_a_seal_is_known_by_an_issuer_with_accents_even_without_a_unit() -> None:
    assert kind(people.seal_without_a_unit().x509) is Kind.CSD


def test_a_time_stamper_has_no_rfc() -> None:
    assert holder(time_stamper().x509).rfc is None


def test_a_name_without_a_common_name_is_still_readable() -> None:
    name = distinguished_name(("O", "Juzgado Ficticio"), ("uid", "X", BITS))
    assert names.readable(name) == "Juzgado Ficticio"


def test_marks_that_turn_or_hide_letters_are_not_shown() -> None:
    name = distinguished_name(("CN", "JUEZA\u202e\u200b FICTICIA\u0000"))
    assert names.readable(name) == "JUEZA FICTICIA"


def test_a_name_without_end_is_cut() -> None:
    assert len(names.readable(distinguished_name(("CN", "Ñ" * 100_000)))) == 300


def test_a_certificate_survives_being_read_unchanged() -> None:
    der = people.teletex().certificate
    read = x509.Certificate.load(der)
    holder(read)
    assert read.dump() == der
