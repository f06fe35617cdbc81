"""A carrier that answers after a fixed time and remembers when each request came. A process of its own.

    python -m benchmarks.provider PORT LATENCY_MS

`GET /arrivals` answers [[road, recipient, monotonic seconds], …] and forgets them; `GET /cpu` its CPU seconds.
"""

import asyncio
import json
import re
import sys
import time
from urllib.parse import parse_qs

_LENGTH = re.compile(rb"content-length: *(\d+)", re.I)
_arrivals: list[tuple[str, str, float]] = []


def _sid(prefix: str) -> str:
    return f"{prefix}{len(_arrivals):032x}"


def _answer(line: bytes, body: bytes, came: float) -> tuple[bytes, bytes, bool]:
    """(status line, body, whether it is a message)."""
    if b"/arrivals" in line:
        told = json.dumps(_arrivals).encode()
        _arrivals.clear()
        return b"200 OK", told, False
    if line.startswith(b"GET") and b"/Messages" in line:  # which texts came in
        return b"200 OK", b'{"messages": [], "next_page_uri": null}', False
    if b"/cpu" in line:
        return b"200 OK", json.dumps(time.process_time()).encode(), False
    if b"/mail/send" in line:
        to = json.loads(body)["personalizations"][0]["to"][0]["email"]
        _arrivals.append(("email", to, came))
        return b"202 Accepted", b"", True
    to = parse_qs(body.decode())["To"][0]
    road, kind = ("voice", "CA") if b"/Calls" in line else ("sms", "SM")
    _arrivals.append((road, to, came))
    return b"201 Created", json.dumps({"sid": _sid(kind), "status": "queued"}).encode(), True


async def _serve(latency: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            came = time.monotonic()
            length = _LENGTH.search(head)
            body = await reader.readexactly(int(length[1])) if length else b""
            status, answer, message = _answer(head.split(b"\r\n", 1)[0], body, came)
            if message and latency:
                await asyncio.sleep(latency)
            kind = b"X-Message-Id: m\r\nContent-Type: application/json\r\n"
            size = b"Content-Length: %d\r\n\r\n" % len(answer)
            writer.write(b"HTTP/1.1 " + status + b"\r\n" + kind + size + answer)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def _main(port: int, latency: float) -> None:
    server = await asyncio.start_server(
        lambda reader, writer: _serve(latency, reader, writer), "127.0.0.1", port, backlog=1024
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), float(sys.argv[2]) / 1000))
