"""What the operator trusts: anchors, intermediates and revocation lists, loaded from files. None is built in."""

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from asn1crypto import cms, parser, pem, x509

from amparo_notify.core.errors import Fault, Unfit
from amparo_notify.pki import names
from amparo_notify.pki.crypto import describe_key
from amparo_notify.pki.integrity import certificates_in
from amparo_notify.pki.lists import RevocationList, read_list
from amparo_notify.pki.ocsp import is_answer, is_responder, read_answers

WARNING = timedelta(days=90)
"""An anchor or CRL that runs out within this time is worth a warning (CRLs: within a quarter of their life)."""

_CERTIFICATE = {"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"}
_BUNDLE = {"PKCS7", "CMS"}
_BASE64 = re.compile(rb"[A-Za-z0-9+/\s]+={0,2}\s*\Z")
_IGNORED = {".md", ".txt", ".sha256"}
_LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True)
class Trust:
    """Everything a verdict rests on, as DER. Loading it again is cheap; changing it means making another."""

    anchors: tuple[bytes, ...]
    tsa_anchors: tuple[bytes, ...] = ()
    intermediates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()

    @classmethod
    def load(
        cls,
        anchors: Sequence[Path],
        tsa_anchors: Sequence[Path] = (),
        intermediates: Sequence[Path] = (),
        crls: Sequence[Path] = (),
    ) -> "Trust":
        """Read files and directories, DER or PEM. Raises Unfit naming every file that cannot be used.

        A certificate among the anchors whose issuer is there too is taken as an intermediate: its revocation then
        counts. `tsa_anchors` empty: the anchors also vouch for time-stamps.
        """
        faults: list[Fault] = []
        roots = list(_certificates(anchors, "anclas de confianza", faults))
        stamps = list(_certificates(tsa_anchors, "anclas de sellado de tiempo", faults))
        middle = list(_certificates(intermediates, "intermedias", faults))
        lists, answers = _split(_revocation(crls, faults))
        if not faults and not any(one.ca for one in roots):
            where = ", ".join(map(str, anchors)) or "TRUST_ANCHORS"
            faults.append(Fault(where, "no contiene ningún certificado de autoridad.", "Cargue las anclas."))
        if faults:
            raise Unfit(*faults)
        top, below = _sorted_out(roots)
        return cls(
            anchors=_der(top),
            tsa_anchors=_der(_sorted_out(stamps)[0] if stamps else top),
            intermediates=_der([*below, *middle, *_sorted_out(stamps)[1]]),
            crls=lists,
            ocsps=answers,
        )

    def with_revocation(self, found: Iterable[bytes]) -> "Trust":
        """Return the same trust with other CRLs and OCSP answers (DER), told apart by their bytes."""
        lists, answers = _split(found)
        return replace(self, crls=lists, ocsps=answers)

    def with_crls(self, crls: Iterable[bytes]) -> "Trust":
        """Return the same trust with other revocation lists. Raises ValueError for a list that cannot be read."""
        return replace(self, crls=tuple(read_list(der).der for der in crls))

    def with_ocsps(self, answers: Iterable[bytes]) -> "Trust":
        """Return the same trust with other OCSP responses (DER). Raises ValueError for what is no answer."""
        found = tuple(answers)
        for der in found:
            read_answers(der)
        return replace(self, ocsps=found)

    @property
    def fingerprint(self) -> str:
        """A hash over all trusted certificates, to compare hosts (revocation lists change too often to count)."""
        parts = [*sorted(self.anchors), b"|", *sorted(self.tsa_anchors), b"|", *sorted(self.intermediates)]
        return hashlib.sha256(b"".join(parts)).hexdigest()

    def describe(self, now: datetime) -> list[dict[str, object]]:
        """Return what is trusted, for pages and `doctor`: name, purpose, fingerprint, validity, warning."""
        groups = (
            ("ancla", self.anchors),
            ("ancla de sellado de tiempo", () if self.tsa_anchors == self.anchors else self.tsa_anchors),
            ("intermedia", self.intermediates),
        )
        found = [_described(der, purpose, now) for purpose, group in groups for der in group]
        return found + [_described_list(read_list(der), now) for der in self.crls]


def read_certificates(data: bytes) -> list[x509.Certificate]:
    """Return the certificates in a file: DER, PEM (one or several), base64 without armour, or a PKCS #7 bundle.

    A byte order mark before, line ends and zeros behind are an editor's and change nothing. Raises ValueError where
    there is none.
    """
    text = data.removeprefix(b"\xef\xbb\xbf")
    if pem.detect(text):
        found = [each for kind, _, body in pem.unarmor(text, multiple=True) for each in _in_part(kind, body)]
    else:
        found = _in_part("", _binary(text))
    if not found:
        raise ValueError("holds no certificate")
    return [_forced(certificate) for certificate in found]


