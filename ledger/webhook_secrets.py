"""The secrets that webhooks are signed with, as operators paste them."""

import base64
import binascii
from typing import Final

from ledger.setting_values import SettingError

SVIX_PREFIX: Final = "whsec_"
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
    if name == "superwall_secret" and svix_key(secret) is None:
        raise SettingError(name, "must be the signing secret as Superwall shows it: whsec_ and base64")
    if not secret.isprintable():
        raise SettingError(name, "must be one line of printable characters")
