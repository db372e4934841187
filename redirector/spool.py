"""The local file of batches that Redis did not take in time: append-only segments that survive a crash of this process.

A segment is a file `<pid>-<start>-<n>.spool` of records `length (4 bytes) | CRC-32 (4 bytes) | batch as msgpack`. Its
writer holds a lock on it; what nobody holds is adopted by whichever redirector finds it. A record that a crash cut off
fails its checksum and ends the segment: it was never answered for.
"""

import errno
import fcntl
import os
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from clicks.store import Batch

HEADER_BYTES = 8
SEGMENT_BYTES = 8 * 1024 * 1024
SUFFIX = ".spool"

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Batch).decode


class SpoolFullError(OSError):
    """The spool has reached its size cap, or the disk is full: the batch is not kept."""


class Spool:
    """Appends batches. One per process; not for threads."""

    def __init__(self, directory: Path, max_bytes: int) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory = directory
        self._max_bytes = max_bytes
        self._bytes = sum(path.stat().st_size for path in directory.glob(f"*{SUFFIX}"))
        self.clicks = 0  # in segments of this process, and in adopted ones until they are drained
        self._segments = 0
        self._started = time.time_ns()
        self._fd: int | None = None
        self._segment_bytes = 0
        self._dirty = False

    @property
    def directory(self) -> Path:
        return self._directory

    def append(self, batch: Batch) -> None:
        """Write one batch; it survives a crash of this process at once, and of the machine after `sync`.

        Raises:
            SpoolFullError: the cap is reached or the disk is full; nothing of the batch is kept.
        """
        body = _encode(batch)
        record = len(body).to_bytes(4) + zlib.crc32(body).to_bytes(4) + body
        if self._bytes + len(record) > self._max_bytes:
            raise SpoolFullError(errno.ENOSPC, "the spool has reached SPOOL_MAX_MB")
        fd = self._open_segment()
        try:
            written = os.write(fd, record)
        except OSError as error:
            raise SpoolFullError(error.errno, os.strerror(error.errno or 0)) from None
        if written != len(record):  # a full disk takes a part: what follows must not stand behind half a record
            os.ftruncate(fd, self._segment_bytes)
            raise SpoolFullError(errno.ENOSPC, "the disk is full")
        self._bytes += written
        self.clicks += len(batch.rows)
        self._segment_bytes += written
        self._dirty = True

    def sync(self) -> None:
        """Make what was appended survive a power cut. Blocks for the disk: call it in a thread."""
        if self._dirty and self._fd is not None:
            self._dirty = False
            os.fsync(self._fd)

    def seal(self) -> None:
        """End the current segment, so that a drainer may take it."""
        if self._fd is not None:
            os.close(self._fd)  # lets the lock go
            self._fd = None
            self._segment_bytes = 0

    def remove(self, path: Path, clicks: int) -> None:
        """Delete a segment whose clicks are stored."""
        self._bytes = max(0, self._bytes - path.stat().st_size)
        self.clicks = max(0, self.clicks - clicks)
        path.unlink()

    def _open_segment(self) -> int:
        if self._fd is not None and self._segment_bytes >= SEGMENT_BYTES:
            self.seal()
        if self._fd is None:
            name = f"{os.getpid()}-{self._started}-{self._segments}{SUFFIX}"
            try:
                fd = os.open(self._directory / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            except OSError as error:
                raise SpoolFullError(error.errno, os.strerror(error.errno or 0)) from None
            fcntl.flock(fd, fcntl.LOCK_EX)
            self._segments += 1
            self._fd = fd
        return self._fd


def abandoned_segments(directory: Path) -> Iterator[tuple[Path, int]]:
    """Segments nobody writes any more, oldest first, each with a locked descriptor that the caller closes."""
    for path in sorted(directory.glob(f"*{SUFFIX}"), key=lambda segment: segment.name.split("-")[1:]):
        try:
            fd = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            continue
        if not path.exists():  # drained by another redirector while this one waited
            os.close(fd)
            continue
        yield path, fd


def read_segment(fd: int) -> Iterator[Batch | None]:
    """The batches of a segment; None once, at the end, where a crash left a torn or damaged record."""
    with os.fdopen(os.dup(fd), "rb") as file:
        while header := file.read(HEADER_BYTES):
            length, checksum = int.from_bytes(header[:4]), int.from_bytes(header[4:])
            body = file.read(length)
            if len(header) < HEADER_BYTES or len(body) < length or zlib.crc32(body) != checksum:
                yield None
                return
            yield _decode(body)
