"""The watchdog: looks at the rows every few seconds, raises alarms by a road of its own, and says that it is well.

It shares nothing with what it watches but the database, which it only reads. What it cannot see is an alarm too.
While all is well it asks for WATCHDOG_URL, so that somebody else notices when it is the watchdog that died.
"""

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.request import Request, urlopen

import structlog
from sqlalchemy.exc import SQLAlchemyError

from amparo_notify.cases.watch import Alarm, watch
from amparo_notify.channels import twilio
from amparo_notify.channels.gsm import to_gsm7
from amparo_notify.core.errors import ChannelError, Fault, Unfit
from amparo_notify.core.notice import Medium
from amparo_notify.core.ports import Message
from amparo_notify.store.database import Database

LOOK_EVERY = 10.0
"""Seconds between two looks: an order that nobody tries to tell is known of within 70."""

REMIND_AFTER = timedelta(minutes=5)
"""An alarm that lasts is raised again so often."""

PING_EVERY = timedelta(seconds=60)
TIMEOUT = 10
"""Seconds."""

UNREADABLE = Alarm("database", "La base de datos no responde a quien vigila.")

_log = structlog.get_logger()


@dataclass(frozen=True)
class Settings:
    """Where the watchdog looks, and whom it tells. All from WATCHDOG_…, each also as NAME_FILE."""

    database_url: str = field(repr=False)
    ping_url: str = field(repr=False)  # WATCHDOG_URL: asked for while all is well
    alarm_url: str = field(repr=False)  # WATCHDOG_ALARM_URL: posted to, as JSON
    twilio_account_sid: str
    twilio_auth_token: str = field(repr=False)
    twilio_from: str
    twilio_api_url: str
    phones: tuple[str, ...] = field(repr=False)  # WATCHDOG_PHONES: E.164, texted

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], database_url: str) -> "Settings":
        """Return the settings; `database_url` serves where WATCHDOG_DATABASE_URL is not set. Raises Unfit."""

        def read(name: str) -> str:
            file = environ.get(f"WATCHDOG_{name}_FILE")
            return (Path(file).read_text() if file else environ.get(f"WATCHDOG_{name}", "")).strip()

        made = cls(
            database_url=read("DATABASE_URL") or database_url,
            ping_url=read("URL"),
            alarm_url=read("ALARM_URL"),
            twilio_account_sid=read("TWILIO_ACCOUNT_SID"),
            twilio_auth_token=read("TWILIO_AUTH_TOKEN"),
            twilio_from=read("TWILIO_FROM"),
            twilio_api_url=read("TWILIO_API_URL"),
            phones=tuple(read("PHONES").replace(",", " ").split()),
        )
        texts = (made.twilio_account_sid, made.twilio_auth_token, made.twilio_from, made.phones)
        if any(texts) and not all(texts):
            remedy = "Ponga WATCHDOG_TWILIO_ACCOUNT_SID, _AUTH_TOKEN, _FROM y WATCHDOG_PHONES, o ninguna."
            raise Unfit(Fault("WATCHDOG_TWILIO_ACCOUNT_SID", "la cuenta de alarmas está incompleta.", remedy))
        if not (made.alarm_url or made.phones):
            remedy = "Ponga WATCHDOG_ALARM_URL, o una cuenta de Twilio aparte con WATCHDOG_PHONES."
            raise Unfit(Fault("WATCHDOG_ALARM_URL", "nadie recibiría las alarmas.", remedy))
        return made


Road = Callable[[str, tuple[Alarm, ...]], None]
"""Carries alarms to people: "raised" or "cleared", and which. Raises OSError or ChannelError."""


