"""Where another tool can judge the same thing, it agrees: openssl for CMS, poppler's pdfsig for PDFs."""

import subprocess
from pathlib import Path

import pytest
from asn1crypto import pem

from tests.authority import authority
from tests.pki.cases import PASSED, Case
from tests.pki.corpus import CORPUS


def _case(tool: str) -> list[Case]:
    return [case for case in CORPUS if tool in case.confirmed_by]


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root as a file. The intermediate is inside the signatures."""
    path = tmp_path_factory.mktemp("trust") / "root.pem"
    path.write_bytes(pem.armor("CERTIFICATE", authority().root.certificate))
    return path


@pytest.mark.parametrize("case", _case("openssl"), ids=lambda case: case.name)
def test_openssl_agrees(case: Case, trusted: Path, tmp_path: Path) -> None:
    document, signature = case.upload()
    (tmp_path / "signed").write_bytes(signature or document)
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", str(tmp_path / "signed")]
    command += ["-CAfile", str(trusted), "-purpose", "any", "-out", "/dev/null"]
    command += ["-attime", str(int(case.moment.timestamp()))]
    if signature:
        (tmp_path / "document").write_bytes(document)
        command += ["-content", str(tmp_path / "document")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert (done.returncode == 0) is (case.conclusion is PASSED), done.stderr


@pytest.mark.parametrize("case", _case("pdfsig"), ids=lambda case: case.name)
def test_pdfsig_agrees(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "signed.pdf"
    path.write_bytes(case.upload()[0])
    done = subprocess.run(["pdfsig", "-nocert", str(path)], capture_output=True, text=True, timeout=30)
    words = [
        line.split(":", 1)[1].strip() for line in done.stdout.splitlines() if "Signature Validation" in line
    ]
    assert words
    assert all(word == "Signature is Valid." for word in words) is (case.conclusion is PASSED), done.stdout
