"""The lines of the two files: NDJSON in, checked records out, each with the moment it belongs to."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from cli.refusal import Refused
from clicks.address import packed_address
from forwarder.errors import FieldError, Refusal
from forwarder.intake.body import MAX_BODY_BYTES
from forwarder.intake.decoding import decode
from forwarder.intake.install_request import InstallReport, read_install
from forwarder.intake.values import clean_text, instant

MAX_DISORDER_MS = 86_400_000  # clocks of phones are wrong by hours; a file that is off by a day is not sorted
END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)  # "now" while reading: a file's times lie in its own past

T = TypeVar("T", bound="ClickLine | InstallLine")


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

    @property
    def at_ms(self) -> int:
        """Unix time in ms."""
        return round(instant("clicked_at", self.clicked_at).timestamp() * 1000)


class InstallLine(msgspec.Struct, frozen=True, kw_only=True):
    """One install, as production reads it."""

    report: InstallReport
    at_ms: int


class _InstallHead(msgspec.Struct):
    """What of an install's line production does not read, or could do without."""

    occurred_at: str | int | float
    app_id: str | None = None


_CLICKS = msgspec.json.Decoder(ClickLine)
_HEADS = msgspec.json.Decoder(_InstallHead)


def read_click(raw: bytes) -> tuple[ClickLine, int]:
    """A click and its Unix time in ms.

    Raises:
        FieldError: a field is missing or cannot be.
        Refusal: it is not JSON.
    """
    line = decode(_CLICKS, raw)
    if packed_address(line.ip) is None:
        raise FieldError("ip", "must be an IPv4 or IPv6 address")
    return line, line.at_ms


def install_reader(app_id: str) -> Callable[[bytes], tuple[InstallLine, int]]:
    """Reads installs, of this app where their line names none, as `read_click` reads clicks."""

    def read(raw: bytes) -> tuple[InstallLine, int]:
        head = decode(_HEADS, raw)
        report = read_install(raw, clean_text(head.app_id or app_id), "", END_OF_TIME)
        at_ms = round(report.occurred_at.timestamp() * 1000)
        return InstallLine(report=report, at_ms=at_ms), at_ms

    return read


def read_lines(path: Path, read: Callable[[bytes], tuple[T, int]]) -> Iterator[tuple[int, T]]:
    """(Unix time in ms, record) of each line; blank lines are passed over.

    Raises:
        Refused: the file cannot be opened, or a line cannot be read: names file, line and field.
    """
    latest = 0
    for number, raw in _numbered(path):
        try:
            record, at_ms = read(raw)
            if at_ms < latest - MAX_DISORDER_MS:
                raise FieldError(
                    _time_field(record), "lies more than a day before an earlier line; sort the file by time"
                )
        except FieldError as error:
            where = f"{path} line {number}: {error.field}: " if error.field else f"{path} line {number}: "
            raise Refused(f"{where}{error.message}") from None
        except Refusal:
            raise Refused(f"{path} line {number}: is not one JSON object in UTF-8") from None
        latest = max(latest, at_ms)
        yield at_ms, record


def _time_field(record: Any) -> str:
    return "clicked_at" if isinstance(record, ClickLine) else "occurred_at"


def _numbered(path: Path) -> Iterator[tuple[int, bytes]]:
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
