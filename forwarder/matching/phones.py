"""What the two sides say of their phone, in the same words: what the app reads, and what the click showed."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from clicks.record import Click
from forwarder.matching.android_releases import android_release
from forwarder.matching.apple_devices import SCREENS
from forwarder.matching.install_facts import ANY_LATER, InstallFacts
from forwarder.matching.time_zones import time_zone
from forwarder.matching.user_agents import OsVersion, Phone, desktop_ipad, os_version, read_user_agent

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?=$|[-_;,\s])")
_REGION = re.compile(r"[-_]([A-Za-z]{2})(?=$|[-_.@,;])")
_SCREEN_TEXT = re.compile(r"(\d{2,4})\s*x\s*(\d{2,4})(?:\s*[@x]\s*([\d.]{1,4}))?")
_NO_LANGUAGE = frozenset({"und", "mul", "zxx", "mis"})  # ISO 639-2: undetermined, several, none, no code
_NO_MODEL = frozenset({"unknown", "android", "generic"})  # Android's Build.UNKNOWN, and libraries' words for it
_SAME_LANGUAGE = {"in": "id", "iw": "he", "ji": "yi", "no": "nb", "tl": "fil"}  # old codes Android still gives


class InstalledPhone(msgspec.Struct, frozen=True, kw_only=True):
    """The phone an app was opened on; what is not known is None or empty."""

    os: str
    """ios | android."""
    os_version: OsVersion | None
    os_depth: int
    model: str | None
    """Android's, lower case."""
    form: str | None
    """iphone | ipad."""
    screen: str | None
    """`393x852@3`: points, the smaller side first; iOS only."""
    languages: tuple[str, ...]
    """Primary subtags, best first: `en`."""
    region: str | None
    """The country the phone is set to."""
    time_zone: str | None


class ClickedPhone(msgspec.Struct, frozen=True, kw_only=True):
    """The phone a link was clicked on."""

    phone: Phone
    languages: tuple[str, ...]
    """Primary subtags, of the webview and of TikTok itself."""
    header: str
    """Accept-Language as it was sent, lower case: it tells devices apart."""
    screen: str | None = None
    time_zone: str | None = None


def installed_phone(facts: InstallFacts) -> InstalledPhone:
    """The app's own word, and where that is missing its User-Agent's."""
    spoken = read_user_agent(facts.user_agent) if facts.user_agent else None
    if spoken is not None and spoken.os != facts.platform:
        spoken = None
    version, depth = _installed_version(facts, spoken)
    model = _plain_model(facts.model)
    form = _form(facts, spoken)
    locales = [*facts.languages, *([facts.locale] if facts.locale else [])]
    android = facts.platform == "android"
    return InstalledPhone(
        os=facts.platform,
        os_version=version,
        os_depth=depth,
        model=(model or (spoken.model if spoken is not None else None)) if android else None,
        form=form,
        screen=None if android else _screen(facts.screen) or SCREENS.get((model or "").replace(" ", "")),
        languages=_primary(locales),
        region=next((region for region in map(_region, [facts.locale or "", *facts.languages]) if region), None),
        time_zone=time_zone(facts.time_zone),
    )


def clicked_phone(click: Click) -> ClickedPhone:
    """What the click's headers say and, where a bridge page asked, what the browser said."""
    told = click.enrichment
    phone = _of_headers(click.user_agent, click.languages)
    if phone.phone.os == "other" and _is_desktop_ipad(click):
        phone = msgspec.structs.replace(phone, phone=desktop_ipad(click.user_agent))
    if not told:
        return phone
    languages, zone = told.get("languages") or (), told.get("timezone")
    more = _primary([languages] if isinstance(languages, str) else [text for text in languages if type(text) is str])
    return msgspec.structs.replace(
        phone,
        languages=_with_tiktoks(more, phone.phone) if more else phone.languages,
        screen=_screen(told.get("screen")) if phone.phone.os == "ios" else None,
        time_zone=time_zone(zone) if isinstance(zone, str) else None,
    )


