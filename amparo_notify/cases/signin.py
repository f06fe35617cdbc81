"""Who somebody is: staff by passphrase and TOTP, systems by token, and the one-time links by which both begin."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import pairwise

import pyotp

from amparo_notify.cases import throttle
from amparo_notify.cases.services import Caller, Services
from amparo_notify.core.errors import Denied, Fault, Invalid, Missing
from amparo_notify.seal.envelope import hash_token
from amparo_notify.store import passkeys, people, staff
from amparo_notify.store import vault as vaults
from amparo_notify.store.passkeys import Owner
from amparo_notify.store.staff import Staff

SESSION = timedelta(hours=12)
INVITATION = timedelta(days=7)
SHORTEST = 12
ISSUER = "amparo_notify"
BY_CODE = "passphrase+totp"
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=1$CnfyobIEyi/K5xS/A88t1A$WIQ6OwyCgv3ZZOjaiO/Uel8uOJbCiByu2CX8ExdMjjs"
"""A hash that nothing matches: an unknown user costs the same time as a known one."""


@dataclass(frozen=True)
class Who:
    """Somebody signed in."""

    caller: Caller
    username: str
    name: str
    court_name: str
    proved_at: datetime  # when they last proved who they are


@dataclass(frozen=True)
class Invitation:
    username: str
    name: str
    court_name: str
    totp_uri: str
    totp_secret: str


@dataclass(frozen=True)
class PinInvitation:
    badge: str
    post: str
    station: str


def sign_in(services: Services, username: str, passphrase: str, code: str, now: datetime) -> str:
    """Return the token of a new session, by passphrase and code. Raises Denied, always with the same sentence."""
    key = staff_key(username)
    throttle.count(services, key, "username", now)
    with services.database.read() as tx:
        found = staff.find(tx, username=username)
        known = staff.credential_of(tx, found.id, "passphrase") if found else None
    right = services.secrets.matches(known.secret.decode() if known else _NOBODY, passphrase)
    if not (found and known and right and found.active) or not use_code(services, found, code, now):
        raise Denied(
            Fault(
                "username",
                "El usuario, la frase o el código no coinciden.",
                "Revise los tres y vuelva a intentar.",
            )
        )
    throttle.forgive(services, key)
    token = secrets.token_urlsafe(32)
    with services.database.write() as tx:
        staff.add_session(tx, hash_token(token), BY_CODE, now, now + SESSION, staff_id=found.id)
    return token


def staff_key(username: str) -> str:
    """Under which tries at somebody's account are counted, passphrase and code alike."""
    return f"staff:{sha256(username.encode()).hexdigest()[:32]}"


def use_code(services: Services, found: Staff, code: str, now: datetime) -> bool:
    """Whether a TOTP code is right now (a step either side, RFC 6238 section 5.2) and was never used."""
    with services.database.write() as tx:
        kept = staff.credential_of(tx, found.id, "totp")
        if kept is None:
            return False
        safe = vaults.unlock(tx, services.vault, f"staff:{found.username}")
        counter = _counter(safe.open(kept.secret, f"totp:{found.username}"), code, now)
        return counter is not None and staff.use_counter(tx, kept.id, counter)


