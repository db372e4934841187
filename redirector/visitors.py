"""What a user agent says of a visitor: the phone's OS, and whether it is a person at all.

Everybody gets the same answer; this decides only what is counted and what may be matched. In-app tokens are read before
general bot patterns, and those match at word ends only: `Channel/googleplay` is not Googlebot. A phone's model never
decides: there are phones named `M bot 54` and `Spider 8`.
Sources: the captured user agents in tests/data, the public bot lists of dub and matomo, and TikTok's help page on
preloading as those lists quote it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from redirector.crawlers import is_listed

MAX_CHARS = 2_048  # no phone's is longer, and reading costs with the length
PRELOADER = "thirdlandingpagefeinfra"  # TikTok loads landing pages before anybody taps

_IN_APP = re.compile(r"musical_ly|trill_|bytedancewebview|aweme_|\binstagram \d|\bfban/|\bfb_iab/|\bsnapchat/\d|; wv\)")
_PREVIEW = re.compile(
    r"facebookexternalhit|facebookcatalog|meta-externalfetcher|slackbot|slack-imgproxy|twitterbot|discordbot|telegrambot"
    r"|whatsapp/|linkedinbot|skypeuripreview|pinterestbot|redditbot|embedly|viberbot|line-poker|kakaotalk-scrap|snapchatads"
    r"|iframely|vkshare|mattermost|google-pagerenderer|applebot|bitlybot|microsoftpreview|outbrain|flipboardproxy|tumblr/"
)
_NAMED_BOT = re.compile(
    r"\b(?:tiktokspider|bytespider|googlebot|google-inspectiontool|googleother|adsbot-google|mediapartners-google|apis-google"
    r"|feedfetcher-google|google-read-aloud|storebot-google|bingpreview|bingbot|adidxbot|yandex(?:bot|mobilebot|images)|baiduspider"
    r"|duckduckbot|petalbot|semrushbot|ahrefsbot|mj12bot|dotbot|gptbot|chatgpt-user|oai-searchbot|claudebot|claude-user"
    r"|claude-web|anthropic-ai|perplexitybot|perplexity-user|ccbot|amazonbot|meta-externalagent|facebookbot|diffbot"
    r"|headlesschrome|phantomjs|puppeteer|playwright|selenium|cypress|lighthouse|chrome-lighthouse|pagespeed|gtmetrix"
    r"|pingdom|uptimerobot|statuscake|site24x7|google page speed insights|hotjar"
    r"|bluesky cardyb|datadogsynthetics|censysinspect|zgrab|masscan|nmap|nikto|sqlmap|nuclei)"
)
_NAMED_BOT_WORDS = (
    "bot", "spider", "google-", "-google", "googleother", "google page", "bingpreview", "yandex", "chatgpt", "claude",
    "anthropic", "perplexity", "externalagent", "headless", "phantomjs", "puppeteer", "playwright", "selenium",
    "cypress", "lighthouse", "pagespeed", "gtmetrix", "pingdom", "statuscake", "site24x7", "hotjar", "cardyb",
    "datadog", "censys", "zgrab", "masscan", "nmap", "nikto", "sqlmap", "nuclei",
)  # fmt: skip
_ANY_BOT = re.compile(r"bot\b|crawler\b|spider\b|scraper\b|https?://|mailto:")
_LIBRARY = re.compile(
    r"^(?:curl|wget|python|aiohttp|httpx|go-http-client|java|okhttp|apache-httpclient|axios|node-fetch|node|undici|got|ruby"
    r"|php|guzzlehttp|libwww-perl|perl|postmanruntime|insomnia|httpie|restsharp|reqwest|scrapy|dart|winhttp|faraday|typhoeus"
    r"|lua-resty|locust|k6|wrk|ab|hey|vegeta|siege|jakarta|unirest|cfnetwork|jersey|rest-client|http_request2|fasthttp)\b",
)
_IOS = re.compile(r"\b(?:iphone|ipad|ipod)\b|\(i(?:phone|pad|pod)|\bios[ /;]")
_NOT_ANDROID = re.compile(
    r"\bcros\b|chromebook|windows phone|iemobile|\btizen\b|kaios|android tv|googletv|smart-?tv|hbbtv|\bbravia\b"
    r"|\bweb0?os\b|\bhpwos\b|oculusbrowser|openharmony|harmonyos[ /](?:next|[5-9])"
)
# one of these stands in whatever the pattern above it finds: looking for words costs a tenth of the pattern
_NOT_ANDROID_WORDS = (
    "cros", "chromebook", "windows phone", "iemobile", "tizen", "kaios", "android tv", "googletv", "smarttv",
    "smart-tv", "hbbtv", "bravia", "webos", "web0os", "hpwos", "oculusbrowser", "harmony",
)  # fmt: skip
_PRETENDED = re.compile(r"\blike (?:android|iphone|ipad)\b[ /\d.]*")
_PRETENDED_WORDS = ("like android", "like iphone", "like ipad")
# what a Mac never says: an app of TikTok's, iOS's build of WebKit, a browser for iOS. An iPad asks for desktop pages so
_IPAD_AS_MAC = re.compile(
    r"musical_ly|trill_|aweme_|bytedancewebview|\bmobile\b|\b(?:\w+ios|gsa|opt)/|/ios\b|fban/fbios"
    r"|\binstagram \d|\bsnapchat/\d"
)
_PARENTHESIS_OR_ANDROID = re.compile(r"[()]|\bandroid\b", re.IGNORECASE)
# an address behind a plus is a robot's; a plus alone is a model's (Galaxy S9+, Moto X40+)
_A_ROBOTS = re.compile(r"compatible|https?:|@|\+\w+[.:/]")
_DARWIN = re.compile(r"cfnetwork/[\d.]+ darwin/")
_MAC = re.compile(r"x86_64|i386|macos")
# HarmonyOS, a Fire tablet in desktop mode, and UC Browser, which writes the version alone or `Adr 9`, in its mode that
# saves data behind `MIDP-2.0`
_UNNAMED_ANDROID = re.compile(r"harmonyos|silk-accelerated|\(linux; ?u; ?\d|; ?adr \d")


@dataclass(frozen=True, slots=True)
class Visitor:
    """`platform`: ios | android | other. `kind`: click (a person) | preload | preview | bot."""

    platform: str
    kind: str


def read_user_agent(user_agent: str, is_listed: Callable[[str], bool] = is_listed) -> Visitor:
    """Classify a User-Agent header. Never raises; an empty one is a bot's.

    `is_listed` says whether a list of robots knows it; it is asked about agents that no rule knows.
    """
    user_agent = user_agent[:MAX_CHARS]
    text = user_agent.lower()
    plain = _PRETENDED.sub("", text) if _holds_any(text, _PRETENDED_WORDS) else text
    return Visitor(_platform(plain), _kind(text, user_agent, is_listed))


def without_model(user_agent: str) -> str:
    """The agent without what stands behind Android's version: model and build. What a robot writes there stays."""
    start, named, end = _android_comment(user_agent)
    if start == end:
        return user_agent
    parts = user_agent[start:end].split(";")
    version = user_agent.count(";", start, named) + 1
    behind = parts[version:]
    first = next((index for index, part in enumerate(behind) if _A_ROBOTS.search(part.lower())), len(behind))
    return user_agent[:start] + ";".join(parts[:version] + behind[first:]) + user_agent[end:]


