"""Signatures that are sound as bytes, by people, at times or under authorities that must not be believed."""

import hashlib
from datetime import timedelta

from asn1crypto import cms

from amparo_notify.core.verdict import Reason
from amparo_notify.demo.authority import YEAR, revocation_list
from amparo_notify.demo.signing import (
    PLAIN,
    Stamp,
    Style,
    sign_cms,
    sign_pdf,
    signed_data,
    signer_info,
    stamp_pdf,
)
from amparo_notify.pki.anchors import Trust
from tests.authority import CURP, NOW, RFC, authority, judge, order, time_stamper
from tests.pki import people
from tests.pki.cases import FAILED, INDETERMINATE, LATER, PASSED, case, old, signed, stamped, trusting
from tests.pki.people import DAY, keyed, lasting, old_judge, secretary, stranger, with_profile

UNKNOWN, CHAIN, WEAK = (
    Reason.NO_CERTIFICATE_CHAIN_FOUND,
    Reason.CHAIN_CONSTRAINTS_FAILURE,
    Reason.CRYPTO_CONSTRAINTS_FAILURE,
)
SIGNER, NO_PROOF, LATER_ON = Reason.SIG_CONSTRAINTS_FAILURE, Reason.OUT_OF_BOUNDS_NO_POE, Reason.TRY_LATER


# Who is trusted


@case(INDETERMINATE, UNKNOWN, tools="openssl")
def authority_of_the_same_name_that_nobody_loaded():
    return sign_cms(order(), people.impostor())


@case(INDETERMINATE, UNKNOWN)
def authority_of_the_same_name_in_a_pdf():
    return sign_pdf(order(), people.impostor())


@case(INDETERMINATE, UNKNOWN, tools="openssl")
def self_signed_person():
    return sign_cms(order(), people.self_signed())


@case(INDETERMINATE, UNKNOWN)
def no_authority_inside_nor_loaded():
    return sign_pdf(order(), people.below_good_middle(), Style(chain=False))


@case(INDETERMINATE, UNKNOWN)
def one_of_two_signers_is_unknown():
    return sign_cms(order(), [judge(), people.impostor()])


@case(INDETERMINATE, UNKNOWN)
def the_second_embedded_signature_is_unknown():
    return sign_pdf(signed(), people.impostor(), field="Firma2")


@case(INDETERMINATE, UNKNOWN)
def unknown_authority_behind_a_certificate_that_has_ended():
    """What has merely ended may go out after a wait; a forger's own authority never may."""
    ended = stranger().issue(
        "JUEZA FICTICIA NÚÑEZ", CURP, RFC, now=NOW, not_before=NOW - 9 * DAY, not_after=NOW - DAY
    )
    return sign_pdf(order(), ended)


@case(INDETERMINATE, UNKNOWN, trust=lambda: trusting([]))
def unknown_authority_behind_a_judge_who_waits_for_revocation_data():
    return sign_cms(order(), [judge(), people.impostor()])


@case(INDETERMINATE, UNKNOWN)
def unknown_authority_behind_a_secretary_whose_certificate_has_ended():
    return sign_cms(order(), [lasting(NOW - 30 * DAY, NOW - DAY), people.impostor()])


@case(FAILED, Reason.REVOKED, trust=lambda: _revoking(lasting(NOW - 30 * DAY, NOW - DAY)))
def revoked_behind_an_end():
    return sign_pdf(order(), lasting(NOW - 30 * DAY, NOW - DAY))


@case(FAILED, CHAIN, tools="openssl")
def issued_by_a_judge():
    return sign_cms(order(), people.below_a_person())


@case(FAILED, CHAIN, tools="openssl")
def one_authority_too_deep():
    return sign_cms(order(), people.below_too_deep())


@case(FAILED, CHAIN, trust=lambda: Trust((people.shallow_root().certificate,)))
def one_authority_below_a_root_that_allows_none():
    return sign_cms(order(), people.below_a_shallow_root())


@case(PASSED, revocation="off")
def authority_whose_own_usages_are_others():
    return sign_cms(order(), people.below_a_time_stampers_authority())


@case(FAILED, CHAIN)
def authority_that_may_not_sign_certificates():
    return sign_cms(order(), people.below_no_cert_sign())


@case(FAILED, CHAIN, tools="openssl")
def outside_the_names_its_authority_may_give():
    return sign_cms(order(), people.below_name_constraints())


@case(FAILED, CHAIN, tools="openssl")
def critical_extension_that_nobody_knows():
    return sign_cms(order(), with_profile("critical"))


@case(FAILED, CHAIN)
def an_authority_signs_an_order():
    return sign_cms(order(), authority().intermediate)


