"""A file that is there when all of it is written: what was there before stays until then."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Where to write what shall be `path`: beside it, as `.name.part`, which is gone when the block fails.

    A file that is replaced leaves its mode to the new one. What is no file, such as a pipe, is written itself.

    Raises:
        OSError: it cannot be written.
    """
    target = path.resolve()  # of a link the file it leads to
    if path.exists() and not path.is_file():
        yield path
        return
    part = target.with_name(f".{target.name}.part")
    try:
        part.touch()
        if target.exists():
            shutil.copymode(target, part)
        yield part
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
