"""Genuine documents: none of these may ever be refused."""

import base64
import hashlib
import io

from asn1crypto import cms, core, crl, pem
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PdfFileWriter, copy_into_new_writer
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, append_signature_field
from pyhanko.sign.validation.dss import DocumentSecurityStore

from amparo_notify.demo.authority import Profile, extension
from amparo_notify.demo.signing import (
    ADOBE,
    PLAIN,
    Stamp,
    Style,
    sign_cms,
    sign_pdf,
    signed_data,
    signer_info,
    stamp_pdf,
)
from tests.authority import NOW, authority, judge, order, time_stamper
from tests.pki.cases import LATER, PASSED, case, old, signed, stamped, trusting
from tests.pki.craft import CATALOG, PAGE, stream, to_ber, update
from tests.pki.people import (
    DAY,
    below_good_middle,
    company,
    keyed,
    lasting,
    old_judge,
    printable,
    secretary,
    teletex,
    with_profile,
)


@case(PASSED, tools="pdfsig")
def pades():
    return signed()


@case(PASSED, tools="pdfsig")
def pades_with_time_stamp():
    return sign_pdf(order(), judge(), stamped())


@case(PASSED, tools="pdfsig")
def adobe_detached():
    return sign_pdf(order(), judge(), Style(signing_time=NOW), subfilter=ADOBE)


@case(PASSED, tools="pdfsig")
def certification_signature():
    return sign_pdf(order(), judge(), certify=MDPPerm.NO_CHANGES)


@case(PASSED, tools="pdfsig")
def certification_then_approval():
    first = sign_pdf(order(), judge(), certify=MDPPerm.FILL_FORMS)
    return sign_pdf(first, secretary(), field="Firma2")


@case(PASSED, tools="pdfsig")
def two_embedded_signatures():
    return sign_pdf(signed(), secretary(), field="Firma2")


@case(PASSED, tools="pdfsig")
def three_embedded_signatures():
    return sign_pdf(two_embedded_signatures(), teletex(), field="Firma3")


@case(PASSED)
def into_a_field_prepared_beforehand():
    writer = IncrementalPdfFileWriter(io.BytesIO(order()))
    for name in ("Firma1", "Firma2"):
        append_signature_field(writer, SigFieldSpec(name, box=(100, 100, 300, 150)))
    output = io.BytesIO()
    writer.write(output)
    return sign_pdf(sign_pdf(output.getvalue(), judge()), secretary(), field="Firma2")


@case(PASSED)
def document_time_stamp_after():
    return stamp_pdf(signed(), Stamp(time_stamper(), NOW))


@case(PASSED)
def validation_data_after():
    return with_dss(signed())


@case(PASSED)
def validation_data_and_time_stamp_after():
    return stamp_pdf(with_dss(signed()), Stamp(time_stamper(), NOW))


def with_dss(pdf: bytes) -> bytes:
    """Append a document security store with the issuers' certificates and lists, as long-term formats do."""
    known = authority()
    output = io.BytesIO(pdf)
    DocumentSecurityStore.supply_dss_in_writer(
        writer := IncrementalPdfFileWriter(output),
        None,
        certs=[known.root.x509, known.intermediate.x509],
        crls=[crl.CertificateList.load(der) for der in known.crls(NOW)],
        ocsps=[],
    )
    writer.write_in_place()
    return output.getvalue()


@case(PASSED, tools="openssl")
def p7m_der():
    return sign_cms(order(), judge())


@case(PASSED, tools="openssl")
def p7m_with_time_stamp():
    return sign_cms(order(), judge(), style=stamped())


@case(PASSED, tools="openssl")
def p7m_ber():
    return to_ber(sign_cms(order(), judge()))


@case(PASSED)
def p7m_pem():
    return pem.armor("PKCS7", sign_cms(order(), judge()))


@case(PASSED)
def p7m_pem_cms():
    return pem.armor("CMS", sign_cms(order(), judge()))


@case(PASSED)
def p7m_base64():
    return base64.encodebytes(sign_cms(order(), judge()))


@case(PASSED, tools="openssl")
def p7m_judge_and_secretary():
    return sign_cms(order(), [judge(), secretary()])


@case(PASSED, tools="openssl")
def p7m_eight_signers():
    return sign_cms(
        order(), [judge(), secretary(), teletex(), printable(), company(), keyed("p256")] + [judge()] * 2
    )


