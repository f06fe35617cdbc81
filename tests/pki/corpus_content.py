"""What an order must not carry, even where the judge has really signed it; and what is no order at all."""

import io
import zipfile
import zlib

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PdfFileWriter, copy_into_new_writer

from amparo_notify.core.verdict import Reason
from amparo_notify.demo.signing import sign_cms, sign_pdf
from tests.authority import judge, order
from tests.pki.cases import FAILED, case, enveloped
from tests.pki.corpus_good import with_attachment
from tests.pki.craft import CATALOG, PAGE, stream, update

FORMAT = Reason.FORMAT_FAILURE
SCRIPT = b"<< /Type /Action /S /JavaScript /JS (app.alert\\(1\\)) >>"


def _signed_with(catalog: bytes, **objects: bytes) -> bytes:
    numbered = {int(name[1:]): body for name, body in objects.items()}
    return sign_pdf(update(order(), {6: CATALOG % catalog, **numbered}), judge())


@case(FAILED, FORMAT)
def script_on_opening():
    return _signed_with(b"/OpenAction 20 0 R", o20=SCRIPT)


@case(FAILED, FORMAT)
def script_by_name():
    return _signed_with(b"/Names << /JavaScript << /Names [(a) 20 0 R] >> >>", o20=SCRIPT)


@case(FAILED, FORMAT)
def script_with_an_escaped_name():
    return _signed_with(b"/OpenAction 20 0 R", o20=b"<< /#53 /J#61vaScript /#4a#53 (app.alert\\(1\\)) >>")


@case(FAILED, FORMAT)
def script_on_a_page():
    return sign_pdf(update(order(), {20: SCRIPT, 5: PAGE % (9, b"/AA << /O 20 0 R >>")}), judge())


@case(FAILED, FORMAT)
def script_behind_a_word_in_a_string():
    return _signed_with(
        b"/Lang (stream endobj) /OpenAction 20 0 R", o20=b"<< /A (>>\nstream\n) " + SCRIPT[2:]
    )


@case(FAILED, FORMAT)
def script_behind_a_comment():
    body = b"<< /A 1 % >> stream\n" + SCRIPT[2:]
    return _signed_with(b"/OpenAction 20 0 R", o20=body)


@case(FAILED, FORMAT)
def script_in_a_stream_dictionary():
    return _signed_with(b"/OpenAction 20 0 R", o20=stream(b"x", SCRIPT[2:-2]))


@case(FAILED, FORMAT)
def script_in_an_object_stream():
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(order())), {"stream_xrefs": True})
    assert isinstance(writer, PdfFileWriter)
    script = generic.DictionaryObject(
        {
            generic.NameObject("/S"): generic.NameObject("/JavaScript"),
            generic.NameObject("/JS"): generic.TextStringObject("app.alert(1)"),
        }
    )
    reference = writer.add_object(script, writer.prepare_object_stream())
    writer.root[generic.NameObject("/OpenAction")] = reference
    output = io.BytesIO()
    writer.write(output)
    return sign_pdf(output.getvalue(), judge())


@case(FAILED, FORMAT)
def launch_whose_name_is_elsewhere():
    return _signed_with(b"/OpenAction << /S 20 0 R /F (cmd.exe) >>", o20=b"/Launch")


@case(FAILED, FORMAT)
def script_whose_name_is_elsewhere():
    return _signed_with(
        b"/OpenAction << /S 20 0 R /JS 21 0 R >>", o20=b"/Java#53cript", o21=b"(app.alert\\(1\\))"
    )


@case(FAILED, FORMAT)
def script_in_a_p7m():
    return sign_cms(update(order(), {6: CATALOG % b"/OpenAction 20 0 R", 20: SCRIPT}), judge())


@case(FAILED, FORMAT)
def script_in_a_p7s():
    pdf = update(order(), {6: CATALOG % b"/OpenAction 20 0 R", 20: SCRIPT})
    return pdf, sign_cms(pdf, judge(), detached=True)


@case(FAILED, FORMAT)
def launch_of_a_program():
    return _signed_with(b"/OpenAction << /S /Launch /F (cmd.exe) >>")


@case(FAILED, FORMAT)
def launch_of_a_file_on_windows():
    return _signed_with(b"/OpenAction << /S /Launch /Win << /F (calc.exe) >> >>")


@case(FAILED, FORMAT)
def form_that_sends_itself():
    return _signed_with(b"/OpenAction << /S /SubmitForm /F (https://example.mx/) >>")


