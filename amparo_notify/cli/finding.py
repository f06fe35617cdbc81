"""What a check found: all well, something to look at, or a fault with its remedy."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """The outcome of one check. `level`: "ok", "warning" or "fault"."""

    check: str
    level: str
    detail: str
    remedy: str = ""


def ok(check: str, detail: str) -> Finding:
    """All well."""
    return Finding(check, "ok", detail)


def warning(check: str, detail: str, remedy: str) -> Finding:
    """Works, and somebody should look at it."""
    return Finding(check, "warning", detail, remedy)


def fault(check: str, detail: str, remedy: str) -> Finding:
    """Does not work; `doctor` then exits with 1."""
    return Finding(check, "fault", detail, remedy)
