"""Proof that a bridge page of ours, shown for this very click, is speaking: good for ten minutes.

<click id, or - for a visit that is no click>.<Unix s, hex>.<HMAC-SHA256 of link, both and key: 24 base64url characters>
"""

import hmac
from base64 import urlsafe_b64encode

LIFETIME_S = 600
NO_CLICK = "-"
MAC_CHARS = 24
MAX_CHARS = 80


def issue_token(key: bytes, slug: str, click_id: str | None, now: float) -> str:
    """A token for a page of this link; `click_id` is None for a visit that is not stored. `now` is Unix time in s."""
    text = f"{click_id or NO_CLICK}.{int(now):x}"
    return f"{text}.{_mac(key, slug, text)}"


def read_token(keys: tuple[bytes, ...], slug: str, token: str, now: float) -> str | None:
    """The click id (or NO_CLICK) of a token that one of these keys issued for this link, within its lifetime."""
    text, _, mac = token.rpartition(".")
    click_id, _, issued = text.rpartition(".")
    if len(token) > MAX_CHARS or not token.isascii() or not click_id:
        return None
    if not any(hmac.compare_digest(_mac(key, slug, text), mac) for key in keys):
        return None
    return click_id if 0 <= now - int(issued, 16) <= LIFETIME_S else None


def _mac(key: bytes, slug: str, text: str) -> str:
    digest = hmac.digest(key, f"{slug}\n{text}".encode(), "sha256")
    return urlsafe_b64encode(digest).decode()[:MAC_CHARS]
