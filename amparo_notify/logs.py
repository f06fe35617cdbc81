"""Logs: to standard error, JSON in production and readable on a desk; nothing personal and no token ever in them.

Everything passes here, the libraries' own records and tracebacks too, so that no caller has to remember.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

_HIDDEN = "[redacted]"
_NAMES = re.compile(
    r"authorization|cookie|password|passphrase|secret|token|\bpin\b|phone|mail|digits", re.IGNORECASE
)
"""A field so named is hidden, whatever it holds."""

_PATTERNS = (
    # credentials in an address: scheme://user:password@host
    (re.compile(r"://[^/\s:@]*:[^/\s@]+@"), f"://{_HIDDEN}@"),
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{6,}", re.IGNORECASE), rf"\1 {_HIDDEN}"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]*\.[\w-]*"), "[jws]"),
    # an officer's notice, a lawyer's page, a public check; then any other link with a token as a part of its path
    (re.compile(r"(?<![\w.])/([nsv])/[\w%-]+"), rf"/\1/{_HIDDEN}"),
    (re.compile(r"(https?://[^/\s]+)/([nsv])/[\w%-]+"), rf"\1/\2/{_HIDDEN}"),
    (re.compile(r"(?<=/)(?=[\w-]*[A-Z0-9])[A-Za-z0-9_-]{20,}"), _HIDDEN),
    (re.compile(r"([?&](?:token|code|pin|key|state)=)[^&\s\"']+", re.IGNORECASE), rf"\1{_HIDDEN}"),
    (re.compile(r"[\w.+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+"), "[mail]"),
    # +52 55 0000 0001, +525500000001, and ten digits with or without the country's code
    (re.compile(r"(?:\+|%2B)\d(?:[\s().-]?\d){7,14}"), "[phone]"),
    (re.compile(r"(?<![\w.-])(?:521?)?\d{10}(?![\w-])"), "[phone]"),
)


def redact(text: str) -> str:
    """Return `text` without tokens, credentials, phones and mail addresses."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def configure(level: str = "INFO", *, live: bool, stream: TextIO | None = None) -> None:
    """Send every log record of the process, redacted, to `stream` (standard error)."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,  # text here, so that it is redacted; never with local variables
    ]
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False) if live else _console(stream or sys.stderr)
    )
    last: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        _redact_event,
        renderer,
    ]
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=last))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(True)
    for name in (
        "gunicorn.error",
        "gunicorn.access",
        "waitress",
        "werkzeug",
    ):  # some come with handlers of their own
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name in (
        "httpx",
        "urllib3",
        "apscheduler",
        "twilio",
        "fontTools",
        "pyhanko",
    ):  # a line a request, a job, a page
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _console(stream: TextIO) -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(
        colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback, pad_event_to=40
    )


def _redact_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: _hide(key, value) for key, value in event.items()}


def _hide(key: str, value: object) -> object:
    if _NAMES.search(key) and value not in (None, ""):
        return _HIDDEN
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {redact(str(inner)): _hide(str(inner), each) for inner, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_hide("", each) for each in value]
    return redact(value if isinstance(value, str) else str(value))