def _binary(data: bytes) -> bytes:
    if data[:1] != b"\x30" and _BASE64.match(data):
        return base64.b64decode(data)
    size = parser.peek(data)
    return data[:size] if not data[size:].strip(b"\0\r\n") else data


def _in_part(kind: str, der: bytes) -> list[x509.Certificate]:
    """Return the certificates in one part of a file; `kind` is the name of its armour, if it had one."""
    if kind and kind not in _CERTIFICATE | _BUNDLE:
        return []
    inside = parser.parse(der)[4]
    if inside[:1] != b"\x06":  # a bundle begins with its type's identifier, a certificate with what is signed
        return [x509.Certificate.load(der, strict=True)]
    bundle = cms.ContentInfo.load(der, strict=True)
    if bundle["content_type"].native != "signed_data":
        raise ValueError(f"{bundle['content_type'].native} holds no certificate")
    return certificates_in(bundle["content"])


def _forced(certificate: x509.Certificate) -> x509.Certificate:
    """asn1crypto parses late: touch what will be used, so that a bad file is found here."""
    names.holder(certificate)
    _ = certificate.not_valid_before, certificate.not_valid_after, describe_key(certificate.public_key)
    _ = certificate.ca, certificate.key_usage_value, certificate.critical_extensions
    return certificate


def files(paths: Sequence[Path]) -> Iterable[Path]:
    """Yield the files that paths name: a directory stands for what is in it, hidden files and notes left out."""
    for path in paths:
        if path.is_dir():
            yield from sorted(
                item
                for item in path.iterdir()
                if item.is_file() and not item.name.startswith(".") and item.suffix.lower() not in _IGNORED
            )
        else:
            yield path


def _certificates(paths: Sequence[Path], what: str, faults: list[Fault]) -> Iterable[x509.Certificate]:
    for path in files(paths):
        try:
            found = read_certificates(_bytes(path))
        except (OSError, ValueError, TypeError, KeyError) as problem:
            faults.append(Fault(str(path), f"no se puede leer entre las {what} ({problem}).", "Reemplácelo."))
            continue
        if all(certificate.ca or is_responder(certificate) for certificate in found):
            yield from found
        else:
            faults.append(
                Fault(
                    str(path),
                    "no es de una autoridad certificadora (CA:TRUE).",
                    f"Quítelo de las {what}: quien firma nunca es un ancla.",
                )
            )


def _revocation(paths: Sequence[Path], faults: list[Fault]) -> Iterable[bytes]:
    for path in files(paths):
        try:
            data = _bytes(path)
            yield data if is_answer(data) else read_list(data).der
        except (OSError, ValueError, TypeError, KeyError) as problem:
            faults.append(Fault(str(path), f"no es una CRL que se pueda usar ({problem}).", "Reemplácela."))


def _split(found: Iterable[bytes]) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """(CRLs, OCSP answers)."""
    lists, answers = [], []
    for data in found:
        if is_answer(data):
            answers.append(data)
        else:
            lists.append(read_list(data).der)
    return tuple(lists), tuple(answers)


def _bytes(path: Path) -> bytes:
    if path.stat().st_size > _LARGEST:
        raise ValueError("larger than 64 MiB")
    return path.read_bytes()


def _sorted_out(found: Sequence[x509.Certificate]) -> tuple[list[x509.Certificate], list[x509.Certificate]]:
    """Return (anchors, intermediates): whoever's issuer is loaded too, and is not itself, is an intermediate.

    An OCSP responder's certificate may lie among them, as it does in what the tax authority publishes; it is no anchor.
    """
    subjects = {names.normalised(certificate.subject) for certificate in found}
    top: list[x509.Certificate] = []
    below: list[x509.Certificate] = []
    for certificate in found:
        own, issuer = names.normalised(certificate.subject), names.normalised(certificate.issuer)
        helps = is_responder(certificate) or (issuer != own and issuer in subjects)
        (below if helps else top).append(certificate)
    return top, below


def _der(found: Iterable[x509.Certificate]) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys(certificate.dump() for certificate in found))


def _described(der: bytes, purpose: str, now: datetime) -> dict[str, object]:
    certificate = x509.Certificate.load(der)
    until = certificate.not_valid_after
    return {
        "name": names.readable(certificate.subject),
        "purpose": purpose,
        "fingerprint_sha256": certificate.sha256.hex(),
        "not_before": certificate.not_valid_before.isoformat(),
        "not_after": until.isoformat(),
        "expired": until < now,
        "warning": until - now < WARNING,
    }


def _described_list(found: RevocationList, now: datetime) -> dict[str, object]:
    until = found.next_update
    quarter = (until - found.this_update) / 4 if until else timedelta(0)
    return {
        "name": found.issuer_text,
        "purpose": "lista de revocación",
        "fingerprint_sha256": hashlib.sha256(found.der).hexdigest(),
        "not_before": found.this_update.isoformat(),
        "not_after": until.isoformat() if until else None,
        "expired": until is not None and until < now,
        "warning": until is not None and until - now < min(WARNING, quarter),
    }
