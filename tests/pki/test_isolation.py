"""A bomb, a loop or a crash costs one child and one clear answer, never the service."""

import base64
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from amparo_notify.core.verdict import Reason
from amparo_notify.demo.signing import sign_pdf
from amparo_notify.pki.judge import PATIENCE, Judge
from tests.authority import authority, judge, order
from tests.pki import bombs
from tests.pki.cases import FAILED, LATER, PASSED, Case, enveloped, signed, trusting, usual
from tests.pki.corpus import CORPUS
from tests.pki.people import impostor


@pytest.fixture(scope="module")
def warm() -> Iterator[Judge]:
    service = Judge(usual())
    service.warm()
    yield service
    service.close()


def _plainly_judged() -> list[Case]:
    return [case for case in CORPUS if case.trust is usual and case.revocation == "required"]


def test_the_child_says_what_the_judge_says(warm: Judge) -> None:
    """Nothing that a verdict needs is missing in a child that can open no file."""
    different = []
    for case in _plainly_judged():
        verdict = warm.examine(*case.upload(), case.moment).verdict
        if (verdict.conclusion, verdict.reason) != (case.conclusion, case.reason):
            different.append((case.name, verdict.reason, verdict.report["detail"]))
    assert not different


def _set_off(service: Judge, bomb: Callable[[], bytes]) -> None:
    started = time.monotonic()
    verdict = service.examine(bomb(), None, LATER).verdict
    assert (verdict.conclusion, verdict.reason) == (FAILED, Reason.FORMAT_FAILURE)
    assert time.monotonic() - started < PATIENCE
    assert service.examine(signed(), None, LATER).verdict.passed


@pytest.mark.parametrize("bomb", bombs.QUICK, ids=lambda bomb: bomb.__name__)
def test_a_bomb_costs_one_answer_and_the_service_judges_on(warm: Judge, bomb: Callable[[], bytes]) -> None:
    _set_off(warm, bomb)


@pytest.mark.long
@pytest.mark.parametrize("bomb", bombs.SLOW, ids=lambda bomb: bomb.__name__)
def test_a_bomb_that_takes_seconds_costs_one_answer(warm: Judge, bomb: Callable[[], bytes]) -> None:
    _set_off(warm, bomb)


def test_plain_hex_of_any_length_is_read(warm: Judge) -> None:
    verdict = warm.examine(bombs.long_hex(last=b"41"), None, LATER).verdict
    assert verdict.reason is Reason.NOT_SIGNED


def test_while_a_loop_runs_others_are_served(warm: Judge) -> None:
    loop = threading.Thread(target=warm.examine, args=(bombs.long_name(), None, LATER))
    loop.start()
    assert warm.examine(signed(), None, LATER).verdict.passed
    assert loop.is_alive()
    loop.join()


def test_a_killed_parent_is_started_again() -> None:
    service = Judge(usual())
    service.warm()
    os.kill(service.process_id or 0, signal.SIGKILL)
    assert service.examine(signed(), None, LATER).verdict.passed
    service.close()


def test_a_closed_judge_starts_again() -> None:
    service = Judge(usual())
    service.warm()
    service.close()
    assert service.examine(signed(), None, LATER).verdict.passed
    service.close()


def test_many_threads_share_one_judge(warm: Judge) -> None:
    verdicts = []
    threads = [
        threading.Thread(target=lambda: verdicts.append(warm.examine(signed(), None, LATER).verdict))
        for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [verdict.conclusion for verdict in verdicts] == [PASSED] * 16


def test_a_refresh_counts_from_the_next_document() -> None:
    service = Judge(usual())
    before = service.examine(sign_pdf(order(), judge()), None, LATER).verdict
    service.refresh(
        trusting([authority().crl(LATER, [(judge().x509.serial_number, LATER)]), *authority().crls(LATER)])
    )
    after = service.examine(sign_pdf(order(), judge()), None, LATER).verdict
    service.close()
    assert before.passed
    assert after.reason is Reason.REVOKED


def test_the_document_inside_an_envelope_comes_back(warm: Judge) -> None:
    assert warm.examine(enveloped(), None, LATER).document == order()


def test_the_report_holds_the_signers_certificate(warm: Judge) -> None:
    (report,) = warm.examine(signed(), None, LATER).verdict.report["signers"]
    assert base64.b64decode(report["certificate"]) == judge().certificate


_PRISON = """
import socket, sys
from amparo_notify.pki import child
child.limit()
for attempt in (lambda: open("/etc/hostname"), lambda: open("/tmp/x", "w"), socket.socket, socket.socketpair):
    try:
        attempt()
    except OSError:
        continue
    sys.exit(1)
try:
    bytearray(700 * 1024 * 1024)
except MemoryError:
    sys.exit(0)
sys.exit(2)
"""


def test_a_child_can_open_nothing_connect_nowhere_and_grow_no_further() -> None:
    environment = {"PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}
    assert subprocess.run([sys.executable, "-c", _PRISON], env=environment, timeout=30).returncode == 0


def test_a_child_that_never_ends_is_ended_by_its_cpu_limit() -> None:
    endless = "from amparo_notify.pki import child; child.CPU_SECONDS = 1; child.limit()\nwhile True: pass"
    environment = {"PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}
    ended = subprocess.run([sys.executable, "-c", endless], env=environment, timeout=30)
    assert ended.returncode in {-signal.SIGXCPU, -signal.SIGKILL}


def test_nothing_is_fetched_from_an_address_in_a_certificate(warm: Judge) -> None:
    """The address points at a closed port of this machine, and the child could not open a socket anyway."""
    case = next(each for each in CORPUS if each.name == "certificate_that_names_a_distribution_point")
    assert warm.examine(*case.upload(), case.moment).verdict.passed


def test_the_service_never_imports_the_parsers() -> None:
    """pyHanko and PDFium cost memory and are the attack surface: they stay in the child."""
    probe = "import sys, amparo_notify.pki.judge as _; sys.exit('pyhanko' in sys.modules or 'pypdfium2' in sys.modules)"
    environment = {"PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}
    assert subprocess.run([sys.executable, "-c", probe], env=environment, timeout=30).returncode == 0


def test_no_secret_of_the_service_reaches_the_child() -> None:
    service = Judge(usual())
    os.environ["SECRET_KEY"] = "canario"
    service.warm()
    with open(f"/proc/{service.process_id}/environ", "rb") as handle:
        environment = handle.read()
    service.close()
    assert b"canario" not in environment


def test_pages_are_drawn_and_text_is_guessed(warm: Judge) -> None:
    (page,) = warm.pages(order())
    assert page.startswith(b"\x89PNG")
    assert warm.guess(order()).expediente == "1234/2026-III-A"


def test_what_cannot_be_drawn_gives_no_pages_and_no_guess(warm: Judge) -> None:
    assert warm.pages(b"no es un PDF") == []
    assert warm.guess(b"no es un PDF").expediente == ""


def test_an_unknown_authority_stays_unknown_in_the_child(warm: Judge) -> None:
    verdict = warm.examine(sign_pdf(order(), impostor()), None, LATER).verdict
    assert verdict.reason is Reason.NO_CERTIFICATE_CHAIN_FOUND
