"""`verify` and `certificate` keep the options, the JSON and the exit codes that other programs rely on."""

import argparse
import json
from pathlib import Path

import pytest

from amparo_notify.cli.verify import add_parsers
from amparo_notify.demo.signing import sign_cms, sign_pdf
from tests.authority import CURP, NOW, RFC, authority, judge, order
from tests.pki import people
from tests.pki.cases import LATER, signed

SIGNER_KEYS = {
    "name",
    "curp",
    "rfc",
    "serial",
    "issuer",
    "certificate_sha256",
    "signed_at",
    "signed_at_source",
    "revocation",
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with anchors, lists and documents."""
    here = tmp_path_factory.mktemp("desk")
    authority().write_trust(here / "anclas")
    (here / "crl").mkdir()
    for number, der in enumerate(authority().crls(NOW)):
        (here / "crl" / f"{number}.crl").write_bytes(der)
    (here / "firmado.pdf").write_bytes(signed())
    (here / "simple.pdf").write_bytes(order())
    (here / "simple.p7s").write_bytes(sign_cms(order(), judge(), detached=True))
    (here / "ajeno.pdf").write_bytes(sign_pdf(order(), people.impostor()))
    (here / "jueza.cer").write_bytes(judge().certificate)
    return here


def _run(*words: object) -> int:
    parser = argparse.ArgumentParser(prog="amparo-notify")
    add_parsers(parser.add_subparsers(required=True))
    args = parser.parse_args([str(word) for word in words])
    return int(args.run(args))


def _verify(desk: Path, name: str, *more: object) -> int:
    trusted = ("--trust-anchors", desk / "anclas", "--crl", desk / "crl", "--at", LATER.isoformat())
    return _run("verify", desk / name, *trusted, *more)


def test_a_good_document_exits_zero_with_the_documented_json(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _verify(desk, "firmado.pdf", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["verdict"], said["reason"], said["format"]) == ("PASSED", None, "PAdES")
    assert set(said["signers"][0]) == SIGNER_KEYS
    assert said["signers"][0]["name"] == "JUEZA FICTICIA NÚÑEZ"


def test_an_unsigned_document_exits_one(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _verify(desk, "simple.pdf", "--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["verdict"], said["reason"], said["signers"]) == ("FAILED", "NOT_SIGNED", [])
    assert "evidencia criptográfica" in said["explanation"]


def test_a_detached_signature_is_given_beside(desk: Path) -> None:
    assert _verify(desk, "simple.pdf", "--signature", desk / "simple.p7s") == 0


def test_without_revocation_data_the_exit_is_three(desk: Path) -> None:
    assert (
        _run("verify", desk / "firmado.pdf", "--trust-anchors", desk / "anclas", "--at", LATER.isoformat())
        == 3
    )


@pytest.mark.parametrize("mode", ["when-available", "off"])
def test_revocation_can_be_left_out(desk: Path, mode: str) -> None:
    trusted = ("--trust-anchors", desk / "anclas", "--at", LATER.isoformat())
    assert _run("verify", desk / "firmado.pdf", *trusted, "--revocation", mode) == 0


def test_an_unknown_authority_exits_three(desk: Path) -> None:
    assert _verify(desk, "ajeno.pdf") == 3


def test_anchors_and_intermediates_may_come_apart_and_repeated(desk: Path) -> None:
    given = (
        "--trust-anchors",
        desk / "anclas" / "root.pem",
        "--intermediates",
        desk / "anclas" / "intermediate.pem",
    )
    lists = ("--crl", desk / "crl" / "0.crl", "--crl", desk / "crl" / "1.crl")
    assert _run("verify", desk / "firmado.pdf", *given, *lists, "--at", LATER.isoformat()) == 0


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"curp": CURP}, 0),
        ({"rfc": RFC}, 0),
        ({"curp": "XXXX000000XXXXXX00"}, 3),
        ({"certificate_sha256": "00" * 32}, 3),
    ],
    ids=["curp", "rfc", "another", "another certificate"],
)
def test_the_signer_must_be_on_the_list(desk: Path, tmp_path: Path, entry: dict[str, str], code: int) -> None:
    listed = tmp_path / "firmantes.json"
    listed.write_text(json.dumps([entry]))
    assert _verify(desk, "firmado.pdf", "--signers", listed) == code


def test_the_signer_may_be_listed_by_certificate(desk: Path, tmp_path: Path) -> None:
    listed = tmp_path / "firmantes.json"
    listed.write_text(json.dumps([{"certificate_sha256": judge().sha256}]))
    assert _verify(desk, "firmado.pdf", "--signers", listed) == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        pytest.param("[" * 100_000, id="deep"),
        "[{}]",
        '[{"nombre": "x"}]',
        "[1]",
        '[{"curp": 7}]',
        '{"curp": "X"}',
    ],
)
def test_a_bad_list_of_signers_is_a_fault_of_usage(desk: Path, tmp_path: Path, text: str) -> None:
    listed = tmp_path / "firmantes.json"
    listed.write_text(text)
    assert _verify(desk, "firmado.pdf", "--signers", listed) == 2


_ZIP = b"PK\x03\x04" + bytes(60)
_PEM = b"-----BEGIN %b-----\nTUlB\n-----END %b-----\n"
MALFORMED = {
    "nothing": b"",
    "one byte": b"x",
    "text": "Ñandú\n".encode() * 20,
    "HTML": b"<!doctype html><html><body>hola</body></html>",
    "ZIP": _ZIP,
    "ZIP in an envelope": lambda: sign_cms(_ZIP, judge()),
    "certificate": lambda: judge().certificate,
    "PEM of a certificate": _PEM % (b"CERTIFICATE", b"CERTIFICATE"),
    "PEM of nothing": _PEM % (b"PKCS7", b"PKCS7"),
    "only a detached signature": lambda: sign_cms(order(), judge(), detached=True),
    "more than 32 MiB": b"%PDF-1.7\n" + bytes(33 << 20),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_file_is_refused_in_one_sentence(
    desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    made = MALFORMED[name]
    (tmp_path / "subido").write_bytes(made() if callable(made) else made)
    assert _verify(desk, str(tmp_path / "subido"), "--json") == 1
    out, err = capsys.readouterr()
    said = json.loads(out)
    assert (said["verdict"], said["reason"], said["signers"], err) == ("FAILED", "FORMAT_FAILURE", [], "")
    assert said["explanation"].endswith(".")
    assert "\n" not in said["explanation"]


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        ("simple.pdf", b""),
        ("firmado.pdf", b""),
        ("simple.pdf", b"no es una firma"),
        ("simple.pdf", order()),
        ("simple.p7s", sign_cms(order(), judge())),
        ("simple.p7s", _ZIP),
    ],
    ids=["empty", "empty, of a signed PDF", "text", "a second PDF", "two signatures", "no document"],
)
def test_a_signature_that_is_none_is_refused(
    desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, beside: bytes
) -> None:
    (tmp_path / "firma").write_bytes(beside)
    assert _verify(desk, name, "--signature", tmp_path / "firma", "--json") == 1
    assert json.loads(capsys.readouterr().out)["reason"] == "FORMAT_FAILURE"


def test_a_missing_file_is_one_sentence(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _verify(desk, "nada.pdf") == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "nada.pdf" in said.err
    assert len(said.err.strip().splitlines()) == 1


def test_a_bad_anchor_is_named(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("verify", desk / "firmado.pdf", "--trust-anchors", desk / "simple.pdf") == 2
    assert "simple.pdf" in capsys.readouterr().err


@pytest.mark.parametrize(
    "instant",
    ["ayer", "2026-11-21", "2026-11-21T10:00:00", "0001-01-01T00:00+06:00", "9999-12-31T23:59-06:00"],
)
def test_an_instant_needs_its_zone(desk: Path, instant: str) -> None:
    with pytest.raises(SystemExit) as ended:
        _run("verify", desk / "firmado.pdf", "--trust-anchors", desk / "anclas", "--at", instant)
    assert ended.value.code == 2


def test_certificates_are_listed_and_a_bad_one_does_not_hide_the_rest(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        _run("certificate", desk / "jueza.cer", desk / "simple.pdf", desk / "anclas" / "root.pem", "--json")
        == 1
    )
    good, bad, root = json.loads(capsys.readouterr().out)
    assert (good["name"], good["kind"], good["error"]) == ("JUEZA FICTICIA NÚÑEZ", "FIREL", None)
    assert bad["error"]
    assert bad["name"] is None
    assert root["kind"] == "CA"


def test_certificates_in_words(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("certificate", desk / "jueza.cer") == 0
    assert CURP in capsys.readouterr().out


def test_a_verdict_in_words_names_the_signer(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _verify(desk, "firmado.pdf")
    assert "JUEZA FICTICIA NÚÑEZ" in capsys.readouterr().out
