"""Clicks and installs for the matcher's tables. Times are relative to NOW_MS, the install's."""

from itertools import count
from typing import Any

from clicks.click_id import ClickId
from clicks.record import Click
from forwarder.matching.install_facts import InstallFacts

NOW_MS = 1_795_168_800_000
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
APP = "app_a"
ANDROID = "Mozilla/5.0 (Linux; Android {os}; {model} Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko)"
_numbers = count(1)


def iphone(version: str = "18_6_2", app: str = "musical_ly_41.9.0") -> str:
    return f"Mozilla/5.0 (iPhone; CPU iPhone OS {version} like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 {app}"


def android(version: str = "14", model: str = "SM-A536B") -> str:
    return ANDROID.format(os=version, model=model) + " trill_350703"


def click(before_ms: int = 5 * MINUTE, user_agent: str | None = None, **fields: Any) -> Click:
    """A click so long before the install; an iPhone's unless told otherwise."""
    user_agent = iphone() if user_agent is None else user_agent
    at_ms = NOW_MS - before_ms
    values: dict[str, Any] = {
        "click_id": ClickId(at_ms, 7, next(_numbers).to_bytes(5)).text(), "at_ms": at_ms, "link": "spring",
        "app_id": APP,
        "platform": "android" if "Android" in user_agent else "ios", "ip": "203.0.113.7", "user_agent": user_agent,
        "languages": "en-GB", "query": "", "macros_unexpanded": (),
    }  # fmt: skip
    values |= fields
    absent: dict[str, Any] = dict.fromkeys(Click.__struct_fields__)
    return Click(**(absent | values))


def install(platform: str = "ios", **fields: Any) -> InstallFacts:
    """An install at NOW_MS that consented."""
    values: dict[str, Any] = {
        "app_id": APP, "install_id": "i", "platform": platform, "at_ms": NOW_MS, "addresses": ("203.0.113.7",),
        "os_version": "18.6.2" if platform == "ios" else "14", "model": None if platform == "ios" else "SM-A536B",
        "marketing_consent": "granted",
    }  # fmt: skip
    return InstallFacts(**(values | fields))
