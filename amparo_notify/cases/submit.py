"""Submit: check the fields, judge the signature, commit the order with its first notices, answer with a receipt."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from amparo_notify.cases.escalate import advance
from amparo_notify.cases.inform import tell_lawyers
from amparo_notify.cases.services import Caller, Services
from amparo_notify.cases.signers import judge
from amparo_notify.cases.witness import Receipt, Stream, issue, newest_receipt, stream_of, witness
from amparo_notify.core.errors import Conflict, Denied, Fault, Invalid, Refusal
from amparo_notify.core.escalation import held, opened
from amparo_notify.core.events import Event
from amparo_notify.core.evidence import Fact
from amparo_notify.core.hold import HOLD_LIMIT, release_at
from amparo_notify.core.notice import Cause
from amparo_notify.core.order import DocumentKind, OrderState, Person, Suspension
from amparo_notify.core.verdict import Verdict
from amparo_notify.seal.envelope import hash_token
from amparo_notify.store import blobs, escalations, log, orders, people, rosters
from amparo_notify.store.database import lock
from amparo_notify.store.orders import Order
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
    idempotency_key: str | None = None


@dataclass(frozen=True)
class Accepted:
    """The order is committed: `new`, or the existing one for a repeat (perhaps with `added` stations)."""

    folio: str
    state: OrderState
    verdict: Verdict
    receipt: Receipt | None
    tracking_code: str
    new: bool
    added: tuple[str, ...] = ()
    hold_reason: str | None = None


class Rejected(Refusal):
    """The document is not what it must be: nothing is sent, and the refusal is on record."""

    status = 422

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(Fault("document", verdict.explanation))
        self.verdict = verdict


@dataclass(frozen=True)
class _Checked:
    """A submission whose fields are in order."""

    submission: Submission
    court: Court
    stations: tuple[Station, ...]
    document_sha256: str  # of the bytes as uploaded
    signature_sha256: str
    fingerprint: str = field(default="")


def submit(services: Services, submission: Submission, caller: Caller, now: datetime) -> Accepted:
    """Commit an order and answer with its receipt.

    Raises Invalid with every fault of the fields, Denied for another court's upload, Conflict where the key or the
    document is known with other content, Rejected where the signature does not hold.
    """
    checked = _check(services, submission, caller)
    if earlier := _earlier(services, checked):
        return earlier
    examination = services.verifier.examine(submission.document, submission.signature, now)
    verdict, hold_reason = judge(services, checked.court, examination.verdict, now)
    if hold_reason is None and not verdict.passed:
        stations = [each.code for each in checked.stations]
        log_rejection(
            services,
            checked.court,
            verdict,
            submission.document,
            submission.expediente,
            caller,
            now,
            signature_sha256=checked.signature_sha256,
            stations=stations,
        )
        raise Rejected(verdict)
    assert examination.document is not None
    stored = _Papers.store(services, submission, examination.document, now)
    with services.database.write() as tx:
        people.hold_court(tx, checked.court.id)
        known = orders.with_document(tx, checked.court.id, verdict.document_sha256)
        if known is not None:
            return _repeat(services, tx, checked, known, caller, now)
        return _commit(services, tx, checked, verdict, hold_reason, stored, caller, now)


# -- the fields ---------------------------------------------------------------------------------------------


def _check(services: Services, submission: Submission, caller: Caller) -> _Checked:
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
    return _Checked(
        submission,
        court,
        tuple(each for each in stations if each),
        document,
        signature,
        fingerprint(submission, document, signature),
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


def fingerprint(submission: Submission, document: str, signature: str) -> str:
    """What makes an upload the same upload: document, signature and fields. Not stations: one may be added."""
    fields = {
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
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


# -- repeats ------------------------------------------------------------------------------------------------


def _earlier(services: Services, checked: _Checked) -> Accepted | None:
    """The answer to a request whose idempotency key is known."""
    key = checked.submission.idempotency_key
    if key is None:
        return None
    with services.database.read() as tx:
        earlier = orders.earlier_request(tx, checked.court.id, key)
        if earlier is None:
            return None
        if earlier[0] != _request_fingerprint(checked):
            raise Conflict(
                Fault(
                    "Idempotency-Key",
                    "Esta clave ya se usó con otro contenido.",
                    "Envíe el contenido nuevo con una clave nueva.",
                )
            )
        return _accepted(services, tx, orders.get(tx, earlier[1]), new=False)


def _request_fingerprint(checked: _Checked) -> str:
    stations = ",".join(sorted(each.code for each in checked.stations))
    return hashlib.sha256(f"{checked.fingerprint}:{stations}".encode()).hexdigest()


def _repeat(
    services: Services, tx: Connection, checked: _Checked, order_id: int, caller: Caller, now: datetime
) -> Accepted:
    """The same upload again: the existing order, with the stations that it did not have yet."""
    lock(tx, order_id)
    order = orders.get(tx, order_id)
    if orders.fingerprint_of(tx, order_id) != checked.fingerprint:
        raise Conflict(
            Fault(
                "document",
                f"Este documento ya dio origen a la orden {order.folio}, con otros datos.",
                "Corrija el vuelo en la página de la orden, o suba el acuerdo nuevo como ampliación o modificación.",
            )
        )
    if order.state in (OrderState.WITHDRAWN, OrderState.CLOSED):
        raise Conflict(
            Fault(
                "document",
                f"La orden {order.folio} de este documento ya está cerrada.",
                "Suba el acuerdo nuevo del juzgado.",
            )
        )
    there = {each.station for each in escalations.of_order(tx, order_id)}
    missing = [each for each in checked.stations if each.id not in there]
    for station in missing:
        add_station(services, tx, order, station, caller, now)
    _remember(tx, checked, order_id)
    return _accepted(services, tx, order, new=False, added=tuple(each.code for each in missing))


def add_station(
    services: Services, tx: Connection, order: Order, station: Station, caller: Caller, now: datetime
) -> None:
    """Notify one more station of an order. The caller holds the lock."""
    details: dict[str, object] = {"station": station.code}
    witness(
        services, tx, stream_of(tx, order), Fact(Event.STATION_ADDED, now, caller.actor, details=details), now
    )
    _escalate(services, tx, order, station, now)


def _remember(tx: Connection, checked: _Checked, order_id: int) -> None:
    key = checked.submission.idempotency_key
    if key is not None and orders.earlier_request(tx, checked.court.id, key) is None:
        orders.remember_request(tx, checked.court.id, key, _request_fingerprint(checked), order_id)


# -- a new order --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Papers:
    """Where the bytes were stored, before the order's transaction."""

    document: str
    upload: str
    signature: str | None

    @classmethod
    def store(cls, services: Services, submission: Submission, document: bytes, now: datetime) -> "_Papers":
        put = services.database, services.vault
        upload = blobs.store(*put, submission.document, now)
        inside = upload if document == submission.document else blobs.store(*put, document, now)
        signature = blobs.store(*put, submission.signature, now) if submission.signature else None
        return cls(inside, upload, signature)


