"""Escalation policy: levels, their targets and delays. Immutable once used."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace

from amparo_notify.core.errors import Fault, Invalid
from amparo_notify.core.notice import Medium
from amparo_notify.core.reading import each, one_of, read, record, text, whole

ROTATION, POST, HEADQUARTERS, COURT = "rotation", "post", "headquarters", "court"
COMAR = "comar"
"""A copy: it informs, where the order allows it, and nobody there is reached, chased or counted."""
KINDS = (ROTATION, POST, HEADQUARTERS, COURT, COMAR)
GRADES = ("A2", "A3")
LONGEST = 86_400
"""No delay is longer than a day: a longer one is a slip of the pen, and an order that waits."""


@dataclass(frozen=True)
class Target:
    """Whom a level reaches."""

    kind: str  # "rotation" (those on duty) | "post" | "headquarters" | "court" | "comar" (a copy)
    name: str = ""  # the rotation's or the post's


@dataclass(frozen=True)
class Level:
    """Everybody who is reached at one instant, by every medium at once."""

    targets: tuple[Target, ...]
    media: tuple[Medium, ...]  # all started at the same instant
    delay: int  # seconds after the level before it fired; 0 for the first

    @property
    def copies(self) -> bool:
        """Whether COMAR's desk gets a copy when this level fires."""
        return any(target.kind == COMAR for target in self.targets)


@dataclass(frozen=True)
class Policy:
    """Delays in seconds throughout."""

    levels: tuple[Level, ...]
    repeat_after: int  # from the last level to the next round
    display_within: int = 180  # from an acknowledgement by reply or keypad to somebody reading the order
    outcome_within: int = 900  # from the acknowledgement to the report of every person
    required_grade: str = "A2"
    version: int = 1

    def faults(self) -> tuple[Fault, ...]:
        """Return everything that makes this policy unfit to be used, all at once."""
        return tuple(self._faults())

    def checked(self) -> "Policy":
        """Return this policy. Raises Invalid with every fault."""
        if faults := self.faults():
            raise Invalid(*faults)
        return self

    def uncopied(self) -> "Policy":
        """Return this policy for an order that allows no copy."""
        levels = (
            replace(level, targets=tuple(target for target in level.targets if target.kind != COMAR))
            for level in self.levels
        )
        return replace(self, levels=tuple(levels))

    def _faults(self) -> Iterator[Fault]:
        if not self.levels:
            yield Fault("levels", "La política no tiene niveles.", "Agregue al menos uno.")
        for number, level in enumerate(self.levels):
            yield from _level_faults(level, first=number == 0, where=f"levels[{number}]")
        kinds = {target.kind for level in self.levels for target in level.targets}
        if self.levels and not kinds & {HEADQUARTERS, COURT}:
            yield Fault(
                "levels",
                "La política no tiene salida: si no hay nadie de turno, nadie se entera.",
                "Agregue en algún nivel a oficinas centrales o al juzgado.",
            )
        for name in ("repeat_after", "display_within", "outcome_within"):
            if not 1 <= getattr(self, name) <= LONGEST:
                yield Fault(name, "El plazo no es válido.", f"Escriba segundos, de 1 a {LONGEST}.")
        if self.required_grade not in GRADES:
            yield Fault(
                "required_grade",
                f"«{self.required_grade}» no basta para acusar de enterado.",
                "Use A2 (con clave personal) o A3 (firmado).",
            )


def _level_faults(level: Level, *, first: bool, where: str) -> Iterator[Fault]:
    if not level.targets:
        yield Fault(where, "El nivel no avisa a nadie.", "Agregue a quién avisar.")
    elif all(target.kind == COMAR for target in level.targets):
        yield Fault(where, "El nivel solo da copia: no avisa a nadie.", "Agregue a quién avisar.")
    if not level.media:
        yield Fault(where, "El nivel no tiene medios.", "Agregue SMS, llamada o correo.")
    if len(set(level.media)) < len(level.media):
        yield Fault(where, "Un medio está repetido.", "Deje cada medio una sola vez.")
    if first and level.delay != 0:
        yield Fault(where, "El primer nivel no puede esperar.", "Ponga 0 segundos.")
    if not 0 <= level.delay <= LONGEST:
        yield Fault(where, "La espera no es válida.", f"Escriba segundos, de 0 a {LONGEST}.")
    for target in level.targets:
        if target.kind not in KINDS:
            yield Fault(where, f"«{target.kind}» no es un destino.", f"Use uno de: {', '.join(KINDS)}.")
        elif target.kind in (ROTATION, POST) and not target.name:
            yield Fault(where, "Falta el nombre de la rotación o del cargo.", "Escríbalo.")


ALL_MEDIA = (Medium.SMS, Medium.VOICE, Medium.EMAIL)

DEFAULT_POLICY = Policy(
    levels=(
        Level((Target(ROTATION, "agentes"),), ALL_MEDIA, 0),
        Level((Target(ROTATION, "jefatura"),), ALL_MEDIA, 180),
        Level((Target(POST, "titular"), Target(HEADQUARTERS)), ALL_MEDIA, 300),
        Level((Target(COURT),), ALL_MEDIA, 300),
    ),
    repeat_after=300,
)
"""Agents on duty, their chief, the head of the station with headquarters, and the court, which then travels."""

HOLD_POLICY = Policy(levels=(Level((Target(COURT),), ALL_MEDIA, 0),), repeat_after=120)
"""For an order held for a second person of its court: the court's own duty contacts, every two minutes."""

_TARGET = record(Target, {"kind": text}, {"name": text})
_LEVEL = record(Level, {"targets": each(_TARGET), "media": each(one_of(Medium)), "delay": whole})
_POLICY = record(
    Policy,
    {"levels": each(_LEVEL), "repeat_after": whole},
    {"display_within": whole, "outcome_within": whole, "required_grade": text, "version": whole},
)


def policy_to_json(policy: Policy) -> dict[str, object]:
    """Return JSON values that `policy_from_json` reads back."""
    return asdict(policy, dict_factory=_plain)


def _plain(pairs: list[tuple[str, object]]) -> dict[str, object]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in pairs}


def policy_from_json(data: Mapping[str, object]) -> Policy:
    """Return the policy of a JSON document. Raises Invalid with every fault of its form.

    Whether it is fit for use is another question (`checked`), asked when it is written: what an escalation began
    with is read back even if the rules have become stricter since.
    """
    policy: Policy = read(_POLICY, data)
    return policy
