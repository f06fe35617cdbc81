"""The operator's sources of revocation data: what is good is taken, what is not is named, nothing is waited for."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from amparo_notify.core.verdict import Conclusion
from amparo_notify.demo.authority import Authority
from amparo_notify.demo.signing import sign_pdf
from amparo_notify.pki.anchors import Trust
from amparo_notify.pki.judge import Judge
from amparo_notify.pki.sources import MOST_BYTES, Sources
from tests.authority import NOW, authority, judge, order
from tests.pki.answers import answer, responder


@pytest.fixture
def trust(tmp_path: Path) -> Trust:
    return Trust.load([authority().write_trust(tmp_path / "trust")])


@pytest.fixture
def address() -> Iterator[str]:
    """A web server: /good is a list, /large never ends, all else is missing."""

    @Request.application
    def pages(request: Request) -> Response:
        if request.path == "/good":
            return Response(authority().crl(NOW))
        if request.path == "/large":
            return Response((bytes(1 << 20) for _ in range(2 + (MOST_BYTES >> 20))), direct_passthrough=True)
        if request.path == "/away":
            return Response(status=302, headers={"Location": "/good"})
        return Response("nada", status=404)

    server = make_server("127.0.0.1", 0, pages, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_list_at_an_address_is_taken(trust: Trust, address: str) -> None:
    (found,) = Sources([f"{address}/good"], trust).fetch()
    assert found.body
    assert not found.error


@pytest.mark.parametrize("path", ["/missing", "/large", "/away"])
def test_what_an_address_gives_instead_is_named_and_not_taken(trust: Trust, address: str, path: str) -> None:
    (found,) = Sources([address + path], trust).fetch()
    assert found.error
    assert not found.body


def test_an_address_where_nobody_answers_is_named(trust: Trust) -> None:
    (found,) = Sources(["http://127.0.0.1:9/crl"], trust).fetch()
    assert found.error


def test_a_list_of_an_authority_that_nobody_trusts_is_not_taken(trust: Trust, tmp_path: Path) -> None:
    (tmp_path / "foreign.crl").write_bytes(Authority.create(NOW).crl(NOW))
    (found,) = Sources([str(tmp_path / "foreign.crl")], trust).fetch()
    assert "trust" in found.error


def test_one_bad_file_in_a_directory_does_not_hide_the_good_one(trust: Trust, tmp_path: Path) -> None:
    folder = tmp_path / "lists"
    folder.mkdir()
    (folder / "a.crl").write_bytes(authority().crl(NOW))
    (folder / "b.crl").write_bytes(b"nada")
    assert sorted(bool(each.error) for each in Sources([str(folder)], trust).fetch()) == [False, True]


def test_an_ocsp_answer_counts_like_a_list(trust: Trust, tmp_path: Path) -> None:
    (tmp_path / "judge.ocsp").write_bytes(answer(responder()))
    (found,) = Sources([str(tmp_path / "judge.ocsp")], trust).fetch()
    assert not found.error
    fresh = trust.with_revocation([found.body, authority().crl(NOW, by_root=True)])
    examiner = Judge(fresh)
    verdict = examiner.examine(sign_pdf(order(), judge()), None, NOW).verdict
    examiner.close()
    assert verdict.conclusion is Conclusion.PASSED


def test_an_ocsp_answer_by_somebody_whom_the_authority_did_not_appoint_is_not_taken(
    trust: Trust, tmp_path: Path
) -> None:
    (tmp_path / "judge.ocsp").write_bytes(answer(responder(appointed=False)))
    (found,) = Sources([str(tmp_path / "judge.ocsp")], trust).fetch()
    assert found.error


def test_a_directory_of_lists_may_hold_ocsp_answers(tmp_path: Path) -> None:
    anchors = authority().write_trust(tmp_path / "trust")
    (tmp_path / "judge.ocsp").write_bytes(answer(responder()))
    loaded = Trust.load([anchors], crls=[tmp_path / "judge.ocsp"])
    assert (len(loaded.crls), len(loaded.ocsps)) == (0, 1)
