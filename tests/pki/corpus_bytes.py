"""Documents whose bytes were tampered with: none of these may ever pass."""

import hashlib
import io
import re

from asn1crypto import cms, core
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, append_signature_field

from amparo_notify.core.verdict import Reason
from amparo_notify.demo.authority import raw_signature
from amparo_notify.demo.signing import (
    PLAIN,
    Stamp,
    Style,
    sign_cms,
    sign_pdf,
    signed_data,
    signer_info,
    stamp_pdf,
    time_stamp,
)
from tests.authority import NOW, judge, order, time_stamper
from tests.pki.cases import FAILED, case, enveloped, signed, stamped
from tests.pki.corpus_good import modern, with_dss
from tests.pki.craft import (
    CATALOG,
    FORGED,
    PAGE,
    contents,
    cut_eof,
    edited_cms,
    gap,
    last_startxref,
    resigned,
    stream,
    to_ber,
    update,
    with_contents,
)
from tests.pki.people import impostor, secretary

FORMAT, HASH, CRYPTO = Reason.FORMAT_FAILURE, Reason.HASH_FAILURE, Reason.SIG_CRYPTO_FAILURE
NOT_SIGNED, WEAK = Reason.NOT_SIGNED, Reason.CRYPTO_CONSTRAINTS_FAILURE


# Integrity


@case(FAILED, HASH, tools="pdfsig")
def a_letter_of_the_page_changed():
    return signed().replace(b"/BaseFont /Times-Roman", b"/BaseFont /Times-Woman", 1)


@case(FAILED, HASH, tools="pdfsig")
def the_title_changed():
    return signed().replace(b"1234/2026", b"9999/2026", 1)


@case(FAILED, HASH, tools="openssl")
def p7m_content_changed():
    return enveloped().replace(b"/Creator", b"/Kreator", 1)


@case(FAILED, HASH, tools="openssl")
def p7s_of_another_document():
    return order() + b"\n", sign_cms(order(), judge(), detached=True)


@case(FAILED, HASH)
def p7s_that_holds_another_document():
    return update(order(), {9: stream(FORGED)}), sign_cms(order(), judge())


@case(FAILED, CRYPTO, tools="openssl")
def signature_value_flipped():
    info = cms.ContentInfo.load(enveloped())
    value = info["content"]["signer_infos"][0]["signature"].native
    return enveloped().replace(value, bytes((value[0] ^ 1,)) + value[1:])


@case(FAILED, CRYPTO, tools="pdfsig")
def signature_value_flipped_in_a_pdf():
    info = cms.ContentInfo.load(contents(signed()))
    value = info["content"]["signer_infos"][0]["signature"].native
    return with_contents(signed(), contents(signed()).replace(value, value[:-1] + bytes((value[-1] ^ 1,))))


@case(FAILED, CRYPTO, tools="openssl")
def a_signed_attribute_changed():
    return enveloped().replace(b"261121091500Z", b"261121091501Z")


@case(FAILED, FORMAT)
def somebody_elses_certificate_swapped_in():
    def change(data):
        data["certificates"] = [
            cms.CertificateChoices("certificate", one) for one in (secretary().x509, impostor().x509)
        ]

    return edited_cms(enveloped(), change)


@case(FAILED, FORMAT)
def certificates_taken_out():
    def change(data):
        del data["certificates"]

    return edited_cms(enveloped(), change)


@case(FAILED, CRYPTO, tools="openssl")
def another_signature_by_the_same_judge():
    other = cms.ContentInfo.load(sign_cms(order() + b"\n", judge()))["content"]["signer_infos"][0]
    mine = cms.ContentInfo.load(enveloped())["content"]["signer_infos"][0]["signature"].native
    return enveloped().replace(mine, other["signature"].native)


