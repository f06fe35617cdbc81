"""An officer's text: acted on, kept sealed without its PIN, and answered. Strangers' phones are told nothing.

A number can be forged and costs money to answer, so what is not proved by a PIN counts only from the officer's own
phone, and only a registered phone is answered. A code with its PIN counts from any phone: that is who it is.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from amparo_notify.cases import throttle
from amparo_notify.cases.acknowledge import OVER
from amparo_notify.cases.blocked import blocked
from amparo_notify.cases.compose import facts_for
from amparo_notify.cases.escalate import advance
from amparo_notify.cases.inform import alarm_court
from amparo_notify.cases.listen import held_channel, try_pin
from amparo_notify.cases.services import Services
from amparo_notify.cases.witness import stream_of, witness
from amparo_notify.channels.callbacks import Inbound
from amparo_notify.channels.rendering import sms_answer
from amparo_notify.core.errors import Denied
from amparo_notify.core.events import Event, Grade
from amparo_notify.core.evidence import Actor, Fact
from amparo_notify.store import claims, escalations, inbound, orders, outbox, people
from amparo_notify.store.escalations import Link
from amparo_notify.store.orders import Order

_MEXICAN = re.compile(r"\+52[0-9]{10}")
PROVED = ("accepted", "unsigned", "already")
"""Answers that only whoever knows the PIN can draw."""
TURN = timedelta(seconds=60)
"""How long a process has for one text; then it counts as dead, and the next one acts."""


@dataclass(frozen=True)
class Answer:
    """What a text is answered with, or "" for silence. `again`: a process that had its turn before may have sent it."""

    text: str
    again: bool = False


@dataclass(frozen=True)
class _Asked:
    """A text, and whose phone it came from: badges of officers, several where a phone is shared."""

    services: Services
    inbound: Inbound
    badges: tuple[str, ...]
    now: datetime


def inbound_sms(services: Services, text: Inbound, now: datetime) -> str:
    """Act on a text that a provider posts, and return the text to answer, or "" for silence."""
    answer = act(services, text, now)
    if answer is None or answer.again:
        return ""  # posted twice: answered already, or about to be
    if answer.text:
        finish(services, text, now)
    return answer.text


def act(services: Services, text: Inbound, now: datetime) -> Answer | None:
    """Act on a text, once, whoever else has it too; return its answer, or None where that is not ours to give (yet).

    An answer that is not silence is owed until `finish`.
    """
    number = services.tokens.blind_index("contact", text.sender)
    with services.database.read() as tx:
        badges = tuple(people.owners_of(tx, number))
    asked = _Asked(services, text, badges, now)
    found = _link(asked)
    if not badges and found is None:
        return Answer("")  # a stranger's: nothing follows from it, and nothing of it is kept
    with services.database.write() as tx:
        turn = inbound.take(tx, text.provider, text.provider_id, now, now + TURN)
    if turn is None:
        return None
    if turn.answer is not None:
        return Answer(turn.answer, again=True)
    said = _decided(asked, number, found)
    with services.database.write() as tx:
        if said:
            inbound.acted(tx, text.provider, text.provider_id, said, now + TURN)
        else:
            inbound.finish(tx, text.provider, text.provider_id, now)
    return Answer(said)


def finish(services: Services, text: Inbound, now: datetime) -> None:
    """A text was answered: nobody looks at it again."""
    with services.database.write() as tx:
        inbound.finish(tx, text.provider, text.provider_id, now)


def _decided(asked: _Asked, number: str, found: tuple[Link, int] | None) -> str:
    """Do what a text says, and return the text to answer, or "" for silence."""
    kind = asked.inbound.reply.kind
    if kind == "stop":
        return _seldom(asked, number, lambda: _stopped(asked, number))
    if kind == "help":
        return _seldom(asked, number, lambda: _help(asked))
    if found is None:
        return _seldom(asked, number, lambda: sms_answer("unknown"))
    word, text = _act(asked, *found)
    _keep(asked, *found)
    return text if asked.badges or (word in PROVED and _MEXICAN.fullmatch(asked.inbound.sender)) else ""


def _link(asked: _Asked) -> tuple[Link, int] | None:
    """The way to an order that a text names and its sender may speak for, and the order."""
    sent_at = asked.inbound.sent_at or asked.now
    with asked.services.database.read() as tx:
        for code in asked.inbound.reply.codes:
            link = escalations.link_by_code(tx, code)
            if link and link.expires_at > sent_at and (asked.inbound.reply.pin or link.badge in asked.badges):
                return link, escalations.get(tx, link.escalation).order
    return None


def _act(asked: _Asked, link: Link, order_id: int) -> tuple[str, str]:
    """Do what a text says; return the word for what came of it, and the answer."""
    services, reply, attempts = asked.services, asked.inbound.reply, 0
    if reply.kind == "refuse":
        word = _refuse(asked, link, order_id)
    elif reply.pin:
        said = asked.inbound.said
        word, attempts = try_pin(services, link, order_id, reply.pin, "sms+pin", asked.now, said)
    else:
        held = held_channel(services, link, order_id, "sms", asked.now, asked.inbound.said)
        word = "heard" if held else "closed"
    with services.database.read() as tx:
        return word, _text(services, tx, link, orders.get(tx, order_id), word, attempts)


def _text(services: Services, tx: Connection, link: Link, order: Order, word: str, attempts: int) -> str:
    escalation = escalations.get(tx, link.escalation)
    claimed = outbox.claimed_for(tx, escalation.id, link.officer)
    return sms_answer(word, facts_for(services, tx, order, escalation, claimed, ""), attempts=attempts)


def _keep(asked: _Asked, link: Link, order_id: int) -> None:
    """Keep the text in the order's annex, sealed and without its PIN."""
    services, text = asked.services, asked.inbound
    with services.database.write(order_id) as tx:
        safe = orders.safe_of(tx, services.vault, order_id)
        notice = outbox.claimed_for(tx, link.escalation, link.officer).id
        attempt = claims.latest_attempts(tx, [notice]).get(notice)
        outbox.add_event(
            tx,
            provider=text.provider,
            event_key=text.key,
            attempt=attempt.id if attempt else None,
            received_at=asked.now,
            raw_sealed=safe.seal_json(dict(text.raw), f"event:{text.provider}:{text.key}"),
        )


