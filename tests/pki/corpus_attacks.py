"""Attacks published, or that passed once: what later revisions show, what lies outside, confused algorithms."""

import hashlib

from asn1crypto import algos, cms, core
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from amparo_notify.core.verdict import Reason
from amparo_notify.demo.signing import PLAIN, Stamp, Style, sign_pdf, signer_info, stamp_pdf
from amparo_notify.pki.der import tlv
from tests.authority import CURP, NOW, RFC, authority, judge, order, time_stamper
from tests.pki.cases import FAILED, case, signed
from tests.pki.corpus_good import hybrid, with_dss
from tests.pki.craft import CATALOG, FORGED, PAGE, around, raw_info, stamped_visibly, stream, update
from tests.pki.people import secretary

FORMAT, CRYPTO, WEAK = Reason.FORMAT_FAILURE, Reason.SIG_CRYPTO_FAILURE, Reason.CRYPTO_CONSTRAINTS_FAILURE
_KEPT = b"/Version /1.7 /PageMode /UseNone /AcroForm 11 0 R %s"


# Afterwards


@case(FAILED, FORMAT)
def a_time_stamp_that_shows_another_order():
    """Anybody can have a changed file time-stamped: a field that everybody sees is no validation data."""
    return stamped_visibly(signed(), FORGED, (0, 0, 612, 792))


@case(FAILED, FORMAT)
def fields_to_be_drawn_anew_afterwards():
    return update(signed(), {11: b"<< /Fields [12 0 R] /SigFlags 3 /NeedAppearances true >>"})


@case(FAILED, FORMAT)
def resources_of_the_form_exchanged_afterwards():
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /ZapfDingbats >>"
    return update(
        signed(), {20: font, 11: b"<< /Fields [12 0 R] /SigFlags 3 /DR << /Font << /Helv 20 0 R >> >> >>"}
    )


def _kept_with(entry: bytes, **objects: bytes) -> bytes:
    numbered = {int(name[1:]): body for name, body in objects.items()}
    return update(signed(), {6: CATALOG % (_KEPT % entry), **numbered})


@case(FAILED, FORMAT)
def a_page_hidden_among_the_extensions():
    return _kept_with(b"/Extensions 20 0 R", o20=stream(FORGED))


@case(FAILED, FORMAT)
def a_page_hidden_in_an_extension():
    return _kept_with(b"/Extensions << /ADBE << /BaseVersion 20 0 R >> >>", o20=stream(FORGED))


@case(FAILED, FORMAT)
def marks_for_readers_changed_afterwards():
    return _kept_with(b"/MarkInfo << /Suspects true >>")


@case(FAILED, FORMAT)
def layers_added_afterwards():
    return _kept_with(
        b"/OCProperties << /OCGs [20 0 R] /D << /OFF [20 0 R] >> >>", o20=b"<< /Type /OCG /Name (x) >>"
    )


@case(FAILED, FORMAT)
def actions_of_the_document_added_afterwards():
    return _kept_with(b"/AA << /WC << /S /URI /URI (https://example.mx) >> >>")


@case(FAILED, FORMAT)
def permissions_added_afterwards():
    return _kept_with(b"/Perms << /DocMDP 13 0 R >>")


@case(FAILED, FORMAT)
def the_page_itself_among_the_validation_data():
    return _kept_with(b"/DSS << /Type /DSS /Certs [9 0 R] >>", o9=stream(FORGED))


def _covered() -> bytes:
    """The judge signs an order that a stamp covers (hide): the forger only has to take the stamp away."""
    look = stream(b"1 g 0 0 612 792 re f", b"/Type /XObject /Subtype /Form /BBox [0 0 612 792]")
    note = b"<< /Type /Annot /Subtype /Stamp /Rect [0 0 612 792] /AP << /N 21 0 R >> >>"
    return sign_pdf(update(order(), {20: note, 21: look, 5: PAGE % (9, b"/Annots [20 0 R]")}), judge())


