"""People and their phones: countries, models, OS versions, languages, and what their user agents say of them."""

import bisect
import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Generic, TypeVar

from tests.matching.knobs import Knobs

T = TypeVar("T")


class Mix(Generic[T]):
    """Values with their shares."""

    def __init__(self, shares: dict[T, float]) -> None:
        self._values = list(shares)
        self._edges = list(itertools.accumulate(shares.values()))

    def draw(self, rng: random.Random) -> T:
        return self._values[bisect.bisect_right(self._edges, rng.random() * self._edges[-1] * 0.999999)]


@dataclass(frozen=True, slots=True)
class Country:
    """Shares of 1. Sources: StatCounter and Opensignal figures in the notes on matching; the rest is assumed."""

    code: str
    ios: float
    wifi: float
    cellular_v6: float
    home_v6: float
    fixed_cgnat: float
    zones: Mix[str]
    languages: Mix[str]


COUNTRIES: Mix[Country] = Mix(
    {
        Country(
            "US", 0.58, 0.57, 0.85, 0.50, 0.03,
            Mix(
                {"America/New_York": 0.47, "America/Chicago": 0.29, "America/Los_Angeles": 0.17, "America/Denver": 0.07}
            ),
            Mix({"en-US": 0.84, "es-US": 0.11, "zh-CN": 0.02, "vi-VN": 0.01, "pt-BR": 0.01, "ru-RU": 0.01}),
        ): 0.40,
        Country(
            "GB", 0.50, 0.60, 0.30, 0.40, 0.05,
            Mix({"Europe/London": 1.0}),
            Mix({"en-GB": 0.88, "en-US": 0.05, "pl-PL": 0.03, "ro-RO": 0.02, "ar-AE": 0.02}),
        ): 0.10,
        Country(
            "DE", 0.38, 0.62, 0.50, 0.60, 0.10,
            Mix({"Europe/Berlin": 1.0}),
            Mix({"de-DE": 0.85, "tr-TR": 0.04, "en-US": 0.05, "ar-SY": 0.03, "uk-UA": 0.03}),
        ): 0.15,
        Country(
            "BR", 0.18, 0.55, 0.50, 0.50, 0.40,
            Mix({"America/Sao_Paulo": 0.9, "America/Manaus": 0.07, "America/Cuiaba": 0.03}),
            Mix({"pt-BR": 0.96, "es-AR": 0.02, "en-US": 0.02}),
        ): 0.20,
        Country(
            "ID", 0.10, 0.35, 0.10, 0.10, 0.40,
            Mix({"Asia/Jakarta": 0.78, "Asia/Makassar": 0.17, "Asia/Jayapura": 0.05}),
            Mix({"id-ID": 0.92, "en-US": 0.06, "jv-ID": 0.02}),
        ): 0.15,
    }
)  # fmt: skip

_SCREENS = (
    (393, 852, 3), (430, 932, 3), (402, 874, 3), (440, 956, 3), (390, 844, 3), (428, 926, 3), (375, 812, 3),
    (414, 896, 2),
    (375, 667, 2), (414, 896, 3), (420, 912, 3),
)  # fmt: skip
Screen = tuple[int, int, int]
IPHONES: Mix[tuple[str, Screen]] = Mix(
    {
        ("iPhone16,2", _SCREENS[1]): 0.09, ("iPhone17,2", _SCREENS[3]): 0.09, ("iPhone15,3", _SCREENS[1]): 0.06,
        ("iPhone14,5", _SCREENS[4]): 0.10, ("iPhone12,1", _SCREENS[7]): 0.08, ("iPhone15,4", _SCREENS[0]): 0.08,
        ("iPhone16,1", _SCREENS[0]): 0.07, ("iPhone17,1", _SCREENS[2]): 0.07, ("iPhone17,3", _SCREENS[0]): 0.06,
        ("iPhone15,2", _SCREENS[0]): 0.06, ("iPhone14,7", _SCREENS[4]): 0.05, ("iPhone13,2", _SCREENS[4]): 0.05,
        ("iPhone14,3", _SCREENS[5]): 0.04, ("iPhone18,2", _SCREENS[3]): 0.03, ("iPhone18,3", _SCREENS[2]): 0.03,
        ("iPhone14,6", _SCREENS[8]): 0.02, ("iPhone12,3", _SCREENS[6]): 0.02, ("iPhone13,4", _SCREENS[5]): 0.02,
        ("iPhone12,5", _SCREENS[9]): 0.02, ("iPhone18,4", _SCREENS[10]): 0.01,
    }
)  # fmt: skip
IOS_VERSIONS = Mix(
    {
        "26.2": 0.24, "26.1": 0.16, "26.2.1": 0.10, "26.0.1": 0.07, "26.3": 0.06, "26.0": 0.02, "18.6.2": 0.06,
        "18.7.1": 0.04, "18.5": 0.03, "18.7.2": 0.03, "18.6": 0.02, "18.3.2": 0.02, "18.1.1": 0.01, "17.7": 0.02,
        "17.6.1": 0.03, "17.5.1": 0.02, "16.7.12": 0.03, "16.7.11": 0.01, "15.8.5": 0.02, "16.6": 0.01,
    }
)  # fmt: skip
_IOS_ORDER = sorted(IOS_VERSIONS._values, key=lambda text: [int(part) for part in text.split(".")])
ANDROID_NEWEST = Mix({16: 0.42, 15: 0.2, 14: 0.16, 13: 0.1, 12: 0.05, 11: 0.04, 10: 0.03})
TIKTOK_VERSIONS = Mix({f"{major}.{minor}.0": 3.0 ** -(43 - major) for major in range(38, 44) for minor in range(10)})
DPI_SCREENS: tuple[Screen, ...] = (
    (412, 915, 3),
    (360, 800, 2),
    (384, 854, 2),
    (412, 892, 3),
    (393, 873, 3),
    (360, 780, 3),
)


