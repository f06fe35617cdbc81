"""OCSP answers as responders give them, sound and unsound."""

import hashlib
from datetime import datetime, timedelta
from functools import cache

from asn1crypto import ocsp

from amparo_notify.demo.authority import Identity, Profile, raw_signature, signature_algorithm
from tests.authority import NOW, authority, judge

DAY = timedelta(days=1)


@cache
def responder(appointed: bool = True) -> Identity:
    """A responder that the intermediate appointed, or somebody whom it did not."""
    usage = frozenset({"digital_signature"})
    extended = ("ocsp_signing",) if appointed else ("email_protection",)
    profile = Profile(usage=usage, extended=extended)
    return authority().issue("Respondedor Ficticio", now=NOW, profile=profile, not_before=NOW - DAY)


def answer(
    by: Identity,
    about: Identity | None = None,
    issuer: Identity | None = None,
    *,
    revoked_at: datetime | None = None,
    unknown: bool = False,
    made: datetime = NOW,
    lasts: timedelta | None = DAY,
    alone: bool = False,
) -> bytes:
    """Return an OCSPResponse (DER) about a judge, signed by `by`; `alone`: without the responder's certificate."""
    about, issuer = about or judge(), issuer or authority().intermediate
    status = ocsp.CertStatus("good", ocsp.StatusGood())
    if revoked_at:
        status = ocsp.CertStatus("revoked", {"revocation_time": revoked_at})
    if unknown:
        status = ocsp.CertStatus("unknown", ocsp.StatusUnknown())
    single = {
        "cert_id": {
            "hash_algorithm": {"algorithm": "sha1"},
            "issuer_name_hash": hashlib.sha1(issuer.x509.subject.dump()).digest(),
            "issuer_key_hash": hashlib.sha1(issuer.x509.public_key["public_key"].contents[1:]).digest(),
            "serial_number": about.x509.serial_number,
        },
        "cert_status": status,
        "this_update": made,
    }
    if lasts:
        single["next_update"] = made + lasts
    body = ocsp.ResponseData(
        {
            "responder_id": ocsp.ResponderId("by_name", by.x509.subject),
            "produced_at": made,
            "responses": [single],
        }
    )
    basic = ocsp.BasicOCSPResponse(
        {
            "tbs_response_data": body,
            "signature_algorithm": signature_algorithm(by.key),
            "signature": raw_signature(by.key, body.dump()),
            **({} if alone else {"certs": [by.x509]}),
        }
    )
    whole = {"response_type": "basic_ocsp_response", "response": basic}
    return ocsp.OCSPResponse({"response_status": "successful", "response_bytes": whole}).dump()
