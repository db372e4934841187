"""A match in words: why an install was credited to a click, or to none."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

METHODS: Final = {
    "referrer": "Play's referrer",
    "click_id": "the opened link",
    "probabilistic": "likeness",
    "none": "no click",
    "pending": "waiting",
}
_FACTS: Final = {
    "os": "OS version",
    "model": "phone model",
    "form": "kind of device",
    "screen": "screen",
    "time_zone": "time zone",
    "language": "language",
    "region": "country",
}
_FLAGS: Final = {
    "click_to_install_under_10_s": "installed within ten seconds of the click",
    "click_flooding": "its device clicked more than 20 times in three days",
    "more_than_3_installs_of_one_ttclid": "more than three installs name this TikTok click",
    "store_click_time_differs": "the store saw the click at another time",
    "user_agent_of_another_os": "the click came from another kind of phone",
}
_NUMBERS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_TELLS: Final = 0.05  # bits: less speaks neither for nor against
_CLOSE: Final = 0.05  # of the probability: an other that reaches this is named


def verdict_sentence(match: Mapping[str, Any]) -> str:
    """The verdict as one would say it to a colleague."""
    method = match["method"]
    if method == "referrer":
        return f"Play's referrer names the click{_after(match)}: certain."
    if method == "click_id":
        return f"The app was opened by a link that carries the click{_after(match)}: certain."
    if method == "pending":
        return "It waits: the click store was away, or its click is not stored yet. It is matched by itself."
    if method == "none":
        return f"No click is credited: {match['reason'] or 'none was found'}."
    best = _credited(match)
    agreeing, differing = facts_of(best.get("signals", {})) if best else ([], [])
    parts = ["the same network", *(f"the same {fact}" for fact in agreeing)]
    parts += [f"another {fact}" for fact in differing]
    said = ", ".join(parts)
    return f"{said[0].upper()}{said[1:]} as the click{_after(match)}{_others(match)}."


def candidate_sentence(candidate: Mapping[str, Any]) -> str:
    """What spoke for a click and against it."""
    agreeing, differing = facts_of(candidate.get("signals", {}))
    parts = [f"same {fact}" for fact in agreeing] + [f"another {fact}" for fact in differing]
    note = candidate.get("note") or ""
    return "; ".join(part for part in (note, ", ".join(parts)) if part) or "nothing tells it from any other"


def facts_of(signals: Mapping[str, float]) -> tuple[list[str], list[str]]:
    """(those that agree, those that differ), the most telling first."""
    told = sorted(((bits, _FACTS[name]) for name, bits in signals.items() if name in _FACTS), reverse=True)
    return [word for bits, word in told if bits > _TELLS], [word for bits, word in reversed(told) if bits < -_TELLS]


def flag_sentences(flags: Any) -> list[str]:
    return [_FLAGS.get(flag, str(flag).replace("_", " ")) for flag in flags or ()]


def span(earlier: datetime, later: datetime) -> str:
    """`4 minutes`."""
    seconds = abs((later - earlier).total_seconds())
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            number = round(seconds / size)
            return f"{number} {word}{'' if number == 1 else 's'}"
    number = round(seconds)
    if not number:
        return "less than a second"
    return f"{number} second{'' if number == 1 else 's'}"


def _credited(match: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return next((one for one in match["candidates"] if one["click_id"] == match["click_id"]), None)


def _after(match: Mapping[str, Any]) -> str:
    clicked_at = match.get("clicked_at") or (_credited(match) or {}).get("clicked_at")
    return f", {span(clicked_at, match['occurred_at'])} after it" if clicked_at is not None else ""


def _others(match: Mapping[str, Any]) -> str:
    if "devices" not in match:
        return ""
    others = max(match["devices"] - 1, 0)
    if not others:
        return "; no other phone clicked there"
    number = _NUMBERS[others] if others < len(_NUMBERS) else f"{others:,}"
    phones = f"; {number} other phone{'' if others == 1 else 's'} there"
    rivals = [one["probability"] for one in match["candidates"] if one["click_id"] != match["click_id"]]
    if rivals and max(rivals) >= _CLOSE:
        return f"{phones}, the likeliest of them with {max(rivals):.0%}"
    return phones + (", which does not fit" if others == 1 else ", neither fits" if others == 2 else ", none fits")
