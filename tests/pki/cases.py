"""What a case of the adversarial corpus is, and how one is judged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from amparo_notify.core.verdict import Conclusion, Reason
from amparo_notify.demo.signing import Stamp, Style, sign_cms, sign_pdf
from amparo_notify.pki.anchors import Trust
from amparo_notify.pki.verify import Judgement, Materials, examine
from tests.authority import NOW, authority, judge, order, time_stamper
from tests.pki.people import old_authority

LATER = NOW + timedelta(hours=1)
"""When the documents of the corpus arrive, unless a case says otherwise."""
PASSED, FAILED, INDETERMINATE = Conclusion.PASSED, Conclusion.FAILED, Conclusion.INDETERMINATE
Upload = bytes | tuple[bytes, bytes]


@dataclass(frozen=True)
class Case:
    """One upload, and what must be said of it."""

    name: str
    build: Callable[[], Upload]
    conclusion: Conclusion
    reason: Reason | None
    trust: Callable[[], Trust]
    moment: datetime
    revocation: str
    confirmed_by: frozenset[str] = field(default_factory=frozenset)

    def upload(self) -> tuple[bytes, bytes | None]:
        made = self.build()
        return made if isinstance(made, tuple) else (made, None)

    def examine(self) -> Judgement:
        document, signature = self.upload()
        return examine(document, signature, self.moment, materials(self.trust, self.revocation))


CORPUS: list[Case] = []


def case(
    conclusion: Conclusion,
    reason: Reason | None = None,
    *,
    trust: Callable[[], Trust] | None = None,
    moment: datetime = LATER,
    revocation: str = "required",
    tools: str = "",
) -> Callable[[Callable[[], Upload]], Callable[[], Upload]]:
    """Enter a function that builds an upload into the corpus. `tools`: openssl or pdfsig agree with the verdict."""

    def enter(build: Callable[[], Upload]) -> Callable[[], Upload]:
        name = build.__name__
        by = frozenset(tools.split())
        CORPUS.append(Case(name, build, conclusion, reason, trust or usual, moment, revocation, by))
        return build

    return enter


def trusting(crls: Sequence[bytes], *, middle: bool = True) -> Trust:
    """Trust in the tests' authority, with these revocation lists."""
    known = authority()
    below = (known.intermediate.certificate,) if middle else ()
    return Trust(anchors=(known.root.certificate,), intermediates=below, crls=tuple(crls))


@cache
def usual() -> Trust:
    return trusting(authority().crls(NOW))


@cache
def old() -> Trust:
    known = old_authority()
    return Trust(
        anchors=(known.root.certificate, authority().root.certificate),
        intermediates=(known.intermediate.certificate, authority().intermediate.certificate),
        crls=(*known.crls(NOW), *authority().crls(NOW)),
    )


@cache
def materials(trust: Callable[[], Trust], revocation: str) -> Materials:
    return Materials.prepare(trust(), revocation)


@cache
def signed() -> bytes:
    """An order with the judge's signature inside."""
    return sign_pdf(order(), judge(), Style(signing_time=NOW))


@cache
def enveloped() -> bytes:
    return sign_cms(order(), judge(), style=Style(signing_time=NOW))


def stamped(moment: datetime = NOW, **traits: object) -> Style:
    """A style with a time-stamp by the tests' own authority."""
    return Style(signing_time=NOW, stamp=Stamp(time_stamper(), moment), **traits)  # type: ignore[arg-type]
