"""One host on SQLite whose disk is full, or cannot be written: nothing is half accepted, and it works on afterwards."""

import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import text

from amparo_notify.demo.carrier import Carrier
from amparo_notify.demo.carrier_server import CarrierServer
from tests.stage import Process, Stage, free_port, phone, until

Disaster = Callable[["Host"], AbstractContextManager[None]]


class Host:
    """A web and a worker on one SQLite file, on a disk of 24 MiB where one can be had."""

    def __init__(self, stage: Stage, carrier: Carrier, disk: Path) -> None:
        self.stage, self.carrier, self.disk = stage, carrier, disk
        self.web: Process = stage.start("web")
        self.worker: Process = stage.start("worker")

    def orders(self) -> int:
        with self.stage.services.database.read() as tx:
            return int(tx.execute(text("SELECT count(*) FROM orders")).scalar_one())


@pytest.fixture(scope="module")
def disk() -> Iterator[Path]:
    """A small disk of its own, or a folder where none may be mounted."""
    with tempfile.TemporaryDirectory(prefix="amparo-disk-") as folder:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder]).returncode == 0
        yield Path(folder)
        if mounted:
            subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture(scope="module")
def host(disk: Path, tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Host]:
    folder, port = tmp_path_factory.mktemp("disk"), free_port()
    url = f"sqlite:///{shutil.copy(sqlite_template, disk / 'amparo.db')}"
    stage = Stage(folder, url, f"http://127.0.0.1:{port}")
    stage.settle(stations=4)
    carrier = stage.double(lambda: made.web)
    made = Host(stage, carrier, disk)
    with CarrierServer(carrier, port):
        yield made
        stage.close()
        carrier.stop()


@contextmanager
def no_file_may_grow(host: Host) -> Iterator[None]:
    """RLIMIT_FSIZE on the running processes: every write to a file fails with EFBIG."""
    before = {}
    for each in (host.web, host.worker):
        before[each.popen.pid] = resource.prlimit(each.popen.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(each.popen.pid, resource.RLIMIT_FSIZE, (0, before[each.popen.pid][1]))
    yield
    for pid, limit in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, limit)


@contextmanager
def a_full_disk(host: Host) -> Iterator[None]:
    """Every block of the disk taken."""
    if not os.path.ismount(host.disk):
        pytest.skip("no disk of our own may be mounted here")
    filler = host.disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"\0" * (64 << 10)):
            pass
    yield
    filler.unlink()


@pytest.mark.parametrize("disaster", [no_file_may_grow, a_full_disk], ids=lambda each: each.__name__)
def test_without_room_an_upload_is_refused_and_accepted_and_told_when_there_is_room(
    host: Host, disaster: Disaster, request: pytest.FixtureRequest
) -> None:
    n = host.orders()
    document = host.stage.signed(n + 1, kilobytes=300)
    with disaster(host):
        refused = host.stage.upload(host.web, n + 1, document, [f"S{n:03}"])
        alive = host.stage.get(host.web, "/healthz")
    assert (refused.status, alive, host.orders()) == (503, 200, n)
    assert "Retry-After" in refused.headers
    assert host.stage.upload(host.web, n + 1, document, [f"S{n:03}"]).status == 201
    until(lambda: host.carrier.texts(phone(n)), 20, "the officer is told")


def test_a_database_that_may_only_be_read_refuses_uploads_and_shows_what_it_has(
    host: Host, disk: Path
) -> None:
    folio = host.stage.upload(host.web, 80, host.stage.signed(80), ["S003"]).json["folio"]
    web = host.stage.start("web", DATABASE_URL=f"sqlite:///file:{disk / 'amparo.db'}?mode=ro&uri=true")
    refused = host.stage.upload(web, 90, host.stage.signed(90), ["S003"])
    bearer = {"Authorization": f"Bearer {host.stage.token}"}
    shown = host.stage.ask(web, "GET", f"/api/v1/orders/{folio}", headers=bearer)
    assert (refused.status, shown.status, host.stage.get(web, "/healthz")) == (503, 200, 200)
