"""Keeping what verdicts rest on fresh: revocation lists, and the orders that were judged without them."""

from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy import Connection

from amparo_notify.cases.hold import open_held
from amparo_notify.cases.inform import alarm_court, inform
from amparo_notify.cases.services import Services
from amparo_notify.cases.signers import REVOCATION, judge
from amparo_notify.cases.witness import stream_of, witness
from amparo_notify.core.events import Event
from amparo_notify.core.evidence import Actor, Fact
from amparo_notify.core.notice import Cause
from amparo_notify.core.order import OrderState
from amparo_notify.core.verdict import Verdict
from amparo_notify.store import blobs, crls, escalations, orders, people
from amparo_notify.store.orders import Document, Order

FRESH_EVERY = 600
"""Seconds between two looks at the operator's sources of revocation lists."""

VERIFIER = Actor("system:verifier")
_log = structlog.get_logger(__name__)


def keep_fresh(services: Services, now: datetime) -> None:
    """Fetch the revocation lists, and where one changed judge anew what is open."""
    if refresh_lists(services, now):
        judge_anew(services, now)


def refresh_lists(services: Services, now: datetime) -> bool:
    """Fetch the revocation lists; keep what is good, and the last good copy of what is not. True if any changed.

    All in one transaction: whoever judged by the first of two would hold what the second lets pass.
    """
    found = list(services.lists.fetch())
    for each in found:
        if each.error:
            _log.warning("revocation list not refreshed", source=each.source, reason=each.error)
    good = [each for each in found if not each.error]
    with services.database.write() as tx:
        changed = [crls.keep(tx, each.source, each.body, each.next_update, now) for each in good]
    return any(changed)


def judge_anew(services: Services, now: datetime) -> int:
    """Judge the documents of open and held orders again at the instant they came; return how many verdicts changed."""
    with services.database.read() as tx:
        ids = [each.id for each in orders.newest(tx, open_only=True, limit=1000)]
    return sum(_judge_order(services, order_id, now) for order_id in ids)


def _judge_order(services: Services, order_id: int, now: datetime) -> int:
    with services.database.read() as tx:
        order = orders.get(tx, order_id)
        court = people.find_court(tx, id=order.court)
        documents = orders.documents(tx, orders.safe_of(tx, services.vault, order_id), order_id)
        papers = [(each, *_bytes(services, tx, each)) for each in documents]
    assert court is not None
    changed = 0
    for document, upload, signature in papers:
        examined = services.verifier.examine(upload, signature, document.submitted_at).verdict
        verdict, _ = judge(services, court, examined, document.submitted_at)
        if _gist(verdict) != _gist(document.verdict) and not _was_registered(verdict, order):
            _change(services, order_id, document, verdict, now)
            changed += 1
    return changed


def _bytes(services: Services, tx: Connection, document: Document) -> tuple[bytes, bytes | None]:
    signature = blobs.read(tx, services.vault, document.signature_blob) if document.signature_blob else None
    return blobs.read(tx, services.vault, document.upload_blob), signature


def _gist(verdict: Verdict) -> tuple[str, str]:
    return str(verdict.conclusion), str(verdict.reason or "")


def _was_registered(verdict: Verdict, order: Order) -> bool:
    """A signer registered by confirming was not yet registered when the order came: that is no change."""
    return order.hold_reason is not None and order.hold_reason != REVOCATION


def _change(services: Services, order_id: int, document: Document, verdict: Verdict, now: datetime) -> None:
    """Keep the new verdict and tell people: a human decides what follows from a bad one."""
    with services.database.write(order_id) as tx:
        order = orders.get(tx, order_id)
        if order.state.ended:
            return
        safe = orders.safe_of(tx, services.vault, order_id)
        orders.change_verdict(tx, safe, order_id, document, replace(verdict, document_sha256=document.sha256))
        details: dict[str, object] = {
            "document": document.sha256,
            "before": list(_gist(document.verdict)),
            "verdict": str(verdict.conclusion),
            "reason": str(verdict.reason or ""),
        }
        seq = witness(
            services, tx, stream_of(tx, order), Fact(Event.REJUDGED, now, VERIFIER, details=details), now
        )
        if verdict.passed:
            _clear(services, tx, order, seq, now)
        else:
            orders.change(tx, order_id, release_at=None)
            alarm_court(services, tx, order, escalations.of_order(tx, order_id)[0], seq, "revoked", now)
            inform(services, tx, order, Cause.VERDICT, seq, now)


def _clear(services: Services, tx: Connection, order: Order, seq: int, now: datetime) -> None:
    """The doubt is gone: a held order goes out unmarked, one that went out marked is marked no more."""
    if order.state is OrderState.HELD and order.hold_reason == REVOCATION:
        open_held(services, tx, order, None, now, marked=False)
    elif order.marked:
        orders.change(tx, order.id, marked=False)
        inform(services, tx, order, Cause.VERDICT, seq, now)
