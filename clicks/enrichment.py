"""What a bridge page tells of the phone behind a click, and the record it is beside the click's own.

    ENRICHMENT | 5 random bytes of the click id | msgpack of width, height, scale, time zone, languages, touch points

It lies under the click's own address key with the click's own time as its score: whoever reads the click reads it in
the same answer, and it goes when the click goes.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from clicks.click_id import RANDOM_BYTES

ENRICHMENT = 0xFF  # in place of a version
MAX_SIDE = 20_000  # points; no screen has more
MAX_SCALE = 16.0
MAX_LANGUAGES = 10
MAX_TOUCH_POINTS = 255
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,6}")
_TIME_ZONE = re.compile(r"[A-Za-z0-9_+-]{1,32}(/[A-Za-z0-9_+-]{1,32}){0,3}")
_HEAD = 1 + RANDOM_BYTES


class _Packed(msgspec.Struct, frozen=True, array_like=True):
    width: int | None = None
    height: int | None = None
    scale: float | None = None
    timezone: str | None = None
    languages: list[str] | None = None
    touch_points: int | None = None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Packed).decode


def read_enrichment(told: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of `told` that can be true, cut to size; {} where none can. Never raises.

    {"screen": {"width", "height", "scale"} in points and device pixels per point, "timezone": IANA name, "languages":
    [BCP 47 tags, preferred first], "touch_points": how many fingers the screen feels at once}
    """
    facts: dict[str, Any] = {}
    screen = _screen(told.get("screen"))
    if screen is not None:
        facts["screen"] = screen
    zone = told.get("timezone")
    if isinstance(zone, str) and _TIME_ZONE.fullmatch(zone):
        facts["timezone"] = zone
    languages = told.get("languages")
    if isinstance(languages, list):
        tags = [tag for tag in languages if isinstance(tag, str) and _LANGUAGE.fullmatch(tag)]
        if tags:
            facts["languages"] = tags[:MAX_LANGUAGES]
    touch_points = _number(told.get("touch_points"), 0, MAX_TOUCH_POINTS)
    if touch_points is not None:
        facts["touch_points"] = round(touch_points)
    return facts


def _screen(told: Any) -> dict[str, Any] | None:
    if not isinstance(told, Mapping):
        return None
    width, height = _number(told.get("width"), 1, MAX_SIDE), _number(told.get("height"), 1, MAX_SIDE)
    scale = _number(told.get("scale", 1), 0.1, MAX_SCALE)
    if width is None or height is None or scale is None:
        return None
    return {"width": round(width), "height": round(height), "scale": round(scale, 3)}


def _number(value: Any, lowest: float, highest: float) -> float | None:
    """The number, no higher than `highest`; None where it is none, or is below `lowest`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= lowest:
        return None
    return float(min(value, highest))


def enrichment_record(random: bytes, facts: Mapping[str, Any]) -> bytes:
    """The record of what `read_enrichment` gave."""
    screen = facts.get("screen") or {}
    packed = _Packed(
        screen.get("width"), screen.get("height"), screen.get("scale"),
        facts.get("timezone"), facts.get("languages"), facts.get("touch_points"),
    )  # fmt: skip
    return bytes((ENRICHMENT,)) + random + _encode(packed)


def enriched_click(record: bytes) -> bytes:
    """The random bytes of the click that an enrichment record belongs to."""
    return record[1:_HEAD]


def decode_enrichment(record: bytes) -> dict[str, Any]:
    """The facts of a record."""
    packed = _decode(record[_HEAD:])
    facts: dict[str, Any] = {}
    if packed.width is not None:
        facts["screen"] = {"width": packed.width, "height": packed.height, "scale": packed.scale}
    others = {"timezone": packed.timezone, "languages": packed.languages, "touch_points": packed.touch_points}
    return facts | {name: value for name, value in others.items() if value is not None}