@case(PASSED, tools="openssl")
def p7m_sha512():
    return sign_cms(order(), judge(), style=Style(digest="sha512"))


@case(PASSED, tools="openssl")
def p7m_sha384_pss():
    return sign_cms(order(), judge(), style=Style(digest="sha384", pss=True))


@case(PASSED, tools="openssl")
def p7m_without_ess():
    return sign_cms(order(), judge(), style=Style(ess=False))


@case(PASSED)
def p7m_without_issuers_inside():
    return sign_cms(order(), judge(), style=Style(chain=False))


@case(PASSED, tools="openssl")
def p7m_counter_signed():
    info = signer_info(judge(), b"\0" * 32, PLAIN)
    counter = cms.CMSAttribute({"type": "counter_signature", "values": [info]})
    return sign_cms(order(), judge(), style=Style(extra_unsigned=(counter,)))


@case(PASSED, tools="openssl")
def p7s_der():
    return order(), sign_cms(order(), judge(), detached=True)


@case(PASSED)
def p7s_pem():
    return order(), pem.armor("PKCS7", sign_cms(order(), judge(), detached=True))


@case(PASSED)
def p7s_handed_over_the_wrong_way_round():
    return sign_cms(order(), judge(), detached=True), order()


@case(PASSED)
def p7s_that_also_holds_the_same_document():
    return order(), sign_cms(order(), judge())


@case(PASSED, tools="openssl")
def p7s_judge_and_secretary():
    return order(), sign_cms(order(), [judge(), secretary()], detached=True)


@case(PASSED)
def p7s_over_a_pdf_signed_inside():
    return signed(), sign_cms(signed(), secretary(), detached=True)


@case(PASSED)
def rsa_pss():
    return sign_pdf(order(), judge(), Style(pss=True))


@case(PASSED, tools="pdfsig")
def rsa_3072():
    return sign_pdf(order(), keyed("rsa3072"))


@case(PASSED, tools="pdfsig")
def ecdsa_p256():
    return sign_pdf(order(), keyed("p256"))


@case(PASSED)
def ecdsa_brainpool():
    return sign_pdf(order(), keyed("brainpool"))


@case(PASSED)
def ecdsa_p384_sha384():
    return sign_pdf(order(), keyed("p384"), Style(digest="sha384"))


@case(PASSED, tools="openssl")
def ecdsa_p521_sha512():
    return sign_cms(order(), keyed("p521"), style=Style(digest="sha512"))


@case(PASSED)
def ed25519_sha512():
    return sign_cms(order(), keyed("ed25519"), style=Style(digest="sha512"))


@case(PASSED)
def certificate_signed_with_pss():
    return sign_pdf(order(), with_profile("psscert"))


@case(PASSED)
def certificate_signed_with_sha512():
    return sign_pdf(order(), with_profile("sha512cert"))


@case(PASSED)
def certificate_without_extended_usage():
    return sign_pdf(order(), with_profile("noeku"))


@case(PASSED)
def certificate_that_names_a_distribution_point():
    return sign_pdf(order(), with_profile("crldp"))


@case(PASSED, tools="pdfsig")
def teletex_name_with_n_tilde():
    return sign_pdf(order(), teletex())


@case(PASSED, tools="openssl")
def latin1_in_printable_string():
    return sign_cms(order(), printable())


@case(PASSED)
def company_with_representative():
    return sign_pdf(order(), company())


@case(
    PASSED,
    trust=lambda: trusting([*authority().crls(NOW), authority().crl(NOW, by_root=True)]),
    revocation="off",
)
def intermediate_only_inside_the_signature():
    return sign_pdf(order(), below_good_middle())


@case(PASSED)
def ended_certificate_stamped_while_good():
    return sign_pdf(order(), lasting(NOW - 30 * DAY, NOW - 1 * DAY), stamped(NOW - 2 * DAY))


@case(PASSED, trust=old)
def ended_authority_stamped_while_good():
    return sign_pdf(order(), old_judge(), stamped(NOW - 200 * DAY))


@case(PASSED, trust=lambda: trusting([authority().crl(NOW, [judge()]), authority().crl(NOW, by_root=True)]))
def revoked_after_the_time_stamp():
    return sign_pdf(order(), judge(), stamped(NOW - 1 * DAY / 2))


