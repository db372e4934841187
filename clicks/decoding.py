"""From what a store holds about clicks to the clicks: records decoded, with what bridge pages told of them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from clicks.click_id import format_click_id
from clicks.enrichment import ENRICHMENT, decode_enrichment, enriched_click
from clicks.record import Click, RecordCodec
from clicks.record_layout import POINTER, references
from clicks.shared_string_reader import SharedStringReader

MAX_DECODED = 20_000  # clicks of some 2 KB each; forgotten all at once

Timed = tuple[bytes, int]
"""A record and the time of its click in ms."""


class ClickDecoder:
    """Decodes records, and remembers them: a busy address's are read again for each of its installs."""

    def __init__(self, redis: Any) -> None:
        """`redis` has the texts that records refer to."""
        self._codec = RecordCodec()
        self._texts = SharedStringReader(redis)
        self._decoded: dict[tuple[bytes, int, int], Click] = {}  # by record, time in ms and address hash

    async def decode(self, records: Sequence[Timed], address_hash: int) -> list[Click]:
        """The clicks of records."""
        clicks = [self._decoded.get((record, at_ms, address_hash)) for record, at_ms in records]
        new = [known for known, click in zip(records, clicks, strict=True) if click is None]
        wanted = {(reference, at_ms) for record, at_ms in new for reference in references(record)}
        texts = await self._texts.read(wanted) if wanted else {}
        decoded = [self._codec.decode(record, at_ms, address_hash, texts) for record, at_ms in new]
        if len(texts) == len({reference for reference, _ in wanted}):  # what is lost may be put back
            if len(self._decoded) + len(new) > MAX_DECODED:
                self._decoded.clear()
            self._decoded |= {
                (record, at_ms, address_hash): click for (record, at_ms), click in zip(new, decoded, strict=True)
            }
        fresh = iter(decoded)
        return [next(fresh) if click is None else click for click in clicks]

    async def texts(self, records: Iterable[Timed]) -> Mapping[bytes, bytes]:
        """Reference -> text of all that these records refer to; what is lost is left out."""
        wanted = {(reference, at_ms) for record, at_ms in records for reference in references(record)}
        return await self._texts.read(wanted) if wanted else {}


def is_record(member: bytes) -> bool:
    """Whether this is a click's own record, neither a pointer to one nor what a bridge page told."""
    return member[0] not in (POINTER, ENRICHMENT)


def told_by_click(timed: Iterable[Timed], address_hash: int) -> dict[str, bytes]:
    """Click id -> what its bridge page told."""
    return {
        format_click_id(at_ms, address_hash, enriched_click(record)): record
        for record, at_ms in timed
        if record[0] == ENRICHMENT
    }


def enriched(click: Click, told: bytes | None) -> Click:
    """The click with what its bridge page told, where it did."""
    return click if told is None else msgspec.structs.replace(click, enrichment=decode_enrichment(told))
