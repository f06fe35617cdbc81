"""Revocation data by OCSP, and inside documents: it counts where an issuer of the path has signed it."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from asn1crypto import cms, core, crl, ocsp, x509
from asn1crypto import pdf as adobe
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.validation.dss import DocumentSecurityStore

from amparo_notify.core.verdict import Reason
from amparo_notify.demo.authority import Identity, revocation_list
from amparo_notify.demo.signing import PLAIN, Style, sign_pdf, signed_data, signer_info
from amparo_notify.pki.anchors import Trust
from tests.authority import NOW, authority, judge, order
from tests.pki.answers import answer, responder
from tests.pki.cases import FAILED, INDETERMINATE, PASSED, case, signed, trusting
from tests.pki.corpus_good import with_dss
from tests.pki.people import DAY, secretary, stranger, with_profile


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


def _told_by_whom_we_know(*answers: bytes) -> Trust:
    trust = _told(*answers)
    return replace(trust, intermediates=(*trust.intermediates, responder().certificate))


@case(PASSED, trust=lambda: _told_by_whom_we_know(answer(responder(), alone=True)))
def ocsp_without_its_responders_certificate_which_the_operator_loaded():
    """As the tax authority answers."""
    return signed()


@case(INDETERMINATE, TRY_LATER, trust=lambda: _told(answer(responder(), alone=True)))
def ocsp_without_its_responders_certificate():
    return signed()


@case(PASSED, trust=_lists)
def ocsp_in_a_document_with_its_responders_certificate_apart():
    return _with_answers(signed(), [answer(responder(), alone=True)], [responder()])


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


def _with_answers(pdf: bytes, answers: Sequence[bytes], by: Sequence[Identity] = ()) -> bytes:
    output = io.BytesIO(pdf)
    writer = IncrementalPdfFileWriter(output)
    parsed = [ocsp.OCSPResponse.load(der) for der in answers]
    DocumentSecurityStore.supply_dss_in_writer(
        writer, None, certs=[one.x509 for one in by], crls=[], ocsps=parsed
    )
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


def _partition(address: str, revoked: Sequence[tuple[int, datetime]] = ()) -> Trust:
    """The issuer's list says that it is of one distribution point (RFC 5280, 5.2.5)."""
    name = x509.GeneralName("uniform_resource_identifier", address)
    point = crl.IssuingDistributionPoint(
        {"distribution_point": x509.DistributionPointName("full_name", [name])}
    )
    value = core.ParsableOctetString(point.dump())
    scope = crl.TBSCertListExtension(
        {"extn_id": "issuing_distribution_point", "critical": True, "extn_value": value}
    )
    listed = revocation_list(authority().intermediate, NOW, NOW + DAY, revoked, extensions=[scope])
    return trusting([listed, authority().crl(NOW, by_root=True)])


@case(INDETERMINATE, TRY_LATER, trust=lambda: _partition("http://example.mx/1.crl"))
def list_of_one_part_for_a_certificate_that_names_none():
    return signed()


@case(PASSED, trust=lambda: _partition("http://127.0.0.1:9/leaf.crl"))
def list_of_the_part_that_the_certificate_names():
    return sign_pdf(order(), with_profile("crldp"))


@case(INDETERMINATE, TRY_LATER, trust=lambda: _partition("http://example.mx/1.crl"))
def list_of_another_part_than_the_certificate_names():
    return sign_pdf(order(), with_profile("crldp"))


@case(
    FAILED,
    REVOKED,
    trust=lambda: _partition("http://example.mx/1.crl", [(judge().x509.serial_number, NOW - DAY)]),
)
def list_of_one_part_that_says_revoked():
    return sign_pdf(order(), judge())


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
