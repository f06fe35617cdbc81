"""Submit: check the fields, judge the signature, commit the order with its first notices, answer with a receipt."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection

from amparo_notify.cases.escalate import add_station, begin
from amparo_notify.cases.hold import hold
from amparo_notify.cases.inform import announce, tracking_code
from amparo_notify.cases.papers import Papers
from amparo_notify.cases.reject import Rejected, log_rejection
from amparo_notify.cases.services import Caller, Services
from amparo_notify.cases.signers import judge
from amparo_notify.cases.submission import INSTRUCTION, Checked, Submission, check
from amparo_notify.cases.witness import Receipt, issue, newest_receipt, stream_of, witness
from amparo_notify.core.errors import Conflict, Fault
from amparo_notify.core.events import Event
from amparo_notify.core.evidence import Fact
from amparo_notify.core.hold import release_at
from amparo_notify.core.order import DocumentKind, OrderState
from amparo_notify.core.verdict import Verdict
from amparo_notify.seal.envelope import hash_token
from amparo_notify.store import escalations, log, orders, people
from amparo_notify.store.database import lock
from amparo_notify.store.orders import Order


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


def submit(services: Services, submission: Submission, caller: Caller, now: datetime) -> Accepted:
    """Commit an order and answer with its receipt.

    Raises Invalid with every fault of the fields, Denied for another court's upload, Conflict where the key or the
    document is known with other content, Rejected where the signature does not hold.
    """
    checked = check(services, submission, caller)
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
    stored = Papers.store(services, submission.document, submission.signature, examination.document, now)
    with services.database.write() as tx:
        people.hold_court(tx, checked.court.id)
        known = orders.with_document(tx, checked.court.id, verdict.document_sha256)
        if known is not None:
            return _repeat(services, tx, checked, known, caller, now)
        return _commit(services, tx, checked, verdict, hold_reason, stored, caller, now)


def commit_drill(
    services: Services, submission: Submission, verdict: Verdict, caller: Caller, now: datetime
) -> Accepted:
    """Commit a drill that no judge signed; all that follows the signature is as with a real order.

    Raises what `submit` raises for its fields, and ValueError for anything but a drill.
    """
    if not submission.drill:
        raise ValueError("only a drill goes out unsigned")
    checked = check(services, submission, caller)
    stored = Papers.store(services, submission.document, None, submission.document, now)
    with services.database.write() as tx:
        people.hold_court(tx, checked.court.id)
        return _commit(services, tx, checked, verdict, None, stored, caller, now)


# -- repeats ------------------------------------------------------------------------------------------------


def _earlier(services: Services, checked: Checked) -> Accepted | None:
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


def _request_fingerprint(checked: Checked) -> str:
    stations = ",".join(sorted(each.code for each in checked.stations))
    return hashlib.sha256(f"{checked.fingerprint}:{stations}".encode()).hexdigest()


def _repeat(
    services: Services, tx: Connection, checked: Checked, order_id: int, caller: Caller, now: datetime
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
    if order.state.ended:
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


def _remember(tx: Connection, checked: Checked, order_id: int) -> None:
    key = checked.submission.idempotency_key
    if key is not None and orders.earlier_request(tx, checked.court.id, key) is None:
        orders.remember_request(tx, checked.court.id, key, _request_fingerprint(checked), order_id)


# -- a new order --------------------------------------------------------------------------------------------


def _commit(
    services: Services,
    tx: Connection,
    checked: Checked,
    verdict: Verdict,
    hold_reason: str | None,
    papers: Papers,
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
        copy_comar=submission.copy_comar,
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
        submitted_at=now,
        **asdict(papers),
    )
    orders.add_tracking(tx, order_id, hash_token(tracking_code(services, order_id)))
    _remember(tx, checked, order_id)
    order = orders.get(tx, order_id)
    _witness_submission(services, tx, order, checked, verdict, caller, now)
    for station in checked.stations:
        begin(services, tx, order, station, now)
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
    checked: Checked,
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
        "copy_comar": order.copy_comar,
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


def _receipt(
    services: Services, tx: Connection, order: Order, checked: Checked, verdict: Verdict, now: datetime
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
        receipt=receipt or newest_receipt(tx, order.id, "submission"),
        tracking_code=tracking_code(services, order.id),
        new=new,
        added=added,
        hold_reason=order.hold_reason if order.state is OrderState.HELD else None,
    )
