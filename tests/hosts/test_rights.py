"""The rights that docs/deploy.md gives the service's own role: enough for all that it does, and no more."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from amparo_notify.demo.carrier_server import CarrierServer
from tests.stage import PIN, Stage, free_port, phone, until

DEPLOY = Path(__file__).parents[2] / "docs" / "deploy.md"


@pytest.fixture
def address(postgresql_url: str) -> Iterator[str]:
    """This test's database, as the role that the manual makes."""
    blocks = re.findall(r"```sql\n(.*?)```", DEPLOY.read_text(), re.S)
    with psycopg.connect(postgresql_url, autocommit=True) as owner:
        owner.execute(next(each for each in blocks if "ROLE amparo" in each).encode())
    yield postgresql_url.replace("//postgres:@", "//amparo:@")
    with psycopg.connect(postgresql_url, autocommit=True) as owner:
        owner.execute("DROP OWNED BY amparo")
        owner.execute("DROP ROLE amparo")


def test_an_order_goes_from_upload_to_acknowledgement_with_the_rights_in_the_manual(
    address: str, tmp_path: Path
) -> None:
    port = free_port()
    stage = Stage(tmp_path, address, f"http://127.0.0.1:{port}")
    carrier = stage.double(lambda: web)
    stage.settle()
    with CarrierServer(carrier, port), closing(stage):
        web = stage.start("web")
        stage.start("worker")
        assert stage.submit(web, 1, stage.signed(1))[0] == 201
        until(lambda: carrier.texts(phone(0)), 20, "a text")
        carrier.tick()
        code = re.search(r"ENTERADO ([A-Z0-9]{5})", carrier.texts(phone(0))[0].body)
        assert code
        assert "registrado ENTERADO" in carrier.reply(phone(0), f"ENTERADO {code[1]} {PIN}")[0]
    carrier.stop()
    assert "InsufficientPrivilege" not in stage.logged()


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE record SET jws = 'x'",
        "DELETE FROM acknowledgement",
        "TRUNCATE record",
        "ALTER TABLE record DISABLE TRIGGER ALL",
        "DROP TABLE outcome",
    ],
)
def test_the_role_cannot_touch_what_is_append_only(address: str, deed: str) -> None:
    with closing(psycopg.connect(address)) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(deed.encode())
