"""What a verdict costs, warm, beside the floor, pyHanko and pdfsig on the same files. Prints "verify" of results.json.

`ms` is what a caller waits: the document handed to the limited child, a fork, the whole verdict, the answer. The floor
is SHA-256 of the bytes and the chain's three public-key operations. pyHanko runs warm in this process with strict
settings and lists for every certificate; pdfsig is its command line. Medians, in milliseconds. `cpu_ms` is
processor time, which a busy machine changes little: of the hand-over, the verdict and the answer, without the fork.
"""

import json
import os
import resource
import subprocess
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from asn1crypto import crl, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from amparo_notify.demo.authority import Authority, Identity, raw_signature, revocation_list
from amparo_notify.demo.order_pdf import order_pdf
from amparo_notify.demo.signing import Style, sign_pdf
from amparo_notify.pki import hexstrings, wire
from amparo_notify.pki.anchors import Trust
from amparo_notify.pki.files import in_memory, mapped
from amparo_notify.pki.judge import Judge
from amparo_notify.pki.verify import Materials, examine

NOW = datetime(2026, 11, 21, 9, 15, tzinfo=UTC)
ENTRIES = 150_000
ROUNDS = 15
SIZES = {"50kB": 50_000, "1MB": 1_000_000, "10MB": 10_000_000, "30MB": 30_000_000}


def measure() -> dict[str, dict[str, float]]:
    """Return medians by size of document, in milliseconds; memory in megabytes."""
    authority = Authority.create(NOW)
    judge = authority.issue("JUEZA FICTICIA NÚÑEZ", "NUFX800101MDFXXX09", "NUFX800101AB1", now=NOW)
    small = Trust(
        (authority.root.certificate,),
        intermediates=(authority.intermediate.certificate,),
        crls=tuple(authority.crls(NOW)),
    )
    large = small.with_crls([large_list(authority.intermediate), authority.crl(NOW, by_root=True)])
    with_small, with_large = Judge(small), Judge(large)
    try:
        with_small.warm()
        with_large.warm()
        measured = {
            name: _measure_one(document(size, judge), with_small, with_large, small, judge)
            for name, size in SIZES.items()
        }
        return {**measured, "growth": _growth(measured)}
    finally:
        with_small.close()
        with_large.close()


def document(size: int, judge: Identity) -> bytes:
    """An order with one incompressible picture, signed; about `size` bytes."""
    base = order_pdf()
    picture = os.urandom(max(0, size - len(base) - 26_000))
    start = len(base)
    head = b"20 0 obj\n<< /Type /XObject /Subtype /Image /Length %d >>\nstream\n" % len(picture)
    body = base + head + picture + b"\nendstream\nendobj\n"
    previous = int(base.split(b"startxref")[1].split()[0])
    trailer = b"trailer\n<< /Size 21 /Root 6 0 R /Info 7 0 R /Prev %d >>\n" % previous
    table = b"xref\n20 1\n%010d 00000 n \n" % start + trailer + b"startxref\n%d\n%%%%EOF\n" % len(body)
    return sign_pdf(body + table, judge, Style(signing_time=NOW))


def large_list(issuer: Identity, entries: int = ENTRIES) -> bytes:
    """A CRL of 5 MB, in force for a month."""
    when = NOW - timedelta(days=9)
    return revocation_list(
        issuer, NOW, NOW + timedelta(days=30), [(10**47 + n, when) for n in range(entries)]
    )


def _measure_one(
    pdf: bytes, with_small: Judge, with_large: Judge, trust: Trust, judge: Identity
) -> dict[str, float]:
    def asked(service: Judge) -> None:
        assert service.examine(pdf, None, NOW + timedelta(hours=1)).verdict.passed

    materials = Materials.prepare(trust, "required")
    ours, with_list = _in_turn(lambda: asked(with_small), lambda: asked(with_large))
    return {
        "ms": ours,
        "with_5MB_crl_ms": with_list,
        "cpu_ms": _processor(lambda: _judged(pdf, materials)),
        "floor_ms": _timed(lambda: _floor(pdf, judge)),
        "sha256_ms": _processor(lambda: sha256(pdf).digest()),
        "pyhanko_ms": _library(pdf, trust),
        "pdfsig_ms": _pdfsig(pdf),
        "rss_mb": _memory(pdf, trust),
        "bytes": len(pdf),
    }


