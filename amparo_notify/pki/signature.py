"""Judges one SignerInfo: integrity first, then time, then the certificate, its path and its revocation."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from asn1crypto import cms, x509

from amparo_notify.core.verdict import Signer
from amparo_notify.pki import names
from amparo_notify.pki.context import Context
from amparo_notify.pki.crypto import describe_key
from amparo_notify.pki.integrity import Digest, attributes, certificate_of, check_integrity
from amparo_notify.pki.objection import Objection
from amparo_notify.pki.path import Path, find_path
from amparo_notify.pki.person import profile_objections, revocation_objections, validity_objections
from amparo_notify.pki.stamps import Stamp, check_stamp
from amparo_notify.pki.standing import Standing, State


@dataclass
class Judged:
    """What came out for one signer."""

    signer: Signer | None = None
    objections: list[Objection] = field(default_factory=list)
    report: dict[str, object] = field(default_factory=dict)


def judge_signer(
    info: cms.SignerInfo,
    candidates: Sequence[x509.Certificate],
    digest: Digest,
    context: Context,
    stamps: Sequence[Stamp] = (),
    claimed: datetime | None = None,
) -> Judged:
    """Judge one SignerInfo over data. `stamps` are document time-stamps around it; `claimed` is the PDF's /M.

    Every check runs that can, so that the report is whole; the objections come worst-knowledge first.
    """
    judged = Judged()
    try:
        certificate = certificate_of(info, candidates)
        algorithm = check_integrity(info, certificate, digest, "data")
        found = [*_own_stamps(info, context), *stamps]
    except Objection as objection:
        judged.objections.append(objection)
        judged.signer = _unproven(info, candidates)
        return judged
    stamp = min((one for one in found if one.proves), key=lambda one: one.moment, default=None)
    claimed = _claimed(info) or claimed
    moment = stamp.moment if stamp else context.moment
    path, standings = _check_certificate(certificate, moment, bool(stamp), claimed, context, judged)
    signed_at, source = (stamp.moment, "timestamp") if stamp else (claimed, "claimed" if claimed else "none")
    judged.signer = _signer(certificate, signed_at, source, _together(standings))
    judged.report = {
        "certificate": base64.b64encode(certificate.dump()).decode(),
        "chain": [one.sha256.hex() for one in path.certificates] if path else [],
        "chain_names": [names.readable(one.subject) for one in path.certificates] if path else [],
        "digest_algorithm": algorithm,
        "signature_algorithm": info["signature_algorithm"]["algorithm"].native,
        "key": describe_key(certificate.public_key),
        "judged_at": moment.isoformat(),
        "time_source": source,
        "claimed_at": claimed.isoformat() if claimed else None,
        "time_stamp": {"at": stamp.moment.isoformat(), "authority": stamp.authority} if stamp else None,
        "time_stamps_by_sha1": [
            {"at": one.moment.isoformat(), "authority": one.authority} for one in found if not one.proves
        ],
        "revocation": [_standing_report(one, context.moment) for one in standings],
    }
    return judged


def _own_stamps(info: cms.SignerInfo, context: Context) -> list[Stamp]:
    """Check and return the time-stamps in the signature itself."""
    signature = info["signature"].native
    return [
        check_stamp(
            cms.ContentInfo.load(token.dump()), lambda name: hashlib.new(name, signature).digest(), context
        )
        for token in attributes(info, "signature_time_stamp_token", signed=False)
    ]


def _claimed(info: cms.SignerInfo) -> datetime | None:
    values = attributes(info, "signing_time")
    return values[0].native if len(values) == 1 else None


def _check_certificate(
    certificate: x509.Certificate,
    moment: datetime,
    proven: bool,
    claimed: datetime | None,
    context: Context,
    judged: Judged,
) -> tuple[Path | None, list[Standing]]:
    judged.objections += profile_objections(certificate)
    judged.objections += validity_objections(certificate, moment, proven, claimed)
    within = min(max(moment, certificate.not_valid_before), certificate.not_valid_after)
    try:
        path = find_path(certificate, context.pool, within, proven=proven)
    except Objection as objection:
        judged.objections.append(objection)
        return None, []
    standings = [context.index.standing(one, issuer, moment) for one, issuer in path.links()]
    if context.revocation == "off":
        return path, [Standing(State.UNKNOWN, detail="off") for _ in standings]
    judged.objections += revocation_objections(standings, proven, claimed, context.revocation)
    return path, standings


def _together(standings: Sequence[Standing]) -> State:
    states = {one.state for one in standings}
    if State.REVOKED in states:
        return State.REVOKED
    return State.GOOD if states == {State.GOOD} else State.UNKNOWN


def _standing_report(standing: Standing, now: datetime) -> dict[str, object]:
    return {
        "state": str(standing.state),
        "source": standing.source,
        "issued": standing.issued.isoformat() if standing.issued else None,
        "age_seconds": int((now - standing.issued).total_seconds()) if standing.issued else None,
        "revoked_at": standing.revoked_at.isoformat() if standing.revoked_at else None,
        "detail": standing.detail,
    }


def _signer(
    certificate: x509.Certificate, signed_at: datetime | None, source: str, standing: State = State.UNKNOWN
) -> Signer:
    who = names.holder(certificate)
    return Signer(
        name=who.name,
        curp=who.curp,
        rfc=who.rfc,
        serial=who.serial,
        issuer=who.issuer,
        certificate_sha256=certificate.sha256.hex(),
        signed_at=signed_at,
        signed_at_source=source,
        revocation=str(standing),
    )


def _unproven(info: cms.SignerInfo, candidates: Sequence[x509.Certificate]) -> Signer | None:
    """Name whom a broken signature claims to be by, where that can be read."""
    try:
        certificate = certificate_of(info, candidates)
    except Objection:
        return None
    return _signer(certificate, None, "none")
