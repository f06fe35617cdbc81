"""Passkeys: adding one, having one sign a challenge, checking what it signed, taking one away.

A challenge is the hash of a text that says what is signed; the text holds a nonce of ours, good for an hour and once.
Nonces are made without writing anything, since pages that ask for a signature are only read.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import Connection
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    options_to_json_dict,
    parse_authentication_credential_json,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from amparo_notify.cases import throttle
from amparo_notify.cases.manage import may
from amparo_notify.cases.services import Caller, Services
from amparo_notify.cases.settings_log import note
from amparo_notify.core.errors import Conflict, Denied, Fault
from amparo_notify.core.evidence import Actor
from amparo_notify.seal.assertion import Assertion, challenge_of, check, text_of
from amparo_notify.store import passkeys
from amparo_notify.store.passkeys import Held, Owner, Passkey

GOOD_FOR = timedelta(hours=1)
"""How old a challenge may be when it is answered: somebody reads an order, is called away, comes back and signs."""
MOST = 5
"""Passkeys of one person: a phone, its successor, a computer, a key on the ring, and one to spare."""
NAME = "Amparo Notify"
ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
"""Those that `seal.assertion` checks: the kind of key says which it is. Windows Hello has but the last."""
_BROKEN = (
    WebAuthnException,
    UnsupportedAlgorithm,
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    RecursionError,
)
"""What reading a credential raises where it is no credential: the library lets some of it through as it comes."""


@dataclass(frozen=True)
class Ceremony:
    """What a page hands to a browser, so that a passkey signs or is made."""

    nonce: str  # comes back with the answer
    options: Mapping[str, Any]  # JSON, as `navigator.credentials` takes it once its bytes are decoded


@dataclass(frozen=True)
class Signed:
    """A passkey's good answer, not yet acted upon."""

    passkey: Passkey
    assertion: Assertion
    count: int
    until: datetime  # the challenge is refused for its age from then on


def origin(services: Services) -> str:
    """What a browser calls this site: "https://amparo.example"."""
    parts = urlsplit(services.public_url.lower())
    standard = {"http": 80, "https": 443}.get(parts.scheme)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in (None, standard) else "")


def _host(services: Services) -> str:
    """The relying party's id: passkeys are good on this host, whatever its port."""
    return urlsplit(services.public_url.lower()).hostname or ""


# -- challenges ---------------------------------------------------------------------------------------------


def _nonce(services: Services, purpose: str, subject: str, now: datetime) -> str:
    body = f"{int((now + GOOD_FOR).timestamp())}.{secrets.token_hex(16)}"
    return f"{body}.{_mark(services, purpose, subject, body)}"


def _mark(services: Services, purpose: str, subject: str, body: str) -> str:
    return services.tokens.blind_index("passkey-nonce", f"{purpose}\n{subject}\n{body}")


def _until(services: Services, purpose: str, subject: str, nonce: str, now: datetime) -> datetime:
    """When a nonce ends. Raises Denied for one that is not ours, for something else, or too old."""
    body, _, mark = nonce.rpartition(".")
    if not secrets.compare_digest(mark.encode(), _mark(services, purpose, subject, body).encode()):
        raise _unsigned()
    until = datetime.fromtimestamp(int(body.partition(".")[0]), now.tzinfo)
    if until <= now:
        raise Denied(
            Fault(
                "passkey", "La página llevaba más de una hora abierta.", "Ya se renovó: inténtelo otra vez."
            )
        )
    return until


def _unsigned() -> Denied:
    return Denied(
        Fault(
            "passkey", "La firma no se pudo comprobar.", "Inténtelo otra vez, o entre con su NIP o su código."
        )
    )


def _text(services: Services, purpose: str, subject: str, nonce: str, said: Mapping[str, object]) -> str:
    mine = {"v": 1, "purpose": purpose, "origin": origin(services), "subject": subject, "nonce": nonce}
    return text_of({**said, **mine})


# -- signing ------------------------------------------------------------------------------------------------


