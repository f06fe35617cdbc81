"""The command line's front door: `amparo-notify FAMILY …`. Only the chosen family's module is imported."""

import argparse
import importlib
import sys
from collections.abc import Sequence

from amparo_notify.cli.common import FAULTS, Parser, say
from amparo_notify.cli.families import FAMILIES
from amparo_notify.core.errors import Refusal

_ABOUT = "Carries a signed amparo order to the officers on duty, and chases them until one acknowledges and reports."
_START = """to see it work:
  amparo-notify serve --demo

to set it up from nothing (each command has --help with an example):
  amparo-notify db upgrade
  amparo-notify court add J5DAMX --name "Juzgado Quinto de Distrito" --phone "+52 55 0000 0001"
  amparo-notify court signer add J5DAMX --certificate judge.cer
  amparo-notify user add clerk1 --name "…" --role clerk --court J5DAMX
  amparo-notify officer add J501 --post guardia --name "…" --phone "+52 55 0000 0003" --court J5DAMX
  amparo-notify station add MEX-T1 --name "La Burbuja, Terminal 1" --zone America/Mexico_City --phone "+52 55 0000 0002"
  amparo-notify officer add 1001 --post agente --name "…" --phone "+52 55 0000 0010" --station MEX-T1
  amparo-notify roster import MEX-T1 roster.csv        (amparo-notify roster import --help: the columns)
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
        return 141  # as a shell says of SIGPIPE; never 0, which is a verdict
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
    chosen = FAMILIES.get(next((word for word in given if not word.startswith("-")), ""))
    if chosen:
        importlib.import_module(f"amparo_notify.cli.{chosen.module}").add_parsers(commands)
    for name, each in FAMILIES.items():
        if each.about and (chosen is None or each.module != chosen.module):
            commands.add_parser(name, help=each.about)
    return parser


if __name__ == "__main__":
    sys.exit(main())
