"""The spool against crashes, damage and full disks."""

import os
import resource
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clicks.batch import Batch, Row
from redirector.spool import SEGMENT_BYTES, Spool, SpoolFullError, abandoned_segments, read_segment, sync_and_close
from tests.engines import short_directory

MB = 1024 * 1024
ROWS = st.builds(Row, st.binary(), st.integers(0, 2**42), st.binary())
COUNTS = st.dictionaries(st.text(), st.integers(1, 9))
BATCHES = st.builds(Batch, st.text(), st.integers(0, 2**60), st.lists(ROWS), COUNTS)


def batch(number: int, clicks: int = 2, size: int = 100) -> Batch:
    return Batch(
        "writer", number, [Row(b"c:" + bytes([n]), n, bytes([n]) * size) for n in range(clicks)], {"f": clicks}
    )


def read_directory(directory: Path) -> list[Batch | None]:
    found: list[Batch | None] = []
    for _, fd in abandoned_segments(directory):
        found += read_segment(fd)
        os.close(fd)
    return found


def spooled(directory: Path, *batches: Batch) -> Path:
    """One sealed segment with these batches."""
    spool = Spool(directory, MB)
    for one in batches:
        spool.append(one)
    spool.close()
    (path,) = directory.glob("*.spool")
    return path


def test_what_is_appended_is_read_in_order(tmp_path: Path) -> None:
    batches = [batch(number) for number in range(50)]
    spooled(tmp_path, *batches)
    assert read_directory(tmp_path) == batches


@given(st.lists(BATCHES))
@settings(max_examples=25)
def test_any_batch_comes_back_as_it_was(batches: list[Batch]) -> None:
    with short_directory() as directory:
        spool = Spool(directory, MB)
        for one in batches:
            spool.append(one)
        spool.seal()
        assert read_directory(directory) == batches


@pytest.mark.parametrize("cut", [1, 4, 8, 20])
def test_a_torn_tail_costs_the_torn_record_alone(tmp_path: Path, cut: int) -> None:
    path = spooled(tmp_path, batch(0), batch(1))
    os.truncate(path, path.stat().st_size - cut)
    assert read_directory(tmp_path) == [batch(0), None]


def test_half_a_header_is_a_torn_tail(tmp_path: Path) -> None:
    path = spooled(tmp_path, batch(0))
    with path.open("ab") as file:
        file.write(b"\x00\x00\x01")
    assert read_directory(tmp_path) == [batch(0), None]


def test_zeros_at_the_end_are_a_torn_tail(tmp_path: Path) -> None:
    """After a power cut a file may have grown by blocks that never reached the disk."""
    path = spooled(tmp_path, batch(0))
    with path.open("ab") as file:
        file.write(bytes(4096))
    assert read_directory(tmp_path) == [batch(0), None]


def test_a_flipped_bit_costs_its_record_and_none_behind_it(tmp_path: Path) -> None:
    path = spooled(tmp_path, batch(0), batch(1), batch(2))
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 0x10
    path.write_bytes(raw)
    assert read_directory(tmp_path) == [batch(0), None, batch(2)]


@given(st.integers(0, 10_000), st.integers(0, 7))
@settings(max_examples=60)
def test_wherever_a_bit_flips_nothing_wrong_is_read(position: int, bit: int) -> None:
    written = [batch(0), batch(1), batch(2)]
    with short_directory() as directory:
        path = spooled(directory, *written)
        raw = bytearray(path.read_bytes())
        raw[position % len(raw)] ^= 1 << bit
        path.write_bytes(raw)
        found = read_directory(directory)
    assert None in found
    assert [one for one in found if one is not None and one not in written] == []


def test_a_record_of_another_layout_is_passed_over(tmp_path: Path) -> None:
    path = spooled(tmp_path, batch(0))
    body = b"\x93\x01\x02\x03"
    with path.open("ab") as file:
        file.write(len(body).to_bytes(4) + zlib.crc32(body).to_bytes(4) + body)
    assert read_directory(tmp_path) == [batch(0), None]


def test_the_cap_refuses_the_batch_that_would_pass_it_and_keeps_the_rest(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 1_800)
    spool.append(batch(0, clicks=8))
    with pytest.raises(SpoolFullError, match="SPOOL_MAX_MB"):
        spool.append(batch(1, clicks=9))
    spool.append(batch(2, clicks=1))
    assert spool.clicks == 9
    spool.seal()
    assert read_directory(tmp_path) == [batch(0, clicks=8), batch(2, clicks=1)]


def test_the_cap_counts_what_an_earlier_process_left(tmp_path: Path) -> None:
    spooled(tmp_path, batch(0, clicks=8))
    with pytest.raises(SpoolFullError):
        Spool(tmp_path, 1_500).append(batch(1, clicks=8))


def test_room_freed_by_another_redirector_is_room_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 1_500)
    spool.append(batch(0, clicks=8))
    spool.seal()
    (path,) = tmp_path.glob("*.spool")
    path.unlink()
    spool.measure()
    assert spool.clicks == 0
    spool.append(batch(1, clicks=8))


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """No file of this process may grow beyond this: what a full disk looks like to `write`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_refuses_and_leaves_no_torn_record(tmp_path: Path) -> None:
    spool = Spool(tmp_path, MB)
    spool.append(batch(0))
    with file_size_limit(500):
        for number in (1, 2):
            with pytest.raises(SpoolFullError):
                spool.append(batch(number, clicks=5))
    spool.append(batch(3))  # there is room again
    spool.seal()
    assert read_directory(tmp_path) == [batch(0), batch(3)]


def test_a_directory_that_cannot_be_written_is_a_full_spool(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", MB)
    (tmp_path / "spool").rmdir()
    with pytest.raises(SpoolFullError):
        spool.append(batch(0))


def test_a_segment_ends_at_its_size(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 64 * MB)
    for number in range(3):
        spool.append(batch(number, clicks=1, size=SEGMENT_BYTES))
    spool.close()
    assert len(list(tmp_path.glob("*.spool"))) == 3
    assert read_directory(tmp_path) == [batch(number, clicks=1, size=SEGMENT_BYTES) for number in range(3)]


def test_a_segment_in_use_is_not_taken(tmp_path: Path) -> None:
    spool = Spool(tmp_path, MB)
    spool.append(batch(0))
    assert read_directory(tmp_path) == []
    spool.seal()
    assert read_directory(tmp_path) == [batch(0)]


WRITER = """
import sys
from pathlib import Path
from clicks.batch import Batch
from redirector.spool import Spool
Spool(Path(sys.argv[1]), 1 << 20).append(Batch("other", 7, [], {"f": 1}))
print("written", flush=True)
sys.stdin.read()
"""


def test_a_living_process_keeps_its_segment_and_a_dead_ones_is_adopted(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"written\n"
        assert read_directory(tmp_path) == []
        writer.kill()
    assert read_directory(tmp_path) == [Batch("other", 7, [], {"f": 1})]


def test_syncing_after_the_segment_was_sealed_harms_nothing(tmp_path: Path) -> None:
    spool = Spool(tmp_path, MB)
    spool.append(batch(0))
    fd = spool.unsynced()
    assert fd is not None
    assert spool.unsynced() is None
    spool.seal()
    sync_and_close(fd)
    assert read_directory(tmp_path) == [batch(0)]
