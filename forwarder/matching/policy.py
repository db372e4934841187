"""What an app allows the matcher, for one platform."""

from typing import Literal

import msgspec

Probabilistic = Literal["always", "with_consent", "never"]


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The app's settings that decide about a match."""

    probabilistic: Probabilistic = "with_consent"
    """with_consent: `consent.marketing` must be granted or, on iOS, `consent.att_status` authorized."""
    threshold: float = 0.90
    """A probabilistic match below this probability is not credited."""
    window_hours: int = 24
    """How long before the install a click may lie to be credited without the store's word."""
    referrer_window_days: int = 30
    """The same for a click id that the Play referrer or a link brought."""
