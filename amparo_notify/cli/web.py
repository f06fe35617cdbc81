"""`amparo-notify web`: the web server alone, by waitress. Behind a proxy in production see the Procfile (gunicorn)."""

import argparse
import gc
import logging
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import waitress

from amparo_notify import logs
from amparo_notify.cli.common import GOOD, Commands, family
from amparo_notify.cli.desk import built, require_tables
from amparo_notify.cli.listening import add_address, listen
from amparo_notify.cli.settings import configuration
from amparo_notify.cli.supervised import stop_with_parent
from amparo_notify.core.ports import Verifier
from amparo_notify.pki.current import CurrentJudge
from amparo_notify.web import create_app

THREADS = 24
LARGEST_REQUEST = 80 << 20
"""Bytes: a document and its signature, 32 MiB each, and their form. The case says what to do about more."""


def add_parsers(commands: Commands) -> None:
    """Register `web`."""
    parser = family(commands, "web")
    add_address(parser)
    parser.add_argument("--fd", type=int, help=argparse.SUPPRESS)  # a socket that the supervisor listens on
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT."""
    config = configuration(uploads=True)
    logs.configure(config.log_level, live=config.live)
    # A request that waits for a thread is no news.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    signal.signal(signal.SIGTERM, _end)
    stop_with_parent()
    listener = listen(options.host, options.port) if options.fd is None else socket.socket(fileno=options.fd)
    with built(config, uploads=True) as services, _warm(services.verifier):
        require_tables(services.database)
        app = create_app(services, config)
        gc.freeze()  # what was imported stays: no request waits while it is looked through
        waitress.serve(
            app,
            sockets=[listener],
            threads=THREADS,
            max_request_body_size=LARGEST_REQUEST,
            ident=None,
            clear_untrusted_proxy_headers=True,
            _quiet=True,
        )
    return GOOD


@contextmanager
def _warm(verifier: Verifier) -> Iterator[None]:
    """Start the judging process while the rest starts, and not with the first upload; end it with this one."""
    if not isinstance(verifier, CurrentJudge):
        yield
        return
    threading.Thread(target=verifier.warm, name="warm the judge", daemon=True).start()
    try:
        yield
    finally:
        verifier.close()


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(GOOD)
