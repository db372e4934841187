"""A click, and the bytes it is in Redis.

A record begins with the version of its layout and dictionary (one byte), so that what was written stays readable:

    version 1 | 5 random bytes of the click id | flags | IPv4 (4 bytes) or IPv6 (16) | ttclid, packed | zstd of the rest

The time is the member's score and the address hash its key, so neither is in the record. A ttclid is base64url after
its prefix: three bytes hold four characters, which no general compressor reaches. The rest is text that a trained
dictionary shortens. The query string comes out byte for byte; what it says is read when the click is read.
"""

import re
from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any
from urllib.parse import quote, quote_plus

import msgspec

from clicks.address import address_text
from clicks.click_id import RANDOM_BYTES, ClickId, format_click_id
from clicks.dictionary import CURRENT_VERSION, Dictionaries
from clicks.macros import clean_text, read_macros

PLATFORMS = ("ios", "android", "other")
PLATFORM_NUMBERS = {platform: number for number, platform in enumerate(PLATFORMS)}
POINTER = 0  # in place of a version: the record is the id of a click that lies under its other address
TTP_CHARS = 27
TTP_HASH_BYTES = 20  # 27 base64 characters

_PLATFORM_BITS = 0b0000_0011
_IPV6 = 0b0000_0100
_TTP_GENERATED = 0b0000_1000
_TTCLID_DOTTED = 0b0001_0000
_TTCLID_UNDERSCORED = 0b0010_0000
_PREFIXES = {_TTCLID_DOTTED: b"E.C.P.", _TTCLID_UNDERSCORED: b"E_C_P_"}
_FLAGS = {prefix: flag for flag, prefix in _PREFIXES.items()}
PREFIX_CHARS = 6
MAX_PACKED_CHARS = 1_006
MAX_REMEMBERED_AGENTS = 5_000
MAX_REMEMBERED_BYTES = 1_024
_BASE64URL = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
# bytes that no URL holds mark in the query where the packed ttclid was, and what the record says elsewhere already
_CUT = b"\x01"
_SAME_ADDRESS = b"\x02"  # the ip macro, equal to the visitor's address
_SAME_AGENT_FORM = b"\x03"  # the ua macro, the User-Agent header form-encoded
_SAME_AGENT = b"\x04"  # the same, percent-encoded
_MARKS = re.compile(rb"[\x01-\x04]")
_SEPARATOR = b"\x00"
_STANDARD_TO_URLSAFE = bytes.maketrans(b"+/", b"-_")
_URLSAFE_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_STANDARD_TO_ALPHANUMERIC = bytes.maketrans(b"+/", b"pS")


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
    placement: str | None
    callback: str | None
    macros_unexpanded: tuple[str, ...]
    enrichment: dict[str, Any] | None = None  # what a bridge page told: screen, timezone, languages, touch_points


class Visit(msgspec.Struct, frozen=True):
    """What of a visit goes into a record; `random` is the click id's last 5 bytes, `platform` an index of PLATFORMS."""

    random: bytes
    platform: int
    ip: bytes  # 4 or 16 bytes
    link: bytes
    app_id: bytes
    user_agent: bytes
    languages: bytes
    query: bytes
    ttp: bytes | None  # the cookie; None = generated, see `generated_ttp`


def generated_ttp(click_id: str) -> str:
    """The `_ttp` set for a visitor without one: 27 characters like TikTok's own, from the click id, never stored."""
    digest = blake2b(click_id.encode(), digest_size=TTP_HASH_BYTES).digest()
    return b2a_base64(digest, newline=False)[:TTP_CHARS].translate(_STANDARD_TO_ALPHANUMERIC).decode()


