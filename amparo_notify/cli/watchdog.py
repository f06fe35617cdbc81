"""`amparo-notify watchdog`: watches the others, on a host of its own if possible."""

import argparse
import os
import signal
import threading
from types import FrameType

from amparo_notify import logs, watchdog
from amparo_notify.cli.common import GOOD, Commands, family
from amparo_notify.cli.settings import environment, var
from amparo_notify.cli.supervised import stop_with_parent

_EPILOG = """It only reads, with its own credentials, and tells people by its own road:

  WATCHDOG_DATABASE_URL   default DATABASE_URL; in production a role that may only SELECT (docs/deploy.md)
  WATCHDOG_ALARM_URL      alarms are posted there as JSON
  WATCHDOG_TWILIO_ACCOUNT_SID, _AUTH_TOKEN, _FROM and WATCHDOG_PHONES
                          alarms are texted, from an account that nothing else uses
  WATCHDOG_URL            asked for every minute while all is well: whoever is asked watches the watchdog

Each also as NAME_FILE."""


def add_parsers(commands: Commands) -> None:
    """Register `watchdog`."""
    parser = family(commands, "watchdog")
    parser.epilog = _EPILOG
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Watch until SIGTERM or SIGINT."""
    environ = environment()
    default = environ.get("DATABASE_URL") or f"sqlite:///{var() / 'amparo.db'}"
    settings = watchdog.Settings.from_environment(environ, default)
    logs.configure(os.environ.get("LOG_LEVEL", "INFO"), live=environ.get("PROVIDERS") == "live")
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    stop_with_parent()
    watchdog.run(settings, stop)
    return GOOD
