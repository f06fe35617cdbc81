"""`amparo-notify verify` and `amparo-notify certificate`: judge a document, read certificates. No database needed."""

import argparse
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from amparo_notify.cli.common import (
    FAULTS,
    GOOD,
    UNDECIDED,
    USAGE,
    Commands,
    add_json,
    family,
    instant,
    say,
    show_json,
)
from amparo_notify.core.errors import Refusal
from amparo_notify.core.verdict import Conclusion, RegisteredSigner, Verdict, restrict, summary
from amparo_notify.pki import certificate
from amparo_notify.pki.anchors import Trust
from amparo_notify.pki.judge import MODES, Judge

EXIT = {Conclusion.PASSED: GOOD, Conclusion.FAILED: FAULTS, Conclusion.INDETERMINATE: UNDECIDED}

_PATHS = {
    "trust-anchors": "authorities to trust: files or directories, DER or PEM",
    "tsa-anchors": "authorities to trust for time-stamps; default: the trust anchors",
    "intermediates": "authorities that help to build a path, and are not trusted by themselves",
    "crl": "revocation lists and OCSP responses",
}
_EPILOG = """example:
  amparo-notify verify order.pdf --trust-anchors anchors/ --crl lists/ --json

exit codes: 0 PASSED, 1 FAILED, 2 wrong usage, 3 INDETERMINATE"""


class Unusable(Exception):
    """The command cannot be carried out as it was given; the sentence says why and what to do."""


def add_parsers(commands: Commands) -> None:
    """Register both commands; each sets `run(args) -> exit code`."""
    _add_verify(family(commands, "verify"))
    reader = family(commands, "certificate")
    reader.add_argument("files", nargs="+", metavar="FILE", type=Path, help="DER or PEM")
    add_json(reader)
    reader.set_defaults(run=run_certificate)


def _add_verify(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EPILOG
    parser.add_argument("file", metavar="FILE", type=Path, help="a signed PDF, or a .p7m with the PDF inside")
    parser.add_argument("--signature", metavar="SIG", type=Path, help="a detached signature (.p7s)")
    for name, about in _PATHS.items():
        parser.add_argument(
            f"--{name}",
            metavar="PATH",
            type=Path,
            nargs="+",
            action="extend",
            default=[],
            required=name == "trust-anchors",
            help=about,
        )
    parser.add_argument("--revocation", choices=MODES, default="required", help="default: %(default)s")
    parser.add_argument(
        "--signers",
        metavar="FILE",
        type=Path,
        help='a JSON list of {"certificate_sha256" | "curp" | "rfc": …} that the signer must be on',
    )
    parser.add_argument(
        "--at", metavar="INSTANT", type=instant, help="judge as of 2026-11-21T14:35-06:00; default: now"
    )
    add_json(parser)
    parser.set_defaults(run=run_verify)


def run_verify(args: argparse.Namespace) -> int:
    """Judge one document and print the verdict. Exit: 0 PASSED, 1 FAILED, 2 usage, 3 INDETERMINATE."""
    try:
        verdict = _judge(args)
    except (Unusable, Refusal) as problem:
        say(f"amparo-notify verify: {problem}")
        return USAGE
    if args.json:
        show_json(as_json(verdict))
    else:
        print(as_text(verdict))
    return EXIT[verdict.conclusion]


def _judge(args: argparse.Namespace) -> Verdict:
    trust = Trust.load(args.trust_anchors, args.tsa_anchors, args.intermediates, args.crl)
    registered = _signers(args.signers) if args.signers else None
    document = _bytes(args.file)
    signature = _bytes(args.signature) if args.signature else None
    judge = Judge(trust, revocation=args.revocation)
    try:
        verdict = judge.examine(document, signature, args.at or datetime.now(UTC)).verdict
    finally:
        judge.close()
    return verdict if registered is None else restrict(verdict, registered)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise Unusable(f"{path} cannot be read ({problem.strerror}): check the path") from problem


def _signers(path: Path) -> list[RegisteredSigner]:
    try:
        entries = json.loads(_bytes(path))
        registered = [RegisteredSigner(**entry) for entry in entries]
    except (ValueError, TypeError, RecursionError) as problem:
        raise Unusable(
            f'{path} is not a JSON list of {{"certificate_sha256" | "curp" | "rfc": …}}: mend it'
        ) from problem
    for entry in registered:
        values = (entry.certificate_sha256, entry.curp, entry.rfc)
        if not any(values) or not all(value is None or isinstance(value, str) for value in values):
            raise Unusable(f"{path} has an entry without certificate_sha256, curp or rfc: mend it")
    return registered


def as_json(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict in the shape of `verify --json`, with the machine's report besides."""
    return {**summary(verdict), "report": dict(verdict.report)}


_WORDS = {"timestamp": "por sello de tiempo", "claimed": "según quien firma", "none": "sin hora"}
_REVOCATION = {"good": "no revocado", "revoked": "REVOCADO", "not consulted": "revocación no consultada"}


def as_text(verdict: Verdict) -> str:
    """Return the verdict for a person at a terminal."""
    reason = f" ({verdict.reason})" if verdict.reason else ""
    lines = [
        f"{verdict.conclusion}{reason}",
        verdict.explanation,
        f"SHA-256 del documento: {verdict.document_sha256}",
    ]
    for signer in verdict.signers:
        when = f"{signer.signed_at.isoformat()} " if signer.signed_at else ""
        lines.append(
            f"- {signer.name} · CURP {signer.curp or '—'} · RFC {signer.rfc or '—'} · serie {signer.serial}"
        )
        lines.append(f"  {when}{_WORDS[signer.signed_at_source]} · {_REVOCATION[signer.revocation]}")
        lines.append(f"  emitido por {signer.issuer} · huella {signer.certificate_sha256}")
    return "\n".join(lines)


def run_certificate(args: argparse.Namespace) -> int:
    """Print what certificates say. Exit: 0 all read, 1 where at least one could not be."""
    found = [entry for path in args.files for entry in certificate.read(path)]
    if args.json:
        show_json(found)
    else:
        print("\n\n".join(_certificate_text(entry) for entry in found))
    faults: Sequence[str] = [f"{entry['file']}: {entry['error']}" for entry in found if entry["error"]]
    for fault in faults:
        say(f"amparo-notify certificate: {fault}")
    return FAULTS if faults else GOOD


def _certificate_text(entry: dict[str, str | None]) -> str:
    if entry["error"]:
        return f"{entry['file']}\n  {entry['error']}"
    return (
        f"{entry['file']}\n  {entry['name']} · {entry['kind']} · CURP {entry['curp'] or '—'} · RFC "
        f"{entry['rfc'] or '—'}\n  serie {entry['serial']} · emitido por {entry['issuer']}\n  "
        f"vigente del {entry['not_before']} al {entry['not_after']}\n  huella SHA-256 {entry['fingerprint_sha256']}"
    )
