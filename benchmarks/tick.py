"""What one idle look of a worker costs, by how much there is that is not due: it must not grow."""

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import insert

from amparo_notify.cases import dispatch, escalate, housekeeping
from amparo_notify.cases.services import Services
from amparo_notify.core.notice import Medium
from amparo_notify.store import tables
from benchmarks.databases import KINDS, database
from tests.stage import Stage

OPEN = (100, 10_000, 100_000)
LOOKS = 50
CHUNK = 5_000
MEDIA = tuple(Medium)


def measure(sizes: Sequence[int] = OPEN) -> dict[str, dict[str, float]]:
    """Return kind of database to open orders to the median of a look, in milliseconds."""
    return {kind: _measure(kind, sizes) for kind in KINDS}


def _measure(kind: str, sizes: Sequence[int]) -> dict[str, float]:
    """A database a size, looked at in turn: whatever else the machine does meanwhile, it does to all of them."""
    with ExitStack() as open_:
        stages = {size: _stage(kind, size, open_) for size in sizes}
        costs: dict[int, list[float]] = {size: [] for size in sizes}
        for _ in range(LOOKS):
            for size, stage in stages.items():
                costs[size].append(_look(stage.services))
    return {str(size): round(median(own), 3) for size, own in costs.items()}


def _stage(kind: str, size: int, open_: ExitStack) -> Stage:
    """A settled country with so many open orders."""
    folder = Path(open_.enter_context(tempfile.TemporaryDirectory()))
    url = open_.enter_context(database(kind))
    stage = open_.enter_context(closing(Stage(folder, url, "http://127.0.0.1:9")))
    stage.settle()
    _fill(stage.services, size)
    _look(stage.services)  # what is compiled once is no part of a look
    return stage


def _look(services: Services) -> float:
    """What a worker's round costs when nothing is due, in milliseconds."""
    now, began = datetime.now(UTC), perf_counter()
    escalate.escalate_due(services, now)
    housekeeping.release_due(services, now)
    dispatch.claim(services, now, dict.fromkeys(Medium, dispatch.BATCH))
    escalate.next_instant(services)
    return (perf_counter() - began) * 1000


def _fill(services: Services, size: int) -> None:
    """Open orders, each with an escalation and a notice that fall due tomorrow."""
    later = datetime.now(UTC) + timedelta(days=1)
    for first in range(0, size, CHUNK):
        ids = range(first + 10, min(first + CHUNK, size) + 10)
        with services.database.write() as tx:
            tx.execute(insert(tables.log), [{"id": n, "kind": "order"} for n in ids])
            tx.execute(insert(tables.orders), [_order(n, later) for n in ids])
            tx.execute(insert(tables.escalation), [_escalation(n, later) for n in ids])
            tx.execute(insert(tables.notice), [_notice(n, later) for n in ids])
    with services.database.engine.connect() as tx:
        tx.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")


def _order(n: int, at: datetime) -> dict[str, object]:
    return {
        "id": n,
        "court": 1,
        "folio": n,
        "state": "open",
        "expediente": f"{n}/2026",
        "suspension": "de_plano",
        "fingerprint": "",
        "instruction_sealed": b"",
        "submitted_at": at,
    }


def _escalation(n: int, at: datetime) -> dict[str, object]:
    return {
        "id": n,
        "orders": n,
        "station": 1,
        "policy": 1,
        "phase": "chasing",
        "cause": "order",
        "opened_at": at,
        "round": 1,
        "level": 1,
        "next_at": at,
    }


def _notice(n: int, at: datetime) -> dict[str, object]:
    return {
        "escalation": n,
        "orders": n,
        "officer": 1,
        "medium": str(MEDIA[n % 3]),
        "contact": 0,
        "purpose": "chase",
        "cause": "order",
        "round": 1,
        "level": 1,
        "rank": n % 2,
        "plan_key": f"{n}",
        "due_at": at,
        "next_at": at,
        "state": "open",
    }