@case(FAILED, FORMAT)
def a_cover_freed_afterwards():
    return update(_covered(), {}, free=[20])


@case(FAILED, FORMAT)
def a_cover_made_small_afterwards():
    return update(_covered(), {20: b"<< /Type /Annot /Subtype /Stamp /Rect [0 0 0 0] /AP << /N 21 0 R >> >>"})


@case(FAILED, FORMAT)
def an_object_freed_under_another_generation():
    pdf = update(with_dss(signed()), {}, free=[9])
    return pdf.replace(b"0000000000 00001 f", b"0000000000 00006 f")


@case(FAILED, FORMAT)
def byte_range_of_six_numbers_that_cover_all():
    pdf = signed()
    place = pdf.rindex(b"/ByteRange [")
    first, second, rest = (int(part) for part in pdf[place:].split(b"]")[0].split(b"[")[1].split()[1:])
    text = b"/ByteRange [0 %d %d %d %d 0]" % (first, second, rest, len(pdf))
    end = pdf.index(b"]", place) + 1
    room = end - place + len(pdf[end:]) - len(pdf[end:].lstrip(b" "))
    return pdf[:place] + text.ljust(room) + pdf[place + room :]


def _hole() -> bytes:
    page = (
        b"<< /Type /Page /Parent 8 0 R /MediaBox [0 0 612 792] /Contents [9 0 R 99 0 R] /Resources << >> >>"
    )
    return sign_pdf(update(hybrid(), {5: page}), judge())


@case(FAILED, FORMAT)
def a_hole_filled_between_signatures_in_a_file_read_leniently():
    return sign_pdf(update(_hole(), {99: stream(FORGED)}), secretary(), field="Firma2")


@case(FAILED, FORMAT)
def a_page_replaced_between_signatures_in_a_file_read_leniently():
    return sign_pdf(update(sign_pdf(hybrid(), judge()), {9: stream(FORGED)}), secretary(), field="Firma2")


@case(FAILED, FORMAT)
def a_time_stamp_on_a_file_read_leniently():
    """Only a person vouches for a file that two readers may read in two ways."""
    return stamp_pdf(sign_pdf(hybrid(), judge()), Stamp(time_stamper(), NOW))


@case(FAILED, FORMAT)
def a_slip_in_a_font_and_a_page_replaced_between_signatures():
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman /BaseFont /Times-Roman /Name /F3 >>"
    first = sign_pdf(update(order(), {4: font}), judge())
    return sign_pdf(update(first, {9: stream(FORGED)}), secretary(), field="Firma2")


# Outside the file


def _page_of(drawn: bytes) -> bytes:
    return sign_pdf(update(order(), {9: drawn}), judge())


@case(FAILED, FORMAT)
def the_page_lies_in_another_file():
    return _page_of(b"<< /Length 0 /F (pagina.txt) >>\nstream\n\nendstream")


@case(FAILED, FORMAT)
def the_page_lies_at_an_address():
    return _page_of(
        b"<< /Length 0 /#46 << /FS /URL /F (https://example.mx/pagina) >> >>\nstream\n\nendstream"
    )


@case(FAILED, FORMAT)
def a_picture_lies_in_another_file():
    picture = stream(b"x", b"/Type /XObject /Subtype /Image /Width 1 /Height 1 /F%c\n20 0 R")
    return sign_pdf(update(order(), {19: picture, 20: b"(foto.png)"}), judge())


@case(FAILED, FORMAT)
def a_page_of_another_document_shown():
    shown = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Ref << /F (otro.pdf) /Page 0 >>"
    return sign_pdf(update(order(), {20: stream(b"", shown)}), judge())


def _opening(action: bytes) -> bytes:
    return sign_pdf(update(order(), {6: CATALOG % (b"/OpenAction << %s >>" % action)}), judge())


@case(FAILED, FORMAT)
def opens_another_document():
    return _opening(rb"/S /GoToR /F (\\\\ejemplo\\x.pdf) /D [0 /Fit]")


