"""Checks of single values. Each takes the decoded JSON value and raises `Refusal` when TikTok would not take it."""

import functools
import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.refusals import Refusal

Check = Callable[[Any], None]

_HTTP_URL = re.compile(r"https?://[^\x00-\x20\x7f/?#@]+(?:[/?#][^\x00-\x20\x7f]*)?", re.IGNORECASE)
_FULL_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\x00-\x20\x7f/]+[^\x00-\x20\x7f]*", re.IGNORECASE)
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_PRINTABLE_ASCII = re.compile(r"[\x20-\x7e]+")
_MACRO = re.compile(r"__[A-Za-z0-9_]+__")
_PUNCTUATION_OR_SPACE = re.compile(r"[\s!-/:-@\[-`{-~]")
_CLICK_ID_LIMIT = 1000


def check_fields(fields: Any, checks: Mapping[str, Check]) -> None:
    """Check every known field of a JSON object. Unknown names pass: TikTok tolerates them."""
    if type(fields) is not dict:
        raise Refusal("Not a valid object.")
    name = ""
    try:
        for name, value in fields.items():
            check = checks.get(name)
            if check is not None:
                check(value)
    except Refusal as refusal:
        raise refusal.within(name) from None


def require(fields: dict[str, Any], name: str) -> None:
    if name not in fields:
        raise Refusal("Missing data for required field.").within(name)


def list_of(check: Check) -> Check:
    """A non-empty list whose every item passes `check`."""

    def check_list(value: Any) -> None:
        if type(value) is not list:
            raise Refusal("Not a valid list.")
        if not value:
            raise Refusal("Shorter than minimum length 1.")
        index = 0
        try:
            for index, item in enumerate(value):  # noqa: B007  (read by the handler below)
                check(item)
        except Refusal as refusal:
            raise refusal.within(index) from None

    return check_list


def text(value: Any) -> None:
    if type(value) is not str:
        raise Refusal("Not a valid string.")
    if not value or value.isspace():
        raise Refusal("Shorter than minimum length 1.")


def one_of(choices: frozenset[str], what: str) -> Check:
    def check_choice(value: Any) -> None:
        text(value)
        if value not in choices:
            raise Refusal(f"Not a supported {what}.")

    return check_choice


def misplaced(instead: str) -> Check:
    """A name that belongs elsewhere; `instead` says where."""

    def check_place(_value: Any) -> None:
        raise Refusal(f"Unknown field here. {instead}")

    return check_place


def boolean(value: Any) -> None:
    if type(value) is not bool:
        raise Refusal("Not a valid boolean.")


def anything_in_object(value: Any) -> None:
    if type(value) is not dict:
        raise Refusal("Not a valid object.")


def amount(value: Any) -> None:
    """A JSON number, 0 or more. (What JSON can write and is not finite was refused when it was decoded.)"""
    if type(value) is not float and type(value) is not int:
        raise Refusal("Not a valid number.")
    if value < 0:
        raise Refusal("Must be greater than or equal to 0.")


def count(value: Any) -> None:
    if type(value) is not int:
        raise Refusal("Not a valid integer.")
    if value < 0:
        raise Refusal("Must be greater than or equal to 0.")


def http_url(value: Any) -> None:
    text(value)
    if _HTTP_URL.fullmatch(value) is None:
        raise Refusal("Not a valid URL: an absolute http or https URL is needed.")


def full_url(value: Any) -> None:
    """Any absolute URL: a referrer may be `android-app://...`."""
    text(value)
    if _FULL_URL.fullmatch(value) is None:
        raise Refusal("Not a valid URL: an absolute URL is needed.")


def language_tag(value: Any) -> None:
    text(value)
    if _LANGUAGE_TAG.fullmatch(value) is None:
        raise Refusal("Not a BCP 47 language tag.")


def click_id(value: Any) -> None:
    """`ttclid` and `ttp`: opaque printable ASCII of up to 1,000 characters, and never a macro left as it was."""
    text(value)
    if len(value) > _CLICK_ID_LIMIT:
        raise Refusal(f"Longer than maximum length {_CLICK_ID_LIMIT}.")
    if _PRINTABLE_ASCII.fullmatch(value) is None:
        raise Refusal("Holds characters outside printable ASCII.")
    if _MACRO.fullmatch(value) is not None:
        raise Refusal("Is an unexpanded macro.")


def user_agent(value: Any) -> None:
    text(value)
    if not value.isprintable():
        raise Refusal("Holds control characters.")


def place(value: Any) -> None:
    """`city`, `state`, `country`: raw, lower case, without spaces or punctuation."""
    text(value)
    if value != value.lower() or _PUNCTUATION_OR_SPACE.search(value) is not None:
        raise Refusal("Must be lower case without spaces or punctuation.")


def public_address(value: Any) -> None:
    """An IPv4 or IPv6 address of the visitor; one that is not globally routable tells TikTok nothing."""
    text(value)
    fault = _address_fault(value)
    if fault is not None:
        raise Refusal(fault)


@functools.lru_cache(maxsize=65536)
def _address_fault(value: str) -> str | None:
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return "Not a valid IP address."
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return "Not a valid IP address: it names a network interface."
        # What Python itself says of a mapped address differs from one release to the next.
        address = address.ipv4_mapped or address
    if not address.is_global or address.is_multicast:
        return "Not a public IP address."
    return None
