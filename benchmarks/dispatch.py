"""The dispatcher under load: bursts, messages a second, lateness of the second step, processor time, idleness.

Real worker processes against a double in a process of its own; orders are written straight into the rows (what an
upload costs is measured by `latency`). The SDKs' own cost is measured beside each burst, without us, one message
at a time and, what is taken off, by as many senders at once as a worker has (they wait for each other as much there).
A machine's speed changes from minute to minute, so what is compared is measured together, and the median told. What the
processors did while two workers sent says where the ceiling is: workers, double and PostgreSQL share them.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from sqlalchemy import text

from amparo_notify.cases.escalate import advance
from amparo_notify.cases.services import Services
from amparo_notify.channels.roads import build_providers
from amparo_notify.core.escalation import opened
from amparo_notify.core.notice import Medium
from amparo_notify.core.policy import Policy
from amparo_notify.core.ports import Message
from amparo_notify.store import escalations, log, orders, people, rosters
from amparo_notify.worker import SENDERS
from benchmarks.databases import KINDS, database
from benchmarks.latency import Provider, provider
from tests.stage import COURT, PUBLIC_URL, Process, Stage, policy_of, until

TWO = (Medium.SMS, Medium.EMAIL)
BURST = 500  # orders of two officers by two roads: 2,000 messages
BURSTS = 3
RATE = 300  # orders: 1,200 messages at 150 ms each
LATE = 40  # orders, one a tenth of a second, each with a second step
STEP = 5  # seconds until the second step
SETTLE = 5  # seconds after its first beat, in which a worker still does what it does at its start
IDLE = 10  # seconds


ELSEWHERE: dict[str, dict[str, str]] = {
    "LinkedIn Iris": {"burst_2000_s": "60", "late_p95_ms": "60,000", "cpu_ms_per_message": "8"},
    "Grafana OnCall": {"burst_2000_s": "140-230", "late_p95_ms": "5,000", "cpu_ms_per_message": "114"},
}
"""Measured by others on such a machine."""

AIMS = {
    "burst_2000_s": "<= 8",
    "per_s_at_150ms.1": ">= 250",
    "per_s_at_150ms.2": ">= 1.5 x",
    "cpu_ms_per_message": "",
    "cpu_ms_of_sdk_one_at_a_time": "",
    "cpu_ms_of_sdk": "",
    "cpu_ms_apart_from_sdk": "<= 1.5",
    "late_p95_ms": "<= 200",
    "idle_cpu_percent": "< 1",
    "cpu_s_of_two.wall": "",
    "cpu_s_of_two.workers": "",
    "cpu_s_of_two.double": "",
    "cpu_s_of_two.postgres": "",
    "cpu_s_of_two.cores": "",
}


def measure(kinds: Sequence[str] = KINDS) -> dict[str, Any]:
    """Return the figures of each kind of database; the last kind's stand at the top."""
    found = {kind: _measure(kind) for kind in kinds}
    return {**found[kinds[-1]], "database": kinds[-1]} | found


def table(measured: Mapping[str, Any]) -> str:
    """The figures beside the aims and beside what others take."""
    kinds = [kind for kind in KINDS if kind in measured]
    lines = [("", "aim", *kinds, *ELSEWHERE)]
    for path, aim in AIMS.items():
        ours = [str(reduce(lambda at, name: at[name], path.split("."), measured[kind])) for kind in kinds]
        lines.append((path, aim, *ours, *(other.get(path, "") for other in ELSEWHERE.values())))
    return "\n".join(f"  {line[0]:<28}" + "".join(f"{each:>16}" for each in line[1:]) for line in lines)


