"""Where an engine's Unix socket lies: beside its data, unless the path would be too long for the kernel."""

import hashlib
import os
import tempfile
from pathlib import Path

from stack.engines.errors import EngineError
from stack.program import Account

MAX_SOCKET_PATH_BYTES = 100  # macOS takes 103, Linux 107


def socket_directory(directory: Path, socket_name: str, account: Account | None = None) -> Path:
    """`directory` itself, or a directory of 0700 under the system's temporary one that is named by a hash of it.

    Raises:
        EngineError: that directory exists and belongs to somebody else.
    """
    if len(os.fsencode(directory / socket_name)) <= MAX_SOCKET_PATH_BYTES:
        return directory
    digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"signalpost-{digest}"
    owner = account.uid if account else os.getuid()
    try:
        short.mkdir(mode=0o700)
    except FileExistsError:
        status = short.lstat()
        # anyone may make a name in the temporary directory: a socket in a stranger's directory would be the stranger's
        if status.st_uid not in {owner, os.getuid()} or not short.is_dir() or short.is_symlink():
            raise EngineError(
                f"{short} belongs to another user: remove it, or choose a DATA_DIR with a shorter path"
            ) from None
    if account:
        account.owns(short)
    short.chmod(0o700)
    return short
