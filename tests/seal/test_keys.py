"""Key files: private, separate, with a history that a stranger can check."""

import json
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from amparo_notify.core.errors import Unfit
from amparo_notify.seal.keys import HISTORY, OVERLAP, Keyring, Kind, read_history, read_private, write_private

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    Keyring.load(tmp_path / "keys", NOW)
    return tmp_path / "keys"


def test_the_first_start_makes_one_key_of_every_kind(directory: Path) -> None:
    keyring = Keyring.load(directory, NOW, create=False)
    assert {each.kind for each in keyring.generations} == set(Kind)


def test_a_second_start_keeps_the_keys(directory: Path) -> None:
    first, second = (Keyring.load(directory, NOW + timedelta(days=days)) for days in (0, 1))
    assert first.history == second.history


def test_nobody_else_can_read_a_key(directory: Path) -> None:
    modes = {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
    assert (modes, stat.S_IMODE(directory.stat().st_mode)) == ({0o600}, 0o700)


def test_no_two_kinds_share_a_key(directory: Path) -> None:
    contents = [path.read_bytes() for path in directory.iterdir()]
    assert len(set(contents)) == len(contents) == len(Kind) + 1


def test_the_history_holds_no_private_key(directory: Path) -> None:
    keyring = Keyring.load(directory, NOW)
    assert not any("d" in (each.public or {}) for each in keyring.generations)
    assert all((each.public is None) is each.kind.symmetric for each in keyring.generations)


def test_every_exposed_file_is_named_with_its_remedy(directory: Path) -> None:
    exposed = sorted(directory.iterdir())[:2]
    for path in exposed:
        path.chmod(0o640)
    with pytest.raises(Unfit) as refusal:
        Keyring.load(directory, NOW)
    assert [fault.remedy for fault in refusal.value.faults] == [
        f"Ejecute: chmod 600 {path}" for path in exposed
    ]


def test_without_leave_to_create_an_empty_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unfit, match="no hay llaves"):
        Keyring.load(tmp_path / "none", NOW, create=False)


def test_a_missing_key_is_named(directory: Path) -> None:
    file = Keyring.load(directory, NOW).current(Kind.DATA).file
    (directory / file).unlink()
    with pytest.raises(Unfit, match=file):
        Keyring.load(directory, NOW)


def test_a_key_put_in_anothers_place_is_refused(directory: Path, tmp_path: Path) -> None:
    keyring, other = Keyring.load(directory, NOW), Keyring.load(tmp_path / "other", NOW)
    (directory / keyring.current(Kind.RECORD).file).write_bytes(
        (other.directory / other.current(Kind.RECORD).file).read_bytes()
    )
    with pytest.raises(Unfit, match="no es la llave"):
        keyring.signing(Kind.RECORD)


def test_a_file_that_is_no_key_is_refused(directory: Path) -> None:
    keyring = Keyring.load(directory, NOW)
    (directory / keyring.current(Kind.PDF).file).write_text("no")
    with pytest.raises(Unfit, match="no es la llave"):
        keyring.signing(Kind.PDF)


def test_keys_made_by_many_processes_at_once_are_the_same_keys(tmp_path: Path) -> None:
    made: list[Keyring] = []
    threads = [
        threading.Thread(target=lambda: made.append(Keyring.load(tmp_path / "k", NOW))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({keyring.history for keyring in made}) == 1
    assert len(made) == 8
    assert len(list((tmp_path / "k").iterdir())) == len(Kind) + 1


def test_rotation_ends_the_old_key_a_day_after_the_new_begins(directory: Path) -> None:
    later = NOW + timedelta(days=90)
    old, new = Keyring.load(directory, NOW).rotate(Kind.RECORD, later).of(Kind.RECORD)
    assert (old.not_after, new.not_before, new.not_after) == (later + OVERLAP, later, None)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.LINK])
def test_a_rotated_keyring_loads_again(directory: Path, kind: Kind) -> None:
    rotated = Keyring.load(directory, NOW).rotate(Kind.RECORD, NOW).rotate(kind, NOW + timedelta(days=1))
    assert Keyring.load(directory, NOW, create=False).generations == rotated.generations


def test_the_key_of_links_stays_for_they_are_rebuilt_from_it(directory: Path) -> None:
    with pytest.raises(Unfit, match="enlaces"):
        Keyring.load(directory, NOW).rotate(Kind.LINK, NOW)


def test_a_history_altered_anywhere_is_refused(directory: Path) -> None:
    history = Keyring.load(directory, NOW).rotate(Kind.RECORD, NOW).history
    for number in range(len(history)):
        shortened = history[:number] + history[number + 1 :]
        swapped = (*history[:number], history[number][:-4] + "AAAA", *history[number + 1 :])
        for altered in (shortened, swapped) if number < len(history) - 1 else (swapped,):
            with pytest.raises((ValueError, KeyError)):
                read_history(altered)


def test_a_history_of_another_service_is_refused(directory: Path, tmp_path: Path) -> None:
    ours, theirs = Keyring.load(directory, NOW).history, Keyring.load(tmp_path / "other", NOW).history
    (directory / HISTORY).write_text(json.dumps({"history": [ours[0], *theirs[1:]]}))
    with pytest.raises(Unfit, match="no se puede comprobar"):
        Keyring.load(directory, NOW)


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"history": []}', '{"history": ["a.b.c"]}', '{"history": 1}']
)
def test_a_damaged_history_is_one_sentence_and_not_a_trace(directory: Path, content: str) -> None:
    (directory / HISTORY).write_text(content)
    with pytest.raises(Unfit, match="no se puede comprobar"):
        Keyring.load(directory, NOW)


def test_an_old_record_keys_private_half_may_be_destroyed(directory: Path) -> None:
    keyring = Keyring.load(directory, NOW)
    keyring.rotate(Kind.RECORD, NOW)
    (directory / keyring.current(Kind.RECORD).file).unlink()
    assert len(Keyring.load(directory, NOW).public_keys()["keys"]) == 2  # type: ignore[arg-type]


def test_a_private_file_is_never_written_over(tmp_path: Path) -> None:
    write_private(tmp_path / "secret", b"first")
    with pytest.raises(FileExistsError):
        write_private(tmp_path / "secret", b"second")
    assert read_private(tmp_path / "secret") == b"first"


def test_secrets_are_not_in_any_repr(directory: Path) -> None:
    keyring = Keyring.load(directory, NOW)
    secret = keyring.secret(keyring.current(Kind.DATA))
    assert repr(secret)[2:-1] not in repr(keyring)
    assert secret.hex() not in repr(keyring)
