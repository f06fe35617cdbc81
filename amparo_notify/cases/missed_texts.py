"""Texts that came while our doors were shut: asked for at the provider, acted on once, answered by a text of ours.

Twilio keeps an inbound text but posts it only for a few seconds. Whoever acknowledged then believes that it counts.
"""

import secrets
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from amparo_notify.cases.direct import hand_over
from amparo_notify.cases.reply import Answer, act, finish
from amparo_notify.cases.services import Services
from amparo_notify.channels.callbacks import Inbound, understood
from amparo_notify.core.errors import ChannelError
from amparo_notify.core.notice import Medium
from amparo_notify.core.ports import Inbox, Message, ReceivedText
from amparo_notify.store import findings, inbound, machines
from amparo_notify.store.database import AWAY

LOOK_EVERY = 15
"""Seconds between two looks of each worker at whether it is time to ask."""

ASK_EVERY = timedelta(seconds=60)
"""All workers together ask a provider so often: one small request."""

DOOR = timedelta(seconds=20)
"""Younger texts are left to the door: Twilio tries one address for 15 s in all
(https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides).
A fallback that comes later finds the turn taken."""

OVERLAP = timedelta(minutes=10)
"""How far before the last reading the next begins: clocks differ, and a list may be late."""

LOOK_BACK = timedelta(days=3)
"""The oldest text that is still acted on, where nothing was read for so long."""

GOOD_FOR = 3600
"""Seconds that an answer is worth delivering."""

_log = structlog.get_logger()


def read_missed(services: Services, now: datetime) -> int:
    """Act on what the doors missed; return how many texts were done with. One worker a minute does it for all."""
    roads = services.providers.get(Medium.SMS, ())
    return sum(_read(services, road, now) for road in roads if isinstance(road, Inbox))


def _read(services: Services, inbox: Inbox, now: datetime) -> int:
    job = inbound.READING + inbox.name
    with services.database.read() as tx:
        if findings.newest(tx, job, now - ASK_EVERY + timedelta(seconds=1)) is not None:
            return 0
    with services.database.write() as tx:
        if not machines.take_slot(tx, job, now.replace(second=0, microsecond=0)):
            return 0
        since = _since(tx, job, now)
    try:
        listed = inbox.received(since)
    except ChannelError as error:
        _log.error("texts not read", provider=inbox.name, reason=error.reason)
        return 0
    with services.database.read() as tx:
        finished = inbound.finished(tx, inbox.name)
    new = [text for text in listed if text.provider_id not in finished]
    # Each at its own instant: a round may be long, and a turn lasts a minute.
    waiting = [text.sent_at for text in new if not _settled(services, inbox, text, services.clock())]
    with services.database.write() as tx:
        findings.keep(tx, job, now, {"since": min([now, *waiting]).isoformat()})
    return len(new) - len(waiting)


def _since(tx: Connection, job: str, now: datetime) -> datetime:
    """From when to read: what was not settled last time included, and never the whole past."""
    kept = findings.last(tx, job)
    if kept is None:
        kept = {"since": now.isoformat()}
        findings.keep(tx, job, now, kept)  # from now on it is missed when nothing can be read
    return max(datetime.fromisoformat(kept["since"]) - OVERLAP, now - LOOK_BACK)


def _settled(services: Services, inbox: Inbox, text: ReceivedText, now: datetime) -> bool:
    """Act on a text and answer it; whether nothing remains to be done about it."""
    if now - text.sent_at < DOOR:
        return False
    try:
        meant = understood(text)
        answer = act(services, meant, now)
        if answer is None or (answer.text and not _answered(services, inbox, meant, answer, text.sent_at)):
            return False
        if answer.text:
            finish(services, meant, now)
    except AWAY:
        raise
    except Exception:  # noqa: BLE001 - one text that cannot be acted on holds up no other; it is tried again
        _log.exception("failed", during="a missed text")
        return False
    return True


def _answered(services: Services, inbox: Inbox, text: Inbound, answer: Answer, sent_at: datetime) -> bool:
    """Send the answer, unless the provider already has it; whether it went or never will."""
    message = Message(Medium.SMS, text.sender, secrets.token_hex(8), answer.text, valid_for=GOOD_FOR)
    try:
        if not (answer.again and inbox.find(message, sent_at)):
            hand_over(services, "missed text", message)
    except ChannelError as error:
        return error.permanent
    return True
