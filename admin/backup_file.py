"""The file of a backup: sections of bytes, each compressed and checked, written and read as a stream.

    signalpost backup 1\\n
    frame*      kind (1 byte) | length of the body (4) | CRC-32 of kind and body (4) | body

    H   header, JSON: what the backup is of; the first frame
    B   a section begins, JSON: its `name` and what else its reader needs
    D   up to 1 MiB of the section, one zstd frame
    E   the section ends, JSON: its `bytes` and their `sha256`, uncompressed
    Z   the backup ends, JSON: the number of its `sections`; a file without it was cut off

Lengths and checksums are big-endian. A later format has another number in its first line; a reader refuses what it
does not know, and passes over words of JSON that it does not know.
"""

import errno
import hashlib
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from clicks.dictionary import zstd

FORMAT = 1
MAGIC = b"signalpost backup "
CHUNK_BYTES = 1024 * 1024
LEVEL = 3
_HEAD_BYTES = 9
_LARGEST_BODY = 64 * 1024 * 1024  # no frame has more: what says so is no length
_json = msgspec.json.Encoder().encode


class BackupError(ValueError):
    """The file is no backup, of a later format, or damaged, and the text says what of it; or it cannot be written."""


class BackupWriter:
    """Writes one backup. Memory: about two chunks. Every method raises BackupError where the file takes no more."""

    def __init__(self, file: BinaryIO, header: dict[str, Any]) -> None:
        self._file = file
        self._sections = 0
        self._pending = bytearray()
        self._digest = hashlib.sha256()
        self._bytes = 0
        self.written = file.write(MAGIC + f"{FORMAT}\n".encode())
        self._frame(b"H", _json(header))

    @contextmanager
    def section(self, name: str, **words: Any) -> Iterator["BackupWriter"]:
        """What is written inside is the section's."""
        self._frame(b"B", _json({"name": name, **words}))
        self._digest, self._bytes = hashlib.sha256(), 0
        yield self
        self._flush()
        self._frame(b"E", _json({"bytes": self._bytes, "sha256": self._digest.hexdigest()}))
        self._sections += 1

    def write(self, data: bytes) -> None:
        """More of the section."""
        self._digest.update(data)
        self._bytes += len(data)
        self._pending += data
        while len(self._pending) >= CHUNK_BYTES:
            self._flush(CHUNK_BYTES)

    def finish(self) -> None:
        """The backup is whole."""
        self._frame(b"Z", _json({"sections": self._sections}))

    def _flush(self, length: int | None = None) -> None:
        part = bytes(self._pending[:length])
        if part:
            self._frame(b"D", zstd.compress(part, LEVEL))
            del self._pending[: len(part)]

    def _frame(self, kind: bytes, body: bytes) -> None:
        check = zlib.crc32(body, zlib.crc32(kind))
        try:
            self.written += self._file.write(kind + len(body).to_bytes(4) + check.to_bytes(4) + body)
        except OSError as error:  # not taken for an engine's
            raise BackupError(f"it cannot be written: {error.strerror}") from None


class Section:
    """One section while it is read. Its chunks are there once, before the next section is asked for."""

    def __init__(self, words: dict[str, Any], chunks: Iterator[bytes]) -> None:
        self.words = words
        self.chunks = chunks

    @property
    def name(self) -> str:
        return str(self.words["name"])


class BackupReader:
    """Reads one backup from its beginning, checking all it reads."""

    def __init__(self, file: BinaryIO) -> None:
        """Raises BackupError as every method does."""
        self._file = file
        self._place = "the header"
        first = file.readline(64)
        if not first.startswith(MAGIC):
            raise BackupError("this file is not a backup of Signalpost's")
        if first != MAGIC + f"{FORMAT}\n".encode():
            raise BackupError("this backup has a later format: install the version of Signalpost that wrote it")
        kind, body = self._frame()
        if kind != b"H":
            raise self._damaged()
        self.header: dict[str, Any] = self._json(body)

    def sections(self) -> Iterator[Section]:
        """All sections, in the order in which they were written; the end of the file is checked, too."""
        count = 0
        while (frame := self._frame())[0] == b"B":
            words = self._json(frame[1])
            self._place = f"the section {words.get('name')}"
            section = Section(words, self._chunks())
            yield section
            for _ in section.chunks:  # what its reader left
                pass
            count += 1
            self._place = f"what follows the section {section.name}"
        if frame[0] != b"Z" or self._json(frame[1]).get("sections") != count or self._file.read(1):
            raise self._damaged()

    def _chunks(self) -> Iterator[bytes]:
        digest, length = hashlib.sha256(), 0
        while (frame := self._frame())[0] == b"D":
            try:
                chunk = zstd.decompress(frame[1])
            except zstd.ZstdError:
                raise self._damaged() from None
            digest.update(chunk)
            length += len(chunk)
            yield chunk
        if frame[0] != b"E" or self._json(frame[1]) != {"bytes": length, "sha256": digest.hexdigest()}:
            raise self._damaged()

    def _frame(self) -> tuple[bytes, bytes]:
        head = self._file.read(_HEAD_BYTES)
        kind, length, check = head[:1], int.from_bytes(head[1:5]), int.from_bytes(head[5:])
        body = self._file.read(length) if length <= _LARGEST_BODY else b""
        if len(head) < _HEAD_BYTES or (len(body) < length <= _LARGEST_BODY):
            raise BackupError(f"the backup is cut off in {self._place}")
        if len(body) != length or zlib.crc32(body, zlib.crc32(kind)) != check:
            raise self._damaged()
        return kind, body

    def _json(self, body: bytes) -> dict[str, Any]:
        try:
            return msgspec.json.decode(body, type=dict[str, Any])
        except (msgspec.DecodeError, msgspec.ValidationError):
            raise self._damaged() from None

    def _damaged(self) -> BackupError:
        return BackupError(f"the backup is damaged in {self._place} (before byte {self._file.tell()})")


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A file that has its name once the block has ended well and all of it is on the disk; mode 0600.

    Until then it has no name where the file system knows how, so that not even a kill leaves half a file; elsewhere
    `.name.partial`, which never passes for a backup.

    Raises:
        FileExistsError: there is one of this name: nothing is written over.
        OSError: it cannot be written.
    """
    if path.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    fd, partial = _open_unnamed(path)
    try:
        with os.fdopen(os.dup(fd), "wb") as file:
            yield file
        os.fsync(fd)
        _give_name(fd, partial, path)
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    finally:
        os.close(fd)
        if partial is not None:
            with suppress(FileNotFoundError):
                partial.unlink()


def _open_unnamed(path: Path) -> tuple[int, Path | None]:
    try:
        return os.open(path.parent, os.O_TMPFILE | os.O_RDWR, 0o600), None
    except (AttributeError, OSError) as error:  # not Linux, or a file system without: NFS, for one
        if isinstance(error, OSError) and error.errno not in {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL}:
            raise
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    return os.open(partial, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), partial


def _give_name(fd: int, partial: Path | None, path: Path) -> None:
    """A link, unlike a rename, loses against a file that has the name already."""
    if partial is not None:
        os.link(partial, path)
        return
    # with a folder's descriptor Python calls linkat, which follows /proc's link to the file itself
    descriptors = os.open("/proc/self/fd", os.O_RDONLY)
    try:
        os.link(str(fd), path, src_dir_fd=descriptors, follow_symlinks=True)
    finally:
        os.close(descriptors)
