"""The officer's passkey: it opens the order in place of the PIN, and signs the acknowledgement (grade A3)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from amparo_notify.cases import passkeys, throttle
from amparo_notify.cases.acknowledge import Proof, as_shown, earlier, settle_acknowledgement
from amparo_notify.cases.compose import place
from amparo_notify.cases.new_key import announce
from amparo_notify.cases.officer import NoticeView, admitted, find_link, open_session, pin_matches
from amparo_notify.cases.passkeys import Ceremony, Signed
from amparo_notify.cases.services import Services
from amparo_notify.cases.witness import Receipt
from amparo_notify.core.errors import Denied, Fault, Missing
from amparo_notify.core.events import Grade
from amparo_notify.core.evidence import Actor
from amparo_notify.seal.assertion import ACKNOWLEDGE
from amparo_notify.seal.envelope import hash_token
from amparo_notify.store import escalations, orders, people, staff
from amparo_notify.store.escalations import Link
from amparo_notify.store.orders import Order
from amparo_notify.store.passkeys import Owner

_IDENTIFY = "identify"


def at_door(services: Services, token: str, now: datetime) -> Ceremony | None:
    """What opens the order by passkey; None where its officer has none. Raises Missing for a dead link."""
    link, _ = find_link(services, token, now)
    known = passkeys.of(services, Owner(officer=link.officer))
    return passkeys.ask(services, _IDENTIFY, _subject(link), known, now) if known else None


def identify(services: Services, token: str, nonce: str, credential: str, now: datetime) -> str:
    """Return a session for this link: its officer's own passkey answered. Raises Denied, Missing."""
    link, _ = find_link(services, token, now)
    signed = passkeys.answer(services, _IDENTIFY, _subject(link), nonce, credential, now)
    with services.database.write() as tx:
        _own(tx, link, signed)
        passkeys.take(tx, signed, now)
        return open_session(tx, link, "passkey", now)


def _subject(link: Link) -> str:
    return f"link:{link.id}"


def _own(tx: Connection, link: Link, signed: Signed) -> None:
    """Raise Denied where the passkey is not this officer's, or the officer has left."""
    officer = people.find_officer(tx, id=link.officer)
    if signed.passkey.owner != Owner(officer=link.officer) or officer is None or not officer.active:
        raise Denied(
            Fault(
                "passkey", "Esa llave es de otra persona.", "Este aviso solo se abre y se firma con la suya."
            )
        )


def to_sign(services: Services, token: str, session: str, view: NoticeView, now: datetime) -> Ceremony | None:
    """What has the officer sign exactly what `view` shows; None where they have no passkey. Raises Denied."""
    link = admitted(services, token, session, now).link
    known = passkeys.of(services, Owner(officer=link.officer))
    if not known:
        return None
    said = _said(view.order, link, view.statement, view.document_sha256)
    return passkeys.ask(services, ACKNOWLEDGE, _subject(link), known, now, **said)


def _said(order: Order, link: Link, statement: str, document_sha256: str) -> dict[str, object]:
    """What is signed, besides what every challenge says (docs/adr/0009)."""
    return {
        "folio": order.folio,
        "escalation": link.escalation,
        "officer": link.badge,
        "statement": statement,
        "document_sha256": document_sha256,
    }


def sign(
    services: Services,
    token: str,
    session: str,
    statement_sha256: str,
    document_sha256: str,
    nonce: str,
    credential: str,
    now: datetime,
) -> Receipt:
    """Acknowledge by signature exactly what was shown (A3). A double tap is answered with the same receipt.

    Raises Conflict where the order has changed since, Denied where the signature is not this officer's own.
    """
    link, order_id, _ = admitted(services, token, session, now)
    shown = (statement_sha256, document_sha256)
    with services.database.read() as tx:
        order, escalation = orders.get(tx, order_id), escalations.get(tx, link.escalation)
        if again := earlier(tx, escalation, link, Grade.A3, document_sha256):
            return again
        _, station = place(tx, order, escalation)
        statement, newest = as_shown(services, tx, order, station, *shown)
    said = _said(order, link, statement, newest)
    signed = passkeys.answer(services, ACKNOWLEDGE, _subject(link), nonce, credential, now, **said)
    with services.database.write(order_id) as tx:
        order, escalation = orders.get(tx, order_id), escalations.get(tx, link.escalation)
        as_shown(services, tx, order, station, *shown)
        _own(tx, link, signed)
        if again := earlier(tx, escalation, link, Grade.A3, newest):
            return again
        passkeys.take(tx, signed, now)
        proof = Proof(Grade.A3, "passkey", statement, newest, displayed=True, assertion=signed.assertion)
        return settle_acknowledgement(services, tx, order, escalation, link, proof, now)