@case(FAILED, HASH)
def one_of_two_signers_signed_something_else():
    good = signer_info(judge(), hashlib.sha256(order()).digest(), PLAIN)
    bad = signer_info(secretary(), hashlib.sha256(b"otra cosa").digest(), PLAIN)
    return signed_data(order(), [judge(), secretary()], [good, bad])


# Changes after signing (incremental saving)


@case(FAILED, FORMAT)
def a_page_replaced_afterwards():
    return update(signed(), {9: stream(FORGED)})


@case(FAILED, FORMAT)
def the_page_points_elsewhere_afterwards():
    return update(signed(), {20: stream(FORGED), 5: PAGE % (20, b"/Annots [12 0 R]")})


@case(FAILED, FORMAT)
def a_page_added_afterwards():
    pages = b"<< /Type /Pages /Count 2 /Kids [5 0 R 21 0 R] >>"
    return update(signed(), {20: stream(FORGED), 21: PAGE % (20, b""), 8: pages})


@case(FAILED, FORMAT)
def the_catalog_replaced_afterwards():
    catalog = b"<< /Type /Catalog /Pages 22 0 R /AcroForm 11 0 R >>"
    pages = b"<< /Type /Pages /Count 1 /Kids [21 0 R] >>"
    return update(signed(), {20: stream(FORGED), 21: PAGE % (20, b""), 22: pages, 23: catalog}, root=23)


@case(FAILED, FORMAT)
def an_annotation_over_the_text_afterwards():
    note = (
        b"<< /Type /Annot /Subtype /FreeText /Rect [50 50 500 700] /Contents (PUEDE VOLAR) /DA (/F1 20 Tf) >>"
    )
    return update(signed(), {20: note, 5: PAGE % (9, b"/Annots [12 0 R 20 0 R]")})


@case(FAILED, FORMAT)
def a_stamp_with_an_appearance_afterwards():
    look = stream(FORGED, b"/Type /XObject /Subtype /Form /BBox [0 0 500 700]")
    note = b"<< /Type /Annot /Subtype /Stamp /Rect [0 0 612 792] /AP << /N 21 0 R >> >>"
    return update(signed(), {21: look, 20: note, 5: PAGE % (9, b"/Annots [12 0 R 20 0 R]")})


@case(FAILED, FORMAT)
def a_form_field_filled_afterwards():
    field = b"<< /FT /Tx /T (Vuelo) /V () /Type /Annot /Subtype /Widget /Rect [10 10 99 30] /P 5 0 R >>"
    form = b"<< /Fields [20 0 R] >>"
    base = update(
        order(), {20: field, 21: form, 6: CATALOG % b"/AcroForm 21 0 R", 5: PAGE % (9, b"/Annots [20 0 R]")}
    )
    return update(sign_pdf(base, judge()), {20: field.replace(b"/V ()", b"/V (AM404)")})


@case(FAILED, FORMAT)
def an_empty_signature_field_added_afterwards():
    field = b"<< /FT /Sig /T (Otra) /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /P 5 0 R >>"
    form = b"<< /Fields [12 0 R 20 0 R] /SigFlags 3 >>"
    return update(signed(), {20: field, 11: form, 5: PAGE % (9, b"/Annots [12 0 R 20 0 R]")})


@case(FAILED, FORMAT)
def a_visible_signature_field_over_the_text_afterwards():
    look = stream(FORGED, b"/Type /XObject /Subtype /Form /BBox [0 0 500 700]")
    field = b"<< /FT /Sig /T (Otra) /Type /Annot /Subtype /Widget /Rect [0 0 612 792] /P 5 0 R /AP << /N 21 0 R >> >>"
    form = b"<< /Fields [12 0 R 20 0 R] /SigFlags 3 >>"
    return update(signed(), {21: look, 20: field, 11: form, 5: PAGE % (9, b"/Annots [12 0 R 20 0 R]")})


