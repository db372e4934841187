"""What a user agent says of a visitor: the phone's OS, and whether it is a person at all.

Everybody gets the same answer; this decides only what is counted and what may be matched. In-app tokens are read before
general bot patterns, and those match at word ends only: `Channel/googleplay` is not Googlebot and a Cubot is a phone.
Sources: the captured user agents in tests/data, the public bot lists of dub and matomo, and TikTok's help page on
preloading as those lists quote it.
"""

import re
from dataclasses import dataclass

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
    r"|pingdom|uptimerobot|statuscake|site24x7|datadogsynthetics|censysinspect|zgrab|masscan|nmap|nikto|sqlmap|nuclei)"
)
_ANY_BOT = re.compile(r"(?<!cu)bot\b|crawler\b|spider\b|scraper\b|\+https?://")
_LIBRARY = re.compile(
    r"^(?:curl|wget|python|aiohttp|httpx|go-http-client|java|okhttp|apache-httpclient|axios|node-fetch|node|undici|got|ruby"
    r"|php|guzzlehttp|libwww-perl|perl|postmanruntime|insomnia|httpie|restsharp|reqwest|scrapy|dart|winhttp|faraday|typhoeus"
    r"|lua-resty|locust|k6|wrk|ab|hey|vegeta|siege|jakarta|unirest|cfnetwork|jersey|rest-client|http_request2|fasthttp)\b",
)
_IOS = re.compile(r"\b(?:iphone|ipad|ipod)\b|\(i(?:phone|pad|pod)|\bios[ /;]")
_NOT_ANDROID = re.compile(r"\bcros\b|chromebook|windows phone|iemobile|\btizen\b|kaios|android tv|googletv|smart-tv")
_DARWIN = re.compile(r"cfnetwork/[\d.]+ darwin/")
_MAC = re.compile(r"x86_64|i386|macos")
# HarmonyOS, a Fire tablet in desktop mode, and UC Browser, which writes `Adr 4.2.2` or the version alone
_UNNAMED_ANDROID = re.compile(r"harmonyos|silk-accelerated|\(linux; ?u; ?(?:adr )?\d")


@dataclass(frozen=True, slots=True)
class Visitor:
    """`platform`: ios | android | other. `kind`: click (a person) | preload | preview | bot."""

    platform: str
    kind: str


def read_user_agent(user_agent: str) -> Visitor:
    """Classify a User-Agent header. Never raises; an empty one is a bot's."""
    text = user_agent.lower()
    return Visitor(_platform(text), _kind(text))


def _platform(text: str) -> str:
    if _NOT_ANDROID.search(text):
        return "other"
    if "android" in text or "dalvik/" in text:
        return "android"
    if _IOS.search(text):
        return "ios"
    if _DARWIN.search(text) and not _MAC.search(text):
        return "ios"
    return "android" if _UNNAMED_ANDROID.search(text) or (" silk/" in text and "kf" in text) else "other"


def _kind(text: str) -> str:
    if PRELOADER in text:
        return "preload"
    if not text.strip():
        return "bot"
    if _NAMED_BOT.search(text):
        return "bot"
    if _IN_APP.search(text):
        return "click"
    if _PREVIEW.search(text):
        return "preview"
    return "bot" if _ANY_BOT.search(text) or _LIBRARY.search(text) else "click"