class Watchdog:
    """Looks, compares with what it saw before, and tells. `ping` is called while there is nothing to tell."""

    def __init__(
        self,
        look: Callable[[datetime], tuple[Alarm, ...]],
        roads: tuple[Road, ...],
        ping: Callable[[], None],
    ) -> None:
        self._look, self._roads, self._ping = look, roads, ping
        self._told: dict[str, tuple[Alarm, datetime]] = {}
        self._pinged: datetime | None = None

    def round(self, now: datetime) -> tuple[Alarm, ...]:
        """Look once and tell what is new, what lasts, and what is over; return the alarms."""
        alarms = self._see(now)
        names = {each.name for each in alarms}
        new = tuple(each for each in alarms if self._is_news(each, now))
        over = tuple(alarm for name, (alarm, _) in self._told.items() if name not in names)
        if new and self._tell("raised", new):
            self._told |= {each.name: (each, now) for each in new}
        if over and self._tell("cleared", over):
            self._told = {name: told for name, told in self._told.items() if name in names}
        if not alarms and (self._pinged is None or now - self._pinged >= PING_EVERY):
            self._pinged = now
            self._try(self._ping, "ping")
        return alarms

    def _see(self, now: datetime) -> tuple[Alarm, ...]:
        try:
            return self._look(now)
        except (SQLAlchemyError, OSError) as error:
            _log.error("database away", error=type(error).__name__)
            return (UNREADABLE,)

    def _is_news(self, alarm: Alarm, now: datetime) -> bool:
        told = self._told.get(alarm.name)
        return told is None or now - told[1] >= REMIND_AFTER

    def _tell(self, word: str, alarms: tuple[Alarm, ...]) -> bool:
        """Tell by every road; whether one of them took it. If none did, the next round tries again."""
        for each in alarms:
            _log.error(f"alarm {word}", alarm=each.name, sentence=each.sentence)
        taken = [self._try(partial(road, word, alarms), "alarm") for road in self._roads]
        return any(taken)

    def _try(self, act: Callable[[], None], what: str) -> bool:
        try:
            act()
        except (OSError, ChannelError) as error:
            _log.error("not told", what=what, error=type(error).__name__)
            return False
        return True


def run(settings: Settings, stop: threading.Event, *, every: float = LOOK_EVERY) -> None:
    """Watch until `stop` is set."""
    with closing(Database(settings.database_url, pool_size=1)) as database:
        dog = Watchdog(lambda now: watch(database, now), roads(settings), lambda: ping(settings.ping_url))
        while True:
            dog.round(datetime.now(UTC))
            if stop.wait(every):
                return


def roads(settings: Settings) -> tuple[Road, ...]:
    """The ways to people that the settings name: a webhook, and texts from an account that only alarms use."""
    found: list[Road] = []
    if settings.alarm_url:
        found.append(lambda word, alarms: _post(settings.alarm_url, word, alarms))
    if settings.phones:
        account = twilio.connect(
            settings.twilio_account_sid,
            settings.twilio_auth_token,
            "https://nobody.invalid",
            api_url=settings.twilio_api_url or twilio.API_URL,
            timeout=TIMEOUT,
        )
        sms = twilio.TwilioSms(account, sender=settings.twilio_from)
        found.append(lambda word, alarms: _text(sms, settings.phones, word, alarms))
    return tuple(found)


def _post(url: str, word: str, alarms: tuple[Alarm, ...]) -> None:
    sentences = [{"name": each.name, "sentence": each.sentence} for each in alarms]
    body = json.dumps({"source": "amparo-notify watchdog", "state": word, "alarms": sentences}).encode()
    headers = {"Content-Type": "application/json"}
    request = Request(url, body, headers, method="POST")  # noqa: S310 (the operator's own address)
    with urlopen(request, timeout=TIMEOUT):  # noqa: S310
        pass


def _text(sms: twilio.TwilioSms, phones: tuple[str, ...], word: str, alarms: tuple[Alarm, ...]) -> None:
    """Text everybody; raises the last refusal where nobody could be texted."""
    head = "VIGILANTE" if word == "raised" else "VIGILANTE, resuelto"
    words = to_gsm7(f"{head}: " + " ".join(each.sentence for each in alarms))[:300]
    refusals = []
    for phone in phones:
        try:
            sms.send(Message(Medium.SMS, phone, "watchdog", words, valid_for=3600))
        except ChannelError as refusal:
            refusals.append(refusal)
    if len(refusals) == len(phones):
        raise refusals[-1]


def ping(url: str) -> None:
    """Say that all is well, to whoever watches the watchdog."""
    if url:
        with urlopen(url, timeout=TIMEOUT):  # noqa: S310 (the operator's own address)
            pass
