"""DATA_DIR: made when missing, closed to others, and used by one `signalpost up` at a time."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from admin.refusal import Refused

LOCK_NAME = "up.lock"
# one of these shows that a directory is ours to close and to hand over; anything else in it may be somebody's
OUR_NAMES = frozenset(
    {LOCK_NAME, "secret_key", "run.json", "demo.json", "valkey", "postgresql", "spool", "links.json", "cluster.json"}
)
MOUNT_NAMES = frozenset({"lost+found", ".DS_Store"})


def open_data_dir(data_dir: Path) -> Path:
    """The absolute path of DATA_DIR, which exists, is ours and has mode 0700 afterwards.

    Raises:
        Refused: it cannot be written, or it is a directory of somebody else's things.
    """
    path = data_dir.resolve()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_ours(path)
        path.chmod(0o700)
        probe = path / f".writable.{os.getpid()}"
        probe.write_bytes(b"written")  # a full disk makes the file, but not what is in it
        probe.unlink()
    except FileExistsError:
        raise Refused(f"DATA_DIR: {path} is a file: choose a directory") from None
    except OSError as error:
        raise Refused(
            f"DATA_DIR: {path} cannot be written ({error.strerror}): make it writable, or set another"
        ) from None
    return path


def _check_ours(path: Path) -> None:
    status = path.stat()
    names = {entry.name for entry in path.iterdir()} - MOUNT_NAMES
    if status.st_mode & stat.S_ISVTX or (names and not names & OUR_NAMES):
        raise Refused(f"DATA_DIR: {path} holds other things already: choose a directory of its own")
    if os.geteuid() not in {0, status.st_uid}:
        raise Refused(
            f"DATA_DIR: {path} belongs to another user (uid {status.st_uid}): run as that user, or set another"
        )


@contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """Hold DATA_DIR for one `signalpost up`. The kernel lets go of the lock however the process ends.

    Raises:
        Refused: another one holds it.
    """
    with (data_dir / LOCK_NAME).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip()
            raise Refused(
                f"`signalpost up` runs already in {data_dir} (process {holder}): stop it, or set another DATA_DIR"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
