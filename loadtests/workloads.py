"""What is asked for: finished request bytes, the n-th click, install or event as a function of n."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from random import Random
from urllib.parse import quote_plus, urlencode

from loadtests.addresses import address_of

USER_AGENTS = Path(__file__).parent / "data" / "user_agents.txt"
TTCLID_PREFIX = b"E.C.P."
TTCLID_CHARS = 322
_TTCLID_OFFSETS = 1 << 21  # where in the random text a ttclid may begin

Workload = Callable[[int], bytes]


def user_agents() -> list[str]:
    """User agents of TikTok's in-app browser, as captured in logs, issues and device-detector's fixtures."""
    return USER_AGENTS.read_text().splitlines()


class Ttclids:
    """Random ttclids, cut from one long random text: as hard to compress as real ones and cheap to make."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._text = urlsafe_b64encode(random.randbytes(_TTCLID_OFFSETS * 3 // 4 + TTCLID_CHARS))

    def next(self) -> bytes:
        start = self._random.getrandbits(21)
        return TTCLID_PREFIX + self._text[start : start + TTCLID_CHARS - len(TTCLID_PREFIX)]


def generated_link_query(ad: tuple[int, int, int], ua: str) -> tuple[bytes, bytes]:
    """The link's parameters as TikTok fills them in: up to the value of `callback`, and from behind that of `ip`."""
    campaign, adgroup, number = ad
    values = {
        "campaign_id": str(1_801_234_567_890_100 + campaign),
        "campaign_name": f"AppInstall DE Video {campaign}",
        "adgroup_id": str(1_801_234_567_891_000 + campaign * 10 + adgroup),
        "adgroup_name": f"Broad 18-34 {adgroup}",
        "ad_id": str(1_801_234_567_900_000 + campaign * 100 + adgroup * 10 + number),
        "ad_name": f"Hook {number} 9x16",
        "placement": "TikTok",
        "callback": "",
    }
    return urlencode(values).encode(), f"&ua={quote_plus(ua)}&ttclid=".encode()


class Clicks:
    """Clicks on one Signal link: each with a ttclid of its own, behind a proxy that names the address.

    Of the generated link's macros TikTok fills in seven in a Website URL; `ip`, `ua` and `callback` it fills in
    nowhere but in tracking links. `every_macro` fills in all ten, which makes each query string one of its kind.
    """

    def __init__(self, path: str, seed: int, every_macro: bool = False) -> None:
        self._random = Random(seed)
        self._ttclids = Ttclids(self._random)
        self._every_macro = every_macro
        ads = list(product(range(3), range(3), range(4)))
        self._templates = [self._template(path, ad, agent) for ad in ads for agent in user_agents()]

    def _template(self, path: str, ad: tuple[int, int, int], agent: str) -> tuple[bytes, bytes, bytes]:
        before, after = generated_link_query(ad, agent if self._every_macro else "__UA__")
        headers = (
            f" HTTP/1.1\r\nHost: go.example.com\r\nUser-Agent: {agent}\r\n"
            "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
            "Accept-Language: en-GB,en;q=0.9\r\nAccept-Encoding: gzip, deflate, br\r\nX-Forwarded-For: "
        )
        return f"GET {path}?".encode() + before, after, headers.encode()

    def __call__(self, index: int) -> bytes:
        before, after, headers = self._templates[index * 7 % len(self._templates)]
        address, ttclid = address_of(index), self._ttclids.next()
        callback, ip = (ttclid[-16:], address) if self._every_macro else (b"__CALLBACK_PARAM__", b"__IP__")
        return b"".join((before, callback, b"&ip=", ip, after, ttclid, headers, address, b"\r\n\r\n"))


def post(path: str, api_key: str, body: object) -> bytes:
    """A JSON request with the app's key."""
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: api.example.com\r\nAuthorization: Bearer {api_key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def install_id(run: int, index: int) -> str:
    """The id the app on the n-th phone chose."""
    return f"{run:08x}-0000-4000-8000-{index:012x}"


class Installs:
    """First opens, each from the address of a click, so that the matcher has candidates to weigh."""

    def __init__(self, api_key: str, run: int) -> None:
        self._api_key, self._run, self._agents = api_key, run, user_agents()

    def __call__(self, index: int) -> bytes:
        agent = self._agents[index % len(self._agents)]
        body = {
            "install_id": install_id(self._run, index),
            "platform": "android" if "Android" in agent else "ios",
            "occurred_at": datetime.now(UTC).isoformat(),
            "ip": address_of(index).decode(),
            "user_agent": agent,
            "device": {"os_version": "14", "locale": "en-GB", "timezone": "Europe/London"},
            "app_version": "1.2.3",
            "consent": {"marketing": "granted", "att_status": "authorized"},
        }
        return post("/v1/installs", self._api_key, body)


class Events:
    """Purchases of phones that have installed; `per_request` above 1 sends them as lists."""

    def __init__(self, api_key: str, run: int, installs: int, per_request: int) -> None:
        self._api_key, self._run, self._installs, self._per_request = api_key, run, max(1, installs), per_request

    def _event(self, number: int, occurred_at: str) -> dict[str, object]:
        return {
            "event_id": f"e{self._run:x}-{self._per_request}-{number}",
            "install_id": install_id(self._run, number % self._installs),
            "name": "purchase",
            "occurred_at": occurred_at,
            "value": "9.99",
            "currency": "EUR",
            "properties": {"contents": [{"content_id": "sku1", "price": 9.99, "quantity": 1}]},
        }

    def __call__(self, index: int) -> bytes:
        now = datetime.now(UTC).isoformat()
        first = index * self._per_request
        events = [self._event(number, now) for number in range(first, first + self._per_request)]
        return post("/v1/events", self._api_key, events if self._per_request > 1 else events[0])
