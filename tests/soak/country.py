"""Eight stations with three watches a day, and the people of them: they answer late, by any road, or not at all."""

import random
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from amparo_notify.cases import manage, officer, outcome, personnel, signin
from amparo_notify.cases.personnel import NewOfficer
from amparo_notify.cases.services import OPERATOR
from amparo_notify.core.errors import Refusal
from amparo_notify.core.notice import Medium
from amparo_notify.core.order import OutcomeCode
from amparo_notify.core.policy import Level, Policy, Target
from amparo_notify.core.roster import Rotation, Shift
from amparo_notify.demo.carrier import Carrier
from tests.stage import PIN, Stage, mail, phone

STATIONS, AGENTS = 8, 3
WATCHES = (Shift(0, time(6), time(14), 0), Shift(0, time(14), time(22), 1), Shift(0, time(22), time(6), 2))
ALL = tuple(Medium)
POLICY = Policy(
    levels=(
        Level((Target("rotation", "agentes"),), ALL, 0),
        Level((Target("rotation", "jefatura"),), ALL, 180),
        Level((Target("headquarters"),), ALL, 300),
    ),
    repeat_after=300,
    display_within=180,
    outcome_within=900,
)
HEADQUARTERS = 900


def found(stage: Stage, now: datetime) -> None:
    """Found the court, the stations and headquarters, and put everybody on duty in watches."""
    stage.settle(stations=0)
    _officer(stage, "INM-G1", HEADQUARTERS, now)
    for n in range(STATIONS):
        code = f"S{n:03}"
        manage.add_station(stage.services, OPERATOR, code, f"Estación {n}", "America/Mexico_City", "", now)
        badges = [f"{code}-{k}" for k in range(AGENTS + 1)]
        for k, badge in enumerate(badges):
            _officer(stage, badge, numbers(n)[k], now, station=code)
        *agents, chief = badges
        duty = (
            Rotation("agentes", date(2026, 1, 1), 1, WATCHES, tuple((each,) for each in agents)),
            Rotation("jefatura", date(2026, 1, 1), 1, (Shift(0, time(8), time(8), 0),), ((chief,),)),
        )
        roster = replace(manage.roster_of(stage.services, code), rotations=duty)
        manage.save_roster(stage.services, OPERATOR, code, roster, now)
        manage.save_policy(stage.services, OPERATOR, code, POLICY, now)


def numbers(station: int) -> list[int]:
    """The numbers of a station's people, by which they have phones and mailboxes; its chief's last."""
    return [station * 10 + k for k in range(AGENTS + 1)]


def _officer(stage: Stage, badge: str, n: int, now: datetime, **where: str) -> None:
    new = NewOfficer(badge, "Agente", f"Nombre {n}", (phone(n),), (mail(n),), **where)
    link = personnel.add_officer(stage.services, OPERATOR, new, now)
    signin.choose_pin(stage.services, link.rpartition("/")[2], PIN, now)


@dataclass
class People:
    """What officers do with the messages of one order."""

    stage: Stage
    carrier: Carrier
    chance: random.Random

    def answer(self, order: int, station: int, now: datetime) -> bool:
        """Somebody who was reached answers by a road of his own; whether anybody could."""
        told = self._texts(order, station)
        if not told:
            return False
        number, body = self.chance.choice(told)
        way = self.chance.choice((self._by_text, self._by_keys, self._by_page))
        with suppress(Refusal, KeyError, OSError):
            way(number, body, now)
        return True

    def finish(self, order: int, station: int, now: datetime) -> bool:
        """Read, acknowledge and report on the page; whether it came to that."""
        for number, body in reversed(self._texts(order, station)):
            with suppress(Refusal):
                self._by_page(number, body, now)
                self._report(body, now)
                return True
        return False

    def _texts(self, order: int, station: int) -> list[tuple[int, str]]:
        """(whose, text) of every text about an order that carries a link, oldest first for each person."""
        return [
            (n, each.body)
            for n in (*numbers(station), HEADQUARTERS)
            for each in self.carrier.texts(phone(n))
            if f" {order}/2026" in each.body and "/n/" in each.body
        ]

    def _by_text(self, number: int, body: str, now: datetime) -> None:
        code = re.search(r"ENTERADO ([A-Z0-9]{5})", body)
        words = self.chance.choice((f"ENTERADO {code[1]} {PIN}", f"enterado {code[1]}") if code else ("¿?",))
        self.carrier.reply(phone(number), words)

    def _by_keys(self, number: int, body: str, now: datetime) -> None:
        rings = [each for each in self.carrier.calls(phone(number)) if each.live]
        self.carrier.answer(rings[-1].sid if rings else "")
        self.carrier.press(rings[-1].sid, f"{PIN}#")
        with suppress(KeyError):
            self.carrier.hang_up(rings[-1].sid)

    def _by_page(self, number: int, body: str, now: datetime) -> None:
        do, (token, session) = self.stage.services, self._open(body, now)
        view = officer.notice(do, token, session, now)
        officer.displayed(do, token, session, now)
        officer.acknowledge(do, token, session, view.statement_sha256, view.document_sha256, now)

    def _report(self, body: str, now: datetime) -> None:
        do, (token, session) = self.stage.services, self._open(body, now)
        view = officer.notice(do, token, session, now)
        reports = [outcome.Report(each.id, OutcomeCode.HALTED, {}) for each in view.persons]
        outcome.report(do, token, session, view.nonce, reports, now)

    def _open(self, body: str, now: datetime) -> tuple[str, str]:
        link = re.search(r"/n/([\w-]+)", body)
        assert link
        officer.open_notice(self.stage.services, link[1], now)
        return link[1], officer.identify(self.stage.services, link[1], PIN, now)