def _measure(kind: str) -> dict[str, Any]:
    bursts = [
        {"sdk_alone": _sdk(1, 200), "sdk": _sdk(SENDERS, BURST * 4), **_burst(kind, BURST, 1, 0)}
        for _ in range(BURSTS)
    ]
    one = _burst(kind, RATE, 1, 150)
    two = _burst(kind, RATE * 2, 2, 150)
    return {
        "burst_2000_s": median(each["seconds"] for each in bursts),
        "burst_first_ms": median(each["first_ms"] for each in bursts),
        "per_s_at_150ms": {"1": one["per_s"], "2": two["per_s"]},
        "cpu_s_of_two": two["cpu_s"],
        "cpu_ms_per_message": median(each["cpu_ms_per_message"] for each in bursts),
        "cpu_ms_of_sdk_one_at_a_time": median(each["sdk_alone"] for each in bursts),
        "cpu_ms_of_sdk": median(each["sdk"] for each in bursts),
        "cpu_ms_apart_from_sdk": round(
            median(each["cpu_ms_per_message"] - each["sdk"] for each in bursts), 2
        ),
        **_late(kind),
    }


# -- bursts -------------------------------------------------------------------------------------------------


def _burst(kind: str, orders_: int, workers: int, latency_ms: float) -> dict[str, Any]:
    """Hand over what a pile of orders owes; figures of the wire and of the processors."""
    messages = orders_ * 4
    with tempfile.TemporaryDirectory() as folder, database(kind) as url, provider(latency_ms) as double:  # noqa: SIM117 - one line would be too long
        with closing(Stage(Path(folder), url, double.url)) as stage:
            stage.settle(stations=10, agents=2, policy=policy_of(*TWO, delay=3600))
            running = [stage.start("worker") for _ in range(workers)]
            until(lambda: _beats(stage.services) == workers, 60, "workers")
            time.sleep(1)
            _owe(stage.services, orders_, policy_of(*TWO, delay=3600), 10)
            written, before = time.monotonic(), _processors(stage, running, double)
            until(lambda: _sent(stage.services) == messages, 180, f"{messages} messages")
            used = {name: at - before[name] for name, at in _processors(stage, running, double).items()}
            came = sorted(at for _, _, at in double.arrivals())
    assert len(came) == messages, len(came)
    seconds = came[-1] - came[0]
    return {
        "seconds": round(seconds, 2),
        "first_ms": round((came[0] - written) * 1000),
        "per_s": round(messages / seconds),
        "cpu_ms_per_message": round(used["workers"] / messages * 1000, 2),
        "cpu_s": {name: round(spent, 2) for name, spent in used.items()} | {"cores": os.cpu_count()},
    }


def _processors(stage: Stage, workers: Sequence[Process], double: Provider) -> dict[str, float]:
    """Seconds so far: on the clock, and of processor time by whoever takes part."""
    return {
        "wall": time.monotonic(),
        "workers": sum(_cpu(each.popen.pid) for each in workers),
        "double": double.cpu(),
        "postgres": sum(map(_cpu, _server(stage.services))),
    }


def _owe(services: Services, number: int, policy: Policy, stations: int, each_after: float = 0) -> None:
    """Write open orders with their first notices; all in one commit, or one after another."""
    if each_after:
        for n in range(number):
            with services.database.write() as tx:
                _order(services, tx, n, stations)
            time.sleep(each_after)
        return
    with services.database.write() as tx:
        for n in range(number):
            _order(services, tx, n, stations)


def _order(services: Services, tx: Any, n: int, stations: int) -> None:
    now = datetime.now(UTC)
    court = people.find_court(tx, code=COURT)
    station = people.find_station(tx, code=f"S{n % stations:03}")
    assert court
    assert station
    version = rosters.current_policy(tx, station)
    assert version
    order_id = log.create(tx, "order")
    orders.add(
        tx,
        services.vault,
        order_id,
        "No ejecute el retorno.",
        court=court.id,
        folio=people.take_folio(tx, court.id),
        state="open",
        expediente=f"{n + 1}/2026",
        suspension="de_plano",
        fingerprint=f"{n:064}",
        drill=False,
        submitted_by=None,
        submitted_at=now,
        hold_reason=None,
        release_at=None,
    )
    escalation = escalations.add(tx, order_id, station.id, version.id, opened(now, None), None)
    advance(services, tx, orders.get(tx, order_id), escalations.get(tx, escalation), now)


def _sent(services: Services) -> int:
    with services.database.read() as tx:
        return int(tx.execute(text("SELECT count(*) FROM notice WHERE state = 'sent'")).scalar_one())


def _beats(services: Services) -> int:
    with services.database.read() as tx:
        return int(tx.execute(text("SELECT count(*) FROM heartbeat")).scalar_one())


