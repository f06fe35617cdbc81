"""Mutations of good documents: none passes unless what was signed is intact, none raises, none hangs.

The default run tries about 1,000 mutants; `--long` tries 60,000 in process, and some through the limited child.
"""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amparo_notify.demo.signing import Stamp as StampBy
from amparo_notify.demo.signing import sign_cms, sign_pdf, stamp_pdf
from amparo_notify.pki.verify import examine
from tests.authority import NOW, judge, order, time_stamper
from tests.pki.cases import LATER, enveloped, materials, signed, stamped, usual
from tests.pki.craft import CATALOG, FORGED, PAGE, gap, stream, to_ber, update
from tests.pki.people import secretary

SEEDS = {
    "pdf": signed,
    "stamped": lambda: sign_pdf(order(), judge(), stamped()),
    "twice": lambda: sign_pdf(signed(), secretary(), field="Firma2"),
    "archived": lambda: stamp_pdf(signed(), StampBy(time_stamper(), NOW)),
    "p7m": enveloped,
    "ber": lambda: to_ber(enveloped()),
    "p7s": lambda: sign_cms(order(), judge(), detached=True),
}
_MADE = {}
TOKENS = [
    b"/Contents",
    b"/ByteRange",
    b"endobj",
    b"startxref\n",
    b"%%EOF\n",
    b"<<",
    b">>",
    b"0 R",
    b"\0",
    b"stream\n",
]


def _seed(name: str) -> bytes:
    if name not in _MADE:
        _MADE[name] = SEEDS[name]()
    return _MADE[name]


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["flip", "set", "cut", "insert", "copy", "token", "end"]),
        st.floats(0, 1, exclude_max=True),
        st.floats(0, 1, exclude_max=True),
        st.integers(0, 255),
    ),
    min_size=1,
    max_size=4,
)


def mutate(data: bytes, edits) -> bytes:
    """Apply edits; places are fractions of the length, so that shrinking keeps them sensible."""
    raw = bytearray(data)
    for kind, first, second, value in edits:
        place = int(first * len(raw))
        if kind == "flip":
            raw[place] ^= 1 << (value % 8)
        elif kind == "set":
            raw[place] = value
        elif kind == "cut":
            del raw[place : place + 1 + value]
        elif kind == "insert":
            raw[place:place] = bytes((value,)) * (1 + int(second * 9))
        elif kind == "copy":
            origin = int(second * len(raw))
            raw[place : place + value] = raw[origin : origin + value]
        elif kind == "token":
            raw[place:place] = TOKENS[value % len(TOKENS)]
        else:
            raw += raw[-(value + 1) :]
        if not raw:
            raw = bytearray(b"\0")
    return bytes(raw)


def _covered(pdf: bytes) -> bytes:
    """Everything outside the last signature's hex string, which covers all the rest."""
    start, end = gap(pdf)
    return pdf[:start] + pdf[end:]


def check(name: str, mutant: bytes) -> None:
    """The property itself."""
    started = time.process_time()
    document, signature = (order(), mutant) if name == "p7s" else (mutant, None)
    examination = examine(document, signature, LATER, materials(usual, "required"))
    assert time.process_time() - started < 20
    if not examination.verdict.passed:
        return
    if name in {"p7m", "ber", "p7s"}:
        assert examination.document == order()
    else:
        assert _covered(mutant) == _covered(_seed(name))


def _run(name: str, edits) -> None:
    check(name, mutate(_seed(name), edits))


QUICK = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
LONG = settings(max_examples=9000, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("name", SEEDS)
@QUICK
@given(edits=EDITS)
def test_no_mutant_passes_unless_what_was_signed_is_intact(name: str, edits) -> None:
    _run(name, edits)


@pytest.mark.long
@pytest.mark.parametrize("name", SEEDS)
@LONG
@given(edits=EDITS)
def test_no_mutant_of_very_many_passes(name: str, edits) -> None:
    _run(name, edits)


@QUICK
@given(st.binary(max_size=400))
def test_noise_never_passes_and_never_raises(noise: bytes) -> None:
    for document in (noise, b"%PDF-1.7\n" + noise, b"\x30" + noise):
        assert examine(document, None, LATER, materials(usual, "required")).verdict.failed


BODIES = st.sampled_from(
    [
        stream(FORGED),
        stream(b"x", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]"),
        PAGE % (20, b"/Annots [12 0 R 21 0 R]"),
        b"<< /Type /Pages /Count 2 /Kids [5 0 R 20 0 R] >>",
        b"<< /Type /Annot /Subtype /FreeText /Rect [0 0 612 792] /Contents (FALSO) >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>",
        b"<< /FT /Tx /T (a) /V (b) /Type /Annot /Subtype /Widget /Rect [0 0 9 9] >>",
        b"<< /FT /Sig /T (Otra) /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /P 5 0 R >>",
        b"<< /FT /Sig /T (Firma1) /V 13 0 R /Type /Annot /Subtype /Widget /Rect [0 0 612 792] /P 5 0 R >>",
        b"<< /Fields [12 0 R 20 0 R] /SigFlags 3 /NeedAppearances true >>",
        CATALOG % b"/Version /1.7 /PageMode /UseNone /AcroForm 11 0 R /PageLayout /TwoColumnLeft",
        CATALOG % b"/Version /2.0 /PageMode /UseNone /AcroForm 11 0 R /DSS << /Certs [20 0 R] >>",
        CATALOG % b"/Version /1.7 /PageMode /UseNone /AcroForm 11 0 R /OCProperties << /OCGs [] /D << >> >>",
        b"<< /Title (Otro) >>",
        b"null",
        b"[ 5 0 R ]",
        b"(texto)",
        b"7",
    ]
)


@QUICK
@given(
    st.dictionaries(st.integers(1, 22), BODIES, min_size=1, max_size=4),
    st.sampled_from([6, 6, 6, 20]),
    st.booleans(),
)
def test_no_update_of_a_signed_order_passes(objects: dict[int, bytes], root: int, sealed: bool) -> None:
    """Whatever an update brings, the first signature refuses it, even where a second good signature covers it all."""
    changed = update(signed(), objects, root=root if root == 6 or 20 in objects else 6)
    if sealed:
        try:
            changed = sign_pdf(changed, secretary(), field="Firma2")
        except Exception:  # noqa: BLE001 - a file too broken to sign is no case
            return
    verdict = examine(changed, None, LATER, materials(usual, "required")).verdict
    assert not verdict.passed, verdict.report
