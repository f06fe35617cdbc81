"""scripts/bench [NAME…]: runs `benchmarks/NAME.py`'s measure() -> dict, merges it into results.json, prints a table.

A benchmark that has a `table(measured)` says itself how its figures are to be read."""

import json
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "results.json"
NAMES = ("latency", "verify", "plan", "dispatch", "pages", "evidence")


def main(asked: list[str]) -> int:
    """Measure what was asked, or all that there is. Returns the exit code: 2 for a name that does not exist."""
    there = [name for name in NAMES if (FOLDER / f"{name}.py").exists()]
    if wrong := [name for name in asked if name not in there]:
        print(
            f"No such benchmark: {', '.join(wrong)}. There are: {', '.join(there) or 'none yet'}.",
            file=sys.stderr,
        )
        return 2
    for name in asked or there:
        benchmark = import_module(f"benchmarks.{name}")
        measured = benchmark.measure()
        _keep(name, measured)
        print(f"── {name}")
        if hasattr(benchmark, "table"):
            print(benchmark.table(measured))
            continue
        for path, value in _rows(measured):
            print(
                f"  {path:<44} {value:>14,.3f}" if isinstance(value, float) else f"  {path:<44} {value!s:>14}"
            )
    return 0


def _keep(name: str, measured: Mapping[str, object]) -> None:
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.write_text(
        json.dumps({**results, name: measured}, indent=2, sort_keys=True, allow_nan=False) + "\n"
    )


def _rows(measured: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in measured.items():
        if isinstance(value, Mapping):
            yield from _rows(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
