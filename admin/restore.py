"""Restoring a backup into engines that hold nothing: the whole file is checked before anything is written.

The ledger gets the tables of the backup's version, the rows in one transaction, then the migrations since.
"""

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from admin.backup import (
    LAYOUT_SECTION,
    REDIS_SECTION,
    SECRET_SECTION,
    SPOOL_SECTION,
    SPOOL_SUFFIX,
    TABLE_SECTION,
)
from admin.backup_file import BackupError, BackupReader, Section
from admin.ledger_failures import reason_of
from admin.publishing import publish
from admin.refusal import Refused
from admin.session import open_redis, open_session
from clicks.key_copies import KeyCopy, holds_nothing, put_back
from config.secrets import keyring_of, secret_key_path
from config.settings import AllSettings
from ledger.migrate import migrate
from ledger.outages import LEDGER_FAILED
from ledger.revisions import MigrationError, knows_revision
from ledger.table_copies import Layout, filling, has_tables

_unpack = msgspec.msgpack.Decoder(KeyCopy).decode
_SECRET_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Checked:
    """A backup whose every byte is as it was written."""

    path: Path
    header: dict[str, Any]
    layout: Layout
    secret_key: str
    """'' = not in it."""
    spool_files: int


def checked(path: Path) -> Checked:
    """Read the whole file.

    Raises:
        Refused: it cannot be read, is no backup, is damaged (and where), or is of a later version.
    """
    layout, secret, spool_files = None, b"", 0
    try:
        with path.open("rb") as file:
            reader = BackupReader(file)
            for section in reader.sections():
                if section.name == LAYOUT_SECTION:
                    layout = msgspec.json.decode(b"".join(section.chunks), type=Layout)
                elif section.name == SECRET_SECTION:
                    secret = b"".join(section.chunks)[:_SECRET_LIMIT]
                spool_files += section.name.startswith(SPOOL_SECTION)
    except OSError as error:
        raise Refused(f"file: {path} cannot be read: {error.strerror}") from None
    except (BackupError, msgspec.ValidationError) as error:
        raise Refused(f"file: {error}; nothing was restored") from None
    if layout is None:
        raise Refused("file: the backup has no ledger in it; nothing was restored")
    if not knows_revision(layout.revision):
        raise Refused(
            f"file: the backup is of a newer Signalpost than this ({reader.header.get('program')}, ledger "
            f"{layout.revision}): install that one"
        )
    return Checked(path, reader.header, layout, secret.decode(), spool_files)


def check_secret_key(settings: AllSettings, backup: Checked) -> None:
    """See that what is encrypted in the backup will open, with the key set here, or that of DATA_DIR, or the backup's.

    Raises:
        Refused: the keys here are others, or there is none.
    """
    here = keyring_of(settings.secret_key, settings.data_dir) or keyring_of(backup.secret_key, settings.data_dir)
    if not set(backup.header.get("secret_keys", [])) <= set(here.fingerprints() if here else ()):
        raise Refused(
            "SECRET_KEY: the backup was made under another key, and what is encrypted in it would not open: set "
            "SECRET_KEY to that of the installation it is of (or put its DATA_DIR/secret_key in place)"
        )


def _keep_secret_key(settings: AllSettings, backup: Checked) -> None:
    """The key that came with the backup goes to DATA_DIR, where there is no other."""
    if backup.secret_key and keyring_of(settings.secret_key, settings.data_dir) is None:
        fd = os.open(secret_key_path(settings.data_dir), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "w") as file:
            file.write(backup.secret_key)


async def restore(settings: AllSettings, backup: Checked) -> dict[str, Any]:
    """Fill both engines and the spool; {"made_at", "revision", "tables", "keys", "spool_files"}.

    Raises:
        Refused: a target holds something already, or an engine does not answer.
    """
    async with open_redis(settings) as redis:
        await _check_empty(settings, redis, settings.data_dir / "spool")
        try:
            settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            _keep_secret_key(settings, backup)
            await migrate(settings.database_url, backup.layout.revision)
            keys = await _fill(settings, redis, backup)
            await migrate(settings.database_url)
        except (BackupError, ValueError) as error:
            raise Refused(f"the backup cannot be restored: {error}; empty both engines before the next try") from None
        except (*LEDGER_FAILED, MigrationError) as error:  # here, or it would be taken for Redis's
            raise Refused(
                f"the restore was cut short ({reason_of(error)}): empty both engines and begin again"
            ) from None
    async with open_session(settings) as session:
        await publish(session)
    return {
        "made_at": backup.header.get("made_at"),
        "revision": backup.layout.revision,
        "tables": len(backup.layout.relations),
        "keys": keys,
        "spool_files": backup.spool_files,
    }


async def _check_empty(settings: AllSettings, redis: Any, spool: Path) -> None:
    try:
        is_taken = await has_tables(settings.database_url)
    except LEDGER_FAILED as error:
        raise Refused(f"PostgreSQL does not let us in ({reason_of(error)}): nothing was restored") from None
    if is_taken:
        raise Refused("DATABASE_URL: the database has tables already: restore into one that is new and empty")
    if not await holds_nothing(redis):
        raise Refused("REDIS_URL: there are clicks already: restore into a Redis that is empty")
    if _segments(spool):
        raise Refused(f"DATA_DIR: {spool} holds clicks already: restore into an empty DATA_DIR")


def _segments(spool: Path) -> list[Path]:
    return list(spool.glob(f"*{SPOOL_SUFFIX}"))


async def _fill(settings: AllSettings, redis: Any, backup: Checked) -> int:
    relations = {relation.name: relation for relation in backup.layout.relations}
    keys = 0
    async with filling(settings.database_url) as ledger:
        await ledger.prepare(backup.layout)
        with backup.path.open("rb") as file:
            for section in BackupReader(file).sections():
                if section.name.startswith(REDIS_SECTION):
                    keys += await put_back(redis, _copies(section))
                elif section.name.startswith(SPOOL_SECTION):
                    _write_segment(settings.data_dir / "spool", section)
                elif section.name.startswith(TABLE_SECTION):
                    await ledger.fill(relations[section.name.removeprefix(TABLE_SECTION)], _async(section.chunks))
        await ledger.set_sequences(backup.layout)
    return keys


async def _async(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def _copies(section: Section) -> Iterator[KeyCopy]:
    waiting = bytearray()
    for chunk in section.chunks:
        waiting += chunk
        start = 0
        while len(waiting) - start >= 4:
            end = start + 4 + int.from_bytes(waiting[start : start + 4])
            if end > len(waiting):
                break
            yield _unpack(waiting[start + 4 : end])
            start = end
        del waiting[:start]
    if waiting:
        raise BackupError(f"the section {section.name} ends in the middle of a key")


def _write_segment(directory: Path, section: Section) -> None:
    """A segment that no process holds: the next redirector stores its clicks."""
    name = Path(section.name).name
    if not name.endswith(SPOOL_SUFFIX):
        raise BackupError(f"the section {section.name} is no file of a spool")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd = os.open(directory / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "wb") as file:
        for chunk in section.chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
