"""Court staff and administrators prove who they are: at the door by passkey, and again before what counts."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection

from amparo_notify.cases import passkeys, throttle
from amparo_notify.cases.passkeys import Ceremony
from amparo_notify.cases.services import Services
from amparo_notify.cases.signin import SESSION, Who, staff_key, use_code
from amparo_notify.core.errors import Denied, Fault
from amparo_notify.seal.envelope import hash_token
from amparo_notify.store import staff
from amparo_notify.store.passkeys import Owner
from amparo_notify.store.staff import Staff

TO_BEGIN = timedelta(minutes=15)
"""How fresh a proof must be when a form is begun that uploads or withdraws: somebody who has just come in is asked
nothing, and a computer left open over a meal is."""
TO_FINISH = timedelta(hours=1)
"""How fresh it must still be when such a form is sent. It was at most `TO_BEGIN` old when the form was shown, so there
are 45 minutes to fill it in; nobody needs so many, and nobody must lose what they typed to a clock."""

_SIGN_IN, _CONFIRM = "sign-in", "confirm"
_BY = "passkey"


def at_door(services: Services, now: datetime) -> Ceremony:
    """What lets somebody in by a passkey of theirs, whoever they are."""
    return passkeys.ask(services, _SIGN_IN, "anyone", (), now)


def sign_in(services: Services, nonce: str, credential: str, now: datetime) -> str:
    """Return the token of a new session. Raises Denied."""
    signed = passkeys.answer(services, _SIGN_IN, "anyone", nonce, credential, now)
    with services.database.write() as tx:
        found = staff.find(tx, id=signed.passkey.owner.staff) if signed.passkey.owner.staff else None
        if found is None or not found.active:
            raise Denied(
                Fault(
                    "passkey",
                    "Esa llave no es de una cuenta.",
                    "Entre con su frase y un código, o elija otra.",
                )
            )
        passkeys.take(tx, signed, now)
        return _open(tx, found.id, _BY, now)


def _open(tx: Connection, staff_id: int, by: str, now: datetime) -> str:
    token = secrets.token_urlsafe(32)
    staff.add_session(tx, hash_token(token), by, now, now + SESSION, staff_id=staff_id)
    return token


# -- again, before what counts ------------------------------------------------------------------------------


def asks(services: Services, who: Who, now: datetime) -> Ceremony | None:
    """What confirms by passkey that it is still them; None where they have none."""
    owner = owner_of(who)
    known = passkeys.of(services, owner)
    return passkeys.ask(services, _CONFIRM, owner.name, known, now) if known else None


def owner_of(who: Who) -> Owner:
    """Whose passkeys those of somebody signed in are."""
    return Owner(staff=who.caller.staff)


def confirm(services: Services, who: Who, session: str, nonce: str, credential: str, now: datetime) -> str:
    """Return a new session in place of `session`: their own passkey answered. Raises Denied."""
    owner = owner_of(who)
    signed = passkeys.answer(services, _CONFIRM, owner.name, nonce, credential, now)
    if signed.passkey.owner != owner:
        raise Denied(Fault("passkey", "Esa llave es de otra persona.", "Use la suya."))
    with services.database.write() as tx:
        passkeys.take(tx, signed, now)
        return _renew(tx, _active(tx, owner), session, _BY, now)


def confirm_by_code(services: Services, who: Who, session: str, code: str, now: datetime) -> str:
    """Return a new session in place of `session`: a fresh code, on top of what opened it. Raises Denied."""
    key = staff_key(who.username)
    throttle.count(services, key, "code", now)
    with services.database.read() as tx:
        found = _active(tx, owner_of(who))
    if not use_code(services, found, code, now):
        raise Denied(
            Fault("code", "El código no coincide o ya se usó.", "Espere a que su aplicación muestre otro.")
        )
    throttle.forgive(services, key)
    first = who.caller.authenticated_by.partition("+")[0]
    with services.database.write() as tx:
        return _renew(tx, found, session, f"{first}+totp", now)


def _active(tx: Connection, owner: Owner) -> Staff:
    found = staff.find(tx, id=owner.staff)
    assert found is not None
    if not found.active:
        raise Denied(Fault("account", "Esta cuenta está de baja.", "Hable con quien administra."))
    return found


def _renew(tx: Connection, found: Staff, session: str, by: str, now: datetime) -> str:
    staff.end_session(tx, hash_token(session))
    return _open(tx, found.id, by, now)


# -- one's own passkeys -------------------------------------------------------------------------------------


def to_add(services: Services, who: Who, now: datetime) -> Ceremony:
    """What makes a passkey on this device, for a door at which nobody has said who they are."""
    return passkeys.invite(services, owner_of(who), who.username, now, anywhere=True)


def add(services: Services, who: Who, nonce: str, credential: str, device: str, now: datetime) -> None:
    """Add the passkey that this device made. Raises Denied, Conflict."""
    passkeys.add(
        services, owner_of(who), who.caller.actor, nonce, credential, device, now, staff=who.caller.staff
    )


def remove(services: Services, who: Who, passkey_id: int, now: datetime) -> None:
    """Take one's own passkey away; every session that a passkey of theirs opened ends, this one too."""
    passkeys.remove(services, owner_of(who), who.caller.actor, passkey_id, now, staff=who.caller.staff)