@case(FAILED, CHAIN)
def the_root_signs_an_order():
    return sign_cms(order(), authority().root)


@case(FAILED, CHAIN)
def a_certificate_that_says_it_is_an_authority():
    return sign_cms(order(), with_profile("isca"))


# What certificates are for


@case(FAILED, SIGNER)
def invoice_seal():
    return sign_pdf(order(), people.csd())


@case(FAILED, SIGNER)
def invoice_seal_around():
    return sign_cms(order(), people.csd())


@case(FAILED, SIGNER)
def web_server_certificate():
    return sign_pdf(order(), with_profile("servereku"))


@case(FAILED, SIGNER)
def web_client_certificate():
    return sign_pdf(order(), with_profile("tlseku"))


@case(FAILED, SIGNER)
def code_signing_certificate():
    return sign_pdf(order(), with_profile("codeeku"))


@case(FAILED, SIGNER)
def time_stamping_certificate():
    return sign_pdf(order(), time_stamper())


@case(FAILED, SIGNER)
def certificate_without_non_repudiation():
    return sign_pdf(order(), with_profile("nonr"))


@case(FAILED, SIGNER)
def certificate_without_key_usage():
    return sign_pdf(order(), with_profile("noku"))


@case(FAILED, SIGNER)
def certificate_for_encryption():
    return sign_pdf(order(), with_profile("encipher"))


@case(FAILED, SIGNER)
def judge_beside_an_invoice_seal():
    return sign_cms(order(), [judge(), people.csd()])


# Algorithms


@case(FAILED, WEAK)
def sha1():
    return sign_cms(order(), judge(), style=Style(digest="sha1"))


@case(FAILED, WEAK)
def sha1_in_a_pdf():
    return sign_pdf(order(), judge(), Style(digest="sha1"))


@case(FAILED, WEAK)
def md5():
    return sign_cms(order(), judge(), style=Style(digest="md5"))


@case(FAILED, WEAK)
def sha224():
    return sign_cms(order(), judge(), style=Style(digest="sha224"))


@case(FAILED, WEAK)
def rsa_1024():
    return sign_cms(order(), keyed("rsa1024"))


@case(FAILED, WEAK)
def rsa_of_one_bit_too_few():
    return sign_cms(order(), keyed("rsa2047"))


@case(FAILED, WEAK)
def p192():
    return sign_cms(order(), keyed("p192"))


@case(FAILED, WEAK)
def secp256k1():
    return sign_cms(order(), keyed("k1"))


@case(FAILED, WEAK)
def certificate_signed_with_sha1():
    return sign_pdf(order(), with_profile("sha1cert"))


@case(FAILED, WEAK)
def certificate_signed_with_md5():
    return sign_pdf(order(), with_profile("md5cert"))


@case(FAILED, WEAK)
def authority_signed_with_sha1():
    return sign_cms(order(), people.below_weak_middle())


@case(FAILED, WEAK)
def pss_with_a_sha1_mask():
    info = signer_info(judge(), hashlib.sha256(order()).digest(), Style(pss=True))
    info["signature_algorithm"]["parameters"]["mask_gen_algorithm"]["parameters"] = {"algorithm": "sha1"}
    return signed_data(order(), [judge()], [info])


@case(FAILED, WEAK)
def digest_and_signature_that_disagree():
    info = signer_info(judge(), hashlib.sha512(order()).digest(), PLAIN)
    info["digest_algorithm"] = {"algorithm": "sha512"}
    return signed_data(order(), [judge()], [info], digest="sha512")


# When


@case(INDETERMINATE, NO_PROOF)
def certificate_that_has_ended():
    return sign_pdf(order(), lasting(NOW - 30 * DAY, NOW - DAY))


@case(FAILED, Reason.EXPIRED)
def certificate_that_had_ended_by_its_own_clock():
    return sign_pdf(order(), lasting(NOW - 30 * DAY, NOW - DAY), Style(signing_time=NOW))


@case(FAILED, Reason.EXPIRED)
def stamped_after_the_end():
    return sign_pdf(order(), lasting(NOW - 30 * DAY, NOW - DAY), stamped(NOW - DAY / 2))


@case(FAILED, Reason.NOT_YET_VALID)
def certificate_from_tomorrow():
    return sign_pdf(order(), lasting(NOW + DAY, NOW + 30 * DAY))


@case(FAILED, Reason.NOT_YET_VALID)
def stamped_before_the_beginning():
    return sign_pdf(order(), lasting(NOW - 30 * DAY, NOW + DAY), stamped(NOW - 40 * DAY))


@case(INDETERMINATE, NO_PROOF, trust=old)
def authority_that_has_ended_and_no_time_stamp():
    return sign_pdf(order(), old_judge())


