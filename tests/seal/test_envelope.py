"""What is kept opens in its own place, with its own key, untouched; and in no other way."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo_notify.seal.envelope import DataKey, LinkKey, Tampered, Vault, hash_token
from amparo_notify.seal.keys import Keyring, Kind

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
VAULT = Vault({"one": os.urandom(32)}, "one")
WRAPPED = VAULT.new_data_key("order:1")
KEY = VAULT.open_data_key("order:1", WRAPPED)


@given(st.binary(max_size=2000), st.text(alphabet=st.characters(codec="utf-8")))
def test_what_was_encrypted_opens_in_its_place(plaintext: bytes, place: str) -> None:
    assert KEY.decrypt(KEY.encrypt(plaintext, place), place) == plaintext


def test_the_same_text_twice_gives_two_ciphertexts() -> None:
    assert KEY.encrypt(b"same", "person:1") != KEY.encrypt(b"same", "person:1")


def test_a_ciphertext_moved_to_another_row_does_not_open() -> None:
    with pytest.raises(Tampered, match="person:12:4"):
        KEY.decrypt(KEY.encrypt(b"Ana", "person:12:3"), "person:12:4")


@given(st.integers(0), st.integers(1, 255))
def test_a_changed_byte_does_not_open(position: int, change: int) -> None:
    ciphertext = bytearray(KEY.encrypt(b"Ana Prueba", "person:1"))
    ciphertext[position % len(ciphertext)] ^= change
    with pytest.raises(Tampered):
        KEY.decrypt(bytes(ciphertext), "person:1")


@given(st.binary(max_size=60))
def test_what_is_no_ciphertext_does_not_open(junk: bytes) -> None:
    with pytest.raises(Tampered):
        KEY.decrypt(junk, "person:1")
    with pytest.raises(Tampered):
        VAULT.open_data_key("order:1", junk)


def test_another_orders_data_key_does_not_open_under_this_scope() -> None:
    with pytest.raises(Tampered, match="order:2"):
        VAULT.open_data_key("order:2", WRAPPED)


@given(st.integers(0, len(WRAPPED) - 1), st.integers(1, 255))
def test_a_changed_wrapped_key_does_not_open(position: int, change: int) -> None:
    changed = bytearray(WRAPPED)
    changed[position] ^= change
    with pytest.raises(Tampered):
        VAULT.open_data_key("order:1", bytes(changed))


def test_another_master_key_does_not_open() -> None:
    with pytest.raises(Tampered):
        Vault({"one": os.urandom(32)}, "one").open_data_key("order:1", WRAPPED)


def test_after_rotation_old_data_opens_and_is_wrapped_anew(tmp_path: Path) -> None:
    keyring = Keyring.load(tmp_path / "keys", NOW)
    wrapped = Vault.of(keyring).new_data_key("order:1")
    kept = Vault.of(keyring).open_data_key("order:1", wrapped).encrypt(b"Ana", "person:1")
    vault = Vault.of(keyring.rotate(Kind.DATA, NOW))
    rewrapped = vault.rewrap("order:1", wrapped)
    assert (vault.is_current(wrapped), vault.is_current(rewrapped)) == (False, True)
    for each in (wrapped, rewrapped):
        assert vault.open_data_key("order:1", each).decrypt(kept, "person:1") == b"Ana"


def test_a_token_is_rebuilt_the_same_and_fits_a_url() -> None:
    key = LinkKey(os.urandom(32))
    assert key.token("notice", 7) == key.token("notice", "7")
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", key.token("notice", 7))


@pytest.mark.parametrize(
    "other",
    [("notice", 8), ("tracking", 7), ("notice7", ""), ("", "notice7")],
    ids=lambda pair: f"{pair[0]}/{pair[1]}",
)
def test_no_two_links_share_a_token(other: tuple[str, int | str]) -> None:
    key = LinkKey(os.urandom(32))
    assert key.token("notice", 7) != key.token(*other)


def test_tokens_of_another_service_differ() -> None:
    assert LinkKey(b"a" * 32).token("notice", 7) != LinkKey(b"b" * 32).token("notice", 7)


def test_a_blind_index_is_no_token() -> None:
    key = LinkKey(b"a" * 32)
    assert not key.blind_index("notice", "7").startswith(key.token("notice", "7"))


def test_what_is_kept_of_a_token_is_its_sha256() -> None:
    assert hash_token("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_keys_show_nothing_of_themselves() -> None:
    secret = os.urandom(32)
    assert "_key" not in repr(LinkKey(secret)) + repr(DataKey(KEY._key))