@case(PASSED, trust=lambda: trusting([]), revocation="when-available")
def no_list_when_none_is_required():
    return signed()


@case(PASSED, trust=lambda: trusting([authority().crl(NOW, [judge()])]), revocation="off")
def revocation_not_asked_for():
    return signed()


@case(PASSED, trust=lambda: trusting(authority().crls(LATER + DAY)))
def list_issued_after_arrival():
    return signed()


@case(PASSED)
def with_a_link():
    link = (
        b"<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (https://www.example.mx/) >> >>"
    )
    return sign_pdf(update(order(), {20: link, 5: PAGE % (9, b"/Annots [20 0 R]")}), judge())


@case(PASSED)
def with_suspicious_words_in_its_text():
    text = stream(b"BT /F1 12 Tf 72 700 Td (/JavaScript /JS /Launch /XFA) Tj ET")
    info = b"<< /Title (Sobre /JavaScript y /Launch) /Author (\\(stream\\) /JS) >>"
    return sign_pdf(update(order(), {9: text, 7: info}), judge())


@case(PASSED)
def with_a_harmless_attachment():
    return sign_pdf(with_attachment(b"acuse.xml", b"<?xml version='1.0'?><acuse/>"), judge())


def with_attachment(name: bytes, data: bytes) -> bytes:
    file = stream(data, b"/Type /EmbeddedFile")
    spec = b"<< /Type /Filespec /F (%s) /UF (%s) /EF << /F 20 0 R >> >>" % (name, name)
    catalog = CATALOG % b"/Names << /EmbeddedFiles << /Names [(a) 21 0 R] >> >>"
    return update(order(), {20: file, 21: spec, 6: catalog})


@case(PASSED)
def with_object_streams():
    return sign_pdf(modern(), judge())


def modern() -> bytes:
    """The order as a newer program writes it: object streams and a cross-reference stream."""
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(order())), {"stream_xrefs": True})
    streamed = writer.prepare_object_stream()
    writer.add_object(
        generic.DictionaryObject({generic.NameObject("/Nota"): generic.NumberObject(1)}), streamed
    )
    output = io.BytesIO()
    assert isinstance(writer, PdfFileWriter)
    writer.write(output)
    return output.getvalue()


@case(PASSED)
def signed_twice_with_object_streams():
    return sign_pdf(sign_pdf(modern(), judge()), secretary(), field="Firma2")


@case(PASSED)
def hybrid_references():
    return sign_pdf(hybrid(), judge())


def hybrid() -> bytes:
    """A file with both kinds of cross-reference, as word processors write them."""
    base = order()
    start = len(base)
    table = bytes((1,)) + start.to_bytes(4, "big") + b"\0\0"
    head = b"<< /Type /XRef /Size 31 /Index [30 1] /W [1 4 2] /Root 6 0 R /Length %d >>" % len(table)
    out = base + b"30 0 obj\n" + head + b"\nstream\n" + table + b"\nendstream\nendobj\n"
    xref = len(out)
    out += b"xref\n0 1\n0000000000 65535 f \n"
    out += b"trailer\n<< /Size 31 /Root 6 0 R /Prev %d /XRefStm %d >>\n" % (
        int(base.split(b"startxref")[1].split()[0]),
        start,
    )
    return out + b"startxref\n%d\n%%%%EOF\n" % xref


@case(PASSED)
def lower_case_hex():
    pdf = signed()
    start = pdf.rindex(b"/ByteRange")
    first, second = (int(part) for part in pdf[start:].split(b"[")[1].split()[1:3])
    return pdf[:first] + pdf[first:second].lower() + pdf[second:]


@case(PASSED)
def by_subject_key_identifier():
    return by_key_identifier()


def by_key_identifier() -> bytes:
    mark = core.OctetString(b"0123456789abcdef0123")
    who = authority().issue(
        "PERSONA FICTICIA",
        rfc="NUFX800101AB1",
        now=NOW,
        profile=Profile(extra=(extension("key_identifier", mark),)),
    )
    info = signer_info(who, hashlib.sha256(order()).digest(), PLAIN)
    info["sid"] = cms.SignerIdentifier("subject_key_identifier", mark.native)
    info["version"] = "v3"
    return signed_data(order(), [who], [info])
