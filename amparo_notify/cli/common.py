"""What every command shares: exit codes, how it speaks, and how it reads instants, files and zones. Imports little."""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Never, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from amparo_notify.cli.families import FAMILIES

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""Where a family registers its parser."""

GOOD, FAULTS, USAGE, UNDECIDED = 0, 1, 2, 3
"""Exit codes: good; a refusal; wrong usage; INDETERMINATE, or held for a second person."""


class Parser(argparse.ArgumentParser):
    """A parser that answers wrong usage with one sentence and where to look."""

    def error(self, message: str) -> Never:
        """Say what is wrong and exit with 2."""
        say(f"{self.prog}: {message} (see {self.prog} --help)")
        sys.exit(USAGE)


def family(commands: Commands, name: str) -> argparse.ArgumentParser:
    """Add the parser of a family, described as in the table of families."""
    about = FAMILIES[name].about
    parser = commands.add_parser(
        name, help=about, description=f"{about[0].upper()}{about[1:]}." if about else None
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    return parser


def subcommands(parser: argparse.ArgumentParser) -> Commands:
    """Return the place for a family's sub-commands, one of which must be given."""
    return parser.add_subparsers(metavar="COMMAND", required=True, title="commands")


def command(place: Commands, name: str, about: str, example: str = "") -> argparse.ArgumentParser:
    """Add one sub-command with its description and an example of its use."""
    return place.add_parser(
        name,
        help=about,
        description=about[0].upper() + about[1:] + ".",
        epilog=f"example:\n  {example}" if example else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    parser.add_argument(
        "--json", action="store_true", help="print one JSON document and nothing else on standard output"
    )


# -- speaking -----------------------------------------------------------------------------------------------


def say(sentence: str) -> None:
    """Print to standard error."""
    print(sentence, file=sys.stderr, flush=True)


def show_json(document: object) -> None:
    """Print one JSON document to standard output. Instants are ISO 8601 in UTC."""
    print(json.dumps(document, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: object) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)


def show_table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows in columns as wide as their widest cell; the heads stay off a pipe's way by being in capitals."""
    table = [[head.upper() for head in heads], *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(heads))]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def local(moment: datetime | None, zone: str = "UTC") -> str:
    """Return an instant as a wall clock in `zone` with its offset, to the second; a dash for none."""
    return moment.astimezone(ZoneInfo(zone)).isoformat(" ", "seconds") if moment else "—"


# -- reading ------------------------------------------------------------------------------------------------


def instant(text: str) -> datetime:
    """An ISO 8601 instant with an offset, as aware UTC; for argparse."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(
            f"«{text}» is not an instant: write it as 2026-11-21T14:35-06:00"
        ) from None
    raise argparse.ArgumentTypeError(f"«{text}» has no offset: write it as 2026-11-21T14:35-06:00")


def zone(text: str) -> str:
    """An IANA time zone; for argparse."""
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise argparse.ArgumentTypeError(
            f"«{text}» is not a time zone: write it as America/Mexico_City"
        ) from None


def content(text: str) -> bytes:
    """What is in a file; for argparse."""
    try:
        return Path(text).read_bytes()
    except OSError as error:
        raise argparse.ArgumentTypeError(
            f"{text} cannot be read ({error.strerror}): check the path"
        ) from None
