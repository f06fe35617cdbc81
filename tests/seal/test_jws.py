"""Records: canonical, signed by a record key of ours, and opened only if nothing was touched."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey
from joserfc.jws import deserialize_compact, serialize_compact

from amparo_notify.seal.jws import JwsSealer, canonical
from amparo_notify.seal.keys import Keyring, Kind

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(alphabet=st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "ñ", "ß", "z1"]), inner)
    ),
    max_leaves=12,
)


@pytest.fixture
def sealer(keyring: Keyring) -> JwsSealer:
    return JwsSealer(keyring)


def test_a_sealed_record_opens_to_what_was_sealed(sealer: JwsSealer) -> None:
    _, jws = sealer.seal({"event": "attempted", "seq": 7, "previous": None})
    assert sealer.open(jws) == {"event": "attempted", "seq": 7, "previous": None}


def test_the_canonical_bytes_are_the_payload_of_the_jws(sealer: JwsSealer) -> None:
    content, jws = sealer.seal({"b": 1, "a": "ñ"})
    assert content == '{"a":"ñ","b":1}'.encode() == _decode(jws.split(".")[1])


def test_text_is_brought_to_nfc_before_it_is_signed() -> None:
    assert canonical({"n": "Nun\u0303ez"}) == canonical({"n": "Núñez".replace("ú", "u")})


@given(st.dictionaries(st.text(alphabet="abc", max_size=3), values, max_size=4))
def test_canonical_form_survives_a_round_trip(payload: dict[str, object]) -> None:
    content = canonical(payload)
    assert canonical(json.loads(content)) == content


@given(values)
def test_canonical_form_is_that_of_rfc_8785(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(nfc(value))


def nfc(value: Any) -> Any:
    if isinstance(value, str):
        return normalize("NFC", value)
    if isinstance(value, list):
        return [nfc(each) for each in value]
    return {nfc(key): nfc(each) for key, each in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize("name", ["\x00", "\x1f", "\b\t\n\f\r", '"\\/', "\x7f", "\U0001f600", "\ufb33"])
def test_names_and_texts_with_odd_letters_are_written_as_rfc_8785_says(name: str) -> None:
    payload = {name: name, "a": 1, "A": 2, "\u20ac": 3, "": None}
    assert canonical(payload) == rfc8785.dumps(nfc(payload))


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        2**53,
        b"bytes",
        NOW,
        {1: "a"},
        {"é": 1, "e\u0301": 2},
        {"a": [1, {"b": 0.5}]},
        "\ud800",
    ],
    ids=repr,
)
def test_what_has_no_single_form_is_refused(value: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the port promises ValueError
        canonical({"value": value})


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_changed_byte_anywhere_is_refused(sealer: JwsSealer, part: int) -> None:
    parts = sealer.seal({"seq": 1})[1].split(".")
    parts[part] = _encode(bytes([_decode(parts[part])[0] ^ 1]) + _decode(parts[part])[1:])
    with pytest.raises(ValueError):  # noqa: PT011
        sealer.open(".".join(parts))


@pytest.mark.parametrize("jws", ["", "a.b", "a.b.c", "á.é.í", "....", "e30.e30.e30"])
def test_what_is_no_jws_is_refused(sealer: JwsSealer, jws: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        sealer.open(jws)


def test_a_strangers_key_is_refused_even_under_our_key_id(sealer: JwsSealer) -> None:
    forged = _sign({"alg": "ES256", "kid": sealer.key_id}, b'{"seq":1}', ECKey.generate_key("P-256"))
    with pytest.raises(ValueError, match="not signed by"):
        sealer.open(forged)


def test_no_algorithm_and_no_key_id_are_refused(sealer: JwsSealer) -> None:
    for header in ({"alg": "none", "kid": sealer.key_id}, {"alg": "ES256"}):
        forged = ".".join(map(_encode, (json.dumps(header).encode(), b'{"seq":1}', b"")))
        with pytest.raises(ValueError, match="not signed by"):
            sealer.open(forged)


@pytest.mark.parametrize("content", [b'{"b":1,"a":2}', b'{"a": 1}', b'{"a":1,"a":2}', b"[1]", b'{"a":1.5}'])
def test_a_payload_out_of_canonical_form_is_refused_though_signed(
    sealer: JwsSealer, keyring: Keyring, content: bytes
) -> None:
    signed = _sign({"alg": "ES256", "kid": sealer.key_id}, content, keyring.signing(Kind.RECORD))
    with pytest.raises(ValueError, match="canonical"):
        sealer.open(signed)


def test_a_statement_about_a_key_is_no_record(sealer: JwsSealer, keyring: Keyring) -> None:
    with pytest.raises(ValueError, match="not a record"):
        sealer.open(keyring.history[0])


def test_the_published_keys_alone_verify_a_record(sealer: JwsSealer) -> None:
    _, jws = sealer.seal({"seq": 1})
    published = {
        key["kid"]: ECKey.import_key(key) for key in json.loads(json.dumps(sealer.public_keys()))["keys"]
    }
    opened = deserialize_compact(
        jws, lambda signature: published[signature.headers()["kid"]], algorithms=["ES256"]
    )
    assert opened.payload == b'{"seq":1}'


def test_records_of_a_rotated_key_still_open(tmp_path: Path) -> None:
    keyring = Keyring.load(tmp_path / "keys", NOW)
    _, old = JwsSealer(keyring).seal({"seq": 1})
    rotated = JwsSealer(keyring.rotate(Kind.RECORD, NOW + timedelta(days=30)))
    assert rotated.open(old) == {"seq": 1}


def test_a_running_process_opens_a_new_keys_records_after_reloading(tmp_path: Path) -> None:
    keyring = Keyring.load(tmp_path / "keys", NOW)
    running, later = JwsSealer(keyring), JwsSealer(keyring.rotate(Kind.RECORD, NOW))
    running.reload(NOW)
    assert running.open(later.seal({"seq": 2})[1]) == {"seq": 2}


def test_a_record_tells_the_window_of_its_key(tmp_path: Path) -> None:
    keyring = Keyring.load(tmp_path / "keys", NOW)
    _, jws = JwsSealer(keyring).seal({"seq": 1})
    _, key = JwsSealer(keyring.rotate(Kind.RECORD, NOW + timedelta(days=30))).open_dated(jws)
    assert [key.covers(NOW + timedelta(days=days)) for days in (-1, 0, 30, 32)] == [False, True, True, False]


def _sign(header: dict[str, str], content: bytes, key: ECKey) -> str:
    return serialize_compact(header, content, key, algorithms=["ES256"])


def _decode(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encode(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