def _refuse(asked: _Asked, link: Link, order_id: int) -> str:
    """An officer declines: on record, the court is told, and the plan goes on without waiting."""
    services, now = asked.services, asked.now
    with services.database.write(order_id) as tx:
        order, escalation = orders.get(tx, order_id), escalations.get(tx, link.escalation)
        if escalation.state.phase in OVER:
            return "closed"
        officer = people.find_officer(tx, id=link.officer)
        assert officer is not None
        details: dict[str, object] = {
            "escalation": escalation.id,
            "officer": link.badge,
            "post": officer.post,
            **asked.inbound.said,
        }
        fact = Fact(Event.DECLINED, now, Actor(f"officer:{link.badge}", "sms"), Grade.A1, details)
        seq = witness(services, tx, stream_of(tx, order), fact, now)
        alarm_court(services, tx, order, escalation, seq, "refused", now)
        advance(services, tx, order, escalations.get(tx, escalation.id), now)
    return "refused"


def _stopped(asked: _Asked, number: str) -> str:
    waiting = blocked(asked.services, number, asked.badges, asked.now, asked.inbound.said)
    return sms_answer("stopped") if waiting else ""


def _help(asked: _Asked) -> str:
    """How to answer, with the codes that wait for whoever owns this phone; on a shared phone no code is named."""
    return sms_answer("help", codes=_codes(asked) if len(asked.badges) == 1 else ())


def _codes(asked: _Asked) -> tuple[str, ...]:
    with asked.services.database.read() as tx:
        officer = people.find_officer(tx, badge=asked.badges[0])
        assert officer is not None
        waiting = outbox.open_orders_of(tx, list(asked.badges))
        links = [escalations.link_of(tx, escalation_id, officer.id) for _, escalation_id in waiting]
    return tuple(link.reply_code for link in links if link and link.expires_at > asked.now)


def _seldom(asked: _Asked, number: str, answer: Callable[[], str]) -> str:
    """What needs no proof. Nothing for a stranger, little for one phone: it may answer by itself, or be forged."""
    if not asked.badges:
        return ""
    try:
        throttle.count(asked.services, f"text:{number}", "phone", asked.now)
    except Denied:
        return ""
    return answer()