def _counter(seed: str, code: str, now: datetime) -> int | None:
    totp = pyotp.TOTP(seed)
    steps = (int(now.timestamp()) // totp.interval + drift for drift in (0, -1, 1))
    return next(
        (step for step in steps if secrets.compare_digest(totp.generate_otp(step), code.strip())), None
    )


def who(services: Services, session_token: str, now: datetime) -> Who | None:
    """Who holds a session, or None."""
    with services.database.read() as tx:
        found = staff.session_of(tx, hash_token(session_token), now)
        if found is None or found.staff is None:
            return None
        person = staff.find(tx, id=found.staff)
        if person is None or not person.active:
            return None
        name = staff.name(tx, services.vault, person.username)
    caller = _caller(person, found.authenticated_by)
    return Who(caller, person.username, name, person.court_name, found.made_at)


def sign_out(services: Services, session_token: str, now: datetime) -> None:
    """End a session."""
    with services.database.write() as tx:
        staff.end_session(tx, hash_token(session_token))


def bearer(services: Services, token: str, now: datetime) -> Caller | None:
    """Who an API token belongs to, or None."""
    with services.database.read() as tx:
        found = staff.with_token(tx, hash_token(token).encode())
    return _caller(found, "token") if found and found.active else None


def _caller(person: Staff, how: str) -> Caller:
    return Caller(person.id, person.court, person.role, how)


# -- one-time links -----------------------------------------------------------------------------------------


def invite_staff(services: Services, staff_id: int, username: str, now: datetime) -> str:
    """Return the address of a one-time link by which somebody enrols."""
    token = secrets.token_urlsafe(24)
    with services.database.write() as tx:
        safe = vaults.unlock(tx, services.vault, f"staff:{username}")
        sealed = safe.seal(pyotp.random_base32(), f"seed:{username}")
        staff.add_invitation(tx, hash_token(token), now + INVITATION, staff_id=staff_id, seed_sealed=sealed)
    return services.url(f"/alta/{token}")


def invite_officer(services: Services, officer_id: int, now: datetime) -> str:
    """Return the address of a one-time link by which an officer chooses a PIN."""
    token = secrets.token_urlsafe(24)
    with services.database.write() as tx:
        staff.add_invitation(tx, hash_token(token), now + INVITATION, officer_id=officer_id)
    return services.url(f"/nip/{token}")


def staff_invitation(services: Services, token: str, now: datetime) -> Invitation:
    """What the enrolment page shows. Raises Missing for a link that is unknown, used or too old."""
    _, person, seed = _staff_invitation(services, token, now)
    with services.database.read() as tx:
        name = staff.name(tx, services.vault, person.username)
    uri = pyotp.TOTP(seed).provisioning_uri(name=person.username, issuer_name=ISSUER)
    return Invitation(person.username, name, person.court_name, uri, seed)


def _staff_invitation(services: Services, token: str, now: datetime) -> tuple[int, Staff, str]:
    with services.database.read() as tx:
        found = staff.invitation_of(tx, hash_token(token), now)
        if found is None or found.staff is None or found.seed_sealed is None:
            raise _no_link()
        person = staff.find(tx, id=found.staff)
        assert person is not None
        safe = vaults.unlock(tx, services.vault, f"staff:{person.username}")
        return found.id, person, safe.open(found.seed_sealed, f"seed:{person.username}")


def _no_link() -> Missing:
    return Missing(
        Fault("link", "Este enlace no existe, ya se usó o venció.", "Pida uno nuevo a quien administra.")
    )


def enrol(services: Services, token: str, passphrase: str, code: str, now: datetime) -> None:
    """Set a passphrase and the TOTP seed on offer. Raises Invalid naming the field, Missing for a dead link."""
    invitation_id, person, seed = _staff_invitation(services, token, now)
    faults = []
    if len(passphrase) < SHORTEST:
        faults.append(
            Fault("passphrase", f"Tiene menos de {SHORTEST} caracteres.", "Use una frase de varias palabras.")
        )
    if person.username.lower() in passphrase.lower():
        faults.append(Fault("passphrase", "Contiene su nombre de usuario.", "Elija otra frase."))
    counter = _counter(seed, code, now)
    if counter is None:
        faults.append(
            Fault("code", "El código no coincide.", "Escriba los 6 dígitos que muestra ahora su aplicación.")
        )
    if faults:
        raise Invalid(*faults)
    hashed = services.secrets.hash(passphrase)
    with services.database.write() as tx:
        if not staff.use_invitation(tx, invitation_id, now):
            raise _no_link()
        safe = vaults.unlock(tx, services.vault, f"staff:{person.username}")
        passkeys.remove_all(tx, Owner(staff=person.id))  # whoever begins anew may have lost the device
        staff.set_credential(tx, person.id, "passphrase", hashed.encode(), now)
        staff.set_credential(tx, person.id, "totp", safe.seal(seed, f"totp:{person.username}"), now)


def pin_invitation(services: Services, token: str, now: datetime) -> PinInvitation:
    """What the PIN page shows. Raises Missing for a dead link."""
    with services.database.read() as tx:
        found = staff.invitation_of(tx, hash_token(token), now)
        if found is None or found.officer is None:
            raise _no_link()
        officer = people.find_officer(tx, id=found.officer)
        assert officer is not None
        station = people.find_station(tx, id=officer.station) if officer.station is not None else None
    return PinInvitation(officer.badge, officer.post, station.name if station else "")


def choose_pin(services: Services, token: str, pin: str, now: datetime) -> None:
    """Set an officer's PIN. Raises Invalid for one that anybody would guess, Missing for a dead link."""
    if not re.fullmatch(r"[0-9]{6}", pin):
        raise Invalid(Fault("pin", "El NIP debe tener 6 dígitos.", "Escriba seis números."))
    if trivial(pin):
        raise Invalid(Fault("pin", "Ese NIP se adivina.", "Evite repeticiones, escaleras y años."))
    hashed = services.secrets.hash(pin)
    with services.database.write() as tx:
        found = staff.invitation_of(tx, hash_token(token), now)
        if found is None or found.officer is None or not staff.use_invitation(tx, found.id, now):
            raise _no_link()
        people.set_pin(tx, found.officer, hashed)


def trivial(pin: str) -> bool:
    """Whether a PIN is among those that people guess first."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    return len(set(pin)) < 3 or len(steps) == 1 or pin[:3] == pin[3:] or pin[:2] * 3 == pin
