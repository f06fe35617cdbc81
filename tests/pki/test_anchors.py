"""What the operator loads is trusted, and what cannot be loaded is named."""

import base64
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import pem

from amparo_notify.core.errors import Unfit
from amparo_notify.demo.authority import Identity
from amparo_notify.demo.signing import signed_data
from amparo_notify.pki.anchors import Trust
from tests.authority import NOW, authority, judge
from tests.pki import people
from tests.pki.answers import responder


def test_a_directory_gives_the_root_as_anchor_and_what_is_below_as_intermediate(tmp_path: Path) -> None:
    trust = Trust.load([authority().write_trust(tmp_path)])
    assert trust.anchors == (authority().root.certificate,)
    assert trust.intermediates == (authority().intermediate.certificate,)


def test_der_and_pem_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.cer").write_bytes(authority().root.certificate)
    (tmp_path / "b.pem").write_bytes(pem.armor("CERTIFICATE", authority().root.certificate))
    assert Trust.load([tmp_path]).anchors == (authority().root.certificate,)


def test_one_file_may_hold_several(tmp_path: Path) -> None:
    both = [authority().root.certificate, authority().intermediate.certificate]
    (tmp_path / "all.pem").write_bytes(b"".join(pem.armor("CERTIFICATE", der) for der in both))
    trust = Trust.load([tmp_path / "all.pem"])
    assert len(trust.anchors) == len(trust.intermediates) == 1


@pytest.mark.parametrize(
    "write",
    [
        lambda der: der + b"\r\n",
        lambda der: base64.b64encode(der),
        lambda der: b"\xef\xbb\xbf" + pem.armor("CERTIFICATE", der),
        lambda der: b"Bag Attributes\r\n" + pem.armor("CERTIFICATE", der).replace(b"\n", b"\r\n"),
        lambda der: _bundle(der),
        lambda der: pem.armor("PKCS7", _bundle(der)),
    ],
    ids=["line-end", "base64", "mark", "windows", "bundle", "bundle-pem"],
)
def test_a_certificate_is_read_as_people_keep_it(tmp_path: Path, write) -> None:
    (tmp_path / "raiz.cer").write_bytes(write(authority().root.certificate))
    assert Trust.load([tmp_path]).anchors == (authority().root.certificate,)


def _bundle(der: bytes) -> bytes:
    """A .p7b: a SignedData that signs nothing and carries certificates."""
    return signed_data(None, [Identity(der, authority().root.key)], [])


def test_time_stamps_are_vouched_for_by_the_anchors_unless_told(tmp_path: Path) -> None:
    trust = Trust.load([authority().write_trust(tmp_path)])
    assert trust.tsa_anchors == trust.anchors


def test_an_intermediate_alone_is_an_anchor(tmp_path: Path) -> None:
    (tmp_path / "a.cer").write_bytes(authority().intermediate.certificate)
    assert Trust.load([tmp_path]).anchors == (authority().intermediate.certificate,)


def test_a_responders_certificate_may_lie_among_the_anchors_and_is_none(tmp_path: Path) -> None:
    """As in the file that the tax authority publishes."""
    folder = authority().write_trust(tmp_path)
    (folder / "ocsp.cer").write_bytes(responder().certificate)
    trust = Trust.load([folder])
    assert trust.anchors == (authority().root.certificate,)
    assert responder().certificate in trust.intermediates


def test_a_responders_certificate_alone_is_nothing_to_trust(tmp_path: Path) -> None:
    (tmp_path / "ocsp.cer").write_bytes(responder().certificate)
    with pytest.raises(Unfit, match="ningún certificado de autoridad"):
        Trust.load([tmp_path])


@pytest.mark.parametrize(
    "content", [b"", b"hola", b"\x30\x03\x02\x01\x01", b"-----BEGIN CERTIFICATE-----\nAA\n"]
)
def test_a_file_that_is_no_certificate_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "malo.pem").write_bytes(content)
    with pytest.raises(Unfit, match=r"malo\.pem"):
        Trust.load([authority().write_trust(tmp_path)])


def test_every_bad_file_is_named_at_once(tmp_path: Path) -> None:
    for name in ("uno.pem", "dos.pem"):
        (tmp_path / name).write_bytes(b"?")
    with pytest.raises(Unfit) as caught:
        Trust.load([tmp_path])
    assert len(caught.value.faults) == 2


def test_a_person_is_no_anchor(tmp_path: Path) -> None:
    (tmp_path / "jueza.cer").write_bytes(judge().certificate)
    with pytest.raises(Unfit, match=r"jueza\.cer.*autoridad certificadora"):
        Trust.load([tmp_path])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unfit, match="nada"):
        Trust.load([tmp_path / "nada"])


def test_an_empty_directory_is_no_trust(tmp_path: Path) -> None:
    with pytest.raises(Unfit):
        Trust.load([tmp_path])


def test_notes_beside_the_anchors_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("De dónde vienen")
    (tmp_path / ".gitkeep").write_text("")
    assert Trust.load([authority().write_trust(tmp_path)]).anchors


def test_a_list_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "mala.crl").write_bytes(b"?")
    with pytest.raises(Unfit, match=r"mala\.crl"):
        Trust.load([authority().write_trust(tmp_path / "anclas")], crls=[tmp_path / "mala.crl"])


def test_what_is_trusted_is_described_with_fingerprints_and_warnings() -> None:
    trust = Trust((people.old_authority().root.certificate,), crls=tuple(authority().crls(NOW)))
    root, first, _ = trust.describe(NOW)
    assert root["fingerprint_sha256"] == people.old_authority().root.sha256
    assert root["expired"]
    assert first["purpose"] == "lista de revocación"
    assert not first["warning"]


def test_an_anchor_is_warned_of_ninety_days_before_its_end() -> None:
    trust = Trust((authority().root.certificate,))
    end = authority().root.x509.not_valid_after
    warned = [trust.describe(end - timedelta(days=days))[0]["warning"] for days in (91, 89)]
    assert warned == [False, True]


def test_hosts_with_the_same_anchors_have_the_same_fingerprint() -> None:
    first = Trust((authority().root.certificate, people.stranger().root.certificate))
    second = Trust((people.stranger().root.certificate, authority().root.certificate))
    assert first.fingerprint == second.fingerprint
    assert first.fingerprint != Trust((authority().root.certificate,)).fingerprint
