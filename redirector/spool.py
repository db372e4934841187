"""The local file of batches that Redis did not take in time: append-only segments that survive a crash of this process.

A segment is a file `<pid>-<start>-<n>.spool` of records `length (4 bytes) | CRC-32 (4 bytes) | batch as msgpack`. Its
writer holds a lock on it; what nobody holds is adopted by whichever redirector finds it. A record that a crash cut off
ends the segment: it was never answered for. A record that was damaged later is passed over.
"""

import errno
import fcntl
import os
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from clicks.batch import Batch

HEADER_BYTES = 8
SEGMENT_BYTES = 8 * 1024 * 1024
SUFFIX = ".spool"
MAX_RECORD_BYTES = 64 * 1024 * 1024  # far above any batch: what says more is not a length

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
        self._bytes = _bytes_in(directory)
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
        """Write one batch; it survives a crash of this process at once, and of the machine once synced.

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

    def unsynced(self) -> int | None:
        """A descriptor of its own for what was appended since the last call, to be given to `sync_and_close`."""
        if not self._dirty or self._fd is None:
            return None
        self._dirty = False
        return os.dup(self._fd)  # the segment may be sealed while a thread waits for the disk

    def seal(self) -> None:
        """End the current segment, so that a drainer may take it."""
        if self._fd is not None:
            os.close(self._fd)  # lets the lock go
            self._fd = None
            self._segment_bytes = 0

    def close(self) -> None:
        """End the current segment and make it survive a power cut. Blocks for the disk."""
        fd = self.unsynced()
        self.seal()
        if fd is not None:
            sync_and_close(fd)

    def remove(self, path: Path, clicks: int) -> None:
        """Delete a segment whose clicks are stored."""
        self.clicks = max(0, self.clicks - clicks)
        path.unlink()

    def measure(self) -> None:
        """Count anew what lies in the directory: redirectors that share it drain each other's segments."""
        self._bytes = _bytes_in(self._directory)
        if self._bytes == 0:
            self.clicks = 0

    def _open_segment(self) -> int:
        if self._fd is not None and self._segment_bytes >= SEGMENT_BYTES:
            self.seal()
        if self._fd is None:
            path = self._directory / f"{os.getpid()}-{self._started}-{self._segments}{SUFFIX}"
            try:
                self._fd = _create_locked(path)
            except OSError as error:
                raise SpoolFullError(error.errno, os.strerror(error.errno or 0)) from None
            self._segments += 1
        return self._fd


def _create_locked(path: Path) -> int:
    # locked before it has its name: no drainer may find it abandoned, and delete it, in between
    unnamed = path.with_suffix(".new")
    fd = os.open(unnamed, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        unnamed.rename(path)
    except OSError:
        os.close(fd)
        raise
    return fd


def _bytes_in(directory: Path) -> int:
    total = 0
    for path in directory.glob(f"*{SUFFIX}"):
        with suppress(FileNotFoundError):  # drained by another redirector just now
            total += path.stat().st_size
    return total


def sync_and_close(fd: int) -> None:
    """Make a segment survive a power cut. Blocks for the disk: call it in a thread."""
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


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
    """The batches of a segment; None for each record that is damaged, or that a crash cut off at the end."""
    with os.fdopen(os.dup(fd), "rb") as file:
        file.seek(0)  # the position is shared with whoever read this descriptor before
        while header := file.read(HEADER_BYTES):
            length, checksum = int.from_bytes(header[:4]), int.from_bytes(header[4:])
            body = file.read(min(length, MAX_RECORD_BYTES))
            if not body or len(body) < length:  # torn, or zeros: a file grows before its bytes arrive on the disk
                yield None
                return
            yield _batch(body) if zlib.crc32(body) == checksum else None


def _batch(body: bytes) -> Batch | None:
    try:
        return _decode(body)
    except msgspec.DecodeError:  # of a program with another layout
        return None
