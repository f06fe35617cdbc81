"""The log: everything that happened, in order, chained, signed, and beyond anybody's reach to change."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from amparo_notify.cases import court, track
from amparo_notify.cases.witness import timeline
from amparo_notify.core.events import Event
from amparo_notify.core.order import OutcomeCode
from tests.world import AGENT, World


def events(world: World, folio: str) -> list[Event]:
    return [entry.event for entry in world.view(folio).timeline]


def test_the_timeline_tells_the_whole_story_in_order(world: World) -> None:
    folio = world.submit().folio
    world.acknowledge(AGENT)
    world.report(AGENT, OutcomeCode.HALTED)
    world.forget()
    told = [
        each
        for each in events(world, folio)
        if each not in (Event.ATTEMPTED, Event.ACCEPTED, Event.DELIVERED)
    ]
    assert told == [
        Event.SUBMITTED,
        Event.ESCALATED,
        Event.OPENED,
        Event.DISPLAYED,
        Event.ACKNOWLEDGED,
        Event.REPORTED,
    ]


def test_every_attempt_is_on_record_before_what_its_provider_said(world: World) -> None:
    folio = world.submit().folio
    world.forget()
    seen: set[str] = set()
    for entry in world.view(folio).timeline:
        reference = entry.details.get("reference")
        if entry.event is Event.ATTEMPTED:
            seen.add(reference)
        elif entry.event in (Event.ACCEPTED, Event.DELIVERED):
            assert reference in seen


@pytest.mark.parametrize(
    "verb", ["UPDATE record SET jws = 'x'", "DELETE FROM record", "UPDATE receipt SET jws = 'x'"]
)
def test_the_database_refuses_to_change_what_was_witnessed(world: World, verb: str) -> None:
    world.submit()
    world.forget()
    with pytest.raises(DBAPIError, match="append-only"), world.services.database.write() as tx:
        tx.execute(text(verb))


def test_a_record_with_a_gap_is_refused(world: World) -> None:
    world.submit()
    world.forget()
    insert = "INSERT INTO record (log, seq, jws) SELECT log, max(seq) + 2, 'x' FROM record GROUP BY log"
    with pytest.raises(DBAPIError, match="gap"), world.services.database.write() as tx:
        tx.execute(text(insert))


def test_a_record_cannot_be_replaced(world: World) -> None:
    if not world.services.database.sqlite:
        pytest.skip("only SQLite has INSERT OR REPLACE")
    world.submit()
    world.forget()
    replace = "INSERT OR REPLACE INTO record (id, log, seq, jws) SELECT id, log, seq, 'x' FROM record LIMIT 1"
    with pytest.raises(DBAPIError), world.services.database.write() as tx:
        tx.execute(text(replace))


def test_a_forged_record_at_the_end_is_named(world: World) -> None:
    folio = world.submit().folio
    world.forget()
    order = court.find(world.services, world.clerk(), folio)
    newest = "SELECT log, max(seq) + 1, max(jws) FROM record WHERE log = :log GROUP BY log"
    insert = f"INSERT INTO record (log, seq, jws) {newest}"
    with world.services.database.write() as tx:
        tx.execute(text(insert), {"log": order.id})
    with world.services.database.read() as tx, pytest.raises(ValueError, match=f"log {order.id}"):
        timeline(world.services, tx, order.id)


def test_an_acknowledgement_is_answered_with_a_receipt_that_anybody_can_check(world: World) -> None:
    world.submit()
    receipt = world.acknowledge(AGENT)
    world.forget()
    view = track.receipt_view(world.services, receipt.code)
    assert (view.kind, view.genuine, view.content["grade"]) == ("acknowledgement", True, "A2")


def test_a_double_tap_is_answered_with_the_same_receipt(world: World) -> None:
    world.submit()
    first = world.acknowledge(AGENT)
    assert world.acknowledge(AGENT) == first
    world.forget()


def test_a_receipt_names_the_document_and_the_statement_by_their_hashes(world: World) -> None:
    accepted = world.submit()
    receipt = world.acknowledge(AGENT)
    world.forget()
    content = track.receipt_view(world.services, receipt.code).content
    assert content["document_sha256"] == accepted.verdict.document_sha256
    assert len(str(content["statement_sha256"])) == 64
