"""Listening: providers' callbacks, and keys pressed. All verified and parsed before they come here."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Connection

from amparo_notify.cases import ringing, same_call, throttle
from amparo_notify.cases.acknowledge import OVER, Proof, settle_acknowledgement
from amparo_notify.cases.compose import facts_for
from amparo_notify.cases.dispatch import next_contact
from amparo_notify.cases.officer import pin_matches, required_grade
from amparo_notify.cases.services import Services
from amparo_notify.cases.witness import stream_of, witness
from amparo_notify.channels.rendering import keypad as keypad_answer
from amparo_notify.channels.rendering import render
from amparo_notify.channels.sendgrid import NOT_FOR_EVER
from amparo_notify.channels.twilio_words import CALL_OVER, DEAD_ADDRESS, NUMBER_IS_NONE
from amparo_notify.core.errors import Denied, Refusal
from amparo_notify.core.escalation import CHASES
from amparo_notify.core.events import Event, Grade
from amparo_notify.core.evidence import Actor, Fact
from amparo_notify.core.notice import Cause, Medium, Status, receipt, rise
from amparo_notify.core.ports import ProviderEvent
from amparo_notify.store import escalations, orders, outbox, people
from amparo_notify.store.escalations import Link
from amparo_notify.store.outbox import Attempt

NOTHING_ELSE: Mapping[str, object] = MappingProxyType({})


def heard(services: Services, event: ProviderEvent, now: datetime) -> bool:
    """A provider's word on one attempt; return whether it was new. Duplicates, late, reordered and foreign ones change
    nothing."""
    with services.database.read() as tx:
        attempt = outbox.attempt_by_reference(tx, event.reference)
    if attempt is None:
        return False
    with services.database.write(attempt.order) as tx:
        new = _keep(services, tx, attempt, event, now)
        if new:
            current = outbox.attempt_by_id(tx, attempt.id)
            assert current is not None
            _settle(services, tx, current, event, now)
    if attempt.medium is Medium.VOICE and CALL_OVER & set(event.detail.split()):
        same_call.ended(services, attempt, now)
    return new


def _settle(
    services: Services, tx: Connection, attempt: Attempt, event: ProviderEvent, now: datetime
) -> None:
    """What a word means. Of what a call only went on with, nothing but a key pressed in that call speaks."""
    if attempt.unanswered:
        if event.status is not Status.HEARD or event.provider_id != attempt.provider_id:
            return
        same_call.answered(services, tx, attempt, now)
    settle_status(services, tx, attempt, event, now)


def _keep(services: Services, tx: Connection, attempt: Attempt, event: ProviderEvent, now: datetime) -> bool:
    """Keep the raw event, sealed; return False for a duplicate."""
    safe = orders.safe_of(tx, services.vault, attempt.order)
    key = event.key[:100]
    raw = safe.seal_json(dict(event.raw), f"event:{event.provider}:{key}")
    added = outbox.add_event(
        tx, provider=event.provider, event_key=key, attempt=attempt.id, received_at=now, raw_sealed=raw
    )
    return added is not None


def settle_status(
    services: Services, tx: Connection, attempt: Attempt, event: ProviderEvent, now: datetime
) -> None:
    """Raise an attempt's status, record what it means, and chase on where it means failure. Holds the lock."""
    ringing.heard(services, tx, attempt, event, now)
    status = rise(attempt.status, event.status)
    if attempt.provider_id is None and event.provider_id is not None:
        outbox.update_attempt(
            tx, attempt.id, provider_id=event.provider_id
        )  # the callback overtook the answer
    if status is attempt.status:
        return
    columns: dict[str, object] = {"status": str(status), "detail": event.detail[:120]}
    if status.final:
        columns["check_at"] = None
    outbox.update_attempt(tx, attempt.id, **columns)
    order = orders.get(tx, attempt.order)
    said: dict[str, object] = {
        "notice": attempt.notice,
        "escalation": attempt.escalation,
        "reference": attempt.reference,
        "medium": str(attempt.medium),
        "provider": event.provider,
        "status": str(status),
        "detail": event.detail[:120],
    }
    actor = Actor(f"provider:{event.provider}", "signature" if event.detail != "asked" else "asked")
    if receipt(attempt.medium, status) or status is Status.DELIVERED:
        witness(services, tx, stream_of(tx, order), Fact(Event.DELIVERED, now, actor, Grade.A0, said), now)
    elif status.failed:
        witness(services, tx, stream_of(tx, order), Fact(Event.UNDELIVERED, now, actor, Grade.A0, said), now)
        if dead(attempt.medium, event.detail):
            _bury(services, tx, attempt, now)


def dead(medium: Medium, detail: str) -> bool:
    """Whether a failure says that the address will never take anything; a phone that is off may come back."""
    words = detail.split()
    if medium is Medium.EMAIL:
        return _mailbox_is_none(words)
    sip = [word.removeprefix("sip:") for word in words if word.startswith("sip:")]
    failed = medium is Medium.VOICE and "failed" in words and all(code in NUMBER_IS_NONE for code in sip)
    return bool(DEAD_ADDRESS.keys() & set(words)) or failed


def _mailbox_is_none(words: list[str]) -> bool:
    if "dropped" in words:
        return "address" in words
    return "bounce" in words and "blocked" not in words and not words[-1].startswith(NOT_FOR_EVER)


