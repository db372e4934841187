"""What everybody else does: the last click on the same address, and the last one of the same OS."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from tests.matching.truth import World, address_key
from tests.matching.world import OTHER_APP

DAY_S = 86_400.0

Credits = dict[str, str]
"""Install id -> click id."""
Clicks = dict[str, list[tuple[float, str, str]]]
"""Address key -> (time, platform, click id), oldest first."""


def last_click_same_ip(world: World) -> Credits:
    """The last click on the same IPv4 address or /64, 7 days."""
    return dict(_credits(world, 7 * DAY_S, lambda *_platforms: True))


def last_click_same_ip_and_os(world: World) -> Credits:
    """The last click of the same OS on the same IPv4 address or /64, 24 hours."""
    return dict(_credits(world, DAY_S, lambda clicked, installed: clicked == installed))


BASELINES: dict[str, Callable[[World], Credits]] = {
    "same IP, last click, 7 d": last_click_same_ip,
    "same IP and OS, last click, 24 h": last_click_same_ip_and_os,
}


def _credits(world: World, window_s: float, fits: Callable[[str, str], bool]) -> Iterator[tuple[str, str]]:
    clicks = _by_address(world)
    for install in world.installs:
        if install["consent"]["marketing"] == "denied":
            continue
        at_s = _seconds(install["occurred_at"])
        addresses = {address_key(address) for address in (install["ip"], *install.get("ips", ()))}
        found = [
            (clicked_s, click_id)
            for address in addresses
            for clicked_s, platform, click_id in _within(clicks.get(address, []), at_s - window_s, at_s + 30)
            if fits(platform, install["platform"])
        ]
        if found:
            yield install["install_id"], max(found)[1]


def _within(clicks: list[tuple[float, str, str]], since_s: float, until_s: float) -> list[tuple[float, str, str]]:
    return clicks[bisect_right(clicks, (since_s, "", "")) : bisect_right(clicks, (until_s, "~", "~"))]


def _by_address(world: World) -> Clicks:
    """People's clicks on this app's links: the baselines are spared the bots."""
    clicks: Clicks = defaultdict(list)
    for line in world.clicks:
        if world.forbidden.get(line["click_id"], "injected") == "injected" and line.get("app_id") != OTHER_APP:
            platform = "ios" if "iPhone" in line["user_agent"] else "android"
            clicks[address_key(line["ip"])].append((_seconds(line["clicked_at"]), platform, line["click_id"]))
    for listed in clicks.values():
        listed.sort()
    return clicks


def _seconds(text: Any) -> float:
    return datetime.fromisoformat(text).timestamp()
