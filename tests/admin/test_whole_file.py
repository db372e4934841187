"""A file takes its name when all of it is written."""

import os
from pathlib import Path

import pytest

from admin.whole_file import whole_file


def half_written(path: Path) -> None:
    def fail() -> None:
        with whole_file(path) as part:
            part.write_text("ne")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()


def test_what_was_there_stays_when_the_new_one_fails(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_text("old")
    half_written(path)
    assert {one.name: one.read_text() for one in tmp_path.iterdir()} == {"events.ndjson": "old"}


def test_a_new_one_that_fails_is_not_there(tmp_path: Path) -> None:
    half_written(tmp_path / "events.ndjson")
    assert list(tmp_path.iterdir()) == []


def test_the_new_one_has_the_mode_of_the_old(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.touch(0o600)
    with whole_file(path) as part:
        part.write_text("new")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", 0o600)


def test_what_a_link_leads_to_is_replaced_and_not_the_link(tmp_path: Path) -> None:
    link = tmp_path / "latest"
    link.symlink_to(tmp_path / "events.ndjson")
    with whole_file(link) as part:
        part.write_text("new")
    assert (link.is_symlink(), (tmp_path / "events.ndjson").read_text()) == (True, "new")


def test_a_pipe_is_written_itself(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with whole_file(pipe) as part:
        assert part == pipe
