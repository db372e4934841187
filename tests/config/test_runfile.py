"""The runfile: what a running `up` tells the commands beside it."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from config.runfile import published_settings, read_runfile, remove_runfile, runfile_path, write_runfile
from tests.zombies import dead_but_not_reaped


def test_what_was_written_is_read(tmp_path: Path) -> None:
    content = {"pid": os.getpid(), "settings": {"REDIS_URL": "unix:///valkey.sock"}, "processes": {}}
    write_runfile(tmp_path, content)
    assert read_runfile(tmp_path) == content
    assert published_settings(tmp_path) == {"REDIS_URL": "unix:///valkey.sock"}


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    write_runfile(tmp_path, {"pid": os.getpid()})
    assert stat.S_IMODE(runfile_path(tmp_path).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_a_file_whose_writer_is_gone_does_not_count(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    write_runfile(tmp_path, {"pid": gone.pid, "settings": {"REDIS_URL": "unix:///old.sock"}})
    assert read_runfile(tmp_path) is None
    assert published_settings(tmp_path) == {}


def test_a_file_whose_writer_is_dead_but_not_reaped_does_not_count(tmp_path: Path) -> None:
    with dead_but_not_reaped() as number:
        write_runfile(tmp_path, {"pid": number, "settings": {"REDIS_URL": "unix:///old.sock"}})
        assert read_runfile(tmp_path) is None
        assert published_settings(tmp_path) == {}


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"pid": "x"}', '{"pid": null}', '"text"'])
def test_a_file_that_cannot_be_understood_does_not_count(tmp_path: Path, text: str) -> None:
    runfile_path(tmp_path).write_text(text)
    assert read_runfile(tmp_path) is None


def test_removing_it_twice_is_no_error(tmp_path: Path) -> None:
    write_runfile(tmp_path, {"pid": os.getpid()})
    remove_runfile(tmp_path)
    remove_runfile(tmp_path)
    assert read_runfile(tmp_path) is None
