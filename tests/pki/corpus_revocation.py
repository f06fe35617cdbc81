"""Revocation data by OCSP, and inside documents: it counts where an issuer of the path has signed it."""

import hashlib
import io
from collections.abc import Sequence

from asn1crypto import cms, core, crl, ocsp
from asn1crypto import pdf as adobe
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.validation.dss import DocumentSecurityStore

from amparo_notify.core.verdict import Reason
from amparo_notify.demo.signing import PLAIN, Style, sign_pdf, signed_data, signer_info
from amparo_notify.pki.anchors import Trust
from tests.authority import NOW, authority, judge, order
from tests.pki.answers import answer, responder
from tests.pki.cases import FAILED, INDETERMINATE, PASSED, case, signed, trusting
from tests.pki.corpus_good import with_dss
from tests.pki.people import DAY, secretary, stranger


def _lists() -> Trust:
    """Only the root's list comes from the operator; of the judge nothing is known."""
    return trusting([authority().crl(NOW, by_root=True)])


def _told(*answers: bytes) -> Trust:
    return _lists().with_ocsps(answers)


TRY_LATER, REVOKED = Reason.TRY_LATER, Reason.REVOKED


@case(PASSED, trust=lambda: _told(answer(authority().intermediate)))
def ocsp_good_by_the_issuer():
    return signed()


@case(PASSED, trust=lambda: _told(answer(responder())))
def ocsp_good_by_whom_the_issuer_appointed():
    return signed()


@case(FAILED, REVOKED, trust=lambda: _told(answer(responder(), revoked_at=NOW - DAY)))
def ocsp_revoked():
    return sign_pdf(order(), judge())


@case(FAILED, REVOKED, trust=lambda: _told(answer(responder()), answer(responder(), revoked_at=NOW - DAY)))
def ocsp_good_and_revoked():
    return sign_pdf(order(), judge())


@case(INDETERMINATE, TRY_LATER, trust=lambda: _told(answer(responder(), unknown=True)))
def ocsp_unknown():
    return signed()


@case(INDETERMINATE, TRY_LATER, trust=lambda: _told(answer(responder(), made=NOW - 3 * DAY)))
def ocsp_that_has_run_out():
    return signed()


@case(INDETERMINATE, TRY_LATER, trust=lambda: _told(answer(responder(appointed=False))))
def ocsp_by_somebody_not_appointed():
    return signed()


@case(INDETERMINATE, TRY_LATER, trust=lambda: _told(answer(stranger().intermediate)))
def ocsp_by_an_authority_of_the_same_name():
    return signed()


@case(INDETERMINATE, TRY_LATER, trust=lambda: _told(answer(responder(), about=secretary())))
def ocsp_about_somebody_else():
    return signed()


@case(INDETERMINATE, TRY_LATER, trust=lambda: _told(answer(responder(), issuer=stranger().intermediate)))
def ocsp_about_another_issuers_certificate():
    return signed()


@case(PASSED, trust=lambda: trusting([]))
def lists_in_the_security_store():
    return with_dss(signed())


def _with_answers(pdf: bytes, answers: Sequence[bytes]) -> bytes:
    output = io.BytesIO(pdf)
    writer = IncrementalPdfFileWriter(output)
    parsed = [ocsp.OCSPResponse.load(der) for der in answers]
    DocumentSecurityStore.supply_dss_in_writer(writer, None, certs=[], crls=[], ocsps=parsed)
    writer.write_in_place()
    return output.getvalue()


@case(PASSED, trust=_lists)
def answer_in_the_security_store():
    return _with_answers(signed(), [answer(responder())])


@case(INDETERMINATE, TRY_LATER, trust=_lists)
def forged_answer_in_the_security_store():
    return _with_answers(signed(), [answer(stranger().intermediate)])


@case(
    FAILED,
    REVOKED,
    trust=lambda: trusting([authority().crl(NOW, [judge()]), authority().crl(NOW, by_root=True)]),
)
def good_list_in_the_document_but_the_operator_knows_better():
    return with_dss(sign_pdf(order(), judge()))


@case(FAILED, REVOKED)
def the_document_itself_says_revoked():
    return _with_answers(sign_pdf(order(), judge()), [answer(responder(), revoked_at=NOW - DAY)])


def _beside_the_certificates(der: bytes) -> bytes:
    info = signer_info(judge(), hashlib.sha256(order()).digest(), PLAIN)
    whole = cms.ContentInfo.load(signed_data(order(), [judge()], [info]))
    data = whole["content"].copy()
    data["crls"] = [cms.RevocationInfoChoice("crl", crl.CertificateList.load(der))]
    return cms.ContentInfo({"content_type": "signed_data", "content": data}).dump(force=True)


@case(PASSED, trust=_lists)
def list_beside_the_certificates():
    return _beside_the_certificates(authority().crl(NOW))


@case(INDETERMINATE, TRY_LATER, trust=_lists)
def forged_list_beside_the_certificates():
    return _beside_the_certificates(stranger().crl(NOW))


@case(PASSED, trust=lambda: trusting([]))
def adobes_archival_attribute():
    lists = [crl.CertificateList.load(der) for der in authority().crls(NOW)]
    value = adobe.RevocationInfoArchival({"crl": lists})
    attribute = cms.CMSAttribute({"type": "adobe_revocation_info_archival", "values": [value]})
    return sign_pdf(order(), judge(), Style(extra_unsigned=(attribute,)))


@case(PASSED, trust=_lists)
def cades_revocation_values():
    basic = ocsp.OCSPResponse.load(answer(responder())).basic_ocsp_response.dump()
    inner = core.load(_explicit(1, _sequence(basic)))
    value = core.Any(core.load(_sequence(inner.dump())))
    attribute = cms.CMSAttribute({"type": "1.2.840.113549.1.9.16.2.24", "values": [value]})
    return sign_pdf(order(), judge(), Style(extra_unsigned=(attribute,)))


def _sequence(content: bytes) -> bytes:
    return _long(0x30, content)


def _explicit(number: int, content: bytes) -> bytes:
    return _long(0xA0 + number, content)


def _long(tag: int, content: bytes) -> bytes:
    return bytes((tag, 0x84)) + len(content).to_bytes(4, "big") + content


@case(INDETERMINATE, TRY_LATER, trust=_lists)
def noise_where_lists_should_be():
    attribute = cms.CMSAttribute(
        {"type": "1.2.840.113549.1.9.16.2.24", "values": [core.Any(core.load(_sequence(b"")))]}
    )
    return sign_pdf(order(), judge(), Style(extra_unsigned=(attribute,)))
