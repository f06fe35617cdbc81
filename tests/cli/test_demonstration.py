"""The newcomer's demonstration, as real processes: an order on its way, data that stays, and a way to start over."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from amparo_notify.demo import data
from tests.cli.conftest import as_process
from tests.cli.test_serving import Served, get, wait_for


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place, and no setting but that."""
    for name in ("DATABASE_URL", "KEYS", "PROVIDERS", "PUBLIC_URL", "TRUST_ANCHORS", "CRL_SOURCES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AMPARO_VAR", str(tmp_path / "var"))
    return tmp_path / "var"


@pytest.fixture
def started(var: Path) -> Iterator[Callable[..., Served]]:
    """Start a demonstration and wait until its order has been accepted; ended after the test, whatever happens."""
    services: list[Served] = []

    def start(*more: str) -> Served:
        service = Served(var.parent / f"said{len(services)}.txt", "--demo", *more)
        services.append(service)
        assert wait_for(lambda: "Ctrl-C ends it" in service.said), service.said
        return service

    yield start
    for service in services:
        service.end()


def folios() -> list[str]:
    """What `order list` in another terminal sees, with no setting of its own."""
    return sorted(line["folio"] for line in json.loads(as_process("order", "list", "--json").stdout))


def test_its_order_reaches_the_phones_of_those_on_duty_and_is_there_after_a_second_start(
    started: Callable[..., Served],
) -> None:
    service = started()
    phones = [officer.phone for officer in data.officers() if officer.post.startswith("agente")]
    reached = wait_for(lambda: sum(phone in get(service.port, "/demo/phones") for phone in phones) >= 2)
    first = service.end()
    second = started().end()
    assert (reached, first, second, folios()) == (True, 0, 0, ["J5DEMO-000001", "J5DEMO-000002"])


@pytest.mark.long
def test_a_reset_starts_over(started: Callable[..., Served]) -> None:
    started().end()
    started("--reset").end()
    assert folios() == ["J5DEMO-000001"]


@pytest.mark.long
def test_what_was_left_half_made_is_made_anew(var: Path, started: Callable[..., Served]) -> None:
    (var / "demo").mkdir(parents=True)
    (var / "demo" / "begun").touch()
    (var / "amparo.db").write_bytes(b"")
    started().end()
    assert folios() == ["J5DEMO-000001"]


@pytest.mark.long
def test_what_it_prints_opens_the_lawyer_s_page(
    started: Callable[..., Served],
) -> None:
    service = started()
    found = re.search(r"http://localhost:\d+(/s/\S+)", service.said)
    assert found
    page = get(service.port, found[1])
    service.end()
    assert "J5DEMO-000001" in page or "III-A" in page
