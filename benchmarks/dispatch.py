"""The dispatcher under load: bursts, messages a second, lateness of the second step, processor time, idleness.

Real worker processes against a double in a process of its own; orders are written straight into the rows (what an
upload costs is measured by `latency`). The SDKs' own cost is measured beside, message by message, without us.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
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
from benchmarks.databases import KINDS, database
from benchmarks.latency import provider
from tests.stage import COURT, PUBLIC_URL, Process, Stage, policy_of, until

TWO = (Medium.SMS, Medium.EMAIL)
BURST = 500  # orders of two officers by two roads: 2,000 messages
RATE = 300  # orders: 1,200 messages at 150 ms each
LATE = 40  # orders, one a tenth of a second, each with a second step
STEP = 5  # seconds until the second step
SDK = 200  # messages of each road
IDLE = 10  # seconds


def measure(kinds: Sequence[str] = KINDS) -> dict[str, Any]:
    """Return the figures of each kind of database; the last kind's stand at the top."""
    found = {kind: _measure(kind) for kind in kinds}
    return {**found[kinds[-1]], "database": kinds[-1], "sdk_cpu_ms_per_message": _sdk()} | found


def _measure(kind: str) -> dict[str, Any]:
    burst, cpu = _burst(kind, BURST, 1, 0)
    one, _ = _burst(kind, RATE, 1, 150)
    two, _ = _burst(kind, RATE * 2, 2, 150)
    return {
        "burst_2000_s": burst["seconds"],
        "burst_first_ms": burst["first_ms"],
        "per_s_at_150ms": {"1": one["per_s"], "2": two["per_s"]},
        "double_cpu_s": two["double_cpu_s"],
        "cpu_ms_per_message": cpu,
        **_late(kind),
    }


# -- bursts -------------------------------------------------------------------------------------------------


def _burst(kind: str, orders_: int, workers: int, latency_ms: float) -> tuple[dict[str, Any], float]:
    """Hand over what a pile of orders owes; (figures, the workers' CPU milliseconds a message)."""
    messages = orders_ * 4
    with tempfile.TemporaryDirectory() as folder, database(kind) as url, provider(latency_ms) as double:  # noqa: SIM117 - one line would be too long
        with closing(Stage(Path(folder), url, double.url)) as stage:
            stage.settle(stations=10, agents=2, policy=policy_of(*TWO, delay=3600))
            running = [stage.start("worker") for _ in range(workers)]
            until(lambda: _beats(stage.services) == workers, 60, "workers")
            time.sleep(1)
            before, double_before = sum(map(_cpu, running)), double.cpu()
            began = time.monotonic()
            _owe(stage.services, orders_, policy_of(*TWO, delay=3600), 10)
            written = time.monotonic()
            until(lambda: _sent(stage.services) == messages, 180, f"{messages} messages")
            spent = sum(map(_cpu, running)) - before
            came, used = sorted(at for _, _, at in double.arrivals()), double.cpu() - double_before
    assert len(came) == messages, len(came)
    seconds = came[-1] - came[0]
    figures = {
        "seconds": round(seconds, 2),
        "first_ms": round((came[0] - written) * 1000),
        "per_s": round(messages / seconds),
        "written_s": round(written - began, 2),
        "double_cpu_s": round(used, 2),
    }
    return figures, round(spent / messages * 1000, 2)


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


def _cpu(process: Process) -> float:
    """CPU seconds that a process has used."""
    fields = Path(f"/proc/{process.popen.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


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
            before, began = _cpu(worker), time.monotonic()
            time.sleep(IDLE)
            idle = (_cpu(worker) - before) / (time.monotonic() - began) * 100
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


def _sdk() -> float:
    """CPU milliseconds a message of the SDKs alone, SMS and mail in turn, in this process."""
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
        began = time.process_time()
        for n in range(SDK):
            sms.send(Message(Medium.SMS, "+525500000101", f"{n:016}", "Orden judicial de amparo"))
            mail.send(
                Message(Medium.EMAIL, "a@b.example", f"{n:016}", "Orden judicial", "Asunto", "<p>Orden</p>")
            )
        return round((time.process_time() - began) / (2 * SDK) * 1000, 2)


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--on", choices=KINDS, action="append")
    print(json.dumps(measure(tuple(options.parse_args().on or KINDS)), indent=2))
