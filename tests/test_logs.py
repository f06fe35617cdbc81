"""Nothing personal and no token reaches a log, whoever wrote the line."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from amparo_notify.logs import configure, redact

TOKEN = "Zk3_9xQvT7-aLmN0pRsUwY"  # 22 characters, as a notice's link has
CANARIES = {
    "a notice's path": f"GET /n/{TOKEN} 200",
    "a notice's address": f"sent https://amparo.test/n/{TOKEN}",
    "a short code": "GET /v/K7QX 200",
    "a tracking code in quotes": f'"GET /s/{TOKEN}?x=1 HTTP/1.1"',
    "a link of another kind": f"POST /enrol/{TOKEN}",
    "a query": f"/pin?token={TOKEN}",
    "a phone": "to +525500000001",
    "a phone with spaces": "to +52 55 0000 0001",
    "a phone in a form": "To=%2B525500000001&Body=x",
    "a national number": "to 5500000001",
    "a mail": "to agente.prueba@inm.test",
    "a mail in a form": "to=agente.prueba%40inm.test",
    "a bearer": f"Authorization: Bearer {TOKEN}",
    "a basic credential": "Authorization: Basic QUM6dG9rZW4=",
    "a database's password": "postgresql://amparo:hunter2@db/amparo",
    "a receipt": "eyJhbGciOiJFUzI1NiJ9.eyJhIjoxfQ.c2ln",
}
NEEDLES = (
    TOKEN,
    "K7QX",
    "5500000001",
    "0000 0001",
    "agente.prueba",
    "QUM6dG9rZW4",
    "hunter2",
    "eyJhIjoxfQ",
)


@pytest.fixture(params=[True, False], ids=["production", "desk"])
def lines(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    stream, handlers, level = io.StringIO(), logging.root.handlers[:], logging.root.level
    configure("INFO", live=request.param, stream=stream)
    yield stream
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()


def _leaks(text: str) -> list[str]:
    return [needle for needle in NEEDLES if needle in text]


@pytest.mark.parametrize("line", CANARIES.values(), ids=CANARIES.keys())
def test_a_canary_is_redacted(line: str) -> None:
    assert not _leaks(redact(line))


@pytest.mark.parametrize("line", CANARIES.values(), ids=CANARIES.keys())
def test_no_canary_leaves_by_any_road(lines: io.StringIO, line: str) -> None:
    log = structlog.get_logger("ours")
    log.info(line, field=line, nested={"list": [line], line: 1}, thing=ValueError(line))
    logging.getLogger("library").warning("%s", line, extra={"more": line})
    try:
        raise ValueError(line)
    except ValueError:
        log.exception("failed")
        logging.getLogger("library").exception("failed")
    assert lines.getvalue().count("failed") >= 2
    assert not _leaks(lines.getvalue())


@pytest.mark.parametrize(
    "name", ["token", "pin", "phone", "authorization", "to_mail", "twilio_auth_token", "Digits"]
)
def test_a_field_with_a_telling_name_is_hidden_whatever_it_holds(lines: io.StringIO, name: str) -> None:
    structlog.get_logger().info("event", **{name: "4321"})
    assert "4321" not in lines.getvalue()


@pytest.mark.parametrize(
    "line",
    [
        "folio JD1-2026-000123 station MEX-T1 level 2",
        "tick in 0.035 ms, 1000000 rows",
        "2026-11-21T09:00:00.123456+00:00",
        "amparo_notify/store/people.py line 12",
        "GET /healthz 200",
    ],
)
def test_what_an_operator_needs_stays(line: str) -> None:
    assert redact(line) == line


def test_production_writes_one_json_object_a_line() -> None:
    stream, handlers = io.StringIO(), logging.root.handlers[:]
    configure("INFO", live=True, stream=stream)
    structlog.get_logger("ours").info("dispatched", notice=7, late_ms=1.5)
    logging.getLogger("library").warning("odd")
    logging.root.handlers[:] = handlers
    structlog.reset_defaults()
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["event"], first["notice"], first["level"]) == ("dispatched", 7, "info")
    assert (second["event"], second["logger"]) == ("odd", "library")


def test_below_the_level_nothing_is_written(lines: io.StringIO) -> None:
    structlog.get_logger("ours").debug("quiet")
    assert lines.getvalue() == ""
