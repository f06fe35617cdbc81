"""Where the web listens: the options, and the socket."""

import argparse
import errno
import socket

from amparo_notify.core.errors import Fault, Unfit

PORT = 8000


def add_address(parser: argparse.ArgumentParser) -> None:
    """Add `--host` and `--port`."""
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on; 0.0.0.0 for other machines (default: %(default)s)",
    )
    parser.add_argument("--port", type=_port, default=PORT, help="default: %(default)s")


def public_url(host: str, port: int) -> str:
    """Return the address at which this machine reaches a server that listens there."""
    everywhere = {"", "127.0.0.1", "0.0.0.0", "::", "::1", "localhost"}  # noqa: S104 - recognised, not listened on
    name = "localhost" if host in everywhere else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises Unfit, with the remedy, where the address cannot be had."""
    try:
        return socket.create_server((host, port), backlog=1024)
    except OSError as error:
        busy = error.errno == errno.EADDRINUSE
        problem = (
            f"port {port} of {host} is taken."
            if busy
            else f"cannot listen on {host}:{port} ({error.strerror})."
        )
        remedy = (
            "End what listens there, or choose another with --port."
            if busy
            else "Choose another --host or --port."
        )
        raise Unfit(Fault("--port", problem, remedy)) from error


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"«{text}» is not a port: write a number from 1 to 65535")
    return int(text)
