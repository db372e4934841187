"""A click, and the bytes it is in Redis.

The time is the member's score and the address hash its key, so neither is in the record (`clicks.record_layout`). A
ttclid is base64url after its prefix: three bytes hold four characters, which no general compressor reaches. The visitor
(User-Agent and Accept-Language) and the ad (link, app and the query but for what is the click's own) are texts that
many clicks share: each lies in the record, compressed with a trained dictionary, or in `clicks.shared_strings`. The
query string comes out byte for byte; what it says is read when the click is read.
"""

from binascii import b2a_base64
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import msgspec

from clicks.address import address_text
from clicks.click_id import ClickId, format_click_id
from clicks.dictionary import Dictionaries
from clicks.record_layout import (
    PLATFORM_BITS,
    POINTER,
    TTP_GENERATED,
    Text,
    read_layout,
    with_length,
)
from clicks.record_strings import FRAME, PLAIN, SEPARATOR, RecordStrings

PLATFORMS = ("ios", "android", "other")
PLATFORM_NUMBERS = {platform: number for number, platform in enumerate(PLATFORMS)}
TTP_CHARS = 27
TTP_HASH_BYTES = 20  # 27 base64 characters
MAX_PLAIN_BYTES = 100  # of a click's own: what is that short and nobody else's does not compress

_STANDARD_TO_ALPHANUMERIC = bytes.maketrans(b"+/", b"pS")
_NO_TEXTS: Mapping[bytes, bytes] = {}


class Click(msgspec.Struct, frozen=True, kw_only=True):
    """One person's opening of a Signal link, as the visit carried it. Absent and unexpanded values are None."""

    click_id: str
    at_ms: int  # Unix time in ms
    link: str  # slug
    app_id: str
    platform: str  # ios | android | other
    ip: str  # the visitor's address, canonical text
    user_agent: str
    languages: str  # the Accept-Language header
    query: str  # the raw query string as clicked
    ttp: str | None
    ttclid: str | None
    macro_ip: str | None
    macro_user_agent: str | None
    campaign_id: str | None
    campaign_name: str | None
    adgroup_id: str | None
    adgroup_name: str | None
    ad_id: str | None
    ad_name: str | None
    creative_id: str | None = None  # where it is another id than the ad's: Upgraded Smart+
    creative_name: str | None = None
    placement: str | None
    callback: str | None
    macros_unexpanded: tuple[str, ...]
    enrichment: dict[str, Any] | None = None  # what a bridge page told: screen, timezone, languages, touch_points


def generated_ttp(click_id: str) -> str:
    """The `_ttp` set for a visitor without one: 27 characters like TikTok's own, from the click id, never stored."""
    return generated_ttp_bytes(click_id.encode()).decode()


def generated_ttp_bytes(click_id: bytes) -> bytes:
    """The same, as it goes over the wire."""
    digest = blake2b(click_id, digest_size=TTP_HASH_BYTES).digest()
    return b2a_base64(digest, newline=False)[:TTP_CHARS].translate(_STANDARD_TO_ALPHANUMERIC)


class RecordCodec:
    """Writes and reads records. Holds the compressor, so one per thread."""

    def __init__(self) -> None:
        self._dictionaries = Dictionaries()
        self._texts = RecordStrings(self._dictionaries)

    def text(self, text: bytes) -> Text:
        """A text to assemble records with."""
        return Text(text, with_length(self._dictionaries.compress(text)))

    def own(self, ttp: bytes, values: tuple[bytes, ...]) -> bytes:
        """The end of a record: the `_ttp` cookie and the query's own values, nothing where there are none."""
        if not ttp and not values:
            return b""
        text = SEPARATOR.join((ttp, *values))
        return PLAIN + text if len(text) <= MAX_PLAIN_BYTES else FRAME + self._dictionaries.compress(text)

    def decode(self, record: bytes, at_ms: int, address_hash: int, texts: Mapping[bytes, bytes] = _NO_TEXTS) -> Click:
        """The click of a record of this version or an earlier one.

        `texts` holds what `record_layout.references` names, by reference; where one is missing, what it said is empty.
        """
        layout = read_layout(record)
        told = self._texts.told(layout, texts)
        click_id = format_click_id(at_ms, address_hash, layout.random)
        return Click(
            click_id=click_id,
            at_ms=at_ms,
            link=told.link,
            app_id=told.app_id,
            platform=PLATFORMS[layout.flags & PLATFORM_BITS],
            ip=address_text(layout.address),
            user_agent=told.user_agent,
            languages=told.languages,
            query=told.query,
            ttp=generated_ttp(click_id) if layout.flags & TTP_GENERATED else told.ttp or None,
            **told.macros,
        )


def pointer(click_id: ClickId) -> bytes:
    """The record under a click's second address: it says where the click itself lies."""
    return bytes((POINTER,)) + click_id.pack()
