"""The form of a policy, and the policy that it means: levels with whom they reach, by what, and after how long."""

import re
from collections.abc import Iterator
from dataclasses import replace

from werkzeug.datastructures import MultiDict

from amparo_notify.core.errors import Fault, Invalid
from amparo_notify.core.notice import Medium
from amparo_notify.core.policy import COMAR, COURT, HEADQUARTERS, POST, ROTATION, Level, Policy, Target
from amparo_notify.core.roster import Roster

Form = MultiDict[str, str]

MOST_LEVELS = 20
SPANS = ("repeat_after", "display_within", "outcome_within")
_LEVEL = re.compile(r"level-(\d{1,2})-(?:delay|target|medium|drop)")
_FAULT = re.compile(r"levels\[(\d+)\]")


def fields(policy: Policy) -> Form:
    """Return the form that means a policy."""
    found = [(name, span(getattr(policy, name))) for name in SPANS]
    found.append(("required_grade", policy.required_grade))
    for n, level in enumerate(policy.levels):
        found.append((f"level-{n}-delay", span(level.delay)))
        found += [(f"level-{n}-target", f"{target.kind}:{target.name}") for target in level.targets]
        found += [(f"level-{n}-medium", str(medium)) for medium in level.media]
    return MultiDict(found)


def span(seconds: int) -> str:
    """«3:00», minutes and seconds."""
    return f"{seconds // 60}:{seconds % 60:02}"


def numbers(form: Form, more: bool = False) -> list[int]:
    """The numbers of the form's levels, those to be dropped left out; one more to fill in where it is asked for."""
    found = sorted({int(match[1]) for name in form if (match := _LEVEL.match(name))})
    kept = [n for n in found if f"level-{n}-drop" not in form][:MOST_LEVELS]
    return [*kept, max(found, default=-1) + 1] if more or not kept else kept


def read(form: Form) -> Policy:
    """Return the policy that a form means. Raises Invalid with every fault, by the form's fields."""
    faults: list[Fault] = []
    shown = numbers(form)
    levels = tuple(_level(form, n, first=n == shown[0], faults=faults) for n in shown)
    spans = {name: _seconds(form, name, faults) for name in SPANS}
    policy = Policy(levels=levels, required_grade=form.get("required_grade", ""), **spans)
    known = {fault.field for fault in faults}
    faults += [fault for fault in map(_placed(shown), policy.faults()) if fault.field not in known]
    if faults:
        raise Invalid(*faults)
    return policy


def _placed(shown: list[int]):  # type: ignore[no-untyped-def]
    """How a fault of the core is put by the form's own field."""

    def place(fault: Fault) -> Fault:
        match = _FAULT.fullmatch(fault.field)
        return replace(fault, field=f"level-{shown[int(match[1])]}") if match else fault

    return place


def _level(form: Form, n: int, *, first: bool, faults: list[Fault]) -> Level:
    pairs = (text.partition(":") for text in form.getlist(f"level-{n}-target"))
    media = tuple(medium for medium in Medium if medium in form.getlist(f"level-{n}-medium"))
    delay = 0 if first else _seconds(form, f"level-{n}-delay", faults)
    return Level(tuple(Target(kind, name) for kind, _, name in pairs), media, delay)


def _seconds(form: Form, field: str, faults: list[Fault]) -> int:
    match = re.fullmatch(r"(\d{1,4})(?::([0-5]\d))?", form.get(field, "").strip())
    if match is None:
        faults.append(Fault(field, "No se entiende.", "Escriba minutos, o minutos y segundos: 3 o 1:30."))
        return 1
    return int(match[1]) * 60 + int(match[2] or 0)


def offered(roster: Roster, form: Form) -> list[tuple[str, Target, bool]]:
    """What a level can reach: (value, target, whether the roster has it). What is chosen stays, even if it is gone."""
    found = {_value(target): target for target in _targets(roster)}
    chosen = (text for name in form if name.endswith("-target") for text in form.getlist(name))
    gone = {text: Target(*text.partition(":")[::2]) for text in chosen if text not in found}
    return [(value, target, value in found) for value, target in (found | gone).items()]


def _targets(roster: Roster) -> Iterator[Target]:
    yield from (Target(ROTATION, rotation.name) for rotation in roster.rotations)
    yield Target(HEADQUARTERS)
    yield Target(COURT)
    posts = (officer.post for badge, officer in roster.officers.items() if badge not in roster.headquarters)
    yield from (Target(POST, post) for post in sorted(set(posts)))
    if roster.comar:
        yield Target(COMAR)


def _value(target: Target) -> str:
    return f"{target.kind}:{target.name}"
