"""The command line's front door: `amparo-notify FAMILY …`. Only the chosen family's module is imported."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import NamedTuple

from amparo_notify.cli.common import FAULTS, Parser, say
from amparo_notify.core.errors import Refusal


class Family(NamedTuple):
    """A module that knows a family of commands, and its function that defines them on a parser.

    That function adds the options and sets the default `run`: a function from the parsed options to the exit code.
    """

    module: str
    define: str
    about: str


FAMILIES = {
    "serve": Family("serve", "define", "web and worker together, supervised; --demo for the demonstration"),
    "web": Family("web", "define", "the web server alone"),
    "worker": Family("worker", "define", "the worker alone: sends, chases, escalates"),
    "db": Family("db", "define", "bring the database's tables up to date"),
    "submit": Family("submit", "define", "submit a signed order"),
    "order": Family("order", "define", "list orders, show one"),
    "verify": Family("verify", "define", "judge a signed document"),
    "certificate": Family("verify", "define_certificate", "read certificates, Mexican ones included"),
    "court": Family("court", "define", "add and list courts and their signers"),
    "station": Family("station", "define", "add and list stations"),
    "officer": Family("officer", "define", "add, list and invite officers"),
    "user": Family("user", "define", "add and list court staff and administrators; API tokens"),
    "roster": Family("roster", "define", "show, import and export who is on duty"),
    "policy": Family("policy", "define", "show, set and preview how an order escalates"),
    "simulate": Family("simulate", "define", "run years of orders through a policy in seconds"),
    "keys": Family("keys", "define", "list and rotate the keys that sign and encrypt"),
    "doctor": Family("doctor", "define", "check everything at once"),
    "demo": Family("demo", "define", ""),  # what `serve --demo` runs; not for people
}

_ABOUT = "Carries a signed amparo order to the officers on duty, and chases them until one acknowledges and reports."
_START = """to see it work:
  amparo-notify serve --demo

to set it up from nothing (each command has --help with an example):
  amparo-notify db upgrade
  amparo-notify court add J5DAMX --name "Juzgado Quinto de Distrito" --phone "+52 55 0000 0001"
  amparo-notify court signer add J5DAMX --certificate judge.cer
  amparo-notify user add clerk1 --name "…" --role clerk --court J5DAMX
  amparo-notify station add MEX-T1 --name "La Burbuja, Terminal 1" --zone America/Mexico_City --phone "+52 55 0000 0002"
  amparo-notify officer add 1001 --post agente --name "…" --phone "+52 55 0000 0010" --station MEX-T1
  amparo-notify roster import MEX-T1 roster.csv        (amparo-notify roster --help: the columns)
  amparo-notify policy set MEX-T1 --default
  amparo-notify doctor

exit codes: 0 good, 1 a refusal, 2 wrong usage, 3 indeterminate or held for confirmation"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Refusals are sentences on standard error, never a traceback."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        options = _parser(given).parse_args(given)
        return int(options.run(options))
    except Refusal as refusal:
        for fault in refusal.faults:
            say(str(fault))
        return FAULTS
    except BrokenPipeError:  # `amparo-notify order list | head`
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return 130


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    parser = Parser(
        prog="amparo-notify",
        description=_ABOUT,
        epilog=_START,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True, title="commands")
    chosen = next((word for word in given if not word.startswith("-")), "")
    for name, family in FAMILIES.items():
        shown = {"help": family.about, "description": family.about.capitalize() + "."} if family.about else {}
        child = commands.add_parser(name, **shown)
        child.formatter_class = argparse.RawDescriptionHelpFormatter
        if name == chosen:
            module = importlib.import_module(f"amparo_notify.cli.{family.module}")
            getattr(module, family.define)(child)
    return parser


if __name__ == "__main__":
    sys.exit(main())
