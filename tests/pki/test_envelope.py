"""A content taken out of its envelope by hand is the one that the parser finds, with the same signatures around it."""

from asn1crypto import cms
from hypothesis import given
from hypothesis import strategies as st

from amparo_notify.pki.der import content_apart
from tests.authority import order
from tests.pki.cases import enveloped
from tests.pki.corpus import CORPUS
from tests.pki.craft import around


def _parsed(binary: bytes) -> tuple[object, ...]:
    """Everything but the content, as it came."""
    data = cms.ContentInfo.load(binary, strict=True)["content"]
    names = ("version", "digest_algorithms", "certificates", "crls", "signer_infos")
    return (*(data[name].dump() for name in names), data["encap_content_info"]["content_type"].dump())


def _content(binary: bytes) -> object:
    return cms.ContentInfo.load(binary, strict=True)["content"]["encap_content_info"]["content"].native


def test_every_plain_envelope_of_the_corpus_comes_apart_as_the_parser_reads_it() -> None:
    readable = [case for case in CORPUS if case.name != "content_in_pieces_of_known_length"]
    uploads = [case.upload()[0] for case in readable if case.upload()[0][:1] == b"0"]
    apart = [(upload, found) for upload in uploads if (found := content_apart(upload))]
    assert len(apart) > 10
    for upload, (left, content) in apart:
        assert (_parsed(left), content) == (_parsed(upload), _content(upload))


def test_a_content_in_pieces_of_known_length_which_the_parser_refuses_is_put_together() -> None:
    info = cms.ContentInfo.load(enveloped())["content"]["signer_infos"][0].dump()
    found = content_apart(around(info, pieces=700))
    assert found
    assert found[1] == order()


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 255)), min_size=1, max_size=3))
def test_a_bent_envelope_comes_apart_as_the_parser_reads_it_or_not_at_all(
    bent: list[tuple[int, int]],
) -> None:
    upload = bytearray(enveloped())
    for place, value in bent:
        upload[place] = value
    if not (found := content_apart(bytes(upload))):
        return
    try:
        expected = _parsed(bytes(upload)), _content(bytes(upload))
    except (ValueError, TypeError, KeyError):
        return
    assert (_parsed(found[0]), found[1]) == expected