def _growth(measured: dict[str, dict[str, float]]) -> dict[str, float]:
    """What each megabyte costs between 1 MB and 30 MB, as a multiple of hashing it."""
    small, large = measured["1MB"], measured["30MB"]
    hashing = large["sha256_ms"] - small["sha256_ms"]
    names = {"times_hashing": "ms", "cpu_times_hashing": "cpu_ms"}
    return {name: round((large[of] - small[of]) / hashing, 2) for name, of in names.items()}


def _processor(work: Callable[[], object]) -> float:
    """Return the median of the processor time that something takes."""
    spent = []
    for _ in range(ROUNDS):
        began = process_time()
        work()
        spent.append((process_time() - began) * 1000)
    return round(median(spent), 2)


def _judged(pdf: bytes, materials: Materials) -> None:
    """All that a verdict takes but the fork, here: the hand-over, the verdict, the answer."""
    with in_memory(pdf) as file:
        found = mapped(file.fileno(), len(pdf))
        said = examine(found, None, NOW + timedelta(hours=1), materials)
        wire.examination_to_wire(said.verdict, said.document, found)


def _timed(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    return _in_turn(work, rounds=rounds)[0]


def _in_turn(*works: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Medians of several things done in turn, so that a busy moment of the machine falls on all of them."""
    spent: list[list[float]] = [[] for _ in works]
    for number in range(rounds + 2):
        for work, times in zip(works, spent, strict=True):
            began = perf_counter()
            work()
            if number >= 2:  # the first two warm up
                times.append((perf_counter() - began) * 1000)
    return [round(median(times), 2) for times in spent]


def _floor(pdf: bytes, judge: Identity) -> None:
    sha256(pdf).digest()
    chain = [judge.x509, *map(x509.Certificate.load, judge.chain)]
    signature = raw_signed(judge)
    _key(chain[0]).verify(*signature, PKCS1v15(), hashes.SHA256())
    for certificate, issuer in pairwise(chain):
        data = certificate["tbs_certificate"].dump()
        _key(issuer).verify(certificate["signature_value"].native, data, PKCS1v15(), hashes.SHA256())


_SIGNED: dict[str, tuple[bytes, bytes]] = {}


def raw_signed(judge: Identity) -> tuple[bytes, bytes]:
    """A signature over some attributes' worth of bytes, made once."""
    if judge.sha256 not in _SIGNED:
        _SIGNED[judge.sha256] = (raw_signature(judge.key, b"x" * 200), b"x" * 200)
    return _SIGNED[judge.sha256]


def _key(certificate: x509.Certificate) -> RSAPublicKey:
    key = load_der_public_key(certificate.public_key.dump())
    assert isinstance(key, RSAPublicKey)
    return key


def _library(pdf: bytes, trust: Trust) -> float:
    """Measure pyHanko as it is, without our faster reader of hex strings."""
    ours = generic.read_hex_string_from_stream
    generic.read_hex_string_from_stream = hexstrings.ORIGINAL
    try:
        return _timed(lambda: _pyhanko(pdf, trust))
    finally:
        generic.read_hex_string_from_stream = ours


def _pyhanko(pdf: bytes, trust: Trust) -> None:
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(der) for der in trust.anchors],
        other_certs=[x509.Certificate.load(der) for der in trust.intermediates],
        crls=[crl.CertificateList.load(der) for der in trust.crls],
        moment=NOW + timedelta(hours=1),
        allow_fetching=False,
        revocation_mode="require",
        retroactive_revinfo=True,
    )
    reader = PdfFileReader(BytesIO(pdf))
    assert validate_pdf_signature(reader.embedded_signatures[0], context).bottom_line


def _pdfsig(pdf: bytes) -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "order.pdf"
        path.write_bytes(pdf)
        return _timed(
            lambda: subprocess.run(["pdfsig", "-nocert", str(path)], capture_output=True, check=True)
        )


def _memory(pdf: bytes, trust: Trust) -> float:
    """The most memory that a process needs which has loaded everything and judges this document (RSS, MB)."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        examine(pdf, None, NOW + timedelta(hours=1), Materials.prepare(trust, "required"))
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        os.write(writing, str(most).encode())
        os._exit(0)
    os.wait()
    os.close(writing)
    with os.fdopen(reading) as answer:
        return round(int(answer.read()) / 1024, 1)


if __name__ == "__main__":
    print(json.dumps({"verify": measure()}, indent=2))
