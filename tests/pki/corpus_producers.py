"""Genuine documents with the habits of other programs: iText, BouncyCastle, .NET, OpenSSL. None may be refused."""

import base64
import hashlib
import re

from asn1crypto import cms, core

from amparo_notify.demo.authority import raw_signature
from amparo_notify.demo.signing import PLAIN, Stamp, Style, sign_cms, sign_pdf, signer_info, stamp_pdf
from amparo_notify.pki.der import tlv
from tests.authority import NOW, judge, order, time_stamper
from tests.pki.cases import PASSED, case, signed
from tests.pki.corpus_good import hybrid, modern
from tests.pki.craft import (
    CATALOG,
    PAGE,
    around,
    last_startxref,
    raw_info,
    stamped_visibly,
    stream,
    stream_update,
    to_ber,
    update,
)
from tests.pki.people import lost_letters, misnamed, secretary

_STORE = b"/Version /1.7 /PageMode /UseNone /AcroForm 11 0 R /DSS << /Type /DSS /Certs [20 0 R] >>"


def _attributes(by: Style = PLAIN) -> list[bytes]:
    return [one.dump() for one in signer_info(judge(), hashlib.sha256(order()).digest(), by)["signed_attrs"]]


@case(PASSED, tools="openssl")
def attributes_signed_in_the_order_in_which_they_travel():
    """Not sorted as DER asks for: openssl reads them as they came."""
    attributes = sorted(_attributes(), reverse=True)
    return around(raw_info(judge(), order(), attributes))


@case(PASSED)
def attributes_sorted_to_be_signed_but_not_to_travel():
    """RFC 5652, 5.4: what is signed is the DER encoding, whatever was sent. BouncyCastle reads it so."""
    attributes = sorted(_attributes())
    value = raw_signature(judge().key, tlv(0x31, b"".join(attributes)))
    return around(raw_info(judge(), order(), attributes[::-1], value))


@case(PASSED)
def key_identifier_computed_for_a_certificate_that_has_none():
    """BouncyCastle and .NET then name the signer by the SHA-1 of the key (RFC 5280, 4.2.1.2)."""
    info = signer_info(judge(), hashlib.sha256(order()).digest(), PLAIN)
    mark = hashlib.sha1(judge().x509.public_key["public_key"].contents[1:]).digest()
    info["sid"] = cms.SignerIdentifier("subject_key_identifier", mark)
    info["version"] = "v3"
    return around(info.dump())


@case(PASSED)
def p7m_padded_with_zeros():
    return sign_cms(order(), judge()) + bytes(100)


@case(PASSED)
def p7m_with_a_line_end_behind():
    return sign_cms(order(), judge()) + b"\r\n"


@case(PASSED)
def p7s_with_a_line_end_behind():
    return order(), sign_cms(order(), judge(), detached=True) + b"\n"


@case(PASSED)
def base64_with_a_byte_order_mark_and_line_ends_of_windows():
    text = base64.encodebytes(sign_cms(order(), judge())).replace(b"\n", b"\r\n")
    return b"\xef\xbb\xbf" + text


@case(PASSED)
def content_in_pieces_of_known_length():
    """Constructed, yet without indefinite lengths: BER that is neither a stream's nor DER."""
    info = signer_info(judge(), hashlib.sha256(order()).digest(), PLAIN)
    return around(info.dump(), pieces=700)


@case(PASSED)
def armour_in_one_line():
    return b"-----BEGIN PKCS7-----%s-----END PKCS7-----" % base64.b64encode(sign_cms(order(), judge()))


@case(PASSED)
def base64_of_indefinite_lengths_in_one_line():
    return base64.b64encode(to_ber(sign_cms(order(), judge())))


@case(PASSED, tools="openssl")
def algorithms_with_null_parameters_and_a_bare_rsa():
    info = signer_info(judge(), hashlib.sha256(order()).digest(), PLAIN)
    info["digest_algorithm"] = {"algorithm": "sha256", "parameters": core.Null()}
    info["signature_algorithm"] = {"algorithm": "rsassa_pkcs1v15"}
    return around(info.dump())


@case(PASSED)
def attribute_certificates_beside_the_certificates():
    strange = [tlv(0xA2, tlv(0x30, core.Integer(1).dump())), tlv(0xA3, core.ObjectIdentifier("1.2.3").dump())]
    info = signer_info(judge(), hashlib.sha256(order()).digest(), PLAIN)
    return around(info.dump(), besides=b"".join(strange))


