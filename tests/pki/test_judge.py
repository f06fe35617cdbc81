"""The judging processes come and go; whoever asked gets one answer, and nothing is left behind."""

import os
import signal
import socket
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from amparo_notify.core.verdict import Verdict
from amparo_notify.demo.signing import sign_pdf
from amparo_notify.pki import wire
from amparo_notify.pki.files import in_memory, mapped
from amparo_notify.pki.judge import Judge
from amparo_notify.pki.turns import Turns
from amparo_notify.pki.verify import examine
from tests.authority import judge, order
from tests.pki.cases import LATER, materials, signed, usual
from tests.pki.craft import stream, update

ENVIRONMENT = {"PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}


@pytest.fixture
def service() -> Iterator[Judge]:
    signed()  # made once, before threads ask for it
    judging = Judge(usual())
    judging.warm()
    yield judging
    judging.close()


def _at_once(service: Judge, count: int) -> tuple[list[Verdict], list[threading.Thread]]:
    verdicts: list[Verdict] = []
    threads = [
        threading.Thread(target=lambda: verdicts.append(service.examine(signed(), None, LATER).verdict))
        for _ in range(count)
    ]
    for thread in threads:
        thread.start()
    return verdicts, threads


def _forks(service: Judge) -> list[int]:
    path = Path(f"/proc/{service.process_id}/task/{service.process_id}/children")
    return [int(each) for each in path.read_text().split()]


def test_fifty_at_once_get_their_verdicts(service: Judge) -> None:
    verdicts, threads = _at_once(service, 50)
    for thread in threads:
        thread.join()
    assert [verdict.passed for verdict in verdicts] == [True] * 50


def test_a_parent_killed_under_load_costs_nobody_an_answer(service: Judge) -> None:
    parent = service.process_id
    assert parent
    verdicts, threads = _at_once(service, 24)
    for thread in threads:
        if thread is threads[8]:
            os.kill(parent, signal.SIGKILL)
        thread.join()
    assert [verdict.passed for verdict in verdicts] == [True] * 24


def test_a_fork_that_was_killed_is_no_verdict_on_the_document(service: Judge) -> None:
    verdicts, (thread,) = _at_once(service, 1)
    while not (forks := _forks(service)):
        assert thread.is_alive()
    os.kill(forks[0], signal.SIGKILL)
    thread.join()
    assert verdicts[0].passed


@pytest.mark.parametrize("rounds", [60, pytest.param(2_000, marks=pytest.mark.long)])
def test_no_descriptor_and_no_process_is_left_behind(service: Judge, rounds: int) -> None:
    ours, theirs = (Path(f"/proc/{process}/fd") for process in ("self", service.process_id))
    before = len(os.listdir(ours))
    for _ in range(rounds):
        service.examine(signed(), None, LATER)
    assert len(os.listdir(ours)) == before
    assert len(os.listdir(theirs)) < 10  # those of the last document may still be closing
    assert len(_forks(service)) <= 1


@pytest.mark.parametrize("sent", [b"", b"\0\0", b"whole"], ids=["nothing", "half a word", "everything"])
def test_a_parent_whose_service_went_while_it_loaded_ends_without_a_word(sent: bytes) -> None:
    control, theirs = socket.socketpair()
    talk, other = socket.socketpair()
    with theirs:
        parent = subprocess.Popen(
            [sys.executable, "-m", "amparo_notify.pki.child", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env=ENVIRONMENT,
            stderr=subprocess.PIPE,
        )
    with control, talk, other:
        socket.send_fds(control, [b"T"], [other.fileno()])
        if sent == b"whole":
            anchors = usual().anchors
            groups = {"anchors": len(anchors), "tsa_anchors": 0, "intermediates": 0, "crls": 0, "ocsps": 0}
            wire.send(talk, {"groups": groups, "revocation": "required"}, anchors)
        else:
            talk.sendall(sent)
    assert parent.communicate(timeout=30) == (None, b"")
    assert parent.returncode == 0


def test_ctrl_c_is_for_the_service_to_answer(service: Judge) -> None:
    status = Path(f"/proc/{service.process_id}/status").read_text()
    blocked = int(status.split("SigBlk:")[1].split()[0], 16)
    assert blocked & 1 << (signal.SIGINT - 1)


_BURDENED = """
import mmap, sys
from amparo_notify.pki import child
lists = mmap.mmap(-1, 900 * 1024 * 1024)
child.limit()
kept = bytearray(100 * 1024 * 1024)
try:
    bytearray(500 * 1024 * 1024)
except MemoryError:
    sys.exit(0)
sys.exit(2)
"""


def test_what_the_operators_lists_take_is_not_taken_from_the_document() -> None:
    assert subprocess.run([sys.executable, "-c", _BURDENED], env=ENVIRONMENT, timeout=30).returncode == 0


def test_a_large_document_is_judged_where_it_lies() -> None:
    """Neither the hand-over, nor the verdict, nor the answer makes a copy of it."""
    picture = stream(bytes(12 << 20), b"/Type /XObject /Subtype /Image")
    large = sign_pdf(update(order(), {20: picture}), judge())
    ready = materials(usual, "required")
    examine(large, None, LATER, ready)
    with in_memory(large) as file:
        found = mapped(file.fileno(), len(large))
        tracemalloc.start()
        judged = examine(found, None, LATER, ready)
        header, blobs = wire.examination_to_wire(judged.verdict, judged.document, found)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert judged.verdict.passed
    assert (header["place"], blobs) == (0, [])
    assert most < 4 << 20


def test_nobody_passes_those_who_wait() -> None:
    """One who leaves and comes again at once goes behind all who came before."""
    turns, served = Turns(1), []

    def wait(name: str) -> None:
        for _ in range(3):
            with turns:
                served.append(name)

    with turns:
        threads = [threading.Thread(target=wait, args=(name,)) for name in "abc"]
        for count, thread in enumerate(threads, start=1):
            thread.start()
            while turns.waiting < count:
                assert thread.is_alive()
    for thread in threads:
        thread.join()
    assert "".join(served) == "abcabcabc"
