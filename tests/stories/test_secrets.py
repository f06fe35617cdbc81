"""What must never be seen: whom an order protects, but behind a PIN or a session; and secrets, anywhere at all."""

import logging
from pathlib import Path

import pytest
from sqlalchemy import select, text

from amparo_notify.cases import officer, track
from amparo_notify.core.errors import Denied, Missing
from amparo_notify.store.tables import link, record
from tests.world import AGENT, CHIEF, PINS, World

CANARIES = ("CANARIA", "QUIJOTE", "Nacionalidad Inventada", "XX0000001")


def test_nothing_that_is_sent_names_the_person(world: World) -> None:
    world.submit(lawyers=("defensa@abogados.example",))
    world.acknowledge(AGENT)
    world.report(AGENT)
    sent = [each.body for each in world.carrier.texts()]
    sent += [" ".join(each.spoken) + each.twiml for each in world.carrier.calls()]
    sent += [each.subject + each.text + each.html for each in world.carrier.mails()]
    assert not [canary for canary in (*CANARIES, "refugi") for each in sent if canary.lower() in each.lower()]
    world.forget()


def test_no_record_of_the_log_names_the_person_or_a_phone(world: World) -> None:
    folio = world.submit().folio
    world.acknowledge(AGENT)
    world.forget()
    view = world.view(folio)
    said = " ".join(str(entry) for entry in view.timeline)
    assert not [
        canary for canary in (*CANARIES, AGENT.phone, AGENT.mail, "Nombre Ficticio") if canary in said
    ]


def test_no_log_line_holds_a_token_or_a_phone(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    world.submit()
    world.acknowledge(AGENT)
    token = world.link_of(AGENT)
    ours = [each.getMessage() for each in caplog.records if each.name.startswith("amparo_notify")]
    assert not [line for line in ours if token in line or AGENT.phone in line]
    world.forget()


def test_the_database_holds_no_name_phone_or_token_in_clear(world: World) -> None:
    world.submit(lawyers=("defensa@abogados.example",))
    token = world.link_of(AGENT)
    world.forget()
    dump = _dump(world)
    for secret in (
        *CANARIES,
        AGENT.phone,
        AGENT.mail,
        "defensa@abogados.example",
        token,
        PINS,
        "Nombre Ficticio",
    ):
        assert secret not in dump, secret


def _dump(world: World) -> str:
    """Every value of every table as text, bytes as Latin-1 so that a canary would show."""
    found = []
    with world.services.database.read() as tx:
        for table in record.metadata.sorted_tables:
            for row in tx.execute(select(table)):
                found += [each.decode("latin-1") if isinstance(each, bytes) else str(each) for each in row]
    return "\n".join(found)


def test_the_files_of_a_sqlite_database_hold_no_name(world: World) -> None:
    if not world.services.database.sqlite:
        pytest.skip("a file is looked at only where there is one")
    world.submit()
    world.forget()
    path = Path(world.services.database.url.removeprefix("sqlite:///"))
    raw = b"".join(file.read_bytes() for file in path.parent.glob(path.name + "*"))
    assert not [canary for canary in CANARIES if canary.encode() in raw]


def test_a_link_alone_says_nothing_of_the_person(world: World) -> None:
    world.submit()
    world.forget()
    doorstep = officer.open_notice(world.services, world.link_of(AGENT), world.now)
    assert not [canary for canary in CANARIES if canary in str(doorstep)]


def test_one_officers_session_does_not_open_another_officers_link(world: World) -> None:
    world.submit()
    world.advance(minutes=3)
    world.forget()
    _, session = world.open_link(AGENT)
    with pytest.raises(Denied):
        officer.notice(world.services, world.link_of(CHIEF), session, world.now)


def test_five_wrong_pins_lock_the_link_and_the_chase_goes_on(world: World) -> None:
    world.submit()
    world.expect_rung(AGENT)
    token = world.link_of(AGENT)
    for _ in range(6):
        with pytest.raises(Denied):
            officer.identify(world.services, token, "000000", world.now)
    with pytest.raises(Denied):
        officer.identify(world.services, token, PINS, world.now)
    world.advance(minutes=3)
    world.expect_rung(CHIEF)


def test_a_lock_is_lifted_after_five_minutes(world: World) -> None:
    world.submit()
    token = world.link_of(AGENT)
    for _ in range(5):
        with pytest.raises(Denied):
            officer.identify(world.services, token, "000000", world.now)
    world.advance(minutes=5)
    assert officer.identify(world.services, token, PINS, world.now)
    world.forget()


def test_a_lawyers_page_names_nobody(world: World) -> None:
    accepted = world.submit()
    world.acknowledge(AGENT)
    world.forget()
    view = track.lawyer_view(world.services, accepted.tracking_code, world.now)
    secret = (*CANARIES, AGENT.phone, "Nombre Ficticio")
    assert not [
        canary for canary in secret if canary in str(view.persons) + str(view.stations) + str(view.timeline)
    ]


def test_an_unknown_tracking_code_is_missing(world: World) -> None:
    with pytest.raises(Missing):
        track.lawyer_view(world.services, "AAAAAAAAAAAAAAAAAAAAAA", world.now)


def test_a_ciphertext_moved_to_another_row_does_not_open(world: World) -> None:
    one, other = world.submit(expediente="1/2026"), world.submit(expediente="2/2026")
    world.forget()
    with world.services.database.write() as tx:
        theirs = "SELECT fields_sealed FROM person WHERE orders = :a"
        swap = f"UPDATE person SET fields_sealed = ({theirs}) WHERE orders = :b"
        ids = [track.find(world.services, world.clerk(), each.folio).id for each in (one, other)]
        tx.execute(text(swap), {"a": ids[0], "b": ids[1]})
    with pytest.raises(Exception, match="does not open"):
        world.view(other.folio)


def test_only_the_hash_of_a_link_is_kept(world: World) -> None:
    world.submit()
    world.forget()
    with world.services.database.read() as tx:
        kept = list(tx.scalars(select(link.c.token_hash)))
    assert world.link_of(AGENT) not in kept
    assert all(len(each) == 64 for each in kept)
