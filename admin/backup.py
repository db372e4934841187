"""Backing up both engines into one file, consistent to one moment.

Everything moves one way: spool, Redis, ledger. It is read in that order, so that what moves on meanwhile is seen twice
rather than never; a click, a batch and a drain that come twice are recognised, as after a crash. The moment is that of
the ledger's snapshot, taken when the clicks have been read: whatever was accepted before the command began is in it.
Visits not yet in the ledger are read together with the note of which batches they hold, right after the snapshot, and
both anew where a worker moved some in between.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from admin.backup_file import BackupError, BackupWriter, new_file
from admin.ledger_failures import reason_of
from admin.refusal import Refused
from admin.session import Session, open_redis
from clicks.key_copies import KeyCopy, copied_clicks, copied_counts
from config.secrets import secret_key_path
from ledger.outages import LEDGER_FAILED
from ledger.table_copies import Moment, latest_drains, moment

SECRET_SECTION = "secret_key"  # noqa: S105 - a name
SPOOL_SECTION = "spool/"
REDIS_SECTION = "redis/"
LAYOUT_SECTION = "ledger"
TABLE_SECTION = "ledger/"
SPOOL_SUFFIX = ".spool"
TRIES = 30  # a worker drains every two seconds; the snapshot and the counts are milliseconds apart

_pack = msgspec.msgpack.Encoder().encode
_json = msgspec.json.Encoder().encode


async def backup(session: Session, path: Path, *, with_secret_key: bool = False) -> dict[str, Any]:
    """Write a new file; {"file", "bytes", "made_at", "rows", "keys", "spool_files", "secret_key"}.

    Raises:
        Refused: an engine does not answer, or the file cannot be written or exists already.
    """
    try:
        with new_file(path) as file:
            header = _header(session)
            writer = BackupWriter(file, header)
            told = await _written(session, writer, with_secret_key=with_secret_key)
            writer.finish()
    except FileExistsError:
        raise Refused(f"file: {path} exists already: choose another name") from None
    except OSError as error:
        raise Refused(f"file: {path} cannot be written: {error.strerror}") from None
    except BackupError as error:
        raise Refused(f"file: {path}: {error}; there is no backup") from None
    return {
        "file": str(path),
        "bytes": writer.written,
        "made_at": header["made_at"],
        **told,
        "secret_key": with_secret_key,
    }


def _header(session: Session) -> dict[str, Any]:
    return {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "program": version("signalpost"),
        "secret_keys": session.keyring.fingerprints(),
    }


async def _written(session: Session, writer: BackupWriter, *, with_secret_key: bool) -> dict[str, Any]:
    data_dir = session.settings.data_dir
    if with_secret_key:
        with writer.section(SECRET_SECTION):
            writer.write((session.settings.secret_key or secret_key_path(data_dir).read_text().strip()).encode())
    spool_files = _write_spool(writer, data_dir / "spool")
    async with open_redis(session.settings) as redis:
        keys = await _write_keys(writer, "clicks", copied_clicks(redis))
        try:
            moved, rows = await _write_moment(session, writer, redis)
        except LEDGER_FAILED as error:  # here, or it would be taken for Redis's
            raise Refused(f"PostgreSQL did not give its tables, and there is no backup: {reason_of(error)}") from None
    return {"rows": rows, "keys": keys + moved, "spool_files": spool_files}


async def _write_moment(session: Session, writer: BackupWriter, redis: Any) -> tuple[int, int]:
    """The counts and the ledger; how many keys and rows."""
    for _ in range(TRIES):
        async with moment(session.settings.database_url) as ledger:
            counts = await _counts_of(session, redis, ledger)
            if counts is not None:
                return await _write_keys(writer, "counts", _each(counts)), await _write_ledger(writer, ledger)
    raise Refused("workers move visits to the ledger faster than they can be read: try again when there is less to do")


def _write_spool(writer: BackupWriter, directory: Path) -> int:
    """Segments as they stand: what a redirector is writing may end in a torn record, as after a crash."""
    written = 0
    for path in sorted(directory.glob(f"*{SPOOL_SUFFIX}")):
        try:
            file = path.open("rb")
        except FileNotFoundError:  # drained meanwhile: its clicks are in Redis
            continue
        with file, writer.section(SPOOL_SECTION + path.name):
            while part := file.read(1024 * 1024):
                writer.write(part)
        written += 1
    return written


async def _write_keys(writer: BackupWriter, name: str, copies: AsyncIterator[KeyCopy]) -> int:
    written = 0
    with writer.section(REDIS_SECTION + name):
        async for copy in copies:
            body = _pack(copy)
            writer.write(len(body).to_bytes(4) + body)
            written += 1
    return written


async def _each(copies: list[KeyCopy]) -> AsyncIterator[KeyCopy]:
    for copy in copies:
        yield copy


async def _counts_of(session: Session, redis: Any, ledger: Moment) -> list[KeyCopy] | None:
    """None where a drain was added to the ledger since its snapshot: its visits would be in neither."""
    counts = await copied_counts(redis)
    added = await latest_drains(session.database) - ledger.drains
    return None if added else counts


async def _write_ledger(writer: BackupWriter, ledger: Moment) -> int:
    layout = await ledger.layout()
    with writer.section(LAYOUT_SECTION):
        writer.write(_json(layout))
    rows = 0

    async def write(data: bytes) -> None:
        writer.write(data)

    for relation in layout.relations:
        with writer.section(TABLE_SECTION + relation.name):
            rows += await ledger.copy(relation, write)
    return rows
