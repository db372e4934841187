"""A person nobody else is like: whatever of them turns up anywhere is theirs. And where to look for it."""

import hashlib
import json
from collections.abc import Iterable
from typing import Final

IP: Final = "8.9.77.177"
OTHER_IP: Final = "8.9.78.178"
USER_AGENT: Final = (
    "Mozilla/5.0 (Linux; Android 14; CANARY-PHONE Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/126.0.6478.134 Mobile Safari/537.36 trill_350703"
)
TTCLID: Final = "E.C.P." + "cAnArY7" * 30
EMAIL: Final = "canary.person@example.com"
PHONE: Final = "+4915112345077"
PERSON: Final = "canary-person-77"
INSTALL: Final = "c0a1b2c3-0077-4077-8077-000000000077"
QUERY_VALUE: Final = "canaryquery77"
WRONG_KEY: Final = "sp_canarykey77canarykey77canarykey77"
WEBHOOK_SECRET: Final = "Bearer canarysecret77"
PASSWORD: Final = "canary password 77"


def _hashed(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


PERSONAL: Final = {
    "address": IP,
    "second address": OTHER_IP,
    "user agent": "CANARY-PHONE",
    "ttclid": TTCLID[:26],
    "e-mail": "canary.person",
    "hashed e-mail": _hashed(EMAIL)[:20],
    "telephone": PHONE[1:],
    "hashed telephone": _hashed(PHONE)[:20],
    "person": PERSON,
    "hashed person": _hashed(PERSON)[:20],
    "install": INSTALL,
    "query": QUERY_VALUE,
}
"""What a line of it must not hold, by what it is."""
SECRETS: Final = {"key": WRONG_KEY, "webhook secret": "canarysecret77", "password": PASSWORD}


def found_in(text: str, wanted: dict[str, str]) -> set[str]:
    """Which of them are in it, as they are, percent-encoded, as JSON has them, or in hex as PostgreSQL shows bytes."""
    low = text.lower()
    return {name for name, value in wanted.items() if any(form in low for form in _forms(value))}


def _forms(value: str) -> Iterable[str]:
    low = value.lower()
    yield from (low, low.replace("@", "%40").replace("+", "%2b"), json.dumps(low)[1:-1])
    yield from (value.encode().hex(), low.encode().hex())