def _commit(
    services: Services,
    tx: Connection,
    checked: _Checked,
    verdict: Verdict,
    hold_reason: str | None,
    papers: _Papers,
    caller: Caller,
    now: datetime,
) -> Accepted:
    submission = checked.submission
    order_id = log.create(tx, "order")
    safe = orders.add(
        tx,
        services.vault,
        order_id,
        submission.instruction or INSTRUCTION,
        court=checked.court.id,
        folio=people.take_folio(tx, checked.court.id),
        state=str(OrderState.HELD if hold_reason else OrderState.OPEN),
        expediente=submission.expediente,
        suspension=str(submission.suspension),
        fingerprint=checked.fingerprint,
        drill=submission.drill,
        submitted_by=caller.staff,
        submitted_at=now,
        hold_reason=hold_reason,
        release_at=_release_at(submission, verdict, hold_reason, now),
    )
    orders.add_persons(tx, safe, order_id, submission.persons)
    orders.add_lawyers(tx, safe, order_id, submission.lawyers)
    orders.add_document(
        tx,
        safe,
        verdict,
        orders=order_id,
        court=checked.court.id,
        kind=str(DocumentKind.INITIAL),
        sha256=verdict.document_sha256,
        upload_sha256=checked.document_sha256,
        signature_sha256=checked.signature_sha256,
        blob=papers.document,
        upload_blob=papers.upload,
        signature_blob=papers.signature,
        submitted_at=now,
    )
    orders.add_tracking(tx, order_id, hash_token(tracking_code(services, order_id)))
    _remember(tx, checked, order_id)
    order = orders.get(tx, order_id)
    _witness_submission(services, tx, order, checked, verdict, caller, now)
    for station in checked.stations:
        _escalate(services, tx, order, station, now)
    receipt = _receipt(services, tx, order, checked, verdict, now)
    if hold_reason:
        hold(services, tx, order, hold_reason, now)
    else:
        announce(services, tx, order, now)
    return _accepted(services, tx, order, new=True, receipt=receipt)


def _release_at(
    submission: Submission, verdict: Verdict, hold_reason: str | None, now: datetime
) -> datetime | None:
    if hold_reason is None:
        return None
    departures = [each.departs_at for each in submission.persons if each.departs_at]
    return release_at(verdict.reason, hold_reason == "revocation", now, min(departures, default=None))


