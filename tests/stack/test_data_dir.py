"""DATA_DIR: whose it is, and that one `up` at a time uses it."""

import os
import stat
from pathlib import Path

import pytest

from admin.refusal import Refused
from stack.data_dir import locked, open_data_dir


def test_a_missing_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = open_data_dir(tmp_path / "a" / "var")
    assert path.is_absolute()
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert not list(path.iterdir())


def test_an_empty_directory_is_closed_to_others(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir(mode=0o755)
    assert stat.S_IMODE(open_data_dir(tmp_path / "var").stat().st_mode) == 0o700


def test_a_directory_used_before_is_used_again(tmp_path: Path) -> None:
    with locked(open_data_dir(tmp_path / "var")):
        pass
    (tmp_path / "var" / "something").touch()
    open_data_dir(tmp_path / "var")


def test_a_directory_with_somebody_s_things_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(Refused, match=r"DATA_DIR: .* holds other things"):
        open_data_dir(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_the_system_s_temporary_directory_is_never_taken(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    with pytest.raises(Refused, match="choose a directory of its own"):
        open_data_dir(tmp_path)


@pytest.mark.parametrize("below", ["", "var"], ids=["a file", "below a file"])
def test_a_file_in_its_place_is_a_sentence_that_names_the_setting(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="DATA_DIR: "):
        open_data_dir(tmp_path / "file" / below)


def test_a_second_up_is_refused_and_told_who_is_there(tmp_path: Path) -> None:
    with (
        locked(tmp_path),
        pytest.raises(Refused, match=rf"runs already in .* \(process {os.getpid()}\)"),
        locked(tmp_path),
    ):
        pass
    with locked(tmp_path):
        pass
