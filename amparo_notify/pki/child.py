"""The warm parent: keeps the libraries and the trust loaded, and forks once for each document, under limits.

Run as `python -m amparo_notify.pki.child FD`, where FD is a Unix socket. On it arrive one-byte commands, each with a
socket of its own to talk on: `T` (trust) is handled here, `E` (a document) in a fork that can open nothing, connect
nowhere and write nothing. A bomb, a loop or a crash costs that fork.
"""

import gc
import importlib
import logging
import os
import pkgutil
import resource
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import asn1crypto
import cryptography.hazmat
import pyhanko.pdf_utils
import pyhanko.sign.diff_analysis
import pyhanko.sign.validation
import pyhanko_certvalidator

from amparo_notify.pki import guess, pages, verify, wire
from amparo_notify.pki.anchors import Trust
from amparo_notify.pki.files import Data, mapped
from amparo_notify.pki.verify import Materials

CPU_SECONDS = 5
WALL_SECONDS = 60
"""Longer than the service waits: a fork that a busy machine starves is not killed for it."""
MEMORY = 500 * 1024 * 1024
"""Bytes that a document may take beside what is loaded: about 100 MB, and 15 to 40 for each list of 5 MB."""
_WHOLE = (
    pyhanko.pdf_utils,
    pyhanko.sign.validation,
    pyhanko.sign.diff_analysis,
    pyhanko_certvalidator,
    asn1crypto,
    cryptography.hazmat,
)
_CODECS = (
    "ascii",
    "latin_1",
    "cp1252",
    "utf_8",
    "utf_16",
    "utf_16_be",
    "utf_16_le",
    "utf_32_be",
    "idna",
    "hex_codec",
)
_UNUSED = ("aiohttp", "requests", "pkcs11", "config", "cli", "barcodes", "qr", "font", "signers", "keys")


def limit() -> None:
    """Give up, for good, everything that judging one document does not need."""
    signal.setitimer(signal.ITIMER_REAL, WALL_SECONDS)
    most = _size() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # No new file descriptor: no file can be opened and no connection made.
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def _size() -> int:
    """Bytes of address space of this process, whatever the lists that the operator has loaded."""
    with open("/proc/self/statm") as handle:
        return int(handle.read().split()[0]) * resource.getpagesize()


def _examine(
    header: dict[str, Any], blobs: Sequence[Data], materials: Materials
) -> tuple[dict[str, Any], list[bytes]]:
    document = blobs[0]
    signature = blobs[1] if len(blobs) > 1 else None
    moment = datetime.fromisoformat(header["moment"])
    found = verify.examine(document, signature, moment, materials)
    return wire.examination_to_wire(found.verdict, found.document, document)


def _guess(header: dict[str, Any], blobs: Sequence[Data], _: Materials) -> tuple[dict[str, Any], list[bytes]]:
    return guess.from_text(pages.text(blobs[0][:])).as_json(), []


def _pages(header: dict[str, Any], blobs: Sequence[Data], _: Materials) -> tuple[dict[str, Any], list[bytes]]:
    return {}, pages.render(blobs[0][:], float(header["scale"]), int(header["most"]))


_WORK: dict[
    str, Callable[[dict[str, Any], Sequence[Data], Materials], tuple[dict[str, Any], list[bytes]]]
] = {
    "examine": _examine,
    "guess": _guess,
    "pages": _pages,
}


def _serve_one(connection: socket.socket, files: Sequence[int], materials: Materials) -> None:
    """Answer one request in a fork that ends with it."""
    header, _ = wire.receive(connection)
    blobs = [mapped(file, size) for file, size in zip(files, header["sizes"], strict=True)]
    limit()
    connection.sendall(wire.HELLO)
    answer, found = _WORK[header["op"]](header, blobs, materials)
    wire.send(connection, answer, found)


def _load(connection: socket.socket) -> Materials:
    header, blobs = wire.receive(connection)
    remaining = list(blobs)
    groups = {name: tuple(remaining.pop(0) for _ in range(count)) for name, count in header["groups"].items()}
    materials = Materials.prepare(Trust(**groups), header["revocation"])
    gc.collect()
    gc.freeze()  # what is shared with the forks stays shared
    wire.send(connection, {"ready": True})
    return materials


def _warm_up() -> None:
    """Import everything that a verdict may touch: a fork cannot open a file, not even a module's."""
    for package in _WHOLE:
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not any(part in module.name for part in _UNUSED):
                try:
                    importlib.import_module(module.name)
                except ImportError:
                    continue  # an optional part of the library that is not installed
    for codec in _CODECS:
        importlib.import_module(f"encodings.{codec}")
    pages.warm_up()


def serve(control: socket.socket) -> None:
    """Take commands until the service goes away."""
    materials: Materials | None = None
    while True:
        command, descriptors, *_ = socket.recv_fds(control, 1, 1 + wire.MOST_FILES)
        if not command or not descriptors:
            return
        with socket.socket(fileno=descriptors[0]) as connection:
            if command == b"T":
                with suppress(
                    ConnectionError
                ):  # the service went while this loaded, and does not care any more
                    materials = _load(connection)
            elif materials is not None and os.fork() == 0:
                status = 1
                try:
                    control.close()
                    _serve_one(connection, descriptors[1:], materials)
                    status = 0
                finally:
                    os._exit(status)
        for file in descriptors[1:]:
            os.close(file)


def main() -> None:
    logging.disable(
        logging.CRITICAL
    )  # the libraries log what they think of a hostile file; the report holds it
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # forks are not waited for
    _warm_up()
    with socket.socket(fileno=int(sys.argv[1])) as control:
        serve(control)


if __name__ == "__main__":
    main()