def _cpu(process: int) -> float:
    """CPU seconds that a process has used; none where it has ended."""
    with suppress(OSError):
        fields = _stat(process)
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _stat(process: int) -> list[str]:
    """What the kernel says of a process, from its state on (proc(5))."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def _server(services: Services) -> list[int]:
    """The processes of the database's own server, if it has one."""
    if services.database.sqlite:
        return []
    with services.database.read() as tx:
        postmaster = _stat(tx.execute(text("SELECT pg_backend_pid()")).scalar_one())[1]
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if _stat(int(each.name))[1] == postmaster:
                found.append(int(each.name))
    return found


# -- the second step, and idleness --------------------------------------------------------------------------


def _late(kind: str) -> dict[str, Any]:
    """How late the second step's first messages arrive, and what a worker uses with nothing to do."""
    steps = replace(policy_of(*TWO, delay=STEP), repeat_after=3600)
    with tempfile.TemporaryDirectory() as folder, database(kind) as url, provider() as double:  # noqa: SIM117 - one line would be too long
        with closing(Stage(Path(folder), url, double.url)) as stage:
            stage.settle(stations=10, policy=steps)
            stage.headquarters()
            worker = stage.start("worker")
            until(lambda: _beats(stage.services) == 1, 60, "a worker")
            time.sleep(SETTLE)
            before, began = _cpu(worker.popen.pid), time.monotonic()
            time.sleep(IDLE)
            idle = (_cpu(worker.popen.pid) - before) / (time.monotonic() - began) * 100
            offset = time.time() - time.monotonic()
            _owe(stage.services, LATE, steps, 10, each_after=0.1)
            until(lambda: _sent(stage.services) == LATE * 4, 60, "both steps")
            dues = _due(stage.services)
            came = sorted(at + offset for road, to, at in double.arrivals() if to == stage.chief)
    late = [max(0.0, (at - due) * 1000) for at, due in zip(came, sorted(dues), strict=True)]
    return {
        "late_p50_ms": round(median(late), 1),
        "late_p95_ms": round(quantiles(late, n=20)[-1], 1),
        "idle_cpu_percent": round(idle, 2),
    }


def _due(services: Services) -> list[float]:
    with services.database.read() as tx:
        rows = (
            tx.execute(text("SELECT due_at FROM notice WHERE level = 2 AND medium = 'sms'")).scalars().all()
        )
    instants = [datetime.fromisoformat(each) if isinstance(each, str) else each for each in rows]
    return [(each if each.tzinfo else each.replace(tzinfo=UTC)).timestamp() for each in instants]


# -- the floor ----------------------------------------------------------------------------------------------


def _sdk(senders: int, messages: int) -> float:
    """CPU milliseconds a message of the SDKs alone, half SMS and half mail, by so many senders of each at once."""
    with provider() as double:
        roads = build_providers(
            public_url=PUBLIC_URL,
            twilio_account_sid="AC" + "0" * 32,
            twilio_auth_token="0" * 32,
            twilio_from="+525500000000",
            twilio_api_url=double.url,
            sendgrid_api_key="SG.key",
            sendgrid_from="avisos@amparo.example",
            sendgrid_api_url=double.url,
        )
        sms, mail = roads[Medium.SMS][0], roads[Medium.EMAIL][0]
        half = range(messages // 2)
        texts = [Message(Medium.SMS, "+525500000101", f"{n:016}", "Orden judicial de amparo") for n in half]
        mails = [
            Message(Medium.EMAIL, "a@b.example", f"{n:016}", "Orden judicial", "Asunto", "<p>Orden</p>")
            for n in half
        ]
        began = time.process_time()
        with ThreadPoolExecutor(senders) as one, ThreadPoolExecutor(senders) as other:
            sent = one.map(sms.send, texts), other.map(mail.send, mails)
        assert all(each.provider for road in sent for each in road)
        return round((time.process_time() - began) / messages * 1000, 2)


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--on", choices=KINDS, action="append")
    figures = measure(tuple(options.parse_args().on or KINDS))
    print(json.dumps(figures, indent=2), table(figures), sep="\n")
