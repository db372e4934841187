"""The lines of the two files: NDJSON in, checked records out, each with the moment it belongs to."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from admin.refusal import Refused
from clicks.address import packed_address
from forwarder.errors import FieldError, Refusal
from forwarder.intake.body import MAX_BODY_BYTES
from forwarder.intake.decoding import decode
from forwarder.intake.install_request import InstallReport, read_install
from forwarder.intake.times import instant
from ledger.spelling import clean_text

MAX_DISORDER_MS = 86_400_000
AHEAD_MS = 60_000  # an install so far ahead of its neighbours has a wrong clock
END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)  # "now" while reading: a file's times lie in its own past
UNSORTED = "lies more than a day before an earlier line; sort the file by time"

T = TypeVar("T")


class ClickLine(msgspec.Struct, frozen=True, kw_only=True):
    """One visit to a Signal link, as the clicks' file has it."""

    clicked_at: str | int | float
    ip: str
    user_agent: str
    query: str
    click_id: str | None = None
    ttp: str | None = None
    enrichment: dict[str, Any] | None = None
    """What a bridge page told: screen, timezone, languages, touch_points."""
    link: str | None = None
    app_id: str | None = None
    """Where the file holds several apps' clicks; else whose link it is, else the installs' app."""
    languages: str | None = None
    """The Accept-Language header, where it is known."""


class InstallLine(msgspec.Struct, frozen=True, kw_only=True):
    """One install, as production reads it."""

    report: InstallReport
    at_ms: int
    """When it happened, Unix time in ms; never far ahead of its neighbours in the file."""


class _InstallHead(msgspec.Struct):
    """What of an install's line production does not read, or could do without."""

    occurred_at: str | int | float
    app_id: str | None = None
    ip: str | None = None  # where none was reported it was the connection's, and may be any


_CLICKS = msgspec.json.Decoder(ClickLine)
_HEADS = msgspec.json.Decoder(_InstallHead)


def read_clicks(path: Path) -> Iterator[tuple[int, ClickLine]]:
    """(Unix time in ms, visit) of each line; blank lines are passed over.

    Raises:
        Refused: the file cannot be opened, or a line cannot be read: names file, line and field.
    """
    latest = 0
    for number, line in _records(path, click_of):
        at_ms = round(instant("clicked_at", line.clicked_at).timestamp() * 1000)
        if at_ms < latest - MAX_DISORDER_MS:
            raise _refused(path, number, FieldError("clicked_at", UNSORTED))
        latest = max(latest, at_ms)
        yield at_ms, line


def read_installs(path: Path, app_id: str) -> Iterator[tuple[int, InstallLine]]:
    """(Unix time in ms to match it at, install) of each line; installs that name no app are of this one.

    Phones' clocks are wrong by hours or days. An install far ahead of the lines around it is taken to have happened
    when it was reported, between them, as intake does with times in the future.

    Raises:
        Refused: as `read_clicks`.
    """
    latest = 0
    for number, before, here, after in _neighbours(_records(path, lambda raw: install_of(raw, app_id))):
        reported_ms = sorted((before.at_ms, here.at_ms, after.at_ms))[1]
        if reported_ms < latest - MAX_DISORDER_MS:
            raise _refused(path, number, FieldError("occurred_at", UNSORTED))
        latest = max(latest, reported_ms)
        is_ahead = here.at_ms > reported_ms + AHEAD_MS
        line = msgspec.structs.replace(here, at_ms=reported_ms) if is_ahead else here
        yield max(reported_ms, line.at_ms), line


def click_of(raw: bytes) -> ClickLine:
    """The visit of one line.

    Raises:
        FieldError: a field is missing or cannot be.
        Refusal: it is not JSON.
    """
    line = decode(_CLICKS, raw)
    if packed_address(line.ip) is None:
        raise FieldError("ip", "must be an IPv4 or IPv6 address")
    instant("clicked_at", line.clicked_at)
    return line


def install_of(raw: bytes, app_id: str) -> InstallLine:
    """The install of one line, of this app where it names none. Raises as `click_of`."""
    head = decode(_HEADS, raw)
    report = read_install(raw, clean_text(head.app_id or app_id), head.ip or "", END_OF_TIME)
    if report.occurred_at == END_OF_TIME:
        raise FieldError("occurred_at", "must be RFC 3339 or Unix seconds")
    return InstallLine(report=report, at_ms=int(report.occurred_at.timestamp() * 1000))


def _neighbours(
    numbered: Iterator[tuple[int, InstallLine]],
) -> Iterator[tuple[int, InstallLine, InstallLine, InstallLine]]:
    """(line number, the line before, the line, the line after); the ends are their own neighbours."""
    held = next(numbered, None)
    before = held[1] if held is not None else None
    while held is not None and before is not None:
        number, here = held
        held = next(numbered, None)
        yield number, before, here, held[1] if held is not None else here
        before = here


def _records(path: Path, read: Callable[[bytes], T]) -> Iterator[tuple[int, T]]:
    for number, raw in raw_lines(path):
        try:
            yield number, read(raw)
        except FieldError as error:
            raise _refused(path, number, error) from None
        except Refusal:
            raise Refused(f"{path} line {number}: is not one JSON object in UTF-8") from None


def _refused(path: Path, number: int, error: FieldError) -> Refused:
    where = f"{error.field}: " if error.field else ""
    return Refused(f"{path} line {number}: {where}{error.message}")


def raw_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """(line number, line) of the file's lines that are not blank.

    Raises:
        Refused: it cannot be opened, or a line is too long.
    """
    try:
        with path.open("rb") as file:
            number = 0
            while raw := file.readline(MAX_BODY_BYTES + 1):
                number += 1
                if len(raw) > MAX_BODY_BYTES:
                    raise Refused(f"{path} line {number}: is longer than 1 MiB")
                if raw.strip():
                    yield number, raw
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}") from None