def ask(
    services: Services,
    purpose: str,
    subject: str,
    known: Sequence[Passkey],
    now: datetime,
    **said: object,
) -> Ceremony:
    """Have one of the passkeys in `known` sign (any of this site's where none is given).

    What is signed says `purpose`, `subject` (who may answer, and where) and whatever is `said`.
    """
    nonce = _nonce(services, purpose, subject, now)
    options = generate_authentication_options(
        rp_id=_host(services),
        challenge=challenge_of(_text(services, purpose, subject, nonce, said)),
        allow_credentials=[PublicKeyCredentialDescriptor(id=each.credential_id) for each in known],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return Ceremony(nonce, options_to_json_dict(options))


def answer(
    services: Services,
    purpose: str,
    subject: str,
    nonce: str,
    credential: str,
    now: datetime,
    **said: object,
) -> Signed:
    """Check what a browser answered to `ask` with the same arguments. Writes nothing but the count of tries.

    Whose the passkey is, the caller must ask. Raises Denied.
    """
    until = _until(services, purpose, subject, nonce, now)
    text = _text(services, purpose, subject, nonce, said)
    try:
        given = parse_authentication_credential_json(credential)
    except _BROKEN as error:
        raise _unsigned() from error
    with services.database.read() as tx:
        kept = passkeys.find(tx, given.raw_id)
    if kept is None:
        raise Denied(
            Fault("passkey", "Esa llave no está dada de alta aquí.", "Entre de la otra manera y agréguela.")
        )
    key = f"passkey:{hashlib.sha256(kept.credential_id).hexdigest()[:32]}"
    throttle.count(services, key, "passkey", now)
    try:
        verified = verify_authentication_response(
            credential=given,
            expected_challenge=challenge_of(text),
            expected_rp_id=_host(services),
            expected_origin=origin(services),
            credential_public_key=kept.public_key,
            credential_current_sign_count=kept.sign_count,
            require_user_verification=True,
        )
        heard = given.response
        assertion = Assertion(
            text, heard.client_data_json, heard.authenticator_data, heard.signature, spki(kept.public_key)
        )
        check(assertion)  # nothing is kept that an expert would refuse
    except _BROKEN as error:
        raise _unsigned() from error
    throttle.forgive(services, key)
    return Signed(kept, assertion, verified.new_sign_count, until)


def take(tx: Connection, signed: Signed, now: datetime) -> None:
    """Use an answer, in the transaction of what it does. Raises Denied for one that was used before."""
    challenge = challenge_of(signed.assertion.signed).hex()
    if not passkeys.spend(tx, challenge, signed.until):
        raise _unsigned()
    passkeys.used(tx, signed.passkey.id, signed.count, now)


def spki(public_key: bytes) -> bytes:
    """A COSE public key as SubjectPublicKeyInfo (DER), which any tool reads. Raises ValueError and the library's."""
    key = decoded_public_key_to_cryptography(decode_credential_public_key(public_key))
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


# -- adding and taking away ---------------------------------------------------------------------------------

_ADD = "add"


def invite(services: Services, owner: Owner, name: str, now: datetime, *, anywhere: bool = False) -> Ceremony:
    """Have a browser make a passkey for somebody who has just proved who they are.

    `name`: what the device shows beside it, a badge or a username. `anywhere`: it must be one that is found without
    being asked for by its id, for a door at which nobody has said who they are.
    """
    with services.database.read() as tx:
        known = passkeys.of(tx, owner)
    nonce = _nonce(services, _ADD, owner.name, now)
    resident = ResidentKeyRequirement.REQUIRED if anywhere else ResidentKeyRequirement.PREFERRED
    options = generate_registration_options(
        rp_id=_host(services),
        rp_name=NAME,
        user_name=name,
        user_id=bytes.fromhex(services.tokens.blind_index("passkey-user", owner.name)),
        challenge=challenge_of(_text(services, _ADD, owner.name, nonce, {})),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=resident, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=each.credential_id) for each in known],
        supported_pub_key_algs=ALGORITHMS,
    )
    return Ceremony(nonce, options_to_json_dict(options))


def add(
    services: Services,
    owner: Owner,
    actor: Actor,
    nonce: str,
    credential: str,
    device: str,
    now: datetime,
    **details: object,
) -> None:
    """Keep the passkey that a browser made for `invite`; `details` name its owner on record.

    A nonce that `invite` made for this owner is the proof that they had identified. Raises Denied, Conflict.
    """
    until = _until(services, _ADD, owner.name, nonce, now)
    text = _text(services, _ADD, owner.name, nonce, {})
    try:
        made = verify_registration_response(
            credential=credential,
            expected_challenge=challenge_of(text),
            expected_rp_id=_host(services),
            expected_origin=origin(services),
            require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
        )
        key = hashlib.sha256(spki(made.credential_public_key)).hexdigest()
    except _BROKEN as error:
        raise Denied(Fault("passkey", "La llave no se pudo agregar.", "Inténtelo otra vez.")) from error
    with services.database.write() as tx:
        if not passkeys.spend(tx, challenge_of(text).hex(), until):
            raise _unsigned()
        if passkeys.find(tx, made.credential_id) is not None:
            raise Conflict(
                Fault("passkey", "Esa llave ya está dada de alta.", "No hace falta agregarla otra vez.")
            )
        if len(passkeys.of(tx, owner)) >= MOST:
            raise Conflict(Fault("passkey", f"Ya tiene {MOST} llaves.", "Quite antes la que ya no use."))
        passkeys.add(
            tx, owner, made.credential_id, made.credential_public_key, made.sign_count, device[:60], now
        )
        note(services, tx, actor, "passkey added", now, passkey=key, **details)


def remove(
    services: Services, owner: Owner, actor: Actor, passkey_id: int, now: datetime, **details: object
) -> None:
    """Take a passkey away from its owner; the sessions that theirs opened end. One that is not theirs stays."""
    with services.database.write() as tx:
        gone = passkeys.remove(tx, owner, passkey_id)
        if gone is None:
            return  # a double tap
        key = hashlib.sha256(spki(gone.public_key)).hexdigest()
        note(services, tx, actor, "passkey removed", now, passkey=key, **details)


def of(services: Services, owner: Owner) -> list[Passkey]:
    """Somebody's passkeys."""
    with services.database.read() as tx:
        return passkeys.of(tx, owner)


# -- the administrator --------------------------------------------------------------------------------------


def everyones(services: Services, caller: Caller) -> list[Held]:
    """Every passkey there is. For administrators, who may take one away, and can never add one. Raises Denied."""
    may(caller)
    with services.database.read() as tx:
        return passkeys.everyones(tx)


def revoke(services: Services, caller: Caller, passkey_id: int, now: datetime) -> None:
    """Take somebody's passkey away; the sessions that theirs opened end. One that is gone stays so. Raises Denied."""
    found = next((each for each in everyones(services, caller) if each.passkey.id == passkey_id), None)
    if found is not None:
        owner = found.passkey.owner
        whose = {"officer": found.who} if owner.staff is None else {"staff": owner.staff}
        remove(services, owner, caller.actor, passkey_id, now, **whose)
