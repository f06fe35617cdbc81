"""One stage for each kind of database: the service in processes of its own, and the carriers in this one."""

from collections.abc import Iterator

import pytest

from amparo_notify.demo.carrier_server import CarrierServer
from tests.databases import DATABASES, migrated
from tests.kills.theatre import Theatre
from tests.stage import Stage, free_port


@pytest.fixture(scope="module", params=DATABASES)
def theatre(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    """A country with a service that can be killed."""
    folder = tmp_path_factory.mktemp("kills")
    port = free_port()
    stage = Stage(folder, migrated(request, request.param, folder), f"http://127.0.0.1:{port}")
    carrier = stage.double(lambda: made.web)
    made = Theatre(stage, carrier)
    with CarrierServer(carrier, port):
        made.open()
        yield made
        made.close()
