"""`amparo-notify order replay`: what policy and roster would have done beside what the log recorded."""

import argparse

from amparo_notify.cases.replay import Replayed, replayed
from amparo_notify.cases.services import OPERATOR
from amparo_notify.cli.common import GOOD, Commands, add_json, command, local, show_json, show_table
from amparo_notify.cli.desk import services
from amparo_notify.core.replay import Line
from amparo_notify.core.state import Step


def add_parser(place: Commands) -> None:
    """Register `replay` among the commands of `order`."""
    parser = command(
        place,
        "replay",
        "show what was planned for an order beside what was done, differences marked",
        "amparo-notify order replay J5DAMX-000001",
    )
    parser.add_argument("folio", metavar="FOLIO")
    add_json(parser)
    parser.set_defaults(run=show)


def show(options: argparse.Namespace) -> int:
    """Print an order's replay, station by station."""
    with services() as own:
        found = replayed(own, OPERATOR, options.folio, own.clock())
    if options.json:
        show_json([_as_json(each) for each in found])
        return GOOD
    for each in found:
        _print(each)
    return GOOD


def _as_json(station: Replayed) -> dict[str, object]:
    return {
        "station": station.code,
        "policy_version": station.policy_version,
        "roster_version": station.roster_version,
        "opened_at": station.opened_at,
        "differences": station.differences,
        "steps": [
            {
                "difference": line.difference or None,
                "planned": _step(line.planned),
                "recorded": _step(line.recorded),
            }
            for line in station.lines
        ],
    }


def _step(step: Step | None) -> dict[str, object] | None:
    if step is None:
        return None
    return {
        "at": step.due_at,
        "event": step.event,
        "reason": step.reason,
        "round": step.round,
        "level": step.level,
        "recipients": [{"officer": badge, "by": by} for badge, by in step.recipients],
    }


def _print(station: Replayed) -> None:
    versions = f"policy version {station.policy_version}, roster version {station.roster_version}"
    print(f"{station.code}  {station.name}: {versions}, {station.differences} differences")
    if station.opened_at is None:
        print("  the order never went out")
        return
    rows = [_row(line, station.time_zone) for line in station.lines]
    show_table(("planned", "recorded", "step", "planned for", "recorded for", "difference"), rows)


def _row(line: Line, zone: str) -> tuple[str, ...]:
    step = line.planned or line.recorded
    assert step is not None
    what = f"{step.event} {step.reason}, level {step.level}, round {step.round}"
    planned, recorded = line.planned, line.recorded
    return (
        local(planned.due_at if planned else None, zone),
        local(recorded.due_at if recorded else None, zone),
        what,
        _people(planned),
        _people(recorded),
        line.difference or "same",
    )


def _people(step: Step | None) -> str:
    return " ".join(badge for badge, _ in step.recipients) or "nobody" if step else "—"
