"""Contacts confirmed by a code that is sent to them: until then they are used, and not counted on."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row

from amparo_notify.cases import throttle
from amparo_notify.cases.direct import post
from amparo_notify.cases.escalate import plan_station_anew
from amparo_notify.cases.services import Caller, Services
from amparo_notify.cases.settings_log import note
from amparo_notify.core.errors import Denied, Fault, Invalid, Missing, Unfit
from amparo_notify.core.evidence import Actor
from amparo_notify.core.notice import Medium
from amparo_notify.seal.envelope import hash_token
from amparo_notify.store import contacts, people, staff
from amparo_notify.store.contacts import KeptContact

SLOT = timedelta(minutes=10)
"""A code is good in the ten minutes it was sent in and in the next ten."""

_MEDIUM = {"mobile": Medium.SMS, "landline": Medium.VOICE, "email": Medium.EMAIL}


@dataclass(frozen=True)
class Mine:
    """One contact as its officer sees it."""

    id: int
    kind: str  # mobile | landline | email
    hint: str  # enough to tell it from the others: "••• 0101", "a•••@estacion.example"
    verified: bool


@dataclass(frozen=True)
class Own:
    """What an officer's page of contacts shows."""

    badge: str
    post: str
    contacts: tuple[Mine, ...]
    also: tuple[Medium, ...]  # media that they added to the policy's

    @property
    def media(self) -> tuple[Medium, ...]:
        """By what their contacts can reach them."""
        possible = {medium for each in self.contacts for medium in people.MEDIA[each.kind]}
        return tuple(medium for medium in Medium if medium in possible)

    @property
    def left(self) -> int:
        """How many contacts are not confirmed."""
        return sum(not each.verified for each in self.contacts)


def own_contacts(services: Services, token: str, now: datetime) -> Own:
    """An officer's contacts, by the link with which they chose their PIN. Raises Missing before, and once it ends."""
    with services.database.read() as tx:
        owner = _owner(tx, token, now)
        found = contacts.of_officer(tx, services.vault, owner.badge)
        also = people.everyone(tx, [owner.badge])[owner.badge].also
    mine = (Mine(each.id, each.kind, _hint(each), each.verified_at is not None) for each in found)
    return Own(owner.badge, owner.post, tuple(mine), also)


def _owner(tx: Connection, token: str, now: datetime) -> Row[tuple[object, ...]]:
    """The row of the officer who chose a PIN by this link."""
    officer_id = staff.used_invitation(tx, hash_token(token), now)
    officer = people.find_officer(tx, id=officer_id) if officer_id is not None else None
    if officer is None or not officer.active:
        raise Missing(Fault("link", "Este enlace no existe o venció.", "Pida uno nuevo a quien administra."))
    return officer


def choose_media(services: Services, token: str, media: Sequence[str], now: datetime) -> None:
    """Add media of an officer's own to the policy's, in place of those added before; the policy's always stay.

    Raises Invalid for a medium that no contact of theirs takes, Missing as `own_contacts`.
    """
    own = own_contacts(services, token, now)
    if strange := [each for each in media if each not in own.media]:
        raise Invalid(
            Fault(
                "also", f"«{strange[0]}» no llega a ninguno de sus contactos.", "Elija entre los que tiene."
            )
        )
    chosen = tuple(medium for medium in own.media if medium in media)
    with services.database.write() as tx:
        owner = _owner(tx, token, now)
        people.add_media(tx, owner.badge, chosen)
        actor = Actor(f"officer:{owner.badge}", "link")
        note(
            services, tx, actor, "media added", now, officer=owner.badge, media=[str(each) for each in chosen]
        )
    if owner.station is not None:
        plan_station_anew(services, owner.station, now)


def _hint(contact: KeptContact) -> str:
    if contact.kind != "email":
        return f"••• {contact.address[-4:]}"
    name, _, host = contact.address.partition("@")
    return f"{name[:1]}•••@{host}"


def _mine(services: Services, token: str, contact_id: int, now: datetime) -> KeptContact:
    with services.database.read() as tx:
        found = contacts.of_officer(tx, services.vault, _owner(tx, token, now).badge)
    contact = next((each for each in found if each.id == contact_id), None)
    if contact is None:
        raise Missing(Fault("contact", "Ese contacto no es suyo.", "Recargue la página."))
    return contact


def send_code(services: Services, token: str, contact_id: int, now: datetime, *, call: bool = False) -> None:
    """Send a code to one of the officer's contacts; `call`: say it, for a telephone that takes no texts.

    Raises Denied after too many, Unfit where no provider takes it.
    """
    contact = _mine(services, token, contact_id, now)
    throttle.count(services, f"code-sent:{contact.id}", f"code-{contact.id}", now)
    medium = Medium.VOICE if call and contact.kind == "mobile" else _MEDIUM[contact.kind]
    code = code_of(services, contact, now)
    valid = int(SLOT.total_seconds())
    if post(services, "code", medium, contact.address, valid, code=code):
        return
    field = f"code-{contact.id}"
    raise Unfit(
        Fault(
            field, "No se pudo enviar el código.", "Intente de nuevo en un minuto o avise a quien administra."
        )
    )


def code_of(services: Services, contact: KeptContact, at: datetime) -> str:
    """The code of a contact at an instant: made anew each time, and kept nowhere."""
    slot = int(at.timestamp() // SLOT.total_seconds())
    drawn = services.tokens.blind_index("contact-code", f"{contact.id}:{contact.address_hash}:{slot}")
    return f"{int(drawn, 16) % 1_000_000:06d}"


def confirm(services: Services, token: str, contact_id: int, code: str, now: datetime) -> None:
    """Confirm a contact by the code that it got. Raises Invalid for a wrong one, Denied after too many."""
    contact = _mine(services, token, contact_id, now)
    field = f"code-{contact.id}"
    key = f"code-typed:{contact.id}"
    left = throttle.count(services, key, field, now)
    good = [code_of(services, contact, now), code_of(services, contact, now - SLOT)]
    if not any(secrets.compare_digest(each.encode(), code.strip().encode()) for each in good):
        again = f"Le quedan {left} intentos." if left else "Espere 5 minutos."
        raise Invalid(Fault(field, "El código no coincide.", again))
    throttle.forgive(services, key)
    throttle.forgive(services, f"code-sent:{contact.id}")
    with services.database.write() as tx:
        if contacts.confirm(tx, contact.id, now):
            said = {"officer": contact.badge, "kind": contact.kind, "position": contact.position}
            note(services, tx, Actor(f"officer:{contact.badge}", "code"), "contact confirmed", now, **said)


def states(services: Services, caller: Caller) -> dict[str, tuple[bool, ...]]:
    """Badge to whether each contact is confirmed, in the order in which `personnel.officers` lists them."""
    if caller.role not in ("admin", "operator"):
        raise Denied(Fault("account", "Esto lo ve quien administra.", "Pídalo a la administración."))
    with services.database.read() as tx:
        return contacts.states(tx)
