"""What an alarm to the court says, by the detail of its notice, in each language."""

LANGUAGES = ("es", "en")

ALARMS: dict[str, tuple[str, str]] = {
    "nobody": (
        "No hay nadie a quien avisar, en ningún nivel.",
        "There is nobody to notify, at any level.",
    ),
    "nobody_on_duty": ("No hay nadie de turno en la estación.", "Nobody is on duty at the station."),
    "all_contacts_failed": (
        "Ningún contacto de la estación recibe los avisos.",
        "No contact of the station receives the notices.",
    ),
    "opened": (
        "Se acaba de avisar a la estación: vigile que conteste.",
        "The station has just been notified: see that it answers.",
    ),
    "unacknowledged": (
        "Nadie en la estación se ha dado por enterado.",
        "Nobody at the station has acknowledged.",
    ),
    "exhausted": (
        "Se avisó a todos los niveles y nadie ha contestado.",
        "Every level was notified and nobody has answered.",
    ),
    "departure_near": (
        "La salida del vuelo está próxima y nadie ha contestado.",
        "The departure is near and nobody has answered.",
    ),
    "display_overdue": (
        "Se contestó el aviso, pero nadie ha leído la orden.",
        "The notice was answered, but nobody has read the order.",
    ),
    "outcome_overdue": (
        "La orden fue recibida, pero no se ha informado el resultado.",
        "The order was received, but its outcome has not been reported.",
    ),
    "refused": ("Un oficial se negó a recibir la orden.", "An officer refused to receive the order."),
    "opted_out": (
        "Un oficial de turno bloqueó los mensajes de texto.",
        "An officer on duty has blocked the text messages.",
    ),
    "withdrawal_asked": (
        "Se pidió retirar la orden: otra persona debe confirmarlo.",
        "A withdrawal was asked for: another person must confirm it.",
    ),
    "closing_asked": (
        "Se pidió cerrar la orden sin todos los resultados: otra persona debe confirmarlo.",
        "Closing was asked for before every outcome is known: another person must confirm it.",
    ),
    "departed": (
        "La estación informa que el vuelo ya salió.",
        "The station reports that the flight has departed.",
    ),
    "in_transit": (
        "La estación informa un tránsito que aún puede detenerse.",
        "The station reports a transit that can still be stopped.",
    ),
    "not_found": (
        "La estación informa que no localiza a quien protege la orden.",
        "The station reports that it cannot find whom the order protects.",
    ),
    "identity_doubt": (
        "La estación pide al juzgado aclarar a quién protege la orden.",
        "The station asks the court to clarify whom the order protects.",
    ),
    "transferred": ("La estación informa un traslado.", "The station reports a transfer."),
    "close": (
        "Ya se informó el resultado de todas las personas: revise y cierre la orden.",
        "Every person's outcome has been reported: review the order and close it.",
    ),
    "revoked": (
        "El certificado de quien firmó estaba revocado: decida si retira la orden.",
        "The signer's certificate was revoked: decide whether to withdraw the order.",
    ),
    "adrift": (
        "Ninguna estación tiene a la persona: agregue la estación donde está.",
        "No station has the person: add the station where they are.",
    ),
    "wrong_station": (
        "La estación informa que la orden no le corresponde.",
        "The station reports that the order is not for it.",
    ),
}
"""Spanish and English. Free text never goes out: it could hold a name."""

OTHER = ("La orden necesita que una persona la revise.", "The order needs a person's attention.")


def alarm(detail: str, language: str) -> str:
    """The sentence for a detail; a general one for a detail in no table."""
    return ALARMS.get(detail, OTHER)[LANGUAGES.index(language)]