@case(FAILED, CHAIN, trust=old)
def authority_that_had_ended_when_it_was_stamped():
    return sign_pdf(order(), old_judge(), stamped(NOW - 100 * DAY))


@case(INDETERMINATE, NO_PROOF, moment=NOW + 5 * YEAR)
def judged_years_later_without_a_time_stamp():
    return signed()


# Time-stamps


@case(FAILED, Reason.TIMESTAMP_ORDER_FAILURE)
def time_stamp_from_the_future():
    return sign_pdf(order(), judge(), stamped(LATER + DAY))


@case(PASSED)
def time_stamp_a_minute_ahead_of_our_clock():
    return sign_pdf(order(), judge(), stamped(LATER + timedelta(minutes=1)))


def _stamped_by(stamper) -> Style:
    return Style(signing_time=NOW, stamp=Stamp(stamper, NOW))


def _stamped_by_sha1(**how: str) -> Style:
    return Style(signing_time=NOW, stamp=Stamp(time_stamper(), NOW, **how))


@case(PASSED)
def time_stamp_of_a_sha1_imprint():
    """The federal judiciary's own: it proves no time, and takes nothing from a signature judged on arrival."""
    return sign_cms(order(), judge(), style=_stamped_by_sha1(imprint="sha1"))


@case(PASSED)
def time_stamp_signed_by_sha1():
    return sign_pdf(order(), judge(), _stamped_by_sha1(digest="sha1"))


@case(INDETERMINATE, NO_PROOF)
def ended_certificate_stamped_by_sha1_while_good():
    style = Style(stamp=Stamp(time_stamper(), NOW - 2 * DAY, imprint="sha1"))
    return sign_cms(order(), lasting(NOW - 30 * DAY, NOW - DAY), style=style)


@case(FAILED, Reason.REVOKED, trust=lambda: _revoking((judge().x509.serial_number, NOW)))
def revoked_after_a_time_stamp_by_sha1():
    return sign_cms(order(), judge(), style=Style(stamp=Stamp(time_stamper(), NOW - DAY / 2, imprint="sha1")))


@case(FAILED, Reason.HASH_FAILURE)
def time_stamp_by_sha1_of_another_signature():
    other = sign_cms(order() + b"\n", judge(), style=_stamped_by_sha1(imprint="sha1"))
    token = cms.ContentInfo.load(other)["content"]["signer_infos"][0]["unsigned_attrs"][0]
    return sign_cms(order(), judge(), style=Style(extra_unsigned=(token.copy(),)))


@case(FAILED, Reason.TIMESTAMP_ORDER_FAILURE)
def time_stamp_by_sha1_from_the_future():
    return sign_cms(order(), judge(), style=Style(stamp=Stamp(time_stamper(), LATER + DAY, imprint="sha1")))


@case(INDETERMINATE, UNKNOWN)
def time_stamp_by_an_unknown_authority():
    return sign_pdf(order(), judge(), _stamped_by(stranger().time_stamper(NOW)))


@case(INDETERMINATE, UNKNOWN)
def ended_certificate_stamped_by_the_forger():
    return sign_pdf(order(), lasting(NOW - 30 * DAY, NOW - DAY), _stamped_by(stranger().time_stamper(NOW)))


@case(FAILED, CHAIN)
def time_stamp_by_a_judge():
    return sign_pdf(order(), judge(), _stamped_by(judge()))


@case(FAILED, CHAIN)
def time_stamp_by_a_stamper_that_had_ended():
    stamper = authority().time_stamper(NOW, not_before=NOW - 9 * DAY, not_after=NOW - DAY)
    return sign_pdf(order(), judge(), _stamped_by(stamper))


@case(FAILED, WEAK)
def time_stamp_by_a_weak_key():
    stamper = authority().time_stamper(NOW, key=keyed("rsa1024").key)
    return sign_pdf(order(), judge(), _stamped_by(stamper))


@case(INDETERMINATE, UNKNOWN)
def document_time_stamp_by_an_unknown_authority():
    return stamp_pdf(signed(), Stamp(stranger().time_stamper(NOW), NOW))


def _only_judges_are_anchored() -> Trust:
    """Time-stamps have anchors of their own, and they are others."""
    usual = trusting(authority().crls(NOW))
    return Trust(usual.anchors, (stranger().root.certificate,), usual.intermediates, usual.crls)


@case(INDETERMINATE, UNKNOWN, trust=_only_judges_are_anchored)
def time_stamp_outside_the_time_stamping_anchors():
    return sign_pdf(order(), judge(), stamped())


