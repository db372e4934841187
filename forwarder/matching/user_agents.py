"""What a User-Agent says about the phone: OS version and, on Android, the model.

TikTok's webview writes its own User-Agent: the true OS version on iOS, version and model on Android. Other iOS browsers
freeze the OS token at 18_6 or 18_7 from iOS 26 on (Safari tells the truth in `Version/`, a bare webview nowhere but in
its build), and Chrome and the default webview on Android say `Android 10; K`.
"""

import re
from functools import lru_cache
from typing import Literal

import msgspec

from forwarder.matching.apple_devices import ios_of_darwin

OsVersion = tuple[int, ...]

# all read lower case: some logs and proxies change it
_TIKTOK = re.compile(r"musical_ly|trill|bytedancewebview|aweme")
_APPLE_OS = re.compile(r"(?:iphone|ipad|ipod)[^)]*?os (\d{1,3}(?:_\d{1,3}){0,2}) like mac")
_APPLE_NATIVE = re.compile(r"\((?:iphone|ipad|ipod)[^;)]*; ios (\d{1,3}(?:\.\d{1,3}){0,2})")
_APPLE_NUMBERLESS = re.compile(r"\((?:iphone|ipad|ipod)[^)]* like mac os x")  # TikTok's webview at times hides it
_SAFARI_VERSION = re.compile(r"version/(\d{1,3}(?:\.\d{1,3}){0,2})")
_APPLE_BUILD = re.compile(r"mobile/(2[1-9])([a-g])\d")
_ANDROID = re.compile(r"android (\d{1,3}(?:\.\d{1,3}){0,2})")
# the model may hold parentheses (`moto g(7)`), so it ends at its build, at `;`, or where the comment does
_ANDROID_MODEL = re.compile(
    r"android \d[\d.]*;\s*(?:[a-z]{2}[-_][a-z]{2};\s*)?(?:harmonyos;\s*)?"
    r"([^;]{1,80}?)(?:\s+build/|;|\)\s+(?!build/)|\)$)"
)
_DARWIN = re.compile(r"cfnetwork/[\d.]+ darwin/(\d{1,2})\.(\d{1,2})")
_APP_VERSION = re.compile(r"(?:musical_ly|trill|aweme)_[\d.]+")
_LOCALE = re.compile(r"bytelocale/([a-z]{2,3})")
_REGION = re.compile(r"\bregion/([a-z]{2})\b")
_REDUCED_MODEL = "k"
_FROZEN = ((18, 6), (18, 7))
_BUILD_TO_MAJOR = {"21": 17, "22": 18, "23": 26}  # Mobile/23A355 is 26.0.1: 23 = 26, A = .0


class Phone(msgspec.Struct, frozen=True, kw_only=True):
    """What a User-Agent tells of the phone behind it."""

    os: Literal["ios", "android", "other"]
    os_version: OsVersion | None = None
    os_is_floor: bool = False
    """The version is frozen there: the true one is this or any later."""
    model: str | None = None
    """Android's marketing code, lower case; None where it is hidden, and on every iPhone."""
    os_depth: int = 3
    """How many numbers of the version are known: 2 where the kernel gives it, 1 on Android."""
    form: str | None = None
    """iphone | ipad; None elsewhere and where it is not said."""
    app_version: str = ""
    """TikTok's token, `musical_ly_43.9.0`, lower case: two phones of one OS version often differ in it."""
    language: str | None = None
    """TikTok's own, `en`."""
    region: str | None = None
    """The country of the TikTok account, `GB`."""


@lru_cache(maxsize=32_768)
def read_user_agent(user_agent: str) -> Phone:
    """The phone of a User-Agent of a browser, a webview or a native stack; `other` where it is no phone's."""
    text = user_agent.lower()
    apple = _apple(text) if any(form in text for form in ("iphone", "ipad", "ipod")) else None
    if apple is not None:
        return _with_tokens(apple, text)
    darwin = _DARWIN.search(text) if "darwin/" in text else None
    if darwin is not None and "x86_64" not in text:
        return Phone(os="ios", os_version=ios_of_darwin(int(darwin[1]), int(darwin[2])), os_depth=2)
    android = _ANDROID.search(text) if "android" in text else None
    if android is None:
        return Phone(os="other")
    model, release = _android_model(text), os_version(android[1])
    reduced = model is None and release == (10,)
    return _with_tokens(Phone(os="android", os_version=release, os_is_floor=reduced, model=model, os_depth=1), text)


def desktop_ipad(user_agent: str) -> Phone:
    """The iPad behind a User-Agent that says Macintosh: its version is hidden, TikTok's tokens are not."""
    return _with_tokens(Phone(os="ios", form="ipad"), user_agent.lower())


def _with_tokens(phone: Phone, text: str) -> Phone:
    """What TikTok writes besides; where a token stands twice, the first counts."""
    version = _APP_VERSION.search(text)
    language = _LOCALE.search(text) if "bytelocale/" in text else None
    region = _REGION.search(text) if "region/" in text else None
    return msgspec.structs.replace(
        phone,
        app_version=version[0] if version is not None else "",
        language=language[1] if language is not None else None,
        region=region[1].upper() if region is not None else None,
    )


def os_version(text: str) -> OsVersion | None:
    """`18_6_2`, `18.6.2` or `Android 14` as numbers, zeros at the end left out; None where there is no number."""
    found = re.search(r"\d{1,4}(?:[._]\d{1,4}){0,3}", text, re.ASCII)
    if found is None:
        return None
    numbers = [int(part) for part in re.split(r"[._]", found[0])]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _apple(text: str) -> Phone | None:
    found = _APPLE_OS.search(text) or _APPLE_NATIVE.search(text)
    numberless = _APPLE_NUMBERLESS.search(text) if found is None else None
    apple = found or numberless
    if apple is None:
        return None
    version, is_floor = _apple_version(text, os_version(apple[1]) or ()) if found is not None else ((), False)
    form = "ipad" if "ipad" in apple[0] else "iphone"
    return Phone(os="ios", os_version=version or None, os_is_floor=is_floor, form=form)


def _apple_version(user_agent: str, token: OsVersion) -> tuple[OsVersion, bool]:
    if _TIKTOK.search(user_agent):
        return token, False
    build = _APPLE_BUILD.search(user_agent)
    if build is not None and token[:2] in _FROZEN and _BUILD_TO_MAJOR.get(build[1], 0) > token[0]:
        return _from_build(build)
    said = _SAFARI_VERSION.search(user_agent)
    version = os_version(said[1]) if said is not None else None
    if version is not None and version[0] > token[0]:
        return version, False
    return token, version is None and token[:2] in _FROZEN


def _from_build(build: re.Match[str]) -> tuple[OsVersion, bool]:
    minor = ord(build[2]) - ord("a")
    major = _BUILD_TO_MAJOR[build[1]]
    return ((major, minor) if minor else (major,)), True


def _android_model(user_agent: str) -> str | None:
    found = _ANDROID_MODEL.search(user_agent)
    if found is None:
        return None
    model = found[1].strip()
    return None if model in (_REDUCED_MODEL, "", "wv", "mobile") else model