def _android_comment(user_agent: str) -> tuple[int, int, int]:
    """Where the first comment that names Android begins, names it and ends, without its parentheses; (0, 0, 0) where
    none does: apps name it elsewhere, too.

    Counted by hand: a pattern for parentheses within parentheses costs seconds on an agent that is made for that.
    """
    opened: list[int] = []
    start = named = 0
    for found in _PARENTHESIS_OR_ANDROID.finditer(user_agent):
        if found[0] == "(":
            opened.append(found.end())
        elif found[0] != ")":
            if opened and not named:
                start, named = opened[-1], found.start()
        elif opened and opened.pop() == start:
            return start, named, found.start()
    return 0, 0, 0


def _holds_any(text: str, words: Sequence[str]) -> bool:
    return any(word in text for word in words)


def _platform(text: str) -> str:
    if _holds_any(text, _NOT_ANDROID_WORDS) and _NOT_ANDROID.search(text):
        return "other"
    if "macintosh" in text and _IPAD_AS_MAC.search(text):
        return "ios"
    if "android" in text or "dalvik/" in text:
        return "android"
    if _IOS.search(text):
        return "ios"
    if _DARWIN.search(text) and not _MAC.search(text):
        return "ios"
    return "android" if _UNNAMED_ANDROID.search(text) or (" silk/" in text and "kf" in text) else "other"


def _kind(text: str, user_agent: str, is_listed: Callable[[str], bool]) -> str:
    if PRELOADER in text:
        return "preload"
    if not text.strip() or (_holds_any(text, _NAMED_BOT_WORDS) and _NAMED_BOT.search(text)):
        return "bot"
    if _IN_APP.search(text):
        return "click"
    if _PREVIEW.search(text):
        return "preview"
    named = without_model(user_agent)
    is_bot = _ANY_BOT.search(named.lower()) or _LIBRARY.search(text) or is_listed(named)
    return "bot" if is_bot else "click"
