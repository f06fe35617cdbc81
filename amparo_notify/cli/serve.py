"""`amparo-notify serve`: web and worker together on one host, each a supervised process of its own."""

import argparse
import os
import socket
import subprocess
import sys

from amparo_notify.cli import demo_files
from amparo_notify.cli.common import FAULTS, GOOD, USAGE, Commands, family, say
from amparo_notify.cli.listening import add_address, listen, public_url
from amparo_notify.cli.settings import configuration, environment, var
from amparo_notify.cli.supervisor import Child, Supervisor

_EPILOG = """Web and worker run as two processes; one that dies is started again. The tables are brought up to date
first. SIGTERM or Ctrl-C ends both cleanly. On several hosts run `web` and `worker` instead, on one PostgreSQL.

With --demo nothing reaches anybody outside: phones and mailboxes are a page, /demo/phones. Data is kept under var/;
AMPARO_VAR names another directory.

examples:
  amparo-notify serve --demo
  amparo-notify serve --demo --reset --port 8080
  PROVIDERS=live PUBLIC_URL=https://avisos.example … amparo-notify serve --host 0.0.0.0"""


def add_parsers(commands: Commands) -> None:
    """Register `serve`."""
    parser = family(commands, "serve")
    parser.epilog = _EPILOG
    add_address(parser)
    parser.add_argument(
        "--demo",
        action="store_true",
        help="with an invented court, two stations, officers, and one order under way",
    )
    parser.add_argument(
        "--reset", action="store_true", help="with --demo: start over, deleting the demonstration's data"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT."""
    if options.reset and not options.demo:
        say("amparo-notify serve: --reset deletes demonstration data only: use it with --demo.")
        return USAGE
    environ = _environment(options)
    listener = listen(options.host, options.port)
    if options.reset:
        demo_files.reset(environ, var())
    configuration(environ=environ)  # every fault now, in one message, and not in each child
    if not (options.demo and demo_files.is_prepared(environ, var())):
        if options.demo:
            say(
                "Making the demonstration: a court, two stations, their people and keys. It takes some seconds…"
            )
        code = _first(["demo-prepare"] if options.demo else ["db", "upgrade"], environ)
        if code != GOOD:
            return code
    return Supervisor(_children(options, listener), environ, pass_fds=(listener.fileno(),)).run()


def _environment(options: argparse.Namespace) -> dict[str, str]:
    """Return the children's environment."""
    address = public_url(options.host, options.port)
    if options.demo:
        return demo_files.environment(os.environ, var(), address)
    environ = environment()
    if not any(os.environ.get(name) for name in ("PUBLIC_URL", "PUBLIC_URL_FILE")):
        environ["PUBLIC_URL"] = address
    return environ


def _first(command: list[str], environ: dict[str, str]) -> int:
    """Run a command to its end; what it says besides faults is not for the reader of a server's output."""
    done = subprocess.run(
        [sys.executable, "-m", "amparo_notify", *command], env=environ, stdout=subprocess.DEVNULL
    )
    return GOOD if done.returncode == 0 else FAULTS


def _children(options: argparse.Namespace, listener: socket.socket) -> list[Child]:
    address = ["--host", options.host, "--port", str(options.port), "--fd", str(listener.fileno())]
    children = [Child("web", ["web", *address]), Child("worker", ["worker"])]
    if options.demo:
        children.append(Child("demonstration", ["demo-order"], once=True))
    return children
