"""Messages between the service and the judging child: a JSON header and raw blobs, each with its length.

JSON and not pickle: a child that a hostile document has taken over must not be able to run code in the service.
"""

import json
import socket
import struct
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from amparo_notify.core.verdict import Conclusion, Examination, Reason, Signer, Verdict
from amparo_notify.pki.files import Data

HELLO = b"\x01"
"""A fork says this before it looks at the document: what goes wrong until then is no fault of the document's."""
MOST_FILES = 2

_LENGTH = struct.Struct("!I")
_LARGEST = 256 * 1024 * 1024
_STEP = 1 << 16
"""Bytes compared at once: less than the block that `Judge` has the allocator take anew from the system."""


def send(connection: socket.socket, header: dict[str, Any], blobs: Sequence[bytes] = ()) -> None:
    raw = json.dumps({**header, "blobs": [len(blob) for blob in blobs]}).encode()
    connection.sendall(_LENGTH.pack(len(raw)) + raw)
    for blob in blobs:
        connection.sendall(blob)


def receive(connection: socket.socket) -> tuple[dict[str, Any], list[bytes]]:
    """Return (header, blobs). Raises ConnectionError where the other side ends early."""
    (size,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    header = json.loads(_exactly(connection, size))
    return header, [_exactly(connection, length) for length in header.pop("blobs")]


def _exactly(connection: socket.socket, size: int) -> bytes:
    if not 0 <= size <= _LARGEST:
        raise ConnectionError("a message of impossible length")
    buffer = bytearray(size)
    view = memoryview(buffer)
    while view:
        count = connection.recv_into(view)
        if not count:
            raise ConnectionError("the other side ended early")
        view = view[count:]
    return bytes(buffer)


def verdict_to_json(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict as JSON values; `verdict_from_json` undoes it."""
    # Nothing is copied deep: a word that a parser read may hold on to the whole file that it came from.
    signers = [
        {**vars(signer), "signed_at": signer.signed_at.isoformat() if signer.signed_at else None}
        for signer in verdict.signers
    ]
    return {**vars(verdict), "signers": signers}


def verdict_from_json(plain: dict[str, Any]) -> Verdict:
    """Rebuild a verdict; raises ValueError, KeyError or TypeError for what never was one."""
    signers = tuple(
        Signer(
            **{**each, "signed_at": datetime.fromisoformat(each["signed_at"]) if each["signed_at"] else None}
        )
        for each in plain["signers"]
    )
    reason = Reason(plain["reason"]) if plain["reason"] else None
    return Verdict(
        **{**plain, "conclusion": Conclusion(plain["conclusion"]), "reason": reason, "signers": signers}
    )


def examination_to_wire(
    verdict: Verdict, document: Data | None, upload: Data
) -> tuple[dict[str, Any], list[bytes]]:
    """The document travels back as a place in what was sent; as bytes only where it is not in one piece there."""
    if document is None:
        return {"verdict": verdict_to_json(verdict), "place": None, "size": 0}, []
    place = _place(document, upload)
    header = {"verdict": verdict_to_json(verdict), "place": place, "size": len(document)}
    return header, [document[:]] if place == -1 else []


def _place(document: Data, upload: Data) -> int:
    """Where the document starts in the upload, or -1. (Searching for 30 MB as one needle takes a tenth of a second.)"""
    if document is upload:
        return 0
    start = upload.find(document[:4096])
    if start < 0 or start + len(document) > len(upload):
        return -1
    steps = range(0, len(document), _STEP)
    there = start + len(document)
    same = all(
        document[at : at + _STEP] == upload[start + at : min(start + at + _STEP, there)] for at in steps
    )
    return start if same else -1


def examination_from_wire(header: dict[str, Any], blobs: Sequence[bytes], upload: bytes) -> Examination:
    """Rebuild an examination; raises ValueError, KeyError, TypeError or IndexError for what never was one."""
    place, size = header["place"], int(header["size"])
    found = None if place is None else blobs[0] if place == -1 else upload[place : place + size]
    return Examination(verdict_from_json(header["verdict"]), found)
