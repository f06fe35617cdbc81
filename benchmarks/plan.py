"""What one plan() costs: the core alone, no database. Prints the "plan" object of results.json.

The station is an ordinary one: three guards of four in 24x48, two chiefs, a year of swaps, four levels. Three
questions are asked in turn, as a worker asks them: a new order, a level that is due, and a look with nothing to do.
"""

import json
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from time import perf_counter

from amparo_notify.core.escalation import opened, plan
from amparo_notify.core.notice import Medium
from amparo_notify.core.policy import DEFAULT_POLICY
from amparo_notify.core.roster import Contact, Officer, Override, Roster, Rotation, Shift
from benchmarks import tick

NOW = datetime(2026, 11, 21, 9, 15, tzinfo=UTC)
ROUNDS, PLANS = 15, 200


def station() -> Roster:
    """Fifteen people with a telephone and a mailbox each."""
    ways = (Contact(Medium.SMS), Contact(Medium.VOICE), Contact(Medium.EMAIL))
    agents = tuple(tuple(f"A-{slot}{n}" for n in range(4)) for slot in range(3))
    chiefs = (("J-1",), ("J-2",))
    badges = [*(badge for slot in agents for badge in slot), "J-1", "J-2", "N-1", "C-1"]
    people = {badge: Officer(badge, "agente", ways) for badge in badges} | {
        "T-1": Officer("T-1", "titular", ways)
    }
    start = datetime(2026, 1, 3, 14, tzinfo=UTC)
    swaps = tuple(
        Override(
            "agentes", start + n * timedelta(days=7), start + timedelta(days=7 * n + 1), ("A-00",), ("A-10",)
        )
        for n in range(52)
    )
    rotations = (_daily("agentes", agents), _daily("jefatura", chiefs))
    return Roster("MEX-T1", "America/Mexico_City", 1, people, rotations, swaps, ("N-1",), ("C-1",))


def _daily(name: str, slots: tuple[tuple[str, ...], ...]) -> Rotation:
    shifts = tuple(Shift(day, time(8), time(8), day) for day in range(len(slots)))
    return Rotation(name, date(2026, 1, 1), len(slots), shifts, slots)


def measure() -> dict[str, object]:
    """Return the median of several rounds, in microseconds a plan, and what a worker's idle look costs (`tick`)."""
    return {"plan_us": plan_us(), "tick_ms": tick.measure()}


def plan_us() -> float:
    """The median of several rounds, in microseconds a plan."""
    roster, departs_at = station(), NOW + timedelta(hours=5)
    new = opened(NOW, departs_at)
    fired = plan(DEFAULT_POLICY, roster, new, NOW).state
    questions = [(new, NOW), (fired, NOW + timedelta(seconds=180)), (fired, NOW + timedelta(seconds=5))]
    costs = []
    for _ in range(ROUNDS):
        began = perf_counter()
        for _ in range(PLANS):
            for state, now in questions:
                plan(DEFAULT_POLICY, roster, state, now)
        costs.append((perf_counter() - began) / PLANS / len(questions) * 1e6)
    return round(median(costs), 1)


if __name__ == "__main__":
    print(json.dumps({"plan": measure()}))
