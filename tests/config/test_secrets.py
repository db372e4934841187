"""Secret keys: rotation, what a ciphertext is bound to, and the key that is generated."""

import stat
from pathlib import Path

import pytest

from config.secrets import Keyring, SecretError, load_keyring

OLD, NEW = "an old secret of enough length", "a new secret of enough length"
RECORD = "pixel:px_1:token"


def keyring(*secrets: str) -> Keyring:
    return load_keyring(",".join(secrets), Path("unused"))


def test_what_was_encrypted_opens_again() -> None:
    assert keyring(NEW).decrypt(keyring(NEW).encrypt("token ä", RECORD), RECORD) == "token ä"


def test_the_same_text_is_never_encrypted_the_same_way_twice() -> None:
    assert keyring(NEW).encrypt("token", RECORD) != keyring(NEW).encrypt("token", RECORD)


def test_after_a_rotation_the_old_key_still_opens_and_the_new_one_writes() -> None:
    stored = keyring(OLD).encrypt("token", RECORD)
    rotated = keyring(NEW, OLD)
    assert rotated.decrypt(stored, RECORD) == "token"
    assert keyring(NEW).decrypt(rotated.encrypt("token", RECORD), RECORD) == "token"


def test_a_key_that_was_taken_off_the_list_opens_nothing_and_the_error_says_what_to_do() -> None:
    stored = keyring(OLD).encrypt("token", RECORD)
    with pytest.raises(SecretError, match="put the old SECRET_KEY back"):
        keyring(NEW).decrypt(stored, RECORD)


def test_a_ciphertext_moved_to_another_record_does_not_open() -> None:
    with pytest.raises(SecretError):
        keyring(NEW).decrypt(keyring(NEW).encrypt("token", RECORD), "pixel:px_2:token")


@pytest.mark.parametrize("position", [0, 4, 16, -1], ids=["key id", "nonce", "text", "tag"])
def test_a_changed_ciphertext_does_not_open(position: int) -> None:
    stored = bytearray(keyring(NEW).encrypt("token", RECORD))
    stored[position] ^= 1
    with pytest.raises(SecretError):
        keyring(NEW).decrypt(bytes(stored), RECORD)


def test_a_ciphertext_cut_short_does_not_open() -> None:
    stored = keyring(NEW).encrypt("token", RECORD)
    for length in range(len(stored)):
        with pytest.raises(SecretError):
            keyring(NEW).decrypt(stored[:length], RECORD)


@pytest.mark.parametrize("stored", [b"", b"abc", bytes(16)])
def test_what_is_no_ciphertext_does_not_open(stored: bytes) -> None:
    with pytest.raises(SecretError):
        keyring(NEW).decrypt(stored, RECORD)


def test_an_error_never_shows_the_record_in_full() -> None:
    with pytest.raises(SecretError) as raised:
        keyring(NEW).decrypt(b"", "pixel:px_secretish:token")
    assert "px_secretish" not in str(raised.value)


def test_each_purpose_has_a_key_of_its_own_newest_first() -> None:
    rotated = keyring(NEW, OLD)
    assert rotated.derive("address") != rotated.derive("cookie")
    assert rotated.derive("address") == keyring(NEW).derive("address") + keyring(OLD).derive("address")


@pytest.mark.parametrize("text", ["short", f"{NEW},short", " , "])
def test_a_secret_that_is_too_short_is_refused(text: str) -> None:
    with pytest.raises(SecretError, match="SECRET_KEY"):
        load_keyring(text, Path("unused"))


def test_the_generated_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    data_dir = tmp_path / "var"
    assert load_keyring("", data_dir) == load_keyring("", data_dir)
    assert stat.S_IMODE((data_dir / "secret_key").stat().st_mode) == 0o600
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    assert [path.name for path in data_dir.iterdir()] == ["secret_key"]
