"""Runs a web or a worker of the service by a clock that somebody else turns: thirty hours pass in minutes.

    python tests/soak/runner.py web|worker --host … --port …      SOAK_CLOCK=a file of one double, seconds since 1970

All else is the real thing: its loop, its threads, its roads over HTTP, its database.
"""

import argparse
import mmap
import os
import signal
import struct
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import waitress

from amparo_notify import logs, worker
from amparo_notify.bootstrap import NoJudge, build
from amparo_notify.channels.roads import build_providers
from amparo_notify.cli.supervised import stop_with_parent
from amparo_notify.config import Config
from amparo_notify.seal.secrets import Argon2
from amparo_notify.web import create_app

TIMEOUT = 0.8
"""Real seconds that a provider may take."""
JOBS = {name: (work, min(seconds, 3)) for name, (work, seconds) in worker.JOBS.items()}
"""By real seconds, since the scheduler's clock is its own."""


def turned(path: str) -> Callable[[], datetime]:
    """The clock that is turned from outside."""
    with open(path, "rb") as file:
        face = mmap.mmap(file.fileno(), 8, prot=mmap.PROT_READ)
    return lambda: datetime.fromtimestamp(struct.unpack("d", face[:8])[0], UTC)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=("web", "worker"))
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    options = parser.parse_args()
    stop_with_parent()
    config = Config.from_environment(os.environ, uploads=options.name == "web")
    logs.configure(config.log_level, live=True)
    replaced = {} if options.name == "web" else {"verifier": NoJudge()}
    services = build(
        config,
        clock=turned(os.environ["SOAK_CLOCK"]),
        secrets=Argon2(rounds=1, memory=64),
        providers=dict(
            build_providers(
                public_url=config.public_url,
                twilio_account_sid=config.twilio_account_sid,
                twilio_auth_token=config.twilio_auth_token.get_secret_value(),
                twilio_from=config.twilio_from,
                twilio_api_url=config.twilio_api_url,
                sendgrid_api_key=config.sendgrid_api_key.get_secret_value(),
                sendgrid_from=config.sendgrid_from,
                sendgrid_api_url=config.sendgrid_api_url,
                timeout=TIMEOUT,
            )
        ),
        **replaced,
    )
    if options.name == "web":
        waitress.serve(
            create_app(services, config), host=options.host, port=options.port, threads=8, _quiet=True
        )
        return
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    worker.Worker(services, stop, jobs=JOBS).run()


if __name__ == "__main__":
    sys.exit(main())
