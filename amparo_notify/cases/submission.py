"""A submission: what a court sends, and everything that is wrong with its fields, all at once."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from amparo_notify.cases.services import Caller, Services
from amparo_notify.core.errors import Denied, Fault, Invalid
from amparo_notify.core.order import Person, Suspension
from amparo_notify.store import people, rosters
from amparo_notify.store.people import Court, Station

MOST_BYTES = 32 << 20
EXPEDIENTE = re.compile(r"\d{1,6}/\d{4}(-[0-9A-Z]{1,5}){0,3}")
MAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]{2,}")
INSTRUCTION = (
    "No ejecute el retorno. La persona queda a disposición del juzgado hasta que este ordene otra cosa."
)
"""The default (Ley de Amparo, art. 160)."""


@dataclass(frozen=True)
class Submission:
    """What a court sends. Instants are aware."""

    court: str
    expediente: str
    stations: Sequence[str]
    persons: Sequence[Person]
    document: bytes
    signature: bytes | None = None
    lawyers: Sequence[str] = ()
    suspension: str = Suspension.DE_PLANO
    instruction: str = ""
    drill: bool = False
    copy_comar: bool = False  # the order allows COMAR's desk a copy
    idempotency_key: str | None = None


@dataclass(frozen=True)
class Checked:
    """A submission whose fields are in order."""

    submission: Submission
    court: Court
    stations: tuple[Station, ...]
    document_sha256: str  # of the bytes as uploaded
    signature_sha256: str
    fingerprint: str


def check(services: Services, submission: Submission, caller: Caller) -> Checked:
    """Return the submission with court and stations found. Raises Invalid (every fault), Denied (another court's)."""
    faults: list[Fault] = []
    with services.database.read() as tx:
        court = people.find_court(tx, code=submission.court)
        stations = [people.find_station(tx, code=code) for code in dict.fromkeys(submission.stations)]
        known = [each.code for each in people.stations(tx)]
        unready = [each.code for each in stations if each and rosters.current_policy(tx, each) is None]
    if court is None:
        faults.append(
            Fault(
                "court",
                f"No existe el juzgado «{submission.court}».",
                "Use la clave con la que fue dado de alta.",
            )
        )
    elif caller.court not in (None, court.id):
        raise Denied(
            Fault("court", "Su cuenta no pertenece a este juzgado.", "Entre con una cuenta de ese juzgado.")
        )
    if not EXPEDIENTE.fullmatch(submission.expediente):
        faults.append(
            Fault(
                "expediente",
                f"«{submission.expediente}» no es un número de expediente.",
                "Escríbalo como 1234/2026 o 1234/2026-III-A.",
            )
        )
    if not stations:
        faults.append(Fault("station", "Falta la estación.", f"Elija al menos una: {', '.join(known)}."))
    faults += [
        Fault("station", f"No existe la estación «{code}».", f"Las que hay: {', '.join(known)}.")
        for code, found in zip(dict.fromkeys(submission.stations), stations, strict=True)
        if found is None
    ]
    faults += [
        Fault(
            "station",
            f"La estación {code} aún no tiene política de escalamiento.",
            "Pida a quien administra que la configure.",
        )
        for code in unready
    ]
    faults += _person_faults(submission) + _other_faults(submission)
    if faults:
        raise Invalid(*faults)
    assert court is not None
    document = hashlib.sha256(submission.document).hexdigest()
    signature = hashlib.sha256(submission.signature).hexdigest() if submission.signature else ""
    return Checked(
        submission,
        court,
        tuple(each for each in stations if each),
        document,
        signature,
        _fingerprint(submission, document, signature),
    )


def _person_faults(submission: Submission) -> list[Fault]:
    if not submission.persons:
        return [
            Fault(
                "person",
                "Falta la persona protegida.",
                "Indique al menos un nombre, un alias o un pasaporte.",
            )
        ]
    return [
        Fault(
            f"person {n}",
            "No hay dato que la identifique.",
            "Indique nombre, alias o pasaporte, aunque sea incompleto.",
        )
        for n, each in enumerate(submission.persons, 1)
        if not each.identified
    ] + [
        Fault(
            f"person {n}",
            "La hora de salida no tiene zona horaria.",
            "Escríbala con desfase: 2026-11-21T14:35-06:00.",
        )
        for n, each in enumerate(submission.persons, 1)
        if each.departs_at is not None and each.departs_at.tzinfo is None
    ]


def _other_faults(submission: Submission) -> list[Fault]:
    faults = []
    if not submission.document:
        faults.append(Fault("document", "El archivo está vacío.", "Elija el PDF firmado o el archivo .p7m."))
    if len(submission.document) > MOST_BYTES or len(submission.signature or b"") > MOST_BYTES:
        faults.append(
            Fault(
                "document",
                "El archivo pasa de 32 MiB.",
                "Genere el PDF con menor resolución y fírmelo de nuevo.",
            )
        )
    if submission.suspension not in list(Suspension):
        faults.append(
            Fault(
                "suspension",
                f"«{submission.suspension}» no es un tipo de suspensión.",
                f"Use {', '.join(Suspension)}.",
            )
        )
    faults += [
        Fault("lawyer", f"«{mail}» no es un correo.", "Escríbalo como nombre@ejemplo.mx.")
        for mail in submission.lawyers
        if not MAIL.fullmatch(mail)
    ]
    if submission.idempotency_key is not None and not 1 <= len(submission.idempotency_key) <= 128:
        faults.append(
            Fault("Idempotency-Key", "Debe tener entre 1 y 128 caracteres.", "Use por ejemplo un UUID.")
        )
    return faults


def _fingerprint(submission: Submission, document: str, signature: str) -> str:
    """What makes an upload the same upload: document, signature and fields. Not stations: one may be added."""
    fields: dict[str, object] = {
        "expediente": submission.expediente,
        "suspension": str(submission.suspension),
        "instruction": submission.instruction,
        "drill": submission.drill,
        "lawyers": sorted(set(submission.lawyers)),
        "persons": [
            {**asdict(each), "departs_at": each.departs_at.timestamp() if each.departs_at else None}
            for each in submission.persons
        ],
        "document": document,
        "signature": signature,
    }
    if submission.copy_comar:  # only then: uploads from before there were copies stay the same upload
        fields["copy_comar"] = True
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
