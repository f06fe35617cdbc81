"""What each outcome asks of the officer who reports it, in the order in which they are offered."""

from collections.abc import Mapping
from dataclasses import dataclass

from amparo_notify.core.order import OutcomeCode


@dataclass(frozen=True)
class Ask:
    """One more field that an outcome needs. `name` is its key in the report's details."""

    name: str
    label: str
    kind: str = "text"  # of the input: text | datetime-local | area
    required: bool = True


NOTE = Ask("note", "Algo más que el juzgado deba saber", "area", required=False)

ASKED: Mapping[OutcomeCode, tuple[Ask, ...]] = {
    OutcomeCode.HALTED: (Ask("place", "Dónde está ahora", required=False), NOTE),
    OutcomeCode.HELD_NO_FLIGHT: (Ask("place", "Dónde está ahora", required=False), NOTE),
    OutcomeCode.DISEMBARKED: (Ask("place", "Dónde está ahora", required=False), NOTE),
    OutcomeCode.DEPARTED: (
        Ask("flight", "Vuelo en que salió"),
        Ask("departed_at", "Hora en que salió (hora local)", "datetime-local"),
        Ask("destination", "Destino", required=False),
        NOTE,
    ),
    OutcomeCode.IN_TRANSIT: (Ask("place", "Dónde está o a dónde va"), NOTE),
    OutcomeCode.NOT_FOUND: (Ask("searched", "Lugares en que se buscó", "area"), NOTE),
    OutcomeCode.ADMITTED: (NOTE,),
    OutcomeCode.TRANSFERRED: (Ask("station", "A qué estación migratoria"), NOTE),
    OutcomeCode.COMAR: (NOTE,),
    OutcomeCode.OTHER_AUTHORITY: (Ask("authority", "A qué autoridad"), NOTE),
    OutcomeCode.IDENTITY_DOUBT: (Ask("doubt", "Qué no coincide", "area"),),
    OutcomeCode.REFUSED: (Ask("reason", "Motivo", "area"),),
    OutcomeCode.WRONG_STATION: (Ask("station", "A qué estación corresponde", required=False), NOTE),
}

GROUPS: tuple[tuple[str, tuple[OutcomeCode, ...]], ...] = (
    (
        "El retorno no se ejecutó",
        (
            OutcomeCode.HALTED,
            OutcomeCode.HELD_NO_FLIGHT,
            OutcomeCode.DISEMBARKED,
            OutcomeCode.ADMITTED,
            OutcomeCode.COMAR,
            OutcomeCode.TRANSFERRED,
            OutcomeCode.OTHER_AUTHORITY,
        ),
    ),
    (
        "El juzgado debe saberlo ya",
        (
            OutcomeCode.DEPARTED,
            OutcomeCode.IN_TRANSIT,
            OutcomeCode.NOT_FOUND,
            OutcomeCode.IDENTITY_DOUBT,
            OutcomeCode.WRONG_STATION,
            OutcomeCode.REFUSED,
        ),
    ),
)
