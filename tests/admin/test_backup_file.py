"""The file of a backup: what is written comes back, damage is found and named, and half a file never stands."""

import io
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from admin import backup_file
from admin.backup_file import CHUNK_BYTES, BackupError, BackupReader, BackupWriter, new_file

Sections = list[tuple[str, list[bytes]]]


def written(sections: Sections) -> bytes:
    file = io.BytesIO()
    writer = BackupWriter(file, {"made_at": "monday"})
    for name, parts in sections:
        with writer.section(name, columns=["a"]):
            for part in parts:
                writer.write(part)
    writer.finish()
    assert writer.written == len(file.getvalue())
    return file.getvalue()


def read(content: bytes) -> list[tuple[str, bytes]]:
    reader = BackupReader(io.BytesIO(content))
    return [(section.name, b"".join(section.chunks)) for section in reader.sections()]


@given(st.lists(st.tuples(st.text(), st.lists(st.binary()))))
@settings(max_examples=50)
def test_what_was_written_is_read(sections: Sections) -> None:
    assert read(written(sections)) == [(name, b"".join(parts)) for name, parts in sections]


def test_a_long_section_comes_in_chunks() -> None:
    content = os.urandom(3 * CHUNK_BYTES + 7)
    reader = BackupReader(io.BytesIO(written([("long", [content[:5], content[5:]])])))
    (chunks,) = [list(section.chunks) for section in reader.sections()]
    assert [len(chunk) for chunk in chunks] == [CHUNK_BYTES] * 3 + [7]
    assert b"".join(chunks) == content


def test_a_section_that_nobody_reads_is_passed_over_and_still_checked() -> None:
    content = bytearray(written([("one", [b"1" * 1000]), ("two", [b"2"])]))
    assert [section.name for section in BackupReader(io.BytesIO(content)).sections()] == ["one", "two"]
    content[content.index(b'"one"') + 40] ^= 1
    with pytest.raises(BackupError, match="the section one"):
        list(BackupReader(io.BytesIO(content)).sections())


WHOLE = written([("spool/1.spool", [b"clicks" * 99]), ("ledger/events", [os.urandom(500)]), ("ledger/none", [])])


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
@settings(max_examples=300)
def test_no_changed_byte_passes(place: int, change: int) -> None:
    content = bytearray(WHOLE)
    content[place] ^= change
    with pytest.raises(BackupError):
        read(bytes(content))


@given(st.integers(0, len(WHOLE) - 1))
@settings(max_examples=100)
def test_no_file_that_was_cut_off_passes(length: int) -> None:
    with pytest.raises(BackupError):
        read(WHOLE[:length])


def test_nothing_may_follow_the_end() -> None:
    with pytest.raises(BackupError):
        read(WHOLE + b"x")


def test_a_missing_section_is_found() -> None:
    frames = [WHOLE.index(b'{"name":"ledger/none"') - 9, WHOLE.index(b'{"sections"') - 9]
    with pytest.raises(BackupError):
        read(WHOLE[: frames[0]] + WHOLE[frames[1] :])


def test_damage_is_named_by_its_section() -> None:
    content = bytearray(WHOLE)
    content[content.index(b'"ledger/events"') + 60] ^= 1
    with pytest.raises(BackupError, match="damaged in the section ledger/events"):
        read(bytes(content))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"-- PostgreSQL dump\n", b"\x00" * 100])
def test_another_file_is_no_backup(content: bytes) -> None:
    with pytest.raises(BackupError, match="not a backup"):
        read(content)


def test_a_later_format_is_refused() -> None:
    with pytest.raises(BackupError, match="later format"):
        read(WHOLE.replace(b"signalpost backup 1\n", b"signalpost backup 2\n", 1))


@pytest.fixture(params=["unnamed", "partial"])
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to write a file that has no name yet."""
    if request.param == "partial":
        monkeypatch.setattr(backup_file.os, "O_TMPFILE", os.O_DIRECTORY, raising=False)  # as if it were not known
    return str(request.param)


def test_a_file_has_its_name_only_when_it_is_whole(kept: str, tmp_path: Path) -> None:
    path = tmp_path / "a.backup"
    with new_file(path) as file:
        file.write(b"half")
        assert not path.exists()
        file.write(b" and half")
    assert path.read_bytes() == b"half and half"
    assert os.listdir(tmp_path) == ["a.backup"]


def test_what_fails_leaves_no_file(kept: str, tmp_path: Path) -> None:
    with suppress(KeyboardInterrupt), new_file(tmp_path / "a.backup") as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert os.listdir(tmp_path) == []


def _write_while_another_does(path: Path) -> None:
    with new_file(path) as file:
        file.write(b"mine")
        path.write_bytes(b"another's")


def test_a_file_made_meanwhile_stays(kept: str, tmp_path: Path) -> None:
    path = tmp_path / "a.backup"
    with pytest.raises(FileExistsError):
        _write_while_another_does(path)
    assert path.read_bytes() == b"another's"
    assert os.listdir(tmp_path) == ["a.backup"]


def test_a_kill_leaves_no_half_file(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, signal; from admin.backup_file import new_file\n"
        "with new_file(pathlib.Path('a.backup')) as file:\n"
        "    file.write(b'half' * 1000000); file.flush(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-P", "-c", program], cwd=tmp_path, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not (tmp_path / "a.backup").exists()