@case(FAILED, FORMAT)
def opens_a_file_by_its_address():
    return _opening(b"/S /URI /URI (file:///c:/windows/calc.exe)")


@case(FAILED, FORMAT)
def opens_a_script_by_its_address():
    return _opening(b"/S /URI /URI <%s>" % b"java\tscript:alert(1)".hex().encode())


@case(FAILED, FORMAT)
def hides_a_layer_on_opening():
    return _opening(b"/S /SetOCGState /State [/OFF 3 0 R]")


# Confused algorithms


def _info(style: Style = PLAIN) -> cms.SignerInfo:
    return signer_info(judge(), hashlib.sha256(order()).digest(), style)


@case(FAILED, CRYPTO)
def signature_over_the_content_instead_of_the_attributes():
    info = _info()
    info["signature"] = judge().key.sign(order(), padding.PKCS1v15(), hashes.SHA256())
    return around(info.dump())


@case(FAILED, WEAK)
def pss_without_parameters():
    """Left out they mean SHA-1 (RFC 4055, 3.1)."""
    info = _info(Style(pss=True))
    info["signature_algorithm"] = {"algorithm": "rsassa_pss"}
    return around(info.dump())


@case(FAILED, WEAK)
def pss_by_another_hash_than_the_signers():
    info = _info(Style(pss=True))
    attributes = tlv(0x31, info["signed_attrs"].contents)
    mask = padding.PSS(padding.MGF1(hashes.SHA512()), 64)
    info["signature"] = judge().key.sign(attributes, mask, hashes.SHA512())
    named = {"algorithm": "sha512"}
    info["signature_algorithm"] = {
        "algorithm": "rsassa_pss",
        "parameters": algos.RSASSAPSSParams(
            {
                "hash_algorithm": named,
                "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": named},
                "salt_length": 64,
            }
        ),
    }
    return around(info.dump())


@case(FAILED, CRYPTO)
def cube_root_of_a_padding():
    """A key with exponent 3 and a reader that does not look behind the hash (Bleichenbacher, 2006)."""
    key = rsa.generate_private_key(public_exponent=3, key_size=2048)
    who = authority().issue("PERSONA FICTICIA", CURP, RFC, now=NOW, key=key)
    info = signer_info(who, hashlib.sha256(order()).digest(), PLAIN)
    hashed = hashlib.sha256(tlv(0x31, info["signed_attrs"].contents)).digest()
    front = b"\0\1" + b"\xff" * 8 + b"\0" + bytes.fromhex("3031300d060960864801650304020105000420") + hashed
    wanted = int.from_bytes(front.ljust(256, b"\0"), "big")
    info["signature"] = _cube_root(wanted).to_bytes(256, "big")
    return around(info.dump(), who)


def _cube_root(number: int) -> int:
    low, high = 0, 1 << 700
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if middle**3 < number else (low, middle)
    return low


@case(FAILED, FORMAT)
def another_content_behind_the_content():
    """Of two contents one reader shows the first and another the last."""
    return around(_info().dump(), behind=(tlv(0x04, FORGED), b"", b""))


@case(FAILED, FORMAT)
def something_behind_the_signers():
    return around(_info().dump(), behind=(b"", tlv(0x31, b""), b""))


@case(FAILED, FORMAT)
def something_behind_the_signed_data():
    return around(_info().dump(), behind=(b"", b"", b"\0\0" + tlv(0x04, FORGED)))


@case(FAILED, FORMAT)
def the_hash_of_the_document_twice_in_one_attribute():
    value = core.OctetString(hashlib.sha256(order()).digest())
    twice = cms.CMSAttribute({"type": "message_digest", "values": [value, value]})
    kept = [one.dump() for one in _info()["signed_attrs"] if one["type"].native != "message_digest"]
    return around(raw_info(judge(), order(), [*kept, twice.dump()]))
