"""The service's side of judging: keeps one warm parent alive and asks it, from any number of threads."""

import hashlib
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from time import monotonic
from typing import Any

from amparo_notify.core.errors import Fault, Unfit
from amparo_notify.core.verdict import Conclusion, Examination, Reason, Verdict
from amparo_notify.pki import wire
from amparo_notify.pki.anchors import Trust
from amparo_notify.pki.files import in_memory
from amparo_notify.pki.guess import Guess
from amparo_notify.pki.turns import Turns

LARGEST = 32 * 1024 * 1024
PATIENCE = 45.0
"""Seconds without an answer after which the machine, not the document, is at fault: a fork has 5 s of processor."""
SOON = 4.0
"""Seconds before which none of a fork's own limits ends it."""
MODES = ("required", "when-available", "off")

_log = logging.getLogger(__name__)


class _Lost(Exception):
    """A warm parent or its fork went away. `after`: seconds that the fork had worked; None where none had begun."""

    def __init__(self, parent: socket.socket | None, after: float | None = None) -> None:
        super().__init__("lost")
        self.parent = parent
        self.after = after


class Judge:
    """Judges documents in limited child processes. Safe for many threads; satisfies `core.ports.Verifier`.

    `revocation`: "required" (no fresh answer: INDETERMINATE), "when-available" or "off".
    """

    def __init__(self, trust: Trust, *, revocation: str = "required", at_once: int | None = None) -> None:
        if revocation not in MODES:
            raise ValueError(f"revocation must be one of {', '.join(MODES)}")
        self._trust = trust
        self._revocation = revocation
        self._lock = threading.Lock()
        self._turns = Turns(at_once or 2 + (os.cpu_count() or 1))
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()

    @property
    def trust(self) -> Trust:
        return self._trust

    @property
    def fingerprint(self) -> str:
        """A hash over all that it trusts."""
        return self._trust.fingerprint

    @property
    def process_id(self) -> int | None:
        """The warm parent's process, where one runs: for metrics and tests."""
        return self._process.pid if self._process is not None else None

    def warm(self) -> None:
        """Start the warm parent now rather than with the first document (about 0.7 s). Raises Unfit."""
        with self._lock:
            self._ensure()

    def examine(self, document: bytes, signature: bytes | None, moment: datetime) -> Examination:
        """Return the verdict at `moment` (aware, UTC). Raises Unfit only where no child starts, or is given time."""
        if max(len(document), len(signature or b"")) > LARGEST:
            sentence = "El archivo pesa más de 32 MiB; reduzca el PDF, fírmelo de nuevo y súbalo."
            return _unreadable(document, sentence, "too large")
        blobs = [document] if signature is None else [document, signature]
        try:
            header, found = self._ask({"op": "examine", "moment": moment.isoformat()}, blobs)
            return wire.examination_from_wire(header, found, document)
        except _Lost:
            return _unreadable(
                document,
                "El archivo está armado de modo que no se puede leer sin riesgo (tarda o pesa demasiado al abrirlo); "
                "genere de nuevo el PDF, fírmelo y súbalo.",
                "the limited child ended without an answer",
            )
        except (KeyError, TypeError, ValueError, IndexError):
            return _unreadable(
                document,
                "El archivo no se puede leer sin riesgo; genere de nuevo el PDF, fírmelo y súbalo.",
                "the limited child gave an answer that makes no sense",
            )

    def guess(self, document: bytes) -> Guess:
        """Return what the text of a PDF seems to say, unverified; empty where nothing can be read. Never raises."""
        try:
            header, _ = self._ask({"op": "guess"}, [document])
            return Guess.from_json(header)
        except (_Lost, Unfit, KeyError, TypeError, ValueError):
            return Guess()

    def pages(self, document: bytes, scale: float = 2.0, most: int = 30) -> list[bytes]:
        """Return PNG images of the first `most` pages (72 dpi × scale); an empty list where it cannot be drawn."""
        try:
            return self._ask({"op": "pages", "scale": scale, "most": most}, [document])[1]
        except (_Lost, Unfit):
            return []

    def refresh(self, trust: Trust) -> None:
        """Judge by this trust from now on; documents under way finish by the former. Raises Unfit."""
        with self._lock:
            self._trust = trust
            if self._alive():
                self._send_trust()

    def close(self) -> None:
        """End the warm parent. Asking again starts another."""
        with self._lock:
            self._drop()

    def _ask(self, header: dict[str, Any], blobs: Sequence[bytes]) -> tuple[dict[str, Any], list[bytes]]:
        """Ask a fork; once more where it, or the warm parent before it, was lost through no fault of the document.

        A fork that went before any limit can have ended it may have been killed for the sake of a machine short of
        memory: only a second one tells whether the document did it.
        """
        with self._turns:
            for last in (False, True):
                try:
                    return self._ask_once(header, blobs)
                except _Lost as lost:
                    if lost.after is None:
                        self._forget(lost.parent)
                    elif last or lost.after > SOON:
                        raise
                    _log.warning("the judging process was lost, after %s seconds", lost.after)
        raise _unfit()

    def _ask_once(self, header: dict[str, Any], blobs: Sequence[bytes]) -> tuple[dict[str, Any], list[bytes]]:
        """Hand over the question and the files in one go: the fork finds everything there and wakes nobody twice."""
        parent, began = None, None
        with ExitStack() as held:
            try:
                files = [held.enter_context(in_memory(blob)) for blob in blobs]
                ours, theirs = (held.enter_context(end) for end in socket.socketpair())
                ours.settimeout(PATIENCE)
                wire.send(ours, {**header, "sizes": [len(blob) for blob in blobs]})
                with theirs, self._lock:
                    parent = self._ensure()
                    socket.send_fds(parent, [b"E"], [theirs.fileno(), *(file.fileno() for file in files)])
                if ours.recv(1) != wire.HELLO:
                    raise _Lost(parent)
                began = monotonic()
                return wire.receive(ours)
            except OSError as problem:
                if began and isinstance(problem, TimeoutError):
                    raise _unfit("el proceso que verifica firmas no contesta a tiempo.") from problem
                raise _Lost(parent, began and monotonic() - began) from problem

    def _forget(self, parent: socket.socket | None) -> None:
        """Let go of a warm parent that was lost, unless another thread has put a new one in its place already."""
        with self._lock:
            if parent is self._control:
                self._drop()

    def _alive(self) -> bool:
        return self._process is not None and self._owner == os.getpid() and self._process.poll() is None

    def _ensure(self) -> socket.socket:
        """Return the control socket, starting the warm parent where there is none. The lock is held."""
        if self._control is None or not self._alive():
            self._drop()
            self._start()
            self._send_trust()
        if self._control is None:
            raise _unfit()
        return self._control

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            # No secret of the service's environment goes to where hostile files are parsed.
            environment = {
                "PYTHONPATH": os.pathsep.join(part for part in sys.path if part),
                "LANG": "C.UTF-8",
                # Large blocks go back to the system: what the parent holds, every fork pays for.
                "MALLOC_MMAP_THRESHOLD_": "131072",
            }
            # Ctrl-C reaches the whole group, and is ours to answer: the child ends when its socket is closed.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "amparo_notify.pki.child", str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    env=environment,
                    cwd="/",
                )
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self._control = ours
        self._owner = os.getpid()

    def _send_trust(self) -> None:
        groups = {
            name: getattr(self._trust, name)
            for name in ("anchors", "tsa_anchors", "intermediates", "crls", "ocsps")
        }
        header = {
            "groups": {name: len(found) for name, found in groups.items()},
            "revocation": self._revocation,
        }
        if self._control is None:
            raise _unfit()
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self._control, [b"T"], [theirs.fileno()])
            with ours:
                ours.settimeout(60)
                wire.send(ours, header, [der for found in groups.values() for der in found])
                wire.receive(ours)
        except OSError as problem:
            self._drop()
            raise _unfit() from problem

    def _drop(self) -> None:
        """Let go of the warm parent. A parent that another process started is only forgotten."""
        control, process = self._control, self._process
        self._control = self._process = None
        if control is not None:
            control.close()
        if process is None or self._owner != os.getpid():
            return
        try:
            process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _unreadable(document: bytes, explanation: str, detail: str) -> Examination:
    """The verdict on what was not read, or could not be survived. The document is not handed on."""
    digest = hashlib.sha256(document).hexdigest()
    report = {"upload_sha256": digest, "detail": detail}
    verdict = Verdict(Conclusion.FAILED, Reason.FORMAT_FAILURE, explanation, "none", digest, report=report)
    return Examination(verdict, None)


def _unfit(what: str = "no se puede iniciar el proceso que verifica firmas.") -> Unfit:
    return Unfit(
        Fault(
            "pki",
            what,
            "Revise la memoria y los límites del servidor; las subidas se reciben de nuevo en cuanto arranque.",
        )
    )
