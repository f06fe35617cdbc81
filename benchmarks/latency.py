"""From the API's request to the provider's: how long until the first SMS, call and e-mail of an order leave.

The real web and worker processes, idle, with a signed PDF of 200 kB; the provider is a double on loopback that
answers at once. Counted from the instant at which the client begins to send. The floor is what nobody can save:
hashing the document, one RSA verification, one durable commit and one request over loopback, measured in turn.
"""

import argparse
import hashlib
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import psycopg
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from benchmarks.databases import KINDS, database
from tests.stage import Stage, free_port, mail, phone, until

ORDERS = 200
WARM = 5
KILOBYTES = 200
PAUSE = 0.05
"""Seconds between orders: the service is idle when each comes."""
ROADS = ("sms", "voice", "email")


@contextmanager
def provider(latency_ms: float = 0) -> Iterator["Provider"]:
    """The double, in a process of its own."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.provider", str(port), str(latency_ms)])
    try:
        made = Provider(port)
        until(made.answers, 20, "the double answers")
        yield made
    finally:
        process.kill()
        process.wait()


class Provider:
    """The double seen from here."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._port = port

    def answers(self) -> bool:
        try:
            self.cpu()
        except OSError:
            return False
        return True

    def cpu(self) -> float:
        """CPU seconds it has used."""
        return float(self._get("/cpu"))

    def arrivals(self) -> list[tuple[str, str, float]]:
        """(road, recipient, monotonic seconds) of what came since the last time."""
        return [(road, to, came) for road, to, came in self._get("/arrivals")]

    def _get(self, path: str) -> Any:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=10)
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())


def measure(orders: int = ORDERS, kinds: tuple[str, ...] = KINDS) -> dict[str, object]:
    """Return p50 and p95 of each road on each database; the first kind's stand at the top."""
    found = {kind: _measure(kind, orders) for kind in kinds}
    return {**found[kinds[0]], "database": kinds[0], "orders": orders, "document_kb": KILOBYTES} | found


def _measure(kind: str, orders: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder, database(kind) as url, provider() as double:
        with closing(Stage(Path(folder), url, double.url)) as stage:
            stage.settle(stations=orders + WARM)
            documents = [stage.signed(n + 1, KILOBYTES) for n in range(orders + WARM)]
            web, _ = stage.start("web"), stage.start("worker")
            until(lambda: stage.get(web, "/readyz") == 200 or stage.get(web, "/healthz") == 200, 60, "ready")
            taken = [_one(stage, web, double, n, document) for n, document in enumerate(documents)][WARM:]
        floor = _floor(kind, url, documents[0], double)
    return {
        **{road: _summary([each[road] for each in taken]) for road in ROADS},
        "answer": _summary([each["answer"] for each in taken]),
        "floor_ms": floor,
    }


def _one(stage: Stage, web: Any, double: Provider, n: int, document: bytes) -> dict[str, float]:
    """Milliseconds from the request to each road's first request, and to the API's own answer."""
    station, began = f"S{n:03}", time.monotonic()
    status, answer = stage.submit(web, n + 1, document, [station])
    answered = time.monotonic()
    assert status == 201, (status, answer)
    came: dict[str, float] = {}

    def gathered() -> bool:
        came.update({road: at for road, to, at in double.arrivals() if to in (phone(n), mail(n))})
        return len(came) == len(ROADS)

    until(gathered, 20, f"three messages of order {n + 1}")
    time.sleep(PAUSE)
    return {road: (at - began) * 1000 for road, at in came.items()} | {"answer": (answered - began) * 1000}


def _summary(values: list[float]) -> dict[str, float]:
    return {"p50_ms": round(median(values), 1), "p95_ms": round(quantiles(values, n=20)[-1], 1)}


def _floor(kind: str, url: str, document: bytes, double: Provider) -> float:
    key = rsa.generate_private_key(65537, 2048)
    signature = key.sign(document, padding.PKCS1v15(), hashes.SHA256())
    commit = _committer(kind, url)
    costs = []
    for _ in range(50):
        began = time.monotonic()
        hashlib.sha256(document).hexdigest()
        key.public_key().verify(signature, document, padding.PKCS1v15(), hashes.SHA256())
        commit()
        double.cpu()
        costs.append((time.monotonic() - began) * 1000)
    return round(median(costs), 2)


def _committer(kind: str, url: str) -> Callable[[], None]:
    """One durable commit on this database's own disk."""
    if kind == "postgresql":
        server = psycopg.connect(url, autocommit=True)
        server.execute("CREATE TABLE floor (n int)")
        return lambda: void(server.execute("INSERT INTO floor VALUES (1)"))
    file = sqlite3.connect(url.removeprefix("sqlite:///") + ".floor", isolation_level=None)
    file.execute("PRAGMA journal_mode=WAL")
    file.execute("PRAGMA synchronous=FULL")
    file.execute("CREATE TABLE floor (n int)")
    return lambda: void(file.execute("INSERT INTO floor VALUES (1)"))


def void(_: object) -> None:
    """Nothing: for the sake of a lambda."""


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--orders", type=int, default=ORDERS)
    options.add_argument("--on", choices=KINDS, action="append")
    chosen = options.parse_args()
    print(json.dumps(measure(chosen.orders, tuple(chosen.on or KINDS)), indent=2))
