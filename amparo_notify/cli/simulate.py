"""`amparo-notify simulate`: what the policies would do in weeks of a drawn world, as a table and a plot."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from amparo_notify.cli.common import Commands, family
from amparo_notify.core.simulation import Result, simulate

WIDTH = 50
PLOTTED = (15, 30, 60, 120, 180, 300, 480, 900, 1800, 3600)
"""Seconds after acceptance: the rows of the plot."""

SHADES = "▏▎▍▌▋▊▉█"


def add_parsers(commands: Commands) -> None:
    """Add the command to the program's."""
    parser = family(commands, "simulate")
    parser.add_argument("--orders", type=_positive, default=10_000, metavar="N", help="default: %(default)s")
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="the same seed gives the same; default: %(default)s"
    )
    parser.add_argument("--json", action="store_true", help="print one line of JSON for each order")
    parser.set_defaults(run=run)


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError("must be a number from 1 up")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Simulate and print. Returns 0, or 1 if an order was accepted of which nobody was told."""
    results = simulate(args.orders, args.seed)
    write = sys.stdout.write
    if args.json:
        write("".join(json.dumps(asdict(result), ensure_ascii=False) + "\n" for result in results))
    else:
        write(report(results, args.seed))
    return 1 if any(result.first_notice is None and not result.alarms for result in results) else 0


def report(results: Sequence[Result], seed: int) -> str:
    """Return the table and the plot of a simulation, by policy."""
    policies = {
        name: [r for r in results if r.policy == name] for name in dict.fromkeys(r.policy for r in results)
    }
    lines = [f"{len(results)} órdenes, semilla {seed}. Segundos desde que se aceptó la orden.", ""]
    lines += [
        _row(
            "política",
            "órdenes",
            "aviso p50/p95",
            "enterado p50/p95",
            "informe p50/p95",
            "antes de salir",
            "avisos",
        )
    ]
    lines += [_policy_row(name, of) for name, of in policies.items()]
    for name, of in policies.items():
        lines += ["", f"Acuse de enterado, {name}: parte de las órdenes", *_plot(of)]
    return "\n".join(lines) + "\n"


def _row(*cells: str) -> str:
    return f"{cells[0]:<14}{cells[1]:>8}" + "".join(f"{cell:>18}" for cell in cells[2:])


def _policy_row(name: str, results: Sequence[Result]) -> str:
    timely = [result.in_time for result in results if result.in_time is not None]
    return _row(
        name,
        str(len(results)),
        _both([result.first_notice for result in results]),
        _both([result.acknowledged for result in results]),
        _both([result.reported for result in results]),
        f"{sum(timely) / len(timely):.2%}" if timely else "—",
        f"{sum(result.notices for result in results) / len(results):.1f}",
    )


def _both(times: Sequence[float | None]) -> str:
    """The median and the 95th percentile; what never happened is later than everything."""
    known = sorted(float("inf") if time is None else time for time in times)
    middle, late = known[len(known) // 2], known[int(len(known) * 0.95)]
    return " / ".join("nunca" if time == float("inf") else f"{time:.0f}" for time in (middle, late))


def _plot(results: Sequence[Result]) -> list[str]:
    lines = []
    for limit in PLOTTED:
        share = sum(r.acknowledged is not None and r.acknowledged <= limit for r in results) / len(results)
        full, rest = divmod(int(share * WIDTH * 8), 8)
        bar = "█" * full + (SHADES[rest - 1] if rest else "")
        lines.append(f"{_span(limit):>8} {bar:<{WIDTH}} {share:6.1%}")
    return lines


def _span(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"