@case(FAILED, FORMAT)
def form_that_loads_data():
    return _signed_with(b"/OpenAction << /S /ImportData /F (a.fdf) >>")


@case(FAILED, FORMAT)
def dynamic_form():
    base = update(
        order(), {21: stream(b"<xdp:xdp/>"), 6: CATALOG % b"/AcroForm << /Fields [] /XFA 21 0 R >>"}
    )
    return sign_cms(base, judge())


@case(FAILED, FORMAT)
def rich_media():
    note = b"<< /Type /Annot /Subtype /RichMedia /Rect [0 0 9 9] /RichMediaContent << >> >>"
    return sign_pdf(update(order(), {20: note, 5: PAGE % (9, b"/Annots [20 0 R]")}), judge())


@case(FAILED, FORMAT)
def script_of_a_model_in_three_dimensions():
    note = b"<< /Type /Annot /Subtype /3D /Rect [0 0 9 9] /3DD 21 0 R >>"
    model = stream(b"x", b"/Type /3D /Subtype /U3D /OnInstantiate 22 0 R")
    base = update(order(), {20: note, 21: model, 22: stream(b"run()"), 5: PAGE % (9, b"/Annots [20 0 R]")})
    return sign_pdf(base, judge())


@case(FAILED, FORMAT)
def program_attached():
    return sign_pdf(with_attachment(b"acuse.pdf", b"MZ\x90\0 programa"), judge())


@case(FAILED, FORMAT)
def program_attached_by_name():
    return sign_pdf(with_attachment(b"acuse.pdf.exe", b"nada"), judge())


@case(FAILED, FORMAT)
def script_file_attached():
    return sign_pdf(with_attachment(b"acuse.js", b"WScript.Shell"), judge())


@case(FAILED, FORMAT)
def encrypted():
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(order())))
    assert isinstance(writer, PdfFileWriter)
    writer.encrypt(owner_pass="secreto", user_pass="")
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


@case(FAILED, FORMAT)
def encrypted_in_a_p7m():
    return sign_cms(encrypted(), judge())


@case(FAILED, FORMAT)
def word_document_in_a_p7m():
    return sign_cms(_docx(), judge())


@case(FAILED, FORMAT)
def word_document():
    return _docx()


def _docx() -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
    return output.getvalue()


@case(FAILED, FORMAT)
def text_in_a_p7m():
    return sign_cms(b"ORDEN: detener la salida", judge())


@case(FAILED, FORMAT)
def nothing_in_a_p7m():
    return sign_cms(b"", judge())


@case(FAILED, FORMAT)
def a_p7m_in_a_p7m():
    return sign_cms(enveloped(), judge())


@case(FAILED, FORMAT)
def empty():
    return b""


@case(FAILED, FORMAT)
def empty_with_a_signature():
    return b"", sign_cms(order(), judge(), detached=True)


@case(FAILED, FORMAT)
def text():
    return b"hola"


@case(FAILED, FORMAT)
def picture():
    return b"\x89PNG\r\n\x1a\n" + zlib.compress(b"foto")


@case(FAILED, FORMAT)
def header_alone():
    return b"%PDF-1.7\n"


@case(FAILED, FORMAT)
def header_and_noise():
    return b"%PDF-1.7\n" + bytes(range(256)) * 20


@case(FAILED, FORMAT)
def one_byte_of_der():
    return b"\x30"


@case(FAILED, FORMAT)
def length_that_lies():
    return b"\x30\x84\xff\xff\xff\xff" + b"\0" * 40


@case(FAILED, FORMAT)
def nested_der():
    return b"\x30\x80" * 5000


@case(FAILED, FORMAT)
def armour_around_noise():
    return b"-----BEGIN PKCS7-----\n!!!!\n-----END PKCS7-----\n"


@case(FAILED, FORMAT)
def a_certificate_alone():
    return judge().certificate


@case(FAILED, FORMAT)
def too_large():
    return b"%PDF-1.7\n" + b"\0" * (33 * 1024 * 1024)


@case(FAILED, FORMAT)
def pages_that_lead_in_a_circle():
    return sign_cms(
        update(order(), {8: b"<< /Type /Pages /Kids 8 0 R /Count 1 >>", 6: CATALOG % b"/A 6 0 R"}), judge()
    )


@case(FAILED, FORMAT)
def no_pages():
    return sign_cms(update(order(), {6: b"<< /Type /Catalog >>"}), judge())


@case(FAILED, FORMAT)
def table_that_points_at_itself():
    pdf = order()
    return pdf[: pdf.rindex(b"startxref")] + b"startxref\n0\n%%EOF\n"
