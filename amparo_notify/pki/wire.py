"""Messages between the service and the judging child: a JSON header and raw blobs, each with its length.

JSON and not pickle: a child that a hostile document has taken over must not be able to run code in the service.
"""

import json
import socket
import struct
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from amparo_notify.core.verdict import Conclusion, Examination, Reason, Signer, Verdict

_LENGTH = struct.Struct("!I")
_LARGEST = 256 * 1024 * 1024


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
    plain = asdict(verdict)
    for signer in plain["signers"]:
        signer["signed_at"] = signer["signed_at"].isoformat() if signer["signed_at"] else None
    return plain


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


def examination_to_wire(examination: Examination, upload: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """The document travels back only where it is not what was sent."""
    document = examination.document
    where = "none" if document is None else "same" if document == upload else "inside"
    blobs = [document] if document is not None and where == "inside" else []
    return {"verdict": verdict_to_json(examination.verdict), "document": where}, blobs


def examination_from_wire(header: dict[str, Any], blobs: Sequence[bytes], upload: bytes) -> Examination:
    found = {"none": None, "same": upload, "inside": blobs[0] if blobs else None}[header["document"]]
    return Examination(verdict_from_json(header["verdict"]), found)