@dataclass(frozen=True, slots=True)
class Phone:
    """A device as its owner's apps see it."""

    platform: str
    model: str
    os_version: str
    screen: Screen
    tiktok: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a phone."""

    number: int
    country: Country
    phone: Phone
    language: str
    second_language: str | None
    timezone: str
    short_user_agent: bool
    """TikTok's build there sends its short form: no locale, no region."""


@cache
def android_models() -> Mix[tuple[str, int, Screen]]:
    """3,000 models by a Zipf law (s = .85): the top ten have about a fifth; each with the newest version it has."""
    rng = random.Random("models")
    shares: dict[tuple[str, int, Screen], float] = {}
    for rank in range(1, 3_001):
        maker, digits = (
            rng.choice(("SM-A", "SM-S", "SM-G", "M2", "CPH", "RMX", "V2", "moto g", "Pixel ")),
            rng.randrange(1_000),
        )
        model = f"{maker}{digits:03d}{rank % 26 + 10}"
        shares[model, ANDROID_NEWEST.draw(rng), rng.choice(DPI_SCREENS)] = rank**-0.85
    return Mix(shares)


def draw_phone(rng: random.Random, country: Country, os_follows_model: float) -> Phone:
    """A phone as they are sold there."""
    tiktok = TIKTOK_VERSIONS.draw(rng)
    if rng.random() < country.ios:
        model, screen = IPHONES.draw(rng)
        return Phone("ios", model, IOS_VERSIONS.draw(rng), screen, tiktok)
    model, newest, screen = android_models().draw(rng)
    version = (
        newest if rng.random() < os_follows_model else max(9, newest - (1 if rng.random() < 0.7 else rng.randint(0, 4)))
    )
    return Phone("android", model, str(version), screen, tiktok)


def draw_person(rng: random.Random, number: int, country: Country, knobs: Knobs) -> Person:
    """A person of this country."""
    language = country.languages.draw(rng)
    second = "en-US" if not language.startswith("en") and rng.random() < 0.35 else None
    phone, is_short = draw_phone(rng, country, knobs.os_follows_model), rng.random() < knobs.short_user_agent
    return Person(number, country, phone, language, second, country.zones.draw(rng), is_short)


def other_version(rng: random.Random, phone: Phone) -> str:
    """The version somebody else of the same platform might have."""
    return IOS_VERSIONS.draw(rng) if phone.platform == "ios" else str(ANDROID_NEWEST.draw(rng))


def next_version(phone: Phone) -> str:
    """After an update."""
    if phone.platform == "android":
        return str(int(phone.os_version) + 1)
    at = _IOS_ORDER.index(phone.os_version) if phone.os_version in _IOS_ORDER else len(_IOS_ORDER) - 1
    return _IOS_ORDER[min(at + 1, len(_IOS_ORDER) - 1)]


def webview_user_agent(person: Person, *, os_hidden: bool) -> str:
    """What TikTok's in-app browser sends."""
    phone, language, region = person.phone, person.language, person.country.code
    if phone.platform == "ios":
        token = "" if os_hidden else f" OS {phone.os_version.replace('.', '_')}"
        head = (
            f"Mozilla/5.0 (iPhone; CPU iPhone{token} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Mobile/15E148"
        )
        if person.short_user_agent:
            return f"{head} Safari/604.1 musical_ly_{phone.tiktok} BytedanceWebview/d8a21c6"
        return (
            f"{head} musical_ly_{phone.tiktok} JsSdk/2.0 NetType/WIFI Channel/App Store "
            f"ByteLocale/{language.split('-')[0]} Region/{region} isDarkMode/0 WKWebView/1 "
            "RevealType/Dialog BytedanceWebview/d8a21c6"
        )
    facts = "Android 10; K" if os_hidden else f"Android {phone.os_version}; {phone.model} Build/UP1A.231005.007; wv"
    number = phone.tiktok.replace(".", "0")
    head = (
        f"Mozilla/5.0 (Linux; {facts}) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/141.0.7390.122 Mobile "
        "Safari/537.36"
    )
    if person.short_user_agent:
        return f"{head} trill_{number} AppName/trill ByteLocale/{language}"
    return (
        f"{head} musical_ly_20{number} JsSdk/1.0 NetType/WIFI Channel/googleplay AppName/musical_ly "
        f"app_version/{phone.tiktok} ByteLocale/{language} ByteFullLocale/{language} Region/{region} AppId/1233 "
        "BytedanceWebview/d8a21c6"
    )


def native_user_agent(rng: random.Random, phone: Phone) -> str | None:
    """What the app's own requests send."""
    if phone.platform == "android":
        dalvik = f"Dalvik/2.1.0 (Linux; U; Android {phone.os_version}; {phone.model} Build/UP1A.231005.007)"
        return rng.choice((dalvik, "okhttp/4.12.0", None))
    major, _, minor = phone.os_version.partition(".")
    darwin = {"26": 25, "18": 24, "17": 23, "16": 22, "15": 21}[major]
    return rng.choice((f"Tea/1 CFNetwork/3860.100.1 Darwin/{darwin}.{minor.split('.')[0] or 0}.0", None))


def languages_of(person: Person) -> Sequence[str]:
    return [person.language, *([person.second_language] if person.second_language else [])]
