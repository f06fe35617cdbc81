"""`amparo-notify worker`: sends, chases and escalates until told to stop."""

import argparse
import logging
import os
import signal
import threading
from types import FrameType

import structlog

from amparo_notify import logs, worker
from amparo_notify.bootstrap import trust
from amparo_notify.cli.common import FAULTS, GOOD, Commands, family
from amparo_notify.cli.desk import built, require_tables
from amparo_notify.cli.settings import configuration
from amparo_notify.cli.supervised import stop_with_parent
from amparo_notify.config import Config
from amparo_notify.core.errors import Unfit


def add_parsers(commands: Commands) -> None:
    """Register `worker`."""
    parser = family(commands, "worker")
    parser.epilog = (
        "Any number of workers, on any number of hosts, may share one PostgreSQL.\n"
        "SIGTERM or Ctrl-C: stops claiming, finishes what is in flight, and ends."
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Work until SIGTERM or SIGINT. A second signal ends at once: what was in flight is reconciled by its lease."""
    config = configuration()
    logs.configure(config.log_level, live=config.live)
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    stop_with_parent()
    with built(config, uploads=_can_judge(config)) as services:
        require_tables(services.database)
        try:
            worker.run(services, stop)
        except BaseException:
            # Whatever it was: threads that beat and record would keep a worker that sends nothing looking alive.
            # Ended at once, it is started again, and its leases expire.
            logging.getLogger(__name__).exception("the worker broke")
            os._exit(FAULTS)
    return GOOD


def _can_judge(config: Config) -> bool:
    """Whether the trust anchors can be read. If not, documents are not judged anew; the chase goes on."""
    try:
        trust(config)
    except Unfit as unfit:
        structlog.get_logger(__name__).error("trust anchors unusable", reason=str(unfit))
        return False
    return True
