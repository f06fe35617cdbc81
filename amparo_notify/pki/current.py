"""A judge that keeps up: before each document it takes the newest revocation lists that any host has fetched."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime

from amparo_notify.core.verdict import Examination
from amparo_notify.pki.anchors import Trust
from amparo_notify.pki.guess import Guess
from amparo_notify.pki.judge import Judge


class CurrentJudge:
    """Satisfies `core.ports.Verifier`. `version` is asked before each document, `lists` only when it has changed.

    Until a list is kept in the database those that the trust was loaded with count.
    """

    def __init__(
        self, judge: Judge, version: Callable[[], str], lists: Callable[[], Sequence[bytes]]
    ) -> None:
        self._judge = judge
        self._version = version
        self._lists = lists
        self._seen = ""
        self._lock = threading.Lock()

    @property
    def trust(self) -> Trust:
        """What is trusted now, for pages and `doctor`."""
        return self._judge.trust

    @property
    def fingerprint(self) -> str:
        return self._judge.trust.fingerprint

    def examine(self, document: bytes, signature: bytes | None, moment: datetime) -> Examination:
        """Return the verdict at `moment`, by the newest lists."""
        self._keep_up()
        return self._judge.examine(document, signature, moment)

    def guess(self, document: bytes) -> Guess:
        """What the text of a PDF seems to say, unverified."""
        return self._judge.guess(document)

    def pages(self, document: bytes, scale: float = 2.0, most: int = 30) -> list[bytes]:
        """PNG images of a PDF's pages."""
        return self._judge.pages(document, scale, most)

    def warm(self) -> None:
        """Start the judging process now rather than with the first document."""
        self._judge.warm()

    def close(self) -> None:
        self._judge.close()

    def _keep_up(self) -> None:
        version = self._version()
        if version == self._seen:
            return
        with self._lock:
            if version != self._seen:
                if lists := self._lists():
                    self._judge.refresh(self._judge.trust.with_revocation(lists))
                self._seen = version
