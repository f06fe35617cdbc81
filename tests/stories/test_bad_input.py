"""Bad input: a clear sentence naming the field and the remedy; nothing is sent and nothing is half-written."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from amparo_notify.cases import submit
from amparo_notify.cases.reject import Rejected
from amparo_notify.cases.witness import timeline
from amparo_notify.core.errors import Conflict, Denied, Invalid, Refusal
from amparo_notify.core.order import Person
from amparo_notify.core.verdict import Reason
from amparo_notify.demo.order_pdf import order_pdf
from amparo_notify.store import people
from amparo_notify.store.tables import blob, notice, orders
from tests.authority import NOW, authority
from tests.world import AGENT, COURT, OTHER_COURT, OTHER_STATION, PERSON, STATION, World


def refused(world: World, **changes: object) -> Refusal:
    """Submit what must be refused, and see that nothing came of it."""
    with pytest.raises(Refusal) as caught:
        submit.submit(world.services, world.submission(**changes), world.clerk(), world.now)
    world.advance(minutes=20)
    world.expect_silence()
    with world.services.database.read() as tx:
        assert tx.execute(select(func.count()).select_from(orders)).scalar() == 0
        assert tx.execute(select(func.count()).select_from(notice)).scalar() == 0
    return caught.value


FIELDS: Mapping[str, tuple[dict[str, object], str]] = {
    "an unknown court": ({"court": "NADIE"}, "court"),
    "an unknown station": ({"stations": ("XXX-T9",)}, "station"),
    "no station": ({"stations": ()}, "station"),
    "no person": ({"persons": ()}, "person"),
    "a person with nothing to be found by": ({"persons": (Person(nationality="Alguna"),)}, "person 1"),
    "a departure without a zone": (
        {"persons": (replace(PERSON, departs_at=NOW.replace(tzinfo=None)),)},
        "person 1",
    ),
    "a number that is no expediente": ({"expediente": "12-34"}, "expediente"),
    "a lawyer without address": ({"lawyers": ("no es correo",)}, "lawyer"),
    "an unknown kind of suspension": ({"suspension": "otra"}, "suspension"),
    "a file of 33 MiB": ({"document": b"%PDF-" + bytes(33 << 20)}, "document"),
    "an empty idempotency key": ({"idempotency_key": ""}, "Idempotency-Key"),
}


@pytest.mark.alternate
@pytest.mark.parametrize("case", FIELDS)
def test_a_wrong_field_is_named_with_its_remedy(world: World, case: str) -> None:
    changes, field = FIELDS[case]
    refusal = refused(world, **changes)
    assert isinstance(refusal, Invalid)
    assert [fault.field for fault in refusal.faults] == [field]
    assert all(fault.problem and fault.remedy for fault in refusal.faults)


def test_all_wrong_fields_are_named_at_once(world: World) -> None:
    refusal = refused(world, expediente="x", stations=("NADA",), persons=())
    assert {fault.field for fault in refusal.faults} == {"expediente", "station", "person"}


def test_another_courts_clerk_cannot_upload_here(world: World) -> None:
    with pytest.raises(Denied):
        submit.submit(world.services, world.submission(court=OTHER_COURT), world.clerk(), world.now)


DOCUMENTS: Mapping[str, tuple[bytes, Reason]] = {
    "an unsigned PDF": (order_pdf(), Reason.NOT_SIGNED),
    "a text file": (b"hola, esto no es un PDF", Reason.FORMAT_FAILURE),
    "a PDF cut short": (order_pdf()[:700], Reason.FORMAT_FAILURE),
}


@pytest.mark.parametrize("case", DOCUMENTS)
def test_a_document_that_cannot_be_an_order_is_refused_with_its_reason(world: World, case: str) -> None:
    document, reason = DOCUMENTS[case]
    refusal = refused(world, document=document)
    assert isinstance(refusal, Rejected)
    assert refusal.verdict.reason in (reason, Reason.NOT_SIGNED)
    assert refusal.faults[0].field == "document"


def test_one_altered_byte_fails_the_order(world: World) -> None:
    signed = world.signed()
    place = signed.index(b"stream") + 40
    altered = signed[:place] + bytes([signed[place] ^ 1]) + signed[place + 1 :]
    refusal = refused(world, document=altered)
    assert isinstance(refusal, Rejected)


def test_a_judge_of_another_court_is_refused_with_that_reason(world: World) -> None:
    other = authority().issue("JUEZ FICTICIO AJENO", "AJEN800101HDFXXX07", "AJEN800101AB3", now=NOW)
    with world.services.database.write() as tx:
        elsewhere = people.find_court(tx, code=OTHER_COURT)
        assert elsewhere is not None
        people.add_signer(tx, elsewhere.id, "certificate_sha256", other.sha256, NOW, None)
    refusal = refused(world, document=world.signed(signer=other))
    assert "Juzgado Noveno" in refusal.faults[0].problem


def test_a_refused_document_leaves_a_record_in_its_courts_log(world: World) -> None:
    refused(world, document=order_pdf())
    with world.services.database.read() as tx:
        court = people.find_court(tx, code=COURT)
        assert court is not None
        records = timeline(world.services, tx, court.log)
    assert [record["event"] for record in records] == ["submission_rejected"]


def test_a_refused_document_stores_no_bytes(world: World) -> None:
    refused(world, document=order_pdf())
    with world.services.database.read() as tx:
        assert tx.execute(select(func.count()).select_from(blob)).scalar() == 0


def test_the_same_document_with_other_fields_is_a_conflict_that_names_the_order(world: World) -> None:
    document = world.signed()
    first = world.submit(document=document)
    world.expect_rung(AGENT)
    with pytest.raises(Conflict, match=first.folio):
        world.submit(document=document, persons=(replace(PERSON, flight="ZZ 999"),))


def test_an_idempotency_key_with_other_content_is_a_conflict(world: World) -> None:
    world.submit(idempotency_key="uno")
    world.expect_rung(AGENT)
    with pytest.raises(Conflict, match="Idempotency-Key"):
        world.submit(idempotency_key="uno", expediente="999/2026")


def test_an_idempotency_key_again_is_answered_with_the_first_answer(world: World) -> None:
    document = world.signed()
    first = world.submit(document=document, idempotency_key="uno")
    again = world.submit(document=document, idempotency_key="uno")
    assert again.folio == first.folio
    assert again.receipt == first.receipt
    world.expect_rung(AGENT)


def test_folios_are_gapless_however_many_uploads_fail_between(world: World) -> None:
    first = world.submit(expediente="1/2026")
    with pytest.raises(Rejected):
        world.submit(document=order_pdf())
    second = world.submit(expediente="2/2026", stations=(OTHER_STATION,))
    assert (first.folio, second.folio) == (f"{COURT}-000001", f"{COURT}-000002")
    world.forget()


def test_a_station_named_twice_is_notified_once(world: World) -> None:
    world.submit(stations=(STATION, STATION))
    world.expect_rung(AGENT)
