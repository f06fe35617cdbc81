"""A line to PostgreSQL that can be cut, or go silent without a word."""

import select
import socket
import threading
from contextlib import suppress


class Line:
    """Listens on loopback and carries bytes to PostgreSQL's own socket; `port` is where a host connects."""

    def __init__(self, target: str) -> None:
        """`target` is the path of PostgreSQL's Unix socket."""
        self._target = target
        self._flowing, self._closed = threading.Event(), False
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._open = True
        self._flowing.set()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Every connection is reset, and new ones are too."""
        self._open = False
        self._drop()

    def silence(self) -> None:
        """Connections stand, and nothing passes."""
        self._flowing.clear()

    def mend(self) -> None:
        """As if nothing had been."""
        self._open = True
        self._flowing.set()

    def close(self) -> None:
        self._closed = True
        self._server.close()
        self._flowing.set()
        self._drop()

    def _drop(self) -> None:
        for pair in self._pairs:
            for end in pair:
                with suppress(OSError):
                    end.close()
        self._pairs.clear()

    def _accept(self) -> None:
        while not self._closed:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            if not self._open:
                near.close()
                continue
            far = socket.socket(socket.AF_UNIX)
            try:
                far.connect(self._target)
            except OSError:
                near.close()
                continue
            self._pairs.append((near, far))
            threading.Thread(target=self._carry, args=(near, far), daemon=True).start()

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        other = {near: far, far: near}
        with suppress(OSError, ValueError):
            while True:
                for ready in select.select([near, far], [], [], 0.5)[0]:
                    self._flowing.wait()
                    if not (data := ready.recv(65536)):
                        raise OSError("closed")
                    other[ready].sendall(data)
        for end in (near, far):
            with suppress(OSError):
                end.close()