@case(FAILED, FORMAT)
def the_look_of_the_signature_changed_afterwards():
    look = stream(FORGED, b"/Type /XObject /Subtype /Form /BBox [0 0 500 700]")
    field = (
        b"<< /FT /Sig /T (Firma1) /Type /Annot /Subtype /Widget /F 132 /Rect [0 0 612 792] /P 5 0 R /V 13 0 R "
        b"/AP << /N 21 0 R >> >>"
    )
    return update(signed(), {21: look, 12: field})


@case(FAILED, FORMAT)
def the_title_replaced_afterwards():
    return update(signed(), {7: b"<< /Title (Expediente 9999/2026) >>"}, trailer=b"/Info 7 0 R")


@case(FAILED, FORMAT)
def metadata_added_after_the_last_signature():
    packet = stream(b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>", b"/Type /Metadata /Subtype /XML")
    catalog = CATALOG % b"/Version /1.7 /PageMode /UseNone /AcroForm 11 0 R /Metadata 20 0 R"
    return update(signed(), {20: packet, 6: catalog})


@case(FAILED, FORMAT)
def an_action_on_opening_added_afterwards():
    catalog = CATALOG % b"/Version /1.7 /PageMode /UseNone /AcroForm 11 0 R /OpenAction [5 0 R /Fit]"
    return update(signed(), {6: catalog})


@case(FAILED, FORMAT)
def fonts_exchanged_afterwards():
    return update(signed(), {4: b"<< /Type /Font /Subtype /Type1 /BaseFont /ZapfDingbats /Name /F3 >>"})


@case(FAILED, FORMAT)
def an_object_freed_afterwards():
    return update(signed(), {}, free=[9])


@case(FAILED, FORMAT)
def a_font_hidden_in_validation_data():
    return update(
        with_dss(signed()), {4: b"<< /Type /Font /Subtype /Type1 /BaseFont /ZapfDingbats /Name /F3 >>"}
    )


@case(FAILED, FORMAT)
def validation_data_with_a_page_inside():
    catalog = (
        CATALOG % b"/Version /1.7 /PageMode /UseNone /AcroForm 11 0 R /DSS << /Certs [20 0 R] /Extra 5 0 R >>"
    )
    return update(signed(), {20: stream(b"x"), 6: catalog})


@case(FAILED, FORMAT)
def something_that_nothing_uses_added_with_validation_data():
    return update(signed(), {61: stream(FORGED), 20: stream(b"x"), 6: _catalog_with_dss()})


def _leaving_a_hole(free: bool) -> bytes:
    """The page that the judge signs already points at an object that does not exist yet (a shadow attack)."""
    page = (
        b"<< /Type /Page /Parent 8 0 R /MediaBox [0 0 612 792] /Contents [9 0 R 99 0 R] /Resources << >> >>"
    )
    return sign_pdf(update(order(), {5: page}, free=[99] if free else []), judge())


@case(FAILED, FORMAT)
def a_hole_in_the_page_filled_afterwards():
    return update(_leaving_a_hole(free=False), {99: stream(FORGED)})


@case(FAILED, FORMAT)
def a_freed_hole_in_the_page_filled_afterwards():
    return update(_leaving_a_hole(free=True), {99: stream(FORGED)})


@case(FAILED, FORMAT)
def a_hole_filled_by_validation_data():
    pdf = _leaving_a_hole(free=False)
    form = int(re.findall(rb"/AcroForm (\d+) 0 R", pdf)[-1])
    store = b"/Version /1.7 /PageMode /UseNone /AcroForm %d 0 R /DSS << /Type /DSS /Certs [99 0 R] >>" % form
    return update(pdf, {99: stream(FORGED), 6: CATALOG % store})


@case(FAILED, FORMAT)
def a_hole_filled_before_the_second_signature():
    return sign_pdf(update(_leaving_a_hole(free=False), {99: stream(FORGED)}), secretary(), field="Firma2")


@case(FAILED, FORMAT)
def the_stream_of_objects_replaced_afterwards():
    pdf = sign_pdf(modern(), judge())
    packed = int(pdf[: pdf.rindex(b"/ObjStm")].split(b" 0 obj")[-2].split()[-1])
    forged = stream(b"1 0 << /Nota (FALSA) >>", b"/Type /ObjStm /N 1 /First 4")
    return update(pdf, {packed: forged}, root=int(re.findall(rb"/Root (\d+) 0 R", pdf)[-1]))


@case(FAILED, FORMAT)
def changed_between_two_signatures():
    return sign_pdf(update(signed(), {9: stream(FORGED)}), secretary(), field="Firma2")


@case(FAILED, FORMAT)
def annotated_between_two_signatures():
    note = b"<< /Type /Annot /Subtype /FreeText /Rect [50 50 500 700] /Contents (PUEDE VOLAR) >>"
    middle = update(signed(), {20: note, 5: PAGE % (9, b"/Annots [12 0 R 20 0 R]")})
    return sign_pdf(middle, secretary(), field="Firma2")


@case(FAILED, FORMAT)
def signed_again_although_certified_without_changes():
    first = sign_pdf(order(), judge(), certify=MDPPerm.NO_CHANGES)
    return sign_pdf(first, secretary(), field="Firma2")


@case(FAILED, FORMAT)
def changed_before_a_document_time_stamp():
    return stamp_pdf(update(signed(), {9: stream(FORGED)}), Stamp(time_stamper(), NOW))


# Bytes that nothing explains


@case(FAILED, FORMAT)
def one_byte_follows():
    return signed() + b"x"


@case(FAILED, FORMAT)
def a_comment_follows():
    return signed() + b"\n% nada que ver\n"


@case(FAILED, FORMAT)
def another_pdf_follows():
    return signed() + order()


@case(FAILED, FORMAT)
def an_update_whose_table_lists_nothing():
    return update(signed(), {9: stream(FORGED)}, listed=[])


@case(FAILED, FORMAT)
def an_object_hidden_before_validation_data():
    hidden = b"\n9 0 obj\n" + stream(FORGED) + b"\nendobj\n"
    return with_dss_after(signed() + hidden)


def with_dss_after(pdf: bytes) -> bytes:
    return update(pdf, {20: stream(b"x"), 6: _catalog_with_dss()})


def _catalog_with_dss() -> bytes:
    return (
        CATALOG % b"/Version /1.7 /PageMode /UseNone /AcroForm 11 0 R /DSS << /Type /DSS /Certs [20 0 R] >>"
    )


@case(FAILED, FORMAT)
def a_second_trailer_after_the_end():
    return signed() + b"trailer\n<< /Root 23 0 R /Size 30 >>\nstartxref\n%d\n%%%%EOF\n" % last_startxref(
        signed()
    )


@case(FAILED, FORMAT)
def junk_before_the_header():
    return b"\n" + signed()


@case(FAILED, FORMAT)
def html_before_the_header():
    return b"<html><script>alert(1)</script>" + signed()


@case(FAILED, FORMAT)
def cut_short():
    return cut_eof(signed())


@case(FAILED, FORMAT)
def cut_in_half():
    return signed()[: len(signed()) // 2]


# The signature's own place (wrapping, spoofing)


@case(FAILED, FORMAT)
def a_gap_larger_than_the_signature():
    pdf = signed()
    start, end = gap(pdf)
    wider = pdf[:end] + b" " * 40 + pdf[end:]
    old = re.search(rb"/ByteRange \[0 \d+ \d+ \d+\]", wider).group()
    new = b"/ByteRange [0 %d %d %d]" % (start, end + 40, len(wider) - end - 40)
    return resigned(wider.replace(old, new), judge())


@case(FAILED, FORMAT)
def a_gap_that_hides_an_object():
    pdf = signed()
    start, end = gap(pdf)
    hidden = b"/Nota (ORDEN FALSA)"
    wider = pdf[:end] + hidden + pdf[end:]
    old = re.search(rb"/ByteRange \[0 \d+ \d+ \d+\]", wider).group()
    new = b"/ByteRange [0 %d %d %d]" % (start, end + len(hidden), len(wider) - end - len(hidden))
    return resigned(wider.replace(old, new), judge())


def _ranged(template: bytes) -> bytes:
    """The signed order with another byte range written into it, padded to the same length."""
    pdf = signed()
    old = re.search(rb"/ByteRange \[[^\]]*\] *", pdf).group()
    assert len(template) <= len(old)
    return pdf.replace(old, template.ljust(len(old)))


@case(FAILED, FORMAT)
def byte_range_from_one():
    start, end = gap(signed())
    return _ranged(b"/ByteRange [1 %d %d %d]" % (start - 1, end, len(signed()) - end))


@case(FAILED, FORMAT)
def byte_range_of_nothing():
    return _ranged(b"/ByteRange [0 0 0 0]")


@case(FAILED, FORMAT)
def byte_range_empty():
    return _ranged(b"/ByteRange []")


@case(FAILED, FORMAT)
def byte_range_missing():
    return _ranged(b"")


@case(FAILED, FORMAT)
def byte_range_not_numbers():
    return _ranged(b"/ByteRange [(a) null true /x]")


@case(FAILED, FORMAT)
def byte_range_negative():
    start, end = gap(signed())
    return _ranged(b"/ByteRange [0 %d %d -%d]" % (start, end, len(signed()) - end))


@case(FAILED, FORMAT)
def byte_range_beyond_the_end():
    start, end = gap(signed())
    return _ranged(b"/ByteRange [0 %d %d %d]" % (start, end, len(signed())))


@case(FAILED, FORMAT)
def byte_range_that_overlaps():
    start, end = gap(signed())
    return _ranged(b"/ByteRange [0 %d %d %d]" % (end, start, len(signed()) - start))


@case(FAILED, FORMAT)
def byte_range_of_three_pieces():
    start, end = gap(signed())
    return _ranged(b"/ByteRange [0 9 9 %d %d %d]" % (start - 9, end, len(signed()) - end))


@case(FAILED, FORMAT)
def byte_range_that_is_a_reference():
    return _ranged(b"/ByteRange 99 0 R")


@case(FAILED, FORMAT)
def contents_of_zeros():
    return with_contents(signed(), b"")


@case(FAILED, FORMAT)
def contents_of_noise():
    return with_contents(signed(), b"\x30\x82\x10\x00" + b"noise" * 10)


@case(FAILED, FORMAT)
def contents_with_something_behind():
    return with_contents(signed(), contents(signed()).rstrip(b"\0") + b"\0\0algo escondido")


@case(FAILED, FORMAT)
def wrapped_around_another_page():
    return wrapped()


def wrapped() -> bytes:
    """The signed second part moved behind a forged update, with a new dictionary that points to both parts."""
    pdf = signed()
    start, end = gap(pdf)
    head, tail = pdf[:end], pdf[end:]
    target = last_startxref(pdf)  # the tail still says so: the forged table has to lie exactly there
    page = b"9 0 obj\n" + stream(FORGED) + b"\nendobj\n"
    middle = b" >>\nendobj\n" + page
    value_at = len(head) + len(middle)
    moved = 80_000
    copy = b"13 0 obj\n<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /Contents "
    copy += pdf[start:end] + b" /ByteRange [0 %d %d %d] >>\nendobj\n" % (start, moved, len(tail))
    table = b"xref\n9 1\n%010d 00000 n \n13 1\n%010d 00000 n \n" % (len(head) + len(b" >>\nendobj\n"), 40_000)
    table += b"trailer\n<< /Size 40 /Root 6 0 R /Prev %d >>\n" % last_startxref(order())
    body = bytearray(b" " * moved)
    body[: len(head)] = head
    body[len(head) : value_at] = middle
    body[40_000 : 40_000 + len(copy)] = copy
    if target > value_at:
        body[target : target + len(table)] = table
    return bytes(body) + tail


@case(FAILED, FORMAT)
def dictionary_overridden_by_an_update():
    start, end = gap(signed())
    raw = signed()[start:end]
    copy = (
        b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /Contents %s /ByteRange [0 %d %d %d] >>"
        % (raw, start, end, len(signed()) - end)
    )
    return update(signed(), {13: copy, 9: stream(FORGED)})


@case(FAILED, FORMAT)
def a_field_of_an_unknown_kind_beside_the_real_one():
    odd = b"<< /Type /Sig /Filter /X /SubFilter /inventado /Contents <00> /ByteRange [0 1 2 3] >>"
    field = b"<< /FT /Sig /T (Otra) /V 20 0 R >>"
    base = update(
        order(), {20: odd, 21: field, 22: b"<< /Fields [21 0 R] >>", 6: CATALOG % b"/AcroForm 22 0 R"}
    )
    return sign_pdf(base, judge())


@case(FAILED, FORMAT)
def a_signature_outside_the_form():
    odd = b"<< /Type /Sig /Filter /X /SubFilter /ETSI.CAdES.detached /Contents <00> /ByteRange [0 1 2 3] >>"
    return sign_pdf(update(order(), {20: odd}), judge())


@case(FAILED, FORMAT)
def only_a_signature_outside_the_form():
    odd = b"<< /Type /Sig /Filter /X /SubFilter /ETSI.CAdES.detached /Contents <00> /ByteRange [0 1 2 3] >>"
    return update(order(), {20: odd})


@case(FAILED, WEAK)
def sha1_subfilter():
    return resigned(signed().replace(b"/ETSI.CAdES.detached", b"/adbe.pkcs7.sha1    "), judge())


@case(FAILED, WEAK)
def x509_rsa_sha1_subfilter():
    return resigned(signed().replace(b"/ETSI.CAdES.detached", b"/adbe.x509.rsa_sha1 "), judge())


@case(FAILED, FORMAT)
def unknown_subfilter():
    return resigned(signed().replace(b"/ETSI.CAdES.detached", b"/ETSI.CAdES.inventad"), judge())


@case(FAILED, FORMAT)
def a_time_stamp_that_says_it_is_a_signature():
    return resigned(signed().replace(b"/ETSI.CAdES.detached", b"/ETSI.RFC3161       "), judge())


@case(FAILED, NOT_SIGNED)
def only_a_document_time_stamp():
    return stamp_pdf(order(), Stamp(time_stamper(), NOW))


@case(FAILED, NOT_SIGNED)
def an_empty_signature_field():
    writer = IncrementalPdfFileWriter(io.BytesIO(order()))
    append_signature_field(writer, SigFieldSpec("Firma1"))
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


@case(FAILED, NOT_SIGNED)
def plain_pdf():
    return order()


@case(FAILED, NOT_SIGNED)
def plain_pdf_with_a_printed_evidence_page():
    text = (
        b"BT /F1 9 Tf 72 700 Td (EVIDENCIA CRIPTOGRAFICA Firmante JUEZA FICTICIA Cadena de firma: 3a4f) Tj ET"
    )
    return update(order(), {9: stream(text)})


# The signature's own form


@case(FAILED, FORMAT)
def no_signed_attributes():
    return unsigned_attributes()


def unsigned_attributes() -> bytes:
    info = signer_info(judge(), hashlib.sha256(order()).digest(), PLAIN)
    bare = cms.SignerInfo(
        {key: info[key] for key in ("version", "sid", "digest_algorithm", "signature_algorithm")}
    )
    bare["signature"] = raw_signature(judge().key, order())
    return signed_data(order(), [judge()], [bare])


def _resigned_attributes(change) -> bytes:
    """The judge really signs attributes that break the rules."""
    info = signer_info(judge(), hashlib.sha256(order()).digest(), PLAIN)
    attributes = cms.CMSAttributes(change(list(info["signed_attrs"])))
    info["signed_attrs"] = attributes
    info["signature"] = raw_signature(judge().key, attributes.dump())
    return signed_data(order(), [judge()], [info])


@case(FAILED, FORMAT)
def no_message_digest():
    return _resigned_attributes(lambda all_: [one for one in all_ if one["type"].native != "message_digest"])


@case(FAILED, FORMAT)
def two_message_digests():
    return _resigned_attributes(
        lambda all_: [*all_, next(one for one in all_ if one["type"].native == "message_digest")]
    )


@case(FAILED, FORMAT)
def no_content_type():
    return _resigned_attributes(lambda all_: [one for one in all_ if one["type"].native != "content_type"])


@case(FAILED, FORMAT)
def content_type_of_something_else():
    def change(all_):
        other = cms.CMSAttribute({"type": "content_type", "values": ["signed_data"]})
        return [other, *(one for one in all_ if one["type"].native != "content_type")]

    return _resigned_attributes(change)


@case(FAILED, FORMAT)
def two_signers_in_a_pdf_signature():
    return resigned(signed(), judge(), infos=2)


@case(FAILED, FORMAT)
def a_document_inside_a_pdf_signature():
    start, end = gap(signed())
    digest = hashlib.sha256(signed()[:start] + signed()[end:]).digest()
    return with_contents(signed(), signed_data(b"otro", [judge()], [signer_info(judge(), digest, PLAIN)]))


@case(FAILED, FORMAT)
def nine_signers():
    infos = [signer_info(judge(), hashlib.sha256(order()).digest(), PLAIN) for _ in range(9)]
    return signed_data(order(), [judge()], infos)


@case(FAILED, NOT_SIGNED)
def p7m_without_signers():
    return signed_data(order(), [judge()], [])


@case(FAILED, FORMAT)
def p7m_with_bytes_behind():
    return enveloped() + b"algo"


@case(FAILED, FORMAT)
def p7m_with_another_p7m_behind():
    return enveloped() + enveloped()


@case(FAILED, FORMAT)
def p7m_cut_short():
    return enveloped()[:-50]


@case(FAILED, HASH)
def p7m_ber_content_changed():
    return to_ber(enveloped()).replace(b"/Creator", b"/Kreator", 1)


@case(FAILED, FORMAT)
def p7m_of_enveloped_data():
    return cms.ContentInfo({"content_type": "data", "content": core.OctetString(order())}).dump()


@case(FAILED, FORMAT)
def p7s_without_its_document():
    return sign_cms(order(), judge(), detached=True)


@case(FAILED, FORMAT)
def p7s_that_is_no_signature():
    return order(), b"esto no es una firma"


@case(FAILED, FORMAT)
def two_pdfs():
    return order(), signed()


# Time-stamps


def _with_token(token: bytes) -> bytes:
    attribute = cms.CMSAttribute(
        {"type": "signature_time_stamp_token", "values": [cms.ContentInfo.load(token)]}
    )
    return sign_pdf(order(), judge(), Style(extra_unsigned=(attribute,)))


def _token(imprint: bytes = b"\0" * 32) -> bytes:
    return time_stamp(imprint, Stamp(time_stamper(), NOW))


@case(FAILED, HASH)
def time_stamp_of_another_signature():
    return _with_token(_token())


@case(FAILED, HASH)
def time_stamp_whose_time_was_changed():
    raw = sign_cms(order(), judge(), style=stamped())
    return raw.replace(b"20261121091500Z", b"20261021091500Z")


@case(FAILED, FORMAT)
def time_stamp_that_is_no_time_stamp():
    return _with_token(sign_cms(b"hola", judge()))


@case(FAILED, HASH)
def document_time_stamp_with_a_change_inside():
    pdf = stamp_pdf(signed(), Stamp(time_stamper(), NOW))
    return pdf.replace(b"/SigFlags 3", b"/SigFlags 1")
