"""`amparo-notify keys`: the keys that sign records, seal papers and encrypt personal data. Needs no database."""

import argparse
from datetime import UTC, datetime

from amparo_notify.cli.common import (
    GOOD,
    Commands,
    add_json,
    command,
    family,
    local,
    say,
    show_json,
    show_table,
    subcommands,
)
from amparo_notify.cli.settings import configuration
from amparo_notify.seal.keys import Generation, Keyring, Kind

_ROTATABLE = [str(kind) for kind in Kind if kind is not Kind.LINK]


def add_parsers(commands: Commands) -> None:
    """Register `keys`."""
    parser = family(commands, "keys")
    place = subcommands(parser)
    listing = command(
        place, "list", "list every key that ever was, oldest first", "amparo-notify keys list --json"
    )
    add_json(listing)
    listing.set_defaults(run=show)
    rotating = command(
        place,
        "rotate",
        "make a new key; the one before stays valid for a day",
        "amparo-notify keys rotate record",
    )
    rotating.epilog = (
        rotating.epilog or ""
    ) + "\n\nCopy the directory KEYS to every host, then restart every process."
    rotating.add_argument("kind", metavar="KIND", choices=_ROTATABLE, help=", ".join(_ROTATABLE))
    rotating.set_defaults(run=rotate)


def show(options: argparse.Namespace) -> int:
    """List the keys: what is for, when in force, and which is the current one of its kind."""
    keyring = Keyring.load(configuration().keys, datetime.now(UTC), create=False)
    if options.json:
        show_json([_as_json(keyring, each) for each in keyring.generations])
        return GOOD
    rows = [
        (each.kind, each.id[:16], local(each.not_before), local(each.not_after), _current(keyring, each))
        for each in keyring.generations
    ]
    show_table(("kind", "id", "from", "until", "current"), rows)
    return GOOD


def _as_json(keyring: Keyring, each: Generation) -> dict[str, object]:
    return {
        "kind": each.kind,
        "id": each.id,
        "not_before": each.not_before,
        "not_after": each.not_after,
        "current": each == keyring.current(each.kind),
        "public": dict(each.public) if each.public else None,
    }


def _current(keyring: Keyring, each: Generation) -> str:
    return "yes" if each == keyring.current(each.kind) else ""


def rotate(options: argparse.Namespace) -> int:
    """Make a new key of a kind."""
    config, now = configuration(), datetime.now(UTC)
    kind = Kind(options.kind)
    fresh = Keyring.load(config.keys, now, create=False).rotate(kind, now).current(kind)
    print(f"{kind} {fresh.id}")
    say(f"Copy {config.keys} to every host and restart web and worker within a day.")
    return GOOD
