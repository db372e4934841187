"""The secrets that webhooks are signed with, as operators paste them."""

import base64
import binascii
from typing import Final

from ledger.setting_values import SettingError
from ledger.webhook_providers import PROVIDERS

SVIX_PREFIX: Final = "whsec_"
_SVIX: Final = {facts.secret: provider for provider, facts in PROVIDERS.items() if facts.proof == "svix"}
_TO_STANDARD: Final = str.maketrans("-_", "+/")


def svix_key(secret: str) -> bytes | None:
    """The key in `whsec_<base64>`, with or without the prefix and the closing `=`; None for what is no base64.

    Source: the signing library svix takes both (2.9.1 of its Python form).
    """
    text = secret.strip().removeprefix(SVIX_PREFIX).rstrip("=").translate(_TO_STANDARD)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def check_webhook_secret(name: str, secret: str) -> None:
    """Raises:
    SettingError: the secret cannot be what the provider shows; the text does not hold it.
    """
    if name in _SVIX and svix_key(secret) is None:
        shown_by = _SVIX[name].capitalize()
        raise SettingError(name, f"must be the signing secret as {shown_by} shows it: whsec_ and base64")
    if not secret.isprintable():
        raise SettingError(name, "must be one line of printable characters")