def _is_desktop_ipad(click: Click) -> bool:
    """An iPad that asks for desktop pages calls itself a Mac: but no Mac says what made the redirector take it for one
    of iOS, and none has a touch screen.
    """
    touches = (click.enrichment or {}).get("touch_points")
    touched = isinstance(touches, int) and touches > 1
    return "Macintosh" in click.user_agent and (touched or click.platform == "ios")


@lru_cache(maxsize=32_768)
def _of_headers(user_agent: str, languages: str) -> ClickedPhone:
    phone = read_user_agent(user_agent)
    accepted = _with_tiktoks(accepted_languages(languages), phone)
    return ClickedPhone(phone=phone, languages=accepted, header=languages.lower())


@lru_cache(maxsize=4_096)
def accepted_languages(header: str) -> tuple[str, ...]:
    """Primary subtags of an Accept-Language header, in its order."""
    return _primary([part.strip() for part in header.split(",")[:20]])


def same_model(one: str, other: str) -> bool:
    """Whether two names of an Android model mean one: some apps put the maker before it, `samsung SM-A536B`."""
    return one == other or one.endswith(f" {other}") or other.endswith(f" {one}")


def _installed_version(facts: InstallFacts, spoken: Phone | None) -> tuple[OsVersion | None, int]:
    given = os_version(facts.os_version) if facts.os_version else None
    if given is not None and facts.platform == "android":
        release = android_release(given[0])
        given = (release,) if release is not None else None
    if given is None:
        if spoken is None or spoken.os_is_floor:
            return None, 0
        return spoken.os_version, spoken.os_depth
    if facts.platform == "android":
        return given, 1
    if (facts.os_version or "").endswith(ANY_LATER):
        return given, len(given)
    # `18` may be any 18.x; `18.0` is 18.0
    return given, 1 if len(given) == 1 and "." not in (facts.os_version or "") else 3


def _form(facts: InstallFacts, spoken: Phone | None) -> str | None:
    if facts.platform != "ios":
        return None
    model = (facts.model or "").casefold()
    for form in ("ipad", "iphone"):
        if model.startswith(form):
            return form
    return spoken.form if spoken is not None else None


def _plain_model(model: str | None) -> str | None:
    plain = " ".join(model.casefold().split()) if model else ""
    return plain if plain and plain not in _NO_MODEL else None


def _primary(tags: Sequence[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for tag in tags:
        matched = _LANGUAGE.match(tag)
        if matched is not None:
            code = matched[0].lower()
            if code in _NO_LANGUAGE:
                continue
            found[_SAME_LANGUAGE.get(code, code)] = None
    return tuple(found)


def _with_tiktoks(languages: tuple[str, ...], phone: Phone) -> tuple[str, ...]:
    if phone.language is None:
        return languages
    own = _SAME_LANGUAGE.get(phone.language, phone.language)
    return languages if own in languages else (*languages, own)


def _region(locale: str) -> str | None:
    found = _REGION.search(locale)
    return found[1].upper() if found is not None else None


def _screen(screen: Any) -> str | None:
    """`393x852@3` of {width, height, scale}, or of a text that says it; `@0` where the scale is not known."""
    if isinstance(screen, str):
        found = _SCREEN_TEXT.search(screen)
        screen = {"width": found[1], "height": found[2], "scale": found[3] or 0} if found is not None else None
    if not isinstance(screen, Mapping):
        return None
    try:
        sides = sorted((float(screen["width"]), float(screen["height"])))
        scale = float(screen.get("scale") or screen.get("dpr") or 0)
    except (KeyError, TypeError, ValueError):
        return None
    if not sides[0] >= 1:
        return None  # asked before the app had a window
    return f"{sides[0]:.0f}x{sides[1]:.0f}@{max(scale, 0):.0f}"