@case(PASSED)
def attributes_that_nobody_knows():
    odd = cms.CMSAttribute({"type": "1.3.6.1.4.1.99999.5", "values": [core.Any(core.Integer(1))]})
    return sign_cms(order(), judge(), style=Style(extra_unsigned=(odd,)))


@case(PASSED, tools="openssl")
def stamped_judge_and_stamped_secretary():
    """As the federal judiciary's own system makes them: each SignerInfo with its time and its token."""
    return sign_cms(
        order(), [judge(), secretary()], style=Style(signing_time=NOW, stamp=Stamp(time_stamper(), NOW))
    )


@case(PASSED)
def latin1_under_the_name_of_utf8():
    return sign_cms(order(), misnamed())


@case(PASSED)
def a_name_that_lost_a_letter():
    return sign_pdf(order(), lost_letters())


def _update_with(comment: bytes) -> bytes:
    pdf = update(signed(), {20: stream(b"x"), 6: CATALOG % _STORE})
    return pdf.replace(
        b"\nstartxref\n%d\n" % last_startxref(pdf), comment + b"startxref\n%d\n" % last_startxref(pdf)
    )


@case(PASSED)
def a_program_signs_its_name_before_it_points_at_its_table():
    return _update_with(b"\n%iText-5.5.13.3\n")


@case(PASSED)
def a_cross_reference_stream_that_lists_itself_as_free():
    """iText's does: nothing that was ever used is taken away."""
    pdf = sign_pdf(modern(), judge())
    form, pages, root = (
        int(re.findall(rb"/%s (\d+) 0 R" % name, pdf)[-1]) for name in (b"AcroForm", b"Pages", b"Root")
    )
    store = (
        b"<< /Type /Catalog /PageMode /UseNone /Pages %d 0 R /AcroForm %d 0 R /Version /1.7 /DSS << /Type /DSS >> >>"
        % (
            pages,
            form,
        )
    )
    return stream_update(pdf, {root: store}, root=root)


@case(PASSED)
def a_time_stamp_with_an_empty_place_and_a_look():
    """iText gives even a field of no extent an appearance."""
    return stamped_visibly(signed(), b"", (0, 0, 0, 0))


@case(PASSED)
def validation_data_twice_and_a_time_stamp_between():
    once = update(signed(), {20: stream(b"x"), 6: CATALOG % _STORE})
    return stamp_pdf(once, Stamp(time_stamper(), NOW))


def _linked(address: bytes) -> bytes:
    link = b"<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI %s >> >>" % address
    return sign_pdf(update(order(), {20: link, 5: PAGE % (9, b"/Annots [20 0 R]")}), judge())


@case(PASSED)
def with_links_written_in_other_ways():
    return _linked(b"<" + b"https://www.example.mx/".hex().encode() + b">")


@case(PASSED)
def tagged_for_readers_who_do_not_see():
    catalog = b"/MarkInfo << /Marked true >> /Lang (es-MX) /StructTreeRoot << /Type /StructTreeRoot >>"
    return sign_pdf(update(order(), {6: CATALOG % catalog}), judge())


@case(PASSED)
def with_a_font_called_f():
    """The name that a stream gives to a file outside is also a font's."""
    form = stream(b"", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /Font << /F 4 0 R >> >>")
    return sign_pdf(update(order(), {20: form, 5: PAGE % (9, b"/PieceInfo << /A 20 0 R >>")}), judge())


def _twice(pdf: bytes) -> bytes:
    return sign_pdf(sign_pdf(pdf, judge()), secretary(), field="Firma2")


def _page_with(entry: bytes) -> bytes:
    return update(order(), {5: PAGE % (9, entry)})


@case(PASSED)
def hybrid_references_signed_twice():
    """A word processor's file, signed by the judge and then by the secretary."""
    return _twice(hybrid())


@case(PASSED)
def a_slip_in_a_font_and_two_signatures():
    """A key that stands twice in a font: nobody reads it until revisions are compared."""
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman /BaseFont /Times-Roman /Name /F3 >>"
    return _twice(update(order(), {4: font}))


@case(PASSED)
def a_reference_to_nothing_and_two_signatures():
    return _twice(_page_with(b"/PieceInfo 77 0 R"))


@case(PASSED)
def a_reference_to_nothing_and_a_time_stamp():
    return stamp_pdf(sign_pdf(_page_with(b"/PieceInfo 77 0 R"), judge()), Stamp(time_stamper(), NOW))
