"""Room on a disk, and clicks that wait in a spool."""

import os
from pathlib import Path

import pytest

from config.disk import SPOOL_AFTER_S, Room, room, waiting

GIB = 1024**3
NOW_S = 1_790_000_000.0


@pytest.mark.parametrize(
    ("free", "total", "low"),
    [
        (GIB - 1, 10 * GIB, True),
        (GIB, 10 * GIB, False),
        (4 * GIB, 100 * GIB, True),
        (6 * GIB, 100 * GIB, False),
        (0, 0, True),
    ],
)
def test_a_disk_is_low_below_a_gigabyte_or_a_twentieth(free: int, total: int, low: bool) -> None:
    assert Room(free, total).is_low is low


def test_the_room_is_that_of_the_directorys_disk(tmp_path: Path) -> None:
    found = room(tmp_path)
    assert found is not None
    assert 0 <= found.free <= found.total
    assert found.total > 0


def test_where_there_is_no_directory_nothing_is_said(tmp_path: Path) -> None:
    assert room(tmp_path / "none") is None
    assert waiting(tmp_path / "none", NOW_S).bytes == 0


def segment(data_dir: Path, name: str, content: bytes, age_s: float) -> None:
    path = data_dir / "spool" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (NOW_S - age_s, NOW_S - age_s))


@pytest.mark.parametrize(
    ("segments", "stuck"),
    [
        ([], False),
        ([("1.spool", b"x" * 10, SPOOL_AFTER_S + 1)], True),
        ([("1.spool", b"x" * 10, SPOOL_AFTER_S - 1)], False),
        ([("1.spool", b"", SPOOL_AFTER_S + 1)], False),
        ([("1.new", b"x", SPOOL_AFTER_S + 1)], False),
        ([("1.spool", b"x", 1), ("2.spool", b"x", SPOOL_AFTER_S + 1)], True),
    ],
    ids=["empty", "old", "of a slow moment", "nothing in it", "not yet named", "one of two is old"],
)
def test_a_spool_is_stuck_when_something_lies_in_it_for_a_minute(
    tmp_path: Path, segments: list[tuple[str, bytes, float]], stuck: bool
) -> None:
    for one in segments:
        segment(tmp_path, *one)
    assert waiting(tmp_path, NOW_S).is_stuck is stuck
