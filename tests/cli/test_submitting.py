"""A signed order is handed in from a shell: by the same case as the form and the API, with the same answers."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from amparo_notify.cli.submit import person
from amparo_notify.core.order import Person
from amparo_notify.demo.authority import Authority, Identity
from amparo_notify.demo.order_pdf import DemoOrder, order_pdf
from amparo_notify.demo.signing import sign_cms, sign_pdf
from tests.authority import authority, judge, order
from tests.cli.conftest import Result, Run


@pytest.fixture
def settled(settled: Run, installation: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """With lists that say that the judge is in good standing now: the command line's clock is the real one."""
    lists = installation / "crl"
    lists.mkdir()
    for number, body in enumerate(authority().crls(datetime.now(UTC))):
        (lists / f"{number}.crl").write_bytes(body)
    monkeypatch.setenv("CRL_SOURCES", str(lists))
    return settled


def _hand_in(run: Run, path: Path, body: bytes, *more: str) -> Result:
    path.write_bytes(body)
    usual = (
        "--court",
        "J5TEST",
        "--expediente",
        "1234/2026",
        "--station",
        "MEX-T1",
        "--person",
        "ANA FICTICIA",
    )
    return run("submit", str(path), *usual, *more)


def _signed(signer: Identity | None = None) -> bytes:
    return sign_pdf(order(), signer or judge())


def test_a_good_order_is_accepted_with_folio_verdict_and_addresses(settled: Run, tmp_path: Path) -> None:
    answer = _hand_in(settled, tmp_path / "order.pdf", _signed(), "--json")
    body = answer.json
    found = (answer.code, body["folio"], body["verdict"]["verdict"], body["tracking_url"].split("/")[-2])
    assert found == (0, "J5TEST-000001", "PASSED", "s")


def test_what_a_person_reads_says_the_same(settled: Run, tmp_path: Path) -> None:
    answer = _hand_in(settled, tmp_path / "order.pdf", _signed())
    assert answer.out.startswith("Order      J5TEST-000001, open\nVerdict    PASSED")


def test_the_same_order_again_is_answered_with_the_first_folio(settled: Run, tmp_path: Path) -> None:
    document = _signed()
    _hand_in(settled, tmp_path / "order.pdf", document)
    again = _hand_in(settled, tmp_path / "order.pdf", document, "--json").json
    assert (again["folio"], again["new"]) == ("J5TEST-000001", False)


def test_a_detached_signature_is_given_beside_the_document(settled: Run, tmp_path: Path) -> None:
    (tmp_path / "order.p7s").write_bytes(sign_cms(order(), judge(), detached=True))
    answer = _hand_in(settled, tmp_path / "order.pdf", order(), "--signature", str(tmp_path / "order.p7s"))
    assert answer.code == 0


def test_a_submitted_order_is_listed_with_where_it_stands(settled: Run, tmp_path: Path) -> None:
    _hand_in(settled, tmp_path / "order.pdf", _signed())
    (line,) = settled("order", "list", "--json").json
    assert (line["folio"], line["stations"]) == ("J5TEST-000001", [{"station": "MEX-T1", "phase": "chasing"}])


def test_a_shown_order_names_everybody_whom_it_is_to_reach(settled: Run, tmp_path: Path) -> None:
    _hand_in(settled, tmp_path / "order.pdf", _signed())
    shown = settled("order", "show", "J5TEST-000001", "--json").json
    reached = [(n["officer"], n["channel"]) for n in shown["stations"][0]["notices"]]
    assert sorted(reached) == [("1001", "sms"), ("1002", "email")]


def test_an_unsigned_document_is_refused_and_leaves_no_order(settled: Run, tmp_path: Path) -> None:
    answer = _hand_in(settled, tmp_path / "order.pdf", order())
    assert (answer.code, answer.err.count("\n"), settled("order", "list", "--json").json) == (1, 1, [])


def test_a_refused_document_with_json_prints_the_verdict_and_nothing_else(
    settled: Run, tmp_path: Path
) -> None:
    answer = _hand_in(settled, tmp_path / "order.pdf", order(), "--json")
    assert (answer.json["verdict"]["reason"], answer.err) == ("NOT_SIGNED", "")


def test_an_order_by_a_signer_whom_nobody_registered_is_held_with_exit_code_3(
    settled: Run, tmp_path: Path
) -> None:
    substitute = authority().issue("JUEZ SUPLENTE FICTICIO", now=datetime.now(UTC))
    answer = _hand_in(settled, tmp_path / "order.pdf", _signed(substitute), "--json")
    assert (answer.code, answer.json["state"], answer.json["hold_reason"]) == (3, "held", "unregistered")


def test_an_order_under_a_strange_authority_is_refused(settled: Run, tmp_path: Path) -> None:
    strange = Authority.create(datetime.now(UTC)).issue("JUEZA FALSA", now=datetime.now(UTC))
    answer = _hand_in(settled, tmp_path / "order.pdf", _signed(strange), "--json")
    assert (answer.code, answer.json["verdict"]["reason"]) == (1, "NO_CERTIFICATE_CHAIN_FOUND")


def test_every_fault_of_the_fields_is_named_at_once(settled: Run, tmp_path: Path) -> None:
    (tmp_path / "order.pdf").write_bytes(_signed())
    wrong = ("--court", "NONE", "--expediente", "abc", "--station", "XXX", "--person", "nationality=ficticia")
    result = settled("submit", str(tmp_path / "order.pdf"), *wrong)
    fields = [line.split(":")[0] for line in result.err.splitlines()]
    assert (result.code, fields) == (1, ["court", "expediente", "station", "person 1"])


def test_an_unreadable_trust_anchor_stops_the_upload_and_is_named(settled: Run, tmp_path: Path) -> None:
    (tmp_path / "trust" / "broken.pem").write_text(
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    )
    answer = _hand_in(settled, tmp_path / "order.pdf", _signed())
    assert (answer.code, "broken.pem" in answer.err) == (1, True)


def test_an_unreadable_trust_anchor_stops_no_other_command(settled: Run, installation: Path) -> None:
    (installation / "trust" / "broken.pem").write_text("no certificate")
    assert settled("order", "list").code == 0


def test_several_people_have_flights_of_their_own_or_the_common_one(settled: Run, tmp_path: Path) -> None:
    document = sign_pdf(order_pdf(replace(DemoOrder(), expediente="77/2026")), judge())
    more = ("--person", "name=LUIS;flight=FX 9", "--flight", "FX 417", "--departs", "2026-12-01T14:35-06:00")
    _hand_in(settled, tmp_path / "order.pdf", document, *more)
    persons = settled("order", "show", "J5TEST-000001", "--json").json["persons"]
    assert [(p["name"], p["flight"], p["departs_at"]) for p in persons] == [
        ("ANA FICTICIA", "FX 417", "2026-12-01T20:35:00+00:00"),
        ("LUIS", "FX 9", "2026-12-01T20:35:00+00:00"),
    ]


def test_a_person_is_a_name_or_pairs() -> None:
    assert [person("ANA PEÑA"), person("name=ANA PEÑA; passport=X1 ;held=sala 2")] == [
        Person(name="ANA PEÑA"),
        Person(name="ANA PEÑA", passport="X1", held_at="sala 2"),
    ]


def test_a_person_with_an_unknown_key_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    (tmp_path / "order.pdf").write_bytes(b"%PDF")
    usual = ("--court", "J5TEST", "--expediente", "1/2026", "--station", "MEX-T1")
    result = run("submit", str(tmp_path / "order.pdf"), *usual, "--person", "nombre=ANA")
    assert (result.code, "nationality" in result.err) == (2, True)