def _bury(services: Services, tx: Connection, attempt: Attempt, now: datetime) -> None:
    """A contact that will never answer: its notice failed, the next contact is written and the plan made anew."""
    outbox.settle(tx, attempt.notice, None, state="failed", next_at=None)
    next_contact(services, tx, outbox.claimed(tx, attempt.notice), now)


# -- proofs, whatever the road ---------------------------------------------------------------------------------


def try_pin(
    services: Services,
    link: Link,
    order_id: int,
    pin: str,
    how: str,
    now: datetime,
    said: Mapping[str, object] = NOTHING_ELSE,
    *,
    again: bool = False,
) -> tuple[str, int]:
    """Judge a PIN and settle the acknowledgement that it proves; `how` is the road, "sms+pin" or "keypad+pin".

    `said` is what its record says besides. `again`: the same keys were delivered before, and are no further guess.

    Return ("accepted" | "unsigned" | "already" | "wrong" | "locked" | "closed", tries left). Who asks again for what
    they have acknowledged themselves is told "accepted" again; "unsigned": it is on record, and the station's policy
    asks for more than a PIN.
    """
    key = f"pin:{how}:{link.officer}"  # each road its own: a flood on one locks nobody out of the others
    try:
        left = (throttle.left if again else throttle.count)(services, key, "pin", now)
    except Denied:
        return "locked", 0
    if not pin_matches(services, link.officer, pin):
        return ("wrong", left) if left else ("locked", 0)
    throttle.forgive(services, key)
    with services.database.write(order_id) as tx:
        order, escalation = orders.get(tx, order_id), escalations.get(tx, link.escalation)
        first = any(each.badge == link.badge for each in escalations.acknowledgements(tx, escalation.id))
        already = escalation.state.phase not in CHASES and not first
        statement = f"{how}: enterado de la orden {order.folio}, expediente {order.expediente}"
        shown = any(each.displayed_at is not None for each in escalations.links_of(tx, escalation.id))
        unsigned = escalation.state.phase in CHASES and required_grade(tx, escalation) > Grade.A2
        document = orders.document_hashes(tx, order_id)[-1]
        proof = Proof(Grade.A2, how, statement, document, displayed=shown, said=said)
        try:
            settle_acknowledgement(services, tx, order, escalation, link, proof, now)
        except Refusal:
            return "closed", 0
    return ("unsigned" if unsigned else "already" if already else "accepted"), 0


def held_channel(
    services: Services,
    link: Link,
    order_id: int,
    medium: str,
    now: datetime,
    said: Mapping[str, object] = NOTHING_ELSE,
) -> bool:
    """Grade A1: somebody held the channel. On record, and the chase goes on. False where the order is over."""
    with services.database.write(order_id) as tx:
        order, escalation = orders.get(tx, order_id), escalations.get(tx, link.escalation)
        if escalation.state.phase in OVER:
            return False
        officer = people.find_officer(tx, id=link.officer)
        assert officer is not None
        details: dict[str, object] = {
            "escalation": escalation.id,
            "officer": link.badge,
            "post": officer.post,
            "medium": medium,
            **said,
        }
        fact = Fact(Event.ACKNOWLEDGED, now, Actor(f"officer:{link.badge}", medium), Grade.A1, details)
        witness(services, tx, stream_of(tx, order), fact, now)
    return True


# -- keys ---------------------------------------------------------------------------------------------------

ANSWERS = ("accepted", "unsigned", "already", "closed", "noted")
"""After these nothing more is to be pressed for this order: the call may go on with the next."""

ASKS_ONE_KEY = (Cause.DISPLAY, Cause.OUTCOME)
"""Calls that ask for no PIN, for they are not about acknowledging: any key shows that somebody heard them."""


def keypad(services: Services, event: ProviderEvent, digits: str, now: datetime) -> str | None:
    """Act on the keys pressed in a call and return the TwiML that answers; None for a call that is not ours."""
    with services.database.read() as tx:
        attempt = outbox.attempt_by_reference(tx, event.reference)
        claimed = outbox.claimed(tx, attempt.notice) if attempt else None
        link = (
            escalations.link_of(tx, claimed.escalation, claimed.officer)
            if claimed and claimed.officer
            else None
        )
    if attempt is None or claimed is None or link is None:
        return None
    again = bool(digits) and not heard(services, event, now)
    attempts, after = 0, None
    if digits == "9" or not digits:
        word = "repeat"
    elif len(digits) < 4:
        held = held_channel(services, link, claimed.order, "voice", now)
        word = "closed" if not held else "noted" if claimed.cause in ASKS_ONE_KEY else "heard"
    else:
        word, attempts = try_pin(services, link, claimed.order, digits, "keypad+pin", now, again=again)
    if word in ANSWERS and event.provider_id:
        after = same_call.go_on(services, attempt, event.provider_id, now)
    with services.database.read() as tx:
        order, escalation = orders.get(tx, claimed.order), escalations.get(tx, claimed.escalation)
        facts = facts_for(services, tx, order, escalation, claimed, event.reference)
    if word == "repeat":
        return render(claimed.cause, Medium.VOICE, facts, "", event.reference, 600).text
    return keypad_answer(word, facts, attempts=attempts, after=after)
