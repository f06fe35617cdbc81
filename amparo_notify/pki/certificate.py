"""Reads any certificate, Mexican ones included, for people: `amparo-notify certificate` and the signers' pages."""

from pathlib import Path

from asn1crypto import x509

from amparo_notify.pki import names
from amparo_notify.pki.anchors import read_certificates

FIELDS = (
    "file",
    "name",
    "curp",
    "rfc",
    "serial",
    "issuer",
    "not_before",
    "not_after",
    "kind",
    "fingerprint_sha256",
    "error",
)


def describe(certificate: x509.Certificate) -> dict[str, str | None]:
    """Return what the interface says of one certificate; instants are ISO 8601 in UTC."""
    who = names.holder(certificate)
    return {
        "name": who.name,
        "curp": who.curp,
        "rfc": who.rfc,
        "serial": who.serial,
        "issuer": who.issuer,
        "not_before": certificate.not_valid_before.isoformat(),
        "not_after": certificate.not_valid_after.isoformat(),
        "kind": str(names.kind(certificate)),
        "fingerprint_sha256": certificate.sha256.hex(),
        "error": None,
    }


def read(path: Path) -> list[dict[str, str | None]]:
    """Return an entry for each certificate in a file; one with `error` where it cannot be read. Never raises."""
    empty = {**dict.fromkeys(FIELDS), "file": str(path)}
    try:
        found = read_certificates(path.read_bytes())
        return [{"file": str(path), **describe(certificate)} for certificate in found]
    except OSError as problem:
        return [{**empty, "error": f"No se puede abrir el archivo: {problem.strerror}."}]
    except Exception as problem:  # noqa: BLE001 - whatever the parser raises is a fault of this file alone
        return [{**empty, "error": f"No es un certificado X.509 que se pueda leer ({problem})."}]