def _witness_submission(
    services: Services,
    tx: Connection,
    order: Order,
    checked: _Checked,
    verdict: Verdict,
    caller: Caller,
    now: datetime,
) -> None:
    details: dict[str, object] = {
        "verdict": str(verdict.conclusion),
        "reason": str(verdict.reason or ""),
        "format": verdict.format,
        "upload_sha256": checked.document_sha256,
        "signature_sha256": checked.signature_sha256,
        "signer_certificates": [each.certificate_sha256 for each in verdict.signers],
        "suspension": str(order.suspension),
        "stations": [each.code for each in checked.stations],
        "persons": len(checked.submission.persons),
        "drill": order.drill,
    }
    personal: dict[str, object] = {
        "persons": [
            {**asdict(each), "departs_at": each.departs_at.isoformat() if each.departs_at else None}
            for each in checked.submission.persons
        ],
        "verdict": orders.verdict_json(verdict),
    }
    fact = Fact(Event.SUBMITTED, now, caller.actor, details=details, personal=personal)
    witness(services, tx, stream_of(tx, order), fact, now)


def _escalate(services: Services, tx: Connection, order: Order, station: Station, now: datetime) -> None:
    """Start a station's escalation; a held order's waits."""
    version = rosters.current_policy(tx, station)
    assert version is not None
    departures = [each for each in orders.person_ids(tx, order.id).values() if each]
    begin = held if order.state is OrderState.HELD else opened
    state = begin(now, min(departures, default=None))
    escalation_id = escalations.add(tx, order.id, station.id, version.id, state, None)
    if order.state is OrderState.OPEN:
        advance(services, tx, order, escalations.get(tx, escalation_id), now)


def hold(services: Services, tx: Connection, order: Order, reason: str, now: datetime) -> None:
    """Chase the court's own duty contacts for a second person."""
    details: dict[str, object] = {"reason": reason, "limit_seconds": int(HOLD_LIMIT.total_seconds())}
    witness(services, tx, stream_of(tx, order), Fact(Event.HELD, now, details=details), now)
    state = opened(now, None, Cause.HOLD)
    escalation_id = escalations.add(tx, order.id, None, None, state, None)
    advance(services, tx, order, escalations.get(tx, escalation_id), now)


def announce(services: Services, tx: Connection, order: Order, now: datetime) -> None:
    """Mail the lawyers their tracking code."""
    stations = [each for each in escalations.of_order(tx, order.id) if not each.is_hold]
    tell_lawyers(tx, order, stations[0], Cause.TRACKING, 0, now, orders.lawyer_ids(tx, order.id))
    services.database.wake(tx)


def _receipt(
    services: Services, tx: Connection, order: Order, checked: _Checked, verdict: Verdict, now: datetime
) -> Receipt:
    content = {
        "received_at": now.isoformat(),
        "document_sha256": verdict.document_sha256,
        "upload_sha256": checked.document_sha256,
        "verdict": str(verdict.conclusion),
        "reason": str(verdict.reason or ""),
        "stations": [each.code for each in checked.stations],
    }
    return issue(services, tx, order, "submission", content, now)


def log_rejection(
    services: Services,
    court: Court,
    verdict: Verdict,
    document: bytes,
    expediente: str,
    caller: Caller,
    now: datetime,
    **details: object,
) -> None:
    """Leave a record of a refused upload in the court's own log."""
    said: dict[str, object] = {
        "verdict": str(verdict.conclusion),
        "reason": str(verdict.reason or ""),
        "upload_sha256": hashlib.sha256(document).hexdigest(),
        "expediente": expediente,
        **details,
    }
    with services.database.write(court.log) as tx:
        stream = Stream(court.log, f"court:{court.code}", document_sha256=verdict.document_sha256)
        witness(services, tx, stream, Fact(Event.REJECTED, now, caller.actor, details=said), now)


def tracking_code(services: Services, order_id: int) -> str:
    """The lawyers' code of an order: always the same, and only its hash is kept."""
    return services.tokens.token("tracking", order_id)


def _accepted(
    services: Services,
    tx: Connection,
    order: Order,
    *,
    new: bool,
    receipt: Receipt | None = None,
    added: tuple[str, ...] = (),
) -> Accepted:
    safe = orders.safe_of(tx, services.vault, order.id)
    return Accepted(
        folio=order.folio,
        state=order.state,
        verdict=orders.documents(tx, safe, order.id)[0].verdict,
        receipt=receipt or newest_receipt(services, tx, order.id, "submission"),
        tracking_code=tracking_code(services, order.id),
        new=new,
        added=added,
        hold_reason=order.hold_reason if order.state is OrderState.HELD else None,
    )
