"""What was sent and what TikTok said, fit to be kept in the postback log and shown: no token, no address, no whole
click id.
"""

import re
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

_SHOWN: Final = 8
_HASHED: Final = frozenset({"email", "phone", "external_id", "first_name", "last_name", "zip_code"})
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_TOKENS: Final = frozenset({"access_token", "access-token", "token", "authorization"})

_EMAIL_IN_TEXT: Final = re.compile(r"[^\s@<>\"',;:]{1,64}(?:@[^\s@<>\"',;:]{1,255})+")
_PHONE_IN_TEXT: Final = re.compile(r"\+\d[\d ()-]{5,18}\d")
_IPV4_IN_TEXT: Final = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?:/24)?\b")
# Tokens, hashes and click ids: long, unbroken, with a digit in them, which the names of fields do not have. The lengths
# in these patterns are bounded so that no text takes long to search.
_IPV6_IN_TEXT: Final = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,40}(?:/48)?(?![\w:])")
_CLICK_ID_IN_TEXT: Final = re.compile(r"\bE\.C\.P\.[\w.-]{8,}", re.ASCII)  # whatever it consists of
_SECRET_IN_TEXT: Final = re.compile(r"(?=[A-Za-z_-]{0,64}\d)[A-Za-z0-9_-]{32,}")


def redact(payload: dict[str, Any]) -> dict[str, Any]:
    """A copy of a request body, or of one row of its `data[]`, without what identifies a person or opens an account.

    Hashes and click ids are cut to their first 8 characters, addresses to their /24 or /48, and so in the query of the
    page's URL; names of places smaller than a state are hidden. The User-Agent stays: it is what one looks for.
    """
    shown = {key: value for key, value in payload.items() if key.lower() not in _TOKENS}
    if isinstance(data := shown.get("data"), list):
        shown["data"] = [redact(row) if isinstance(row, dict) else _hidden(row) for row in data]
    if isinstance(user := shown.get("user"), dict):
        shown["user"] = {key: _user_field(key, value) for key, value in user.items() if key.lower() not in _TOKENS}
    if isinstance(page := shown.get("page"), dict):
        shown["page"] = {key: _url(value) for key, value in page.items()}
    return shown


def redacted_request(pixel_code: str, test_event_code: str, row: str) -> dict[str, Any]:
    """A request as one of its rows saw it: the envelope, and of `data[]` that row alone, which is JSON."""
    body: dict[str, Any] = {"event_source": "web", "event_source_id": pixel_code}
    if test_event_code:
        body["test_event_code"] = test_event_code
    return redact(body | {"data": [msgspec.json.decode(row)]})


def redact_message(text: str) -> str:
    """TikTok's words, should they echo an e-mail address, telephone number, IP address, token, hash or click id."""
    text = _EMAIL_IN_TEXT.sub("[email]", text)
    text = _PHONE_IN_TEXT.sub("[phone]", text)
    text = _IPV4_IN_TEXT.sub(lambda found: mask_ip(_address(found[0])), text)
    text = _IPV6_IN_TEXT.sub(lambda found: _if_address(found[0]), text)
    text = _CLICK_ID_IN_TEXT.sub(lambda found: f"E.C.P.{_start(found[0].removeprefix('E.C.P.'))}", text)
    return _SECRET_IN_TEXT.sub(lambda found: _start(found[0]), text)


def mask_ip(text: str) -> str:
    """The network of an address, `203.0.113.0/24` or `2001:db8:1::/48`; `…` for what is no address."""
    try:
        prefix = 24 if ip_address(text).version == 4 else 48
        return str(ip_network(f"{text}/{prefix}", strict=False))
    except ValueError:
        return "…"


def _address(text: str) -> str:
    """Of what may be masked already: it is masked the same again."""
    return text.partition("/")[0]


def _if_address(text: str) -> str:
    masked = mask_ip(_address(text))
    return text if masked == "…" else masked


def _start(text: object) -> str:
    return f"{str(text)[:_SHOWN]}…"


def _hidden(_: object) -> str:
    return "…"


def _hash(value: object) -> object:
    if isinstance(value, list):
        return [_hash(each) for each in value]
    # what is not a hash here was sent raw by mistake, so nothing of it is shown
    return _start(value) if isinstance(value, str) and _SHA256.fullmatch(value) else "…"


_USER_FIELDS: Final[dict[str, Callable[[Any], object]]] = {
    "ttclid": _start,
    "ttp": _start,
    "ip": lambda value: mask_ip(str(value)),
    "city": _hidden,
} | dict.fromkeys(_HASHED, _hash)

# Parameters of the Signal link, and the click id TikTok adds.
_QUERY_FIELDS: Final[dict[str, Callable[[Any], object]]] = {"ttclid": _start, "callback": _start, "ip": mask_ip}


def _user_field(key: str, value: object) -> object:
    redacted = _USER_FIELDS.get(key)
    return redacted(value) if redacted else value


def _url(value: object) -> object:
    if not isinstance(value, str):
        return _hidden(value)
    try:
        parts = urlsplit(value)
    except ValueError:
        return _hidden(value)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode([(key, _query_field(key, text)) for key, text in pairs], safe="/:").replace("%E2%80%A6", "…")
    return parts._replace(query=query, netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()


def _query_field(key: str, text: str) -> str:
    redacted = _QUERY_FIELDS.get(key.lower())
    return str(redacted(text)) if redacted and text else redact_message(text)
