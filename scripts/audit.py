"""Asks whether a locked package has a known vulnerability. Exceptions: in pyproject.toml, with a reason and a date.

Exit 1 for a vulnerability, or an exception whose date has passed. Where the vulnerability service does not answer,
says that nothing was audited, and does not fail for want of a network.
"""

import json
import subprocess
import sys
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-install.txt")


def main() -> int:
    exceptions = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["audit"].get("exceptions", [])
    faults = list(_stale(exceptions, datetime.now(UTC).date()))
    packages = _packages()
    judged = [each for each in packages if "vulns" in each]
    excused = {each["id"] for each in exceptions}
    for package in judged:
        for vulnerability in package["vulns"]:
            if not excused & {vulnerability["id"], *vulnerability["aliases"]}:
                faults.append(f"{package['name']} {package['version']}: {vulnerability['id']}")
    print(f"audit: {len(judged)} of {len(packages)} packages judged, {len(exceptions)} exceptions")
    if not packages or len(judged) < len(packages):
        print(
            "audit: NOT AUDITED in full: the vulnerability service did not answer. Repeat it with a network."
        )
    for fault in faults:
        print(f"audit: {fault}", file=sys.stderr)
    return 1 if faults else 0


def _stale(exceptions: list[dict[str, Any]], today: date) -> list[str]:
    return [
        f"{each.get('id', '?')}: the exception has no reason, or its date has passed"
        for each in exceptions
        if not each.get("reason") or each.get("expires", today) <= today
    ]


def _packages() -> list[dict[str, Any]]:
    """What the audit says of each package, with "vulns" for one that was judged; nothing where nobody answered."""
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--disable-pip",
        "--require-hashes",
        "--format=json",
        "--timeout=20",
    ]
    command += ["--progress-spinner=off", *(argument for lock in LOCKS for argument in ("-r", lock))]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    try:
        return list(json.loads(run.stdout)["dependencies"])
    except (ValueError, KeyError):
        return []


if __name__ == "__main__":
    sys.exit(main())