@case(INDETERMINATE, UNKNOWN, trust=_only_judges_are_anchored)
def judge_under_a_time_stamping_anchor():
    return sign_pdf(order(), people.impostor())


# Revocation


@case(INDETERMINATE, LATER_ON, trust=lambda: trusting([]))
def no_list_at_all():
    return signed()


@case(INDETERMINATE, LATER_ON, trust=lambda: trusting([authority().crl(NOW)]))
def no_list_of_the_root():
    return signed()


@case(INDETERMINATE, LATER_ON, trust=lambda: trusting([authority().crl(NOW, by_root=True)]))
def no_list_of_the_issuer():
    return signed()


@case(INDETERMINATE, LATER_ON, trust=lambda: trusting(authority().crls(NOW - 3 * DAY)))
def list_that_has_run_out():
    return signed()


@case(INDETERMINATE, LATER_ON, trust=lambda: trusting(stranger().crls(NOW)))
def list_by_an_authority_of_the_same_name():
    return signed()


def _list_by(identity, revoked=()) -> bytes:
    return revocation_list(identity, NOW, NOW + DAY, [(one.x509.serial_number, NOW) for one in revoked])


@case(
    INDETERMINATE, LATER_ON, trust=lambda: trusting([_list_by(judge()), authority().crl(NOW, by_root=True)])
)
def list_by_somebody_who_is_no_authority():
    return signed()


@case(INDETERMINATE, LATER_ON, trust=lambda: trusting([*authority().crls(NOW)][:1], middle=True))
def list_for_one_link_of_two():
    return sign_cms(order(), judge())


def _revoking(*revoked, by_root=()) -> Trust:
    lists = [authority().crl(NOW, list(revoked)), authority().crl(NOW, list(by_root), by_root=True)]
    return trusting(lists)


@case(FAILED, Reason.REVOKED, trust=lambda: _revoking(judge()))
def revoked():
    return sign_pdf(order(), judge())


@case(FAILED, Reason.REVOKED, trust=lambda: _revoking(judge()))
def revoked_and_signed_around():
    return sign_cms(order(), judge())


@case(FAILED, Reason.REVOKED, trust=lambda: _revoking(judge()), revocation="when-available")
def revoked_where_lists_are_a_courtesy():
    return sign_pdf(order(), judge())


@case(FAILED, Reason.REVOKED, trust=lambda: _revoking((judge().x509.serial_number, NOW - DAY)))
def revoked_before_the_time_stamp():
    return sign_pdf(order(), judge(), stamped())


@case(
    INDETERMINATE,
    Reason.REVOKED_NO_POE,
    trust=lambda: _revoking((judge().x509.serial_number, NOW + DAY / 48)),
)
def revoked_after_the_claimed_time_without_a_time_stamp():
    return signed()


@case(FAILED, Reason.REVOKED, trust=lambda: _revoking(secretary()))
def the_second_signer_is_revoked():
    return sign_cms(order(), [judge(), secretary()])


@case(FAILED, Reason.REVOKED, trust=lambda: _revoking(by_root=(authority().intermediate,)))
def the_issuer_is_revoked():
    return sign_pdf(order(), judge())


@case(FAILED, Reason.REVOKED, trust=lambda: _revoking(time_stamper()))
def the_time_stamper_is_revoked():
    return sign_pdf(order(), judge(), stamped())


@case(
    FAILED,
    Reason.REVOKED,
    trust=lambda: trusting([_list_by(authority().intermediate, [judge()]), *authority().crls(NOW)]),
)
def one_list_says_revoked_another_does_not():
    return sign_pdf(order(), judge())


@case(
    FAILED,
    Reason.REVOKED,
    trust=lambda: trusting([authority().crl(NOW - 9 * DAY, [judge()]), *authority().crls(NOW)]),
)
def an_old_list_says_revoked():
    return sign_pdf(order(), judge())


# Anchors that the operator chose


@case(
    PASSED,
    trust=lambda: Trust((authority().intermediate.certificate,), crls=tuple(authority().crls(NOW))),
)
def only_the_intermediate_is_anchored():
    return signed()


@case(
    INDETERMINATE,
    UNKNOWN,
    trust=lambda: Trust((stranger().root.certificate,), crls=tuple(authority().crls(NOW))),
)
def another_root_of_the_same_name_is_anchored():
    return signed()


def _both_roots() -> Trust:
    known, other = authority(), stranger()
    return Trust(
        (other.root.certificate, known.root.certificate),
        intermediates=(other.intermediate.certificate, known.intermediate.certificate),
        crls=(*other.crls(NOW), *known.crls(NOW)),
    )


@case(PASSED, trust=_both_roots)
def two_authorities_of_one_name_told_apart():
    return signed()
