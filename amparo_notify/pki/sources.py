"""The operator's revocation lists and OCSP answers: from files, directories and addresses, within limits."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import requests

from amparo_notify.core.ports import FetchedList
from amparo_notify.pki.anchors import Trust, files, read_certificates
from amparo_notify.pki.lists import RevocationList, read_list
from amparo_notify.pki.ocsp import Answer, is_answer, read_answers

MOST_BYTES = 32 << 20
SECONDS = 20
_CHUNK = 1 << 16


class Sources:
    """Satisfies `core.ports.Lists`. A list counts only if an authority that we trust signed it."""

    def __init__(self, sources: Sequence[str], trust: Trust) -> None:
        self._sources = tuple(sources)
        authorities = (*trust.anchors, *trust.intermediates)
        self._authorities = [each for der in authorities for each in read_certificates(der)]

    def fetch(self) -> Iterable[FetchedList]:
        """Read every source now; a source that fails yields its error."""
        for source in self._sources:
            if source.startswith(("http://", "https://")):
                yield self._checked(source, partial(_download, source))
            else:
                for path in files([Path(source)]):
                    yield self._checked(str(path), path.read_bytes)

    def _checked(self, source: str, read: Callable[[], bytes]) -> FetchedList:
        try:
            data = read()
            found: list[Answer] | list[RevocationList] = (
                read_answers(data, helpers=self._authorities) if is_answer(data) else [read_list(data)]
            )
        except (OSError, ValueError, TypeError, KeyError) as error:
            return FetchedList(source, error=f"{type(error).__name__}: {error}"[:200])
        if not all(any(each.signed_by(authority) for authority in self._authorities) for each in found):
            return FetchedList(source, error="no authority that we trust signed it")
        body = data if isinstance(found[0], Answer) else found[0].der
        ends = [each.next_update for each in found if each.next_update]
        return FetchedList(source, body, min(ends, default=None))


def _download(address: str) -> bytes:
    """The bytes behind an address that the operator configured. Raises OSError (all of requests' errors are)."""
    body = b""
    with requests.get(address, timeout=SECONDS, stream=True, allow_redirects=False) as answer:
        if answer.status_code != requests.codes.ok:
            raise OSError(f"HTTP {answer.status_code}")
        for part in answer.iter_content(_CHUNK):
            body += part
            if len(body) > MOST_BYTES:
                raise OSError(f"more than {MOST_BYTES >> 20} MiB")
    return body