class RecordCodec:
    """Writes and reads records. Holds the compressor, so one per thread."""

    def __init__(self) -> None:
        self._dictionaries = Dictionaries()
        self._agents: dict[bytes, tuple[bytes, bytes]] = {}  # User-Agent -> form-encoded, percent-encoded

    def encode(self, visit: Visit) -> bytes:
        """The record of a click."""
        flags = visit.platform | (_IPV6 if len(visit.ip) == 16 else 0) | (_TTP_GENERATED if visit.ttp is None else 0)
        query, packed = visit.query, b""
        found = _find_packable(query)
        if found is not None:
            flag, start, end = found
            flags |= flag
            packed = _pack_base64url(query[start + PREFIX_CHARS : end])
            query = query[:start] + _CUT + query[end:]
        query = self._without_repeats(query, visit)
        text = _SEPARATOR.join((visit.link, visit.app_id, visit.user_agent, visit.languages, visit.ttp or b"", query))
        head = bytes((CURRENT_VERSION,)) + visit.random + bytes((flags,)) + visit.ip + packed
        return head + self._dictionaries.compress(text)

    def _without_repeats(self, query: bytes, visit: Visit) -> bytes:
        """The query with a mark for each value of `ip` and `ua` that the visit carries anyway."""
        address = _value_of(query, b"&ip=")
        if address and address[0] != ord("_") and address == address_text(visit.ip).encode():
            query = query.replace(b"&ip=" + address, b"&ip=" + _SAME_ADDRESS, 1)
        agent = _value_of(query, b"&ua=")
        if agent and agent[0] != ord("_"):
            form, percent = self._encoded_agent(visit.user_agent)
            if agent == form:
                query = query.replace(b"&ua=" + agent, b"&ua=" + _SAME_AGENT_FORM, 1)
            elif agent == percent:
                query = query.replace(b"&ua=" + agent, b"&ua=" + _SAME_AGENT, 1)
        return query

    def _encoded_agent(self, user_agent: bytes) -> tuple[bytes, bytes]:
        encoded = self._agents.get(user_agent)
        if encoded is None:
            encoded = quote_plus(user_agent).encode(), quote(user_agent, safe="").encode()
            if len(self._agents) >= MAX_REMEMBERED_AGENTS:
                self._agents.clear()
            if len(user_agent) <= MAX_REMEMBERED_BYTES:
                self._agents[user_agent] = encoded
        return encoded

    def decode(self, record: bytes, at_ms: int, address_hash: int) -> Click:
        """The click of a record that `encode` wrote, in this version or an earlier one."""
        version, flags = record[0], record[1 + RANDOM_BYTES]
        ip_start = 2 + RANDOM_BYTES
        ip_end = ip_start + (16 if flags & _IPV6 else 4)
        token, text_start = _unpack_ttclid(record, ip_end, flags)
        text = self._dictionaries.decompress(record[text_start:], version)
        link, app_id, user_agent, languages, ttp, query = text.split(_SEPARATOR, 5)
        click_id = format_click_id(at_ms, address_hash, record[1 : 1 + RANDOM_BYTES])
        repeats = {_CUT: token, _SAME_ADDRESS: address_text(record[ip_start:ip_end]).encode()}
        if _SAME_AGENT_FORM in query or _SAME_AGENT in query:
            form, percent = self._encoded_agent(user_agent)
            repeats |= {_SAME_AGENT_FORM: form, _SAME_AGENT: percent}
        query = _MARKS.sub(lambda mark: repeats[mark[0]], query)
        macros = read_macros(query)
        return Click(
            click_id=click_id,
            at_ms=at_ms,
            link=link.decode(),
            app_id=app_id.decode(),
            platform=PLATFORMS[flags & _PLATFORM_BITS],
            ip=address_text(record[ip_start:ip_end]),
            user_agent=_header_text(user_agent),
            languages=_header_text(languages),
            query=query.decode("latin-1"),
            ttp=generated_ttp(click_id) if flags & _TTP_GENERATED else _header_text(ttp) or None,
            macros_unexpanded=macros.unexpanded,
            **_macro_fields(macros.values),
        )


def pointer(click_id: ClickId) -> bytes:
    """The record under a click's second address: it says where the click itself lies."""
    return bytes((POINTER,)) + click_id.pack()


def _macro_fields(values: Mapping[str, str]) -> dict[str, Any]:
    return {
        "ttclid": values.get("ttclid"),
        "macro_ip": values.get("ip"),
        "macro_user_agent": values.get("ua"),
        "campaign_id": values.get("campaign_id"),
        "campaign_name": values.get("campaign_name"),
        "adgroup_id": values.get("adgroup_id"),
        "adgroup_name": values.get("adgroup_name"),
        "ad_id": values.get("ad_id"),
        "ad_name": values.get("ad_name"),
        "placement": values.get("placement"),
        "callback": values.get("callback"),
    }


def _value_of(query: bytes, parameter: bytes) -> bytes:
    start = query.find(parameter)
    if start < 0:
        return b""
    start += len(parameter)
    end = query.find(b"&", start)
    return query[start:] if end < 0 else query[start:end]


def _find_packable(query: bytes) -> tuple[int, int, int] | None:
    """The flag of the prefix, and where the value begins and ends, of the last ttclid in TikTok's own shape."""
    start = query.rfind(b"ttclid=E")
    if start < 0 or (start and query[start - 1] != ord("&")):
        return None
    start += len(b"ttclid=")
    end = query.find(b"&", start)
    if end < 0:
        end = len(query)
    flag = _FLAGS.get(query[start : start + PREFIX_CHARS])
    if flag is None or not PREFIX_CHARS < end - start <= MAX_PACKED_CHARS:
        return None
    if query[start + PREFIX_CHARS : end].translate(None, _BASE64URL):
        return None
    return flag, start, end


def _pack_base64url(characters: bytes) -> bytes:
    """Two bytes with the number of characters, then three bytes for each four."""
    padded = characters + b"A" * (-len(characters) % 4)
    return len(characters).to_bytes(2) + a2b_base64(padded.translate(_URLSAFE_TO_STANDARD))


def _unpack_ttclid(record: bytes, start: int, flags: int) -> tuple[bytes, int]:
    """The ttclid packed at `start` (empty where none is), and where the text begins."""
    prefix = _PREFIXES.get(flags & (_TTCLID_DOTTED | _TTCLID_UNDERSCORED))
    if prefix is None:
        return b"", start
    length = int.from_bytes(record[start : start + 2])
    end = start + 2 + -(-length // 4) * 3
    characters = b2a_base64(record[start + 2 : end], newline=False)[:length]
    return prefix + characters.translate(_STANDARD_TO_URLSAFE), end


def _header_text(raw: bytes) -> str:
    """Header values are bytes: UTF-8 where they are that, else latin-1."""
    try:
        return clean_text(raw.decode())
    except UnicodeDecodeError:
        return clean_text(raw.decode("latin-1"))
