"""Lists are checked and indexed on arrival; a verdict only looks up."""

import time

import pytest
from asn1crypto import crl, pem

from amparo_notify.demo.authority import revocation_list
from amparo_notify.pki.lists import read_list
from amparo_notify.pki.revocation import Index
from amparo_notify.pki.standing import State
from tests.authority import NOW, authority, judge
from tests.pki import people
from tests.pki.people import DAY


def _index(*lists: bytes) -> Index:
    return Index.of([read_list(der) for der in lists])


def _standing(index: Index, moment=NOW):
    return index.standing(judge().x509, authority().intermediate.x509, moment)


def test_who_is_not_listed_is_good() -> None:
    assert _standing(_index(authority().crl(NOW))).state is State.GOOD


def test_who_is_listed_is_revoked_since_then() -> None:
    standing = _standing(_index(authority().crl(NOW, [judge()])))
    assert (standing.state, standing.revoked_at) == (State.REVOKED, NOW)


def test_a_moment_before_the_revocation_is_good() -> None:
    assert _standing(_index(authority().crl(NOW, [judge()])), NOW - DAY).state is State.GOOD


def test_a_list_past_its_end_says_nothing() -> None:
    assert _standing(_index(authority().crl(NOW - 3 * DAY))).state is State.UNKNOWN


def test_a_list_without_an_end_speaks_only_for_before_it_was_made() -> None:
    endless = revocation_list(authority().intermediate, NOW, None, [])
    index = _index(endless)
    assert _standing(index, NOW - DAY).state is State.GOOD
    assert _standing(index, NOW + DAY).state is State.UNKNOWN


def test_the_fresher_of_two_lists_counts() -> None:
    standing = _standing(_index(authority().crl(NOW - DAY / 2), authority().crl(NOW)))
    assert standing.issued == NOW


def test_a_list_by_another_key_of_the_same_name_counts_for_nothing() -> None:
    assert _standing(_index(people.stranger().crl(NOW, [judge()]))).state is State.UNKNOWN


def test_a_list_signed_with_sha1_counts_for_nothing() -> None:
    weak = revocation_list(authority().intermediate, NOW, NOW + DAY, [], digest="sha1")
    assert _standing(_index(weak)).state is State.UNKNOWN


def test_a_list_in_pem_is_the_same_list() -> None:
    der = authority().crl(NOW)
    assert read_list(pem.armor("X509 CRL", der)).der == der


@pytest.mark.parametrize(
    "data", [b"", b"?", b"\x30\x00", b"-----BEGIN X509 CRL-----\nAA==\n-----END X509 CRL-----"]
)
def test_what_is_no_list_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_list(data)


def test_a_certificate_is_no_list() -> None:
    with pytest.raises((ValueError, KeyError)):
        read_list(pem.armor("CERTIFICATE", judge().certificate))


def _scoped(**point: object) -> bytes:
    extension = crl.TBSCertListExtension(
        {
            "extn_id": "issuing_distribution_point",
            "critical": True,
            "extn_value": crl.IssuingDistributionPoint(point),
        }
    )
    return revocation_list(authority().intermediate, NOW, NOW + DAY, [], extensions=[extension])


def test_a_list_for_authorities_only_says_nothing_of_a_judge() -> None:
    assert _standing(_index(_scoped(only_contains_ca_certs=True))).state is State.UNKNOWN


def test_a_list_for_people_only_speaks_of_a_judge() -> None:
    assert _standing(_index(_scoped(only_contains_user_certs=True))).state is State.GOOD


@pytest.mark.parametrize("point", [{"indirect_crl": True}, {"only_contains_attribute_certs": True}])
def test_a_partial_list_is_refused(point: dict[str, bool]) -> None:
    with pytest.raises(ValueError, match="list"):
        read_list(_scoped(**point))


def test_a_delta_list_is_refused() -> None:
    delta = crl.TBSCertListExtension({"extn_id": "delta_crl_indicator", "critical": True, "extn_value": 1})
    with pytest.raises(ValueError, match="delta"):
        read_list(revocation_list(authority().intermediate, NOW, NOW + DAY, [], extensions=[delta]))


def test_a_hundred_and_fifty_thousand_entries_are_looked_up_in_microseconds() -> None:
    """The bound is loose: it tells an index from a walk through the list, which takes a second."""
    entries = [(10**19 + number, NOW) for number in range(150_000)]
    entries.append((judge().x509.serial_number, NOW))
    index = _index(revocation_list(authority().intermediate, NOW, NOW + DAY, entries))
    assert _standing(index).state is State.REVOKED  # the list's signature is checked once, here
    before = time.perf_counter()
    for _ in range(100):
        assert _standing(index).state is State.REVOKED
    assert (time.perf_counter() - before) / 100 < 0.005
