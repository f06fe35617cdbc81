"""`amparo-notify policy`: how an order at a station escalates, and a preview of whom it would reach."""

import argparse
import json

from amparo_notify.cases import manage
from amparo_notify.cases.services import OPERATOR, Services
from amparo_notify.cli.common import (
    GOOD,
    Commands,
    add_json,
    command,
    content,
    family,
    instant,
    local,
    show_json,
    show_table,
    subcommands,
)
from amparo_notify.cli.desk import services
from amparo_notify.core.errors import Fault, Invalid, Missing
from amparo_notify.core.policy import DEFAULT_POLICY, Policy, policy_from_json, policy_to_json
from amparo_notify.core.preview import Expected, preview
from amparo_notify.core.roster import Roster
from amparo_notify.store import people, rosters

_FORMAT = """The file is JSON, delays in seconds; `amparo-notify policy show STATION > policy.json` gives a first one:
  {"levels": [{"targets": [{"kind": "rotation", "name": "agentes"}], "media": ["sms", "voice", "email"], "delay": 0},
              {"targets": [{"kind": "post", "name": "titular"}, {"kind": "headquarters"}], "media": ["sms", "voice"],
               "delay": 180},
              {"targets": [{"kind": "court"}], "media": ["sms", "email"], "delay": 300}],
   "repeat_after": 300, "display_within": 180, "outcome_within": 900}
Targets: rotation and post with a name; headquarters; court; comar: a copy to COMAR's desk (officer add … --comar),
beside somebody who is reached, and where the order allows it.

examples:
  amparo-notify policy set MEX-T1 --default
  amparo-notify policy set MEX-T1 policy.json"""


def add_parsers(commands: Commands) -> None:
    """Register `policy`."""
    parser = family(commands, "policy")
    place = subcommands(parser)
    showing = command(
        place, "show", "print a station's policy as JSON", "amparo-notify policy show MEX-T1 > policy.json"
    )
    showing.add_argument("station", metavar="STATION")
    showing.set_defaults(run=show)
    setting = command(place, "set", "give a station a policy; open escalations keep theirs")
    setting.epilog = _FORMAT
    setting.add_argument("station", metavar="STATION")
    which = setting.add_mutually_exclusive_group(required=True)
    which.add_argument("file", metavar="FILE", nargs="?", type=content)
    which.add_argument(
        "--default", action="store_true", help="agents, chiefs, head and headquarters, the court"
    )
    setting.set_defaults(run=change)
    previewing = command(
        place,
        "preview",
        "show whom an order would reach, and when, if nobody answered",
        "amparo-notify policy preview MEX-T1 --at 2026-11-22T03:15-06:00 --departs 2026-11-22T06:40-06:00",
    )
    previewing.add_argument("station", metavar="STATION")
    previewing.add_argument(
        "--at", type=instant, required=True, metavar="INSTANT", help="when the order arrives"
    )
    previewing.add_argument("--departs", type=instant, metavar="INSTANT", help="when the flight leaves")
    previewing.add_argument(
        "--court", metavar="CODE", help="whose order it is (default: the only court there is)"
    )
    add_json(previewing)
    previewing.set_defaults(run=foresee)


def show(options: argparse.Namespace) -> int:
    """Print a station's policy as JSON."""
    with services() as own:
        show_json(policy_to_json(manage.policy_of(own, options.station)))
    return GOOD


def change(options: argparse.Namespace) -> int:
    """Give a station a policy."""
    policy = DEFAULT_POLICY if options.default else _read(options.file)
    with services() as own:
        version = manage.save_policy(own, OPERATOR, options.station, policy, own.clock())
    print(f"{options.station} escalates by version {version} from now on: {len(policy.levels)} levels.")
    return GOOD


def _read(body: bytes) -> Policy:
    try:
        return policy_from_json(json.loads(body))
    except ValueError as error:
        raise Invalid(
            Fault("policy", f"no es JSON ({error}).", "Vea: amparo-notify policy set --help")
        ) from error


def foresee(options: argparse.Namespace) -> int:
    """Print what an order at an instant would do until its first repeat is complete."""
    with services() as own:
        policy = manage.policy_of(own, options.station)
        roster = _roster(own, options.station, options.court)
    lines = preview(policy, roster, options.at, options.departs)
    if options.json:
        show_json([_as_json(line) for line in lines])
        return GOOD
    rows = [(local(line.at, roster.time_zone), line.level, line.reason, _people(line)) for line in lines]
    show_table(("at", "level", "reason", "reaches"), rows)
    return GOOD


def _roster(own: Services, station: str, court: str | None) -> Roster:
    """The station's people, with the duty contacts of the court whose order it is."""
    with own.database.read() as tx:
        known = [each for each in people.courts(tx) if each.code != people.DRILL_COURT]
        asked = [each for each in known if each.code == court] if court else known if len(known) == 1 else []
        if court and not asked:
            raise Missing(Fault("--court", f"there is no court «{court}».", "See: amparo-notify court list"))
        found = people.find_station(tx, code=station)
        assert found is not None  # its policy was read
        return rosters.current_roster(tx, found, asked[0].id if asked else None)


def _as_json(line: Expected) -> dict[str, object]:
    recipients = [{"officer": badge, "channel": medium} for badge, medium in line.recipients]
    return {"at": line.at, "level": line.level, "reason": line.reason, "recipients": recipients}


def _people(line: Expected) -> str:
    media: dict[str, list[str]] = {}
    for badge, medium in line.recipients:
        media.setdefault(badge, []).append(medium)
    return "; ".join(f"{badge} ({', '.join(by)})" for badge, by in media.items()) or "nobody"
