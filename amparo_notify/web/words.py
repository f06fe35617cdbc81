"""The glossary: the code's English joined to the screen's Spanish, in one place."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from amparo_notify.core.events import Event, Grade
from amparo_notify.core.notice import Cause, Medium, Purpose, Status
from amparo_notify.core.order import DocumentKind, OrderState, OutcomeCode, Suspension
from amparo_notify.core.state import Phase
from amparo_notify.core.verdict import Conclusion

Word = TypeVar("Word", bound=StrEnum)

SUSPENSIONS = {
    Suspension.DE_PLANO: "Suspensión de oficio y de plano",
    Suspension.PROVISIONAL: "Suspensión provisional",
    Suspension.DEFINITIVA: "Suspensión definitiva",
}
STATES = {
    OrderState.HELD: "En espera de confirmación",
    OrderState.OPEN: "En curso",
    OrderState.WITHDRAWN: "Retirada",
    OrderState.CLOSED: "Cerrada",
}
PHASES = {
    Phase.HELD: "En espera de confirmación del juzgado",
    Phase.CHASING: "Avisando: nadie ha acusado de enterado",
    Phase.PAUSED: "Enterado por mensaje o llamada: falta que alguien lea la orden",
    Phase.ACKNOWLEDGED: "Enterado: se espera el resultado",
    Phase.OVERDUE: "Resultado vencido: se insiste un nivel más arriba",
    Phase.REPORTED: "Resultado informado",
    Phase.WITHDRAWN: "Retirada",
    Phase.CLOSED: "Cerrada",
}
SHORT_PHASES = {
    Phase.HELD: "En espera",
    Phase.CHASING: "Sin acuse",
    Phase.PAUSED: "Falta leerla",
    Phase.ACKNOWLEDGED: "Enterado",
    Phase.OVERDUE: "Resultado vencido",
    Phase.REPORTED: "Con resultado",
    Phase.WITHDRAWN: "Retirada",
    Phase.CLOSED: "Cerrada",
}
HOLDS = {
    "unregistered": "La firma es buena, pero quien firma no está dado de alta en su juzgado.",
    "revocation": "La firma es buena, pero no se pudo consultar si el certificado sigue vigente.",
}
PHASE_TONES = {
    Phase.HELD: "warn",
    Phase.CHASING: "bad",
    Phase.PAUSED: "warn",
    Phase.ACKNOWLEDGED: "info",
    Phase.OVERDUE: "bad",
    Phase.REPORTED: "ok",
    Phase.WITHDRAWN: "quiet",
    Phase.CLOSED: "quiet",
}
"""The colour of a phase: a class of the style sheet. Never the only sign: the words stand beside it."""
MEDIA = {Medium.SMS: "SMS", Medium.VOICE: "Llamada", Medium.EMAIL: "Correo"}
CONTACTS = {"mobile": "Celular", "landline": "Teléfono fijo", "email": "Correo"}
PURPOSES = {Purpose.CHASE: "Aviso", Purpose.INFORM: "Para su conocimiento"}
STATUSES = {
    Status.ATTEMPTED: "Enviando",
    Status.UNKNOWN: "Sin respuesta del proveedor",
    Status.ACCEPTED: "En manos del proveedor",
    Status.SENT: "En camino",
    Status.DELIVERED: "Entregado",
    Status.HEARD: "Atendido por una persona",
    Status.REFUSED: "Rechazado por el proveedor",
    Status.UNDELIVERED: "No llegó",
}
CALL_STATUSES = {
    Status.SENT: "Llamando",
    Status.DELIVERED: "Contestaron, sin oprimir tecla",
    Status.UNDELIVERED: "Sin respuesta",
}
"""A call that was answered may have reached a voicemail: it counts only once a key was pressed."""
STATUS_TONES = {
    Status.ATTEMPTED: "info",
    Status.UNKNOWN: "warn",
    Status.ACCEPTED: "info",
    Status.SENT: "info",
    Status.DELIVERED: "ok",
    Status.HEARD: "ok",
    Status.REFUSED: "bad",
    Status.UNDELIVERED: "bad",
}
CAUSES = {
    Cause.ORDER: "Orden por cumplir",
    Cause.DISPLAY: "Falta leer la orden",
    Cause.OUTCOME: "Falta el resultado",
    Cause.HOLD: "Orden por confirmar",
    Cause.SHIFT: "Cambio de turno",
    Cause.ACKNOWLEDGED: "Alguien acusó de enterado",
    Cause.REPORTED: "Resultado informado",
    Cause.CHANGED: "Cambio de vuelo",
    Cause.EXTENDED: "Documento nuevo",
    Cause.WITHDRAWN: "Orden retirada",
    Cause.ALARM: "Atención del juzgado",
    Cause.TRACKING: "Clave de seguimiento",
    Cause.COPY: "Copia para su conocimiento",
}
EVENTS = {
    Event.SUBMITTED: "Orden recibida",
    Event.REJECTED: "Documento no aceptado",
    Event.HELD: "En espera de una segunda persona del juzgado",
    Event.CONFIRMED: "Confirmada por una segunda persona del juzgado",
    Event.RELEASED: "Salió al vencer la espera, con su advertencia",
    Event.ATTEMPTED: "Aviso enviado",
    Event.ACCEPTED: "El proveedor recibió el aviso",
    Event.REFUSED: "El proveedor rechazó el aviso",
    Event.DELIVERED: "Aviso entregado",
    Event.UNDELIVERED: "El aviso no llegó",
    Event.OPENED: "Abrieron el enlace",
    Event.DISPLAYED: "Leyeron la orden",
    Event.ACKNOWLEDGED: "Acuse de enterado",
    Event.DECLINED: "Respondieron que no",
    Event.ESCALATED: "Se avisó al siguiente nivel",
    Event.SKIPPED: "Nivel sin nadie a quien avisar",
    Event.COPIED: "Copia a COMAR",
    Event.SHIFT_CHANGED: "Cambio de turno: se avisó a quienes entran",
    Event.DISPLAY_OVERDUE: "Nadie leyó la orden a tiempo: se insiste",
    Event.OUTCOME_OVERDUE: "Resultado vencido: se insiste",
    Event.EXHAUSTED: "Todos los niveles avisados sin respuesta: se repite",
    Event.ALARMED: "Se pidió la intervención del juzgado",
    Event.REPORTED: "Resultado informado",
    Event.FLIGHT_CHANGED: "Vuelo corregido",
    Event.STATION_ADDED: "Estación agregada",
    Event.EXTENDED: "Documento agregado",
    Event.WITHDRAWAL_ASKED: "Se pidió retirar la orden",
    Event.CLOSING_ASKED: "Se pidió cerrar la orden",
    Event.WITHDRAWN: "Orden retirada",
    Event.CLOSED: "Orden cerrada por el juzgado",
    Event.RECEIPT: "Recibo firmado",
    Event.CONFIGURED: "Cambio de configuración",
}
EVENT_TONES = {
    Event.REJECTED: "bad",
    Event.HELD: "warn",
    Event.REFUSED: "bad",
    Event.UNDELIVERED: "bad",
    Event.DELIVERED: "ok",
    Event.OPENED: "ok",
    Event.DISPLAYED: "ok",
    Event.ACKNOWLEDGED: "ok",
    Event.REPORTED: "ok",
    Event.CONFIRMED: "ok",
    Event.DECLINED: "bad",
    Event.SKIPPED: "warn",
    Event.DISPLAY_OVERDUE: "bad",
    Event.OUTCOME_OVERDUE: "bad",
    Event.EXHAUSTED: "bad",
    Event.ALARMED: "bad",
    Event.RELEASED: "warn",
    Event.WITHDRAWAL_ASKED: "warn",
    Event.CLOSING_ASKED: "warn",
}
OUTCOMES = {
    OutcomeCode.HALTED: "Localizada, retorno detenido",
    OutcomeCode.HELD_NO_FLIGHT: "Retenida, sin vuelo asignado",
    OutcomeCode.DISEMBARKED: "Desembarcada",
    OutcomeCode.DEPARTED: "El vuelo ya salió",
    OutcomeCode.IN_TRANSIT: "En tránsito, aún recuperable",
    OutcomeCode.NOT_FOUND: "No localizada",
    OutcomeCode.ADMITTED: "Admitida al país",
    OutcomeCode.TRANSFERRED: "Trasladada a una estación migratoria",
    OutcomeCode.COMAR: "Entregada a COMAR",
    OutcomeCode.OTHER_AUTHORITY: "Entregada a otra autoridad",
    OutcomeCode.IDENTITY_DOUBT: "Identidad en duda",
    OutcomeCode.REFUSED: "Negativa a recibir",
    OutcomeCode.WRONG_STATION: "La orden no es para esta estación",
}
OUTCOME_TONES = {
    OutcomeCode.HALTED: "ok",
    OutcomeCode.HELD_NO_FLIGHT: "ok",
    OutcomeCode.DISEMBARKED: "ok",
    OutcomeCode.ADMITTED: "ok",
    OutcomeCode.TRANSFERRED: "info",
    OutcomeCode.COMAR: "ok",
    OutcomeCode.OTHER_AUTHORITY: "info",
    OutcomeCode.DEPARTED: "bad",
    OutcomeCode.IN_TRANSIT: "warn",
    OutcomeCode.NOT_FOUND: "bad",
    OutcomeCode.IDENTITY_DOUBT: "warn",
    OutcomeCode.REFUSED: "bad",
    OutcomeCode.WRONG_STATION: "warn",
}
VERDICTS = {
    Conclusion.PASSED: "Firma válida",
    Conclusion.INDETERMINATE: "Firma por confirmar",
    Conclusion.FAILED: "Firma no válida",
}
VERDICT_TONES = {Conclusion.PASSED: "ok", Conclusion.INDETERMINATE: "warn", Conclusion.FAILED: "bad"}
REVOCATION = {"good": "vigente", "revoked": "revocado", "not consulted": "revocación no consultada"}
SIGNED_AT = {
    "timestamp": "probada con sello de tiempo",
    "claimed": "declarada por quien firma",
    "none": "no consta",
}
DOCUMENTS = {
    DocumentKind.INITIAL: "Acuerdo inicial",
    DocumentKind.EXTENSION: "Ampliación",
    DocumentKind.MODIFICATION: "Modificación",
    DocumentKind.REVOCATION: "Revocación",
}
GRADES = {
    Grade.A0: "lo dice el proveedor",
    Grade.A1: "alguien contestó desde ese teléfono",
    Grade.A2: "con clave personal",
    Grade.A3: "firmado",
}
REASONS = {
    "opened": "la orden se abrió",
    "unacknowledged": "nadie acusó de enterado",
    "departure_near": "la salida está próxima",
    "nobody_on_duty": "no hay nadie de turno",
    "all_contacts_failed": "ningún contacto recibe avisos",
    "display_overdue": "nadie leyó la orden a tiempo",
    "outcome_overdue": "venció el plazo del resultado",
    "shift_changed": "cambió el turno",
    "copied": "la orden lo permite",
    "reported": "se informó el resultado",
    "exhausted": "se avisó a todos los niveles",
    "nobody": "no hay a quién avisar",
    "close": "falta cerrar la orden",
    "adrift": "ninguna estación tiene a la persona",
    "revocation": "no se pudo consultar la revocación",
    "unregistered": "quien firma no está dado de alta en este juzgado",
}
ROLES = {"clerk": "Personal del juzgado", "admin": "Administración"}
SIGNER_KINDS = {"certificate_sha256": "Certificado (SHA-256)", "curp": "CURP", "rfc": "RFC"}
TARGETS = {
    "rotation": "De turno en",
    "post": "Cargo",
    "headquarters": "Oficinas centrales",
    "court": "Contactos del juzgado",
    "comar": "Copia a COMAR, si la orden lo permite",
}


def word(table: Mapping[Word, str], key: str) -> str:
    """The Spanish for a word of the code; a word that is in no table is shown as it is, never hidden."""
    return next((spanish for known, spanish in table.items() if known == key), key)


def status_word(medium: Medium, status: Status | None) -> str:
    """How far an attempt has come, as a person would say it."""
    if status is None:
        return "Por enviar"
    if medium is Medium.VOICE and status in CALL_STATUSES:
        return CALL_STATUSES[status]
    return STATUSES[status]