# -- the officer's own passkeys -----------------------------------------------------------------------------


def to_add(services: Services, view: NoticeView, now: datetime) -> Ceremony | None:
    """What makes a passkey on this phone; only for somebody who came in by their PIN."""
    if view.by != "pin":
        return None
    return passkeys.invite(services, Owner(officer=view.officer), view.badge, now)


def add(
    services: Services, token: str, session: str, nonce: str, credential: str, device: str, now: datetime
) -> None:
    """Add the passkey that this phone made. Raises Denied, Conflict, Missing."""
    found = admitted(services, token, session, now)
    if found.by != "pin":
        raise Denied(
            Fault("passkey", "Para agregar una llave, entre con su NIP.", "Salga y vuelva a entrar.")
        )
    _add(services, found.link.officer, found.link.badge, nonce, credential, device, now)


def _add(
    services: Services, officer_id: int, badge: str, nonce: str, credential: str, device: str, now: datetime
) -> None:
    owner, actor = Owner(officer=officer_id), Actor(f"officer:{badge}", "pin")
    passkeys.add(services, owner, actor, nonce, credential, device, now, officer=badge)
    announce(services, badge, device, now)


def remove(services: Services, token: str, session: str, passkey_id: int, now: datetime) -> None:
    """Take one of the officer's own passkeys away. Raises Denied, Missing for a dead link."""
    found = admitted(services, token, session, now)
    owner = Owner(officer=found.link.officer)
    passkeys.remove(services, owner, found.actor, passkey_id, now, officer=found.link.badge)


@dataclass(frozen=True)
class Enrolling:
    """An officer at the link with which they chose their PIN."""

    officer: int
    badge: str
    post: str


def enrolling(services: Services, token: str, now: datetime) -> Enrolling:
    """Whose link it is. Raises Missing before the PIN is chosen, and once the link ends."""
    with services.database.read() as tx:
        officer_id = staff.used_invitation(tx, hash_token(token), now)
        officer = people.find_officer(tx, id=officer_id) if officer_id is not None else None
    if officer is None or not officer.active:
        raise Missing(Fault("link", "Este enlace no existe o venció.", "Pida uno nuevo a quien administra."))
    return Enrolling(officer.id, officer.badge, officer.post)


def at_enrolment(services: Services, token: str, pin: str, now: datetime) -> Ceremony:
    """What makes a passkey on this phone, for whoever knows the PIN: the link alone is no proof, for somebody sent it.

    Raises Denied for a wrong PIN and after too many, Missing for a dead link.
    """
    own = enrolling(services, token, now)
    key = f"pin:enrolment:{own.officer}"
    left = throttle.count(services, key, "pin", now)
    if not pin_matches(services, own.officer, pin):
        raise Denied(
            Fault(
                "pin",
                "El NIP no es correcto.",
                f"Le quedan {left} intentos." if left else "Espere 5 minutos.",
            )
        )
    throttle.forgive(services, key)
    return passkeys.invite(services, Owner(officer=own.officer), own.badge, now)


def add_at_enrolment(
    services: Services, token: str, nonce: str, credential: str, device: str, now: datetime
) -> None:
    """Add the passkey that this phone made; the nonce proves that the PIN was given. Raises Denied, Conflict."""
    own = enrolling(services, token, now)
    _add(services, own.officer, own.badge, nonce, credential, device, now)
